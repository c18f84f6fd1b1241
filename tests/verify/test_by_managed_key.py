"""Bundles by a key that the operator named: alone, logged, timestamped, and within the key's own time."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from attest.errors import PolicyError
from attest.signing.dsse import encode_base64
from attest.signing.fingerprint import fingerprint
from attest.trust.identity import TrustedKey
from attest.trust.managed_key import ManagedKey
from attest.verify.by_managed_key import verify_key_bundle
from attest.verify.demands import KeyDemands
from attest.verify.proven import TimeSource
from attest.verify.sigstore_bundle import MEDIA_TYPES
from attest_registry.digest import Digest
from tests.verify.private_authority import DAY, NOON
from tests.verify.private_keys import new_key, sign
from tests.verify.private_sigstore import PAYLOAD
from tests.verify.refusals import changed, code_of, parsed

if TYPE_CHECKING:
    from datetime import datetime

    from tests.verify.private_sigstore import PrivateSigstore

KEY = new_key()
SECOND = timedelta(seconds=1)
LOGGED = KeyDemands(log_entry=True)
STAMPED = KeyDemands(timestamps=1)


def managed(key: Any = KEY, *, start: datetime | None = None, end: datetime | None = None) -> ManagedKey:
    public = key.public_key()
    trusted = TrustedKey(name="release", public_key=public, fingerprint=fingerprint(public), origin="release.pub")
    return ManagedKey(key=trusted, not_before=start, not_after=end)


def test_the_signature_alone(instance: PrivateSigstore) -> None:
    found = verify_key_bundle(parsed(instance.key_bundle(KEY)), key=managed())
    assert (found.payload, found.times, found.logged) == (PAYLOAD, (), None)


@pytest.mark.parametrize("version", [1, 2])
def test_logged(instance: PrivateSigstore, version: int) -> None:
    bundle = parsed(instance.key_bundle(KEY, version=version))
    found = verify_key_bundle(bundle, key=managed(), root=instance.root(), demands=LOGGED)
    assert found.logged is not None
    assert [time.source for time in found.times] == ([TimeSource.LOG] if version == 1 else [])


def test_timestamped_without_a_log(instance: PrivateSigstore) -> None:
    bundle = parsed(instance.key_bundle(KEY, stamps=(NOON,)))
    found = verify_key_bundle(bundle, key=managed(), root=instance.root(), demands=STAMPED)
    assert [time.moment for time in found.times] == [NOON]


def test_a_good_but_different_key(instance: PrivateSigstore) -> None:
    bundle = parsed(instance.key_bundle(KEY, version=1))
    assert code_of(lambda: verify_key_bundle(bundle, key=managed(new_key()))) == "signature-invalid"


def test_the_hint_selects_nothing(instance: PrivateSigstore) -> None:
    def other_hint(bundle: dict[str, Any]) -> None:
        bundle["verificationMaterial"]["publicKey"]["hint"] = "somebody else"

    bundle = parsed(changed(instance.key_bundle(KEY), other_hint))
    assert verify_key_bundle(bundle, key=managed()).payload == PAYLOAD
    assert code_of(lambda: verify_key_bundle(bundle, key=managed(new_key()))) == "signature-invalid"


def test_a_certificate_never_stands_in_for_a_key(instance: PrivateSigstore) -> None:
    assert code_of(lambda: verify_key_bundle(parsed(instance.bundle()), key=managed())) == "key-missing"


def test_proofs_that_are_demanded_and_not_there(instance: PrivateSigstore) -> None:
    bare = parsed(instance.key_bundle(KEY))
    root = instance.root()
    assert code_of(lambda: verify_key_bundle(bare, key=managed(), root=root, demands=LOGGED)) == "log-entry-missing"
    assert code_of(lambda: verify_key_bundle(bare, key=managed(), root=root, demands=STAMPED)) == "time-missing"
    logged = parsed(instance.key_bundle(KEY, version=1))
    assert code_of(lambda: verify_key_bundle(logged, key=managed(), root=root, demands=STAMPED)) == "time-missing"


@pytest.mark.parametrize("demands", [LOGGED, STAMPED])
def test_proofs_cannot_be_demanded_without_a_root(instance: PrivateSigstore, demands: KeyDemands) -> None:
    bundle = parsed(instance.key_bundle(KEY, version=1, stamps=(NOON,)))
    assert code_of(lambda: verify_key_bundle(bundle, key=managed(), demands=demands)) == "no-trust"


@pytest.mark.parametrize("version", [1, 2])
def test_somebody_else_s_log_entry(instance: PrivateSigstore, version: int) -> None:
    bundle = instance.key_bundle(KEY, version=version)
    other = instance.key_bundle(new_key(), version=version)
    bundle["verificationMaterial"]["tlogEntries"] = other["verificationMaterial"]["tlogEntries"]
    refused = code_of(lambda: verify_key_bundle(parsed(bundle), key=managed(), root=instance.root()))
    assert refused == "log-entry-mismatch"


def test_a_key_counts_inside_its_time_with_both_ends(instance: PrivateSigstore) -> None:
    """GHSA-wqqc-jjcq-vfxm: sigstore-go ignored the end of a key's life."""
    bundle = parsed(instance.key_bundle(KEY, stamps=(NOON,)))
    root = instance.root()
    for good in (managed(start=NOON), managed(end=NOON), managed(start=NOON, end=NOON)):
        assert verify_key_bundle(bundle, key=good, root=root).times
    for bad in (managed(start=NOON + SECOND), managed(end=NOON - SECOND)):
        assert code_of(lambda bad=bad: verify_key_bundle(bundle, key=bad, root=root)) == "key-window"  # type: ignore[misc]


def test_every_proven_time_has_to_be_inside(instance: PrivateSigstore) -> None:
    bundle = parsed(instance.key_bundle(KEY, version=1, stamps=(NOON + DAY,)))
    limited = managed(end=NOON)
    assert code_of(lambda: verify_key_bundle(bundle, key=limited, root=instance.root())) == "key-window"


def test_a_key_that_counts_for_a_while_needs_a_proven_time(instance: PrivateSigstore) -> None:
    bundle = parsed(instance.key_bundle(KEY))
    limited = managed(end=NOON)
    assert code_of(lambda: verify_key_bundle(bundle, key=limited)) == "time-missing"
    assert code_of(lambda: verify_key_bundle(bundle, key=limited, root=instance.root())) == "time-missing"
    accepted = verify_key_bundle(bundle, key=limited, demands=KeyDemands(accept_unproven_time=True))
    assert accepted.times == ()


def test_accepting_no_time_does_not_accept_a_wrong_one(instance: PrivateSigstore) -> None:
    bundle = parsed(instance.key_bundle(KEY, stamps=(NOON,)))
    limited, demands = managed(end=NOON - SECOND), KeyDemands(accept_unproven_time=True)
    call = lambda: verify_key_bundle(bundle, key=limited, root=instance.root(), demands=demands)  # noqa: E731
    assert code_of(call) == "key-window"


def test_a_managed_key_needs_a_span() -> None:
    with pytest.raises(PolicyError):
        managed(start=NOON, end=NOON - SECOND)
    with pytest.raises(PolicyError):
        managed(end=NOON.replace(tzinfo=None))


def bare(key: Any, signature: bytes, algorithm: str | None = None, digest: bytes = b"") -> dict[str, Any]:
    signed: dict[str, Any] = {"signature": encode_base64(signature)}
    if algorithm is not None:
        signed["messageDigest"] = {"algorithm": algorithm, "digest": encode_base64(digest)}
    return {
        "mediaType": MEDIA_TYPES[0],
        "verificationMaterial": {"publicKey": {}},
        "messageSignature": signed,
    }


def test_bare_words_by_file_and_by_digest() -> None:
    bundle = parsed(bare(KEY, sign(KEY, b"weights"), "SHA2_256", hashlib.sha256(b"weights").digest()))
    assert verify_key_bundle(bundle, key=managed(), message=b"weights").message == Digest.of(b"weights")
    found = verify_key_bundle(bundle, key=managed(), message=Digest.of(b"weights"))
    assert (found.message, found.payload) == (Digest.of(b"weights"), None)
    other = code_of(lambda: verify_key_bundle(bundle, key=managed(), message=b"other"))
    assert other == "message-digest-mismatch"
    hidden = parsed(bare(KEY, sign(KEY, b"weights")))
    assert code_of(lambda: verify_key_bundle(hidden, key=managed(), message=b"other")) == "signature-invalid"
    assert code_of(lambda: verify_key_bundle(hidden, key=managed())) == "content-kind"


def test_an_envelope_is_not_a_signature_over_a_file(instance: PrivateSigstore) -> None:
    bundle = parsed(instance.key_bundle(KEY))
    assert code_of(lambda: verify_key_bundle(bundle, key=managed(), message=PAYLOAD)) == "content-kind"


def test_keys_that_hash_otherwise_need_the_words_themselves() -> None:
    key = ed25519.Ed25519PrivateKey.generate()
    bundle = parsed(bare(key, key.sign(b"weights")))
    assert verify_key_bundle(bundle, key=managed(key), message=b"weights").message == Digest.of(b"weights")
    refused = code_of(lambda: verify_key_bundle(bundle, key=managed(key), message=Digest.of(b"weights")))
    assert refused == "digest-unsupported"


def test_a_key_of_an_unknown_curve() -> None:
    key = ec.generate_private_key(ec.SECP256K1())
    bundle = parsed(bare(key, sign(key, b"weights")))
    assert code_of(lambda: verify_key_bundle(bundle, key=managed(key), message=b"weights")) == "key-unsupported"
