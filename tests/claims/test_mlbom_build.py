from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from attest.claims import mlbom
from attest.claims.predicates import ML_BOM
from attest.claims.training import Build, Input, Metric, Operation, Role, Source, Standing, Training
from attest.errors import AttestError, RecordError
from attest.model.manifest import FileFormat, FileKind, ModelFile, ModelManifest
from tests.claims.bom_samples import (
    COMMIT,
    FILES,
    MANIFEST_DIGEST,
    OMS_ROOT,
    SERIAL,
    TIMESTAMP,
    TRAINING,
    build,
    component,
    digest,
    document,
    properties,
)

if TYPE_CHECKING:
    from collections.abc import Mapping


@pytest.mark.parametrize("spec", ["1.6", "1.7"])
def test_bom_is_valid_by_schema_and_meaning(spec: str) -> None:
    statement = build(spec=spec)
    assert statement.predicate["specVersion"] == spec
    mlbom.check_schema(statement.predicate)
    mlbom.check_meaning(statement.predicate)


def test_same_arguments_give_the_same_bytes() -> None:
    assert build().raw == build().raw


def test_claim_is_about_the_manifest_and_the_oms_root() -> None:
    statement = build()
    assert statement.predicate_type == ML_BOM
    assert [subject.digest for subject in statement.subjects] == [MANIFEST_DIGEST, OMS_ROOT]


def test_model_component_carries_the_manifest_digest_and_not_the_root_as_its_hash() -> None:
    model = document()["metadata"]["component"]
    assert model["type"] == "machine-learning-model"
    assert model["name"] == "acme/fraud"
    assert model["hashes"] == [{"alg": "SHA-256", "content": MANIFEST_DIGEST.hex}]
    assert properties(model)["attest:oms-root"] == str(OMS_ROOT)
    assert model["purl"] == f"pkg:oci/acme/fraud@sha256:{MANIFEST_DIGEST.hex}"
    assert model["licenses"] == [{"license": {"id": "Apache-2.0"}}]


def test_timestamp_and_serial_are_the_ones_given() -> None:
    bom = document()
    assert (bom["metadata"]["timestamp"], bom["serialNumber"]) == (TIMESTAMP, SERIAL)


def test_card_says_task_architecture_datasets_and_interface() -> None:
    parameters = document()["metadata"]["component"]["modelCard"]["modelParameters"]
    assert parameters == {
        "task": "tabular-classification",
        "architectureFamily": "fraud",
        "modelArchitecture": "FraudNet",
        "datasets": [{"ref": "input:transactions"}, {"ref": "input:legacy"}],
        "inputs": [{"format": "features: float32[-1, 20]"}],
        "outputs": [{"format": "score: float32[-1]"}],
    }


def test_metrics_and_hyperparameters_are_text() -> None:
    card = document()["metadata"]["component"]["modelCard"]
    assert card["quantitativeAnalysis"]["performanceMetrics"] == [
        {"type": "accuracy", "value": "0.923", "slice": "eu"},
        {"type": "f1", "value": "0.9"},
    ]
    assert properties(card)["attest:hyperparameter:learning_rate"] == "1e-4"
    assert properties(card)["attest:metric:0:dataset"] == "golden"


def test_parameter_count_comes_from_the_files_exact_and_rounded() -> None:
    said = properties(document()["metadata"]["component"])
    assert said["attest:model:parameters"] == "22713216"
    assert said["cdx:ai-ml:model:parameter:count"] == "22.7M"


def test_one_model_in_two_formats_is_counted_once() -> None:
    weights = FileFormat(kind=FileKind.SAFETENSORS, parameters=600)
    other = FileFormat(kind=FileKind.GGUF, parameters=1_000, quantisation="Q4_K_M", architecture="llama")
    files = ModelManifest(
        files=(
            ModelFile(path="a.safetensors", digest=digest("a"), size=1, format=weights),
            ModelFile(path="b.safetensors", digest=digest("b"), size=1, format=weights),
            ModelFile(path="c.gguf", digest=digest("c"), size=1, format=other),
        )
    )
    said = properties(document(manifest=files)["metadata"]["component"])
    assert said["attest:model:parameters"] == "1200"
    assert said["cdx:ai-ml:model:hyperparameter:quantization"] == "Q4_K_M"


def test_nothing_is_said_that_nobody_said() -> None:
    empty = Training(build=Build(builder="urn:example:builder"))
    bom = document(empty, ModelManifest(files=FILES.files[1:2]))
    model = bom["metadata"]["component"]
    assert not {"version", "description", "licenses", "supplier", "pedigree"} & model.keys()
    assert model["modelCard"] == {"bom-ref": "model-card"}
    assert properties(model) == {"attest:operation": "unspecified", "attest:oms-root": str(OMS_ROOT)}
    assert bom["compositions"][1] == {"aggregate": "unknown", "dependencies": ["model"]}


def test_every_file_is_a_component_with_digest_format_and_whether_it_runs_code() -> None:
    file = component(document(), "file:extra/hook.pkl")
    assert file["type"] == "file"
    assert file["hashes"] == [{"alg": "SHA-256", "content": digest("hook").hex}]
    assert properties(file) == {
        "attest:file:format": "pickle",
        "attest:file:code-bearing": "true",
        "attest:file:code-reason": "unpickling runs code",
        "attest:file:role": "prompt",
        "attest:file:size": "9",
    }


def test_dataset_carries_licence_split_governance_and_sensitivity() -> None:
    dataset = component(document(), "input:transactions")
    assert dataset["type"] == "data"
    assert dataset["licenses"] == [{"license": {"id": "CC-BY-4.0"}}]
    assert dataset["data"] == [
        {
            "bom-ref": "data:transactions",
            "type": "dataset",
            "name": "transactions",
            "contents": {"url": "s3://lake/tx-2026-q1"},
            "classification": "confidential",
            "sensitiveData": ["personal data"],
            "description": "card payments",
            "governance": {
                "owners": [{"organization": {"name": "Data Office"}}],
                "stewards": [{"organization": {"name": "Ada"}}],
            },
        }
    ]
    said = properties(dataset)
    assert (said["attest:dataset:split"], said["attest:standing"]) == ("train", "hashed")
    assert said["attest:governance:auditor"] == "Bo"


def test_unknown_input_is_explicit_in_property_and_composition() -> None:
    bom = document()
    legacy = component(bom, "input:legacy")
    assert "hashes" not in legacy
    assert properties(legacy)["attest:provenance"] == "unknown"
    assert {"aggregate": "unknown", "assemblies": ["input:legacy"]} in bom["compositions"]
    assert {"aggregate": "incomplete", "dependencies": ["model"]} in bom["compositions"]


def test_lineage_is_complete_only_with_operation_source_environment_and_known_inputs() -> None:
    whole = replace(TRAINING, inputs=TRAINING.inputs[:2])
    assert document(whole)["compositions"][1]["aggregate"] == "complete"
    assert document(replace(whole, source=None))["compositions"][1]["aggregate"] == "incomplete"
    assert document(replace(whole, inputs=()))["compositions"][1]["aggregate"] == "incomplete"


@pytest.mark.parametrize(
    ("role", "operation", "relation"),
    [
        (Role.BASE_MODEL, Operation.FINE_TUNE, "base"),
        (Role.BASE_MODEL, Operation.QUANTIZE, "quantized-from"),
        (Role.BASE_MODEL, Operation.MERGE, "merged-from"),
        (Role.BASE_MODEL, Operation.CONVERT, "converted-from"),
        (Role.TEACHER_MODEL, Operation.DISTILL, "teacher"),
        (Role.ADAPTER_BASE, Operation.FINE_TUNE, "adapter-of"),
    ],
)
def test_models_made_from_models_are_components_and_ancestors(role: Role, operation: Operation, relation: str) -> None:
    item = Input(role=role, name="big", standing=Standing.STATED, digest=digest("big"))
    bom = document(replace(TRAINING, operation=operation, inputs=(item,)))
    part = component(bom, "input:big")
    ancestor = bom["metadata"]["component"]["pedigree"]["ancestors"][0]
    assert part["type"] == "machine-learning-model"
    assert properties(part)["attest:lineage:relation"] == relation
    assert (ancestor["name"], ancestor["hashes"]) == ("big", part["hashes"])
    assert "modelCard" not in part


def test_source_is_an_application_with_commit_and_vcs_reference() -> None:
    bom = document()
    source = component(bom, "source")
    assert (source["type"], source["version"]) == ("application", COMMIT)
    assert source["externalReferences"] == [{"type": "vcs", "url": "git+https://git.example/acme/train"}]
    assert properties(source)["attest:source:clean"] == "false"
    assert bom["metadata"]["component"]["pedigree"]["commits"][0]["uid"] == COMMIT


def test_environment_packages_are_libraries_with_package_urls() -> None:
    assert component(document(), "package:torch@2.9.0")["purl"] == "pkg:pypi/torch@2.9.0"


def test_model_depends_on_everything_it_was_made_from() -> None:
    bom = document()
    model = next(item for item in bom["dependencies"] if item["ref"] == "model")
    assert set(model["dependsOn"]) == {item["bom-ref"] for item in bom["components"]}


def test_card_and_data_are_joined_by_reference_when_two_things_have_one_name() -> None:
    """Peers that joined on names put cards on the wrong components."""
    training = replace(
        TRAINING,
        inputs=(
            Input(role=Role.TEACHER_MODEL, name="acme/fraud", standing=Standing.STATED, digest=digest("teacher")),
            Input(role=Role.DATASET, name="config.json", standing=Standing.STATED, digest=digest("rows")),
        ),
    )
    bom = document(training)
    assert "modelCard" in bom["metadata"]["component"]
    assert "modelCard" not in component(bom, "input:acme/fraud")
    assert "data" in component(bom, "input:config.json")
    assert "data" not in component(bom, "file:config.json")


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("apache-2.0", {"license": {"id": "Apache-2.0"}}),
        ("MIT OR Apache-2.0", {"expression": "MIT OR Apache-2.0"}),
        ("our own terms", {"license": {"name": "our own terms"}}),
    ],
)
def test_licence_is_spelled_as_spdx_has_it(said: str, written: Mapping[str, object]) -> None:
    assert document(replace(TRAINING, licence=said))["metadata"]["component"]["licenses"] == [written]


def test_address_with_blanks_is_encoded_and_its_words_are_kept() -> None:
    item = replace(TRAINING.inputs[0], uri="s3://lake/my data")
    dataset = component(document(replace(TRAINING, inputs=(item,))), "input:transactions")
    assert dataset["data"][0]["contents"]["url"] == "s3://lake/my%20data"
    assert properties(dataset)["attest:uri"] == "s3://lake/my data"


def test_what_is_no_address_is_kept_as_words_only() -> None:
    item = replace(TRAINING.inputs[0], uri="ask the data office")
    dataset = component(document(replace(TRAINING, inputs=(item,))), "input:transactions")
    assert "contents" not in dataset["data"][0]
    assert properties(dataset)["attest:uri"] == "ask the data office"


def refused(training: Training, **arguments: str) -> AttestError:
    given = {"timestamp": TIMESTAMP, "serial": SERIAL, "model": "acme/fraud", **arguments}
    with pytest.raises(AttestError) as caught:
        mlbom.build(training, FILES, manifest_digest=MANIFEST_DIGEST, oms_root=OMS_ROOT, **given)
    return caught.value


def test_two_inputs_of_one_name_are_refused() -> None:
    assert refused(replace(TRAINING, inputs=TRAINING.inputs[:1] * 2)).code == "duplicate-input"


def test_version_without_a_schema_is_refused() -> None:
    assert refused(TRAINING, spec="1.5").code == "bom-version"


@pytest.mark.parametrize("arguments", [{"serial": "urn:uuid:nonsense"}, {"timestamp": "yesterday"}])
def test_serial_and_timestamp_must_be_ones(arguments: dict[str, str]) -> None:
    problem = refused(TRAINING, **arguments)
    assert isinstance(problem, RecordError)
    assert problem.code == "bad-record"


def test_number_where_text_belongs_is_refused_with_its_place() -> None:
    metric = Metric(name="accuracy", value=0.9)  # type: ignore[arg-type]
    problem = refused(replace(TRAINING, metrics=(metric,)))
    assert problem.code == "bad-record"
    assert "performanceMetrics/0/value" in problem.message


def test_source_without_a_remote_is_written_by_its_commit() -> None:
    source = component(document(replace(TRAINING, source=Source(commit=COMMIT))), "source")
    assert "externalReferences" not in source
    assert source["version"] == COMMIT


def test_two_thousand_files_take_well_under_a_second() -> None:
    """Measured 0.1 s on two cores; through the library alone it was 1.4 s, growing with the square."""
    weights = FileFormat(kind=FileKind.SAFETENSORS, parameters=1_000)
    files = tuple(
        ModelFile(path=f"shards/{index:05}.safetensors", digest=digest(str(index)), size=1, format=weights)
        for index in range(2_000)
    )
    build()  # imports
    started = time.process_time()  # other work on the machine moves the clock on the wall
    statement = build(manifest=ModelManifest(files=files))
    mlbom.parse(statement)
    assert time.process_time() - started < 1.0


def test_a_package_whose_name_has_no_address_is_listed_without_one() -> None:
    """A purl strips white space, and the library then fails on a name of nothing else."""
    from attest.claims.mlbom_build import _package_url
    from attest.claims.training import Package

    assert _package_url(Package(name="\x85", version="0")) is None
    assert str(_package_url(Package(name="numpy", version="2.0"))) == "pkg:pypi/numpy@2.0"
