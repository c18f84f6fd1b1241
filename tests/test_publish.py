"""Nothing is sent before our own verifier has accepted what was signed; and what a push leaves behind is whole."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, cast

import pytest
from msgspec.structs import replace

from attest.claims.training import Build, Input, Role, Standing, Training
from attest.errors import InputError, SignatureInvalid
from attest.publish import read_folder, sign_claims, store
from attest.signing.bundle_signer import KeyBundleSigner
from attest.signing.keyfile import generate
from attest.signing.uri import open_signer
from attest_registry.digest import Digest
from attest_registry.errors import Conflict, SourceChanged
from attest_registry.oci.layout import LayoutRepository
from attest_registry.reference import Reference

if TYPE_CHECKING:
    from pathlib import Path

    from attest.publish import Signed
    from attest.signing.algorithms import PublicKey
    from attest.signing.bundle_signer import BundleSigner
    from attest.signing.signer import KeyWarning, Signer
    from attest_registry.oci.descriptor import Descriptor

TRAINING = Training(build=Build(builder="urn:test:builder"))
NAME = Reference.parse("m")


@dataclasses.dataclass(frozen=True, kw_only=True)
class LyingSigner:
    """Says that it is one key and signs with another."""

    said: Signer
    real: Signer

    @property
    def public_key(self) -> PublicKey:
        return self.said.public_key

    @property
    def fingerprint(self) -> Digest:
        return self.said.fingerprint

    @property
    def warnings(self) -> tuple[KeyWarning, ...]:
        return ()

    def sign(self, data: bytes) -> bytes:
        return self.real.sign(data)


def key(folder: Path, name: str = "k") -> Signer:
    generate(folder / f"{name}.key", folder / f"{name}.pub", passphrase=None)
    return open_signer(str(folder / f"{name}.key"), passphrase=lambda _: None)


def signer(folder: Path, name: str = "k") -> BundleSigner:
    return KeyBundleSigner(signer=key(folder, name))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "model").mkdir()
    (tmp_path / "model/config.json").write_text("{}")
    return tmp_path


def signed(folder: Path, who: BundleSigner, training: Training = TRAINING) -> Signed:
    return sign_claims(read_folder(folder / "model"), training, model="m", signer=who)


def test_what_is_signed_is_stored_and_can_be_stored_again(folder: Path) -> None:
    who = signer(folder)
    repository = LayoutRepository(folder / "store", "m")
    first = store(signed(folder, who), repository, NAME, signer=who)
    again = store(signed(folder, who), repository, NAME, signer=who)
    assert (first.number, first.already) == (1, False)
    assert (again.number, again.already, again.sent, again.says_otherwise) == (1, True, 0, False)
    assert len(repository.referrers(Digest.parse(str(first.reference.digest)))) == 4


def test_our_own_verifier_refuses_a_signature_by_another_key_than_it_says(folder: Path) -> None:
    liar = KeyBundleSigner(signer=LyingSigner(said=key(folder), real=key(folder, "other")))
    with pytest.raises(SignatureInvalid) as refused:
        signed(folder, liar)
    assert refused.value.code == "signature-invalid"
    assert not (folder / "store").exists()


def test_two_claims_by_one_key_are_not_mixed(folder: Path) -> None:
    """A second provenance of the same files would make both wrong; the person is told instead."""
    who = signer(folder)
    repository = LayoutRepository(folder / "store", "m")
    store(signed(folder, who), repository, NAME, signer=who)
    other = replace(TRAINING, inputs=(Input(role=Role.DATASET, name="d", standing=Standing.UNKNOWN),))
    again = store(signed(folder, who, other), repository, NAME, signer=who)
    assert (again.already, again.says_otherwise) == (True, True)
    assert len(repository.referrers(Digest.parse(str(again.reference.digest)))) == 4


def test_a_push_that_lost_its_evidence_is_completed(folder: Path) -> None:
    who = signer(folder)
    repository = LayoutRepository(folder / "store", "m")
    made = signed(folder, who)
    artefact = made.folder.artefact
    repository.push_blob(artefact.files[0].blob, folder / "model/config.json")
    repository.push_blob(artefact.manifest.config, artefact.config or b"")
    repository.push_manifest(artefact.manifest.raw, artefact.manifest.descriptor.media_type)
    repository.tag("1", artefact.manifest.descriptor)
    done = store(made, repository, NAME, signer=who)
    assert (done.number, done.already) == (1, False)
    assert len(repository.referrers(artefact.digest)) == 4


def test_another_signers_push_of_the_same_files_adds_his_claims(folder: Path) -> None:
    repository = LayoutRepository(folder / "store", "m")
    alice, bob = signer(folder, "alice"), signer(folder, "bob")
    store(signed(folder, alice), repository, NAME, signer=alice)
    done = store(signed(folder, bob), repository, NAME, signer=bob)
    assert (done.number, done.already) == (1, False)
    assert len(repository.referrers(Digest.parse(str(done.reference.digest)))) == 8


def test_a_number_that_is_not_next_is_refused(folder: Path) -> None:
    who = signer(folder)
    repository = LayoutRepository(folder / "store", "m")
    with pytest.raises(Conflict) as refused:
        store(signed(folder, who), repository, Reference.parse("m:3"), signer=who)
    assert refused.value.code == "version-out-of-order"
    assert repository.tags() == []


@pytest.mark.parametrize("label", ["7", "latest", "v2", "attest-log", "attest-log.1", "sha256-x", "a b", ""])
def test_a_label_that_would_be_something_elses_tag_is_refused(folder: Path, label: str) -> None:
    who = signer(folder)
    repository = LayoutRepository(folder / "store", "m")
    labelled = replace(TRAINING, label=label)
    with pytest.raises(InputError) as refused:
        store(signed(folder, who, labelled), repository, NAME, signer=who, force=True)
    assert refused.value.code == "bad-label"
    assert list(repository.tags()) == []


def test_a_file_that_changes_after_it_was_hashed_is_never_stored(folder: Path) -> None:
    who = signer(folder)
    made = signed(folder, who)
    (folder / "model/config.json").write_text("[]")
    repository = LayoutRepository(folder / "store", "m")
    with pytest.raises(SourceChanged, match=r"config\.json") as refused:
        store(made, repository, NAME, signer=who)
    assert (refused.value.code, refused.value.exit_status) == ("file-changed", 2)
    assert repository.tags() == []


@dataclasses.dataclass(kw_only=True)
class Contended:
    """A registry without compare-and-swap: another push of the same files writes the tag while ours is written."""

    real: LayoutRepository
    refusals: int = 1

    def __getattr__(self, name: str) -> object:
        return getattr(self.real, name)

    def tag(self, tag: str, target: Descriptor, *, replace: bool | Digest = False) -> None:
        self.real.tag(tag, target, replace=replace)
        if self.refusals:
            self.refusals -= 1
            raise Conflict("another writer was faster", code="registry-conflict")


def test_the_same_files_pushed_at_once_stay_one_version(folder: Path) -> None:
    who = signer(folder)
    real = LayoutRepository(folder / "store", "m")
    contended = cast("LayoutRepository", Contended(real=real))
    assert store(signed(folder, who), contended, NAME, signer=who).number == 1
    assert list(real.tags()) == ["1"]
