"""Collecting evidence from a store that lists what it does not have, or something else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from attest.errors import EvidenceMissing, MalformedEvidence
from attest.evidence.attach import attach, referrer
from attest.evidence.collect import collect
from attest_registry import limits
from attest_registry.oci.descriptor import (
    BUNDLE,
    EMPTY_BYTES,
    EMPTY_DESCRIPTOR,
    MODEL_ARTIFACT,
    MODEL_CONFIG,
    Descriptor,
)
from attest_registry.oci.layout import LayoutRepository
from attest_registry.oci.manifest import Manifest

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def repository(tmp_path: Path) -> LayoutRepository:
    return LayoutRepository(tmp_path / "store", "demo/model")


@pytest.fixture
def version(repository: LayoutRepository) -> Descriptor:
    config = Descriptor.of(EMPTY_BYTES, MODEL_CONFIG)
    repository.push_blob(EMPTY_DESCRIPTOR, EMPTY_BYTES)
    made = Manifest.build(artifact_type=MODEL_ARTIFACT, config=config, layers=[])
    repository.push_manifest(made.raw, made.descriptor.media_type)
    repository.tag("1", made.descriptor)
    return made.descriptor


@pytest.mark.parametrize("gone", ["bundle", "manifest"])
def test_evidence_that_is_listed_and_gone_is_missing_and_nobodys_typing_mistake(
    tmp_path: Path, repository: LayoutRepository, version: Descriptor, gone: str
) -> None:
    stored = attach(repository, [(b"first", "x"), (b"second", "x")], subject=version, created=None)
    blobs = tmp_path / "store/demo/model/blobs/sha256"
    lost = stored[0].digest if gone == "manifest" else Descriptor.of(b"first", BUNDLE).digest
    (blobs / lost.hex).unlink()
    collected = collect(repository, version.digest)
    assert [piece.raw for piece in collected.evidence] == [b"second"]
    (damaged,) = collected.damaged
    assert isinstance(damaged.error, EvidenceMissing)
    assert (damaged.error.code, damaged.error.exit_status) == ("evidence-missing", 1)


def test_bundles_that_are_too_large_together_are_refused_before_they_fill_the_memory(
    repository: LayoutRepository, version: Descriptor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thousand referrers of one bundle of 32 MiB took 32 GiB, from a store of 32 MiB."""
    monkeypatch.setattr(limits, "EVIDENCE_BYTES", 3_000)
    repository.push_blob(Descriptor.of(bytes(1_000), BUNDLE), bytes(1_000))
    for number in range(4):
        assert collect(repository, version.digest).damaged == ()
        one = referrer(bytes(1_000), subject=version, predicate_type=f"x{number}", created=None)
        repository.push_manifest(one.raw, one.descriptor.media_type)
    with pytest.raises(MalformedEvidence) as refused:
        collect(repository, version.digest)
    assert refused.value.code == "too-much-evidence"
