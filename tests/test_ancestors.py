"""What a store answers for a base or teacher is judged, or written down as not verified."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from attest.ancestors import resolver
from attest.claims.training import Standing
from attest.policy.document import policy_for_keys
from attest.pushing import push
from attest.signing.keyfile import generate
from attest.stores import Surroundings
from attest.trust.identity import load_trusted_key
from attest_registry.errors import ContentMismatch, NotFound
from attest_registry.oci.descriptor import BUNDLE, Descriptor
from attest_registry.oci.layout import LayoutRepository
from attest_registry.oci.manifest import Manifest
from attest_registry.reference import Reference

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.fixture
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A pushed base model, signed by alice."""
    monkeypatch.setenv("ATTEST_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    for name in ("alice", "bob"):
        generate(tmp_path / f"{name}.key", tmp_path / f"{name}.pub", passphrase=None)
    (tmp_path / "model").mkdir()
    (tmp_path / "model/config.json").write_text("{}")
    push(tmp_path / "model", "base", key="alice.key")
    return tmp_path


def repository(folder: Path) -> LayoutRepository:
    return LayoutRepository(folder / "home/store", "base")


def resolved(folder: Path, key: str | None, reference: str = "base:1") -> Standing:
    policy = None if key is None else policy_for_keys([load_trusted_key(folder / key)])
    return resolver(Surroundings(repository_of=lambda _: repository(folder)), lambda _: policy, NOW)(reference).standing


def test_admitted_under_the_pushers_policy(base: Path) -> None:
    assert resolved(base, "alice.pub") is Standing.ADMITTED


def test_unverified_without_a_policy(base: Path) -> None:
    assert resolved(base, None) is Standing.UNVERIFIED


def test_unverified_when_somebody_else_signed(base: Path) -> None:
    assert resolved(base, "bob.pub") is Standing.UNVERIFIED


def test_nobody_builds_on_evidence_that_contradicts_itself(base: Path) -> None:
    """The store swaps in a provenance whose words were changed after they were signed."""
    store = repository(base)
    artefact = Manifest.parse(store.fetch_manifest(store.resolve("1").digest), what="base")
    index = store.folder / "index.json"
    for entry in store.referrers(artefact.descriptor.digest):
        referrer = Manifest.parse(store.fetch_manifest(entry.digest), what="evidence")
        with store.open_blob(referrer.layers[0]) as source:
            bundle = json.loads(source.read(1 << 20))
        envelope = bundle["dsseEnvelope"]
        envelope["signatures"][0]["sig"] = envelope["signatures"][0]["sig"][::-1].lstrip("=") + "=="
        raw = json.dumps(bundle).encode()
        layer = Descriptor.of(raw, BUNDLE)
        store.push_blob(layer, raw)
        forged = Manifest.build(
            artifact_type=BUNDLE,
            config=referrer.config,
            layers=[layer],
            subject=referrer.subject,
            annotations=dict(referrer.annotations),
        )
        store.push_manifest(forged.raw, forged.descriptor.media_type)
        (store.folder / "blobs/sha256" / entry.digest.hex).unlink()
    assert index.exists()
    with pytest.raises(ContentMismatch) as refused:
        resolved(base, "alice.pub")
    assert refused.value.code == "ancestor-tampered"


def test_an_unknown_ancestor_is_an_error_not_an_unknown(base: Path) -> None:
    with pytest.raises(NotFound):
        resolved(base, "alice.pub", "base:7")


def test_a_local_address_names_no_machine(base: Path) -> None:
    found = resolver(Surroundings(repository_of=lambda _: repository(base)), lambda _: None, NOW)("base:1")
    assert found.uri == "attest:base"
    assert str(Reference.parse("base:1").model) == "base"
