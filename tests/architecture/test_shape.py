"""The shape of the code is kept by tests: sizes, names, what is imported when, and what is public."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import attest

ROOT = Path(__file__).parents[2]
PACKAGES = [ROOT / "attest", ROOT / "registry/attest_registry"]
MODULES = sorted(path for package in PACKAGES for path in package.rglob("*.py"))
SAYS_NOTHING = {"util", "utils", "helper", "helpers", "common", "misc", "base", "manager", "shared"}
HEAVY = {
    "sigstore",
    "oras",
    "requests",
    "urllib3",
    "rich",
    "cyclonedx",
    "in_toto_attestation",
    "google.protobuf",
    "jsonschema_rs",
    "numpy",
    "pydantic",
    "sqlalchemy",
    "alembic",
    "psycopg",
}


def ids(paths: list[Path]) -> list[str]:
    return [str(path.relative_to(ROOT)) for path in paths]


@pytest.mark.parametrize("path", MODULES, ids=ids(MODULES))
def test_no_module_is_longer_than_400_lines(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 400


@pytest.mark.parametrize("path", MODULES, ids=ids(MODULES))
def test_no_function_is_longer_than_50_lines_without_its_docstring(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            length = (node.end_lineno or 0) - body[0].lineno + 1 if body else 0
            assert length <= 50, f"{node.name} has {length} lines"


def test_no_module_is_named_for_nothing() -> None:
    assert not {path.stem.strip("_") for path in MODULES} & SAYS_NOTHING


def test_no_module_holds_an_unfinished_mark() -> None:
    for path in MODULES:
        text = path.read_text()
        assert "raise NotImplementedError" not in text
        assert "TODO" not in text


def test_every_public_name_is_importable_and_documented() -> None:
    for name in attest.__all__:
        value = getattr(attest, name)
        assert name == "__version__" or value.__doc__, name


def test_every_public_name_shows_its_signature() -> None:
    """As `help` asks for it: msgspec works it out of types that have to be imported for that."""
    for name in attest.__all__:
        value = getattr(attest, name)
        assert name == "__version__" or isinstance(inspect.signature(value), inspect.Signature), name


def test_the_public_list_is_what_it_is() -> None:
    assert set(attest.__all__) == {
        "AttestError",
        "Denied",
        "LogEvent",
        "Moved",
        "Pushed",
        "Resolved",
        "TrainingRun",
        "VerifiedModel",
        "__version__",
        "history",
        "load",
        "promote",
        "pull",
        "push",
        "resolve",
        "rollback",
        "training",
        "verify",
    }


def loaded_by(code: str, *arguments: str, home: Path | None = None) -> set[str]:
    """The modules that a fresh Python has after running `code`."""
    script = f"import sys\n{code}\nprint('\\n'.join(sys.modules), file=sys.stderr)"
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(home or "/nonexistent")}
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=True, env=environment
    )
    return set(done.stderr.splitlines())


def heavy(modules: set[str]) -> set[str]:
    return {name for name in HEAVY if name in modules}


def test_import_attest_costs_next_to_nothing() -> None:
    modules = loaded_by("import attest")
    assert not heavy(modules)
    assert not {name for name in modules if name.startswith("attest.") and name != "attest._version"}


def test_help_loads_nothing_heavy() -> None:
    modules = loaded_by("from attest.cli.main import main; main(['--help'])")
    assert not heavy(modules)
    assert "cryptography" not in modules
    assert "yaml" not in modules


def test_an_offline_verify_by_key_loads_nothing_heavy(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model/config.json").write_text("{}")
    run = "from attest.cli.main import main\nassert main(sys.argv[1:]) == 0"
    key, public = str(tmp_path / "K/attest.key"), str(tmp_path / "K/attest.pub")
    loaded_by(run, "keygen", "--out", str(tmp_path / "K"), home=tmp_path)
    loaded_by(run, "push", str(tmp_path / "model"), "m", "--key", key, home=tmp_path)
    modules = loaded_by(run, "verify", "m:1", "--key", public, home=tmp_path)
    assert not heavy(modules)
    assert "http.client" not in modules
    assert "asyncio" not in modules
