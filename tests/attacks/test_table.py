"""The table of checks is held to the code and to the tests: a line that fits neither shows nothing."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.attacks import log_mutations
from tests.attacks.checks import evidence, files, lineage, policies, proofs, registry, trust
from tests.attacks.checks.check import Check
from tests.attacks.mutations import NOT_HERE, TABLE

ROOT = Path(__file__).parents[2]
MODULES = (evidence, files, lineage, policies, proofs, registry, trust, log_mutations)
CHECKS = {
    f"{module.__name__}.{name}": value
    for module in MODULES
    for name, value in vars(module).items()
    if isinstance(value, Check)
}


@pytest.mark.parametrize("name", CHECKS)
def test_a_check_stands_in_the_code_once(name: str) -> None:
    for file, snippet, replacement in CHECKS[name].edits:
        text = (ROOT / file).read_text()
        assert text.count(snippet) == 1, f"{file}: {snippet!r}"
        ast.parse(text.replace(snippet, replacement))


def test_every_check_is_used() -> None:
    used = {check.edits for attack in TABLE for check in attack.checks}
    assert {name for name, check in CHECKS.items() if check.edits not in used} == set()


def test_every_attack_has_a_line() -> None:
    listed = {attack.test.partition("[")[0] for attack in TABLE}
    there = {
        f"tests/attacks/{path.name}::{node.name}"
        for path in Path(__file__).parent.glob("test_*.py")
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_") and path.name != Path(__file__).name
    }
    assert there == listed


def test_every_row_has_a_line_or_a_reason() -> None:
    page = (ROOT / "docs/threats.md").read_text()
    rows = {int(number) for number in re.findall(r"^\| (\d+) \|", page, re.MULTILINE)}
    listed = {attack.row for attack in TABLE}
    assert listed | NOT_HERE.keys() == rows
    assert not listed & NOT_HERE.keys()


def test_every_line_names_a_test() -> None:
    listed = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", "tests/attacks"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    assert {attack.test for attack in TABLE} - set(listed) == set()
