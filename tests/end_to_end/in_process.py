"""A person at a shell without a process for each command: what `attest` does is done here, and what it prints is kept.

For flows of many commands; that the real command behaves like this is tried in the other files.
"""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self
from unittest import mock

from attest.cli.main import main
from tests.end_to_end.shell import Printed, Shell, checked

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Inside(Shell):
    """The same person, in this process."""

    def attest(self, *arguments: str, expect: int = 0, given: str | None = None, **environment: str | None) -> Printed:
        out, err = _stream(b""), _stream(b"")
        with (
            contextlib.chdir(self.folder),
            mock.patch.dict(os.environ, self.variables(**environment), clear=True),
            mock.patch.object(sys, "stdin", _stream((given or "").encode())),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            status = main(list(arguments))
        return checked(arguments, status, _written(out), _written(err), expect=expect)

    def copied(self, folder: Path) -> Self:
        """The same person with everything that is there, somewhere else."""
        shutil.copytree(self.folder, folder, symlinks=True)
        return replace(self, folder=folder)


def _stream(content: bytes) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(content), encoding="utf-8")


def _written(stream: io.TextIOWrapper) -> bytes:
    stream.flush()
    stream.seek(0)
    return bytes(stream.buffer.read())
