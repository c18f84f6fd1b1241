"""One door to every signing service: certificate authority, log, timestamp authority, identity provider, TUF mirror.

sigstore-python asks Fulcio and Rekor without time-outs and nobody twice. Here every request has a time for connecting
and one for its whole answer, however slowly it drips; it is repeated after lost connections and busy answers, with
jitter and within tries and time; answers are read up to a limit; redirects are not followed, since requests carry
identity tokens; and plain HTTP is for this machine only. What goes wrong is a `ServiceError` whose code names the kind
of service: `fulcio-unreachable`, `rekor-refused`, `tsa-failed`, `oidc-answer`.
"""

from __future__ import annotations

import http.client
import json
import os
import time
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from msgspec import Struct

from attest.errors import (
    AttestError,
    InputError,
    ServiceAnswerInvalid,
    ServiceError,
    ServiceRefused,
    ServiceUnreachable,
)
from attest_registry import limits
from attest_registry.errors import ContentMismatch, StoreError, StoreRefused, Unreachable
from attest_registry.oci.remote_options import RemoteOptions, Timing
from attest_registry.strict_json import parse_object

if TYPE_CHECKING:
    from collections.abc import Mapping

    import requests

PATIENCE: Final = Timing(connect=10.0, idle=30.0, tries=3, budget=90.0, pause=0.5)
"""A Rekor v2 log answers when the entry is in the tree, which may take 20 s (rekor-tiles CLIENTS.md)."""

DEFAULT: Final = RemoteOptions(timing=PATIENCE)
ANSWER_BYTES: Final = limits.CONFIG_BYTES
_SAID: Final = 200
_SHORTEST_SECRET: Final = 8


class Kind(StrEnum):
    """What a service is; the first word of its error codes."""

    FULCIO = "fulcio"
    REKOR = "rekor"
    TSA = "tsa"
    OIDC = "oidc"
    TUF = "tuf"

    @property
    def words(self) -> str:
        """For people."""
        return _WORDS[self]


_WORDS: Final = {
    Kind.FULCIO: "certificate authority",
    Kind.REKOR: "transparency log",
    Kind.TSA: "timestamp authority",
    Kind.OIDC: "identity provider",
    Kind.TUF: "trust mirror",
}
_UNREACHABLE_CODES: Final = {
    Kind.FULCIO: "fulcio-unreachable",
    Kind.REKOR: "rekor-unreachable",
    Kind.TSA: "tsa-unreachable",
    Kind.OIDC: "oidc-unreachable",
    Kind.TUF: "tuf-unreachable",
}
_FAILED_CODES: Final = {
    Kind.FULCIO: "fulcio-failed",
    Kind.REKOR: "rekor-failed",
    Kind.TSA: "tsa-failed",
    Kind.OIDC: "oidc-failed",
    Kind.TUF: "tuf-failed",
}
_REFUSED_CODES: Final = {
    Kind.FULCIO: "fulcio-refused",
    Kind.REKOR: "rekor-refused",
    Kind.TSA: "tsa-refused",
    Kind.OIDC: "oidc-refused",
    Kind.TUF: "tuf-refused",
}
_ANSWER_CODES: Final = {
    Kind.FULCIO: "fulcio-answer",
    Kind.REKOR: "rekor-answer",
    Kind.TSA: "tsa-answer",
    Kind.OIDC: "oidc-answer",
    Kind.TUF: "tuf-answer",
}


class Answer(Struct, frozen=True, kw_only=True):
    """What a service said.

    Args:
        status: HTTP status, one of those that were asked for.
        headers: of the answer.
        body: all of it.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes


class _Request(Struct, frozen=True, kw_only=True):
    url: str
    body: bytes | None
    asked: str
    headers: Mapping[str, str]
    accept: frozenset[int]
    limit: int


@dataclass(frozen=True, kw_only=True)
class Service:
    """One service at one address.

    Args:
        kind: what it is.
        url: where it is, without a slash at the end.
        options: how it is reached; `plain_http` allows HTTP to other machines.
        secret: text that no message may repeat.
    """

    kind: Kind
    url: str
    options: RemoteOptions = DEFAULT
    secret: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        """Refuse addresses that are none, and those at which a token could be read on the way."""
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
            raise InputError(f"{self.url[:120]!r} is no address of a {self.kind.words}", code="bad-service-address")
        if parts.scheme == "http" and not self.options.plain_http and not _is_this_machine(self.url):
            raise InputError(
                f"the {self.kind.words} {self.host} would be asked without TLS",
                code="service-without-tls",
                expected=f"https://{self.host}",
            )

    @property
    def host(self) -> str:
        """Host and port, for people."""
        return urlsplit(self.url).netloc

    @property
    def name(self) -> str:
        """For messages."""
        return f"the {self.kind.words} {self.host}"

    def ask(
        self,
        path: str = "",
        body: bytes | None = None,
        *,
        asked: str,
        headers: Mapping[str, str] = MappingProxyType({}),
        accept: frozenset[int] = frozenset({200, 201}),
        limit: int = ANSWER_BYTES,
    ) -> Answer:
        """Ask until there is an answer, or tries or time are used up.

        Args:
            path: goes behind the address.
            body: sent with POST; GET without one.
            asked: what for, as a noun.
            headers: in addition to ours.
            accept: statuses that are answers; all others are errors.
            limit: most bytes of the answer.

        Raises:
            ServiceUnreachable: `KIND-unreachable`, `offline`, or `tls-…`.
            ServiceRefused: `KIND-refused` for 3xx and 4xx, `KIND-failed` for 5xx, after all tries.
            ServiceAnswerInvalid: `KIND-answer`: more than `limit`.
        """
        from attest_registry.oci.http import persist  # noqa: PLC0415  # the HTTP client, only where one is needed

        if self.options.offline:
            raise ServiceUnreachable(
                f"{self.name} would be asked for {asked}, and nothing may be reached",
                code="offline",
                hint="unset ATTEST_OFFLINE, or take `offline` out of config.toml",
            )
        request = _Request(
            url=self.url.rstrip("/") + path, body=body, asked=asked, headers=headers, accept=accept, limit=limit
        )
        try:
            return persist(lambda: self._once(request), self.options.timing)
        except StoreError as error:
            raise self._translated(error) from error

    def invalid(self, what: str, *, found: str | None = None) -> ServiceAnswerInvalid:
        """The error for an answer that cannot be used: `KIND-answer`.

        Args:
            what: goes behind the service's name.
            found: what was there.
        """
        return ServiceAnswerInvalid(f"{self.name} {what}", code=_ANSWER_CODES[self.kind], found=found)

    def document(self, answer: Answer) -> dict[str, Any]:
        """The JSON object in an answer.

        Raises:
            ServiceAnswerInvalid: `KIND-answer`.
        """
        try:
            return parse_object(answer.body, what="the answer", limit=ANSWER_BYTES)
        except AttestError as error:
            found = printable(answer.body.decode("utf-8", "replace"), self.secret)
            raise self.invalid("sent no JSON object", found=found) from error

    @cached_property
    def _session(self) -> requests.Session:
        import requests  # noqa: PLC0415

        from attest_registry.oci.connection import prepare  # noqa: PLC0415

        session = requests.Session()
        prepare(session, use_environment=not _is_this_machine(self.url))
        return session

    def _once(self, request: _Request) -> Answer:
        from attest_registry.oci import answers  # noqa: PLC0415
        from attest_registry.oci.bodies import read_document  # noqa: PLC0415
        from attest_registry.oci.http import Transient, retry_after  # noqa: PLC0415

        response = self._exchange(request)
        known = response.status_code in request.accept
        limit = request.limit if known else limits.ERROR_BODY_BYTES
        seconds = self.options.timing.idle
        try:
            body = read_document(response, limit=limit, seconds=seconds, host=self.host, asked=request.asked)
        except Unreachable as error:
            raise Transient(error) from error
        except ContentMismatch:
            if known:
                raise
            body = b""
        if known:
            return Answer(status=response.status_code, headers=response.headers, body=body)
        refused = self._refused(response, body, request.asked)
        if response.status_code in answers.BUSY:
            raise Transient(refused, wait=retry_after(response.headers.get("Retry-After"), now=time.time()))
        raise refused

    def _exchange(self, request: _Request) -> requests.Response:
        import requests  # noqa: PLC0415
        from urllib3.exceptions import HTTPError  # noqa: PLC0415

        from attest_registry.oci import answers  # noqa: PLC0415
        from attest_registry.oci.http import Transient  # noqa: PLC0415

        timing, ca_file = self.options.timing, self.options.ca_file
        try:
            return self._session.request(
                "GET" if request.body is None else "POST",
                request.url,
                data=request.body,
                headers=dict(request.headers),
                stream=True,
                allow_redirects=False,
                timeout=(timing.connect, timing.idle),
                verify=str(ca_file) if ca_file else os.environ.get("SSL_CERT_FILE") or True,
            )
        except (requests.RequestException, HTTPError, http.client.HTTPException, OSError, ValueError) as error:
            failure = answers.unanswered(error, host=self.host, asked=request.asked)
            failure.error.hint = None  # it speaks of registries
            if failure.tries == 1:
                raise failure.error from error
            raise Transient(failure.error, tries=failure.tries) from error

    def _refused(self, response: requests.Response, body: bytes, asked: str) -> StoreRefused:
        status = response.status_code
        failed = status >= 500  # noqa: PLR2004
        found = _message(body, self.secret)
        if response.is_redirect:
            found = f"it redirects to {printable(response.headers['Location'], self.secret)}, which is not followed"
        return StoreRefused(
            f"{self.name} {'failed at' if failed else 'refused'} {asked} ({status})",
            code=_FAILED_CODES[self.kind] if failed else _REFUSED_CODES[self.kind],
            found=found,
        )

    def _translated(self, error: StoreError) -> ServiceError:
        detail: dict[str, Any] = {"expected": error.expected, "found": error.found, "hint": error.hint}
        if isinstance(error, StoreRefused):
            return ServiceRefused(error.message, code=error.code, **detail)
        if isinstance(error, ContentMismatch):
            return ServiceAnswerInvalid(error.message, code=_ANSWER_CODES[self.kind], **detail)
        return ServiceUnreachable(
            error.message,
            code=error.code if error.code.startswith("tls-") else _UNREACHABLE_CODES[self.kind],
            **detail,
        )


def printable(text: str, secret: str = "", *, longest: int = _SAID) -> str:
    """One bounded line without control characters and without the secret.

    Args:
        text: what somebody else said.
        secret: what must not be in it.
        longest: characters.
    """
    open_text = text
    for part in (secret, *secret.split(".")):  # some providers repeat the claims alone
        open_text = open_text.replace(part, "…") if len(part) >= _SHORTEST_SECRET else open_text
    return "".join(character for character in open_text[: 4 * longest] if character.isprintable())[:longest]


def _message(body: bytes, secret: str) -> str | None:
    """What an error answer says: Fulcio and both Rekors put it into `message`, the identity providers elsewhere."""
    text = body.decode("utf-8", "replace")
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        document = None
    if isinstance(document, dict):
        said = [
            document[key] for key in ("message", "error_description", "error") if isinstance(document.get(key), str)
        ]
        text = said[0] if said else ""
    return printable(text, secret) or None


def _is_this_machine(url: str) -> bool:
    from attest_registry.oci.address import Origin  # noqa: PLC0415

    return Origin.of(url).is_loopback
