from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attest.errors import AttestError, ModelError
from attest.model.classes import CODE, DOC, LAYER_TYPES, WEIGHT, WEIGHT_CONFIG
from attest.model.hashing import hash_tree
from attest.model.manifest import FileFormat, FileKind, ModelFile, ModelManifest
from attest.model.packaging import pack, unpack
from attest.model.tree import walk
from attest_registry.digest import Digest
from attest_registry.oci.descriptor import FILEPATH, MODEL_ARTIFACT, MODEL_CONFIG, TITLE, Descriptor
from attest_registry.oci.manifest import Manifest
from attest_registry.strict_json import to_compact_json

if TYPE_CHECKING:
    import random
    from pathlib import Path

TEXT = FileFormat(kind=FileKind.TEXT)


def file(path: str, data: bytes = b"x", **said: Any) -> ModelFile:
    kind = FileFormat(**said) if said else TEXT
    return ModelFile(path=path, digest=Digest.of(data), size=len(data), format=kind)


def manifest(*paths: str) -> ModelManifest:
    return ModelManifest(files=tuple(file(path, path.encode()) for path in sorted(paths)))


def altered(**changes: Any) -> Manifest:
    """An honest manifest with top-level fields, or fields of its first layer (`layer_…`), replaced."""
    document = json.loads(pack(manifest("a.safetensors", "b/c.json")).manifest.raw)
    for name, value in changes.items():
        target, key = (
            (document["layers"][0], name.removeprefix("layer_")) if name.startswith("layer_") else (document, name)
        )
        if value is None:
            target.pop(key)
        else:
            target[key] = value
    return Manifest.parse(to_compact_json(document), what="the test's manifest")


def test_what_is_packed_is_unpacked_as_it_was() -> None:
    packed = pack(manifest("a.safetensors", "b/c.json"))
    unpacked = unpack(Manifest.parse(packed.manifest.raw, what="the manifest"))
    assert unpacked.files == packed.files
    assert unpacked.digest == packed.digest
    assert unpacked.config is None


def test_the_manifest_is_modelpack_with_one_raw_layer_per_file_in_order_of_paths() -> None:
    packed = pack(manifest("b.json", "a/z.safetensors", "README.md", "a.py"))
    document = json.loads(packed.manifest.raw)
    assert document["artifactType"] == MODEL_ARTIFACT
    assert document["config"]["mediaType"] == MODEL_CONFIG
    assert [layer["annotations"][FILEPATH] for layer in document["layers"]] == [
        "README.md",
        "a.py",
        "a/z.safetensors",
        "b.json",
    ]
    assert [layer["mediaType"] for layer in document["layers"]] == [DOC, CODE, WEIGHT, WEIGHT_CONFIG]
    assert all(
        layer["annotations"] == {FILEPATH: layer["annotations"][TITLE], TITLE: layer["annotations"][TITLE]}
        for layer in document["layers"]
    )


def test_the_config_names_the_layers_and_only_what_files_say() -> None:
    weights = file("model.safetensors", kind=FileKind.SAFETENSORS, parameters=1_071_104, dtypes={"float32": 1_071_104})
    packed = pack(ModelManifest(files=(file("config.json", kind=FileKind.JSON, architecture="BertModel"), weights)))
    assert json.loads(packed.config or b"") == {
        "descriptor": {},
        "config": {"architecture": "BertModel", "format": "safetensors", "paramSize": "1M", "precision": "fp32"},
        "modelfs": {"type": "layers", "diffIds": [str(entry.digest) for entry in packed.files]},
    }
    assert packed.manifest.config == Descriptor.of(packed.config or b"", MODEL_CONFIG)


def test_an_empty_file_and_two_equal_files_are_fine() -> None:
    files = (file("a", b""), file("b", b"same"), file("c", b"same"))
    packed = pack(ModelManifest(files=files))
    assert [entry.size for entry in unpack(packed.manifest).files] == [0, 4, 4]


def test_equal_folders_have_one_digest_whatever_the_order_times_and_modes(tmp_path: Path) -> None:
    content = {f"d{number % 3}/f{number}.txt": bytes([number]) * number for number in range(20)}
    digests = set()
    for turn in range(3):
        root = tmp_path / str(turn)
        before = os.umask((0o022, 0o077, 0o000)[turn])
        names = sorted(content, reverse=bool(turn))
        for name in names:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(content[name])
            os.utime(root / name, (turn * 1000, turn * 5000))
        os.umask(before)
        (root / "d0/f0.txt").chmod(0o755 if turn else 0o600)
        digests.add(pack(hash_tree(walk(root), workers=turn + 1)).digest)
    assert len(digests) == 1


_names = st.lists(
    st.text(alphabet="abcXYZ012._- éß", min_size=1, max_size=12).filter(
        lambda name: name.strip(". ") == name and name.casefold() not in {"con", "aux", "nul", "prn"}
    ),
    min_size=1,
    max_size=12,
    unique_by=str.casefold,
)


@given(names=_names, seed=st.randoms())
def test_any_safe_set_of_names_survives_the_round_trip(names: list[str], seed: random.Random) -> None:
    files = [file(f"d/{name}", name.encode()) for name in names]
    seed.shuffle(files)
    packed = pack(ModelManifest(files=tuple(files)))
    assert {entry.path: entry.digest for entry in unpack(packed.manifest).files} == {f.path: f.digest for f in files}


def test_no_files_are_no_version() -> None:
    with pytest.raises(ModelError) as caught:
        pack(ModelManifest(files=()))
    assert caught.value.code == "no-files"


def test_names_so_long_that_the_manifest_would_be_too_large_are_refused_with_advice() -> None:
    files = tuple(file(f"{'d' * 200}/{'e' * 200}/{number:0200}") for number in range(5_000))
    with pytest.raises(ModelError) as caught:
        pack(ModelManifest(files=files))
    assert caught.value.code == "too-many-files"
    assert "--exclude" in (caught.value.hint or "")


@pytest.mark.parametrize("names", [("a", "A"), ("a", "a/b"), ("../a",)])
def test_names_that_a_manifest_may_not_hold_are_not_packed(names: tuple[str, ...]) -> None:
    with pytest.raises(ModelError) as caught:
        pack(manifest(*names))
    assert caught.value.code in {"name-collision", "unsafe-name"}


OTHER = "sha256:" + "1" * 64


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"artifactType": None}, "not-a-model"),
        ({"artifactType": "application/vnd.oci.image.manifest.v1+json"}, "not-a-model"),
        ({"config": {"mediaType": "application/json", "digest": OTHER, "size": 9}}, "not-a-model"),
        ({"config": {"mediaType": MODEL_CONFIG, "digest": OTHER, "size": 1 << 40}}, "content-too-large"),
        ({"layers": []}, "malformed-manifest"),
        ({"subject": {"mediaType": MODEL_ARTIFACT, "digest": OTHER, "size": 9}}, "malformed-manifest"),
        ({"layer_mediaType": "application/vnd.cncf.model.weight.v1.tar"}, "unsupported-layer"),
        ({"layer_mediaType": "application/vnd.oci.image.layer.v1.tar+gzip"}, "unsupported-layer"),
        ({"layer_annotations": None}, "malformed-manifest"),
        ({"layer_annotations": {TITLE: "a"}}, "malformed-manifest"),
        ({"layer_annotations": {FILEPATH: "a", TITLE: "b"}}, "malformed-manifest"),
        ({"layer_annotations": {FILEPATH: "../a", TITLE: "../a"}}, "unsafe-name"),
        ({"layer_annotations": {FILEPATH: "/etc/passwd"}}, "unsafe-name"),
        ({"layer_annotations": {FILEPATH: ""}}, "unsafe-name"),
        ({"layer_annotations": {FILEPATH: "b/c.json"}}, "name-collision"),
        ({"layer_annotations": {FILEPATH: "B/C.JSON"}}, "name-collision"),
        ({"layer_annotations": {FILEPATH: "b"}}, "name-collision"),
        ({"layer_annotations": {FILEPATH: "b/c.json/d"}}, "name-collision"),
        ({"layer_size": 0}, "malformed-manifest"),
        ({"layer_size": 1 << 50}, "content-too-large"),
        ({"layer_digest": str(Digest.of(b""))}, "malformed-manifest"),
    ],
)  # fmt: skip
def test_a_manifest_that_lies_is_refused(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(AttestError) as caught:
        unpack(altered(**changes))
    assert caught.value.code == code


def test_one_digest_with_two_sizes_is_refused() -> None:
    document = json.loads(pack(manifest("a", "b")).manifest.raw)
    document["layers"][1] |= {"digest": document["layers"][0]["digest"], "size": 99}
    with pytest.raises(AttestError) as caught:
        unpack(Manifest.parse(to_compact_json(document), what="the test's manifest"))
    assert caught.value.code == "malformed-manifest"


def test_a_layer_without_a_title_is_named_by_its_path_alone() -> None:
    """modctl writes no title."""
    assert unpack(altered(layer_annotations={FILEPATH: "w.safetensors"})).files[0].path == "w.safetensors"


@pytest.mark.parametrize(
    ("name", "layer"),
    [
        ("model-00001-of-00002.safetensors", WEIGHT),
        ("tokenizer.model", WEIGHT_CONFIG),
        ("tokenizer.model.v3", WEIGHT_CONFIG),
        ("config.json.bak", WEIGHT_CONFIG),
        ("merges.txt", DOC),
        ("LICENSE", DOC),
        ("requirements.txt", CODE),
        ("Dockerfile", CODE),
        ("model.ckpt.data-00000-of-00001", WEIGHT),
        ("lib.so", CODE),
        ("something", CODE),
    ],
)
def test_layers_are_classified_as_modctl_does(name: str, layer: str) -> None:
    (packed,) = pack(ModelManifest(files=(file(f"dir/{name}"),))).files
    assert packed.blob.media_type == layer
    assert layer in LAYER_TYPES
