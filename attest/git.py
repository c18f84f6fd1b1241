"""Facts about the code from git, read so that a hostile repository cannot run anything.

A folder that somebody downloaded can hold a `.git/config` that names commands: `core.fsmonitor`, hooks, filters that
`git status` runs on every changed file, transports of a partial clone. So each command is given settings that win over
the repository's; filters that the repository itself defines are switched off (its files then count as changed, never
as clean); no transport is allowed; nothing of the caller's `GIT_…` variables is handed on; and time is bounded.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING, Final

from attest.claims.source_uri import normalise
from attest.claims.training import Source

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_SECONDS: Final = 20.0
_MOST_BYTES: Final = 32 * 1024 * 1024
_MOST_SUBMODULES: Final = 200
_SETTINGS: Final = (
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.pager=cat",
    "core.sshCommand=false",
    "core.askPass=false",
    "core.untrackedCache=false",
    "credential.helper=",
    "safe.bareRepository=explicit",
    "protocol.allow=never",
    "submodule.recurse=false",
    "status.submoduleSummary=false",
)
_KEPT: Final = ("HOME", "XDG_CONFIG_HOME", "USER", "LOGNAME", "TMPDIR")


def git_source(folder: Path, *, outputs: Sequence[Path] = ()) -> Source | None:
    """What git says about the code in `folder`; `None` where there is no git, no repository or no commit.

    Args:
        folder: where the person works.
        outputs: files and folders that the training wrote; they do not count as changes.
    """
    repository = _Repository.of(folder)
    commit = repository and repository.answer("rev-parse", "--verify", "--quiet", "HEAD^{commit}")
    if not repository or not commit:
        return None
    changes = repository.changes(outputs)
    remote = repository.remote()
    return Source(
        uri=None if remote is None else normalise(remote),
        commit=commit.strip(),
        clean=None if changes is None else changes == 0,
        changes=changes,
        ref=(repository.answer("symbolic-ref", "--quiet", "HEAD") or "").strip() or None,
    )


class _Repository:
    """One working tree, and the only way to ask git about it."""

    def __init__(self, git: str, folder: Path, *, filters: Sequence[str] = ()) -> None:
        self._git = git
        self.folder = folder
        self._settings = (*_SETTINGS, *filters)

    @classmethod
    def of(cls, folder: Path) -> _Repository | None:
        git = _executable()
        top = None if git is None else cls(git, folder).answer("rev-parse", "--show-toplevel")
        if git is None or not top:
            return None
        root = type(folder)(top.rstrip("\n"))
        filters = cls(git, root).filters()
        return None if filters is None else cls(git, root, filters=filters)

    def answer(self, *arguments: str) -> str | None:
        """What git prints; `None` when it fails, takes too long or prints too much."""
        settings = [part for setting in self._settings for part in ("-c", setting)]
        try:
            done = subprocess.run(  # noqa: S603  # a fixed program with fixed arguments; see the module's first lines
                [self._git, *settings, *arguments],
                cwd=self.folder,
                env=_environment(),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
        if done.returncode != 0 or len(done.stdout) > _MOST_BYTES:
            return None
        return done.stdout.decode("utf-8", "surrogateescape")

    def remote(self) -> str | None:
        """Where the current branch comes from, else `origin`, else the only remote there is."""
        names = (self.answer("remote") or "").split()
        branch = (self.answer("symbolic-ref", "--quiet", "--short", "HEAD") or "").strip()
        upstream = (self.answer("config", "--get", f"branch.{branch}.remote") or "").strip() if branch else ""
        for name in (upstream, "origin", *(names if len(names) == 1 else ())):
            if name in names and not name.startswith("-"):
                return (self.answer("remote", "get-url", name) or "").strip() or None
        return None

    def changes(self, outputs: Sequence[Path] = ()) -> int | None:
        """How many files differ from the commit, untracked ones included; `None` when git does not say."""
        excluded = [f":(exclude,top,literal){inside}" for output in outputs if (inside := self._inside(output))]
        listed = self.answer(
            "status", "--porcelain=v1", "-z", "--untracked-files=normal", "--no-renames", "--ignore-submodules=dirty",
            "--", ":/", *excluded,
        )  # fmt: skip
        if listed is None:
            return None
        within = self._changes_of_submodules()
        return None if within is None else within + sum(1 for entry in listed.split("\0") if entry)

    def _changes_of_submodules(self) -> int | None:
        """Git would look into submodules with their own settings in force; we look with ours."""
        if not (self.folder / ".gitmodules").exists():
            return 0
        listed = self.answer("ls-files", "--stage", "-z")
        if listed is None:
            return None
        paths = [entry.partition("\t")[2] for entry in listed.split("\0") if entry.startswith("160000 ")]
        total = 0
        for path in paths[: _MOST_SUBMODULES + 1]:
            if not (self.folder / path / ".git").exists():
                continue  # not checked out: nothing that could be changed
            inner = _Repository.of(self.folder / path)
            found = None if inner is None or inner.folder == self.folder else inner.changes()
            if found is None:
                return None
            total += found
        return None if len(paths) > _MOST_SUBMODULES else total

    def _inside(self, path: Path) -> str | None:
        try:
            inside = path.resolve().relative_to(self.folder.resolve())
        except (ValueError, OSError):
            return None
        return None if inside == type(inside)() else inside.as_posix()

    def filters(self) -> list[str] | None:
        """Settings that switch off each filter that the repository's own configuration defines or changes.

        `None` where one has a name that no setting can be written for: then git is asked nothing more.
        """
        listed = ""
        for scope in ("--local", "--worktree"):
            listed += self.answer("config", scope, "--includes", "--null", "--name-only", "--list") or ""
        drivers = {
            name[len("filter.") : name.rindex(".")]
            for name in listed.split("\0")
            if name.startswith("filter.") and name.count(".") > 1
        }
        if any("=" in driver or "\n" in driver for driver in drivers):
            return None
        keys = ("clean=", "smudge=", "process=", "required=false")
        return [f"filter.{driver}.{key}" for driver in sorted(drivers) for key in keys]


def _executable() -> str | None:
    """Git from the path, leaving out relative entries: a `git` in a downloaded folder is not git."""
    entries = [entry for entry in os.environ.get("PATH", os.defpath).split(os.pathsep) if os.path.isabs(entry)]  # noqa: PTH117
    return shutil.which("git", path=os.pathsep.join(entries))


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in (*_KEPT, "PATH") if name in os.environ}
    return kept | {
        "LC_ALL": "C",
        "GIT_ALLOW_PROTOCOL": "none",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
    }
