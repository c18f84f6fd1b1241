"""What is supposed for cases stays with the cases: nothing that loads, admits or serves can reach it."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]


def importers(name: str) -> set[str]:
    found = set()
    for path in (ROOT / "attest").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = []
            if isinstance(node, ast.ImportFrom):
                names = [str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)]
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            if any(each == name or each.startswith(f"{name}.") for each in names):
                found.add(str(path.relative_to(ROOT / "attest")))
    return found


def test_facts_are_supposed_for_cases_alone() -> None:
    assert {path.partition("/")[0] for path in importers("attest.verify.supposed")} == {"cases"}


def test_cases_are_run_by_one_command_alone() -> None:
    outside = {path for path in importers("attest.cases") if not path.startswith("cases/")}
    assert outside == {"cli/policy_cases.py"}


def test_cases_admit_and_load_nothing() -> None:
    for name in ("attest.admit", "attest.load", "attest.serving", "attest.verbs"):
        assert not {path for path in importers(name) if path.startswith("cases/")}
