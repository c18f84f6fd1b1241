"""A record becomes a `Training`: datasets are hashed, lock files read, references resolved, git and CI asked."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from attest.claims.record import Measured, Resolved, TrainingRecord, to_training
from attest.errors import RecordError
from attest.progress import SILENT
from attest.source import Surroundings, installed_packages, surroundings
from attest.written_path import written_path
from attest_registry import limits
from attest_registry.digest import Digest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from attest.claims.training import Training
    from attest.progress import Progress


def gather(
    record: TrainingRecord,
    *,
    resolve: Callable[[str], Resolved],
    folder: Path | None = None,
    outputs: Sequence[Path] = (),
    environment: Mapping[str, str] | None = None,
    started: str | None = None,
    finished: str | None = None,
    progress: Progress = SILENT,
) -> Training:
    """Everything that is signed about how a version came to be.

    Args:
        record: what was said, overrides included.
        resolve: reference → digest, address and standing.
        folder: where the person works; the working folder when left out.
        outputs: files and folders that the training wrote; they do not count as changes of the code.
        environment: variables of the process; the present ones when left out.
        started: RFC 3339 UTC, where somebody knows.
        finished: RFC 3339 UTC, where somebody knows.
        progress: told of every dataset.

    Raises:
        RecordError: a file that the record names does not exist (code `input-not-found`), or `commit: auto` has no git.
        ModelError: a dataset folder cannot be hashed.
    """
    found: Surroundings = surroundings(
        folder or Path.cwd(),
        environment=os.environ if environment is None else environment,
        outputs=outputs,
        started=started,
        finished=finished,
    )
    return to_training(
        record,
        build=found.build,
        source=found.source,
        resolve=resolve,
        measure=lambda path: measure(written_path(path), progress=progress),
        packages=installed_packages,
    )


def measure(path: Path, *, progress: Progress = SILENT) -> Measured:
    """Digest and size of a file, or of a folder as of a model: so a dataset can be stored as one.

    Args:
        path: of this machine; it gets into no claim.
        progress: told of it.

    Raises:
        RecordError: it does not exist or cannot be read.
        ModelError: the folder holds what no version can hold.
    """
    if path.is_dir():
        from attest.model.hashing import hash_tree  # noqa: PLC0415  # only where a folder is named
        from attest.model.tree import walk  # noqa: PLC0415

        manifest = hash_tree(walk(path), progress=progress)
        return Measured(digest=manifest.oms_root, size=manifest.size)
    try:
        return _measure_file(path, progress)
    except OSError as error:
        missing = isinstance(error, FileNotFoundError)
        raise RecordError(
            f"{path} does not exist" if missing else f"{path} cannot be read: {error.strerror}",
            code="input-not-found" if missing else "input-unreadable",
            hint="write unknown where nobody knows the data" if missing else None,
        ) from error


def _measure_file(path: Path, progress: Progress) -> Measured:
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:  # a pipe must not block
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise RecordError(f"{path} is neither a file nor a folder", code="input-unreadable")
        size = status.st_size
        hashed, seen = hashlib.sha256(), 0
        with progress.task("hashing", path.name, size) as advance:
            while block := file.read(limits.BLOCK_BYTES):
                hashed.update(block)
                seen += len(block)
                advance(len(block))
    if seen != size:
        raise RecordError(f"{path} changed while it was hashed", code="file-changed")
    return Measured(digest=Digest(hex=hashed.hexdigest()), size=size)
