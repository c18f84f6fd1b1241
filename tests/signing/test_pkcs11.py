"""Keys in SoftHSM's tokens, through the library that real tokens are used with."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from attest.errors import AttestError, KeyFileError
from attest.signing import algorithms, uri
from attest.signing.fingerprint import fingerprint
from tests.services.softhsm import P384, P521, PIN, SoftHSM, fresh

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from attest.signing.algorithms import PublicKey
    from attest.signing.signer import Signer

CERTIFIED = ec.generate_private_key(ec.SECP256R1())


@pytest.fixture(scope="module")
def hsm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SoftHSM]:
    """One folder of tokens for the module: a process reads SoftHSM's configuration once."""
    pkcs11 = pytest.importorskip("pkcs11", reason="python-pkcs11 is not installed")
    made = fresh(tmp_path_factory.mktemp("softhsm") / "hsm")
    before = os.environ.get("SOFTHSM2_CONF")
    os.environ.update(made.environment)
    try:
        for token in ("release", "other one", "same", "same"):
            made.add_token(token)
        fill(made)
        yield made
    finally:
        pkcs11.unload(made.module)
        os.environ.pop("SOFTHSM2_CONF")
        if before is not None:
            os.environ["SOFTHSM2_CONF"] = before


def fill(hsm: SoftHSM) -> None:
    hsm.add_key("release", "models", identifier=b"\x01")
    hsm.add_key("release", "models-384", identifier=b"\x02", curve=P384)
    hsm.add_key("release", "every-time", identifier=b"\x03", always=True)
    hsm.add_key("release", "rsa", identifier=b"\x04", kind="rsa")
    hsm.add_key("release", "p521", identifier=b"\x05", curve=P521)
    hsm.add_key("release", "twin", identifier=b"\x06")
    hsm.add_key("release", "twin", identifier=b"\x07")
    hsm.add_key("release", "half", identifier=b"\x08")
    hsm.add_key("release", "decoy", identifier=b"\x09")
    hsm.add_key("other one", "models", identifier=b"\x01")
    with hsm.open("release") as session:
        hsm.public_object(session, "half").destroy()
        hsm.public_object(session, "decoy").destroy()
        add_public(session, CERTIFIED.public_key(), "decoy", b"\x09")
        add_certified(session, b"\x0a")


def add_public(session: object, key: ec.EllipticCurvePublicKey, label: str, identifier: bytes) -> None:
    import pkcs11

    der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    attributes = pkcs11.util.ec.decode_ec_public_key(der)
    more = {pkcs11.Attribute.TOKEN: True, pkcs11.Attribute.LABEL: label, pkcs11.Attribute.ID: identifier}
    session.create_object({**attributes, **more})  # type: ignore[attr-defined]


def add_certified(session: object, identifier: bytes) -> None:
    """A private key with a certificate and no public key beside it, as smart cards hold them."""
    import pkcs11

    private = CERTIFIED.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    named = {
        pkcs11.Attribute.TOKEN: True,
        pkcs11.Attribute.LABEL: "certified",
        pkcs11.Attribute.ID: identifier,
    }
    session.create_object(  # type: ignore[attr-defined]
        {**pkcs11.util.ec.decode_ec_private_key(private), **named, pkcs11.Attribute.SIGN: True}
    )
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "card")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, CERTIFIED.public_key(), 1, now, now + timedelta(days=1))
        .sign(CERTIFIED, hashes.SHA256())
        .public_bytes(serialization.Encoding.DER)
    )
    session.create_object(  # type: ignore[attr-defined]
        {**pkcs11.util.x509.decode_x509_certificate(certificate), **named}
    )


def opened(text: str, pin: str | None = PIN) -> Signer:
    return uri.open_signer(text, passphrase=lambda _: None if pin is None else pin.encode())


def public(text: str, pin: str | None = None) -> PublicKey:
    return uri.read_public(text, passphrase=lambda _: None if pin is None else pin.encode())


@pytest.mark.parametrize("label", ["models", "models-384", "every-time", "certified"])
def test_a_signature_verifies_with_the_public_half(hsm: SoftHSM, label: str) -> None:
    signer = opened(hsm.uri("release", label))
    for words in (b"words", b"w" * 100_000, b""):
        algorithms.check_signature(signer.public_key, signer.sign(words), words, what="test")
    assert fingerprint(public(hsm.uri("release", label))) == signer.fingerprint


def test_a_p384_key_comes_with_its_caveat(hsm: SoftHSM) -> None:
    assert [warning.code for warning in opened(hsm.uri("release", "models-384")).warnings] == ["key-algorithm"]


def test_the_pin_is_asked_with_the_tokens_name_and_once(hsm: SoftHSM) -> None:
    asked: list[str] = []

    def answer(name: str) -> bytes:
        asked.append(name)
        return PIN.encode()

    uri.open_signer(hsm.uri("release", "models"), passphrase=answer).sign(b"x")
    assert asked == ["token release (PIN)"]


def test_the_public_half_needs_no_pin(hsm: SoftHSM) -> None:
    def nobody(name: str) -> bytes:
        raise AssertionError(f"nobody should be asked for {name}")

    uri.read_public(hsm.uri("release", "models"), passphrase=nobody)


@pytest.mark.parametrize("form", ["file:{}", "file://{}", "{}"])
def test_the_pin_from_a_file(hsm: SoftHSM, tmp_path: Path, form: str) -> None:
    (tmp_path / "pin").write_text(f"{PIN}\n")
    source = form.format(tmp_path / "pin")
    signer = opened(hsm.uri("release", "models", f"pin-source={source}"), pin=None)
    assert signer.sign(b"x")
    assert signer.warnings == ()


def test_a_pin_in_the_uri_works_and_is_warned_of(hsm: SoftHSM) -> None:
    signer = opened(hsm.uri("release", "models", f"pin-value={PIN}"), pin=None)
    assert signer.sign(b"x")
    assert [warning.code for warning in signer.warnings] == ["pin-in-uri"]
    assert PIN not in repr(signer)


def test_the_module_from_the_environment(hsm: SoftHSM, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PKCS11_MODULE_PATH", hsm.module)
    assert opened("pkcs11:token=release;object=models").sign(b"x")


@pytest.mark.parametrize("more", ["id=%06", "id=%07;type=private"])
def test_twins_are_told_apart_by_their_identifiers(hsm: SoftHSM, more: str) -> None:
    text = hsm.uri("release", "twin").replace(";object", f";{more};object")
    assert opened(text).fingerprint == fingerprint(public(text))


def test_tokens_are_told_apart_by_slot_and_serial(hsm: SoftHSM) -> None:
    import pkcs11

    first, second = pkcs11.lib(hsm.module).get_tokens(token_label="same")
    hsm_uri = hsm.uri("same", "none")
    for more in (f"serial={first.serial.decode()}", f"slot-id={second.slot.slot_id}"):
        assert refusal(hsm_uri.replace(";object", f";{more};object")) == "key-not-found"
    assert refusal(hsm_uri) == "key-ambiguous"


def refusal(text: str, pin: str | None = PIN) -> str:
    with pytest.raises(AttestError) as caught:
        opened(text, pin)
    error = caught.value
    assert error.exit_status == 2
    assert PIN not in f"{error} {error.expected} {error.found} {error.hint} {error.looked_in}"
    return error.code


@pytest.mark.parametrize(
    ("token", "label", "pin", "code"),
    [
        ("release", "models", "9999", "wrong-pin"),
        ("release", "models", "1", "wrong-pin"),
        ("release", "models", "1" * 300, "wrong-pin"),
        ("release", "models", None, "passphrase-missing"),
        ("release", "models", "", "passphrase-missing"),
        ("release", "none", PIN, "key-not-found"),
        ("release", "twin", PIN, "key-ambiguous"),
        ("release", "rsa", PIN, "bad-key"),
        ("release", "p521", PIN, "bad-key"),
        ("release", "half", PIN, "key-not-found"),
        ("Release", "models", PIN, "pkcs11-token-missing"),
        ("", "models", PIN, "key-uri-malformed"),
    ],
)
def test_what_cannot_sign_is_refused(hsm: SoftHSM, token: str, label: str, pin: str | None, code: str) -> None:
    assert refusal(hsm.uri(token, label), pin) == code


def test_a_wrong_pin_is_tried_once_and_the_token_lives(hsm: SoftHSM) -> None:
    asked: list[str] = []

    def answer(name: str) -> bytes:
        asked.append(name)
        return b"9999"

    with pytest.raises(KeyFileError):
        uri.open_signer(hsm.uri("release", "models"), passphrase=answer)
    assert len(asked) == 1
    assert opened(hsm.uri("release", "models")).sign(b"x")


def test_any_key_is_meant_where_nothing_is_said(hsm: SoftHSM) -> None:
    assert refusal(f"pkcs11:token=release?module-path={hsm.module}") == "key-ambiguous"
    assert opened(f"pkcs11:token=other%20one?module-path={hsm.module}").sign(b"x")


def test_a_decoy_public_key_is_noticed_when_it_matters(hsm: SoftHSM) -> None:
    """Somebody who may write public objects put another one beside the private key."""
    signer = opened(hsm.uri("release", "decoy"))
    with pytest.raises(AttestError) as caught:
        signer.sign(b"x")
    assert (caught.value.code, caught.value.exit_status) == ("key-signs-wrongly", 3)


@pytest.mark.parametrize("label", ["none", "half"])
def test_a_public_half_that_is_not_there(hsm: SoftHSM, label: str) -> None:
    with pytest.raises(KeyFileError) as caught:
        public(hsm.uri("release", label), PIN)
    assert caught.value.code == "key-not-found"


@pytest.mark.parametrize(("label", "code"), [("twin", "key-ambiguous"), ("p521", "bad-key"), ("rsa", "bad-key")])
def test_a_public_half_that_is_not_one(hsm: SoftHSM, label: str, code: str) -> None:
    with pytest.raises(KeyFileError) as caught:
        public(hsm.uri("release", label))
    assert caught.value.code == code


@pytest.mark.parametrize("module", ["/nonexistent.so", "/etc/passwd", "libsofthsm2.so", "./m.so"])
def test_a_module_that_is_none(module: str) -> None:
    assert refusal(f"pkcs11:token=release?module-path={module}") == "pkcs11-module"


def test_no_module_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PKCS11_MODULE_PATH", raising=False)
    assert refusal("pkcs11:token=release") == "pkcs11-module"


@pytest.mark.parametrize(
    "source", ["file:pin", "|cat%20/pin", "https://x/pin", "file:/nonexistent/pin", "/dev", "{big}"]
)
def test_a_pin_source_that_is_none(hsm: SoftHSM, tmp_path: Path, source: str) -> None:
    (tmp_path / "big").write_text("1" * 5000)
    text = hsm.uri("release", "models", f"pin-source={source.format(big=tmp_path / 'big')}")
    assert refusal(text) == "pin-source"


def test_a_program_that_is_logged_in_stays_so(hsm: SoftHSM) -> None:
    import pkcs11

    with hsm.open("release") as own:
        assert opened(hsm.uri("release", "models")).sign(b"x")
        assert own.get_key(label="models", object_class=pkcs11.ObjectClass.PRIVATE_KEY)


def test_signing_from_several_threads(hsm: SoftHSM) -> None:
    signer = opened(hsm.uri("release", "models"))
    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(signer.sign, [b"x"] * 16))


def test_no_session_is_left_behind(hsm: SoftHSM) -> None:
    for _ in range(200):
        opened(hsm.uri("release", "models"))


def test_two_signers_of_one_token_do_not_disturb_each_other(hsm: SoftHSM) -> None:
    first, second = opened(hsm.uri("release", "models")), opened(hsm.uri("release", "models-384"))
    assert first.sign(b"x")
    assert second.sign(b"x")
    assert first.sign(b"x")
