from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from attest import git
from attest.claims.training import Source
from attest.git import git_source

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


SAME_SIZE = "print(2)\n"
"""A change that git notices by reading the file (and running its filter), not by its size."""


def run(folder: Path, *arguments: str) -> str:
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder.parent),
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_CONFIG_SYSTEM": "/dev/null",
        "GIT_AUTHOR_NAME": "A",
        "GIT_AUTHOR_EMAIL": "a@example.com",
        "GIT_COMMITTER_NAME": "A",
        "GIT_COMMITTER_EMAIL": "a@example.com",
    }
    done = subprocess.run(["git", *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def make(folder: Path, **files: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    run(folder, "init", "-q", "-b", "main")
    for name, text in {"train.py": "print(1)\n", **files}.items():
        (folder / name).write_text(text)
    run(folder, "add", "-A")
    run(folder, "commit", "-q", "-m", "first")
    return folder


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    return make(tmp_path / "code")


def source(folder: Path, *outputs: Path) -> Source:
    found = git_source(folder, outputs=outputs)
    assert found is not None
    return found


def test_a_clean_repository(repository: Path) -> None:
    run(repository, "remote", "add", "origin", "https://alice:hunter2@github.com/acme/train.git")
    assert git_source(repository) == Source(
        uri="git+https://github.com/acme/train",
        commit=run(repository, "rev-parse", "HEAD"),
        clean=True,
        changes=0,
        ref="refs/heads/main",
    )


def test_changes_of_every_kind_are_counted(repository: Path) -> None:
    (repository / "train.py").write_text("print(2)\n")
    (repository / "new.py").write_text("x")
    (repository / "staged.py").write_text("x")
    run(repository, "add", "staged.py")
    found = source(repository)
    assert (found.clean, found.changes) == (False, 3)


def test_the_whole_repository_counts_wherever_in_it_one_stands(repository: Path) -> None:
    (repository / "sub").mkdir()
    (repository / "new.py").write_text("x")
    assert source(repository / "sub").changes == 1


def test_what_the_training_wrote_is_no_change_of_the_code(repository: Path) -> None:
    out = repository / "out*[1]"
    out.mkdir()
    (out / "model.safetensors").write_text("x")
    assert source(repository).clean is False
    assert source(repository, out).clean is True
    (repository / "outer").write_text("x")
    assert source(repository, out).changes == 1


def test_an_output_elsewhere_or_the_repository_itself_hides_nothing(repository: Path, tmp_path: Path) -> None:
    (repository / "new.py").write_text("x")
    assert source(repository, tmp_path, repository, Path("/")).changes == 1


def test_an_ignored_file_is_no_change(repository: Path) -> None:
    (repository / ".git/info/exclude").write_text("*.log\n")
    (repository / "a.log").write_text("x")
    assert source(repository).clean is True


def test_a_detached_head_has_a_commit_and_no_ref(repository: Path) -> None:
    run(repository, "checkout", "-q", "--detach")
    found = source(repository)
    assert (found.ref, found.clean) == (None, True)


def test_the_remote_of_the_branch_comes_before_origin(repository: Path) -> None:
    run(repository, "remote", "add", "origin", "git@github.com:alice/fork.git")
    run(repository, "remote", "add", "upstream", "git@github.com:acme/train.git")
    run(repository, "config", "branch.main.remote", "upstream")
    assert source(repository).uri == "git+https://github.com/acme/train"


def test_an_only_remote_of_another_name_is_taken(repository: Path) -> None:
    run(repository, "remote", "add", "acme", "git@github.com:acme/train.git")
    assert source(repository).uri == "git+https://github.com/acme/train"


@pytest.mark.parametrize("url", ["/home/alice/train", "file:///home/alice/train", "../train"])
def test_a_remote_on_this_machine_is_not_told(repository: Path, url: str) -> None:
    run(repository, "remote", "add", "origin", url)
    assert source(repository).uri is None


def test_no_repository_no_facts(tmp_path: Path) -> None:
    assert git_source(tmp_path) is None


def test_no_commit_no_facts(tmp_path: Path) -> None:
    run(tmp_path, "init", "-q")
    assert git_source(tmp_path) is None


def test_no_git_no_facts(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    assert git_source(repository) is None


def test_variables_of_the_caller_do_not_lead_elsewhere(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = make(tmp_path / "other", secret="x")
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other))
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "core.fsmonitor")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "false")
    assert source(repository).commit == run(repository, "rev-parse", "HEAD")


# A repository that somebody downloaded: each names a program that git would run.


@pytest.fixture
def trap(tmp_path: Path) -> Path:
    program = tmp_path / "trap"
    program.write_text(
        f"#!{sys.executable}\nopen({str(tmp_path / 'sprung')!r}, 'w')\nimport sys\nsys.stdout.write('x')\n"
    )
    program.chmod(0o755)
    return program


def assert_not_sprung(trap: Path) -> None:
    assert not (trap.parent / "sprung").exists()


@pytest.mark.parametrize("setting", ["core.fsmonitor", "filter.x.clean", "filter.x.process"])
def test_the_traps_work_when_git_is_asked_without_care(repository: Path, trap: Path, setting: str) -> None:
    run(repository, "config", setting, str(trap))
    (repository / ".git/info/attributes").write_text("* filter=x\n")
    (repository / "train.py").write_text(SAME_SIZE)
    with contextlib.suppress(subprocess.CalledProcessError):
        run(repository, "status")
    assert (trap.parent / "sprung").exists()


@pytest.mark.parametrize(
    "setting", ["core.fsmonitor", "core.pager", "core.sshCommand", "core.askPass", "diff.external"]
)
def test_a_program_in_the_settings_is_not_run(repository: Path, trap: Path, setting: str) -> None:
    run(repository, "config", setting, str(trap))
    (repository / "train.py").write_text(SAME_SIZE)
    assert source(repository).changes == 1
    assert_not_sprung(trap)


@pytest.mark.parametrize("key", ["clean", "process"])
@pytest.mark.parametrize("driver", ["x", "x.y", "X Y", "lfs"])
def test_a_filter_of_the_repository_is_not_run(repository: Path, trap: Path, key: str, driver: str) -> None:
    run(repository, "config", f"filter.{driver}.{key}", str(trap))
    run(repository, "config", f"filter.{driver}.required", "true")
    (repository / ".git/info/attributes").write_text(f"* filter={driver.split(' ', maxsplit=1)[0]}\n")
    (repository / "train.py").write_text(SAME_SIZE)
    assert source(repository).clean is False
    assert_not_sprung(trap)


def test_a_filter_in_an_included_file_is_not_run(repository: Path, trap: Path) -> None:
    (repository / ".git/more").write_text(f'[filter "x"]\n\tclean = {trap}\n')
    run(repository, "config", "include.path", "more")
    (repository / ".git/info/attributes").write_text("* filter=x\n")
    (repository / "train.py").write_text(SAME_SIZE)
    assert source(repository).clean is False
    assert_not_sprung(trap)


def test_a_filter_in_the_settings_of_a_worktree_is_not_run(repository: Path, trap: Path) -> None:
    run(repository, "config", "extensions.worktreeConfig", "true")
    run(repository, "config", "--worktree", "filter.x.clean", str(trap))
    (repository / ".git/info/attributes").write_text("* filter=x\n")
    (repository / "train.py").write_text(SAME_SIZE)
    assert source(repository).clean is False
    assert_not_sprung(trap)


def test_a_filter_whose_name_cannot_be_overridden_ends_the_questions(repository: Path, trap: Path) -> None:
    run(repository, "config", "filter.a=b.clean", str(trap))
    (repository / ".git/info/attributes").write_text("* filter=a=b\n")
    (repository / "train.py").write_text(SAME_SIZE)
    assert git_source(repository) is None
    assert_not_sprung(trap)


def test_hooks_are_not_run(repository: Path, trap: Path) -> None:
    hooks = repository / ".git/hooks"
    hooks.mkdir(exist_ok=True)
    for name in ("post-index-change", "fsmonitor-watchman", "post-checkout", "reference-transaction"):
        shutil.copy(trap, hooks / name)
    os.utime(repository / "train.py", (1, 1))
    assert source(repository).clean is True
    assert_not_sprung(trap)


def test_a_missing_object_is_not_fetched_by_a_program(repository: Path, trap: Path) -> None:
    tree = run(repository, "rev-parse", "HEAD^{tree}")
    run(repository, "config", "core.repositoryFormatVersion", "1")
    run(repository, "config", "extensions.partialClone", "origin")
    run(repository, "config", "remote.origin.promisor", "true")
    run(repository, "config", "remote.origin.url", f"ext::{trap}")
    run(repository, "config", "protocol.ext.allow", "always")
    (repository / ".git/objects" / tree[:2] / tree[2:]).unlink()
    found = git_source(repository)
    assert found is None or found.clean is None
    assert_not_sprung(trap)


def test_a_bare_repository_inside_the_folder_is_not_entered(tmp_path: Path, trap: Path) -> None:
    nested = tmp_path / "model"
    nested.mkdir()
    run(nested, "init", "-q", "--bare")
    run(nested, "config", "core.fsmonitor", str(trap))
    assert git_source(nested) is None
    assert_not_sprung(trap)


def test_a_program_called_git_in_the_working_folder_is_not_git(
    repository: Path, trap: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(trap, repository / "git")
    monkeypatch.chdir(repository)
    monkeypatch.setenv("PATH", f".{os.pathsep}{os.pathsep}{os.environ['PATH']}")
    assert source(repository).changes == 1
    assert_not_sprung(trap)


@pytest.fixture
def superproject(repository: Path, tmp_path: Path) -> Path:
    library = make(tmp_path / "library")
    run(repository, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(library), "lib")
    run(repository, "commit", "-q", "-m", "with library")
    return repository


def test_changes_inside_a_submodule_count(superproject: Path) -> None:
    assert source(superproject).clean is True
    (superproject / "lib/train.py").write_text(SAME_SIZE)
    assert (source(superproject).clean, source(superproject).changes) == (False, 1)


def test_settings_of_a_submodule_run_nothing(superproject: Path, trap: Path) -> None:
    run(superproject / "lib", "config", "core.fsmonitor", str(trap))
    run(superproject / "lib", "config", "filter.x.clean", str(trap))
    (superproject / ".git/modules/lib/info").mkdir(exist_ok=True)
    (superproject / ".git/modules/lib/info/attributes").write_text("* filter=x\n")
    (superproject / "lib/train.py").write_text(SAME_SIZE)
    assert source(superproject).clean is False
    assert_not_sprung(trap)


def test_git_that_takes_too_long_leaves_it_unknown(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slow `status` leaves the commit and says that nobody looked, rather than "clean"."""
    slow = tmp_path / "bin"
    slow.mkdir()
    real = shutil.which("git")
    (slow / "git").write_text(f'#!/bin/sh\ncase " $* " in *" status "*) exec sleep 30;; esac\nexec {real} "$@"\n')
    (slow / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{slow}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(git, "_SECONDS", 1.0)
    found = source(repository)
    assert (found.clean, found.changes) == (None, None)
    assert found.commit is not None
