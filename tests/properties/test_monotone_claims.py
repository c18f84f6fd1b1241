"""Evaluations and approvals: less evidence, one demand more or a stricter one never turn a refusal into an allowance.

As in `test_monotone.py` it holds for evidence in which nobody who counts says "no": that has its own test below.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from hypothesis import given, settings
from hypothesis import strategies as st

from attest.claims.approval import Decision
from attest.claims.predicates import APPROVAL, EVALUATION, MODEL_SIGNATURE
from attest.policy.approvals import ApprovalDemand
from attest.policy.evaluate import evaluate
from attest.policy.evaluations import EvaluationDemand
from attest.policy.moments import MostAge
from attest.policy.requirements import ClaimDemand, Identity, Policy
from attest.verify.verifier import judge
from attest_registry.digest import Digest
from tests.verify.evidence import MODEL, NOW, Person, Version, bundle
from tests.verify.review import GOLDEN, MEANING, accuracy, decided, evaluated

if TYPE_CHECKING:
    from collections.abc import Sequence

    from attest.evidence.evidence import Evidence

PEOPLE: Final = {name: Person.named(name) for name in ("alice", "bot", "rita", "otto")}
ALICE, BOT, RITA, OTTO = PEOPLE.values()
MALLORY = Person.named("mallory")
VERSION = Version.of()
SIGNATURE = bundle(VERSION.signature, ALICE)
TESTED = evaluated(VERSION, BOT, accuracy("0.95"), accuracy("0.91", slice={"region": "eu"}))
OLD = evaluated(VERSION, BOT, accuracy("0.93"), finished=NOW - timedelta(days=100))
EVERYBODY = list(PEOPLE.values())


def _approved(person: Person, *seen: Evidence, **values: Any) -> Evidence:
    return decided(VERSION, person, seen=seen, by=EVERYBODY, **values)


POOL: Final[list[Evidence]] = [
    SIGNATURE,
    bundle(VERSION.provenance, ALICE),
    TESTED,
    OLD,
    evaluated(VERSION, MALLORY, accuracy("0.99")),
    evaluated(VERSION, RITA, passed=False),
    _approved(RITA, SIGNATURE, TESTED),
    _approved(OTTO, SIGNATURE, OLD),
    _approved(OTTO, SIGNATURE, TESTED),
    _approved(OTTO, alias="staging"),
    _approved(RITA, expires=NOW - timedelta(days=1)),
    _approved(ALICE, SIGNATURE, TESTED),
    _approved(MALLORY, decision=Decision.REJECT),
    _approved(BOT, decision=Decision.REJECT),
]
NOES: Final = [
    evaluated(VERSION, BOT, passed=False),
    evaluated(VERSION, BOT, accuracy("0.1")),
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

policies = st.builds(
    lambda evaluations, approvals: replace(BASE, evaluations=tuple(evaluations), approvals=tuple(approvals)),
    st.lists(st.sampled_from(EVALUATIONS), max_size=2),
    st.lists(st.sampled_from(APPROVALS), max_size=2),
)
evidence_sets = st.sets(st.sampled_from(range(len(POOL))))


def allowed(policy: Policy, evidence: Sequence[Evidence]) -> bool:
    judged = judge(evidence, artefact=VERSION.artefact, model=MODEL, keys=policy.keys)
    return evaluate(policy, judged, artefact=VERSION.artefact, reference=f"{MODEL}:1", now=NOW).allowed


def pieces(numbers: set[int]) -> list[Evidence]:
    return [POOL[number] for number in sorted(numbers)]


def test_the_pool_can_be_allowed_and_refused() -> None:
    whole = replace(BASE, evaluations=tuple(EVALUATIONS[:4]), approvals=tuple(APPROVALS[:4]))
    assert allowed(whole, POOL)
    assert not allowed(whole, [piece for piece in POOL if piece is not TESTED])
    assert not allowed(replace(whole, evaluations=tuple(EVALUATIONS)), POOL)


@settings(max_examples=150, deadline=None)
@given(policy=policies, kept=evidence_sets, gone=st.data())
def test_taking_evidence_away_allows_nothing(policy: Policy, kept: set[int], gone: st.DataObject) -> None:
    fewer = gone.draw(st.sets(st.sampled_from(sorted(kept)))) if kept else set()
    if allowed(policy, pieces(fewer)):
        assert allowed(policy, pieces(kept))


@settings(max_examples=100, deadline=None)
@given(policy=policies, kept=evidence_sets, more=st.sampled_from([*EVALUATIONS, *APPROVALS]))
def test_one_demand_more_allows_nothing(policy: Policy, kept: set[int], more: Any) -> None:
    if isinstance(more, EvaluationDemand):
        stricter = replace(policy, evaluations=(*policy.evaluations, more))
    else:
        stricter = replace(policy, approvals=(*policy.approvals, more))
    if allowed(stricter, pieces(kept)):
        assert allowed(policy, pieces(kept))


@settings(max_examples=100, deadline=None)
@given(policy=policies, kept=evidence_sets, no=st.sampled_from(NOES))
def test_a_no_more_allows_nothing(policy: Policy, kept: set[int], no: Evidence) -> None:
    if allowed(policy, [*pieces(kept), no]):
        assert allowed(policy, pieces(kept))


@settings(max_examples=60, deadline=None)
@given(policy=policies, order=st.permutations(range(len(POOL))))
def test_order_does_not_matter(policy: Policy, order: list[int]) -> None:
    some = [POOL[number] for number in order[: len(order) // 2]]
    assert allowed(policy, some) == allowed(policy, sorted(some, key=POOL.index))
