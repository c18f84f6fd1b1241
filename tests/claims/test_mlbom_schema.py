"""The official schemas and the official examples."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from importlib import resources
from typing import TYPE_CHECKING, Any

import pytest

from attest.claims import mlbom
from attest.errors import MalformedEvidence
from tests.claims.bom_samples import VECTORS, WHY_ABSENT, component, document, load

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

OFFICIAL = sorted(path for spec in ("1.6", "1.7") for path in (VECTORS / f"spec-{spec}").glob("*.json"))
NEED_VECTORS = pytest.mark.skipif(not OFFICIAL, reason=WHY_ABSENT)


def test_shipped_schemas_are_the_ones_in_the_notice() -> None:
    folder = resources.files("attest.claims") / "schemas"
    listed = [
        line.split("  ")
        for line in (folder / "NOTICE").read_text().splitlines()
        if line.endswith(".json") and "  " in line
    ]
    digests = {name: value for value, name in (pair for pair in listed if len(pair) == 2)}
    assert len(digests) == 5
    for name, value in digests.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == value


@NEED_VECTORS
@pytest.mark.parametrize("path", OFFICIAL, ids=lambda path: path.stem)
def test_official_example_gets_the_official_verdict(path: Path) -> None:
    if path.name.startswith("valid-"):
        mlbom.check_schema(load(path))
        return
    with pytest.raises(MalformedEvidence) as caught:
        mlbom.check_schema(load(path))
    assert caught.value.code == ("bom-version" if "bomformat" in path.name else "bom-schema")


@NEED_VECTORS
def test_all_official_examples_of_both_versions_were_tried() -> None:
    assert len(OFFICIAL) == 85
    assert sum(path.name.startswith("invalid-") for path in OFFICIAL) == 54


@NEED_VECTORS
@pytest.mark.parametrize("spec", ["1.6", "1.7"])
def test_the_bom_of_our_research_is_valid(spec: str) -> None:
    mlbom.check_schema(load(VECTORS / "own" / f"attest-mlbom-{spec}.json"))


def _number_as_metric(bom: dict[str, Any]) -> None:
    card = component(bom, "model")["modelCard"]
    card["quantitativeAnalysis"]["performanceMetrics"][0]["value"] = 0.923


def _taxonomy_properties(bom: dict[str, Any]) -> None:
    """CycloneDX's own property taxonomy shows them there; its schema does not allow them."""
    component(bom, "model")["modelCard"]["modelParameters"]["properties"] = []


def _lower_case_licence(bom: dict[str, Any]) -> None:
    component(bom, "model")["licenses"] = [{"license": {"id": "apache-2.0"}}]


def _sloppy_time(bom: dict[str, Any]) -> None:
    bom["metadata"]["timestamp"] = "2024-05-1T00:00:00Z"


def _placeholder_serial(bom: dict[str, Any]) -> None:
    bom["serialNumber"] = "urn:uuid:placeholder"


def _distillation_as_approach(bom: dict[str, Any]) -> None:
    component(bom, "model")["modelCard"]["modelParameters"]["approach"] = {"type": "distillation"}


@pytest.mark.parametrize(
    "spoil",
    [
        _number_as_metric,
        _taxonomy_properties,
        _lower_case_licence,
        _sloppy_time,
        _placeholder_serial,
        _distillation_as_approach,
    ],
)
def test_mistakes_of_other_generators_are_refused(spoil: Callable[[dict[str, Any]], None]) -> None:
    bom = document()
    spoil(bom)
    with pytest.raises(MalformedEvidence) as caught:
        mlbom.check_schema(bom)
    assert caught.value.code == "bom-schema"


def test_refusal_names_the_place() -> None:
    bom = document()
    _number_as_metric(bom)
    with pytest.raises(
        MalformedEvidence, match="metadata/component/modelCard/quantitativeAnalysis/performanceMetrics/0/value"
    ):
        mlbom.check_schema(bom)


@pytest.mark.parametrize("value", [float("nan"), 2**70, {1: 2}, b"x"])
def test_what_json_cannot_hold_is_refused_and_does_not_escape(value: Any) -> None:
    bom = document()
    bom["metadata"]["component"]["description"] = value
    with pytest.raises(MalformedEvidence) as caught:
        mlbom.check_schema(bom)
    assert caught.value.code == "bom-schema"


def test_reading_imports_neither_cyclonedx_nor_the_schema_validator() -> None:
    code = (
        "import sys; from attest.claims import mlbom; from attest.claims.statement import Statement\n"
        "mlbom.parse(Statement.parse(sys.stdin.buffer.read()))\n"
        "heavy = {'cyclonedx', 'jsonschema_rs', 'packageurl', 'importlib.resources'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    from tests.claims.bom_samples import build

    done = subprocess.run([sys.executable, "-c", code], input=build().raw, capture_output=True, check=True)
    assert done.stdout.strip() == b"[]"
