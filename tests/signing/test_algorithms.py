from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, rsa, x25519

from attest.errors import KeyFileError, SignatureInvalid
from attest.signing import algorithms

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

    from attest.signing.signer import KeySigner


def test_each_kind_of_key_verifies_what_it_signed(any_signer: KeySigner) -> None:
    signature = any_signer.sign(b"words")
    algorithms.check_signature(any_signer.public_key, signature, b"words", what="the claim")


def test_other_words_are_refused(any_signer: KeySigner) -> None:
    signature = any_signer.sign(b"words")
    with pytest.raises(SignatureInvalid) as caught:
        algorithms.check_signature(any_signer.public_key, signature, b"word", what="the claim")
    assert caught.value.code == "signature-invalid"


@pytest.mark.parametrize("signature", [b"", b"0", b"\x00" * 64, b"\x30\x06\x02\x01\x00\x02\x01\x00"])
def test_no_signature_at_all_is_refused(any_signer: KeySigner, signature: bytes) -> None:
    with pytest.raises(SignatureInvalid):
        algorithms.check_signature(any_signer.public_key, signature, b"words", what="the claim")


def test_another_key_of_the_same_kind_is_refused(any_signer: KeySigner) -> None:
    other = type(any_signer)(private_key=algorithms.new_private_key())
    with pytest.raises(SignatureInvalid):
        algorithms.check_signature(other.public_key, any_signer.sign(b"words"), b"words", what="the claim")


def test_the_hash_follows_the_curve() -> None:
    """A P-384 signature over SHA-256, as cosign would make it, is not one of the registry's algorithms."""
    key = ec.generate_private_key(ec.SECP384R1())
    signature = key.sign(b"words", ec.ECDSA(hashes.SHA256()))
    with pytest.raises(SignatureInvalid):
        algorithms.check_signature(key.public_key(), signature, b"words", what="the claim")


def test_the_default_key_has_no_caveat_and_the_others_do(any_signer: KeySigner) -> None:
    caveat = algorithms.caveat(any_signer.public_key)
    assert (caveat is None) == (algorithms.algorithm(any_signer.public_key) == "P-256")
    assert [warning.code for warning in any_signer.warnings] == ([] if caveat is None else ["key-algorithm"])


OTHER_KEYS: list[PrivateKeyTypes] = [
    rsa.generate_private_key(65537, 2048),
    ec.generate_private_key(ec.SECP521R1()),
    ec.generate_private_key(ec.SECP256K1()),
    ed448.Ed448PrivateKey.generate(),
    x25519.X25519PrivateKey.generate(),
]


@pytest.mark.parametrize("key", OTHER_KEYS, ids=lambda key: type(key).__name__)
def test_other_kinds_of_key_are_refused_with_words(key: PrivateKeyTypes) -> None:
    for refused in (
        lambda: algorithms.supported_private_key(key, origin="a.key"),
        lambda: algorithms.supported_public_key(key.public_key(), origin="a.pub"),
        lambda: algorithms.check_signature(key.public_key(), b"x", b"words", what="the claim"),
    ):
        with pytest.raises(KeyFileError) as caught:
            refused()
        assert caught.value.code == "bad-key"
        assert caught.value.expected == algorithms.SUPPORTED
        assert caught.value.found


def test_an_rsa_key_is_called_by_its_name_and_size() -> None:
    with pytest.raises(KeyFileError) as caught:
        algorithms.supported_private_key(OTHER_KEYS[0], origin="a.key")
    assert caught.value.found == "RSA 2048"
    assert caught.value.hint is not None


def test_a_signer_never_shows_its_key(any_signer: KeySigner) -> None:
    assert "private_key" not in repr(any_signer)
