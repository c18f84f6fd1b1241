"""A service that speaks as much of AWS KMS's protocol as it takes to refuse, fail, stall or talk nonsense."""

from __future__ import annotations

import contextlib
import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(kw_only=True)
class Faulty:
    """What the service answers, and how often it was asked.

    Args:
        status: HTTP status.
        body: what it sends.
        stall: whether it says nothing until the end.
        asked: the operations that it was asked for.
    """

    status: int = 400
    body: bytes = b"{}"
    stall: bool = False
    host: str = ""
    asked: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def refuse(self, code: str, status: int = 400) -> None:
        self.status, self.body = status, json.dumps({"__type": code, "message": "scripted"}).encode()

    def answer(self, **document: Any) -> None:
        self.status, self.body = 200, json.dumps(document).encode()


@contextlib.contextmanager
def running() -> Iterator[Faulty]:
    script = Faulty()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", "0")))
            script.asked.append(self.headers.get("X-Amz-Target", "").rpartition(".")[2])
            if script.stall:
                script.over.wait(20)
                return
            self.send_response(script.status)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(script.body)))
            self.end_headers()
            self.wfile.write(script.body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class calls it so
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        script.host = f"127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield script
        finally:
            script.over.set()
            server.shutdown()
            thread.join()
