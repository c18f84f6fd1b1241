"""For any training: the BOM is valid, and reading it gives back the files and inputs."""

from __future__ import annotations

import string
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

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
from tests.claims.bom_samples import build
from tests.made import made

TEXT = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)
MAYBE = st.none() | TEXT
WORD = st.text(string.ascii_lowercase + string.digits, min_size=1, max_size=8)
DIGEST = st.binary(min_size=1, max_size=4).map(Digest.of)
URI = (
    st.none()
    | TEXT
    | st.sampled_from(["s3://lake/tx", "oci://r.example/a/b:3", "https://x.example/a?b=c#d", "s3://a b/ü"])
)
LICENCE = st.sampled_from([None, "MIT", "Apache-2.0 OR MIT", "our own terms"])


@st.composite
def inputs(draw: st.DrawFn) -> tuple[Input, ...]:
    names = draw(st.lists(TEXT, unique=True, max_size=5))
    made = []
    for name in names:
        standing = draw(st.sampled_from(Standing))
        made.append(
            Input(
                role=draw(st.sampled_from(Role)),
                name=name,
                standing=standing,
                digest=None if standing is Standing.UNKNOWN else draw(DIGEST),
                uri=draw(URI),
                split=draw(MAYBE),
                licence=draw(LICENCE),
                size=draw(st.none() | st.integers(0, 2**50)),
            )
        )
    return tuple(made)


@st.composite
def datasets(draw: st.DrawFn) -> tuple[Input, ...]:
    """What only datasets carry."""
    return (
        Input(
            role=Role.DATASET,
            name=draw(TEXT),
            standing=Standing.HASHED,
            digest=draw(DIGEST),
            personal_data=draw(st.none() | st.booleans()),
            classification=draw(MAYBE),
            governance=draw(st.dictionaries(st.sampled_from(["owner", "steward", "custodian", "auditor"]), TEXT)),
            description=draw(MAYBE),
        ),
    )


FORMAT = made(
    FileFormat,
    kind=st.sampled_from(FileKind),
    code_bearing=st.booleans(),
    reason=st.text(st.characters(codec="utf-8"), max_size=6),
    parameters=st.none() | st.integers(0, 10**15),
    dtypes=st.dictionaries(WORD, st.integers(0, 10**12), max_size=2),
    architecture=MAYBE,
    quantisation=MAYBE,
    details=st.dictionaries(st.sampled_from(["model_type", "other"]), TEXT, max_size=2),
)
FILES = st.lists(
    made(ModelFile, path=TEXT, digest=DIGEST, size=st.integers(0, 2**50), format=FORMAT, role=MAYBE),
    unique_by=lambda file: file.path,
    max_size=4,
).map(tuple)
MANIFESTS = made(ModelManifest, files=FILES, excluded=st.lists(TEXT, unique=True, max_size=3).map(tuple))
SOURCES = st.none() | made(
    Source,
    uri=URI,
    commit=st.none() | st.sampled_from(["a" * 40, "b" * 64]),
    clean=st.none() | st.booleans(),
    changes=st.none() | st.integers(0, 999),
    ref=MAYBE,
    entry_point=MAYBE,
    config=MAYBE,
)
ENVIRONMENTS = made(
    Environment,
    packages=st.lists(made(Package, name=TEXT, version=TEXT), max_size=3).map(tuple),
    requirements=st.none() | DIGEST,
    requirements_name=MAYBE,
    image=MAYBE,
    hardware=MAYBE,
    framework=MAYBE,
)
TRAININGS = made(
    Training,
    build=made(Build, builder=TEXT),
    operation=st.sampled_from(Operation),
    source=SOURCES,
    inputs=inputs() | datasets(),
    parameters=st.dictionaries(TEXT, TEXT, max_size=3),
    metrics=st.lists(made(Metric, name=TEXT, value=TEXT, dataset=MAYBE, slice=MAYBE), max_size=3).map(tuple),
    environment=ENVIRONMENTS,
    byproducts=st.dictionaries(TEXT, DIGEST, max_size=2),
    licence=LICENCE,
    task=MAYBE,
    description=MAYBE,
    owner=MAYBE,
    label=MAYBE,
    inputs_spec=st.lists(made(TensorSpec, name=TEXT, dtype=WORD, shape=st.just((-1, 3))), max_size=2).map(tuple),
    card=made(Card, intended_use=MAYBE, out_of_scope=MAYBE, limitations=MAYBE, subgroups=MAYBE),
)


@settings(deadline=None, max_examples=150)
@given(TRAININGS, MANIFESTS, st.sampled_from(mlbom.SPECS))
def test_any_training_gives_a_valid_bom_that_reads_back(training: Training, manifest: ModelManifest, spec: str) -> None:
    statement = build(training, manifest, spec=spec)  # raises unless valid by schema and meaning
    bom = mlbom.parse(statement)
    assert bom.inputs == training.inputs
    assert [(file.path, file.digest, file.format) for file in bom.files] == [
        (file.path, file.digest, file.format.kind) for file in manifest.files
    ]
    assert sorted(bom.excluded) == sorted(manifest.excluded)
    assert bom.operation is training.operation
    assert bom.metrics == training.metrics
    assert dict(bom.hyperparameters) == dict(training.parameters)
    assert bom.card == training.card
    assert _said(bom.source) == _said(training.source)


@settings(deadline=None, max_examples=20)
@given(TRAININGS, MANIFESTS)
def test_any_training_gives_the_same_bytes_twice(training: Training, manifest: ModelManifest) -> None:
    assert build(training, manifest).raw == build(training, manifest).raw


def _said(source: Source | None) -> Any:
    """A source without repository and commit is not written: there is nothing to point at."""
    return source if source is not None and (source.uri or source.commit) else None
