from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click
import pytest

from attest.claims.bom_profiles import FIELDS, TITLES, fields_of
from attest.claims.bom_readiness import Readiness, State, assess
from attest.claims.mlbom import read
from attest.claims.record_places import PLACES
from attest.cli.main import cli
from tests.claims.bom_samples import component, document

CLUSTERS = {
    "Metadata": 10,
    "System level": 9,
    "Models": 13,
    "Datasets": 10,
    "Infrastructure": 2,
    "Security": 4,
    "KPI": 2,
}
OF_INPUTS = {"description", "uri", "licence", "personal_data", "classification", "split", "governance"}
OF_OTHERS = {"interface.inputs", "interface.outputs", "environment.packages"}


def whole() -> dict[str, Any]:
    """A BOM that says everything that can be asked of one."""
    bom = document()
    model = component(bom, "model")
    model["properties"].append({"name": "attest:environment:hardware", "value": "8xH200"})
    bom["components"] = [part for part in bom["components"] if part["bom-ref"] != "input:legacy"]
    model["modelCard"]["modelParameters"]["datasets"].pop()
    for entry in bom["dependencies"]:
        entry["dependsOn"] = [ref for ref in entry.get("dependsOn", ()) if ref != "input:legacy"]
    bom["dependencies"] = [entry for entry in bom["dependencies"] if entry["ref"] != "input:legacy"]
    bom["compositions"] = [
        {"aggregate": "complete", "assemblies": ["model"]},
        {"aggregate": "complete", "dependencies": ["model"]},
    ]
    read(bom)
    return bom


def states(bom: dict[str, Any], profile: str, *, signed: bool = True) -> dict[str, State]:
    return {each.field.name: each.state for each in assess(bom, profile=profile, signed=signed).findings}


def lacking(found: Readiness) -> set[str]:
    return {each.field.name for each in found.lacking}


def test_g7_has_its_fifty_elements_in_seven_clusters() -> None:
    clauses = [field.g7 for field in fields_of("g7")]
    assert {cluster: clauses.count(cluster) for cluster in clauses} == CLUSTERS
    assert sum(CLUSTERS.values()) == 50


def test_names_stand_for_one_field_each() -> None:
    names = [field.name for field in FIELDS]
    assert len(names) == len(set(names))
    assert all(field.g7 or field.annex for field in FIELDS)


@pytest.mark.parametrize("profile", TITLES)
def test_a_bom_that_says_everything_is_complete(profile: str) -> None:
    found = assess(whole(), profile=profile, signed=True)
    assert found.complete, lacking(found)
    assert {each.state for each in found.findings} == {State.PRESENT, State.OUTSIDE}


@pytest.mark.parametrize("profile", TITLES)
def test_a_bom_with_nothing_but_a_name_is_not_complete(profile: str) -> None:
    bare = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "metadata": {"component": {"type": "machine-learning-model", "name": "m"}},
    }
    found = assess(bare, profile=profile, signed=False)
    asked = {field.name for field in fields_of(profile) if field.asked}
    assert lacking(found) == asked - {"bom-format", "bom-format-version", "model-name", "system-name"}


def test_what_is_said_to_be_unknown_is_not_present() -> None:
    found = assess(document(), profile="g7", signed=True)
    by_name = {each.field.name: each for each in found.findings}
    assert by_name["dataset-hash"].state is State.UNKNOWN
    assert by_name["dataset-hash"].lacking == ("legacy",)
    assert not found.complete


def test_another_word_than_unknown_in_that_property_answers_nothing() -> None:
    bom = document()
    for item in component(bom, "input:legacy")["properties"]:
        if item["name"] == "attest:provenance":
            item["value"] = "sha256:" + "0" * 64
    assert states(bom, "g7")["dataset-hash"] is State.MISSING


@pytest.mark.parametrize(
    ("word", "state"),
    [("unspecified", State.MISSING), ("", State.MISSING), ("NOASSERTION", State.UNKNOWN), ("Unknown", State.UNKNOWN)],
)
def test_words_that_say_nothing_are_no_answer(word: str, state: State) -> None:
    bom = whole()
    bom["metadata"]["component"]["description"] = word
    del bom["metadata"]["component"]["modelCard"]["modelParameters"]["task"]
    assert states(bom, "g7")["model-description"] is state


def test_one_dataset_without_a_licence_is_named() -> None:
    bom = document()
    found = {each.field.name: each for each in assess(bom, profile="g7", signed=True).findings}
    assert (found["dataset-licence"].state, found["dataset-licence"].lacking) == (State.MISSING, ("legacy",))


def test_a_dataset_that_stands_only_in_the_model_card_counts() -> None:
    bom = whole()
    bom["metadata"]["component"]["modelCard"]["modelParameters"]["datasets"].append(
        {"type": "dataset", "name": "aside"}
    )
    read(bom)
    found = {each.field.name: each for each in assess(bom, profile="g7", signed=True).findings}
    assert found["dataset-hash"].lacking == ("aside",)


def test_without_any_dataset_its_fields_are_missing() -> None:
    bom = whole()
    bom["components"] = [part for part in bom["components"] if part["type"] != "data"]
    assert states(bom, "g7")["dataset-name"] is State.MISSING


def test_the_signature_is_the_claims() -> None:
    assert states(whole(), "g7", signed=False)["bom-signature"] is State.OUTSIDE
    assert states(whole(), "g7", signed=True)["bom-signature"] is State.PRESENT


def test_lineage_that_calls_itself_incomplete_is_missing() -> None:
    assert states(document(), "eu-annex-iv")["lineage"] is State.MISSING
    bom = whole()
    bom["compositions"][1]["aggregate"] = "unknown"
    assert states(bom, "eu-annex-iv")["lineage"] is State.UNKNOWN


def test_what_the_table_tells_people_to_type_exists() -> None:
    push = cli.get_command(click.Context(cli), "push")
    assert push is not None
    options = {name for each in push.params for name in each.opts}
    for field in FIELDS:
        supply = field.supply
        assert set(re.findall(r"--[a-z-]+", supply)) <= options | {"--key"}, field.name
        places = set(re.findall(r"[a-z_]+\.[a-z_]+", supply)) - {"config.json"}
        assert places <= {*PLACES, *OF_OTHERS}, field.name
        if "at the input" in supply:
            assert set(supply.partition(" at the input")[0].split(" or ")) <= OF_INPUTS, field.name


def test_every_field_stands_in_the_documentation() -> None:
    page = (Path(__file__).parents[2] / "docs/ml-boms.md").read_text()
    assert not [field.name for field in FIELDS if f"`{field.name}`" not in page]
