"""Garbage in the embedded store: blobs that no tag, evidence or log leads to.

    roots       index.json, evidence that waits for its subject, and the tags of the store's own bookkeeping
    reachable   whatever a root or a reachable document names by digest; that may be too much, and never too little
    garbage     every other blob that nobody has written to or asked for since a while: a push that is running has put
                its blobs there before the manifest that names them

A layout is looked at under its lock, and removed file by file; an interruption leaves less garbage, never a hole.
"""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from attest_registry import limits
from attest_registry.errors import ContentMismatch
from attest_registry.oci import layout_files as files
from attest_registry.oci.layout_folder import LayoutFolder
from attest_registry.oci.store_folder import models_in

if TYPE_CHECKING:
    from collections.abc import Iterator

_DIGEST: Final = re.compile(rb"sha256:([0-9a-f]{64})")
_NAME: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)
_DOCUMENT: Final = b"{"


class Garbage(Struct, frozen=True, kw_only=True):
    """A blob that nothing leads to.

    Args:
        model: in whose layout it is; empty for the pool that all models share.
        path: where.
        size: its bytes.
    """

    model: str
    path: Path
    size: int


def collect(store: Path, *, older_than: float, now: float, remove: bool) -> list[Garbage]:
    """Find garbage, and remove it.

    Args:
        store: the store's folder.
        older_than: seconds for which a blob has to have lain untouched.
        now: the time, in seconds since the epoch.
        remove: whether to remove what was found.

    Raises:
        ContentMismatch: a layout is damaged; nothing of it was removed.
        StoreRefused: a layout cannot be read or locked.
    """
    found: list[Garbage] = []
    for model in models_in(store):
        found += _of_layout(LayoutFolder(store, model), before=now - older_than, remove=remove)
    pool = store / ".pool" / "blobs" / "sha256"
    if files.check_folders(store / ".pool", pool.parent, pool):
        spare = (each for each in _blobs(pool) if each.stat(follow_symlinks=False).st_nlink == 1)
        found += _removed("", spare, before=now - older_than, remove=remove)
    return found


def _of_layout(folder: LayoutFolder, *, before: float, remove: bool) -> list[Garbage]:
    if not folder.is_there():
        return []
    with files.locked(folder.lock):
        reached = _reachable(folder)
        garbage = (each for each in _blobs(folder.blobs) if each.name not in reached)
        return _removed(folder.model, garbage, before=before, remove=remove)


def _removed(model: str, entries: Iterator[os.DirEntry[str]], *, before: float, remove: bool) -> list[Garbage]:
    found = []
    for entry in entries:
        status = entry.stat(follow_symlinks=False)
        if status.st_mtime > before:
            continue
        path = Path(entry.path)
        found.append(Garbage(model=model, path=path, size=status.st_size))
        if remove:
            with contextlib.suppress(FileNotFoundError):
                path.unlink()
    return found


def _blobs(folder: Path) -> Iterator[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if _NAME.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                yield entry


def _reachable(folder: LayoutFolder) -> set[str]:
    """Names of all blobs that are to be kept."""
    waiting = [digest for root in _roots(folder) for digest in _named(root, limits.LAYOUT_INDEX_BYTES)]
    reached: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in reached:
            continue
        reached.add(name)
        path = folder.blobs / name
        with contextlib.suppress(FileNotFoundError):
            if path.lstat().st_size <= limits.MANIFEST_BYTES:
                waiting += _named(path, limits.MANIFEST_BYTES)
    return reached


def _roots(folder: LayoutFolder) -> Iterator[Path]:
    """Every file of the layout but its blobs that may name one."""
    yield folder.index
    for below in (folder.path / ".pending", folder.path / ".attest"):
        if below.is_dir():
            yield from (path for path in sorted(below.rglob("*")) if path.is_file())


def _named(path: Path, limit: int) -> list[str]:
    """The digests in a document; a blob that is none names nothing."""
    try:
        raw = files.read_bounded(path, limit)
    except FileNotFoundError:
        return []
    except ContentMismatch:
        if path.parent.name == "sha256":
            return []  # a damaged blob is kept, and leads nowhere
        raise
    return [found.decode() for found in _DIGEST.findall(raw)] if raw[:1] == _DOCUMENT or b"sha256:" in raw[:512] else []
