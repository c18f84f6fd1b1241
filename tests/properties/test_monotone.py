"""Taking evidence away never turns a refusal into an allowance, and neither order nor copies matter.

It holds for evidence in which nobody who counts says "no" or two different things: a registry that hides a rejection,
or the worse one of two provenances by one signer, cannot be caught by looking at what it shows. The log of a model is
for that (rows 62 to 69 of the threat table); `test_a_hidden_rejection_is_not_noticed` holds this open end in view.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from attest.claims.predicates import ML_BOM, MODEL_SIGNATURE, PROVENANCE, TEST_RESULT
from attest.model.manifest import FileKind
from attest.policy.document import policy_for_keys
from attest.policy.evaluate import evaluate
from attest.policy.requirements import BOMDemand, ClaimDemand, FormatDemand, Policy, ProvenanceDemand
from attest.verify.verifier import judge
from tests.verify.evidence import MODEL, NOW, Person, Version, bundle, edited, model_files, restated

if TYPE_CHECKING:
    from collections.abc import Sequence

    from attest.evidence.evidence import Evidence

ALICE, MALLORY = Person.named("alice"), Person.named("mallory")
VERSION = Version.of()
OTHER = Version.of(model_files({"model.safetensors": (b"other", model_files().files[1].format)}))


def _test(result: str) -> Evidence:
    return bundle(restated(VERSION.cosign, predicateType=TEST_RESULT, predicate={"result": result}), ALICE)


def _spoilt(evidence: Evidence) -> Evidence:
    def change(document: dict[str, Any]) -> None:
        document["dsseEnvelope"]["signatures"][0]["sig"] = "AAAA"

    return edited(evidence, change)


GOOD: Final = [*VERSION.evidence(ALICE), _test("PASSED")]
POOL: Final[list[Evidence]] = [
    *GOOD,
    *VERSION.evidence(MALLORY),
    *OTHER.evidence(ALICE)[:3],
    *(_spoilt(piece) for piece in GOOD[:3]),
]


def _policies() -> list[Policy]:
    whole = policy_for_keys([ALICE.key])
    (name,) = whole.identities
    by: dict[str, Any] = {"by": (name,)}
    none: dict[str, Any] = {"signature": None, "provenance": None, "ml_bom": None, "formats": None, "claims": ()}
    signature = ClaimDemand(predicate_type=MODEL_SIGNATURE, **by)
    return [
        whole,
        replace(whole, **none | {"signature": signature}),
        replace(whole, **none | {"provenance": ProvenanceDemand(predicate_type=PROVENANCE, **by)}),
        replace(whole, **none | {"ml_bom": BOMDemand(predicate_type=ML_BOM, **by), "formats": FormatDemand()}),
        replace(whole, claims=(ClaimDemand(predicate_type=TEST_RESULT, **by),)),
    ]


POLICIES: Final = _policies()


def _no_demand() -> ProvenanceDemand:
    raise AssertionError("the third policy demands a provenance")


def allowed(policy: Policy, evidence: Sequence[Evidence]) -> bool:
    judged = judge(evidence, artefact=VERSION.artefact, model=MODEL, keys=policy.keys)
    return evaluate(policy, judged, artefact=VERSION.artefact, reference="acme/credit-risk:1", now=NOW).allowed


@pytest.mark.parametrize("policy", POLICIES, ids=["key", "signature", "provenance", "ml-bom", "claims"])
def test_all_evidence_is_allowed_and_none_is_not(policy: Policy) -> None:
    assert allowed(policy, POOL)
    assert not allowed(policy, [])
    assert not allowed(policy, [piece for piece in POOL if piece not in GOOD])


@settings(max_examples=150, deadline=None)
@given(policy=st.sampled_from(POLICIES), kept=st.sets(st.sampled_from(range(len(POOL)))), gone=st.data())
def test_taking_evidence_away_allows_nothing(policy: Policy, kept: set[int], gone: st.DataObject) -> None:
    fewer = gone.draw(st.sets(st.sampled_from(sorted(kept)))) if kept else set()
    if allowed(policy, [POOL[number] for number in sorted(fewer)]):
        assert allowed(policy, [POOL[number] for number in sorted(kept)])


DEMANDS: Final[dict[str, dict[str, Any]]] = {
    "signature": {"signature": POLICIES[1].signature},
    "provenance": {"provenance": POLICIES[2].provenance},
    "ml-bom": {"ml_bom": POLICIES[3].ml_bom},
    "formats": {"ml_bom": POLICIES[3].ml_bom, "formats": FormatDemand(allow=(FileKind.SAFETENSORS,))},
    "claims": {"claims": POLICIES[4].claims},
    "a-builder": {"provenance": replace(POLICIES[2].provenance or _no_demand(), builders=("urn:nobody",))},
    "clean": {"provenance": replace(POLICIES[2].provenance or _no_demand(), clean=True)},
}
"""What can be demanded, each on top of the ones before: what stands further down replaces what it goes beyond."""


def _demanding(names: set[str]) -> Policy:
    asked: dict[str, Any] = {"signature": None, "provenance": None, "ml_bom": None, "formats": None, "claims": ()}
    for name in (name for name in DEMANDS if name in names):
        asked |= DEMANDS[name]
    return replace(POLICIES[0], **asked)


@settings(max_examples=150, deadline=None)
@given(
    fewer=st.sets(st.sampled_from(["signature", "provenance", "ml-bom", "claims"]), min_size=1),
    more=st.sets(st.sampled_from(sorted(DEMANDS))),
    kept=st.sets(st.sampled_from(range(len(POOL)))),
)
def test_demanding_more_allows_nothing(fewer: set[str], more: set[str], kept: set[int]) -> None:
    pieces = [POOL[number] for number in sorted(kept)]
    if allowed(_demanding(fewer | more), pieces):
        assert allowed(_demanding(fewer), pieces)


@pytest.mark.parametrize("name", DEMANDS)
def test_each_demand_can_be_refused(name: str) -> None:
    """So that the property above is about something."""
    assert allowed(_demanding({"signature"}), POOL)
    unmet = {"a-builder", "clean", "formats"}
    pieces = POOL if name in unmet else [POOL[0]] if name != "signature" else POOL[1:2]
    assert not allowed(_demanding({name}), pieces)


@settings(max_examples=60, deadline=None)
@given(policy=st.sampled_from(POLICIES), order=st.permutations(range(len(POOL))), twice=st.integers(0, len(POOL) - 1))
def test_neither_order_nor_copies_matter(policy: Policy, order: list[int], twice: int) -> None:
    pieces = [POOL[number] for number in order]
    for count in (len(pieces), len(pieces) // 2):
        some = pieces[:count]
        assert allowed(policy, some) == allowed(policy, sorted(some, key=POOL.index))
        assert allowed(policy, some) == allowed(policy, [*some, *some[:twice]])


@pytest.mark.parametrize("policy", POLICIES, ids=["key", "signature", "provenance", "ml-bom", "claims"])
def test_every_piece_that_is_needed_is_needed(policy: Policy) -> None:
    """Among the subsets of the good evidence, the allowed ones are exactly those that hold the demanded kinds."""
    kinds = [MODEL_SIGNATURE, PROVENANCE, ML_BOM, "cosign", TEST_RESULT]
    demanded = {demand.predicate_type for demand in policy.demands}
    for count in range(len(GOOD) + 1):
        for chosen in itertools.combinations(range(len(GOOD)), count):
            has = {kinds[number] for number in chosen}
            assert allowed(policy, [GOOD[number] for number in chosen]) == (demanded <= has)


def test_a_hidden_rejection_is_not_noticed() -> None:
    """The open end: without a log, whoever keeps the evidence can keep a "no" back."""
    policy = POLICIES[4]
    assert not allowed(policy, [*GOOD, _test("FAILED")])
    assert allowed(policy, GOOD)
