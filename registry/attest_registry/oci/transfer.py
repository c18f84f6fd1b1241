"""Parallel, resumable moves of blobs between files and stores.

A blob on its way lies in a `.part` file beside its place. It is hashed while it is written and gets its final name
only when size and digest are right; what an interrupted transfer leaves behind is hashed again and continued.
"""

from __future__ import annotations

import shutil
import threading
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from attest_registry import limits
from attest_registry.errors import ContentMismatch, RangeUnsupported, StoreRefused, Unreachable
from attest_registry.oci.descriptor import FILEPATH, TITLE
from attest_registry.oci.parallel import in_parallel, unless
from attest_registry.oci.part import PartFile, opened_part, part_path

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from attest_registry.digest import Digest
    from attest_registry.oci.content import Fetcher, Pusher
    from attest_registry.oci.descriptor import Descriptor


class Track(Protocol):
    """How a transfer says what it is doing."""

    def __call__(self, name: str, total: int, /) -> AbstractContextManager[Callable[[int], None]]:
        """Begin a thing of `total` bytes; the function given out is told of each block, from any thread.

        A block may be less than nothing: an attempt that begins again takes back what it had counted.
        """
        ...


class PushCount(Struct, frozen=True, kw_only=True):
    """What a push of blobs came to.

    Args:
        sent: blobs that were sent.
        present: blobs that the store had already.
        bytes_sent: bytes of those that were sent.
    """

    sent: int
    present: int
    bytes_sent: int


def push_blobs(
    repository: Pusher,
    blobs: Sequence[tuple[Descriptor, Path | bytes]],
    *,
    track: Track,
    jobs: int = limits.PARALLEL_TRANSFERS,
) -> PushCount:
    """Store blobs, several at a time, leaving out those that are there already.

    Args:
        repository: where to.
        blobs: what, from which file or bytes; the same content twice is sent once.
        track: who is told.
        jobs: how many at a time.

    Raises:
        ContentMismatch: a file no longer holds what its descriptor says.
        StoreError: the store would not or could not; blobs that were finished stay.
    """
    distinct: dict[Digest, tuple[Descriptor, Path | bytes]] = {}
    for blob, source in blobs:
        distinct.setdefault(blob.digest, (blob, source))
    stop = threading.Event()

    def push(item: tuple[Descriptor, Path | bytes]) -> int | None:
        blob, source = item
        if stop.is_set() or repository.has_blob(blob):
            return None
        with track(_name(blob), blob.size) as advance:
            repository.push_blob(blob, source, advance=unless(stop, advance))
        return blob.size

    done = in_parallel(push, list(distinct.values()), jobs=jobs, stop=stop)
    sizes = [size for size in done if size is not None]
    return PushCount(sent=len(sizes), present=len(distinct) - len(sizes), bytes_sent=sum(sizes))


def fetch_blobs(
    repository: Fetcher,
    blobs: Sequence[tuple[Descriptor, Path]],
    *,
    track: Track,
    jobs: int = limits.PARALLEL_TRANSFERS,
) -> None:
    """Fetch blobs to files, several at a time. The folders of the files exist already.

    Args:
        repository: where from.
        blobs: what, and to which file.
        track: who is told.
        jobs: how many at a time.

    Raises:
        ContentMismatch: a blob is not what its descriptor says; its file does not exist.
        StoreRefused: there is not enough room for all of them; nothing was fetched.
        StoreError: the store would not or could not; files that were finished stay.
    """
    _check_room(blobs)
    stop = threading.Event()

    def fetch(item: tuple[Descriptor, Path]) -> None:
        blob, target = item
        if not stop.is_set():
            with track(_name(blob), blob.size) as advance:
                fetch_blob(repository, blob, target, what=_name(blob), advance=unless(stop, advance))

    in_parallel(fetch, list(blobs), jobs=jobs, stop=stop)


def fetch_blob(
    repository: Fetcher, blob: Descriptor, target: Path, *, what: str, advance: Callable[[int], None]
) -> None:
    """Fetch one blob to a file that has its name only when the bytes are right.

    A connection that is lost is taken up again where it stopped, as long as it gets on. What an earlier run left is
    continued; if the whole is then not right, it is fetched once more from the beginning before that counts.

    Args:
        repository: where from.
        blob: what; its digest and size decide.
        target: the file; replaced if it exists.
        what: its name for messages.
        advance: told of each block.

    Raises:
        ContentMismatch: it is not what its descriptor says; `target` was not touched.
        StoreError: the store would not or could not, or the file system would not; the part is kept for the next run.
    """
    with opened_part(target, blob, what=what, advance=advance) as part:
        resumed = part.take_up()
        try:
            _complete(repository, part, blob)
        except ContentMismatch:
            if not resumed:
                raise
            _complete(repository, part, blob)  # what was kept may have been what was wrong
        part.finish()


def _complete(repository: Fetcher, part: PartFile, blob: Descriptor) -> None:
    """Fetch what is missing and check the whole; nothing is kept of what is wrong."""
    try:
        _fill(repository, part, blob)
        part.check()
    except ContentMismatch:
        part.restart()
        raise


def _fill(repository: Fetcher, part: PartFile, blob: Descriptor) -> None:
    """Fetch what is missing, taking lost connections up again."""
    fruitless, furthest = 0, part.size  # who begins again and again gets on only where he gets further than before
    while part.size < blob.size:
        try:
            with repository.open_blob(blob, offset=part.size) as source:
                part.fill_from(source)
        except RangeUnsupported:
            part.restart()
            fruitless += 1
            if fruitless >= limits.TRIES:
                raise
        except Unreachable:
            fruitless = 0 if part.size - furthest >= limits.BLOCK_BYTES else fruitless + 1
            furthest = max(furthest, part.size)
            if fruitless >= limits.TRIES:
                raise
        else:
            return  # the store says that this was all; whether it is right, `check` says


def _check_room(blobs: Sequence[tuple[Descriptor, Path]]) -> None:
    """Refuse before the download what cannot end well."""
    needed = sum(blob.size for blob, _ in blobs)
    if not blobs:
        return
    folder = blobs[0][1].parent
    try:
        free = shutil.disk_usage(folder).free
    except OSError as error:
        raise StoreRefused(f"{folder} cannot be written to: {error.strerror}", code="cannot-write") from error
    kept = sum(part.stat().st_size for blob, target in blobs if (part := part_path(target, blob)).is_file())
    if needed - kept > free:
        raise StoreRefused(
            f"{folder} has not enough room",
            code="disk-full",
            expected=f"{needed - kept} bytes",
            found=f"{free} bytes free",
        )


def _name(blob: Descriptor) -> str:
    return blob.annotations.get(FILEPATH) or blob.annotations.get(TITLE) or blob.digest.short
