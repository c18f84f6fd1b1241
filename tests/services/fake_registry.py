"""A registry over real HTTP with the referrers API, and with every fault that we have to survive.

`FakeRegistry` keeps everything in memory and follows distribution-spec 1.1: sessions, ranges, conditional writes,
paging, OCI-Subject. `FakeRegistry.on` puts a fault in front of it: a function that answers in its place, some times.
"""

from __future__ import annotations

import re
import ssl
import threading
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self

from tests.services.registry_connection import Handler

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.services.certificates import Certificates
    from tests.services.registry_connection import Seen


@dataclass
class Fault:
    """Something that answers in the registry's place."""

    method: str
    pattern: re.Pattern[str]
    answer: Callable[[Handler], None]
    times: int


@dataclass
class TokenRules:
    """A token service: user, password, and how long a token lives."""

    user: str
    password: str
    life: float
    refresh_token: str = "refresh-me"
    issued: dict[str, tuple[float, str]] = field(default_factory=dict)


class FakeRegistry:
    """An in-process registry on 127.0.0.1."""

    def __init__(self, *, referrers_api: bool = True, certificates: Certificates | None = None) -> None:
        self.blobs: dict[tuple[str, str], bytes] = {}
        self.manifests: dict[tuple[str, str], tuple[str, bytes]] = {}
        self.tags: dict[tuple[str, str], str] = {}
        self.uploads: set[str] = set()
        self.extra_referrers: list[Any] = []
        self.referrers_api = referrers_api
        self.conditional = True
        self.notes_subjects = True
        self.page_size = 100
        self.basic: tuple[str, str] | None = None
        self.token: TokenRules | None = None
        self.seen: list[Seen] = []
        self.faults: list[Fault] = []
        self.lock = threading.RLock()
        registry = self

        class _Handler(Handler):
            fake = registry

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self.scheme = "http"
        if certificates is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificates.certificate, certificates.key)
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
            self.scheme = "https"
        self.host = f"127.0.0.1:{self._server.server_address[1]}"
        self.stopping = threading.Event()

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()

    def on(self, method: str, pattern: str, answer: Callable[[Handler], None], *, times: int = 1_000_000) -> None:
        self.faults.append(Fault(method=method, pattern=re.compile(pattern), answer=answer, times=times))

    def count(self, method: str, pattern: str) -> int:
        return sum(1 for seen in self.seen if seen.method == method and re.search(pattern, seen.path))

    def require_token(self, user: str, password: str, *, life: float = 300.0) -> TokenRules:
        self.token = TokenRules(user=user, password=password, life=life)
        return self.token

    def fault_for(self, handler: Handler) -> Fault | None:
        with self.lock:
            for fault in self.faults:
                if fault.times > 0 and fault.method == handler.command and fault.pattern.search(handler.path):
                    fault.times -= 1
                    return fault
        return None
