"""What the schema accepts and a reader must not."""

from __future__ import annotations

import json
from importlib import resources
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attest.claims import mlbom
from attest.claims.mlbom_check import REFERENCE_KEYS, check_meaning
from attest.errors import MalformedEvidence
from tests.claims.bom_samples import SERIAL, VECTORS, WHY_ABSENT, component, document, load

if TYPE_CHECKING:
    from collections.abc import Callable

    Spoil = Callable[[dict[str, Any]], object]

OFFICIAL = sorted(path for spec in ("1.6", "1.7") for path in (VECTORS / f"spec-{spec}").glob("valid-*.json"))
SLOPPY = {
    "valid-attestation": "bom-dangling-reference",
    "valid-evidence": "bom-dangling-reference",
    "valid-formulation": "bom-dangling-reference",
    "valid-citations": "bom-duplicate-ref",
}
"""Official examples whose references lead nowhere, or two ways."""


def code_of(bom: dict[str, Any]) -> str:
    with pytest.raises(MalformedEvidence) as caught:
        check_meaning(bom)
    return caught.value.code


def card(bom: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = component(bom, "model")["modelCard"]
    return found


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda bom: card(bom)["modelParameters"]["datasets"].append({"ref": "gone"}), id="dataset"),
        pytest.param(lambda bom: bom["dependencies"][0].update(dependsOn=["gone"]), id="dependsOn"),
        pytest.param(lambda bom: bom["dependencies"].append({"ref": "gone"}), id="dependency"),
        pytest.param(lambda bom: bom["compositions"][0].update(assemblies=["gone"]), id="assembly"),
        pytest.param(lambda bom: bom["compositions"][0].update(dependencies=["gone"]), id="composition"),
        pytest.param(lambda bom: bom.update(annotations=[{"subjects": ["gone"]}]), id="annotation"),
        pytest.param(lambda bom: bom.update(declarations={"claims": [{"bom-ref": "c", "target": "gone"}]}), id="claim"),
        pytest.param(
            lambda bom: bom["dependencies"][0].update(ref=f"urn:cdx:{SERIAL[9:]}/1#gone"), id="link-to-itself"
        ),
        pytest.param(
            lambda bom: bom["dependencies"][0].update(dependsOn=[f"urn:cdx:{'0' * 8}-0000-4000-8000-{'0' * 12}/1#x"]),
            id="dependsOn-elsewhere",
        ),
    ],
)
def test_reference_to_nothing_is_refused_though_the_schema_accepts_it(spoil: Spoil) -> None:
    bom = document()
    spoil(bom)
    assert code_of(bom) == "bom-dangling-reference"


def test_schema_alone_does_not_notice() -> None:
    """Why this module exists. If this fails, the schema has become stricter."""
    bom = document()
    card(bom)["modelParameters"]["datasets"].append({"ref": "gone"})
    bom["dependencies"][0]["dependsOn"] = ["gone"]
    bom["components"][0]["bom-ref"] = bom["components"][1]["bom-ref"]
    bom["components"][1]["modelCard"] = {}
    component(bom, "model")["data"] = [{"type": "dataset"}]
    component(bom, "model")["hashes"].append({"alg": "MD5", "content": "a" * 64})
    mlbom.check_schema(bom)


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda bom: bom["components"][0].update({"bom-ref": "model"}), id="model"),
        pytest.param(lambda bom: bom["components"].append(bom["components"][0]), id="component"),
        pytest.param(lambda bom: card(bom).update({"bom-ref": "input:big"}), id="card"),
        pytest.param(
            lambda bom: bom["metadata"]["component"]["pedigree"]["ancestors"][0].update({"bom-ref": "input:big"}),
            id="nested-ancestor",
        ),
        pytest.param(
            lambda bom: bom["components"][0].update(components=[{"type": "file", "name": "x", "bom-ref": "model"}]),
            id="nested-component",
        ),
        pytest.param(lambda bom: bom.update(services=[{"bom-ref": "model", "name": "x"}]), id="service"),
    ],
)
def test_one_bom_ref_for_two_things_is_refused_wherever_they_stand(spoil: Spoil) -> None:
    bom = document()
    spoil(bom)
    assert code_of(bom) == "bom-duplicate-ref"


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda bom: component(bom, "package:torch@2.9.0").update(modelCard={}), id="card-on-library"),
        pytest.param(lambda bom: component(bom, "input:transactions").update(modelCard={}), id="card-on-data"),
        pytest.param(lambda bom: component(bom, "model").update(data=[]), id="data-on-model"),
        pytest.param(lambda bom: component(bom, "file:config.json").update(data=[]), id="data-on-file"),
        pytest.param(
            lambda bom: bom["metadata"]["component"]["pedigree"]["ancestors"][0].update(data=[]), id="data-on-ancestor"
        ),
    ],
)
def test_card_and_data_on_the_wrong_component_are_refused(spoil: Spoil) -> None:
    bom = document()
    spoil(bom)
    assert code_of(bom) == "bom-misplaced"


@pytest.mark.parametrize(
    ("algorithm", "content"),
    [
        ("SHA-256", "a" * 40),
        ("SHA-256", "a" * 128),
        ("MD5", "a" * 64),
        ("BLAKE3", "a" * 128),
        ("SHA3-512", "a" * 64),
        ("SHA-256", "a" * 63 + "\n"),
        ("SHA-256", "g" * 64),
        ("ROT13", "a" * 64),
        ("SHA-256", None),
        (["SHA-256"], "a" * 64),
    ],
)
def test_digest_of_the_wrong_length_is_refused(algorithm: Any, content: Any) -> None:
    bom = document()
    component(bom, "input:big")["hashes"] = [{"alg": algorithm, "content": content}]
    assert code_of(bom) == "bom-hash"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("specVersion", "1.5"),
        ("specVersion", "1.6.0"),
        ("specVersion", 1.6),
        ("specVersion", None),
        ("bomFormat", "SPDX"),
        ("bomFormat", None),
        ("$schema", "http://cyclonedx.org/schema/bom-1.7.schema.json"),
        ("$schema", ["http://cyclonedx.org/schema/bom-1.6.schema.json"]),
    ],
)
def test_version_that_does_not_fit_is_refused(field: str, value: Any) -> None:
    bom = document()
    bom[field] = value
    assert code_of(bom) == "bom-version"
    if value is None:
        del bom[field]
        assert code_of(bom) == "bom-version"


@pytest.mark.parametrize("value", ["", 7, ["model"], {}])
def test_bom_ref_that_is_no_text_is_refused(value: Any) -> None:
    bom = document()
    bom["components"][0]["bom-ref"] = value
    assert code_of(bom) == "bom-schema"


def test_link_into_another_bom_is_left_alone() -> None:
    bom = document()
    bom["compositions"][0]["assemblies"].append("urn:cdx:11111111-1111-4111-8111-111111111111/1#thing")
    bom["compositions"][0]["assemblies"].append(f"urn:cdx:{SERIAL[9:]}/1#input%3Abig")
    check_meaning(bom)


def test_signature_inside_the_bom_is_not_taken_for_references() -> None:
    bom = document()
    bom["signature"] = {"algorithm": "RS512", "value": "x", "publicKey": {"kty": "RSA"}}
    check_meaning(bom)


def test_data_of_services_and_declared_evidence_is_not_component_data() -> None:
    bom = document()
    bom["services"] = [{"name": "x", "data": [{"flow": "inbound", "classification": "PII"}]}]
    bom["declarations"] = {"evidence": [{"bom-ref": "e", "data": [{"name": "bundle"}]}]}
    check_meaning(bom)


@pytest.mark.skipif(not OFFICIAL, reason=WHY_ABSENT)
@pytest.mark.parametrize("path", OFFICIAL, ids=lambda path: path.stem)
def test_official_examples_make_sense_apart_from_those_that_do_not(path: Any) -> None:
    expected = next((code for name, code in SLOPPY.items() if path.name.startswith(name)), None)
    if expected is None:
        check_meaning(load(path))
    else:
        assert code_of(load(path)) == expected


@pytest.mark.parametrize("spec", ["1.6", "1.7"])
def test_every_field_that_the_schema_calls_a_reference_is_followed(spec: str) -> None:
    schema = json.loads((resources.files("attest.claims") / "schemas" / f"bom-{spec}.schema.json").read_text())
    found = {name for name, field in _fields(schema) if name != "bom-ref" and _is_reference(field)}
    assert {"ref", "dependsOn", "assemblies", "assessor", "algorithmRef"} <= found
    assert found <= REFERENCE_KEYS


def _fields(schema: Any) -> list[tuple[str, Any]]:
    if isinstance(schema, list):
        return [field for item in schema for field in _fields(item)]
    if not isinstance(schema, dict):
        return []
    own = schema.get("properties", {})
    return [*own.items(), *(field for value in schema.values() for field in _fields(value))]


def _is_reference(field: Any) -> bool:
    if not isinstance(field, dict):
        return False
    target = str(field.get("$ref", "")).rpartition("/")[2]
    choices = [*field.get("anyOf", []), *field.get("oneOf", []), field.get("items")]
    return target in {"refType", "refLinkType", "cryptoRefArray"} or any(_is_reference(choice) for choice in choices)


def read_or_refuse(bom: dict[str, Any]) -> str:
    try:
        mlbom.read(bom)
    except MalformedEvidence as error:
        return error.code
    return "bom-read"


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.sampled_from(["model", "SHA-256", "data", "gone"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(max_size=4)
            | st.sampled_from(
                [
                    "bom-ref",
                    "ref",
                    "type",
                    "data",
                    "modelCard",
                    "hashes",
                    "alg",
                    "content",
                    "components",
                    "metadata",
                    "component",
                    "properties",
                    "name",
                    "value",
                    "pedigree",
                    "ancestors",
                    "licenses",
                    "dependsOn",
                    "datasets",
                    "modelParameters",
                    "externalReferences",
                    "governance",
                    "owners",
                    "compositions",
                    "dependencies",
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=30,
)


@given(JSON, JSON, JSON)
def test_any_json_is_read_or_refused_and_nothing_else(metadata: Any, components: Any, rest: Any) -> None:
    bom = {"bomFormat": "CycloneDX", "specVersion": "1.6", "metadata": metadata, "components": components, "x": rest}
    assert read_or_refuse(bom).startswith("bom-")


@given(
    JSON,
    st.sampled_from(["modelCard", "pedigree", "hashes", "properties", "licenses", "externalReferences", "supplier"]),
)
def test_any_json_in_a_model_is_read_or_refused_and_nothing_else(value: Any, field: str) -> None:
    model = {"type": "machine-learning-model", "name": "m", "bom-ref": "model", field: value}
    bom = {"bomFormat": "CycloneDX", "specVersion": "1.6", "metadata": {"component": model}}
    assert read_or_refuse(bom).startswith("bom-")
