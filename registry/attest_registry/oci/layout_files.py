"""The embedded store's doors to the file system: open without following, write whole or not at all, lock, translate.

A layout folder may have been unpacked from anywhere. So nothing is opened through a link, nothing but a regular file
is read, and a FIFO never makes us wait (docs/threats.md row 12).
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import stat
import time
from typing import TYPE_CHECKING, Final, NoReturn

from attest_registry.errors import ContentMismatch, StoreRefused

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from io import FileIO
    from pathlib import Path

    from attest_registry.oci.descriptor import Descriptor

_NEVER_FOLLOW: Final = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
_LOCK_SECONDS: Final = 60.0
_LOCK_PAUSE: Final = 0.002
_STALE_SECONDS: Final = 24 * 3600.0
_TEMPORARY: Final = ("part-", "link-")

READ_ONLY: Final = 0o444
"""Mode of a blob: it never changes under its name."""


def refuse_write(error: OSError, path: Path) -> NoReturn:
    """Say why a file could not be written, and what helps.

    Raises:
        StoreRefused: always.
    """
    if error.errno in _FULL:
        raise StoreRefused(
            f"{path} could not be written: the disk is full",
            code="disk-full",
            hint="free some space there, or name another place with ATTEST_STORE, and run the same command again",
        ) from error
    raise StoreRefused(
        f"{path} could not be written: {error.strerror}",
        code="cannot-write",
        hint="check who may write there, or name another place with ATTEST_STORE",
    ) from error


def refuse_read(error: OSError, path: Path) -> NoReturn:
    """Say why a file could not be read.

    Raises:
        StoreRefused: always.
    """
    raise StoreRefused(
        f"{path} could not be read: {error.strerror}", code="cannot-read", hint="check who may read there"
    ) from error


def open_regular(path: Path) -> FileIO:
    """Open a regular file for reading; never through a link, never waiting.

    Raises:
        FileNotFoundError: there is nothing of that name.
        ContentMismatch: something else than a regular file has that name.
        StoreRefused: the file system does not let us read it.
    """
    handle, _ = _opened(path)
    return open(handle, "rb", buffering=0)  # noqa: PTH123  # the caller closes it


def _opened(path: Path) -> tuple[int, int]:
    """A handle for reading a regular file, and its size; see `open_regular`."""
    try:
        handle = os.open(path, os.O_RDONLY | _NEVER_FOLLOW)
    except FileNotFoundError:
        raise
    except OSError as error:
        if error.errno in {errno.ELOOP, errno.ENXIO, errno.ENOTDIR}:
            raise _not_a_file(path, "a link, a socket or a device") from error
        refuse_read(error, path)
    status = os.fstat(handle)
    if not stat.S_ISREG(status.st_mode):
        os.close(handle)
        raise _not_a_file(path, "a folder, a FIFO or a device")
    return handle, status.st_size


def _not_a_file(path: Path, found: str) -> ContentMismatch:
    return ContentMismatch(f"{path} is no regular file", code="not-a-file", expected="a regular file", found=found)


def check_folders(*folders: Path) -> bool:
    """Whether all of them are there.

    Raises:
        ContentMismatch: one is a link or a file, so that reading or writing would go somewhere else.
        StoreRefused: the file system does not let us look.
    """
    for folder in folders:
        try:
            mode = os.lstat(folder).st_mode
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError as error:
            refuse_read(error, folder)
        if not stat.S_ISDIR(mode):
            raise ContentMismatch(
                f"{folder} is no folder",
                code="not-a-folder",
                expected="a folder of the store",
                found="a link" if stat.S_ISLNK(mode) else "something else",
            )
    return True


def holds(path: Path, blob: Descriptor) -> bool:
    """Whether a file is there, regular, and has exactly the bytes of `blob`; all of it is hashed."""
    try:
        with open_regular(path) as file:
            if os.fstat(file.fileno()).st_size != blob.size:
                return False
            return hashlib.file_digest(file, "sha256").hexdigest() == blob.digest.hex
    except (OSError, ContentMismatch):
        return False  # whatever is wrong with it, it has to be stored anew


def store_file(target: Path, blocks: Iterable[bytes | memoryview], *, ingest: Path, mode: int = READ_ONLY) -> None:
    """Write a file that appears under its name complete or not at all.

    Args:
        target: its final name; what has this name is replaced, links included.
        blocks: its bytes; an error that the iterator raises at its end leaves nothing behind.
        ingest: folder for the temporary name, on the same file system.
        mode: its permissions.

    Raises:
        StoreRefused: the file system would not take it; nothing is left behind.
    """
    import tempfile  # noqa: PLC0415  # readers do not need it

    temporary = None
    try:
        handle, temporary = tempfile.mkstemp(prefix="part-", dir=ingest)
        with open(handle, "wb", buffering=0) as file:  # noqa: PTH123  # a handle, not a path
            for block in blocks:
                _write_all(file.fileno(), block)
            os.fchmod(handle, mode)
            os.fsync(handle)
        os.replace(temporary, target)  # noqa: PTH105  # one call, one name for what POSIX promises
        temporary = None
    except OSError as error:
        refuse_write(error, target)
    finally:
        if temporary is not None:
            with contextlib.suppress(OSError):
                os.unlink(temporary)  # noqa: PTH108


def _write_all(handle: int, block: bytes | memoryview) -> None:
    view = memoryview(block)
    while view:
        view = view[os.write(handle, view) :]


def link_file(source: Path, target: Path, *, ingest: Path) -> bool:
    """Give a file a second name, replacing what has that name; false where the file system will not.

    Other file systems (EXDEV), file systems without links (EPERM) and the limit of links per file (EMLINK) are
    ordinary: the caller keeps or makes a copy.
    """
    temporary = ingest / f"link-{os.urandom(8).hex()}"
    try:
        os.link(source, temporary, follow_symlinks=False)
        os.replace(temporary, target)  # noqa: PTH105
    except OSError:
        return False
    finally:
        # rename(2) of two names of one file does nothing and leaves both
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
    return True


def sync_folder(folder: Path) -> None:
    """Make the names in a folder outlast a power failure."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sweep(ingest: Path) -> None:
    """Remove what writers that were killed more than a day ago left behind."""
    before = time.time() - _STALE_SECONDS
    with contextlib.suppress(OSError), os.scandir(ingest) as entries:
        for entry in entries:
            with contextlib.suppress(OSError):  # those of living writers come and go meanwhile
                if entry.name.startswith(_TEMPORARY) and entry.stat(follow_symlinks=False).st_mtime < before:
                    os.unlink(entry.path)  # noqa: PTH108


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the one lock of a layout, against other processes and other threads alike.

    `flock` belongs to the open file, so two threads that each opened it exclude one another, and the kernel gives the
    lock back when its holder is killed.

    Raises:
        StoreRefused: somebody held it for a minute, or the file cannot be written.
        ContentMismatch: the lock is no regular file.
    """
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | _NEVER_FOLLOW, 0o644)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise _not_a_file(path, "a link") from error
        refuse_write(error, path)
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise _not_a_file(path, "a FIFO or a device")
        _wait_for(handle, path)
        yield
    finally:
        os.close(handle)


@contextlib.contextmanager
def locked_folder(folder: Path) -> Iterator[None]:
    """The same on a folder itself, where no file of ours should lie beside somebody's own.

    Raises:
        StoreRefused: somebody held it for a minute, or there is no such folder.
    """
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        refuse_write(error, folder)
    try:
        _wait_for(handle, folder / ".")
        yield
    finally:
        os.close(handle)


def _wait_for(handle: int, path: Path) -> None:
    deadline = time.monotonic() + _LOCK_SECONDS
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() > deadline:
                raise StoreRefused(
                    f"{path.parent} is being written by another process",
                    code="store-busy",
                    expected=f"its lock within {_LOCK_SECONDS:.0f} s",
                    hint=f"see who holds it: fuser {path}",
                ) from error
            time.sleep(_LOCK_PAUSE)
        except OSError as error:
            refuse_write(error, path)
        else:
            return


def mark_of(path: Path) -> tuple[int, ...] | None:
    """What changes when another file gets a name, or a file is written to; `None` where there is none to look at."""
    try:
        status = os.lstat(path)
    except OSError:
        return None
    return mark(status)


def mark(status: os.stat_result) -> tuple[int, ...]:
    """The same of a file that somebody has looked at already."""
    return (status.st_dev, status.st_ino, status.st_mtime_ns, status.st_ctime_ns, status.st_size)


def read_bounded(path: Path, limit: int) -> bytes:
    """All bytes of a small file of a layout.

    Raises:
        FileNotFoundError: there is no such file.
        ContentMismatch: it is over `limit`, or no regular file.
        StoreRefused: it cannot be read.
    """
    handle, size = _opened(path)
    try:
        if size > limit:
            raise ContentMismatch(
                f"{path} is too large",
                code="content-too-large",
                expected=f"at most {limit} bytes",
                found=f"{size} bytes",
            )
        blocks: list[bytes] = []
        total = 0
        while block := os.read(handle, size - total + 1):
            blocks.append(block)
            total += len(block)
            if total > size:
                raise ContentMismatch(f"{path} grew while it was read", code="file-changed")
        return b"".join(blocks)
    except OSError as error:
        refuse_read(error, path)
    finally:
        os.close(handle)
