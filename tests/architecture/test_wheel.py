"""The wheel holds what the checkout runs from: both packages, the policies, the schemas; and works without the rest."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built wheel, unpacked as an installer would."""
    pytest.importorskip("hatchling", reason="hatchling is not installed: the wheel cannot be built")
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (built,) = folder.glob("*.whl")
    site = folder / "site"
    with zipfile.ZipFile(built) as archive:
        archive.extractall(site)
    return site


def test_it_holds_both_packages_and_their_data(wheel: Path) -> None:
    for name in (
        "attest/__init__.py",
        "attest/py.typed",
        "attest/policies/key.yaml",
        "attest/claims/schemas/bom-1.6.schema.json",
        "attest_registry/__init__.py",
        "attest_registry/py.typed",
        "attest_registry/catalogue/migrations/env.py",
        "attest_registry/catalogue/migrations/versions/r0002_notes.py",
    ):
        assert (wheel / name).is_file(), name


def test_it_holds_nothing_else(wheel: Path) -> None:
    tops = {path.name for path in wheel.iterdir() if not path.name.endswith(".dist-info")}
    assert tops == {"attest", "attest_registry"}
    (information,) = wheel.glob("*.dist-info")
    assert "Name: model-attest" in (information / "METADATA").read_text()
    commands = (information / "entry_points.txt").read_text()
    assert "attest = attest.cli.main:run" in commands
    assert "model-attest = attest.cli.main:run" in commands


def test_the_main_job_runs_from_it(wheel: Path, tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model/config.json").write_text("{}")
    environment = {**os.environ, "PYTHONPATH": str(wheel), "ATTEST_HOME": str(tmp_path / "home")}

    def attest(*arguments: str) -> str:
        code = (
            f"import attest; assert attest.__file__.startswith({str(wheel)!r}); from attest.cli.main import run; run()"
        )
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    attest("keygen", "--out", "K")
    attest("push", "model", "m", "--key", "K/attest.key")
    assert "ALLOWED" in attest("verify", "m:1", "--key", "K/attest.pub")
    assert "config.json" in attest("exec", "--model", "m:1", "--key", "K/attest.pub", "--", "ls", "{model}")
