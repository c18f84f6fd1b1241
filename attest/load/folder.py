"""A folder on disk against an admitted version: exactly its files, nothing else, every byte and every format.

Folders are entered part by part and never through a link; what is checked is the file that was opened, not its name.
"""

from __future__ import annotations

import hashlib
import os
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, BinaryIO, Final, NoReturn

from attest.errors import Refusal, Tampered
from attest.model.formats import recognise
from attest.model.names import check_paths, shown
from attest.policy import patterns
from attest_registry.blocks import block_for
from attest_registry.oci.parallel import wait_awake

if TYPE_CHECKING:
    from pathlib import Path

    from attest.model.artefact import Artefact, ArtefactFile
    from attest.model.manifest import FileFormat
    from attest.policy.document import Policy
    from attest.progress import Progress

_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
_MOST_THREADS: Final = 8
_LISTED: Final = 5


def check_folder(root: Path, artefact: Artefact, *, policy: Policy, progress: Progress, hashed: bool = False) -> None:
    """Check that a folder holds exactly the files of a version and that the policy lets each of them be loaded.

    Args:
        root: the folder; itself no link.
        artefact: the admitted version.
        policy: what was asked; its rule on formats is held against the bytes.
        progress: told of every file that is hashed.
        hashed: the bytes were hashed on their way into this folder, which nobody else can write to.

    Raises:
        Tampered: a file differs, is missing or is not signed, or something is no regular file.
        Refusal: a file is not of a kind that the policy lets be loaded, whatever the ML-BOM says.
    """
    files = {file.path: file for file in artefact.files}
    check_paths(files)
    handle = _open(str(root), _FOLDER, None, str(root))
    try:
        _check_names(handle, set(files), root)
        stop = threading.Event()
        with ThreadPoolExecutor(max_workers=min(len(os.sched_getaffinity(0)), _MOST_THREADS)) as pool:
            try:
                tasks = [
                    pool.submit(_check_file, handle, file, policy, progress, stop, hashed=hashed)
                    for file in files.values()
                ]
                wait_awake(tasks)
                for task in sorted(tasks, key=lambda task: not task.done()):
                    task.result()
            except BaseException:
                stop.set()
                raise
    finally:
        os.close(handle)


def judge_format(path: str, found: FileFormat, policy: Policy) -> None:
    """Hold what a file's bytes say it is against what the policy lets be loaded.

    Raises:
        Refusal: it may not be loaded.
    """
    demand = policy.formats
    if demand is None or any(patterns.matches(pattern, path) for pattern in demand.code_bearing):
        return
    given = any(identity.given for identity in policy.identities.values())
    naming = f"--allow-code {path}" if given else f"formats: {{code-bearing: [{path}]}} in the policy"
    if found.code_bearing:
        raise Refusal(
            f"{shown(path)} can run code when it is loaded, and {policy.name} does not name it",
            code="code-bearing-file",
            expected="no such file, unless it is named",
            found=f"{found.kind.value} by its bytes" + (f": {found.reason}" if found.reason else ""),
            hint=naming,
        )
    if found.outside:
        raise Refusal(
            f"{shown(path)} leads to something that nobody signed, and {policy.name} does not name it",
            code="reference-outside",
            expected="only references to files of the model",
            found=found.outside,
            hint=naming,
        )
    if demand.allow is not None and found.kind not in demand.allow:
        raise Refusal(
            f"{shown(path)} is of a kind that {policy.name} does not allow",
            code="format-not-allowed",
            expected=f"only {', '.join(kind.value for kind in demand.allow)}",
            found=f"{found.kind.value} by its bytes",
        )


def _check_names(root: int, paths: set[str], where: Path) -> None:
    """Compare the two lists of names; folders count as far as they lead to a signed file."""
    folders = {path[:at] for path in paths for at in range(len(path)) if path[at] == "/"}
    found: set[str] = set()
    extra: list[str] = []
    waiting = [""]
    while waiting:
        folder = waiting.pop()
        for name, mode in _entries(root, folder):
            path = f"{folder}/{name}" if folder else name
            if stat.S_ISDIR(mode) and path in folders:
                waiting.append(path)
            elif stat.S_ISREG(mode) and path in paths:
                found.add(path)
            else:
                extra.append(path)
    if extra:
        raise Tampered(
            f"{where} holds what is not signed",
            code="file-not-signed",
            expected=f"the {len(paths)} signed files and nothing else",
            found=_listed(extra),
        )
    if found != paths:
        raise Tampered(f"{where} lacks signed files", code="file-missing", expected=_listed(sorted(paths - found)))


def _entries(root: int, folder: str) -> list[tuple[str, int]]:
    handle = _open_beneath(root, folder, _FOLDER) if folder else os.dup(root)
    try:
        with os.scandir(handle) as entries:
            return [(entry.name, entry.stat(follow_symlinks=False).st_mode) for entry in entries]
    except OSError as error:
        _unreadable(folder or ".", error)
    finally:
        os.close(handle)


def _check_file(
    root: int, file: ArtefactFile, policy: Policy, progress: Progress, stop: threading.Event, *, hashed: bool
) -> None:
    try:
        with open(_open_beneath(root, file.path, _FILE), "rb") as opened:  # a handle, not a path
            _check_opened(opened, file, progress, stop, hashed=hashed)
            opened.seek(0)
            judge_format(file.path, recognise(file.path, opened, file.size), policy)
    except OSError as error:
        _unreadable(file.path, error)


def _check_opened(
    opened: BinaryIO, file: ArtefactFile, progress: Progress, stop: threading.Event, *, hashed: bool
) -> None:
    status = os.fstat(opened.fileno())
    if not stat.S_ISREG(status.st_mode) or status.st_nlink != 1:
        raise _differs(file, "a file of its own", "a second name for some other file, or no file")
    if status.st_size != file.size:
        raise _differs(file, f"{file.size} bytes", f"{status.st_size} bytes")
    if not hashed:
        _check_bytes(opened, file, progress, stop)


def _check_bytes(opened: BinaryIO, file: ArtefactFile, progress: Progress, stop: threading.Event) -> None:
    digest = hashlib.sha256()
    buffer = block_for(file.size)
    with progress.task("checking", file.path, file.size) as advance:
        while (count := opened.readinto(buffer)) and not stop.is_set():  # type: ignore[attr-defined]
            digest.update(buffer[:count])
            advance(count)
    if not stop.is_set() and digest.hexdigest() != file.digest.hex:
        raise _differs(file, str(file.digest), f"sha256:{digest.hexdigest()}")


def _open_beneath(root: int, path: str, flags: int) -> int:
    """Open a file below a folder; no part of its path may be a link."""
    *folders, name = path.split("/")
    handle = os.dup(root)
    try:
        for folder in folders:
            inner = _open(folder, _FOLDER, handle, path)
            os.close(handle)
            handle = inner
        return _open(name, flags, handle, path)
    finally:
        os.close(handle)


def _open(name: str, flags: int, folder: int | None, path: str) -> int:
    try:
        return os.open(name, flags, dir_fd=folder)
    except OSError as error:
        _unreadable(path, error)


def _unreadable(path: str, error: OSError) -> NoReturn:
    raise Tampered(
        f"{shown(path)} cannot be read", code="file-unreadable", expected="a signed file", found=error.strerror
    ) from error


def _differs(file: ArtefactFile, expected: str, found: str) -> Tampered:
    return Tampered(f"{shown(file.path)} is not the signed file", code="tampered", expected=expected, found=found)


def _listed(paths: list[str]) -> str:
    more = f" and {len(paths) - _LISTED} more" if len(paths) > _LISTED else ""
    return ", ".join(shown(path) for path in sorted(paths)[:_LISTED]) + more
