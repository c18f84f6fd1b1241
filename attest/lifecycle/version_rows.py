"""What is claimed about a version → what the catalogue keeps of it, for searching.

Only two kinds of claim count here, both named by the log: what the one who registered the version said of it, and what
was recorded afterwards. So the rows follow from log and store alone, and a rebuild makes the same ones whoever holds
which role by then. They are for finding things; nothing is decided by them.
"""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any

from attest.admit import judge_collected
from attest.claims import approval, evaluation, scan
from attest.claims.canonical import canonical_json
from attest.claims.decimals import shown as decimal_text
from attest.claims.mlbom import MLBOM
from attest.claims.predicates import APPROVAL, EVALUATION, SCAN
from attest.claims.provenance import Provenance
from attest.errors import AttestError
from attest.evidence.collect import collect
from attest.lifecycle.indexing import canonical_name
from attest.policy.document import policy_for_keys
from attest.signed_claims import reviewed
from attest.trust.window import read_time
from attest_registry.catalogue.rows import ClaimRow, LineageRow, MetricRow, VersionRow
from attest_registry.digest import Digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from attest.claims.approval import Reviewed
    from attest.claims.event import Event
    from attest.claims.signer_name import SignerName
    from attest.lifecycle.log import Log
    from attest.lifecycle.session import Session
    from attest.model.artefact import Artefact
    from attest.trust.signatory import Signatory
    from attest.verify.facts import Fact


def version_row(session: Session, log: Log, registration: Event) -> VersionRow:
    """What the catalogue keeps of a version.

    Args:
        session: the model.
        log: its log.
        registration: the event that registered the version.

    Raises:
        StoreError: the version or its evidence could not be asked for.
    """
    artefact = session.artefact(registration.version)
    recorded = session.place.recorded(registration.version.manifest)
    facts = _facts(session, log, registration, artefact, recorded)
    own = [fact for fact in facts if _name(fact) == registration.by]
    bom = next((fact.claim for fact in own if isinstance(fact.claim, MLBOM)), None)
    made = next((fact.claim for fact in own if isinstance(fact.claim, Provenance)), None)
    by = canonical_name(registration.by)
    return VersionRow(
        number=registration.version.number,
        manifest=registration.version.manifest,
        label=registration.version.label,
        created=registration.time,
        by=by,
        run=None if made is None else made.invocation,
        description=None if bom is None else bom.description,
        owner=None if bom is None else bom.owner,
        task=None if bom is None else bom.task,
        licence=None if bom is None else bom.licence,
        size=sum(file.size for file in artefact.files),
        files=len(artefact.files),
        metrics=tuple(sorted({*_stated(bom, by), *_evaluated(facts, recorded)}, key=_order)),
        parameters=tuple(sorted(made.parameters.items())) if made is not None else (),
        lineage=_lineage(made),
        claims=tuple(sorted((_claim(fact) for fact in facts), key=lambda row: (row.predicate_type, str(row.claim)))),
    )


def _facts(
    session: Session, log: Log, registration: Event, artefact: Artefact, recorded: Sequence[Reviewed]
) -> list[Fact]:
    """The claims by who registered it, and the recorded ones."""
    people = list(dict.fromkeys([registration.by, *(each.signer for each in recorded)]))
    signatories: list[Signatory] = []
    for who in people:
        try:
            signatories.append(log.signatory_of(who))
        except AttestError:
            continue  # whose key is nowhere, his claims are not found by searching
    if not signatories:
        return []
    judged = judge_collected(
        collect(session.repository, artefact.digest),
        artefact,
        reference=session.reference,
        policy=policy_for_keys(signatories),
    )
    named = set(recorded)
    return [fact for fact in judged.facts if _name(fact) == registration.by or set(reviewed([fact])) & named]


def _name(fact: Fact) -> SignerName:
    (found,) = reviewed([fact])
    return found.signer


def _stated(bom: MLBOM | None, by: str) -> Iterable[MetricRow]:
    for metric in () if bom is None else bom.metrics:
        if _is_decimal(metric.value):
            yield MetricRow(name=metric.name, value=metric.value, dataset=metric.dataset, stated=True, by=by)


def _is_decimal(text: str) -> bool:
    from decimal import Decimal, InvalidOperation  # noqa: PLC0415

    try:
        return Decimal(text).is_finite()
    except InvalidOperation:
        return False


def _evaluated(facts: Iterable[Fact], recorded: Sequence[Reviewed]) -> Iterable[MetricRow]:
    named = set(recorded)
    for fact in facts:
        if fact.statement.predicate_type != EVALUATION or not set(reviewed([fact])) & named:
            continue
        said = evaluation.parse(fact.statement)
        for measured in said.metrics:
            yield MetricRow(
                name=measured.name,
                value=decimal_text(measured.value),
                dataset=measured.dataset_name,
                dataset_digest=measured.dataset,
                slice=canonical_json(dict(measured.slice)).decode() if measured.slice else "",
                stated=False,
                by=canonical_name(_name(fact)),
            )


def _order(row: MetricRow) -> tuple[Any, ...]:
    return (row.name, row.stated, row.by, row.dataset or "", row.slice, row.value)


def _lineage(made: Provenance | None) -> tuple[LineageRow, ...]:
    if made is None:
        return ()
    rows = {
        LineageRow(role=each.role.value, name=each.name or "", digest=each.digest, uri=each.uri) for each in made.inputs
    }
    source = made.source
    if source is not None and (source.uri or source.commit):
        rows.add(LineageRow(role="source", name=source.commit or "", digest=None, uri=source.uri))
    return tuple(sorted(rows, key=lambda row: (row.role, row.name, str(row.digest), row.uri or "")))


def _claim(fact: Fact) -> ClaimRow:
    return ClaimRow(
        claim=Digest.of(fact.statement.raw),
        predicate_type=fact.statement.predicate_type,
        by=canonical_name(_name(fact)),
        time=_time(fact),
        verdict=_verdict(fact),
    )


def _time(fact: Fact) -> datetime | None:
    text = fact.claimed_time
    if text is None:
        found = fact.statement.predicate.get("finished")
        text = found if isinstance(found, str) else None
    if text is None:
        return None
    try:
        return read_time(text, what="time").astimezone(UTC)
    except AttestError:
        return None


def _verdict(fact: Fact) -> str | None:
    """The word of a claim that has one; `None` for those that cannot be read, which searching does not find."""
    kind = fact.statement.predicate_type
    try:
        if kind == APPROVAL:
            return approval.parse(fact.statement).decision.value
        if kind == EVALUATION:
            return "passed" if evaluation.parse(fact.statement).passed else "failed"
        if kind == SCAN:
            return "findings" if scan.parse(fact.statement).findings else "clean"
    except AttestError:
        return None
    return None
