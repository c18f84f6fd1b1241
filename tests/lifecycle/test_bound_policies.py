from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from attest.claims.canonical import canonical_json
from attest.errors import AttestError, EvidenceMissing, LogBroken, PolicyError
from attest.lifecycle.bound_policies import MEDIA_TYPE, fetch_bound, store_bound, tag_of
from attest.policy.document import load_policy
from attest.policy.portable import MOST_BYTES, portable
from attest_registry.digest import Digest
from attest_registry.errors import Unreachable
from attest_registry.oci.descriptor import EMPTY_BYTES, EMPTY_DESCRIPTOR, Descriptor
from attest_registry.oci.layout import LayoutRepository
from attest_registry.oci.manifest import Manifest
from tests.policy.whole import write_files
from tests.verify.evidence import MODEL

if TYPE_CHECKING:
    from pathlib import Path

DOCUMENT: dict[str, Any] = {
    "apiVersion": "attest/v1",
    "kind": "Policy",
    "name": "gate",
    "identities": {"ci": {"key": "ci.pub"}},
    "require": {"signature": {"by": "ci"}},
    "formats": "any",
}


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    write_files(tmp_path)
    return write(tmp_path)


@pytest.fixture
def repository(tmp_path: Path) -> LayoutRepository:
    return LayoutRepository(tmp_path / "store", MODEL)


def write(folder: Path, **changes: Any) -> Path:
    path = folder / "policy.yaml"
    path.write_text(json.dumps(DOCUMENT | changes))
    return path


def put(repository: LayoutRepository, digest: Digest, *raws: bytes, kind: str = MEDIA_TYPE) -> None:
    """Somebody who can write to the store puts something in the policy's place."""
    layers = [Descriptor.of(raw, MEDIA_TYPE) for raw in raws]
    repository.push_blob(EMPTY_DESCRIPTOR, EMPTY_BYTES)
    for layer, raw in zip(layers, raws, strict=True):
        repository.push_blob(layer, raw)
    manifest = Manifest.build(artifact_type=kind, config=EMPTY_DESCRIPTOR, layers=layers)
    repository.push_manifest(manifest.raw, manifest.descriptor.media_type)
    repository.tag(tag_of(digest), manifest.descriptor, replace=True)


def blob_of(folder: Path, raw: bytes) -> Path:
    found = list(folder.glob(f"store/**/{Digest.of(raw).hex}"))
    assert found
    return found[0]


def test_what_was_bound_is_found_by_its_digest(repository: LayoutRepository, policy: Path) -> None:
    digest = store_bound(repository, policy)
    assert digest == load_policy(policy).digest
    found = fetch_bound(repository, digest)
    assert (found.digest, found.name) == (digest, "gate")
    assert tag_of(digest) == f"attest-policy.{digest.hex[:16]}"
    assert repository.resolve(tag_of(digest)).digest != digest


def test_it_needs_none_of_the_files_that_it_was_made_from(repository: LayoutRepository, policy: Path) -> None:
    digest = store_bound(repository, policy)
    (policy.parent / "ci.pub").unlink()
    policy.unlink()
    assert fetch_bound(repository, digest).identities["ci"].keys


def test_done_again_it_is_there_once(repository: LayoutRepository, policy: Path) -> None:
    digest = store_bound(repository, policy)
    before = repository.resolve(tag_of(digest)).digest
    assert store_bound(repository, policy) == digest
    assert repository.resolve(tag_of(digest)).digest == before


def test_several_lie_side_by_side(repository: LayoutRepository, policy: Path) -> None:
    first = store_bound(repository, policy)
    second = store_bound(repository, write(policy.parent, name="another"))
    assert fetch_bound(repository, first).name == "gate"
    assert fetch_bound(repository, second).name == "another"


def test_it_is_put_back_where_something_else_lay(repository: LayoutRepository, policy: Path) -> None:
    digest = load_policy(policy).digest
    put(repository, digest, b"{}")
    assert store_bound(repository, policy) == digest
    assert fetch_bound(repository, digest).digest == digest


def test_one_that_is_not_there_is_missing(repository: LayoutRepository, policy: Path) -> None:
    with pytest.raises(EvidenceMissing) as caught:
        fetch_bound(repository, load_policy(policy).digest)
    assert (caught.value.code, caught.value.exit_status) == ("bound-policy-missing", 1)


def test_one_whose_bytes_are_gone_is_missing(repository: LayoutRepository, policy: Path) -> None:
    digest = store_bound(repository, policy)
    blob_of(policy.parent, portable(policy)).unlink()
    with pytest.raises(EvidenceMissing) as caught:
        fetch_bound(repository, digest)
    assert caught.value.code == "bound-policy-missing"
    assert store_bound(repository, policy) == digest


def test_another_policy_in_its_place_is_an_incident(repository: LayoutRepository, policy: Path) -> None:
    digest = store_bound(repository, policy)
    weaker = portable(write(policy.parent, name="weaker"))
    put(repository, digest, weaker)
    with pytest.raises(LogBroken) as caught:
        fetch_bound(repository, digest)
    assert (caught.value.code, caught.value.exit_status) == ("bound-policy-changed", 3)
    assert "weaker" in str(caught.value.found)


def test_one_of_the_same_beginning_is_another_one(repository: LayoutRepository, policy: Path) -> None:
    """The tag has sixteen digits; the digest decides."""
    digest = store_bound(repository, policy)
    near = Digest(hex=digest.hex[:16] + "0" * 48)
    with pytest.raises(LogBroken) as caught:
        fetch_bound(repository, near)
    assert caught.value.code == "bound-policy-changed"


@pytest.mark.parametrize(
    ("raws", "kind"),
    [
        ((b"{}",), MEDIA_TYPE),
        ((b"no json",), MEDIA_TYPE),
        ((canonical_json(DOCUMENT),), MEDIA_TYPE),  # it names a file
        ((b"x" * (MOST_BYTES + 1),), MEDIA_TYPE),
        ((), MEDIA_TYPE),
        ((b"{}", b"[]"), MEDIA_TYPE),
        ((b"{}",), "application/vnd.example"),
    ],
    ids=range(7),
)
def test_what_is_no_policy_in_its_place_is_an_incident(
    repository: LayoutRepository, policy: Path, raws: tuple[bytes, ...], kind: str
) -> None:
    digest = store_bound(repository, policy)
    put(repository, digest, *raws, kind=kind)
    with pytest.raises(LogBroken) as caught:
        fetch_bound(repository, digest)
    assert (caught.value.code, caught.value.exit_status) == ("bound-policy-changed", 3)


def test_the_right_policy_in_another_spelling_is_an_incident(repository: LayoutRepository, policy: Path) -> None:
    digest = store_bound(repository, policy)
    put(repository, digest, json.dumps(json.loads(portable(policy)), indent=1).encode())
    with pytest.raises(LogBroken) as caught:
        fetch_bound(repository, digest)
    assert caught.value.code == "bound-policy-changed"


def test_bytes_that_were_changed_in_the_store_are_an_incident(repository: LayoutRepository, policy: Path) -> None:
    digest = store_bound(repository, policy)
    raw = portable(policy)
    blob = blob_of(policy.parent, raw)
    blob.unlink()
    blob.write_bytes(raw.replace(b"gate", b"tage"))
    with pytest.raises(LogBroken) as caught:
        fetch_bound(repository, digest)
    assert caught.value.code == "bound-policy-changed"


def test_a_store_that_does_not_answer_says_nothing_about_the_policy(
    repository: LayoutRepository, policy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = store_bound(repository, policy)

    def silent(*_: object) -> None:
        raise Unreachable("nobody answered")

    monkeypatch.setattr(LayoutRepository, "resolve", silent)
    with pytest.raises(AttestError) as caught:
        fetch_bound(repository, digest)
    assert (caught.value.code, caught.value.exit_status) == ("store-unreachable", 4)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"require": {"signature": {"by": "ci"}, "provenance": {"by": "ci"}}, "revocations": {"by": "ci", "file": "f"}},
         "policy-not-portable"),
        ({"zzz": 1}, "policy-unknown-key"),
        ({"identities": {"ci": {"key": "missing.pub"}}}, "policy-bad-key"),
    ],
)  # fmt: skip
def test_what_cannot_be_carried_is_not_stored(
    repository: LayoutRepository, policy: Path, changes: dict[str, Any], code: str
) -> None:
    with pytest.raises(PolicyError) as caught:
        store_bound(repository, write(policy.parent, **changes))
    assert (caught.value.code, caught.value.exit_status) == (code, 2)
    assert not (policy.parent / "store").exists()
