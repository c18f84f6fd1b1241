"""Answering a registry's challenge: Basic or Bearer, as the registry asks, and to nobody else.

Credentials go to the registry's own origin and to an https token service that it names; with plain HTTP the token
service has to be on the registry's own host. (oras-py sends them to whatever host a realm spells.)
"""

from __future__ import annotations

import re
import threading
import time
from typing import TYPE_CHECKING, Final, Protocol
from urllib.parse import urlencode

from msgspec import Struct

from attest_registry import limits
from attest_registry.errors import ContentMismatch, StoreError, Unauthorised
from attest_registry.oci.address import Origin
from attest_registry.strict_json import parse_object

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from attest_registry.oci.credentials import Credentials

_HEADER_CHARACTERS: Final = 8 * 1024
_PART: Final = re.compile(
    r"""[\s,]*(?P<word>[!#$%&'*+.^_`|~0-9A-Za-z-]+)
        (?:[ \t]*=[ \t]*(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<plain>[^\s,"]*)))?""",
    re.VERBOSE,
)
_TOKEN: Final = re.compile(r"[\x21-\x7e]{1,65536}", re.ASCII)
_SCOPE: Final = re.compile(r"[\x21-\x7e]{1,512}", re.ASCII)
_DEFAULT_LIFE: Final = 60.0
_LONGEST_MARGIN: Final = 15.0


class Challenge(Struct, frozen=True, kw_only=True):
    """One way in that a registry offers (RFC 9110 section 11.6.1).

    Args:
        scheme: lower case.
        parameters: by lower-case name.
    """

    scheme: str
    parameters: Mapping[str, str]


def parse_challenges(header: str) -> list[Challenge]:
    """Read a `WWW-Authenticate` header. What is not understood is left out; nothing is raised."""
    found: list[tuple[str, dict[str, str]]] = []
    position, header = 0, header[:_HEADER_CHARACTERS]
    while (match := _PART.match(header, position)) is not None:
        position = match.end()
        word = match["word"].lower()
        if match["quoted"] is None and match["plain"] is None:
            found.append((word, {}))
        elif found:
            quoted = match["quoted"]
            found[-1][1].setdefault(word, match["plain"] if quoted is None else re.sub(r"\\(.)", r"\1", quoted))
    return [Challenge(scheme=scheme, parameters=parameters) for scheme, parameters in found]


class _Token(Struct, frozen=True, kw_only=True):
    value: str
    expires: float


class TokenService(Protocol):
    """Asks a token service, without any authentication of its own."""

    def __call__(self, method: str, url: str, *, headers: Mapping[str, str], form: bytes | None) -> tuple[int, bytes]:
        """Status and bounded body of the answer; redirects are not followed."""
        ...


class Authenticator:
    """Knows what to show to one registry. Safe for several threads.

    Args:
        host: the registry, for messages.
        origin: where it is.
        find: looks the credentials up; called at most once, and only when the registry asks.
        ask: asks a token service.
        clock: seconds that only go forward.
    """

    def __init__(
        self,
        *,
        host: str,
        origin: Origin,
        find: Callable[[], Credentials | None],
        ask: TokenService,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._host = host
        self._origin = origin
        self._find = find
        self._ask = ask
        self._clock = clock
        self._lock = threading.RLock()
        self._challenge: Challenge | None = None
        self._credentials: Credentials | None = None
        self._looked = False
        self._tokens: dict[tuple[str, str, str], _Token] = {}

    def header(self, scope: str | None) -> str | None:
        """What to send without being asked again; a token that is nearly over is replaced first.

        Args:
            scope: what will be done, as `repository:NAME:ACTIONS`.
        """
        with self._lock:
            if self._challenge is None:
                return None
            return self._answer(self._challenge, scope, rejected=None)

    def renewed(self, header: str | None, scope: str | None, *, rejected: str | None) -> str | None:
        """What to send after the registry asked.

        Args:
            header: its `WWW-Authenticate`.
            scope: what was to be done.
            rejected: what was sent and not accepted.

        Returns:
            another `Authorization` value than `rejected`, or `None` where there is none.

        Raises:
            Unauthorised: the challenge cannot be answered safely, or the token service refused.
        """
        with self._lock:
            offered = parse_challenges(header or "")
            known = [challenge for challenge in offered if challenge.scheme in ("bearer", "basic")]
            if not known:
                return None
            self._challenge = min(known, key=lambda challenge: challenge.scheme != "bearer")
            answer = self._answer(self._challenge, scope, rejected=rejected)
            return None if answer == rejected else answer

    def described(self) -> str:
        """Which credentials were shown, for a message."""
        found = self._found() if self._looked else None
        if found is None:
            return f"no credentials for {self._host}"
        return f"the credentials from {found.source} do not allow it"

    def scrubbed(self, text: str) -> str:
        """`text` without our secrets, should a registry repeat them."""
        secrets = list(self._credentials.secrets) if self._credentials else []
        for secret in [*secrets, *(token.value for token in self._tokens.values())]:
            text = text.replace(secret, "…")
        return text

    def _found(self) -> Credentials | None:
        if not self._looked:
            self._credentials = self._find()
            self._looked = True
        return self._credentials

    def _answer(self, challenge: Challenge, scope: str | None, *, rejected: str | None) -> str | None:
        found = self._found()
        if found is not None and found.registry_token is not None:
            return f"Bearer {_checked_token(found.registry_token, self._host)}"
        if challenge.scheme == "basic":
            return found.basic if found is not None else None
        realm = challenge.parameters.get("realm", "")
        self._check_realm(realm)
        service = challenge.parameters.get("service", "")
        wanted = merged_scopes(challenge.parameters.get("scope", ""), scope)
        key = (realm, service, wanted)
        token = self._tokens.get(key)
        if token is None or self._clock() >= token.expires or rejected == f"Bearer {token.value}":
            token = self._tokens[key] = self._fetch(realm, service, wanted, found)
        return f"Bearer {token.value}"

    def _check_realm(self, realm: str) -> None:
        try:
            origin = Origin.of(realm)
        except StoreError as error:
            raise self._realm_refused(realm) from error
        if origin.scheme == "https":
            return
        same = origin.host == self._origin.host or (origin.is_loopback and self._origin.is_loopback)
        if self._origin.scheme != "http" or not same:
            raise self._realm_refused(realm)

    def _realm_refused(self, realm: str) -> Unauthorised:
        shown = "".join(character for character in realm.partition("?")[0][:80] if character.isprintable())
        return Unauthorised(
            f"{self._host} wants credentials to be sent to a place that is not safe",
            code="realm-refused",
            expected="an https address",
            found=shown or "nothing",
        )

    def _fetch(self, realm: str, service: str, scope: str, found: Credentials | None) -> _Token:
        now = self._clock()
        fields = [(name, text) for name, text in (("service", service), ("client_id", "attest")) if text]
        fields += [("scope", part) for part in scope.split()]
        headers: dict[str, str] = {"Accept": "application/json"}
        if found is not None and found.identity_token is not None:  # OAuth2: distribution/spec/auth/oauth
            fields = [(name, text) for name, text in fields if name != "scope"] + [("scope", scope)]
            fields += [("grant_type", "refresh_token"), ("refresh_token", found.identity_token)]
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            status, body = self._ask("POST", realm, headers=headers, form=urlencode(fields).encode())
        else:
            if found is not None and found.basic is not None:
                headers["Authorization"] = found.basic
            separator = "&" if "?" in realm else "?"
            status, body = self._ask("GET", f"{realm}{separator}{urlencode(fields)}", headers=headers, form=None)
        if status != 200:  # noqa: PLR2004
            raise Unauthorised(
                f"{self._host} did not let us in: its token service refused ({status})",
                found=self.described(),
                hint=f"attest login {self._host}",
            )
        return self._token(body, now)

    def _token(self, body: bytes, now: float) -> _Token:
        try:
            document = parse_object(body, what="the answer", limit=limits.CONFIG_BYTES)
        except ContentMismatch as error:
            message = f"{self._host} did not let us in: its token service answered no token"
            raise Unauthorised(message, code="bad-token") from error
        value = document.get("token") or document.get("access_token")
        life = document.get("expires_in")
        seconds = float(life) if isinstance(life, int) and not isinstance(life, bool) and life > 0 else _DEFAULT_LIFE
        margin = min(_LONGEST_MARGIN, seconds / 4)
        return _Token(value=_checked_token(value, self._host), expires=now + seconds - margin)


def _checked_token(value: object, host: str) -> str:
    """Refuse what could not be one header value (a line break would begin another header)."""
    if isinstance(value, str) and _TOKEN.fullmatch(value):
        return value
    raise Unauthorised(f"{host} did not let us in: the token it was given is none", code="bad-token")


def merged_scopes(asked: str, wanted: str | None) -> str:
    """One scope list with the actions that the registry asked for and those that we need, in a stable order."""
    actions: dict[str, set[str]] = {}
    for part in [*asked.split(), *(wanted or "").split()]:
        resource, colon, names = part.rpartition(":")
        if colon and _SCOPE.fullmatch(part):
            actions.setdefault(resource, set()).update(name for name in names.split(",") if name)
    return " ".join(f"{resource}:{','.join(sorted(names))}" for resource, names in sorted(actions.items()))
