"""Signatures by a key, with timestamps and log entries: a key has a proven time then."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from attest.errors import InputError, ServiceAnswerInvalid, ServiceError
from attest.signing.bundle_signer import BundleSigner, KeyBundleSigner
from attest.signing.fingerprint import fingerprint
from attest.signing.log_client import LOGS
from attest.signing.services import Kind, Service
from attest.signing.signer import KeySigner
from attest.signing.timestamp_client import TimestampClient
from attest.trust.identity import TrustedKey
from attest.trust.managed_key import ManagedKey
from attest.verify.by_managed_key import verify_key_bundle
from attest.verify.demands import KeyDemands
from attest.verify.sigstore_bundle import SigstoreBundle
from tests.services.patience import impatient_with
from tests.signing.keyless_scene import OPTIONS, claims, odd_statement

if TYPE_CHECKING:
    from attest.verify.proven import VerifiedBundle
    from tests.services.sigstore.instance import Sigstore

P256 = KeySigner(private_key=ec.generate_private_key(ec.SECP256R1()))
P384 = KeySigner(private_key=ec.generate_private_key(ec.SECP384R1()))
ED25519 = KeySigner(private_key=ed25519.Ed25519PrivateKey.generate())


def service(kind: Kind, url: str) -> Service:
    return Service(kind=kind, url=url, options=OPTIONS)


def with_proofs(sigstore: Sigstore, signer: KeySigner = P256, *, log: int = 0, stamps: int = 0) -> KeyBundleSigner:
    return KeyBundleSigner(
        signer=signer,
        timestamps=[TimestampClient(service=service(Kind.TSA, sigstore.timestamps)) for _ in range(stamps)],
        log=LOGS[log](service=service(Kind.REKOR, sigstore.url)) if log else None,
    )


def verify(raw: bytes, sigstore: Sigstore, signer: KeySigner, **demands: Any) -> VerifiedBundle:
    key = TrustedKey(
        name="key", public_key=signer.public_key, fingerprint=fingerprint(signer.public_key), origin="the test"
    )
    bundle = SigstoreBundle.parse(raw)
    return verify_key_bundle(bundle, key=ManagedKey(key=key), root=sigstore.root, demands=KeyDemands(**demands))


def test_a_key_without_proofs_asks_nobody_and_is_a_bundle_signer(sigstore: Sigstore) -> None:
    signer: BundleSigner = with_proofs(sigstore)
    document = json.loads(signer.sign_statement(claims()[0]))
    assert document["verificationMaterial"].keys() == {"publicKey", "tlogEntries"}
    assert sigstore.asked("rekor") == sigstore.asked("tsa") == 0
    assert signer.description == f"key {P256.fingerprint.short} (P-256)"
    assert signer.warnings == ()


@pytest.mark.parametrize("signer", [P256, P384, ED25519], ids=["P-256", "P-384", "Ed25519"])
def test_a_timestamp_proves_a_time(sigstore: Sigstore, signer: KeySigner) -> None:
    statement = odd_statement()
    verified = verify(with_proofs(sigstore, signer, stamps=1).sign_statement(statement), sigstore, signer, timestamps=1)
    assert verified.payload == statement.raw
    assert len(verified.times) == 1


@pytest.mark.parametrize("signer", [P256, P384], ids=["P-256", "P-384"])
@pytest.mark.parametrize("version", [1, 2])
def test_a_log_entry_is_about_the_signature(sigstore: Sigstore, signer: KeySigner, version: int) -> None:
    raw = with_proofs(sigstore, signer, log=version, stamps=1).sign_statement(claims()[2])
    verified = verify(raw, sigstore, signer, log_entry=True, timestamps=1, times=3 - version)
    assert verified.logged is not None
    assert len(verified.times) == 3 - version  # the log of version 1 says when, too


def test_ed25519_is_logged_in_version_1_and_refused_for_version_2(sigstore: Sigstore) -> None:
    raw = with_proofs(sigstore, ED25519, log=1).sign_statement(claims()[0])
    assert verify(raw, sigstore, ED25519, log_entry=True).logged is not None
    with pytest.raises(InputError) as caught:
        with_proofs(sigstore, ED25519, log=2).sign_statement(claims()[0])
    assert caught.value.code == "key-not-loggable"


@pytest.mark.parametrize("version", [1, 2])
def test_nothing_is_logged_or_given_out_without_the_timestamp(sigstore: Sigstore, version: int) -> None:
    sigstore.fault("tsa", "down")
    with pytest.raises(ServiceError) as caught:
        with_proofs(sigstore, log=version, stamps=1).sign_statement(claims()[0])
    assert caught.value.code == "tsa-unreachable"
    assert sigstore.asked("rekor") == 0


@pytest.mark.parametrize("kind", ["down", "garbage", "drip", "endless"])
@pytest.mark.parametrize("version", [1, 2])
def test_nothing_is_given_out_without_the_log_entry(
    sigstore: Sigstore, monkeypatch: pytest.MonkeyPatch, version: int, kind: str
) -> None:
    sigstore.fault("rekor", kind)
    impatient_with(monkeypatch, Kind.REKOR, kind)
    with pytest.raises(ServiceError) as caught:
        with_proofs(sigstore, log=version, stamps=1).sign_statement(claims()[0])
    assert caught.value.code in {"rekor-unreachable", "rekor-answer"}


@pytest.mark.parametrize("version", [1, 2])
def test_an_entry_about_another_signature_is_refused(sigstore: Sigstore, version: int) -> None:
    """Without a trusted root nothing says whose entry it is; that it is about something else, the signer sees."""
    signer = with_proofs(sigstore, log=version)
    signer.sign_statement(claims()[0])
    sigstore.fault("rekor", "replay")
    with pytest.raises(ServiceAnswerInvalid) as caught:
        signer.sign_statement(claims()[0])
    assert caught.value.code == "rekor-answer"


@pytest.mark.parametrize("version", [1, 2])
def test_an_entry_whose_answer_was_lost(sigstore: Sigstore, version: int) -> None:
    sigstore.fault("rekor", "lost", times=1)
    raw = with_proofs(sigstore, log=version).sign_statement(claims()[0])
    assert verify(raw, sigstore, P256, log_entry=True).logged is not None


FIELDS = ("logIndex", "logId", "kindVersion", "inclusionProof", "canonicalizedBody")


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("put", [None, [], {}, "", 7, "AAAA", {"keyId": 1}])
def test_an_answer_of_another_shape_is_no_entry(sigstore: Sigstore, field: str, put: object) -> None:
    good = json.loads(with_proofs(sigstore, log=2).sign_statement(claims()[0]))
    entry = good["verificationMaterial"]["tlogEntries"][0]
    sigstore.fault("rekor", "garbage", body=json.dumps({**entry, field: put}))
    with pytest.raises(ServiceAnswerInvalid) as caught:
        with_proofs(sigstore, log=2).sign_statement(claims()[0])
    assert caught.value.code == "rekor-answer"


@pytest.mark.parametrize(
    "body",
    ["{}", "[]", '{"a": {}, "b": {}}', '{"a": null}', '{"a": {"body": "!!", "verification": {}}}', '{"a": [1]}'],
)
def test_an_answer_of_rekor_v1_of_another_shape_is_no_entry(sigstore: Sigstore, body: str) -> None:
    sigstore.fault("rekor", "garbage", body=body)
    with pytest.raises(ServiceAnswerInvalid) as caught:
        with_proofs(sigstore, log=1).sign_statement(claims()[0])
    assert caught.value.code == "rekor-answer"


@pytest.mark.parametrize("location", ["", "/api/v1/log/entries/..", "http://127.0.0.1:9/x", "/" + "g" * 80])
def test_a_conflict_that_points_elsewhere_is_not_followed(sigstore: Sigstore, location: str) -> None:
    sigstore.fault("rekor", "status", status=409, headers={"Location": location})
    with pytest.raises(ServiceError) as caught:
        with_proofs(sigstore, log=1).sign_statement(claims()[0])
    assert caught.value.code == "rekor-duplicate"
    assert sigstore.asked("rekor") <= 2
