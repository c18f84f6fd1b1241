"""Imports come from the installed packages, whatever lies in the folder where a person stands."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

HOSTILE = "raise SystemExit('hostile code ran: ' + __file__)\n"
BOTH = "import attest, attest_registry, attest.errors, attest.policy.verdict, attest_registry.errors; print('ours')"


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A folder full of names that a careless package would import."""
    for name in ("registry", "errors", "policies", "store", "model", "claims", "verify", "limits", "digest"):
        (tmp_path / f"{name}.py").write_text(HOSTILE)
        (tmp_path / f"{name}_").mkdir()
    for name in ("registry", "policies", "catalogue"):
        (tmp_path / name).mkdir(exist_ok=True)
        (tmp_path / name / "__init__.py").write_text(HOSTILE)
        (tmp_path / name / "errors.py").write_text(HOSTILE)
    (tmp_path / "policies/key.yaml").write_text("apiVersion: evil/v1\n")
    (tmp_path / "script.py").write_text(BOTH)
    return tmp_path


def run(folder: Path, *arguments: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "hostile code ran" not in done.stdout + done.stderr
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_script_beside_hostile_files(hostile: Path) -> None:
    assert run(hostile, "script.py") == "ours\n"


def test_a_notebook_which_has_its_own_folder_first_on_the_path(hostile: Path) -> None:
    assert run(hostile, "-c", BOTH) == "ours\n"


def test_the_command_as_a_module(hostile: Path) -> None:
    assert "attest" in run(hostile, "-m", "attest", "--version")


def test_pythonpath_with_the_folder(hostile: Path) -> None:
    assert run(hostile, "-c", BOTH, PYTHONPATH=".") == "ours\n"


def test_a_whole_push_and_verify_in_a_hostile_folder(hostile: Path) -> None:
    (hostile / "weights").mkdir()
    (hostile / "weights/config.json").write_text("{}")
    home = {"ATTEST_HOME": str(hostile / "home"), "PYTHONPATH": "."}
    run(hostile, "-m", "attest", "keygen", "--out", "K", **home)
    run(hostile, "-m", "attest", "push", "weights", "m", "--key", "K/attest.key", **home)
    assert "ALLOWED" in run(hostile, "-m", "attest", "verify", "m:1", "--key", "K/attest.pub", **home)
