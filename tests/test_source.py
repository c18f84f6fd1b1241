from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from attest.claims.predicates import LOCAL_BUILDER
from attest.claims.training import Build, Source
from attest.source import installed_packages, surroundings

if TYPE_CHECKING:
    from pathlib import Path

COMMIT = "c27d339ee6075c1f744c5d4b200f7901aad2c369"
GITHUB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_REPOSITORY": "acme/train",
    "GITHUB_WORKFLOW_REF": "acme/train/.github/workflows/train.yml@refs/heads/main",
    "GITHUB_RUN_ID": "1536140711",
    "GITHUB_RUN_ATTEMPT": "2",
    "GITHUB_SHA": COMMIT,
    "GITHUB_REF": "refs/heads/main",
}
GITLAB = {
    "GITLAB_CI": "true",
    "CI_PROJECT_URL": "https://gitlab.example.com/acme/train",
    "CI_RUNNER_ID": "12",
    "CI_JOB_URL": "https://gitlab.example.com/acme/train/-/jobs/7",
    "CI_COMMIT_SHA": COMMIT,
    "CI_COMMIT_BRANCH": "main",
}


def commit_in(folder: Path) -> str:
    def git(*arguments: str) -> str:
        settings = ["-c", "user.name=A", "-c", "user.email=a@example.com"]
        done = subprocess.run(["git", *settings, *arguments], cwd=folder, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    git("init", "-q", "-b", "work")
    (folder / "train.py").write_text("x")
    git("add", "-A")
    git("commit", "-q", "-m", "first")
    return git("rev-parse", "HEAD")


def test_a_laptop_is_called_one(tmp_path: Path) -> None:
    found = surroundings(tmp_path, environment={"USER": "alice", "HOSTNAME": "box"}, started="s", finished="f")
    assert found.build == Build(builder=LOCAL_BUILDER, started="s", finished="f")
    assert found.source is None


def test_github_names_workflow_run_and_commit(tmp_path: Path) -> None:
    found = surroundings(tmp_path, environment=GITHUB)
    assert found.build == Build(
        builder="https://github.com/acme/train/.github/workflows/train.yml@refs/heads/main",
        invocation="https://github.com/acme/train/actions/runs/1536140711/attempts/2",
    )
    assert found.source == Source(uri="git+https://github.com/acme/train", commit=COMMIT, ref="refs/heads/main")


def test_nobody_looked_at_the_files_of_a_ci_without_git(tmp_path: Path) -> None:
    source = surroundings(tmp_path, environment=GITHUB).source
    assert source is not None
    assert (source.clean, source.changes) == (None, None)


def test_gitlab_names_runner_job_and_commit(tmp_path: Path) -> None:
    found = surroundings(tmp_path, environment=GITLAB)
    assert found.build == Build(
        builder="https://gitlab.example.com/acme/train/-/runners/12",
        invocation="https://gitlab.example.com/acme/train/-/jobs/7",
    )
    assert found.source == Source(uri="git+https://gitlab.example.com/acme/train", commit=COMMIT, ref="refs/heads/main")


def test_a_tag_of_gitlab_is_a_tag(tmp_path: Path) -> None:
    environment = {**GITLAB, "CI_COMMIT_TAG": "v1"}
    source = surroundings(tmp_path, environment=environment).source
    assert source is not None
    assert source.ref == "refs/tags/v1"


@pytest.mark.parametrize("missing", ["GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_WORKFLOW_REF", "GITHUB_RUN_ID"])
def test_half_of_a_ci_is_none(tmp_path: Path, missing: str) -> None:
    environment = {name: value for name, value in GITHUB.items() if name != missing}
    assert surroundings(tmp_path, environment=environment).build == Build(builder=LOCAL_BUILDER)


@pytest.mark.parametrize("commit", ["", "main", COMMIT[:7], COMMIT.upper(), f"{COMMIT}\n"])
def test_a_commit_that_is_none_is_left_out(tmp_path: Path, commit: str) -> None:
    assert surroundings(tmp_path, environment={**GITHUB, "GITHUB_SHA": commit}).source is None


@pytest.mark.parametrize("flag", ["", "false", "1", "TRUE"])
def test_variables_without_the_ci_itself_mean_nothing(tmp_path: Path, flag: str) -> None:
    assert surroundings(tmp_path, environment={**GITHUB, "GITHUB_ACTIONS": flag}).source is None


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_git_wins_over_ci_and_ci_fills_in_what_it_does_not_know(tmp_path: Path) -> None:
    commit = commit_in(tmp_path)
    same = surroundings(tmp_path, environment={**GITHUB, "GITHUB_SHA": commit}).source
    assert same == Source(
        uri="git+https://github.com/acme/train", commit=commit, ref="refs/heads/work", clean=True, changes=0
    )


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_another_checkout_is_not_given_the_address_of_the_workflows_repository(tmp_path: Path) -> None:
    commit = commit_in(tmp_path)
    other = surroundings(tmp_path, environment=GITHUB).source
    assert other == Source(commit=commit, ref="refs/heads/work", clean=True, changes=0)


def test_installed_packages_are_listed_once_and_in_order() -> None:
    packages = installed_packages()
    names = [package.name.lower().replace("_", "-").replace(".", "-") for package in packages]
    assert "cryptography" in names
    assert names == sorted(set(names))


def test_a_folder_that_only_looks_like_a_distribution_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "broken-1.0.dist-info").mkdir()
    monkeypatch.syspath_prepend(str(tmp_path))
    assert "broken" not in [package.name for package in installed_packages()]
