"""An identity provider on loopback that hands its work on to another one, and can fail at one of its doors alone."""

from __future__ import annotations

import http.server
import json
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any, Self

from tests.services.patience import SILENT

DOORS = {
    "configuration": "/.well-known/openid-configuration",
    "code": "/device/code",
    "token": "/token",
}
_SECONDS = 20


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """What happens at one door.

    Args:
        door: its name in `DOORS`.
        kind: `down`, `slow`, `drip`, `endless`, or `status`.
        status: with `status`.
        body: with `status`.
        location: with `status`: where a redirect leads.
    """

    door: str
    kind: str
    status: int = 200
    body: bytes = b""
    location: str = ""


class Provider:
    """Stands in front of the provider at `url`, until the `with` block ends."""

    def __init__(self, url: str) -> None:
        self.behind = url
        self.trouble: Trouble | None = None
        self.over = threading.Event()
        self._server = _Server(("127.0.0.1", 0), type("_OwnHandler", (_Handler,), {"owner": self}))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self._server.shutdown()
        self._server.server_close()


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, *_: Any) -> None:
        """A client that has left is no error here."""


class _Handler(http.server.BaseHTTPRequestHandler):
    owner: Provider

    def do_GET(self) -> None:
        self._answer(None)

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers["Content-Length"])))

    def _answer(self, body: bytes | None) -> None:
        trouble = self.owner.trouble
        if trouble is None or DOORS[trouble.door] != self.path:
            self._hand_on(body)
            return
        match trouble.kind:
            case "down":
                self.close_connection = True
            case "slow":
                self.owner.over.wait(SILENT)
                self._hand_on(body)
            case "drip":
                self._pour(b" ", 0.05)
            case "endless":
                self._pour(b" " * 65536, 0)
            case _:
                self._send(trouble.status, trouble.body, Location=trouble.location)

    def _hand_on(self, body: bytes | None) -> None:
        request = urllib.request.Request(self.owner.behind + self.path, body)  # noqa: S310  # ours
        try:
            with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310  # ours
                found = answer.read()
        except urllib.error.HTTPError as error:
            self._send(error.code, error.read())
            return
        if body is None:
            found = json.dumps(json.loads(found.replace(self.owner.behind.encode(), self.owner.url.encode()))).encode()
        self._send(200, found)

    def _send(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            if value:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _pour(self, block: bytes, pause: float) -> None:
        self.send_response(200)
        self.end_headers()
        end = time.monotonic() + SILENT
        while time.monotonic() < end and not self.owner.over.wait(pause):
            self.wfile.write(block)

    def log_message(self, *_: Any) -> None:
        """Say nothing on the test's stderr."""
