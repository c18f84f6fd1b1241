"""Registration by several at once, and what the store was pushed before anybody registered it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from attest.errors import IllegalEvent
from attest.lifecycle.registering import register, register_published
from attest.publish import read_folder, sign_claims, store
from attest.signing.bundle_signer import KeyBundleSigner
from attest.stores import Reach
from attest_registry.digest import Digest
from attest_registry.errors import Conflict
from tests.attacks.release import weights
from tests.lifecycle.test_gates import MODEL, TRAINING, Gated

if TYPE_CHECKING:
    from pathlib import Path

    from attest.publish import Published


@pytest.fixture
def gated(tmp_path: Path) -> Gated:
    return Gated(folder=tmp_path)


def stored(gated: Gated, fill: bytes) -> tuple[int, Digest]:
    """A version that was pushed and not registered: whoever pushed it was killed then."""
    published = pushed(gated, fill)
    assert published.reference.digest is not None
    return published.number, published.reference.digest


def pushed(gated: Gated, fill: bytes) -> Published:
    folder = gated.folder / f"made-{fill.hex()}"
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(weights(fill))
    signer = KeyBundleSigner(signer=gated.people["alice"].signer)
    signed = sign_claims(read_folder(folder), TRAINING, model=MODEL, signer=signer, now=gated.now)
    return store(signed, gated.repository, gated.reference, signer=signer)


def test_several_who_register_at_once_are_all_served(gated: Gated) -> None:
    """Nobody is told to push again because somebody else pushed another version in the same second."""
    versions = [pushed(gated, bytes([each])) for each in range(3, 7)]
    signer = KeyBundleSigner(signer=gated.people["alice"].signer)

    def one(version: Published) -> None:
        register_published(version, gated.reference, gated.settings, Reach(), signer=signer)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(one, versions))
    with gated.session("alice") as session:
        log = session.log()
        found = [session.place.registered(version.number) for version in versions]
    assert log.state.next_number == 7
    assert [each.manifest for each in found if each is not None] == [version.reference.digest for version in versions]


def test_those_that_nobody_registered_go_along(gated: Gated) -> None:
    (third, _), (fourth, digest) = stored(gated, b"3"), stored(gated, b"4")
    with gated.session("alice") as session:
        done = register(session, number=fourth, digest=digest)
    assert [each.number for each in done.versions] == [third, fourth]


def test_a_number_with_other_content(gated: Gated) -> None:
    with gated.session("alice") as session, pytest.raises(Conflict) as caught:
        register(session, number=1, digest=Digest.of(b"other"))
    assert caught.value.code == "version-exists"


def test_somebody_who_is_no_contributor(gated: Gated) -> None:
    number, digest = stored(gated, b"3")
    with gated.session("bob") as session, pytest.raises(IllegalEvent) as caught:
        register(session, number=number, digest=digest)
    assert caught.value.code == "role-missing"


def test_what_is_registered_already_brings_the_catalogue_up(gated: Gated) -> None:
    """Whoever registered it was killed before he could tell the catalogue."""
    version = gated.version(2)
    (gated.folder / "catalogue.db").unlink()
    with gated.session("alice") as session:
        register(session, number=2, digest=version.manifest)
        log = session.log()
        assert session.catalogue.head(session.name) == (log.sequence, log.head.head)
        row = session.catalogue.version(session.name, 2)
    assert row is not None
    assert row.files == 1
