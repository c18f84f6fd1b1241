"""Commands as processes of their own that need no start: copies of a Python that has imported all of `attest`.

A test that looks at answers, files and statuses gets the same from such a copy as from `python -m attest`, in a tenth
of the time: arguments, working folder, variables, standard streams and exit status are real. How the program starts,
which streams it is given and how signals end it is tested with `Shell.started` and in `test_streams.py`, without this.

One such Python per process that runs tests. It has a single thread, so that it may be copied safely; it ends when the
socket to it is closed.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import importlib
import io
import json
import os
import select
import selectors
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).parents[2]
MOST = 1 << 16
"""Bytes of a request, and of a report."""


class Forks:
    """The tests' end."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._socket = ours
        kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "TMPDIR", "LANG"}}
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", __name__, str(theirs.fileno())],
                cwd=ROOT,
                env={**kept, "PYTHONIOENCODING": "utf-8"},
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
            )

    def close(self) -> None:
        self._socket.close()
        self._process.wait(timeout=60)

    def run(
        self,
        arguments: Sequence[str],
        *,
        cwd: Path,
        env: Mapping[str, str],
        given: bytes,
        hurried: bool,
        timeout: float,
    ) -> tuple[int, bytes, bytes]:
        """Status, standard output and standard error of one command; the status is negative after a signal."""
        request = {"arguments": list(arguments), "cwd": str(cwd), "env": dict(env), "hurried": hurried}
        with contextlib.ExitStack() as stack:
            streams = [stack.enter_context(_memory(data)) for data in (given, b"", b"")]
            reading, writing = os.pipe()
            answer = stack.enter_context(open(reading, "rb", buffering=0))  # noqa: PTH123  # a handle, not a path
            try:
                handles = [*(stream.fileno() for stream in streams), writing]
                socket.send_fds(self._socket, [json.dumps(request).encode()], handles)
            finally:
                os.close(writing)
            pid = int.from_bytes(answer.read(4), "little")
            if not select.select([answer], [], [], timeout)[0]:
                os.kill(pid, signal.SIGKILL)
                raise subprocess.TimeoutExpired(list(arguments), timeout)
            status = os.waitstatus_to_exitcode(int.from_bytes(answer.read(4), "little"))
            for stream in streams:
                stream.seek(0)
            return status, streams[1].read(), streams[2].read()


@functools.cache
def forks() -> Forks:
    """The one of this process, started when it is first asked for."""
    started = Forks()
    atexit.register(started.close)
    return started


def _memory(data: bytes) -> io.FileIO:
    file = open(os.memfd_create("stream"), "r+b", buffering=0)  # noqa: PTH123, SIM115  # a handle, not a path
    file.write(data)
    file.seek(0)
    return file


# ---- the other end


def serve(requests: socket.socket) -> dict[str, Any] | None:
    """Copy this process for each request; returns in the copies, with the request, and at the end with nothing."""
    reports, mine = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    waiting = selectors.DefaultSelector()
    waiting.register(requests, selectors.EVENT_READ)
    waiting.register(reports, selectors.EVENT_READ)
    while True:
        for key, _ in waiting.select():
            if key.fileobj is requests:
                request, handles, *_ = socket.recv_fds(requests, MOST, 4)
                if not request:
                    return None
                pid = os.fork()
                if pid == 0:
                    waiting.close()
                    requests.close()
                    reports.close()
                    return {**json.loads(request), "handles": handles, "reports": mine}
                os.write(handles[3], pid.to_bytes(4, "little"))
                waiting.register(os.pidfd_open(pid), selectors.EVENT_READ, (pid, handles[3]))
                for handle in handles[:3]:
                    os.close(handle)
            elif key.fileobj is reports:
                _learn(json.loads(reports.recv(MOST)))
            else:
                pid, answer = key.data
                waiting.unregister(key.fileobj)
                os.close(key.fd)
                with contextlib.suppress(BrokenPipeError):
                    os.write(answer, os.waitpid(pid, 0)[1].to_bytes(4, "little"))
                os.close(answer)


def _learn(names: list[str]) -> None:
    """What one command had to import, the next one finds."""
    for name in names:
        with contextlib.suppress(Exception):
            importlib.import_module(name)


def become(request: dict[str, Any]) -> NoReturn:
    """The command, in a copy; ends as an interpreter ends, but does not take a heap apart that is not its own."""
    before = set(sys.modules)
    for number, handle in enumerate(request["handles"][:3]):
        os.dup2(handle, number)
    for handle in request["handles"]:
        os.close(handle)
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    sys.stdin, sys.stdout, sys.stderr = (_text(number) for number in range(3))
    sys.__stdin__, sys.__stdout__, sys.__stderr__ = sys.stdin, sys.stdout, sys.stderr  # type: ignore[misc]
    sys.argv = ["attest", *request["arguments"]]
    from attest.cli.main import run

    if request["hurried"]:
        from tests.end_to_end.impatient import hurry

        hurry()
    status = 1
    try:
        run()
    except SystemExit as left:
        status = left.code if isinstance(left.code, int) else 1
    finally:
        _finish(request["reports"], before, status)


def _text(number: int) -> io.TextIOWrapper:
    raw = io.FileIO(number, "r" if number == 0 else "w", closefd=False)
    buffered = io.BufferedReader(raw) if number == 0 else io.BufferedWriter(raw)
    errors = "backslashreplace" if number == 2 else "strict"
    return io.TextIOWrapper(buffered, encoding="utf-8", errors=errors, line_buffering=number == 2)


def _finish(reports: socket.socket, before: set[str], status: int) -> NoReturn:
    import threading

    if status and sys.exc_info()[0] not in {None, SystemExit}:
        sys.excepthook(*sys.exc_info())
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    try:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
    except OSError:
        status = 120  # as an interpreter says it
    with contextlib.suppress(OSError):
        reports.send(json.dumps(sorted(set(sys.modules) - before)).encode()[:MOST])
    os._exit(status)


def _import_everything() -> None:
    import pkgutil

    import attest

    for module in pkgutil.walk_packages(attest.__path__, "attest."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)


if __name__ == "__main__":
    _import_everything()
    import gc

    gc.collect()
    gc.freeze()
    wanted = serve(socket.socket(fileno=int(sys.argv[1])))
    if wanted is not None:
        become(wanted)
