"""A path as somebody wrote it: in a policy, a record, a setting, or on the command line."""

from __future__ import annotations

import os
from pathlib import Path

from attest.errors import InputError


def written_path(text: str | os.PathLike[str]) -> Path:
    """The place that is meant, where `~` and `~user` stand for home folders as in a shell.

    Of a user who does not exist it is a file's name, as in a shell (`Path.expanduser` raises RuntimeError there).

    Args:
        text: the path; not yet known to be one, since a document can hold any text.

    Raises:
        InputError: no file can have that name (code `bad-path`): it holds a NUL or what cannot be encoded.
    """
    try:
        raw = os.fsencode(text)
    except UnicodeEncodeError as error:
        raise _no_path(text) from error
    if b"\0" in raw:
        raise _no_path(text)
    return Path(os.path.expanduser(text))  # noqa: PTH111  # Path.expanduser fails where nobody has that name


def _no_path(text: str | os.PathLike[str]) -> InputError:
    return InputError(
        f"{os.fspath(text)[:80]!a} cannot be the path of a file",
        code="bad-path",
        expected="text without a NUL that this system can encode",
    )
