"""Keys in AWS KMS: against moto over HTTP, and against a service that fails in each way that AWS documents."""

from __future__ import annotations

import base64
import os
import socket
import time
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from attest.errors import AttestError, KeyFileError
from attest.signing import algorithms, awskms, uri
from attest.signing.awskms_uri import parse
from attest.signing.fingerprint import fingerprint
from tests.services import faulty_kms, moto_kms

if TYPE_CHECKING:
    from collections.abc import Iterator

    from attest.signing.signer import Signer
    from tests.services.faulty_kms import Faulty
    from tests.services.moto_kms import Kms

ID = "01234567-89ab-cdef-0123-456789abcdef"
ARN = f"arn:aws:kms:eu-west-1:123456789012:key/{ID}"


@pytest.fixture(scope="module")
def kms() -> Iterator[Kms]:
    with moto_kms.running("--digests") as service:
        yield service


@pytest.fixture
def faulty() -> Iterator[Faulty]:
    with faulty_kms.running() as service:
        yield service


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    for name, value in moto_kms.CREDENTIALS.items():
        monkeypatch.setenv(name, value)


def opened(text: str, *, offline: bool = False) -> Signer:
    return uri.open_signer(text, passphrase=nobody, offline=offline)


def nobody(name: str) -> bytes:
    raise AssertionError(f"nobody should be asked for {name}")


def refusal(text: str, *, offline: bool = False) -> tuple[str, int]:
    with pytest.raises(AttestError) as caught:
        opened(text, offline=offline)
    return caught.value.code, caught.value.exit_status


@pytest.mark.parametrize("spec", ["ECC_NIST_P256", "ECC_NIST_P384"])
def test_a_signature_verifies_with_the_public_half(kms: Kms, spec: str) -> None:
    name = f"models-{spec[-4:]}"
    identifier = kms.add_key(name, spec)
    for text in (f"awskms://{kms.host}/alias/{name}", f"awskms://{kms.host}/{identifier}"):
        signer = opened(text)
        for words in (b"words", b"w" * 100_000):
            algorithms.check_signature(signer.public_key, signer.sign(words), words, what="test")
        assert fingerprint(uri.read_public(text, passphrase=nobody)) == signer.fingerprint
        assert [each.code for each in signer.warnings] == (["key-algorithm"] if "384" in spec else [])


def test_an_arn_names_its_region_and_the_endpoint_comes_from_the_environment(
    kms: Kms, monkeypatch: pytest.MonkeyPatch
) -> None:
    identifier = kms.add_key("by-arn")
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    monkeypatch.setenv("AWS_ENDPOINT_URL_KMS", f"http://{kms.host}")
    assert opened(f"awskms:///arn:aws:kms:eu-west-1:123456789012:key/{identifier}").sign(b"x")


def test_an_alias_that_moves_while_we_sign_changes_nothing(kms: Kms) -> None:
    first = kms.add_key("moving")
    signer = opened(f"awskms://{kms.host}/alias/moving")
    kms.client().update_alias(AliasName="alias/moving", TargetKeyId=kms.add_key("target"))
    assert signer.sign(b"x")
    assert signer.fingerprint == opened(f"awskms://{kms.host}/{first}").fingerprint
    assert signer.fingerprint != opened(f"awskms://{kms.host}/alias/moving").fingerprint


def test_a_service_that_hashes_the_digest_once_more_is_noticed() -> None:
    """moto as it is: its signature is over something that nobody will ever check."""
    with moto_kms.running() as service:
        service.add_key("models")
        signer = opened(f"awskms://{service.host}/alias/models")
        with pytest.raises(AttestError) as caught:
            signer.sign(b"x")
    assert (caught.value.code, caught.value.exit_status) == ("key-signs-wrongly", 3)


@pytest.mark.parametrize(
    ("spec", "usage"),
    [
        ("RSA_2048", "SIGN_VERIFY"),
        ("RSA_2048", "ENCRYPT_DECRYPT"),
        ("ECC_SECG_P256K1", "SIGN_VERIFY"),
        ("ECC_NIST_P521", "SIGN_VERIFY"),
    ],
)
def test_a_key_of_another_kind_is_refused(kms: Kms, spec: str, usage: str) -> None:
    name = f"{spec}-{usage}".replace("_", "-")
    kms.add_key(name, spec, usage)
    assert refusal(f"awskms://{kms.host}/alias/{name}") == ("kms-key-spec", 2)


@pytest.mark.parametrize("key", ["alias/none", ID, ARN])
def test_a_key_that_is_not_there(kms: Kms, key: str) -> None:
    assert refusal(f"awskms://{kms.host}/{key}") == ("key-not-found", 2)


@pytest.mark.parametrize(
    ("answer", "code", "status"),
    [
        ("AccessDeniedException", "kms-access-denied", 4),
        ("UnrecognizedClientException", "kms-unauthorised", 4),
        ("ExpiredTokenException", "kms-unauthorised", 4),
        ("InvalidSignatureException", "kms-unauthorised", 4),
        ("NotFoundException", "key-not-found", 2),
        ("DisabledException", "kms-key-disabled", 2),
        ("KMSInvalidStateException", "kms-key-disabled", 2),
        ("UnsupportedOperationException", "kms-key-spec", 2),
        ("InvalidKeyUsageException", "kms-key-spec", 2),
        ("SomethingNewException", "key-service-refused", 4),
    ],
)
def test_each_refusal_has_its_code_and_is_not_repeated(faulty: Faulty, answer: str, code: str, status: int) -> None:
    faulty.refuse(answer)
    assert refusal(f"awskms://{faulty.host}/alias/x") == (code, status)
    assert faulty.asked == ["GetPublicKey"]


@pytest.mark.parametrize(
    ("answer", "http", "code"),
    [("ThrottlingException", 400, "kms-throttled"), ("KMSInternalException", 500, "kms-unreachable")],
)
def test_what_may_pass_is_tried_three_times(faulty: Faulty, answer: str, http: int, code: str) -> None:
    faulty.refuse(answer, http)
    assert refusal(f"awskms://{faulty.host}/alias/x") == (code, 4)
    assert faulty.asked == ["GetPublicKey"] * 3


@pytest.mark.parametrize("body", [b"<html>", b"\xff\xfe", b"[]", b"{", b""])
@pytest.mark.parametrize("status", [200, 400, 503])
def test_nonsense_is_no_key(faulty: Faulty, body: bytes, status: int) -> None:
    faulty.status, faulty.body = status, body
    with pytest.raises(AttestError) as caught:
        opened(f"awskms://{faulty.host}/alias/x")
    assert caught.value.code in {"kms-unreachable", "key-service-refused", "kms-key-spec"}


def test_a_key_that_is_none(faulty: Faulty) -> None:
    faulty.answer(KeyId=ARN, KeyUsage="SIGN_VERIFY", KeySpec="ECC_NIST_P256", PublicKey=base64.b64encode(b"x").decode())
    assert refusal(f"awskms://{faulty.host}/alias/x") == ("kms-key-spec", 2)
    faulty.answer(KeyId=ARN, KeyUsage="SIGN_VERIFY", KeySpec="ECC_NIST_P256")
    assert refusal(f"awskms://{faulty.host}/alias/x") == ("key-service-refused", 4)


def test_a_signature_by_another_key_or_none_is_refused(faulty: Faulty) -> None:
    der = (
        ec.generate_private_key(ec.SECP256R1())
        .public_key()
        .public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    )
    faulty.answer(KeyId=ARN, KeyUsage="SIGN_VERIFY", KeySpec="ECC_NIST_P256", PublicKey=base64.b64encode(der).decode())
    signer = opened(f"awskms://{faulty.host}/alias/x")
    other = ec.generate_private_key(ec.SECP256R1()).sign(b"x", ec.ECDSA(hashes.SHA256()))
    for signature, code in ((other, "key-signs-wrongly"), (b"no", "key-signs-wrongly"), (b"", "key-service-refused")):
        faulty.answer(KeyId=ARN, Signature=base64.b64encode(signature).decode())
        with pytest.raises(AttestError) as caught:
            signer.sign(b"x")
        assert caught.value.code == code
    assert "Sign" in faulty.asked


def test_a_service_that_stalls_is_given_up(faulty: Faulty, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(awskms, "READ_SECONDS", 0.2)
    faulty.stall = True
    begin = time.monotonic()
    assert refusal(f"awskms://{faulty.host}/alias/x") == ("kms-unreachable", 4)
    assert time.monotonic() - begin < 8
    assert len(faulty.asked) == awskms.ATTEMPTS


def test_a_service_that_is_not_there() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert refusal(f"awskms://127.0.0.1:{port}/alias/x") == ("kms-unreachable", 4)


def test_without_credentials_nothing_is_asked(faulty: Faulty, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    assert refusal(f"awskms://{faulty.host}/alias/x") == ("kms-no-credentials", 4)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "half")
    assert refusal(f"awskms://{faulty.host}/alias/x") == ("kms-no-credentials", 4)
    assert faulty.asked == []


@pytest.mark.parametrize(
    ("variable", "value"), [("AWS_DEFAULT_REGION", None), ("AWS_PROFILE", "none"), ("AWS_ENDPOINT_URL_KMS", "no url")]
)
def test_settings_of_aws_that_cannot_be_used(monkeypatch: pytest.MonkeyPatch, variable: str, value: str | None) -> None:
    monkeypatch.delenv(variable, raising=False)
    if value is not None:
        monkeypatch.setenv(variable, value)
    assert refusal("awskms:///alias/x") == ("kms-config", 2)


def test_offline_reaches_nothing(faulty: Faulty) -> None:
    assert refusal(f"awskms://{faulty.host}/alias/x", offline=True) == ("offline", 4)
    assert faulty.asked == []


@pytest.mark.parametrize(
    ("rest", "endpoint", "key", "region"),
    [
        ("///alias/models", None, "alias/models", None),
        (f"///{ID}", None, ID, None),
        (f"///{ARN}", None, ARN, "eu-west-1"),
        ("///mrk-0123456789abcdef0123456789abcdef", None, "mrk-0123456789abcdef0123456789abcdef", None),
        ("//kms.example.com/alias/a", "https://kms.example.com", "alias/a", None),
        ("//localhost:4566/alias/a", "http://localhost:4566", "alias/a", None),
        ("//[::1]:4566/alias/a", "http://[::1]:4566", "alias/a", None),
        ("//10.0.0.1:4566/alias/a", "https://10.0.0.1:4566", "alias/a", None),
        ("//localhost.example.com/alias/a", "https://localhost.example.com", "alias/a", None),
    ],
)
def test_the_forms_of_a_uri(rest: str, endpoint: str | None, key: str, region: str | None) -> None:
    read = parse(rest)
    assert (read.endpoint, read.key, read.region) == (endpoint, key, region)


@pytest.mark.parametrize(
    "rest",
    [
        "alias/x",
        "/alias/x",
        "//",
        "///",
        "///models",
        "///alias/",
        "///alias/a b",
        "///alias/x?y",
        "///alias/x\n",
        "//:80/alias/x",
        "//user@host/alias/x",
        "//host:port/alias/x",
        "//a/b/alias/x",
        f"///arn:aws:s3:eu-west-1:123456789012:key/{ID}",
        f"///arn:aws:kms::123456789012:key/{ID}",
        f"///{ARN}/more",
    ],
)
def test_other_forms_are_refused(rest: str) -> None:
    with pytest.raises(KeyFileError) as caught:
        parse(rest)
    assert caught.value.code == "key-uri-malformed"
