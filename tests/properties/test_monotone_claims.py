"""Evaluations, scans, approvals, ML-BOM and build: less evidence or one demand more never allows what was refused.

As in `test_monotone.py` it holds for evidence in which nobody who counts says "no": that has its own test below.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from attest.claims.approval import Decision
from attest.claims.predicates import APPROVAL, EVALUATION, ML_BOM, MODEL_SIGNATURE, PROVENANCE, SCAN
from attest.claims.revocations import Kind, Revocation, Scope
from attest.claims.scan import Severity
from attest.claims.spdx import Licence
from attest.policy.approvals import ApprovalDemand
from attest.policy.bom_demands import LicenceDemand
from attest.policy.evaluate import evaluate
from attest.policy.evaluations import EvaluationDemand
from attest.policy.moments import MostAge
from attest.policy.requirements import BOMDemand, ClaimDemand, Identity, Policy, ProvenanceDemand
from attest.policy.scans import ScanDemand
from attest.signing.bundle import Bundle
from attest.verify.verifier import judge
from attest_registry.digest import Digest
from tests.verify.evidence import DATASET, MODEL, NOW, Person, Version, bundle, training
from tests.verify.review import GOLDEN, MEANING, accuracy, decided, evaluated, scanned

if TYPE_CHECKING:
    from collections.abc import Sequence

    from attest.evidence.evidence import Evidence

PEOPLE: Final = {name: Person.named(name) for name in ("alice", "bot", "rita", "otto")}
ALICE, BOT, RITA, OTTO = PEOPLE.values()
MALLORY = Person.named("mallory")
GOVERNED = replace(DATASET, licence="CC-BY-4.0", governance={"owner": "risk"}, personal_data=False)
VERSION = Version.of(about=training(licence="MIT", inputs=(GOVERNED,)))
SIGNATURE = bundle(VERSION.signature, ALICE)
TESTED = evaluated(VERSION, BOT, accuracy("0.95"), accuracy("0.91", slice={"region": "eu"}))
OLD = evaluated(VERSION, BOT, accuracy("0.93"), finished=NOW - timedelta(days=100))
SCANNED = scanned(VERSION, BOT, Severity.MEDIUM)
PROVENANCE_BY_ALICE, BOM = bundle(VERSION.provenance, ALICE), bundle(VERSION.ml_bom, ALICE)
EVERYBODY = list(PEOPLE.values())


def _approved(person: Person, *seen: Evidence, **values: Any) -> Evidence:
    return decided(VERSION, person, seen=seen, by=EVERYBODY, **values)


POOL: Final[list[Evidence]] = [
    SIGNATURE,
    PROVENANCE_BY_ALICE,
    TESTED,
    OLD,
    evaluated(VERSION, MALLORY, accuracy("0.99")),
    evaluated(VERSION, RITA, passed=False),
    BOM,
    bundle(VERSION.ml_bom, MALLORY),
    SCANNED,
    scanned(VERSION, BOT, Severity.LOW, scanner="modelscan"),
    scanned(VERSION, ALICE, Severity.CRITICAL),
    _approved(RITA, SIGNATURE, TESTED, SCANNED, PROVENANCE_BY_ALICE, BOM),
    _approved(OTTO, SIGNATURE, OLD),
    _approved(OTTO, SIGNATURE, TESTED, SCANNED, PROVENANCE_BY_ALICE, BOM),
    _approved(OTTO, alias="staging"),
    _approved(RITA, expires=NOW - timedelta(days=1)),
    _approved(ALICE, SIGNATURE, TESTED),
    _approved(MALLORY, decision=Decision.REJECT),
    _approved(BOT, decision=Decision.REJECT),
]
NOES: Final = [
    evaluated(VERSION, BOT, passed=False),
    evaluated(VERSION, BOT, accuracy("0.1")),
    scanned(VERSION, BOT, Severity.CRITICAL),
    _approved(RITA, decision=Decision.REJECT),
    _approved(ALICE, decision=Decision.REJECT),
]

BASE = Policy(
    name="gate",
    identities={name: Identity(name=name, keys=(person.key,)) for name, person in PEOPLE.items()},
    digest=Digest.of(b"gate"),
    signature=ClaimDemand(predicate_type=MODEL_SIGNATURE, by=("alice",)),
)


def _sets(*sets: dict[str, Any]) -> tuple[dict[str, Any], ...]:
    return sets


EVALUATIONS: Final = [
    EvaluationDemand(predicate_type=EVALUATION, by=("bot",), **more)
    for more in _sets(
        {},
        {"metric": "accuracy", "dataset": GOLDEN, "minimum": Decimal("0.9")},
        {"metric": "accuracy", "dataset": GOLDEN, "slice": {"region": "eu"}, "maximum": Decimal("0.92")},
        {"metric": "accuracy", "most_age": MostAge(length=timedelta(days=90))},
        {"metric": "accuracy", "minimum": Decimal("0.99")},
    )
]
APPROVALS: Final = [
    ApprovalDemand(predicate_type=APPROVAL, by=("rita", "otto", "alice"), **more)
    for more in _sets(
        {"covers": ()},
        {},
        {"count": 2},
        {"count": 2, "covers": (MODEL_SIGNATURE,), "meanings": (MEANING,)},
        {"covers": (EVALUATION,), "alias": "staging"},
    )
]
SCANS: Final = [
    ScanDemand(predicate_type=SCAN, by=("bot",), **more)
    for more in _sets(
        {},
        {"scanner": "picklescan", "minimum_version": "1.0"},
        {"findings": {Severity.HIGH: 0}},
        {"findings": {Severity.LOW: 0}},
    )
]
BOMS: Final = [
    BOMDemand(predicate_type=ML_BOM, by=("alice",), **more)
    for more in _sets(
        {},
        {"licences": LicenceDemand(allow=(Licence(id="MIT"), Licence(id="CC-BY-4.0")))},
        {"governed": True},
        {"profiles": ("g7",)},
    )
]
BUILDS: Final = [
    ProvenanceDemand(predicate_type=PROVENANCE, by=("alice",), **more)
    for more in _sets({}, {"level": 1}, {"level": 2}, {"branches": ("main",)})
]

policies = st.builds(
    lambda evaluations, approvals, scans, bom, build: replace(
        BASE,
        evaluations=tuple(evaluations),
        approvals=tuple(approvals),
        scans=tuple(scans),
        ml_bom=bom,
        provenance=build,
    ),
    st.lists(st.sampled_from(EVALUATIONS), max_size=2),
    st.lists(st.sampled_from(APPROVALS), max_size=2),
    st.lists(st.sampled_from(SCANS), max_size=2),
    st.sampled_from([None, None, *BOMS]),
    st.sampled_from([None, None, *BUILDS]),
)
evidence_sets = st.sets(st.sampled_from(range(len(POOL))))


def allowed(policy: Policy, evidence: Sequence[Evidence]) -> bool:
    judged = judge(evidence, artefact=VERSION.artefact, model=MODEL, keys=policy.keys)
    return evaluate(policy, judged, artefact=VERSION.artefact, reference=f"{MODEL}:1", now=NOW).allowed


def pieces(numbers: set[int]) -> list[Evidence]:
    return [POOL[number] for number in sorted(numbers)]


def test_the_pool_can_be_allowed_and_refused() -> None:
    whole = replace(BASE, evaluations=tuple(EVALUATIONS[:4]), approvals=tuple(APPROVALS[:4]), scans=tuple(SCANS[:3]))
    for bom, build in zip(BOMS[:3], BUILDS[:2] * 2, strict=False):
        assert allowed(replace(whole, ml_bom=bom, provenance=build), POOL)
    for needed in (TESTED, SCANNED, SIGNATURE):
        assert not allowed(whole, [piece for piece in POOL if piece is not needed])
    for more in (EVALUATIONS[4], SCANS[3], BOMS[3], BUILDS[2], BUILDS[3]):
        assert not allowed(stricter(whole, more), POOL)


def stricter(policy: Policy, more: Any) -> Policy:
    """With one demand more; where a policy has one of a kind, with its own or another one beside it."""
    if isinstance(more, EvaluationDemand):
        return replace(policy, evaluations=(*policy.evaluations, more))
    if isinstance(more, ScanDemand):
        return replace(policy, scans=(*policy.scans, more))
    if isinstance(more, BOMDemand):
        return replace(policy, ml_bom=policy.ml_bom if policy.ml_bom and policy.ml_bom.asks_content else more)
    if isinstance(more, ProvenanceDemand):
        return replace(policy, provenance=policy.provenance or more)
    return replace(policy, approvals=(*policy.approvals, more))


@settings(max_examples=150, deadline=None)
@given(policy=policies, kept=evidence_sets, gone=st.data())
def test_taking_evidence_away_allows_nothing(policy: Policy, kept: set[int], gone: st.DataObject) -> None:
    fewer = gone.draw(st.sets(st.sampled_from(sorted(kept)))) if kept else set()
    if allowed(policy, pieces(fewer)):
        assert allowed(policy, pieces(kept))


@settings(max_examples=150, deadline=None)
@given(
    policy=policies,
    kept=evidence_sets,
    more=st.sampled_from([*EVALUATIONS, *APPROVALS, *SCANS, *BOMS, *BUILDS]),
)
def test_one_demand_more_allows_nothing(policy: Policy, kept: set[int], more: Any) -> None:
    if allowed(stricter(policy, more), pieces(kept)):
        assert allowed(policy, pieces(kept))


@settings(max_examples=100, deadline=None)
@given(policy=policies, kept=evidence_sets, no=st.sampled_from(NOES))
def test_a_no_more_allows_nothing(policy: Policy, kept: set[int], no: Evidence) -> None:
    assume(_is_no(no, policy))
    if allowed(policy, [*pieces(kept), no]):
        assert allowed(policy, pieces(kept))


def _is_no(no: Evidence, policy: Policy) -> bool:
    """Numbers and findings are a no to those alone who ask for good ones; to others they are what was asked for."""
    if no is NOES[1]:
        return all(demand.minimum is not None for demand in policy.evaluations)
    return no is not NOES[2] or all(demand.findings for demand in policy.scans)


def _denial(kind: Kind, value: Any) -> Revocation:
    return Revocation(kind=kind, value=value, since=NOW - timedelta(days=1), reason="why", scope=Scope.SELF)


DENIALS: Final = [
    *(_denial(Kind.KEY, person.key.fingerprint) for person in PEOPLE.values()),
    *(_denial(Kind.CLAIM, Digest.of(Bundle.parse(piece.raw).payload)) for piece in (*POOL[:4], *NOES)),
    _denial(Kind.MANIFEST, Digest.of(b"other")),
]
denial_sets = st.sets(st.sampled_from(range(len(DENIALS))), max_size=3)


def _denying(policy: Policy, numbers: set[int]) -> Policy:
    return replace(policy, deny=tuple(DENIALS[number] for number in sorted(numbers)))


@settings(max_examples=150, deadline=None)
@given(policy=policies, kept=evidence_sets, noes=st.lists(st.sampled_from(NOES), max_size=2), data=st.data())
def test_denying_more_allows_nothing(policy: Policy, kept: set[int], noes: list[Evidence], data: st.DataObject) -> None:
    """Nor does a denial take back the "no" of the one whom it denies."""
    fewer, more = data.draw(denial_sets), data.draw(denial_sets)
    evidence = [*pieces(kept), *noes]
    if allowed(_denying(policy, fewer | more), evidence):
        assert allowed(_denying(policy, fewer), evidence)


@pytest.mark.parametrize("number", range(len(NOES)))
def test_denying_whoever_said_no_allows_nothing(number: int) -> None:
    """The same for all evidence at once, which a draw seldom finds."""
    whole = replace(BASE, evaluations=tuple(EVALUATIONS[:4]), approvals=tuple(APPROVALS[:4]), scans=tuple(SCANS[:3]))
    evidence = [*POOL, NOES[number]]
    assert not allowed(whole, evidence)
    for denied in range(len(DENIALS)):
        assert not allowed(_denying(whole, {denied}), evidence)


@settings(max_examples=60, deadline=None)
@given(policy=policies, order=st.permutations(range(len(POOL))))
def test_order_does_not_matter(policy: Policy, order: list[int]) -> None:
    some = [POOL[number] for number in order[: len(order) // 2]]
    assert allowed(policy, some) == allowed(policy, sorted(some, key=POOL.index))
