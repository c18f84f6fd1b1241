"""An identity provider in every kind of trouble, at each of its doors: a code, an end, no token from elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from attest.errors import AttestError, CredentialError, ServiceError, ServiceRefused
from attest.signing.keyless import KeylessSigner
from attest.signing.login import Login
from attest.signing.services import Kind
from attest.signing.token_sources import TokenChoice, find_token
from tests.services.oidc_server import DOORS, Provider, Trouble
from tests.services.patience import impatient_with
from tests.services.sigstore.instance import PERSON
from tests.signing.keyless_scene import OPTIONS, token, trust

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from attest.signing.tokens import Token
    from tests.services.sigstore.instance import Sigstore

KINDS: dict[str, tuple[str, int, bytes, str]] = {
    "down": ("down", 0, b"", "oidc-unreachable"),
    "silent": ("slow", 0, b"", "oidc-unreachable"),
    "dripping": ("drip", 0, b"", "oidc-unreachable"),
    "endless": ("endless", 0, b"", "oidc-answer"),
    "broken": ("status", 500, b"", "oidc-failed"),
    "busy": ("status", 503, b"", "oidc-failed"),
    "not found": ("status", 404, b"", "oidc-refused"),
    "rate-limiting": ("status", 429, b"", "oidc-refused"),
    "redirecting": ("status", 307, b"", "oidc-refused"),
    "a login page": ("status", 200, b"<html>log in</html>", "oidc-answer"),
    "answering nothing": ("status", 200, b"", "oidc-answer"),
    "answering an empty object": ("status", 200, b"{}", "oidc-answer"),
    "answering null": ("status", 200, b"null", "oidc-answer"),
    "answering other types": (
        "status",
        200,
        b'{"token_endpoint": 5, "device_code": 5, "id_token": 5}',
        "oidc-answer",
    ),
}


@pytest.fixture
def provider(sigstore: Sigstore) -> Iterator[Provider]:
    with Provider(sigstore.url) as made:
        yield made


def log_in(issuer: str, folder: Path) -> Token:
    login = Login(issuer=issuer, say=lambda _: None, options=OPTIONS, may_open=False)
    return find_token(TokenChoice(environment={}, ambient=False, mounted=folder / "none", person=login.token))


def test_a_provider_in_no_trouble_gives_a_token(provider: Provider, sigstore: Sigstore, tmp_path: Path) -> None:
    assert log_in(provider.url, tmp_path).issuer == sigstore.url


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("door", DOORS)
def test_trouble_at_a_door_has_its_code(
    provider: Provider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, door: str, kind: str
) -> None:
    what, status, body, code = KINDS[kind]
    location = f"{provider.url}{DOORS[door]}" if kind == "redirecting" else ""  # round and round
    provider.trouble = Trouble(door=door, kind=what, status=status, body=body, location=location)
    impatient_with(monkeypatch, Kind.OIDC, what)
    with pytest.raises(ServiceError) as caught:
        log_in(provider.url, tmp_path)
    assert (caught.value.code, caught.value.exit_status) == (code, 4)


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_token_that_is_refused_in_words_is_a_matter_of_the_person(
    provider: Provider, tmp_path: Path, status: int
) -> None:
    body = b'{"error": "access_denied\\u001b[2J"}'
    provider.trouble = Trouble(door="token", kind="status", status=status, body=body)
    with pytest.raises(CredentialError) as caught:
        log_in(provider.url, tmp_path)
    assert (caught.value.code, caught.value.found) == ("login-failed", "access_denied[2J")


@pytest.mark.parametrize("door", ["code", "token"])
def test_a_provider_that_sends_us_elsewhere_without_tls(provider: Provider, tmp_path: Path, door: str) -> None:
    """Its configuration names the other doors; a code or token would be read on the way."""
    name = {"code": "device_authorization_endpoint", "token": "token_endpoint"}[door]
    elsewhere = '"http://login.acme.test/x"'
    good = {each: f'"{provider.url}{path}"' for each, path in zip(("c", "code", "token"), DOORS.values(), strict=True)}
    other = "token_endpoint" if door == "code" else "device_authorization_endpoint"
    body = f'{{"{name}": {elsewhere}, "{other}": {good["token"]}}}'.encode()
    provider.trouble = Trouble(door="configuration", kind="status", body=body)
    with pytest.raises(AttestError) as caught:
        log_in(provider.url, tmp_path)
    assert caught.value.code == "service-without-tls"


# --- another instance's keys


def test_a_login_at_another_instance_gets_no_certificate(
    sigstore: Sigstore, other_sigstore: Sigstore, tmp_path: Path
) -> None:
    theirs = log_in(other_sigstore.url, tmp_path)
    with pytest.raises(ServiceRefused) as caught:
        KeylessSigner.open(trust(sigstore), theirs, options=OPTIONS)
    assert caught.value.code == "fulcio-refused"


def test_a_token_in_our_issuer_s_name_signed_by_another_gets_no_certificate(
    sigstore: Sigstore, other_sigstore: Sigstore
) -> None:
    forged = token(other_sigstore, iss=sigstore.url, **PERSON)
    assert forged.issuer == sigstore.url
    with pytest.raises(ServiceRefused) as caught:
        KeylessSigner.open(trust(sigstore), forged, options=OPTIONS)
    assert caught.value.code == "fulcio-refused"


# --- clocks


@pytest.mark.parametrize(("seconds", "code"), [(3600, "token-not-yet-valid"), (-3600, "token-expired")])
def test_a_login_at_a_provider_an_hour_off(sigstore: Sigstore, tmp_path: Path, seconds: int, code: str) -> None:
    sigstore.fault("oidc", "skew", seconds=seconds)
    with pytest.raises(CredentialError) as caught:
        log_in(sigstore.url, tmp_path)
    assert caught.value.code == code
