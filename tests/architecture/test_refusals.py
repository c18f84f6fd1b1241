"""Whoever verifies has to refuse: at least half of the test cases of what verifies are refusals."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ATTRIBUTES = {"raises", "code", "error", "exit_status", "FAILED", "UNKNOWN", "rejected"}
CALLS = ("refus", "code", "denied", "raises", "reject", "error")


def refuses(test: ast.FunctionDef) -> bool:
    """Whether it expects an error, or asserts the code of one."""
    for node in ast.walk(test):
        if isinstance(node, ast.Attribute) and node.attr in ATTRIBUTES:
            return True
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and any(word in node.func.id for word in CALLS)
        ):
            return True
    return False


def refusals(path: Path) -> dict[str, bool]:
    tree = ast.parse(path.read_text())
    return {node.name: refuses(node) for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("folder", ["verify", "policy", "registry/oci"])
def test_more_than_half_of_the_cases_refuse(folder: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", f"tests/{folder}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    cases = [line.partition("::") for line in done.stdout.splitlines() if "::" in line]
    known = {path: refusals(ROOT / path) for path in {path for path, _, _ in cases}}
    refused = sum(known[path][name.partition("[")[0]] for path, _, name in cases)
    assert 2 * refused > len(cases), f"{refused} of {len(cases)}"
