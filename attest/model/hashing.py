"""One pass over the bytes: each file is opened once, recognised, hashed, and checked to have held still meanwhile."""

from __future__ import annotations

import functools
import io
import os
import threading
import time
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from attest.model.formats import recognise
from attest.model.manifest import ModelFile, ModelManifest
from attest.model.ranges import Hashes
from attest.model.reading import cannot_read, changed, open_regular
from attest.progress import SILENT
from attest_registry.blocks import block_for

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from attest.model.ranges import Cut
    from attest.model.tree import Tree, TreeEntry
    from attest.progress import Progress

_NO_ROLES: Final[Mapping[str, str]] = MappingProxyType({})
_NO_CUTS: Final[Mapping[str, Sequence[Cut]]] = MappingProxyType({})
_MOST_WORKERS: Final = 16
_TICK_NANOSECONDS: Final = 20_000_000
"""Two ticks of the slowest usual kernel clock (100 Hz): the grain of the time stamps of files."""
_SMALL_BYTES: Final = 128 * 1024
"""Files up to this size are read at once, by the calling thread: Python's lock makes several threads slower at it
(measured: 10,000 files of 1 KB take 0.3 s in one thread and 0.6 s in four), and large ones do not need the lock."""


def hash_tree(
    tree: Tree,
    *,
    roles: Mapping[str, str] = _NO_ROLES,
    cuts: Mapping[str, Sequence[Cut]] = _NO_CUTS,
    progress: Progress = SILENT,
    workers: int | None = None,
) -> ModelManifest:
    """Hash and recognise all files of a model.

    Args:
        tree: the files.
        roles: pattern of paths → what such files are for; the first that matches counts.
        cuts: path → byte ranges whose digests are wanted besides, each size once.
        progress: told of each large file.
        workers: threads; by default twice as many as there are cores, since some wait for the disk, sixteen at most.

    Raises:
        ModelError: `file-changed`: a file was written to, replaced or removed since the folder was walked;
            `unreadable`.
    """
    small = [entry for entry in tree.entries if entry.size <= _SMALL_BYTES]
    large = sorted((entry for entry in tree.entries if entry.size > _SMALL_BYTES), key=lambda entry: -entry.size)
    stop = threading.Event()
    hash_one = functools.partial(_hash_file, cuts=cuts, progress=progress, stop=stop)
    if large:
        hashed = _hash_together(large, small, hash_one, stop, workers=workers)
    else:
        hashed = [hash_one(entry) for entry in small]
    files = sorted((_with_role(file, roles) for file in hashed) if roles else hashed, key=lambda file: file.path)
    return ModelManifest(files=tuple(files), excluded=tree.excluded, notices=(*tree.notices, *_unused(roles, files)))


def _hash_together(
    large: Sequence[TreeEntry],
    small: Sequence[TreeEntry],
    hash_one: Callable[[TreeEntry], ModelFile],
    stop: threading.Event,
    *,
    workers: int | None,
) -> list[ModelFile]:
    """Large files in threads of their own while this thread does the small ones."""
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415  # brings logging along

    from attest_registry.oci.parallel import wait_awake  # noqa: PLC0415

    threads = workers or min(2 * len(os.sched_getaffinity(0)), _MOST_WORKERS)
    with ThreadPoolExecutor(max_workers=threads, thread_name_prefix="hash") as pool:
        tasks = [pool.submit(hash_one, entry) for entry in large]
        try:
            hashed = [hash_one(entry) for entry in small]
            wait_awake(tasks)
            hashed += [task.result() for task in sorted(tasks, key=lambda task: not task.done())]
        except BaseException:  # Ctrl-C too: threads that hash hundreds of gigabytes have to hear of it
            stop.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return hashed


def _hash_file(
    entry: TreeEntry, *, cuts: Mapping[str, Sequence[Cut]], progress: Progress, stop: threading.Event
) -> ModelFile:
    wanted = cuts.get(entry.path, ())
    hashes = Hashes([cut for cut in wanted if cut.size < entry.size] if wanted else ())  # else it is the whole file's
    handle, before = open_regular(entry.place, path=entry.path)
    try:
        if before.st_size != entry.size or not _settled(handle, before):
            raise changed(entry.path)
        if entry.size <= _SMALL_BYTES:
            data = _read_small(handle, entry.size + 1)
            found = recognise(entry.path, io.BytesIO(data), len(data))
            hashes.update(memoryview(data))
        else:
            os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_SEQUENTIAL)
            with io.FileIO(handle, closefd=False) as raw, io.BufferedReader(raw) as file:
                found = recognise(entry.path, file, entry.size)
            with progress.task("hashing", entry.path, entry.size) as advance:
                _hash_handle(handle, entry, hashes, advance, stop)
        _check_still(entry, before, os.fstat(handle))
    except OSError as error:
        raise cannot_read(entry.path, error) from error
    finally:
        os.close(handle)
    return ModelFile(path=entry.path, digest=hashes.digest, size=entry.size, format=found, ranges=hashes.ranges())


def _read_small(handle: int, limit: int) -> bytes:
    data = os.read(handle, limit)
    while block := os.read(handle, limit - len(data)) if len(data) < limit - 1 else b"":
        data += block
    return data


def _hash_handle(
    handle: int, entry: TreeEntry, hashes: Hashes, advance: Callable[[int], None], stop: threading.Event
) -> None:
    os.lseek(handle, 0, os.SEEK_SET)
    buffer = block_for(entry.size)
    seen = 0
    while count := os.readv(handle, [buffer]):
        hashes.update(buffer[:count])
        advance(count)
        seen += count
        if seen > entry.size or stop.is_set():
            raise changed(entry.path)


def _check_still(entry: TreeEntry, before: os.stat_result, after: os.stat_result) -> None:
    """Neither the open file nor the name may have changed: writing in place and renaming over it both count."""
    try:
        named = os.lstat(entry.place)
    except OSError as error:
        raise cannot_read(entry.path, error) from error
    if not _same(before, after) or not _same(before, named):
        raise changed(entry.path)


def _settled(handle: int, before: os.stat_result) -> bool:
    """Wait until another write would show: time stamps move in ticks, and two writes in one tick look like one.

    After one wait all files are old enough, so that a folder that was written just now costs one tick in all.
    """
    if not 0 <= time.time_ns() - before.st_ctime_ns < _TICK_NANOSECONDS:
        return True
    time.sleep(_TICK_NANOSECONDS / 1e9)
    return _same(before, os.fstat(handle))


def _same(first: os.stat_result, second: os.stat_result) -> bool:
    return (
        first.st_ino == second.st_ino
        and first.st_dev == second.st_dev
        and first.st_size == second.st_size
        and first.st_mtime_ns == second.st_mtime_ns
        and first.st_ctime_ns == second.st_ctime_ns
    )


def _with_role(file: ModelFile, roles: Mapping[str, str]) -> ModelFile:
    role = next((role for pattern, role in roles.items() if fnmatchcase(file.path, pattern)), None)
    return file if role is None else replace(file, role=role)


def _unused(roles: Mapping[str, str], files: Sequence[ModelFile]) -> list[str]:
    """A role that no file has is a typing mistake more often than not."""
    return [
        f"no file is called {pattern}, which the record gives the role {role}"
        for pattern, role in roles.items()
        if not any(fnmatchcase(file.path, pattern) for file in files)
    ]
