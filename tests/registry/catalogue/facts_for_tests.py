"""Versions with facts of every kind, and what a filter means for them, said without SQL."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from msgspec.structs import replace

from attest_registry.catalogue.filter_tree import NEGATIVE, And, Compare, Node, Not, Or
from attest_registry.catalogue.rows import ClaimRow, LineageRow, MetricRow, Note, VersionRow
from tests.registry.catalogue.logs import ALICE, BOB, Log, digest, moment

if TYPE_CHECKING:
    from collections.abc import Iterable

    from attest_registry.catalogue.store import Catalogue

APPROVAL = "urn:attest:predicate:approval:v1"
SLSA = "https://slsa.dev/provenance/v1"


def version(log: Log, number: int, **changes: object) -> VersionRow:
    """A version with facts that differ from number to number."""
    made = VersionRow(
        number=number,
        manifest=log.manifest(number),
        label=log.events[number - 1][0].label,
        created=moment(number),
        by=ALICE,
        run=f"run-{number}",
        description=None if number % 2 else f"version 100% of {number}_x",
        owner="Risk-ML" if number % 3 else None,
        task="tabular-classification",
        licence="Apache-2.0" if number < 4 else "MIT",
        size=1_000 * number,
        files=number,
        metrics=(
            MetricRow(name="accuracy", value=f"0.9{number}0", dataset="golden", stated=True, by=ALICE),
            MetricRow(name="accuracy", value=f"0.9{number - 1}", dataset="golden", stated=False, by=BOB),
            MetricRow(name="accuracy", value="0.1", slice='{"region":"eu"}', stated=False, by=BOB),
            MetricRow(name="loss", value="not measured" if number == 1 else "1e-3", stated=True, by=ALICE),
        ),
        parameters=(("learning_rate", "1e-4"), ("epochs", str(number)), ("optimiser", "it's 'adam'")),
        lineage=(
            LineageRow(role="dataset", name="tx-2026-q1" if number < 3 else "tx-2026-q2", digest=digest("tx", number)),
            LineageRow(role="base-model", name="acme/base", digest=digest("base"), uri="oci://base"),
        ),
        claims=(
            ClaimRow(claim=digest("slsa", number), predicate_type=SLSA, by=ALICE, time=moment(number)),
            ClaimRow(
                claim=digest("approval", number),
                predicate_type=APPROVAL,
                by=BOB,
                verdict="reject" if number == 3 else "approve",
            ),
        ),
    )
    return replace(made, **changes)


def filled_log(model: str = "acme/credit-risk") -> Log:
    log = Log(model)
    for number in range(1, 6):
        log.register(f"1.{number}.0" if number != 4 else None)
    log.promote(2)
    log.promote(4, "challenger")
    log.to_stage(2, "production")
    log.to_stage(3, "staging")
    log.revoke(5)
    return log


def fill(catalogue: Catalogue) -> list[Line]:
    """Two models, and what is true of their versions, the newest first."""
    lines = []
    for model in ("acme/credit-risk", "acme/fraud_2"):
        log = filled_log(model)
        log.commit_all(catalogue)
        rows = [version(log, number) for number in range(1, 6)]
        catalogue.put_versions(model, rows)
        catalogue.note(model, Note(key="team", value="risk", by=ALICE, time=moment(1), number=2))
        catalogue.note(model, Note(key='a `b` "c"', value="100%_\\'", by=ALICE, time=moment(1), number=3))
        lines += [Line(log=log, row=row) for row in rows]
    return sorted(lines, key=lambda line: (line.row.created, line.log.model, line.row.number), reverse=True)


@dataclass(frozen=True, kw_only=True)
class Line:
    """A version, and what a filter can ask of it."""

    log: Log
    row: VersionRow

    @property
    def key(self) -> tuple[str, int]:
        return self.log.model, self.row.number

    def values(self, name: str, key: str | None) -> list[object]:
        """What the version has of an attribute."""
        row, state = self.row, self.log.state
        held = [alias for alias, number in state.aliases.items() if number == row.number]
        stages = [stage for stage, numbers in state.stages.items() if row.number in numbers]
        overall = [metric for metric in row.metrics if metric.name == key and not metric.slice]
        notes = {2: {"team": "risk"}, 3: {'a `b` "c"': "100%_\\'"}}.get(row.number, {})
        found: dict[str, list[object]] = {
            "name": [self.log.model],
            "number": [row.number],
            "label": [row.label],
            "digest": [str(row.manifest)],
            "alias": [*held],
            "stage": [*(stages or ["none"])],
            "revoked": [row.number in state.revoked],
            "by": [row.by],
            "approved_by": [claim.by for claim in row.claims if claim.verdict == "approve"],
            "rejected_by": [claim.by for claim in row.claims if claim.verdict == "reject"],
            "claims": [*(claim.predicate_type for claim in row.claims), *(str(claim.claim) for claim in row.claims)],
            "owner": [row.owner],
            "task": [row.task],
            "licence": [row.licence],
            "run_id": [row.run],
            "description": [row.description],
            "size": [row.size],
            "files": [row.files],
            "tags": [notes[key]] if key in notes else [],
            "params": [value for each, value in row.parameters if each == key],
            "metrics": [metric.value for metric in overall],
            "evaluated": [metric.value for metric in overall if not metric.stated],
            "lineage": [value for each in row.lineage if each.role == key for value in (each.name, str(each.digest))],
        }
        return [value for value in found[name] if value is not None]


def fits(node: Node | None, line: Line) -> bool:
    """What a filter means, said in Python."""
    match node:
        case None:
            return True
        case Not(item=item):
            return not fits(item, line)
        case And(items=items):
            return all(fits(item, line) for item in items)
        case Or(items=items):
            return any(fits(item, line) for item in items)
        case Compare():
            found = line.values(node.attribute.name, node.attribute.key)
            some = any(_holds(NEGATIVE.get(node.operator, node.operator), value, node) for value in found)
            return some != (node.operator in NEGATIVE)


def _holds(operator: str, value: object, node: Compare) -> bool:
    given: Iterable[object] = node.values
    if operator in {"LIKE", "ILIKE"}:
        return _like(str(value), str(node.values[0]), any_case=operator == "ILIKE")
    if any(isinstance(each, Decimal) for each in given):
        number = _number(value)
        numbers = [each for each in given if isinstance(each, Decimal)]
        if number is None:
            return False
        other = float(numbers[0])
        return {
            "=": number == other,
            "IN": number in [float(each) for each in numbers],
            "<": number < other,
            "<=": number <= other,
            ">": number > other,
            ">=": number >= other,
        }[operator]
    if node.attribute.name == "stage":
        return str(value) in [str(each).lower() for each in given]
    return value in list(given)


def _number(value: object) -> float | None:
    try:
        return float(str(value))
    except ValueError:
        return None


def _like(text: str, pattern: str, *, any_case: bool) -> bool:
    parts = re.findall(r"\\.|.", pattern, re.DOTALL)
    form = "".join({"%": ".*", "_": "."}.get(part) or re.escape(part[-1]) for part in parts)
    return bool(re.fullmatch(form, text, re.DOTALL | (re.IGNORECASE | re.ASCII if any_case else 0)))
