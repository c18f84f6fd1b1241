"""Every service in every kind of trouble: an error with its code, an end, and never half a bundle."""

from __future__ import annotations

import dataclasses
import json
import logging
import time
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from attest.errors import (
    CredentialError,
    InputError,
    ServiceAnswerInvalid,
    ServiceError,
    ServiceRefused,
    ServiceUnreachable,
)
from attest.signing.keyless import KeylessSigner
from attest.signing.services import Kind, Service
from tests.services.patience import impatient_with
from tests.services.sigstore.instance import PERSON
from tests.signing.keyless_scene import OPTIONS, claims, mixed, signer, token, trust

if TYPE_CHECKING:
    from pathlib import Path

    from tests.services.sigstore.instance import Sigstore

TROUBLE: dict[str, tuple[str, dict[str, Any], str]] = {
    "down": ("down", {}, "unreachable"),
    "silent": ("slow", {}, "unreachable"),
    "dripping": ("drip", {}, "unreachable"),
    "broken": ("status", {"status": 500, "body": "internal"}, "failed"),
    "busy": ("status", {"status": 503}, "failed"),
    "rate-limiting": ("status", {"status": 429}, "refused"),
    "refusing": ("status", {"status": 400, "body": '{"code": 3, "message": "no"}'}, "refused"),
    "forbidding": ("status", {"status": 403}, "refused"),
    "redirecting": ("status", {"status": 307, "headers": {"Location": "http://127.0.0.1:9/"}}, "refused"),
    "babbling": ("garbage", {}, "answer"),
    "answering nothing": ("garbage", {"body": ""}, "answer"),
    "answering an empty object": ("garbage", {"body": "{}"}, "answer"),
    "answering null": ("garbage", {"body": "null"}, "answer"),
    "endless": ("endless", {}, "answer"),
}


def sign(sigstore: Sigstore, version: int = 2) -> bytes:
    return signer(sigstore, version).sign_statement(claims()[0])


@pytest.mark.parametrize("trouble", TROUBLE)
@pytest.mark.parametrize("service", ["fulcio", "rekor", "tsa"])
def test_trouble_of_a_service_has_its_code(
    sigstore: Sigstore, monkeypatch: pytest.MonkeyPatch, service: str, trouble: str
) -> None:
    kind, more, code = TROUBLE[trouble]
    sigstore.fault(service, kind, **more)
    impatient_with(monkeypatch, Kind(service), kind)
    with pytest.raises(ServiceError) as caught:
        sign(sigstore)
    assert caught.value.code == f"{service}-{code}"
    assert caught.value.exit_status == 4


@pytest.mark.parametrize("trouble", TROUBLE)
def test_trouble_of_rekor_v1_has_its_code(sigstore: Sigstore, monkeypatch: pytest.MonkeyPatch, trouble: str) -> None:
    kind, more, code = TROUBLE[trouble]
    impatient_with(monkeypatch, Kind.REKOR, kind)
    sigstore.fault("rekor", kind, **more)
    with pytest.raises(ServiceError) as caught:
        sign(sigstore, 1)
    assert caught.value.code == f"rekor-{code}"
    assert caught.value.exit_status == 4


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("trouble", ["down", "broken", "babbling"])
def test_nothing_is_logged_where_the_timestamp_is_missing(sigstore: Sigstore, trouble: str, version: int) -> None:
    """sigstore-python only warns, and with Rekor v1 gives out a bundle without the timestamp."""
    kind, more, _ = TROUBLE[trouble]
    sigstore.fault("tsa", kind, **more)
    with pytest.raises(ServiceError, match="timestamp"):
        sign(sigstore, version)
    assert sigstore.asked("rekor") == 0


def test_a_refusal_is_not_repeated_and_says_what_the_service_said(sigstore: Sigstore) -> None:
    sigstore.fault("fulcio", "status", status=400, body='{"code": 3, "message": "no such issuer\\u001b[31m"}')
    with pytest.raises(ServiceRefused) as caught:
        sign(sigstore)
    assert sigstore.asked("fulcio") == 1
    assert caught.value.found == "no such issuer[31m"


def test_a_service_is_asked_as_often_as_allowed_and_no_more(sigstore: Sigstore) -> None:
    sigstore.fault("fulcio", "status", status=502)
    with pytest.raises(ServiceRefused) as caught:
        signer(sigstore)
    assert sigstore.asked("fulcio") == 2
    assert "2 tries" in str(caught.value.found)


def test_a_wait_that_is_longer_than_the_budget_is_not_waited(sigstore: Sigstore) -> None:
    sigstore.fault("fulcio", "status", status=503, headers={"Retry-After": "3600"})
    with pytest.raises(ServiceRefused) as caught:
        sign(sigstore)
    assert sigstore.asked("fulcio") == 1  # whoever waits asks again
    assert "3600 s" in str(caught.value.found)


def test_nobody_listens(sigstore: Sigstore) -> None:
    with pytest.raises(ServiceUnreachable) as caught:
        KeylessSigner.open(
            dataclasses.replace(trust(sigstore), fulcio="http://127.0.0.1:9"), token(sigstore), options=OPTIONS
        )
    assert caught.value.code == "fulcio-unreachable"


def test_nothing_is_asked_offline(sigstore: Sigstore) -> None:
    with pytest.raises(ServiceUnreachable) as caught:
        signer(sigstore, options=replace(OPTIONS, offline=True))
    assert caught.value.code == "offline"
    assert sigstore.asked("fulcio") == 0


@pytest.mark.parametrize("url", ["http://fulcio.acme.test", "http://192.0.2.1:8080"])
def test_a_token_does_not_travel_without_tls(url: str) -> None:
    with pytest.raises(InputError) as caught:
        Service(kind=Kind.FULCIO, url=url)
    assert caught.value.code == "service-without-tls"


@pytest.mark.parametrize("url", ["", "fulcio", "ftp://fulcio", "https://", "https://user@fulcio.test", "file:///etc"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(InputError) as caught:
        Service(kind=Kind.FULCIO, url=url)
    assert caught.value.code == "bad-service-address"


# --- tokens that Fulcio sees through


def test_a_token_that_nobody_signed_is_refused_by_fulcio(sigstore: Sigstore) -> None:
    good = token(sigstore)
    head, claims_part, _ = good.raw.split(".")
    forged = dataclasses.replace(good, raw=f"{head}.{claims_part}.AAAA")
    with pytest.raises(ServiceRefused) as caught:
        KeylessSigner.open(trust(sigstore), forged, options=OPTIONS)
    assert caught.value.code == "fulcio-refused"
    assert "identity token" in str(caught.value.found)


def test_a_token_of_another_instance_is_refused_by_fulcio(sigstore: Sigstore, other_sigstore: Sigstore) -> None:
    with pytest.raises(ServiceRefused) as caught:
        KeylessSigner.open(trust(sigstore), token(other_sigstore), options=OPTIONS)
    assert caught.value.code == "fulcio-refused"


def test_a_token_that_expires_between_reading_and_signing(sigstore: Sigstore) -> None:
    """Our own reading came before; the engine looks once more."""
    late = dataclasses.replace(token(sigstore), raw=sigstore.token(exp=int(time.time()) - 60))
    with pytest.raises(CredentialError) as caught:
        KeylessSigner.open(trust(sigstore), late, options=OPTIONS)
    assert caught.value.code == "broken-credential"
    assert sigstore.asked("fulcio") == 0


def test_a_token_is_never_repeated(sigstore: Sigstore, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    secret = token(sigstore)
    payload = secret.raw.split(".")[1]
    for body in (secret.raw, json.dumps({"message": f"bad token {secret.raw}"}), f"claims {payload} are wrong"):
        sigstore.fault("fulcio", "status", status=400, body=body)
        with pytest.raises(ServiceRefused) as caught:
            KeylessSigner.open(trust(sigstore), secret, options=OPTIONS)
        assert payload not in f"{caught.value.found} {caught.value!r} {caught.value.hint}"
    sigstore.fault("fulcio", "garbage", body=f"token {secret.raw}")
    with pytest.raises(ServiceAnswerInvalid) as garbage:
        KeylessSigner.open(trust(sigstore), secret, options=OPTIONS)
    assert payload not in str(garbage.value.found)
    sigstore.heal()
    KeylessSigner.open(trust(sigstore), secret, options=OPTIONS).sign_statement(claims()[0])
    assert payload not in caplog.text


# --- answers that fit something else


def test_the_certificate_of_another_key_is_refused(sigstore: Sigstore) -> None:
    signer(sigstore)
    sigstore.fault("fulcio", "replay")
    with pytest.raises(ServiceAnswerInvalid, match="another key") as caught:
        signer(sigstore)
    assert caught.value.code == "fulcio-answer"


def test_a_timestamp_of_another_signature_is_refused(sigstore: Sigstore) -> None:
    keyless = signer(sigstore)
    keyless.sign_statement(claims()[0])
    sigstore.fault("tsa", "replay")
    with pytest.raises(ServiceAnswerInvalid, match="something else") as caught:
        keyless.sign_statement(claims()[0])
    assert caught.value.code == "tsa-answer"


@pytest.mark.parametrize("version", [1, 2])
def test_an_entry_about_another_signature_is_refused(sigstore: Sigstore, version: int) -> None:
    keyless = signer(sigstore, version)
    keyless.sign_statement(claims()[0])
    sigstore.fault("rekor", "replay")
    with pytest.raises(ServiceAnswerInvalid) as caught:
        keyless.sign_statement(claims()[0])
    assert caught.value.code in {"rekor-answer", "log-entry-mismatch"}


@pytest.mark.parametrize(
    ("service", "code"),
    [
        ("caUrls", "fulcio-not-trusted"),
        ("rekorTlogUrls", "log-unknown"),
        ("tsaUrls", "timestamp-invalid"),  # both authorities have the same name and serial number
    ],
)
@pytest.mark.parametrize("version", [1, 2])
def test_the_answers_of_another_instance_do_not_fit_the_root(  # noqa: PLR0917  # pytest passes by name
    tmp_path: Path, sigstore: Sigstore, other_sigstore: Sigstore, service: str, code: str, version: int
) -> None:
    instance = mixed(tmp_path / "mixed.json", sigstore, other_sigstore, service, version)
    who = other_sigstore if service == "caUrls" else sigstore
    with pytest.raises(ServiceAnswerInvalid) as caught:
        KeylessSigner.open(instance, token(who), options=OPTIONS).sign_statement(claims()[0])
    assert caught.value.code == code
    assert caught.value.exit_status == 4


# --- clocks


def test_a_certificate_that_is_over_at_once_is_a_matter_of_clocks(sigstore: Sigstore) -> None:
    sigstore.fault("fulcio", "skew", seconds=-3600)
    with pytest.raises(ServiceAnswerInvalid) as caught:
        signer(sigstore)
    assert caught.value.code == "clock-skew"
    assert caught.value.found == "one that ended 50 min ago"


def test_a_certificate_of_the_future_does_not_get_a_bundle(sigstore: Sigstore) -> None:
    sigstore.fault("fulcio", "skew", seconds=3600)
    with pytest.raises(ServiceError) as caught:
        sign(sigstore)
    assert caught.value.code == "certificate-expired"


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("seconds", [-3600, 3600])
def test_a_timestamp_an_hour_off_is_refused_before_anything_is_logged(
    sigstore: Sigstore, seconds: int, version: int
) -> None:
    sigstore.fault("tsa", "skew", seconds=seconds)
    with pytest.raises(ServiceAnswerInvalid) as caught:
        sign(sigstore, version)
    assert caught.value.code == "tsa-clock"
    assert sigstore.asked("rekor") == 0


@pytest.mark.parametrize("seconds", [-3600, 3600])
def test_a_log_an_hour_off_does_not_get_a_bundle(sigstore: Sigstore, seconds: int) -> None:
    sigstore.fault("rekor", "skew", seconds=seconds)
    with pytest.raises(ServiceAnswerInvalid) as caught:
        sign(sigstore, 1)
    assert caught.value.code in {"certificate-expired", "log-window"}


@pytest.mark.parametrize(("seconds", "code"), [(3600, "token-not-yet-valid"), (-3600, "token-expired")])
def test_a_token_an_hour_off_is_refused_before_anybody_sees_it(sigstore: Sigstore, seconds: int, code: str) -> None:
    sigstore.fault("oidc", "skew", seconds=seconds)
    with pytest.raises(CredentialError) as caught:
        token(sigstore, **PERSON)
    assert caught.value.code == code
    assert sigstore.asked("fulcio") == 0


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize(("seconds", "code"), [(-3600, "clock-skew"), (3600, "tsa-clock")])
def test_this_machine_an_hour_off_does_not_get_a_bundle(
    sigstore: Sigstore, seconds: int, code: str, version: int
) -> None:
    """All services agree with one another, and with the token, and not with this machine."""
    good = token(sigstore)
    for service in ("fulcio", "rekor", "tsa"):
        sigstore.fault(service, "skew", seconds=seconds)
    with pytest.raises(ServiceAnswerInvalid) as caught:
        KeylessSigner.open(trust(sigstore, version), good, options=OPTIONS).sign_statement(claims()[0])
    assert caught.value.code == code
    assert "clock" in f"{caught.value.hint} {caught.value.message}"
    assert sigstore.asked("rekor") == 0


def test_a_certificate_that_ends_during_the_push(sigstore: Sigstore, monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine compares its certificate with the clock before every claim."""
    keyless = signer(sigstore)
    keyless.sign_statement(claims()[0])
    from sigstore._internal.fulcio import ExpiredCertificate
    from sigstore.sign import Signer

    def over(_: object) -> None:
        raise ExpiredCertificate

    monkeypatch.setattr(Signer, "_signing_cert", over)
    with pytest.raises(CredentialError) as caught:
        keyless.sign_statement(claims()[1])
    assert caught.value.code == "signing-certificate-expired"


def test_what_is_no_token_does_not_reach_fulcio(sigstore: Sigstore) -> None:
    """Whatever is in a `Token`, the engine reads it again."""
    good = token(sigstore)
    for raw in ("", "a.b.c", good.raw + "x.y"):
        with pytest.raises(CredentialError):
            KeylessSigner.open(trust(sigstore), dataclasses.replace(good, raw=raw), options=OPTIONS)
    assert sigstore.asked("fulcio") == 0
