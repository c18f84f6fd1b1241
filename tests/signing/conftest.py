from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from attest.claims.statement import Statement, Subject
from attest.signing import keyfile, uri
from attest.signing.signer import KeySigner
from attest_registry.digest import Digest
from tests.services.sigstore.instance import _sigstore, other_sigstore, sigstore  # noqa: F401  # fixtures

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from attest.signing.algorithms import PrivateKey
    from attest.signing.signer import Signer


class Pair(NamedTuple):
    private: Path
    public: Path


def no_passphrase(name: str) -> bytes | None:
    raise AssertionError(f"nobody should be asked for {name}")


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    made = Pair(tmp_path / "attest.key", tmp_path / "attest.pub")
    keyfile.generate(made.private, made.public, passphrase=None)
    return made


@pytest.fixture
def signer(pair: Pair) -> Signer:
    return uri.open_signer(str(pair.private), passphrase=no_passphrase)


KEYS: dict[str, Callable[[], PrivateKey]] = {
    "P-256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "P-384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "Ed25519": ed25519.Ed25519PrivateKey.generate,
}


@pytest.fixture(params=KEYS)
def any_signer(request: pytest.FixtureRequest) -> KeySigner:
    return KeySigner(private_key=KEYS[request.param]())


@pytest.fixture
def statement() -> Statement:
    return Statement.build(
        subjects=[Subject(name="acme/model", digest=Digest.of(b"manifest"))],
        predicate_type="https://slsa.dev/provenance/v1",
        predicate={"words": "é"},
    )
