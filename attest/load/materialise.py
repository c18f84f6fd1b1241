"""Admission → folder: fetched beside its place, checked whole, then given its name in one step.

1  the names are checked again; what is at the target already is left alone or is exactly this version
2  blobs are fetched and hashed into a private folder (parts.py)
3  the tree is built in another fresh private folder
4  the finished tree is checked: no name more or less, each format as the policy allows it (folder.py)
5  everything is flushed to the disk, then one rename makes it visible
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import stat
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Final

from attest.errors import AttestError, InputError
from attest.load.folder import check_folder
from attest.load.parts import fetch, parts_for
from attest.model.names import check_paths
from attest.progress import SILENT
from attest_registry.digest import write_checked
from attest_registry.errors import StoreRefused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from attest.admit import Admission
    from attest.model.artefact import Artefact
    from attest.progress import Progress

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
_TAKEN: Final = frozenset({errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR})


def materialise(admission: Admission, target: Path, *, progress: Progress = SILENT) -> Path:
    """Fetch an admitted version into a folder that then holds exactly the signed files.

    Args:
        admission: what may be loaded.
        target: the folder; absent, empty, or holding exactly this version.
        progress: told of every file.

    Returns:
        The folder, with links resolved.

    Raises:
        InputError: `target-not-empty`: something else is there.
        ContentMismatch: the store gave other bytes; nothing is left behind.
        Refusal: a file's bytes are of a kind that the policy does not let be loaded; nothing is left behind.
        StoreError: the store or the disk would not; what was fetched waits for the next run.
    """
    target = Path(os.path.realpath(target))
    if _is_taken(target):
        _check_same(admission, target, progress)
        return target
    with translated(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        place(admission, target, progress=progress, sealed=False)
    return target


def place(admission: Admission, target: Path, *, progress: Progress, sealed: bool) -> None:
    """Steps 2 to 5.

    Args:
        admission: what may be loaded.
        target: where; absent or an empty folder, its parent exists.
        progress: told of every file.
        sealed: make files and folders read-only.

    Raises:
        ContentMismatch: the store gave other bytes.
        Refusal: as `materialise`.
        StoreError: as `materialise`.
    """
    artefact = admission.artefact
    check_paths(file.path for file in artefact.files)
    with parts_for(target, artefact) as parts:
        fetch(artefact, admission.repository, parts, progress=progress)
        tree = Path(tempfile.mkdtemp(prefix=".attest-", suffix=".tree", dir=target.parent))
        try:
            _build(tree, artefact, parts)
            check_folder(tree, artefact, policy=admission.policy, progress=progress, hashed=True)
            _finish(tree, sealed=sealed)
            tree.rename(target)
            _sync(target.parent)
        finally:
            remove(tree)


def remove(folder: Path) -> None:
    """Remove what has this name: a folder with everything in it, read-only folders too; links are not followed."""
    if folder.is_symlink() or not folder.is_dir():
        folder.unlink(missing_ok=True)
        return
    for path, folders, _ in os.walk(folder):
        for name in (".", *folders):
            with contextlib.suppress(OSError):
                if not os.path.islink(inner := os.path.join(path, name)):  # noqa: PTH114, PTH118  # 8,000 of them
                    os.chmod(inner, 0o700)  # noqa: PTH101
    shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def translated(place: Path) -> Iterator[None]:
    """Tell what the file system says in our words.

    Raises:
        InputError: something else came to be at the target.
        StoreRefused: the disk is full, or we may not write there.
    """
    try:
        yield
    except OSError as error:
        if error.errno in _TAKEN:
            raise InputError(
                f"{place} is taken by something else",
                code="target-not-empty",
                found=f"{error.filename} is in the way" if error.filename else None,
                hint="name another folder, or move this one away first",
            ) from error
        full = error.errno in _FULL
        raise StoreRefused(
            f"{place} could not be written: {'the disk is full' if full else error.strerror}",
            code="disk-full" if full else "cannot-write",
            hint="free some space and run the same command again" if full else "check who may write there",
        ) from error


def _is_taken(target: Path) -> bool:
    try:
        return not target.is_dir() or any(target.iterdir()) if os.path.lexists(target) else False
    except OSError as error:
        raise InputError(
            f"{target} cannot be read: {error.strerror}", code="target-not-empty", expected="an empty or new folder"
        ) from error


def _check_same(admission: Admission, target: Path, progress: Progress) -> None:
    """Let a target be that holds exactly this version, every byte of it."""
    try:
        check_folder(target, admission.artefact, policy=admission.policy, progress=progress)
    except AttestError as error:
        raise InputError(
            f"{target} holds something else than {str(admission.reference).partition('@')[0]}",
            code="target-not-empty",
            expected="a new or empty folder, or exactly this version",
            found=f"{error.message}: {error.found}" if error.found else error.message,
            hint="name another folder, or move this one away first",
        ) from error


def _build(tree: Path, artefact: Artefact, parts: Path) -> None:
    """Move blobs to their names; where two files have equal bytes, each is a file of its own."""
    left = Counter(file.digest for file in artefact.files)
    for file in artefact.files:
        path = tree / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        left[file.digest] -= 1
        if not left[file.digest]:
            (parts / file.digest.hex).rename(path)
            continue
        with (parts / file.digest.hex).open("rb") as source:
            write_checked(source, path, digest=file.digest, size=file.size, what=file.path)


def _finish(tree: Path, *, sealed: bool) -> None:
    """Give files and folders their modes and flush the names to the disk, from the inside out."""
    umask = _umask()
    for folder, _, names in os.walk(tree, topdown=False):
        for name in names:
            Path(folder, name).chmod(0o444 if sealed else 0o666 & ~umask)
        _sync(Path(folder))
        Path(folder).chmod(0o555 if sealed else 0o777 & ~umask)


def _umask() -> int:
    """The mask in force, read without changing it: other threads make files meanwhile (proc(5), `Umask`)."""
    for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("Umask:"):
            return int(line.split()[1], 8)
    return stat.S_IWGRP | stat.S_IWOTH


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
