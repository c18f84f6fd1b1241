"""What a policy expects of the provenance: builders, operations, sources, and inputs that are known."""

from __future__ import annotations

from typing import Any

import pytest

from attest.claims.predicates import PROVENANCE
from attest.claims.training import Input, Operation, Role, Source, Standing
from attest.policy.requirements import Lineage, LineageDemand, ProvenanceDemand, SourceState
from tests.policy.verdicts import finding, judged, own_policy, refused, told, verdict
from tests.verify.evidence import DATASET, Person, Version, training

COMMIT = "41c9d2e" + "0" * 33
REPOSITORY = "git+https://git.example.com/acme/train"
CLEAN = Source(uri=REPOSITORY, commit=COMMIT, clean=True)


@pytest.mark.parametrize(
    ("demand", "code"),
    [
        ({"builders": ("https://ci.example/1",)}, "builder-not-accepted"),
        ({"operations": (Operation.DISTILL,)}, "operation-not-accepted"),
        ({"repositories": ("github.com/acme/train",)}, "source-not-accepted"),
        ({"clean": True}, "source-not-clean"),
    ],
)
def test_an_expectation_that_is_not_met_is_refused(
    demand: dict[str, Any], code: str, version: Version, alice: Person
) -> None:
    policy = own_policy(alice, provenance=ProvenanceDemand(predicate_type=PROVENANCE, by=("ci",), **demand))
    found = verdict(policy, judged(version.evidence(alice), version, alice), version)
    refused(found, "provenance", code)


def test_expectations_that_are_met_are_allowed(alice: Person) -> None:
    demand = ProvenanceDemand(
        predicate_type=PROVENANCE,
        by=("ci",),
        builders=("urn:attest:builders:local:v1",),
        operations=(Operation.TRAIN,),
        repositories=("git.example.com/acme/train.git",),
        clean=True,
    )
    assert told(alice, training(source=CLEAN), own_policy(alice, provenance=demand)).allowed


@pytest.mark.parametrize("source", [None, Source(uri=REPOSITORY), Source(uri=REPOSITORY, commit=COMMIT)])
def test_a_source_that_nobody_stated_is_not_clean(source: Source | None, alice: Person) -> None:
    policy = own_policy(alice, lineage=LineageDemand(source=SourceState.CLEAN))
    code = "source-not-clean" if source is not None and source.commit else "source-unknown"
    refused(told(alice, training(source=source), policy), "lineage", code)


def test_a_dirty_source_is_known_but_not_clean(alice: Person) -> None:
    assert told(alice, training(), own_policy(alice, lineage=LineageDemand(source=SourceState.KNOWN))).allowed
    refused(
        told(alice, training(), own_policy(alice, lineage=LineageDemand(source=SourceState.CLEAN))),
        "lineage",
        "source-not-clean",
    )


def test_an_unknown_dataset_is_refused_where_datasets_have_to_be_known(alice: Person) -> None:
    legacy = Input(role=Role.DATASET, name="legacy", standing=Standing.UNKNOWN)
    about = training(inputs=(DATASET, legacy))
    policy = own_policy(alice, lineage=LineageDemand(inputs={Role.DATASET: Lineage.KNOWN}))
    each = refused(told(alice, about, policy), "lineage", "lineage-unknown")
    assert each.found == "datasets: legacy of unknown origin"
    assert told(alice, about, own_policy(alice)).allowed


@pytest.mark.parametrize(
    ("operation", "inputs", "role"),
    [
        (Operation.TRAIN, (), Role.DATASET),
        (Operation.FINE_TUNE, (DATASET,), Role.BASE_MODEL),
        (Operation.DISTILL, (DATASET,), Role.TEACHER_MODEL),
        (Operation.QUANTIZE, (), Role.BASE_MODEL),
        (Operation.UNSPECIFIED, (), Role.DATASET),
        (Operation.UNSPECIFIED, (), Role.TEACHER_MODEL),
    ],
)
def test_silence_about_what_an_operation_needs_is_refused(
    operation: Operation, inputs: tuple[Input, ...], role: Role, alice: Person
) -> None:
    policy = own_policy(alice, lineage=LineageDemand(inputs={role: Lineage.KNOWN}))
    refused(told(alice, training(operation=operation, inputs=inputs), policy), "lineage", "lineage-unknown")


def test_known_lineage_is_allowed_and_counted(alice: Person) -> None:
    policy = own_policy(
        alice,
        lineage=LineageDemand(
            inputs={Role.DATASET: Lineage.KNOWN, Role.BASE_MODEL: Lineage.KNOWN}, source=SourceState.CLEAN
        ),
    )
    found = told(alice, training(source=CLEAN), policy)
    assert found.allowed
    assert finding(found, "lineage").summary == "datasets known (1), base-model none, source clean"
