"""The README shows what the program does, and its five commands run on an empty machine."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def plain(text: str) -> str:
    """Without what differs from run to run."""
    return re.sub(r"sha256:[0-9a-f]{12,64}", "sha256:…", text)


@pytest.fixture(scope="module")
def demo() -> str:
    pytest.importorskip("numpy", reason="numpy is not installed: the demo cannot run")
    done = subprocess.run(
        [sys.executable, str(ROOT / "fixtures/demo/demo.py")],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )
    return plain(done.stdout)


def test_the_demo_shows_one_success_and_three_refusals(demo: str) -> None:
    assert demo.count("\nALLOWED") == 1
    assert demo.count("(exit 3)") == 3
    assert "3 attacks were refused" in demo


def test_every_line_of_the_first_screen_is_in_the_demo(demo: str) -> None:
    printed = {line.rstrip() for line in demo.splitlines()}
    for line in blocks("console")[0].splitlines():
        if line and not line.startswith(("$", "#")):
            assert plain(line) in printed, line


def test_the_five_commands_run_on_an_empty_machine(tmp_path: Path) -> None:
    commands = [line for block in blocks("console") for line in block.splitlines() if line.startswith("$ attest ")]
    five = commands[commands.index("$ attest keygen") :][:5]
    (tmp_path / "model").mkdir()
    (tmp_path / "model/config.json").write_text("{}")
    environment = {"HOME": str(tmp_path), "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "LANG": "C.UTF-8"}
    for command in five:
        done = subprocess.run(
            ["sh", "-c", command[2:]], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{command}\n{done.stderr}"
    assert done.stdout == "config.json\n"


def test_every_page_that_is_linked_exists() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / target).exists(), target


def test_the_policy_in_the_readme_is_sound(tmp_path: Path) -> None:
    from attest.policy.document import load_policy
    from attest.signing.keyfile import generate

    generate(tmp_path / "risk-ml.key", tmp_path / "risk-ml.pub", passphrase=None)
    (tmp_path / "production.yaml").write_text(blocks("yaml")[0])
    assert load_policy(tmp_path / "production.yaml").name == "production"
