"""Manifests and indexes: what we write parses, what is malformed does not."""

import json
from typing import Any

import pytest

from attest_registry.errors import ContentMismatch
from attest_registry.oci.descriptor import EMPTY_DESCRIPTOR, IMAGE_INDEX, IMAGE_MANIFEST, Descriptor
from attest_registry.oci.manifest import Index, Manifest

LAYER = Descriptor(media_type="application/x", digest=Descriptor.of(b"x", "a").digest, size=1, annotations={"a": "b"})


def build(**changes: Any) -> bytes:
    document = json.loads(Manifest.build(artifact_type="t", config=EMPTY_DESCRIPTOR, layers=[LAYER]).raw)
    return json.dumps(document | changes).encode()


def test_a_built_manifest_parses_and_keeps_its_bytes() -> None:
    made = Manifest.build(artifact_type="t", config=EMPTY_DESCRIPTOR, layers=[LAYER], subject=LAYER)
    again = Manifest.parse(made.raw, what="it")
    assert again == made
    assert again.descriptor.media_type == IMAGE_MANIFEST
    assert again.layers == (LAYER,)


def test_building_is_deterministic() -> None:
    first, second = (Manifest.build(artifact_type="t", config=EMPTY_DESCRIPTOR, layers=[LAYER]) for _ in range(2))
    assert first.raw == second.raw


def test_fields_that_we_do_not_know_survive_in_the_bytes() -> None:
    raw = build(extra={"x": 1})
    assert Manifest.parse(raw, what="it").raw == raw


@pytest.mark.parametrize(
    "changes",
    [
        {"schemaVersion": 1},
        {"mediaType": IMAGE_INDEX},
        {"layers": None},
        {"layers": {}},
        {"layers": ["x"]},
        {"layers": [{"mediaType": "a", "digest": "sha256:" + "A" * 64, "size": 1}]},
        {"layers": [{"mediaType": "a", "digest": "sha512:" + "a" * 128, "size": 1}]},
        {"layers": [{"mediaType": "a", "digest": str(LAYER.digest), "size": -1}]},
        {"layers": [{"mediaType": "a", "digest": str(LAYER.digest), "size": True}]},
        {"layers": [{"mediaType": "a", "digest": str(LAYER.digest), "size": 1.5}]},
        {"layers": [{"mediaType": "a", "digest": str(LAYER.digest), "size": 1, "annotations": {"a": 1}}]},
        {"config": None},
        {"subject": "sha256:x"},
        {"annotations": []},
        {"annotations": {"a": 1}},
    ],
)
def test_refusals(changes: dict[str, Any]) -> None:
    with pytest.raises(ContentMismatch) as refused:
        Manifest.parse(build(**changes), what="it")
    assert refused.value.code == "malformed-manifest"


def test_a_manifest_with_too_many_layers_is_refused() -> None:
    with pytest.raises(ContentMismatch) as refused:
        Manifest.parse(build(layers=[{}] * 8_001), what="it")
    assert refused.value.code == "content-too-large"


def test_a_manifest_of_a_million_layers_is_refused_by_its_size() -> None:
    with pytest.raises(ContentMismatch) as refused:
        Manifest.parse(build(layers=[{"size": 1}] * 1_000_000), what="it")
    assert refused.value.code == "malformed-json"
    assert "too large" in refused.value.message


def test_index_round_trip_and_refusals() -> None:
    index = Index.build([LAYER])
    assert Index.parse(index.raw, what="it").manifests == (LAYER,)
    for raw in (b"{}", b'{"manifests": {}}', build()):
        with pytest.raises(ContentMismatch):
            Index.parse(raw, what="it")
