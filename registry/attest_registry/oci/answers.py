"""What went wrong, in words a person can act on: answers of a registry and failures to get one → StoreError.

Messages never hold an address beyond its host (upload and CDN addresses carry secrets in their query), a header, or
more than one bounded, printable line of what the registry said.
"""

from __future__ import annotations

import json
import socket
import ssl
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct
from requests import exceptions as requests_errors
from urllib3 import exceptions as urllib3_errors

from attest_registry.errors import Conflict, NotFound, StoreError, StoreRefused, Unauthorised, Unreachable
from attest_registry.oci.connection import StalledHead

if TYPE_CHECKING:
    from collections.abc import Iterator

BUSY: Final = frozenset({408, 429, 500, 502, 503, 504})
"""Answers after which it is worth asking again. 500 is one: docker-registry gives it to whoever reads a tag in the
moment in which another writes it."""

_SAID: Final = 200
_QUICK_TRIES: Final = 2


class Failure(Struct, frozen=True, kw_only=True):
    """Why there is no answer.

    Args:
        error: what to raise if it is not tried again.
        tries: how often the request may be made in all; 1 means that trying again cannot help.
    """

    error: StoreError
    tries: int | None = None


def unanswered(error: Exception, *, host: str, asked: str) -> Failure:
    """Say why a host did not answer.

    Args:
        error: what the HTTP client raised.
        host: who was asked.
        asked: what for, as a noun.
    """
    chain = list(_chain(error))
    if any(isinstance(part, ssl.SSLCertVerificationError) for part in chain):
        return Failure(error=_untrusted(chain, host, asked), tries=1)
    if any(isinstance(part, (ssl.SSLError, urllib3_errors.SSLError, requests_errors.SSLError)) for part in chain):
        found = "no TLS conversation was possible; it may speak plain HTTP, or something cut the connection"
        said = f"{host} did not answer when asked for {asked}"
        return Failure(error=Unreachable(said, code="tls-failed", found=found), tries=2)
    reason = _reason(chain)
    error = Unreachable(f"{host} did not answer when asked for {asked}", found=reason.found, hint=reason.hint)
    return Failure(error=error, tries=reason.tries)


class _Reason(Struct, frozen=True, kw_only=True):
    kinds: tuple[type[BaseException], ...] = ()
    found: str
    hint: str
    tries: int | None = None


_REASONS: Final = (
    _Reason(
        kinds=(socket.gaierror, urllib3_errors.NameResolutionError),
        found="its name does not resolve",
        hint="check the host's name; a reference without a host means the store of this machine",
        tries=_QUICK_TRIES,
    ),
    _Reason(
        kinds=(ConnectionRefusedError,),
        found="the connection was refused: nothing listens there",
        hint="is the registry running, and is this its port?",
        tries=_QUICK_TRIES,
    ),
    _Reason(
        kinds=(StalledHead, requests_errors.ReadTimeout, urllib3_errors.ReadTimeoutError),
        found="no answer in time",
        hint="run the same command again; if it stays so, the fault is with that host or a proxy before it",
    ),
    _Reason(
        kinds=(requests_errors.ConnectTimeout, TimeoutError),
        found="connection timed out",
        hint="check the network; a proxy is taken from $HTTPS_PROXY",
    ),
)
"""Which part of a failure explains it, the most telling first."""


def _reason(chain: list[BaseException]) -> _Reason:
    for reason in _REASONS:
        if any(isinstance(part, reason.kinds) for part in chain):
            return reason
    if any(isinstance(part, urllib3_errors.NewConnectionError) for part in chain):
        words = next((part.strerror for part in chain if isinstance(part, OSError) and part.strerror), "unknown reason")
        return _Reason(found=f"no connection was possible: {words.lower()}", hint="check the network")
    return _Reason(found="the connection was lost", hint="run the same command again")


def _untrusted(chain: list[BaseException], host: str, asked: str) -> StoreError:
    reason = next(part.verify_message for part in chain if isinstance(part, ssl.SSLCertVerificationError))
    return Unreachable(
        f"{host} was not asked for {asked}: its certificate is not trusted",
        code="tls-untrusted",
        found=reason,
        hint=f"name its authority with --ca-file, or put it into /etc/docker/certs.d/{host}/ca.crt",
    )


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The error, what it wraps, and what caused it; the HTTP libraries use three ways to say that."""
    waiting: list[Any] = [error]
    seen: set[int] = set()
    while waiting:
        part = waiting.pop(0)
        if isinstance(part, BaseException) and id(part) not in seen:
            seen.add(id(part))
            yield part
            waiting += [getattr(part, "reason", None), *part.args, part.__cause__, part.__context__]


def refused(status: int, body: bytes, *, host: str, asked: str, credentials: str, reads: bool = True) -> StoreError:
    """Say what a registry's error answer means.

    Args:
        status: the HTTP status.
        body: the start of the answer.
        host: who answered.
        asked: what for, as a noun.
        credentials: which credentials were shown, in words.
        reads: whether something was to be read; only that can be missing.
    """
    said = _said(body)
    if status in (401, 403):
        found = f"{credentials}; it says {said}" if said else credentials
        return Unauthorised(f"{host} refused {asked} ({status})", found=found, hint=f"attest login {host}")
    if status == 404 and reads:  # noqa: PLR2004
        return NotFound(f"{host} does not have {asked} (404)", found=said)
    if status in (409, 412):
        return Conflict(f"{host} refused {asked} ({status})", code="registry-conflict", found=said)
    code, hint = _advice(status, host)
    if status == 404:  # noqa: PLR2004
        hint = f"make the repository on {host} first, where it does not do so by itself"
    return StoreRefused(f"{host} refused {asked} ({status})", code=code, found=said, hint=hint)


def _advice(status: int, host: str) -> tuple[str | None, str | None]:
    match status:
        case 413:
            return (
                "registry-size-limit",
                f"raise the body limit of {host} or of its proxy (nginx: client_max_body_size)",
            )
        case 429:
            return "registry-rate-limit", "wait, and run it again"
        case _ if status >= 500:  # noqa: PLR2004
            return None, f"the fault is with {host}: its operator's log says more"
        case _:
            return None, None


def _said(body: bytes) -> str | None:
    """The code and message of the first error in a distribution-spec error body."""
    try:
        first = json.loads(body)["errors"][0]
        text = f"{first['code']}: {first.get('message') or ''}".rstrip(": ")
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None
    return "".join(character for character in text if character.isprintable())[:_SAID] or None


def codes(body: bytes) -> frozenset[str]:
    """The error codes in a distribution-spec error body."""
    try:
        return frozenset(str(entry["code"]) for entry in json.loads(body)["errors"])
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return frozenset()
