"""What git and CI say about the code and who ran it, and what is installed, so that nobody has to type it.

Only what a system says is written down; nothing is guessed, and no path or user name of this machine.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import re
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

from attest.claims.predicates import LOCAL_BUILDER
from attest.claims.source_uri import normalise
from attest.claims.training import Build, Package, Source
from attest.git import git_source

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_COMMIT: Final = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}", re.ASCII)


class Surroundings(Struct, frozen=True, kw_only=True):
    """Where a training ran.

    Args:
        build: who ran it; the local builder where no CI system says otherwise.
        source: the code; `None` where nothing says.
    """

    build: Build
    source: Source | None


def surroundings(
    folder: Path,
    *,
    environment: Mapping[str, str],
    outputs: Sequence[Path] = (),
    started: str | None = None,
    finished: str | None = None,
) -> Surroundings:
    """What git and CI say.

    Args:
        folder: where the person works; not the model's folder.
        environment: variables of the process.
        outputs: files and folders that the training wrote; they do not count as changes of the code.
        started: RFC 3339 UTC, where somebody knows.
        finished: RFC 3339 UTC, where somebody knows.
    """
    build, stated = _from_ci(environment)
    return Surroundings(
        build=replace(build, started=started, finished=finished),
        source=_combined(git_source(folder, outputs=outputs), stated),
    )


def installed_packages() -> tuple[Package, ...]:
    """The distributions that the running Python can import, by name."""
    found: dict[str, Package] = {}
    for distribution in importlib.metadata.distributions():
        with contextlib.suppress(TypeError, OSError):  # a folder that only looks like a distribution has no metadata
            name, version = distribution.metadata["Name"], distribution.metadata["Version"]
            if name and version:
                found.setdefault(re.sub(r"[-_.]+", "-", name).lower(), Package(name=name, version=version))
    return tuple(found[name] for name in sorted(found))


def _combined(git: Source | None, stated: Source | None) -> Source | None:
    """Git has looked at the files and wins; CI fills in what a bare checkout does not know."""
    if git is None or stated is None:
        return git or stated
    if git.commit != stated.commit:
        return git
    return replace(git, uri=git.uri or stated.uri, ref=git.ref or stated.ref)


def _from_ci(environment: Mapping[str, str]) -> tuple[Build, Source | None]:
    if environment.get("GITHUB_ACTIONS") == "true":
        return _github(environment)
    if environment.get("GITLAB_CI") == "true":
        return _gitlab(environment)
    return Build(builder=LOCAL_BUILDER), None


def _github(environment: Mapping[str, str]) -> tuple[Build, Source | None]:
    """docs.github.com: default environment variables. The builder is the workflow, as its certificates name it."""
    server, repository = environment.get("GITHUB_SERVER_URL"), environment.get("GITHUB_REPOSITORY")
    workflow, run = environment.get("GITHUB_WORKFLOW_REF"), environment.get("GITHUB_RUN_ID")
    if not (server and repository and workflow and run):
        return Build(builder=LOCAL_BUILDER), None
    attempt = environment.get("GITHUB_RUN_ATTEMPT", "1")
    return (
        Build(
            builder=f"{server}/{workflow}", invocation=f"{server}/{repository}/actions/runs/{run}/attempts/{attempt}"
        ),
        _stated(f"{server}/{repository}", environment.get("GITHUB_SHA"), environment.get("GITHUB_REF")),
    )


def _gitlab(environment: Mapping[str, str]) -> tuple[Build, Source | None]:
    """docs.gitlab.com: predefined CI/CD variables. The builder is the runner, as GitLab's own provenance names it."""
    project, runner = environment.get("CI_PROJECT_URL"), environment.get("CI_RUNNER_ID")
    if not (project and runner):
        return Build(builder=LOCAL_BUILDER), None
    tag, branch = environment.get("CI_COMMIT_TAG"), environment.get("CI_COMMIT_BRANCH")
    ref = f"refs/tags/{tag}" if tag else (f"refs/heads/{branch}" if branch else None)
    return (
        Build(builder=f"{project}/-/runners/{runner}", invocation=environment.get("CI_JOB_URL")),
        _stated(project, environment.get("CI_COMMIT_SHA"), ref),
    )


def _stated(address: str, commit: str | None, ref: str | None) -> Source | None:
    if commit is None or not _COMMIT.fullmatch(commit):
        return None
    return Source(uri=normalise(address), commit=commit, ref=ref or None)
