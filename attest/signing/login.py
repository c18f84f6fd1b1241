"""A person logs in: in a browser here, or, where there is none, with a short code in a browser elsewhere.

Authorization code (RFC 6749) and device flow (RFC 8628), both with PKCE (RFC 7636) and bounded in time. The engine's
own browser flow waits for ever and leaves its socket open, and it has no device flow.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode, urlsplit

from msgspec import Struct

from attest.errors import CredentialError, ServiceAnswerInvalid
from attest.signing import browser
from attest.signing.services import DEFAULT, Kind, Service, printable
from attest.signing.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Callable

    from attest_registry.oci.remote_options import RemoteOptions

CLIENT: Final = "sigstore"
_GRANT: Final = "urn:ietf:params:oauth:grant-type:device_code"
_FORM: Final = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
_LONGEST: Final = 600.0
_SLOWER: Final = 5.0
_WAITING: Final = {"authorization_pending": 0.0, "slow_down": _SLOWER}


class Login(Struct, frozen=True, kw_only=True):
    """How a person logs in.

    Args:
        issuer: address of the identity provider.
        say: shows one line to the person.
        options: how the provider is reached.
        may_open: whether a browser may be opened here.
    """

    issuer: str
    say: Callable[[str], None]
    options: RemoteOptions = DEFAULT
    may_open: bool = True

    def token(self) -> str:
        """An identity token of whoever logged in.

        Raises:
            CredentialError: `login-failed`: the person or the provider said no, or took too long.
            ServiceError: `oidc-unreachable`, `oidc-refused`, `oidc-failed`, `oidc-answer`.
        """
        service = Service(kind=Kind.OIDC, url=self.issuer, options=self.options)
        answer = service.ask("/.well-known/openid-configuration", asked="its configuration")
        configuration = service.document(answer)
        tokens = self._endpoint(configuration, "token_endpoint")
        if "device_authorization_endpoint" in configuration and not (self.may_open and browser.is_here()):
            return self._by_code(self._endpoint(configuration, "device_authorization_endpoint"), tokens)
        return self._by_browser(self._endpoint(configuration, "authorization_endpoint"), tokens)

    def _endpoint(self, configuration: dict[str, Any], name: str) -> Service:
        url = configuration.get(name)
        if not isinstance(url, str):
            raise ServiceAnswerInvalid(f"the identity provider {self.issuer} has no {name}", code="oidc-answer")
        return Service(kind=Kind.OIDC, url=url, options=self.options)

    def _by_browser(self, page: Service, tokens: Service) -> str:
        verifier, query = _challenge()
        code, address = browser.visit(page.url, query, say=self.say, seconds=_LONGEST)
        form = {
            "grant_type": "authorization_code",
            "client_id": CLIENT,
            "redirect_uri": address,
            "code": code,
            "code_verifier": verifier,
        }
        found = _redeem(tokens, form)
        if not isinstance(found, str):
            raise _refused(found)
        return found

    def _by_code(self, device: Service, tokens: Service) -> str:
        verifier, query = _challenge()
        answer = device.ask(body=urlencode(query).encode(), asked="a login code", headers=_FORM)
        document = device.document(answer)
        match document:
            case {"device_code": str(code), "user_code": str(shown), "verification_uri": str(page)}:
                pass
            case _:
                raise device.invalid("sent no login code")
        if urlsplit(page).scheme not in ("https", "http"):
            raise device.invalid("sent no address to log in at")
        self.say(f"log in at {printable(page)} with the code {printable(shown)}")
        redeemed = {"grant_type": _GRANT, "client_id": CLIENT, "device_code": code, "code_verifier": verifier}
        ends = time.monotonic() + min(_seconds(document, "expires_in", _LONGEST), _LONGEST)
        return _poll(tokens, redeemed, interval=_seconds(document, "interval", _SLOWER), ends=ends)


def _challenge() -> tuple[str, dict[str, str]]:
    """A PKCE verifier, and what the provider is asked with."""
    verifier = secrets.token_urlsafe(48)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    asked = {"client_id": CLIENT, "scope": "openid email", "code_challenge": challenge, "code_challenge_method": "S256"}
    return verifier, asked


def _poll(tokens: Service, form: dict[str, str], *, interval: float, ends: float) -> str:
    """Ask until the person has answered (RFC 8628 section 3.5)."""
    while time.monotonic() < ends:
        time.sleep(min(interval, max(0.0, ends - time.monotonic())))
        found = _redeem(tokens, form)
        if isinstance(found, str):
            return found
        if found.error not in _WAITING:
            raise _refused(found)
        interval += _WAITING[found.error]
    raise CredentialError("the login took too long", code="login-failed", hint="run it again")


class _Refused(Struct, frozen=True, kw_only=True):
    error: str


def _redeem(tokens: Service, form: dict[str, str]) -> str | _Refused:
    """A token for a code."""
    accept = frozenset({200, 400, 401, 403})
    answer = tokens.ask(body=urlencode(form).encode(), asked="an identity token", headers=_FORM, accept=accept)
    match tokens.document(answer):
        case {"error": str(error)}:
            return _Refused(error=error)
        case {"id_token": str(token)} if is_token(token):
            return token
        case _:
            raise tokens.invalid("sent no identity token")


def _refused(found: _Refused) -> CredentialError:
    return CredentialError("the login did not succeed", code="login-failed", found=printable(found.error))


def _seconds(document: dict[str, Any], name: str, default: float) -> float:
    value = document.get(name, default)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0 else default
