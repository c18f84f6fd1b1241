"""Facts → card. The same facts give the same card; no clock, no store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attest.cards.card import Card, Data, Made, Number, Standing
from attest.claims.behaviour import by_role, holds_weights
from attest.claims.decimals import shown
from attest.claims.predicates import CARD
from attest.claims.training import Card as Considerations
from attest.claims.training import Operation, Role
from attest.trust.window import shown as shown_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from attest.cards.facts import Facts, Said
    from attest.claims.evaluation import Evaluation
    from attest.claims.mlbom import MLBOM
    from attest.describe import Ancestor
    from attest.policy.verdict import Finding

NOBODY = "no key, policy or identity was named, so nobody vouches for anything below"


def build(facts: Facts) -> Card:
    """The card of a version.

    Args:
        facts: what is known of it.
    """
    bom = None if facts.bom is None else facts.bom.value
    measured = tuple(number for said in facts.evaluations for number in _measured(said, facts))
    return Card(
        reference=facts.reference,
        model=facts.model,
        digest=facts.digest,
        standing=_standing(facts),
        publisher=None if facts.bom is None else facts.bom.source,
        description=bom.description if bom else None,
        details=_details(facts, bom),
        licence=bom.licence if bom else None,
        task=bom.task if bom else None,
        operation=_operation(bom),
        weights=holds_weights(bom.files) if bom and bom.files else None,
        considerations=bom.card if bom else Considerations(),
        groups=tuple(sorted({number.group for number in measured if number.group})),
        measured=measured,
        stated=tuple(_stated(facts, bom)) if bom else (),
        datasets=tuple(item for item in bom.inputs if item.role is Role.DATASET) if bom else (),
        lineage=tuple(_flat(facts.lineage, 0)),
        roles=by_role(bom.files) if bom else {},
        claims=tuple(row for row in facts.claims if row.predicate_type != CARD),
    )


def _standing(facts: Facts) -> Standing:
    if facts.verdict is None or facts.judged_by is None:
        return Standing(verified=False, reasons=(NOBODY,))
    verdict = facts.verdict
    stopping = [finding for finding in verdict.findings if finding.stands_in_the_way]
    reasons = [f"refused by {facts.judged_by}", *map(_refusal, stopping)] if not verdict.allowed else []
    reasons += facts.problems
    return Standing(
        verified=not reasons,
        by=facts.judged_by,
        policy=verdict.policy_digest,
        reasons=tuple(reasons),
    )


def _refusal(finding: Finding) -> str:
    found = f"; found {finding.found}" if finding.found else ""
    return f"{finding.rule}: expected {finding.expected or 'otherwise'}{found}"


def _operation(bom: MLBOM | None) -> str | None:
    if bom is None or bom.operation in {None, Operation.UNSPECIFIED}:
        return None
    return bom.operation.value if bom.operation else None


def _details(facts: Facts, bom: MLBOM | None) -> Mapping[str, str | None]:
    source = bom.source if bom else None
    provenance = None if facts.provenance is None else facts.provenance.value
    return {
        "Name": facts.model,
        "Label": bom.label if bom else None,
        "Owner": bom.owner if bom else None,
        "Licence": bom.licence if bom else None,
        "Task": bom.task if bom else None,
        "Operation": _operation(bom),
        "Architecture": bom.architecture if bom else None,
        "Parameters": f"{bom.parameters:,}" if bom and bom.parameters is not None else None,
        "Quantisation": bom.quantisation if bom else None,
        "Formats": _formats(bom),
        "Hyperparameters": ", ".join(f"{name}={value}" for name, value in sorted(bom.hyperparameters.items())) or None
        if bom
        else None,
        "Code": source.uri if source else None,
        "Commit": _commit(source.commit, clean=source.clean) if source else None,
        "Environment": _environment(bom),
        "Builder": provenance.builder if provenance else None,
        "Finished (claimed)": provenance.finished if provenance else None,
    }


def _commit(commit: str | None, *, clean: bool | None) -> str | None:
    words = {True: ", clean", False: ", with uncommitted changes", None: ""}
    return None if commit is None else commit + words[clean]


def _formats(bom: MLBOM | None) -> str | None:
    if bom is None or not bom.files:
        return None
    kinds = ", ".join(sorted({file.format for file in bom.files if file.format}))
    code = sum(bool(file.code_bearing) for file in bom.files)
    count = f"{len(bom.files):,} file{'' if len(bom.files) == 1 else 's'}: {kinds or 'not stated'}"
    return count + (f"; {code:,} can run code when loaded" if code else "")


def _environment(bom: MLBOM | None) -> str | None:
    if bom is None:
        return None
    packages = f"{len(bom.packages):,} packages" if bom.packages else ""
    return ", ".join(part for part in (bom.image or "", packages) if part) or None


def _measured(said: Said[Evaluation], facts: Facts) -> Iterator[Number]:
    evaluation = said.value
    publisher = None if facts.bom is None else facts.bom.source.signer
    for metric in evaluation.metrics:
        has_data = metric.dataset is not None or metric.dataset_name is not None
        yield Number(
            name=metric.name,
            value=shown(metric.value),
            unit=metric.unit,
            better=None if metric.better is None else metric.better.value,
            group=", ".join(f"{key}={value}" for key, value in sorted(metric.slice.items())),
            data=Data(name=metric.dataset_name, digest=metric.dataset) if has_data else None,
            passed=evaluation.passed,
            finished=None if evaluation.finished is None else shown_time(evaluation.finished),
            source=said.source,
            by_publisher=publisher == said.source.signer,
        )


def _stated(facts: Facts, bom: MLBOM) -> Iterator[Number]:
    """The publisher's own numbers; the digest of their data is that of the input of that name."""
    digests = {item.name: item.digest for item in bom.inputs if item.role is Role.DATASET}
    for metric in bom.metrics:
        data = None if metric.dataset is None else Data(name=metric.dataset, digest=digests.get(metric.dataset))
        yield Number(
            name=metric.name,
            value=metric.value,
            group=metric.slice or "",
            data=data,
            source=None if facts.bom is None else facts.bom.source,
            by_publisher=True,
        )


def _flat(nodes: Iterable[Ancestor], depth: int) -> Iterator[Made]:
    for node in nodes:
        yield Made(
            depth=depth,
            role=node.role,
            name=node.name,
            digest=node.digest,
            standing=node.standing,
            verified=node.verified,
        )
        yield from _flat(node.parents, depth + 1)
