"""One door for every request to a registry: offline rule, redirects, authentication, repetition, error translation.

send ─ patience: again after BUSY answers and lost connections, within tries and time, waiting as long as asked
  └ authorised: on 401 one answer to the challenge, then the request once more with its body opened anew
      └ followed: at most REDIRECTS hops; credentials only to the registry's own origin; never https → http
          └ exchange: one request, one answer, foreign exceptions translated
"""

from __future__ import annotations

import contextlib
import email.utils
import http.client
import random
import time
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, TypeVar

import requests
from msgspec import Struct, field
from urllib3.exceptions import HTTPError

from attest_registry import limits
from attest_registry.errors import StoreError, StoreRefused, Unreachable
from attest_registry.oci import answers
from attest_registry.oci.address import Address, Origin, joined
from attest_registry.oci.authentication import Authenticator
from attest_registry.oci.bodies import check_encoding, read_document
from attest_registry.oci.stall import StallGuard

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from attest_registry.oci.bodies import Outgoing
    from attest_registry.oci.credentials import Credentials
    from attest_registry.oci.remote_options import RemoteOptions, Timing

_MOVED: Final = frozenset({301, 302, 303, 307, 308})
_SAME_METHOD: Final = frozenset({307, 308})
_SLOWEST_COMMIT: Final = 20 * 1024 * 1024
"""Bytes per second at which a registry may move an upload to its final place before it answers."""

T = TypeVar("T")


class Request(Struct, frozen=True, kw_only=True):
    """What to ask a registry for.

    Args:
        method: the HTTP method.
        url: the address.
        asked: what this is, as a noun, for messages.
        scope: what has to be allowed, as `repository:NAME:ACTIONS`.
        headers: in addition to ours.
        body: bytes, or a function that opens the body anew for each attempt.
        accept: the statuses that the caller wants to see; every other one becomes an error.
        repeat: whether the request may be made again as it is.
        size: bytes of the body, which a registry may need time to put in place.
    """

    method: str
    url: str
    asked: str
    scope: str | None = None
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    body: bytes | Callable[[], Outgoing] | None = None
    accept: frozenset[int] = frozenset({200})
    repeat: bool = True
    size: int = 0


class Transient(Exception):
    """It may work when asked again.

    Args:
        error: what to raise if it is not.
        wait: seconds that the registry asked us to wait.
        tries: how often it is worth trying in all.
    """

    def __init__(self, error: StoreError, *, wait: float | None = None, tries: int | None = None) -> None:
        super().__init__(error.message)
        self.error = error
        self.wait = wait
        self.tries = tries


def persist(action: Callable[[], T], timing: Timing) -> T:
    """Do `action` until it does not raise `Transient`, or until tries or time are used up.

    Raises:
        StoreError: the last failure, with the number of tries.
    """
    start, tries = time.monotonic(), 0
    while True:
        try:
            return action()
        except Transient as failure:
            tries += 1
            wait = _wait(failure, tries, timing)
            spent = time.monotonic() - start
            if tries >= min(failure.tries or timing.tries, timing.tries) or spent + wait > timing.budget:
                raise _last(failure, tries, spent) from failure.__cause__
            time.sleep(wait)


def _wait(failure: Transient, tries: int, timing: Timing) -> float:
    longest = timing.pause * 2.0 ** (tries - 1)
    jittered = random.uniform(longest / 2, longest)  # noqa: S311  # spreads clients, keeps no secret
    return max(failure.wait or 0.0, jittered)


def _last(failure: Transient, tries: int, spent: float) -> StoreError:
    error = failure.error
    parts = [f"{tries} tries in {spent:.0f} s"] if tries > 1 else []
    parts += [f"it asks for a wait of {failure.wait:.0f} s"] if failure.wait else []
    if parts:
        count = ", ".join(parts)
        error.found = f"{error.found} ({count})" if error.found else count
    return error


def retry_after(value: str | None, *, now: float) -> float | None:
    """Seconds that a `Retry-After` header asks for, whichever of its two forms it has.

    Args:
        value: the header.
        now: seconds since the epoch, for the form that is a date.
    """
    if value is None:
        return None
    if value.strip().isascii() and value.strip().isdecimal():
        return float(value.strip()[:9])
    with contextlib.suppress(ValueError, TypeError, OverflowError):
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - now)
    return None


class Transport:
    """Requests to one registry. Safe for several threads.

    Args:
        address: where it is.
        session: the HTTP session, prepared by `connection.prepare`.
        options: how it is to be reached.
        find: looks up the credentials, once, when the registry asks for them.
    """

    def __init__(
        self,
        *,
        address: Address,
        session: requests.Session,
        options: RemoteOptions,
        find: Callable[[], Credentials | None],
    ) -> None:
        self.address = address
        self.timing = options.timing
        self._session = session
        self._offline = options.offline
        self.authenticator = Authenticator(
            host=address.host, origin=address.origin, find=find, ask=self._ask_token_service
        )

    def send(self, request: Request) -> requests.Response:
        """Ask, patiently. The answer's body is still to be read; the caller closes it.

        Raises:
            StoreError: no answer, or one with a status that the request does not accept.
            Transient: the same, where the request may not simply be repeated but the caller's whole step may.
        """
        self._check_online(request)
        if not request.repeat:
            return self._once(request)
        return persist(lambda: self._once(request), self.timing)

    def document(self, request: Request, *, limit: int) -> tuple[requests.Response, bytes]:
        """Ask for something small; a body that is lost on the way is asked for again.

        Raises:
            ContentMismatch: it is longer than `limit`.
            StoreError: as `send`.
        """
        self._check_online(request)
        return persist(lambda: self.answered(request, limit=limit), self.timing)

    def answered(self, request: Request, *, limit: int) -> tuple[requests.Response, bytes]:
        """Ask once for something small.

        Raises:
            ContentMismatch: it is longer than `limit`.
            StoreError: as `send`.
            Transient: it may work when the caller's whole step is made again.
        """
        response = self._once(request)
        try:
            return response, self._body(response, request, limit)
        except Unreachable as error:
            raise Transient(error) from error

    def _check_online(self, request: Request) -> None:
        if self._offline:
            raise Unreachable(
                f"{request.asked} is at {self.address.origin}, and nothing may be reached",
                code="offline",
                hint="unset ATTEST_OFFLINE, or take `offline` out of config.toml",
            )

    def _body(self, response: requests.Response, request: Request, limit: int) -> bytes:
        host = self.address.host
        if request.method == "HEAD":
            response.close()
            return b""
        check_encoding(response, host=host)
        return read_document(response, limit=limit, seconds=self.timing.idle, host=host, asked=request.asked)

    def _once(self, request: Request) -> requests.Response:
        response = self._authorised(request)
        if response.status_code in request.accept:
            return response
        body = self._error_body(response, request)
        error = answers.refused(
            response.status_code,
            body,
            host=self.address.host,
            asked=request.asked,
            credentials=self.authenticator.described(),
            reads=request.method in ("GET", "HEAD"),
        )
        if response.status_code in answers.BUSY:
            wait = retry_after(response.headers.get("Retry-After"), now=time.time())
            raise Transient(error, wait=wait)
        raise error

    def _error_body(self, response: requests.Response, request: Request) -> bytes:
        """The start of an error answer; what is wrong with its body, or how slowly it drips, does not matter."""
        body = b""
        try:
            if request.method != "HEAD":
                with StallGuard(lambda: response.raw.shutdown(), self.timing.idle):  # noqa: PLW0108
                    body = response.raw.read(limits.ERROR_BODY_BYTES, decode_content=False)
        except (OSError, ValueError, http.client.HTTPException, HTTPError):
            body = b""
        finally:
            response.close()
        return self.authenticator.scrubbed(body.decode("utf-8", "replace")).encode()

    def _authorised(self, request: Request) -> requests.Response:
        shown = self.authenticator.header(request.scope)
        response = self._followed(request, shown)
        if response.status_code != 401 or Origin.of(response.url) != self.address.origin:  # noqa: PLR2004
            return response
        try:
            asked = response.headers.get("WWW-Authenticate")
            renewed = self.authenticator.renewed(asked, request.scope, rejected=shown)
        except BaseException:
            response.close()
            raise
        if renewed is None:
            return response
        response.close()
        return self._followed(request, renewed)

    def _followed(self, request: Request, authorisation: str | None) -> requests.Response:
        url = request.url
        for _ in range(limits.REDIRECTS + 1):
            headers = dict(request.headers)
            if authorisation is not None and Origin.of(url) == self.address.origin:
                headers["Authorization"] = authorisation
            response = self._exchange(request, url, headers)
            if response.status_code not in _MOVED or response.status_code in request.accept:
                return response
            response.close()
            url = self._next(request, url, response)
        raise StoreRefused(
            f"{self.address.host} redirects {request.asked} again and again",
            code="redirect-loop",
            expected=f"at most {limits.REDIRECTS} redirects",
            hint=f"the fault is with {self.address.host} or a proxy in front of it",
        )

    def _next(self, request: Request, url: str, response: requests.Response) -> str:
        target = joined(url, response.headers.get("Location", ""))
        origin = Origin.of(target)
        downgrade = Origin.of(url).scheme == "https" and origin.scheme == "http"
        writes = request.method not in ("GET", "HEAD")
        if downgrade or (writes and (origin != Origin.of(url) or response.status_code not in _SAME_METHOD)):
            raise StoreRefused(
                f"{self.address.host} redirects {request.asked} to a place that is not followed",
                code="redirect-refused",
                found=f"{origin} ({response.status_code})",
                hint="TLS is never given up on the way" if downgrade else "name the registry by that host",
            )
        return target

    def _exchange(self, request: Request, url: str, headers: Mapping[str, str]) -> requests.Response:
        body: Any = request.body() if callable(request.body) else request.body
        try:
            return self._session.request(
                request.method,
                url,
                data=body,
                headers=headers,
                stream=True,
                allow_redirects=False,
                timeout=(self.timing.connect, self.timing.idle + request.size / _SLOWEST_COMMIT),
                verify=self.address.authorities,
            )
        except (requests.RequestException, HTTPError, http.client.HTTPException, OSError, ValueError) as error:
            origin = Origin.of(url)
            host = self.address.host if origin == self.address.origin else origin.netloc
            failure = answers.unanswered(error, host=host, asked=request.asked)
            if failure.tries == 1:
                raise failure.error from error
            raise Transient(failure.error, tries=failure.tries) from error
        finally:
            if callable(request.body):
                body.close()

    def _ask_token_service(
        self, method: str, url: str, *, headers: Mapping[str, str], form: bytes | None
    ) -> tuple[int, bytes]:
        asked = f"the token for {self.address.host}"
        request = Request(method=method, url=url, asked=asked, body=form)

        def ask() -> tuple[int, bytes]:
            response = self._exchange(request, url, headers)
            if response.status_code in answers.BUSY:
                response.close()
                wait = retry_after(response.headers.get("Retry-After"), now=time.time())
                busy = StoreRefused(f"the token service of {self.address.host} is busy ({response.status_code})")
                raise Transient(busy, wait=wait)
            host = self.address.host
            return response.status_code, read_document(
                response, limit=limits.CONFIG_BYTES, seconds=self.timing.idle, host=host, asked=asked
            )

        return persist(ask, self.timing)
