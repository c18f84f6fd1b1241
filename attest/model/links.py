"""Symbolic links in a model's folder: which of them may be stored as the file that they point to.

A snapshot folder of a Hugging Face cache is made of links into the cache's `blobs/`, so those must simply work. Any
other link out of the folder could carry in what nobody meant to publish (docs/threats.md rows 12 and 33).
"""

from __future__ import annotations

import errno
import os
import re
import stat
from typing import Final

from msgspec import Struct

from attest.errors import ModelError
from attest.model.exclusion import excluding
from attest.model.names import shown
from attest.model.reading import cannot_read

_CACHE_BLOB: Final = re.compile(r".*/(?:models|datasets|spaces)--[^/]+/blobs/(?:[0-9a-f]{40}|[0-9a-f]{64})", re.DOTALL)
"""Git object or SHA-256 names, as huggingface_hub lays out its cache."""


class Linked(Struct, frozen=True, kw_only=True):
    """Where a link leads.

    Args:
        target: the place at the end, without links.
        shown: the same, for people: inside the folder relative to it.
        mode: what is there.
        size: its bytes.
        refusal: why it is followed only when asked; `None` where it may be.
    """

    target: str
    shown: str
    mode: int
    size: int
    refusal: str | None


def resolve_link(place: str, *, root: str, path: str) -> Linked:
    """Follow a link to its end.

    Args:
        place: where the link is.
        root: the model's folder, without links.
        path: its name inside the model, for messages.

    Raises:
        ModelError: `symlink`: it leads in circles or nowhere; `unreadable`: it may not be followed.
    """
    try:
        target = os.path.realpath(place, strict=True)
        status = os.lstat(target)  # a Path per link buys nothing here
    except OSError as error:
        raise _broken(path, error) from error
    inside = target == root or target.startswith(root.rstrip("/") + "/")
    name = os.path.relpath(target, root) if inside else target
    return Linked(
        target=target,
        shown=shown(name),
        mode=status.st_mode,
        size=status.st_size,
        refusal=_refusal(target, status.st_mode, inside=inside, name=shown(name)),
    )


def _refusal(target: str, mode: int, *, inside: bool, name: str) -> str | None:
    if stat.S_ISDIR(mode) and inside:
        return f"it points to the folder {name}, whose files would be stored twice"
    if stat.S_ISDIR(mode):
        return f"it points to a folder outside: {name}"
    if inside or _CACHE_BLOB.fullmatch(target):
        return None
    return f"it points outside: {name}"


def _broken(path: str, error: OSError) -> ModelError:
    if error.errno == errno.ELOOP:
        why = "leads in circles"
    elif isinstance(error, FileNotFoundError | NotADirectoryError):
        why = "points to nothing"
    else:
        return cannot_read(path, error)
    return ModelError(
        f"{shown(path)} is a link that {why}",
        code="symlink",
        expected="links to files inside the folder, or into a Hugging Face cache",
        hint=excluding(path),
    )
