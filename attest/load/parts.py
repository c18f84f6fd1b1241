"""What has been fetched of a version, by digest, in a private folder beside the place it is for.

It outlasts an interrupted transfer, so that the next run continues; it does not outlast bytes that were wrong.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import stat
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from attest_registry.errors import ContentMismatch, StoreRefused, Unauthorised, Unreachable
from attest_registry.oci.layout_files import open_regular
from attest_registry.oci.transfer import fetch_blobs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from attest.model.artefact import Artefact
    from attest.progress import Progress
    from attest_registry.oci.content import Repository
    from attest_registry.oci.descriptor import Descriptor

WORTH_KEEPING: Final = (Unreachable, Unauthorised, StoreRefused, KeyboardInterrupt)
"""Ends of a transfer after which what has come so far is as good as before."""

_OTHERS: Final = 0o077


@contextlib.contextmanager
def parts_for(target: Path, artefact: Artefact) -> Iterator[Path]:
    """A private folder for the blobs of a version; kept only where continuing makes sense.

    Yields:
        the folder, mode 0700, ours alone for the time being.
    """
    folder = target.parent / f".attest-{artefact.digest.hex[:24]}.parts"
    handle = _claimed(folder)
    if handle is None:  # somebody else's, or another process is fetching the same version to the same place
        folder = Path(tempfile.mkdtemp(prefix=".attest-", suffix=".parts", dir=target.parent))
    keep = False
    try:
        yield folder
    except WORTH_KEEPING:
        keep = handle is not None
        raise
    finally:
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)
        if handle is not None:
            os.close(handle)


def fetch(artefact: Artefact, repository: Repository, folder: Path, *, progress: Progress) -> None:
    """Fetch each blob of a version once, checked, to a file named by its digest.

    Raises:
        ContentMismatch: a blob is not what the admitted manifest says.
        StoreError: the store would not or could not give it out.
    """
    blobs: dict[Path, Descriptor] = {folder / file.digest.hex: file.blob for file in artefact.files}
    missing = [(blob, path) for path, blob in blobs.items() if not _is_here(path, blob, progress)]
    try:
        fetch_blobs(repository, missing, track=_tracker(progress))
    except ContentMismatch as error:
        error.hint = error.hint or (
            f"{repository.place} gives out other bytes than were signed: tell whoever runs it; "
            "a push of the same files mends it"
        )
        raise


def _tracker(progress: Progress) -> Callable[[str, int], AbstractContextManager[Callable[[int], None]]]:
    return lambda name, total: progress.task("fetching", name, total)


def _is_here(path: Path, blob: Descriptor, progress: Progress) -> bool:
    """Whether an earlier run finished this one; it is hashed again, for a name proves nothing.

    A folder that came with an archive may hold anything: a FIFO would make us wait, a link could lead to an endless
    file, and what has a second name can be changed by it.
    """
    try:
        with open_regular(path) as file, progress.task("checking", blob.digest.short, blob.size) as advance:
            status = os.fstat(file.fileno())
            same = status.st_nlink == 1 and status.st_size == blob.size
            same = same and hashlib.file_digest(file, "sha256").hexdigest() == blob.digest.hex
            advance(blob.size)
    except FileNotFoundError:
        return False
    except ContentMismatch:
        same = False
    if not same:
        path.unlink()
    return same


def _claimed(folder: Path) -> int | None:
    """A lock on a folder that is ours and closed to everybody else; `None` where it is not to be had."""
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        status = os.fstat(handle)
        if status.st_uid != os.geteuid() or stat.S_IMODE(status.st_mode) & _OTHERS:
            raise PermissionError
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if folder.lstat().st_ino != status.st_ino:  # its last user removed it meanwhile
            raise FileNotFoundError
    except OSError:
        os.close(handle)
        return None
    return handle
