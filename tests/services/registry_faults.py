"""Faults of a registry: what can be given to `FakeRegistry.on`."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.services.registry_connection import Handler


def answer(status: int, body: bytes = b"", **headers: str) -> Callable[[Handler], None]:
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return lambda handler: handler.reply(status, body, named)


def error(status: int, code: str, message: str = "", **headers: str) -> Callable[[Handler], None]:
    body = json.dumps({"errors": [{"code": code, "message": message}]}).encode()
    return answer(status, body, **headers)


def hang(seconds: float) -> Callable[[Handler], None]:
    def run(handler: Handler) -> None:
        handler.fake.stopping.wait(seconds)
        handler.close_connection = True

    return run


def drip(head: bytes, pause: float, seconds: float) -> Callable[[Handler], None]:
    """Send the head of an answer, then one byte at a time."""

    def run(handler: Handler) -> None:
        handler.close_connection = True
        end = time.monotonic() + seconds
        try:
            handler.wfile.write(head)
            while time.monotonic() < end and not handler.fake.stopping.wait(pause):
                handler.wfile.write(b"x")
                handler.wfile.flush()
        except OSError:
            return

    return run


def cut_after(count: int) -> Callable[[Handler], None]:
    """Promise the whole blob, honour its range, send `count` bytes and close the connection."""

    def run(handler: Handler) -> None:
        found = handler.blob()
        start = handler.range_start() or 0
        handler.send_response(206 if start else 200)
        if start:
            handler.send_header("Content-Range", f"bytes {start}-{len(found) - 1}/{len(found)}")
        handler.send_header("Content-Length", str(len(found) - start))
        handler.end_headers()
        handler.wfile.write(found[start : start + count])
        handler.wfile.flush()
        handler.close_connection = True

    return run
