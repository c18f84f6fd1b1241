"""A program of another project as a service on loopback: a log, an answer that says it is ready, and an end."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import time
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_START_SECONDS = 60.0
_STOP_SECONDS = 10.0
_LAST_WORDS = 2000


def free_ports(number: int) -> list[int]:
    """Ports of 127.0.0.1 that nobody has at the moment, each another one."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(number)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [int(each.getsockname()[1]) for each in sockets]


@dataclass(frozen=True, kw_only=True)
class Started:
    """A program that runs, and perhaps does not answer yet."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    def wait_for(self, url: str) -> bytes:
        """Ask until it answers with success; its own words are in the failure."""
        end = time.monotonic() + _START_SECONDS
        while time.monotonic() < end and self.process.poll() is None:
            with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310  # ours
                return bytes(answer.read())
            time.sleep(0.05)
        said = self.log.read_text(errors="replace")[-_LAST_WORDS:]
        how = "is still silent" if self.process.poll() is None else f"left with {self.process.returncode}"
        pytest.fail(f"{self.name} was asked for {url} and {how}\n{said}")


@contextlib.contextmanager
def started(name: str, *command: str | Path, folder: Path) -> Iterator[Started]:
    """Run a program until the end of the block; what it says goes to NAME.log."""
    log = folder / f"{name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(each) for each in command], stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=folder
        )
        try:
            yield Started(name=name, process=process, log=log)
        finally:
            process.terminate()
            try:
                process.wait(timeout=_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
