from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from attest.claims import mlbom
from attest.claims.predicates import ML_BOM, PROVENANCE
from attest.claims.statement import Statement, Subject
from attest.claims.training import Input, Operation, Role, Source, Standing
from attest.errors import AttestError, MalformedEvidence, SubjectMismatch
from tests.claims.bom_samples import (
    COMMIT,
    FILES,
    MANIFEST_DIGEST,
    OMS_ROOT,
    SERIAL,
    TIMESTAMP,
    TRAINING,
    VECTORS,
    WHY_ABSENT,
    build,
    component,
    digest,
    document,
    load,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    Spoil = Callable[[dict[str, Any]], object]

NEED_VECTORS = pytest.mark.skipif(not VECTORS.exists(), reason=WHY_ABSENT)


def claim(bom: dict[str, Any], *, about: str = "manifest", kind: str = ML_BOM) -> Statement:
    return Statement.build(
        subjects=[Subject(name="acme/fraud", digest=digest(about)), Subject(name="root", digest=OMS_ROOT)],
        predicate_type=kind,
        predicate=bom,
    )


def refusal(spoil: Spoil) -> AttestError:
    bom = document()
    spoil(bom)
    with pytest.raises(AttestError) as caught:
        mlbom.parse(claim(bom))
    return caught.value


def add(of: dict[str, Any], name: str, value: str) -> None:
    of.setdefault("properties", []).append({"name": name, "value": value})


def change(of: dict[str, Any], name: str, value: str) -> None:
    of["properties"] = [item for item in of["properties"] if item["name"] != name]
    add(of, name, value)


def test_our_own_bom_says_everything_again() -> None:
    bom = mlbom.parse(build())
    assert bom.inputs == TRAINING.inputs
    assert bom.source == TRAINING.source
    assert bom.operation is Operation.DISTILL
    assert bom.metrics == TRAINING.metrics
    assert dict(bom.hyperparameters) == TRAINING.parameters
    assert bom.card == TRAINING.card
    assert set(bom.packages) == set(TRAINING.environment.packages)
    assert bom.image == TRAINING.environment.image
    assert [(file.path, file.digest, file.size, file.role) for file in bom.files] == [
        (file.path, file.digest, file.size, file.role) for file in FILES.files
    ]
    assert [(file.format, file.code_bearing) for file in bom.files] == [
        ("json", False),
        ("pickle", True),
        ("safetensors", False),
    ]
    assert (bom.model, bom.label, bom.licence, bom.owner) == (
        "acme/fraud",
        "1.4.0",
        "Apache-2.0",
        "risk-ml@example.com",
    )
    assert (bom.digest, bom.oms_root, bom.serial, bom.timestamp) == (MANIFEST_DIGEST, OMS_ROOT, SERIAL, TIMESTAMP)
    assert (bom.architecture, bom.parameters, bom.task) == ("FraudNet", 22_713_216, "tabular-classification")
    assert (bom.excluded, bom.description, bom.lineage_completeness) == (
        ("*.log", ".git"),
        "finds fraud",
        "incomplete",
    )


@NEED_VECTORS
def test_bom_of_another_tool_is_read_as_far_as_it_goes() -> None:
    bom = mlbom.read(load(VECTORS / "own" / "attest-mlbom-1.6.json"))
    assert (bom.model, bom.operation, bom.parameters, bom.oms_root) == ("fraud", None, None, None)
    assert bom.source == Source(uri="https://github.com/acme/train", commit=COMMIT)
    assert [(item.role, item.name, item.standing) for item in bom.inputs] == [
        (Role.DATASET, "tx", Standing.STATED),
        (Role.BASE_MODEL, "llama", Standing.STATED),
        (Role.BASE_MODEL, "big", Standing.STATED),
        (Role.DATASET, "inline", Standing.UNKNOWN),
    ]
    assert bom.inputs[0].personal_data is True
    assert bom.inputs[3].governance == {"owner": "Acme", "custodian": "a@b.c"}


@NEED_VECTORS
def test_model_of_an_application_bom_is_found_when_it_is_the_only_one() -> None:
    bom = mlbom.read(load(VECTORS / "peers" / "aetheris-aibom-generator-expected_aibom-1.6.json"))
    assert (bom.model, bom.architecture, bom.inputs) == ("test-model", "LlamaForCausalLM", ())


@NEED_VECTORS
def test_bom_with_two_models_and_no_word_which_is_refused() -> None:
    with pytest.raises(MalformedEvidence) as caught:
        mlbom.read(load(VECTORS / "peers" / "k8s-aibom-vllm-deployment-output-1.6.json"))
    assert caught.value.code == "bom-no-model"


def test_bom_without_a_model_is_refused() -> None:
    bom = {"bomFormat": "CycloneDX", "specVersion": "1.6"}
    with pytest.raises(MalformedEvidence) as caught:
        mlbom.read(bom)
    assert caught.value.code == "bom-no-model"


def test_bare_model_is_unknown_in_everything_else() -> None:
    bom = mlbom.read(
        {
            "bomFormat": "CycloneDX",
            "specVersion": "1.7",
            "metadata": {"component": {"type": "machine-learning-model", "name": "m"}},
        }
    )
    assert bom == mlbom.MLBOM(spec="1.7", model="m")


@pytest.mark.parametrize(
    "kind", ["https://cyclonedx.org/bom", "https://cyclonedx.org/bom/v1.4", "https://cyclonedx.org/bom/v1.6"]
)
def test_predicate_types_of_cosign_and_of_in_toto_are_read(kind: str) -> None:
    assert mlbom.parse(claim(document(), kind=kind)).model == "acme/fraud"


@pytest.mark.parametrize("kind", [PROVENANCE, "https://cyclonedx.org/bomb", "https://cyclonedx.org/bom/v2", ""])
def test_claim_of_another_type_is_refused(kind: str) -> None:
    with pytest.raises(MalformedEvidence) as caught:
        mlbom.parse(claim(document(), kind=kind))
    assert caught.value.code == "malformed-evidence"


def test_bom_about_another_model_than_its_claim_is_refused() -> None:
    with pytest.raises(SubjectMismatch) as caught:
        mlbom.parse(claim(document(), about="another manifest"))
    assert caught.value.code == "subject-mismatch"


def test_other_oms_root_than_that_of_the_claim_is_refused() -> None:
    problem = refusal(lambda bom: change(component(bom, "model"), "attest:oms-root", str(digest("other"))))
    assert problem.code == "subject-mismatch"


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        pytest.param(
            lambda bom: component(bom, "model")["hashes"].append({"alg": "SHA-256", "content": "a" * 64}),
            "bom-contradiction",
            id="two digests of the model",
        ),
        pytest.param(
            lambda bom: component(bom, "input:big")["hashes"].append({"alg": "SHA-256", "content": "a" * 64}),
            "bom-contradiction",
            id="two digests of an input",
        ),
        pytest.param(
            lambda bom: component(bom, "model")["pedigree"]["ancestors"][0].update(
                hashes=[{"alg": "SHA-256", "content": "a" * 64}]
            ),
            "bom-contradiction",
            id="ancestor with another digest",
        ),
        pytest.param(
            lambda bom: component(bom, "model")["pedigree"]["commits"][0].update(uid="d" * 40),
            "bom-contradiction",
            id="pedigree with another commit",
        ),
        pytest.param(
            lambda bom: bom["components"].append(
                {"type": "file", "name": "config.json", "hashes": [{"alg": "SHA-256", "content": "a" * 64}]}
            ),
            "bom-contradiction",
            id="file listed twice",
        ),
        pytest.param(
            lambda bom: bom["components"].append(
                {"type": "data", "name": "transactions", "hashes": [{"alg": "SHA-256", "content": "a" * 64}]}
            ),
            "bom-contradiction",
            id="dataset listed twice",
        ),
        pytest.param(
            lambda bom: change(component(bom, "input:transactions"), "attest:standing", "unknown"),
            "bom-contradiction",
            id="unknown with a digest",
        ),
        pytest.param(
            lambda bom: change(component(bom, "input:legacy"), "attest:standing", "hashed"),
            "bom-contradiction",
            id="hashed without a digest",
        ),
        pytest.param(
            lambda bom: change(component(bom, "input:big"), "attest:standing", "blessed"), "bom-property", id="standing"
        ),
        pytest.param(
            lambda bom: add(component(bom, "input:big"), "attest:standing", "stated"),
            "bom-property",
            id="two standings",
        ),
        pytest.param(
            lambda bom: change(component(bom, "input:big"), "attest:lineage:relation", "cousin"),
            "bom-property",
            id="relation",
        ),
        pytest.param(
            lambda bom: add(component(bom, "input:big"), "attest:lineage:relation", "dataset"),
            "bom-property",
            id="two relations",
        ),
        pytest.param(
            lambda bom: change(component(bom, "model"), "attest:operation", "conjure"), "bom-property", id="operation"
        ),
        pytest.param(
            lambda bom: change(component(bom, "model"), "attest:model:parameters", "-1"), "bom-property", id="count"
        ),
        pytest.param(
            lambda bom: change(component(bom, "model"), "attest:model:parameters", "٣"), "bom-property", id="digits"
        ),
        pytest.param(
            lambda bom: change(component(bom, "file:config.json"), "attest:file:code-bearing", "no"),
            "bom-property",
            id="code-bearing",
        ),
        pytest.param(
            lambda bom: add(component(bom, "file:extra/hook.pkl"), "attest:file:code-bearing", "false"),
            "bom-property",
            id="two words on code",
        ),
        pytest.param(
            lambda bom: change(component(bom, "model"), "attest:oms-root", "sha256:zz"), "bom-hash", id="root"
        ),
        pytest.param(lambda bom: component(bom, "model").update(hashes="none"), "bom-schema", id="hashes"),
        pytest.param(lambda bom: component(bom, "model").update(name=["x"]), "bom-schema", id="name"),
        pytest.param(lambda bom: component(bom, "model").update(modelCard=[]), "bom-schema", id="card"),
        pytest.param(lambda bom: component(bom, "model").update(licenses="MIT"), "bom-schema", id="licences"),
        pytest.param(lambda bom: bom["components"].append(None), "bom-schema", id="component"),
        pytest.param(lambda bom: component(bom, "model").update(properties=[7]), "bom-schema", id="properties"),
        pytest.param(
            lambda bom: component(bom, "model")["modelCard"]["considerations"].update(useCases=[7]),
            "bom-schema",
            id="use cases",
        ),
    ],
)
def test_what_could_be_read_two_ways_is_refused(spoil: Spoil, code: str) -> None:
    problem = refusal(spoil)
    assert isinstance(problem, MalformedEvidence)
    assert problem.code == code


def test_base_that_stands_only_in_the_pedigree_is_an_input_too() -> None:
    """Else it would escape every rule about base models."""
    bom = document()
    component(bom, "model")["pedigree"]["ancestors"].append({"type": "machine-learning-model", "name": "hidden"})
    assert Input(role=Role.BASE_MODEL, name="hidden", standing=Standing.UNKNOWN) in mlbom.parse(claim(bom)).inputs


def test_dataset_that_stands_only_in_the_card_is_an_input_too() -> None:
    bom = document()
    component(bom, "model")["modelCard"]["modelParameters"]["datasets"].append({"type": "dataset", "name": "hidden"})
    assert mlbom.parse(claim(bom)).inputs[-1] == Input(role=Role.DATASET, name="hidden", standing=Standing.UNKNOWN)


def test_parts_nested_in_the_model_are_read() -> None:
    bom = document()
    bom["components"] = [item for item in bom["components"] if item["type"] != "file"]
    bom["dependencies"] = []
    component(bom, "model")["components"] = [{"type": "file", "name": "nested.bin"}]
    assert [file.path for file in mlbom.parse(claim(bom)).files] == ["nested.bin"]


def test_upper_case_digests_of_other_tools_are_the_same_digests() -> None:
    bom = document()
    component(bom, "model")["hashes"][0]["content"] = MANIFEST_DIGEST.hex.upper()
    assert mlbom.parse(claim(bom)).digest == MANIFEST_DIGEST


def test_several_licences_all_hold() -> None:
    bom = document()
    component(bom, "model")["licenses"] = [{"license": {"id": "MIT"}}, {"license": {"name": "our own terms"}}]
    assert mlbom.parse(claim(bom)).licence == "MIT AND (our own terms)"


def test_weakest_word_on_completeness_counts() -> None:
    bom = document(replace(TRAINING, inputs=TRAINING.inputs[:2]))
    assert mlbom.parse(claim(bom)).lineage_completeness == "complete"
    bom["compositions"].append({"aggregate": "unknown", "dependencies": ["model"]})
    assert mlbom.parse(claim(bom)).lineage_completeness == "unknown"
