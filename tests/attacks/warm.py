"""Runs of single tests, each in a process of its own that has only the program and the tests left to read.

Started by its path, as a process of its own, it reads one request a line, forks for each, and answers one line. What it
keeps in memory between two runs is Python, pytest and other people's packages: no module of the program, nor of the
tests, is ever loaded before the fork. The first run tells which packages those are.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

if TYPE_CHECKING:
    from collections.abc import Mapping

OURS: Final = frozenset({"attest", "attest_registry", "conftest", "tests", "__main__"})
_MODULES: Final = "ATTEST_ATTACKS_MODULES"
_SAID: Final = 1_000
_READ_BEFORE: Final = "ignore::pytest.PytestAssertRewriteWarning"
"""Plugins of pytest were imported before the fork, and their asserts are plain ones: none of them is ours."""


class Warm:
    """The other end: a process that waits for tests to run in one folder.

    Args:
        folder: the copy of the program.
        seconds: the longest that a test may take.
    """

    def __init__(self, folder: Path, *, seconds: int) -> None:
        self._folder, self._seconds = folder, seconds
        given = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        temporary = folder.with_name(f"{folder.name}-tmp")
        temporary.mkdir()
        # pytest counts through the folders of earlier runs, which those of other workers remove meanwhile
        given["PYTEST_DEBUG_TEMPROOT"] = str(temporary)
        self._process = subprocess.Popen(
            [sys.executable, "-P", __file__],
            cwd=folder,
            env=given,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def run(self, test: str, environment: Mapping[str, str]) -> tuple[int, str]:
        """The exit status of pytest, negative where a signal ended it, and the end of what it said."""
        request = {
            "folder": str(self._folder),
            "test": test,
            "environment": dict(environment),
            "seconds": self._seconds,
        }
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        return answer["status"], answer["said"]


def _serve() -> None:
    answers = os.fdopen(os.dup(1), "w")
    modules = Path(tempfile.mkstemp(prefix="attacks-modules-")[1])
    os.environ[_MODULES] = str(modules)
    try:
        for line in sys.stdin:
            answers.write(json.dumps(_run(json.loads(line))) + "\n")
            answers.flush()
            if modules.stat().st_size:
                _read(modules.read_text(encoding="utf-8").split())
                modules.write_text("", encoding="utf-8")
                del os.environ[_MODULES]
    finally:
        modules.unlink()


def _run(request: dict[str, Any]) -> dict[str, Any]:
    if threading.active_count() != 1 or any(name.partition(".")[0] in OURS - {"__main__"} for name in sys.modules):
        raise RuntimeError("this process is not what it was when it began")
    with tempfile.TemporaryFile() as said:
        child = os.fork()
        if not child:
            _become(request, said.fileno())
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        said.seek(max(0, said.seek(0, os.SEEK_END) - _SAID))
        return {"status": status, "said": said.read().decode("utf-8", "replace")}


def _become(request: dict[str, Any], output: int) -> None:
    """Run the test in this process, which ends with it."""
    status = 70
    try:
        signal.alarm(request["seconds"])
        with Path(os.devnull).open("rb") as nothing:
            os.dup2(nothing.fileno(), 0)
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.chdir(request["folder"])
        os.environ.update(request["environment"])
        sys.path[:0] = [request["folder"], str(Path(request["folder"], "registry"))]
        import pytest

        words = ["-q", "-x", "-p", "no:cacheprovider", "--tb=line", "-W", _READ_BEFORE, request["test"]]
        status = int(pytest.main(words))
        if modules := os.environ.get(_MODULES):
            names = [name for name in sys.modules if name.partition(".")[0] not in OURS]
            Path(modules).write_text("\n".join(names), encoding="utf-8")
    except BaseException:  # noqa: BLE001  # nothing may come back from here: the other side of the fork goes on
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _read(names: list[str]) -> None:
    """Import what a run needed; what cannot be imported by itself, each run reads on its own."""
    for name in names:
        try:
            importlib.import_module(name)
        except Exception:  # noqa: BLE001, S112  # nothing is lost but time
            continue


if __name__ == "__main__":
    _serve()
