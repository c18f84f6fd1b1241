from __future__ import annotations

from typing import TYPE_CHECKING

from attest.claims.predicates import MODEL_SIGNATURE, PROVENANCE, TEST_RESULT
from attest.claims.training import Operation, Role
from attest.policy.explain import identities, sentences
from attest.policy.requirements import (
    ClaimDemand,
    FormatDemand,
    Identity,
    Lineage,
    LineageDemand,
    Policy,
    ProvenanceDemand,
    SourceState,
)
from attest_registry.digest import Digest

if TYPE_CHECKING:
    from tests.verify.evidence import Person


def test_every_demand_becomes_a_sentence(alice: Person, mallory: Person) -> None:
    policy = Policy(
        name="team",
        identities={
            "ci": Identity(name="ci", keys=(alice.key,)),
            "risk": Identity(name="risk", keys=(mallory.key,)),
        },
        digest=Digest.of(b""),
        other_names=("old/model",),
        signature=ClaimDemand(predicate_type=MODEL_SIGNATURE, by=("ci", "risk")),
        provenance=ProvenanceDemand(
            predicate_type=PROVENANCE,
            by=("ci",),
            builders=("https://ci.example/1",),
            repositories=("github.com/acme/train",),
            clean=True,
            operations=(Operation.TRAIN, Operation.DISTILL),
        ),
        claims=(ClaimDemand(predicate_type=TEST_RESULT, by=("risk",)),),
        formats=FormatDemand(code_bearing=("scaler.pkl",)),
        lineage=LineageDemand(inputs={Role.DATASET: Lineage.KNOWN}, source=SourceState.CLEAN),
    )
    assert sentences(policy) == (
        'its model signature covers exactly its files and is signed by "ci" or "risk"',
        'a provenance says how it came to be, signed by "ci"',
        "it was built by https://ci.example/1",
        "what was done is train or distill",
        "it was built from a clean commit of github.com/acme/train",
        "its files are of any kind, by its ML-BOM and by their bytes when they are loaded",
        "no file can run code when it is loaded, but for scaler.pkl",
        "datasets: each is stated with its digest, and none is missing for what was done",
        "the code is known by its commit, with nothing uncommitted beside it",
        'there is a claim of the kind test result, signed by "risk"',
        "every claim names the model as it was asked for, or as old/model",
    )
    assert identities(policy)[0] == ("ci", f"key {alice.key.fingerprint}")


def test_a_policy_that_takes_every_file_says_so(alice: Person) -> None:
    policy = Policy(
        name="lax",
        identities={"ci": Identity(name="ci", keys=(alice.key,))},
        digest=Digest.of(b""),
        signature=ClaimDemand(predicate_type=MODEL_SIGNATURE, by=("ci",)),
    )
    assert "also those that run code" in sentences(policy)[1]
