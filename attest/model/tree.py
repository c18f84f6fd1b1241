"""A folder as the closed world of a model's files: everything below it belongs to the version, or a person said no.

Nothing is skipped silently (docs/threats.md rows 9 and 33): hidden files count, links and special files are refused or
named in a notice, and so are empty folders, which no manifest can hold.
"""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from attest.errors import ModelError
from attest.model.exclusion import Exclusion, excluding
from attest.model.links import Linked, resolve_link
from attest.model.names import check_apart, check_path, shown
from attest.model.reading import cannot_read, changed
from attest_registry import limits

if TYPE_CHECKING:
    from collections.abc import Sequence

_OPEN_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC

_UNLIKELY: Final = re.compile(
    r"(?:^|/)(?:\.ipynb_checkpoints|__pycache__|__MACOSX|\.cache|\.idea|\.vscode|\.venv|venv|node_modules"
    r"|\.pytest_cache|\.mypy_cache|\.ruff_cache|\.github|\.hg|\.svn|\.dvc|wandb|mlruns|lightning_logs|runs"
    r"|checkpoint-\d+|global_step\d+)(?:/|$)"
    r"|(?:^|/)(?:\.DS_Store|Thumbs\.db|desktop\.ini|training_args\.bin|trainer_state\.json|optimizer\.(?:pt|bin)"
    r"|scheduler\.(?:pt|bin)|scaler\.pt|rng_state(?:_\d+)?\.pth|nohup\.out|events\.out\.tfevents\..*|core\.\d+|\._[^/]*"
    r"|\.#[^/]*|#[^/]*#)$"
    r"|(?:\.tmp|\.temp|\.bak|\.orig|\.rej|\.sw[a-p]|\.part|\.partial|\.incomplete|\.crdownload|\.lock|\.log|\.pyc|~)$",
)
"""What ends up in model folders by itself: from notebooks, trainers (Hugging Face, DeepSpeed), editors, systems."""


class TreeEntry(Struct, frozen=True, kw_only=True):
    """One regular file of a model.

    Args:
        path: checked POSIX path inside the model.
        place: where its bytes are, absolute; not a link.
        size: its bytes when it was seen.
    """

    path: str
    place: str
    size: int

    @property
    def source(self) -> Path:
        """`place` as a path."""
        return Path(self.place)


class Tree(Struct, frozen=True, kw_only=True):
    """All files of a model, in code-point order of their paths.

    Args:
        root: the folder, or the single file.
        entries: the files; at least one.
        excluded: the patterns that a person gave, as typed.
        notices: what should be shown about how the folder was read.
    """

    root: Path
    entries: tuple[TreeEntry, ...]
    excluded: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()

    @property
    def unlikely(self) -> tuple[str, ...]:
        """Paths that look as if nobody meant them to be part of a model."""
        return tuple(entry.path for entry in self.entries if _UNLIKELY.search(entry.path))

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(entry.size for entry in self.entries)


def walk(
    root: Path, *, exclude: Sequence[str] = (), dereference: bool = False, most: int = limits.FILES_PER_MODEL
) -> Tree:
    """List the files of a model.

    Args:
        root: a folder, or one file, which is then a model of one file under its own name.
        exclude: patterns of paths to leave out (see `Exclusion`).
        dereference: store what links point to, wherever that is.
        most: the most files; what is stored as an artefact may not have more than the default.

    Raises:
        ModelError: `no-such-folder`, `no-files`, `too-many-files`, `unreadable`, `unsafe-name`, `name-collision`,
            `symlink`, `special-file`, `git-folder`, `bad-exclude`.
    """
    try:
        status = root.stat()
        place = root.resolve(strict=True)
    except (OSError, RuntimeError, ValueError) as error:
        raise _missing(root, error) from error
    if stat.S_ISREG(status.st_mode):
        return _single(root, place, status.st_size, Exclusion(exclude))
    if not stat.S_ISDIR(status.st_mode):
        raise _special(str(root), status.st_mode)
    walker = _Walker(place, Exclusion(exclude), dereference=dereference, most=most)
    walker.read_all()
    check_apart(entry.path for entry in walker.found)  # each was checked when it was met
    if not walker.found:
        left_out = " besides what --exclude leaves out" if walker.exclusion.patterns else ""
        raise ModelError(f"{root} holds no files{left_out}", code="no-files", expected="the files of a model")
    return Tree(
        root=root,
        entries=tuple(sorted(walker.found, key=lambda entry: entry.path)),
        excluded=walker.exclusion.patterns,
        notices=(*sorted(walker.notices), *_idle(walker.exclusion, root)),
    )


def _single(root: Path, place: Path, size: int, exclusion: Exclusion) -> Tree:
    name = check_path(root.name or place.name)
    if exclusion.covers(name, folder=False):
        raise ModelError(f"{root} is the only file, and it is excluded", code="no-files")
    entry = TreeEntry(path=name, place=str(place), size=size)
    return Tree(root=root, entries=(entry,), excluded=exclusion.patterns, notices=_idle(exclusion, root))


def _idle(exclusion: Exclusion, root: Path) -> tuple[str, ...]:
    return tuple(f"--exclude {pattern} matches nothing in {root.name or root}" for pattern in exclusion.unused)


class _Folder(Struct, frozen=True, kw_only=True):
    """One folder that is being read; a linked one has a real place of its own."""

    handle: int
    prefix: str
    place: str
    inodes: frozenset[tuple[int, int]]


class _Walker:
    """Reads a tree depth first. Open folders are at most PATH_PARTS."""

    def __init__(self, root: Path, exclusion: Exclusion, *, dereference: bool, most: int) -> None:
        self.root = root
        self.exclusion = exclusion
        self.dereference = dereference
        self.most = most
        self.found: list[TreeEntry] = []
        self.notices: list[str] = []

    def read_all(self) -> None:
        """Fill `found` and `notices`."""
        stack = [self._open(str(self.root), self.root.name, place=str(self.root), within=None)]
        pending = [self._names(stack[-1])]
        try:
            while stack:
                if not pending[-1]:
                    os.close(stack.pop().handle)
                    pending.pop()
                    continue
                below = self._take(stack[-1], pending[-1].pop())
                if below is not None:
                    stack.append(below)
                    pending.append(self._names(below))
        finally:
            for folder in stack:
                os.close(folder.handle)

    def _open(self, name: str, path: str, *, place: str, within: _Folder | None) -> _Folder:
        try:
            handle = os.open(name, _OPEN_FOLDER, dir_fd=None if within is None or name == place else within.handle)
        except OSError as error:
            raise cannot_read(path, error) from error
        status = os.fstat(handle)
        inode = (status.st_dev, status.st_ino)
        above = within.inodes if within else frozenset()
        if inode in above:
            os.close(handle)
            raise _link_refused(path, "it leads back to a folder above it, without end")
        prefix = "" if within is None else f"{path}/"
        return _Folder(handle=handle, prefix=prefix, place=place, inodes=above | {inode})

    def _names(self, folder: _Folder) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(folder.handle) as entries:
                names = list(entries)
        except OSError as error:
            raise cannot_read(folder.prefix or str(self.root), error) from error
        if not names and folder.prefix:
            self.notices.append(f"{folder.prefix} is empty and will not be part of the version")
        return names

    def _take(self, folder: _Folder, entry: os.DirEntry[str]) -> _Folder | None:
        """Take in one name; what comes back is a folder to read next."""
        path = folder.prefix + entry.name
        is_folder = entry.is_dir(follow_symlinks=False)
        if self.exclusion.patterns and self.exclusion.covers(path, folder=is_folder or entry.is_symlink()):
            return None
        check_path(path)
        if entry.name.casefold() == ".git":
            raise ModelError(
                f"{path} is a git repository: it would publish the whole history",
                code="git-folder",
                hint=excluding(path),
            )
        place = f"{folder.place}/{entry.name}"
        if is_folder:
            return self._open(entry.name, path, place=place, within=folder)
        if entry.is_symlink():
            return self._take_link(folder, path, place)
        try:
            status = entry.stat(follow_symlinks=False)
        except OSError as error:
            raise cannot_read(path, error) from error
        if not stat.S_ISREG(status.st_mode):
            raise _special(path, status.st_mode)
        self._add(path, place, status.st_size)
        return None

    def _take_link(self, folder: _Folder, path: str, place: str) -> _Folder | None:
        linked = resolve_link(place, root=str(self.root), path=path)
        if linked.refusal is not None and not self.dereference:
            raise _link_refused(path, linked.refusal)
        if stat.S_ISDIR(linked.mode):
            self.notices.append(f"{path}/ is a link; the files of {linked.shown} are stored in its place")
            return self._open(linked.target, path, place=linked.target, within=folder)
        if not stat.S_ISREG(linked.mode):
            raise _special(path, linked.mode)
        self._add_linked(path, linked)
        return None

    def _add_linked(self, path: str, linked: Linked) -> None:
        self.notices.append(f"{path} is a link; the file that it points to ({linked.shown}) is stored")
        self._add(path, linked.target, linked.size)

    def _add(self, path: str, place: str, size: int) -> None:
        if len(self.found) >= self.most:
            raise ModelError(
                f"{self.root.name} holds more than {self.most} files",
                code="too-many-files",
                expected=f"at most {self.most} files in one version",
                hint="pack the small ones into one file (an archive, a parquet file), or leave some out with --exclude",
            )
        self.found.append(TreeEntry(path=path, place=place, size=size))


def _missing(root: Path, error: Exception) -> ModelError:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return ModelError(
            f"{root} does not exist",
            code="no-such-folder",
            expected="a folder or file to make a model of",
            hint=_near(root),
        )
    why = str(getattr(error, "strerror", None) or error).lower()
    return ModelError(f"{root} cannot be read: {why}", code="unreadable")


def _near(root: Path) -> str | None:
    """What lies beside it under a similar name."""
    import difflib  # noqa: PLC0415  # only on the way to an error

    try:
        near = difflib.get_close_matches(root.name, [path.name for path in root.parent.iterdir()], n=1)
    except OSError:
        return None
    return f"did you mean {root.parent / near[0]}?" if near else None


def _link_refused(path: str, why: str) -> ModelError:
    return ModelError(
        f"{shown(path)} is a link that is not followed: {why}",
        code="symlink",
        expected="links to files inside the folder, or into a Hugging Face cache",
        hint=f"--dereference stores what links point to; {excluding(path)} leaves it out",
    )


_KINDS: Final = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def _special(path: str, mode: int) -> ModelError:
    kind = _KINDS.get(stat.S_IFMT(mode))
    if kind is None:
        return changed(path)
    return ModelError(
        f"{shown(path)} is {kind}, not a file", code="special-file", expected="regular files", hint=excluding(path)
    )
