from __future__ import annotations

import contextlib
import threading
import urllib.request
import webbrowser
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest

from attest.errors import CredentialError, ServiceError
from attest.signing import browser, login
from attest.signing.keyless import KeylessSigner
from attest.signing.login import Login
from attest.signing.services import Kind
from attest.signing.token_sources import TokenChoice, find_token
from attest.signing.tokens import Token
from tests.services.patience import impatient_with
from tests.signing.keyless_scene import OPTIONS, claims, trust

if TYPE_CHECKING:
    from pathlib import Path

    from tests.services.sigstore.instance import Sigstore


def by_code(sigstore: Sigstore, said: list[str] | None = None) -> Login:
    say = (said if said is not None else []).append
    return Login(issuer=sigstore.url, say=say, options=OPTIONS, may_open=False)


def test_a_person_logs_in_with_a_code_and_signs(tmp_path: Path, sigstore: Sigstore) -> None:
    said: list[str] = []
    sigstore.login(pending=2)
    choice = TokenChoice(environment={}, ambient=False, mounted=tmp_path / "none", person=by_code(sigstore, said).token)
    keyless = KeylessSigner.open(trust(sigstore), find_token(choice), options=OPTIONS)
    assert keyless.holder.subject == "dev@acme.test"
    assert keyless.sign_statement(claims()[0])
    assert said == [f"log in at {sigstore.url}/device with the code WDJB-MJHT"]


@pytest.fixture
def browsing(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A browser that goes where it is sent, after what a test tells it to do first."""
    first: list[str] = []

    def visit(url: str) -> bool:
        came = parse_qs(urlsplit(url).query)["redirect_uri"][0]
        addresses = [came + tail for tail in first] + [url]
        threading.Thread(target=fetch_all, args=(addresses,), daemon=True).start()
        return True

    monkeypatch.setattr(webbrowser, "open", visit)
    monkeypatch.setattr(webbrowser, "get", lambda: None)
    return first


def fetch_all(addresses: list[str]) -> None:
    for address in addresses:
        with contextlib.suppress(OSError), urllib.request.urlopen(address, timeout=5):  # noqa: S310  # ours
            pass


def test_a_person_logs_in_with_a_browser(sigstore: Sigstore, browsing: list[str]) -> None:
    said: list[str] = []
    raw = Login(issuer=sigstore.url, say=said.append, options=OPTIONS).token()
    assert Token.read(raw, origin="the login", now=datetime.now(UTC)).issuer == sigstore.url
    assert said == ["waiting for the browser"]


@pytest.mark.parametrize("tail", ["?code=stolen&state=guessed", "?code=stolen", "/../?code=stolen", "?error=denied"])
def test_whoever_does_not_know_the_state_is_not_listened_to(sigstore: Sigstore, browsing: list[str], tail: str) -> None:
    browsing.append(tail)
    assert Login(issuer=sigstore.url, say=print, options=OPTIONS).token()


def test_a_browser_that_never_comes_back(
    sigstore: Sigstore, browsing: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webbrowser, "open", lambda _: False)
    monkeypatch.setattr(login, "_LONGEST", 0.2)
    said: list[str] = []
    with pytest.raises(CredentialError) as caught:
        Login(issuer=sigstore.url, say=said.append, options=OPTIONS).token()
    assert caught.value.code == "login-failed"
    assert said[0].startswith(f"log in at {sigstore.url}/auth?")


def test_a_code_that_is_not_redeemed(sigstore: Sigstore, browsing: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browser, "visit", lambda *_, **__: ("another code", "http://localhost:1/auth/callback"))
    with pytest.raises(CredentialError) as caught:
        Login(issuer=sigstore.url, say=print, options=OPTIONS).token()
    assert (caught.value.code, caught.value.found) == ("login-failed", "invalid_grant")


@pytest.mark.parametrize("error", ["access_denied", "expired_token"])
def test_a_login_that_is_refused(sigstore: Sigstore, error: str) -> None:
    sigstore.login(error=error)
    with pytest.raises(CredentialError) as caught:
        by_code(sigstore).token()
    assert (caught.value.code, caught.value.found) == ("login-failed", error)


@pytest.mark.parametrize(
    ("kind", "more", "code"),
    [
        ("down", {}, "oidc-unreachable"),
        ("slow", {}, "oidc-unreachable"),
        ("status", {"status": 500}, "oidc-failed"),
        ("status", {"status": 404}, "oidc-refused"),
        ("garbage", {}, "oidc-answer"),
        ("endless", {}, "oidc-answer"),
    ],
)
def test_trouble_of_the_provider_has_its_code(
    sigstore: Sigstore, monkeypatch: pytest.MonkeyPatch, kind: str, more: dict[str, int], code: str
) -> None:
    sigstore.fault("oidc", kind, **more)
    impatient_with(monkeypatch, Kind.OIDC, kind)
    with pytest.raises(ServiceError) as caught:
        by_code(sigstore).token()
    assert caught.value.code == code
