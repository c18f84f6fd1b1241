"""A training, its files, and ML-BOMs made from them."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attest.claims import mlbom
from attest.claims.training import (
    Build,
    Card,
    Environment,
    Input,
    Metric,
    Operation,
    Package,
    Role,
    Source,
    Standing,
    TensorSpec,
    Training,
)
from attest.model.manifest import FileFormat, FileKind, ModelFile, ModelManifest
from attest_registry.digest import Digest

if TYPE_CHECKING:
    from attest.claims.statement import Statement

VECTORS = Path(__file__).parents[2].parent / "shared" / "vectors" / "cyclonedx"
WHY_ABSENT = "the shared CycloneDX vectors are not beside this checkout"
TIMESTAMP = "2026-11-20T00:00:00Z"
SERIAL = "urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79"


def digest(text: str) -> Digest:
    return Digest.of(text.encode())


MANIFEST_DIGEST = digest("manifest")
OMS_ROOT = digest("root")
COMMIT = "c" * 40

TRAINING = Training(
    build=Build(builder="urn:example:builder"),
    operation=Operation.DISTILL,
    source=Source(
        uri="git+https://git.example/acme/train",
        commit=COMMIT,
        clean=False,
        changes=2,
        ref="refs/heads/main",
        entry_point="train.py",
        config="configs/fraud.yaml",
    ),
    inputs=(
        Input(
            role=Role.DATASET,
            name="transactions",
            standing=Standing.HASHED,
            digest=digest("transactions"),
            uri="s3://lake/tx-2026-q1",
            split="train",
            licence="CC-BY-4.0",
            personal_data=True,
            classification="confidential",
            governance={"owner": "Data Office", "steward": "Ada", "auditor": "Bo"},
            description="card payments",
            size=4096,
        ),
        Input(
            role=Role.TEACHER_MODEL,
            name="big",
            standing=Standing.ADMITTED,
            digest=digest("big"),
            uri="oci://r.example:5000/acme/big",
        ),
        Input(role=Role.DATASET, name="legacy", standing=Standing.UNKNOWN),
    ),
    parameters={"learning_rate": "1e-4", "epochs": "3"},
    metrics=(Metric(name="accuracy", value="0.923", dataset="golden", slice="eu"), Metric(name="f1", value="0.9")),
    environment=Environment(
        packages=(Package(name="torch", version="2.9.0"), Package(name="numpy", version="2.4.1")),
        image="oci://r.example/train@sha256:" + "d" * 64,
    ),
    licence="Apache-2.0",
    task="tabular-classification",
    description="finds fraud",
    owner="risk-ml@example.com",
    label="1.4.0",
    inputs_spec=(TensorSpec(name="features", dtype="float32", shape=(-1, 20)),),
    outputs_spec=(TensorSpec(name="score", dtype="float32", shape=(-1,)),),
    card=Card(
        intended_use="screening",
        out_of_scope="lending",
        limitations="cards only",
        ethical_considerations="false alarms",
        subgroups="young account holders",
    ),
)

FILES = ModelManifest(
    files=(
        ModelFile(
            path="config.json",
            digest=digest("config"),
            size=7,
            format=FileFormat(kind=FileKind.JSON, architecture="FraudNet", details={"model_type": "fraud"}),
        ),
        ModelFile(
            path="extra/hook.pkl",
            digest=digest("hook"),
            size=9,
            format=FileFormat(kind=FileKind.PICKLE, code_bearing=True, reason="unpickling runs code"),
            role="prompt",
        ),
        ModelFile(
            path="model.safetensors",
            digest=digest("weights"),
            size=22_700_000,
            format=FileFormat(kind=FileKind.SAFETENSORS, parameters=22_713_216, dtypes={"F32": 22_713_216}),
        ),
    ),
    excluded=("*.log", ".git"),
)


def build(training: Training = TRAINING, manifest: ModelManifest = FILES, *, spec: str = "1.6") -> Statement:
    return mlbom.build(
        training,
        manifest,
        model="acme/fraud",
        manifest_digest=MANIFEST_DIGEST,
        oms_root=OMS_ROOT,
        timestamp=TIMESTAMP,
        serial=SERIAL,
        spec=spec,
    )


def document(training: Training = TRAINING, manifest: ModelManifest = FILES) -> dict[str, Any]:
    """A BOM that a test may change."""
    return copy.deepcopy(dict(build(training, manifest).predicate))


def component(bom: dict[str, Any], reference: str) -> dict[str, Any]:
    everything = [bom["metadata"]["component"], *bom["components"]]
    found: dict[str, Any] = next(item for item in everything if item.get("bom-ref") == reference)
    return found


def properties(of: dict[str, Any]) -> dict[str, str]:
    return {item["name"]: item["value"] for item in of.get("properties", [])}


def load(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found
