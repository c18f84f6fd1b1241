"""Whose ML-BOM counts, and how far up ancestors are looked for."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from attest import boms
from attest.boms import ancestors_of, bom_of
from attest.errors import EvidenceMissing, SignerNotTrusted
from attest.policy.document import policy_for_keys
from attest.pushing import push
from attest.signing.keyfile import generate
from attest.trust.identity import load_trusted_key
from attest_registry.errors import NotFound
from attest_registry.oci.layout import LayoutRepository
from attest_registry.oci.manifest import Manifest
from attest_registry.reference import Reference

if TYPE_CHECKING:
    from pathlib import Path

    from attest.policy.document import Policy

NOW = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """c was made from b, b from a; alice signed all."""
    folder = tmp_path_factory.mktemp("chain")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("ATTEST_HOME", str(folder / "home"))
        patched.chdir(folder)
        for name in ("alice", "bob"):
            generate(folder / f"{name}.key", folder / f"{name}.pub", passphrase=None)
        for name, above in (("a", ()), ("b", "a:1"), ("c", "b:1")):
            (folder / name).mkdir()
            (folder / name / "config.json").write_text(f'{{"name": "{name}"}}')
            push(folder / name, name, key="alice.key", base=above)
    return folder


def policy(folder: Path, who: str = "alice") -> Policy:
    return policy_for_keys([load_trusted_key(folder / f"{who}.pub")])


def store(folder: Path, reference: Reference) -> LayoutRepository:
    return LayoutRepository(folder / "home/store", reference.model)


def test_ancestors_are_found_up_to_the_roots(chain: Path) -> None:
    reference = Reference.parse("c:1")
    version = bom_of(reference, store(chain, reference), policy=policy(chain), now=NOW)
    found, unresolved = ancestors_of(version, lambda each: store(chain, each), policy=policy(chain), now=NOW)
    assert [each.reference.model for each in found] == ["b", "a"]
    assert unresolved == ()
    assert all("alice.pub" in str(each.signer) for each in (version, *found))


def test_they_are_looked_for_so_many_times_and_no_more(chain: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boms, "_MOST_LOOKED_FOR", 1)
    reference = Reference.parse("c:1")
    version = bom_of(reference, store(chain, reference), policy=policy(chain), now=NOW)
    found, unresolved = ancestors_of(version, lambda each: store(chain, each), policy=policy(chain), now=NOW)
    assert [each.reference.model for each in found] == ["b"]
    assert [(each.name, each.why) for each in unresolved] == [("a", "too many ancestors are named")]


def test_a_store_that_lost_an_ancestor_is_named(chain: Path, tmp_path: Path) -> None:
    reference = Reference.parse("c:1")
    version = bom_of(reference, store(chain, reference), policy=policy(chain), now=NOW)

    def lost(each: Reference) -> LayoutRepository:
        return LayoutRepository(tmp_path, each.model)

    found, (unresolved,) = ancestors_of(version, lost, policy=policy(chain), now=NOW)
    assert found == ()
    assert (unresolved.name, unresolved.role) == ("b", "base-model")
    assert unresolved.below.startswith("c:1@sha256:")


def test_nobody_elses_word_counts(chain: Path) -> None:
    reference = Reference.parse("c:1")
    with pytest.raises(SignerNotTrusted):
        bom_of(reference, store(chain, reference), policy=policy(chain, "bob"), now=NOW)


def test_without_a_policy_nobody_has_signed(chain: Path) -> None:
    reference = Reference.parse("c:1")
    assert bom_of(reference, store(chain, reference), policy=None, now=NOW).signer is None


def test_a_version_that_is_not_there(chain: Path) -> None:
    reference = Reference.parse("c:7")
    with pytest.raises(NotFound):
        bom_of(reference, store(chain, reference), policy=policy(chain), now=NOW)


@pytest.mark.parametrize("trusting", [True, False])
def test_a_version_without_evidence(chain: Path, tmp_path: Path, trusting: bool) -> None:
    """The store has the manifest and nothing about it."""
    reference = Reference.parse("c:1")
    full, bare = store(chain, reference), LayoutRepository(tmp_path, "c")
    descriptor = full.resolve("1")
    raw = full.fetch_manifest(descriptor.digest)
    for blob in (*Manifest.parse(raw, what="c").layers, Manifest.parse(raw, what="c").config):
        with full.open_blob(blob) as source:
            bare.push_blob(blob, source.read(1 << 20))
    bare.push_manifest(raw, descriptor.media_type)
    bare.tag("1", descriptor)
    with pytest.raises(EvidenceMissing):
        bom_of(reference, bare, policy=policy(chain) if trusting else None, now=NOW)
