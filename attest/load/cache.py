"""Fetched versions by manifest digest. Nothing in here is believed: every use reads every byte again.

A name in a cache has been taken for its content before (docs/threats.md row 24). So an entry is handed out only
after the whole of it was checked; a damaged one is moved aside and fetched again, once.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import stat
from typing import TYPE_CHECKING, Final

from attest.errors import Tampered
from attest.load.folder import check_folder
from attest.load.materialise import place, remove, translated
from attest.load.private import make_private
from attest.progress import SILENT
from attest_registry.digest import Digest
from attest_registry.errors import BadReference

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from attest.admit import Admission
    from attest.progress import Progress

_LOG: Final = logging.getLogger(__name__)


def cached(admission: Admission, *, cache: Path, progress: Progress = SILENT) -> Path:
    """The folder of an admitted version, read-only, checked just now.

    Args:
        admission: what may be loaded.
        cache: the cache's folder.
        progress: told of every file.

    Raises:
        InputError: others may write to the cache.
        Tampered: the entry cannot be made right.
        ContentMismatch: the store gave other bytes.
        Refusal: a file's bytes are of a kind that the policy does not let be loaded.
        StoreError: the store or the disk would not.
    """
    entry = _folder(cache) / admission.artefact.digest.hex
    with translated(cache):
        make_private(cache, "locks", "damaged", "models", "models/sha256")
        with _locked(cache, entry.name, fcntl.LOCK_SH):
            if _is_right(admission, entry, progress):
                return entry
        with _locked(cache, entry.name, fcntl.LOCK_EX):
            if not _is_right(admission, entry, progress):
                _move_aside(cache, entry)
                place(admission, entry, progress=progress, sealed=True)
    return entry


def entries(cache: Path) -> Iterator[tuple[Digest, Path]]:
    """Digest and folder of what is kept, unchecked."""
    folder = _folder(cache)
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        with contextlib.suppress(BadReference):
            if path.is_dir() and not path.is_symlink():
                yield Digest(hex=path.name), path


def _folder(cache: Path) -> Path:
    return cache / "models" / "sha256"


@contextlib.contextmanager
def _locked(cache: Path, name: str, kind: int) -> Iterator[None]:
    handle = os.open(cache / "locks" / name, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, kind)
        yield
    finally:
        os.close(handle)


def _is_right(admission: Admission, entry: Path, progress: Progress) -> bool:
    """Whether the entry is there and right. A refusal of its formats is final: fetching again changes nothing."""
    if not os.path.lexists(entry):
        return False
    try:
        check_folder(entry, admission.artefact, policy=admission.policy, progress=progress)
        _check_ours(entry)
    except Tampered as error:
        _LOG.warning("the cached copy of %s is damaged: %s (%s)", admission.reference, error.message, error.found)
        return False
    return True


def _check_ours(entry: Path) -> None:
    """A cache that came from elsewhere may hold what somebody else can still write to after it was checked.

    Raises:
        Tampered: others may change something in the entry.
    """
    for folder, _, names in os.walk(entry):
        for path in (folder, *(os.path.join(folder, name) for name in names)):  # noqa: PTH118  # 8,000 of them
            status = os.lstat(path)  # the folder was just found to hold files and folders alone
            if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH) or status.st_uid not in {0, os.geteuid()}:
                raise Tampered(
                    f"{path} can be changed by others",
                    code="cache-not-private",
                    expected="files of your own that only you can write to",
                    found=f"mode {stat.S_IMODE(status.st_mode):o}, user {status.st_uid}",
                )


def _move_aside(cache: Path, entry: Path) -> None:
    """Keep the damaged copy where a person can look at it, in place of an earlier one."""
    if not os.path.lexists(entry):
        return
    aside = cache / "damaged" / entry.name
    remove(aside)
    if entry.is_dir() and not entry.is_symlink():
        entry.chmod(0o700)  # its own entry `..` is about to change
        entry.rename(aside)
    else:
        entry.unlink()
