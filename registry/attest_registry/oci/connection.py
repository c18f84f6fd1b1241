"""The HTTP session: a pool, a limit for the head of each answer, and a sending time-out that counts per block."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any, Final

from requests.adapters import HTTPAdapter
from urllib3 import PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from attest_registry import limits
from attest_registry.oci.stall import StallGuard

if TYPE_CHECKING:
    import requests
    from urllib3.response import HTTPResponse

_SEND_BLOCK: Final = 256 * 1024
_STALLED: Final = "the head of the answer did not arrive in time"
_POOLED: Final = 2 * limits.PARALLEL_TRANSFERS


class StalledHead(OSError):
    """The head of an answer did not arrive in time."""


def _head_in_time(connection: HTTPConnection, receive: Any) -> HTTPResponse:
    """Receive the head of an answer within the read time-out as a whole, however the server drips it."""
    sock, seconds = connection.sock, connection.timeout
    if sock is None or not isinstance(seconds, (int, float)):
        return receive()  # type: ignore[no-any-return]
    response: Any = None
    with StallGuard(lambda: socket.socket.shutdown(sock, socket.SHUT_RDWR), seconds) as guard:
        try:
            response = receive()
        except Exception as error:
            if guard.expired:
                raise StalledHead(_STALLED) from error
            raise
    if guard.expired:  # http.client takes a head that breaks off for one that ends
        response.close()
        raise StalledHead(_STALLED)
    return response  # type: ignore[no-any-return]


class _PlainConnection(HTTPConnection):
    def connect(self) -> None:
        super().connect()
        _allow_slow_sending(self.sock)

    def getresponse(self) -> HTTPResponse:  # type: ignore[override]
        return _head_in_time(self, super().getresponse)


class _TLSConnection(HTTPSConnection):
    def connect(self) -> None:
        super().connect()
        _allow_slow_sending(self.sock)

    def getresponse(self) -> HTTPResponse:  # type: ignore[override]
        return _head_in_time(self, super().getresponse)


def _allow_slow_sending(sock: socket.socket | None) -> None:
    """`sendall` counts the time-out over a whole block; the connect time-out would cut off slow uplinks."""
    if sock is not None:
        sock.settimeout(limits.IDLE_SECONDS)


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _TLSPool(HTTPSConnectionPool):
    ConnectionCls = _TLSConnection


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **more: Any) -> None:  # noqa: FBT001, FBT002
        self.poolmanager = PoolManager(
            num_pools=connections, maxsize=maxsize, block=block, blocksize=_SEND_BLOCK, **more
        )
        self.poolmanager.pool_classes_by_scheme = {"http": _PlainPool, "https": _TLSPool}


def prepare(session: requests.Session, *, use_environment: bool) -> None:
    """Make a session ours.

    Args:
        session: the one that oras made; it keeps no cookies.
        use_environment: whether proxies of the environment count. Never for loopback.
    """
    session.mount("https://", _Adapter(pool_connections=4, pool_maxsize=_POOLED))
    session.mount("http://", _Adapter(pool_connections=4, pool_maxsize=_POOLED))
    session.trust_env = use_environment
    session.auth = _leave_alone  # else requests would replace our Authorization header by one from ~/.netrc
    # even where it does not follow a redirect, requests reads its whole body and trusts its Location to be an address
    setattr(session, "get_redirect_target", _no_target)  # noqa: B010  # the only handle that requests offers for it
    session.headers.update({"Accept-Encoding": "identity", "User-Agent": "attest"})


def _leave_alone(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _no_target(_: requests.Response) -> None:
    return None
