"""Opening the files of a model: regular files only, links never followed, nothing that could block."""

from __future__ import annotations

import os
import stat
from typing import Final

from attest.errors import ModelError
from attest.model.names import shown

_FLAGS: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
"""O_NONBLOCK: a FIFO that took the file's place opens at once and is refused, instead of waiting for a writer."""


def open_regular(source: str, *, path: str) -> tuple[int, os.stat_result]:
    """Open a file that was a regular one when the folder was walked.

    Args:
        source: where it is.
        path: its name inside the model, for messages.

    Returns:
        The descriptor, which the caller closes, and what `fstat` says about it.

    Raises:
        ModelError: `file-changed`: it is gone or no regular file any more; `unreadable`: it may not be read.
    """
    try:
        handle = os.open(source, _FLAGS)
    except OSError as error:
        raise cannot_read(path, error) from error
    status = os.fstat(handle)
    if not stat.S_ISREG(status.st_mode):
        os.close(handle)
        raise changed(path)
    return handle, status


def changed(path: str) -> ModelError:
    """The error for a file that did not hold still."""
    return ModelError(
        f"{shown(path)} changed while it was read",
        code="file-changed",
        expected="files that nobody writes to",
        hint="wait until training or copying has ended, then run this again",
    )


def cannot_read(path: str, error: OSError) -> ModelError:
    """The error for a file or folder that the system will not give out."""
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return changed(path)
    return ModelError(
        f"{shown(path)} cannot be read: {(error.strerror or str(error)).lower()}",
        code="unreadable",
        hint="make it readable, or leave it out with --exclude",
    )
