"""The JSON Schema of policies, held against the reading: it accepts what is sound, and refuses nothing that is read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from attest.cli.main import main
from attest.errors import AttestError
from attest.policy import shipped
from attest.policy.document import load_policy
from attest.policy.key_rows import TABLE
from attest.policy.keys import Shape
from attest.policy.schema import DIALECT, policy_schema
from attest.strict_yaml import NodePath, load_file
from tests.policy.whole import OTHER, WHOLE, changed, nodes, write_files

ROOT = Path(__file__).parents[2]
VALIDATOR = jsonschema_rs.validator_for(policy_schema())
MISTAKES: dict[Shape, tuple[Any, ...]] = {
    Shape.KEYS: (7, [], {"zzz": True}),
    Shape.NAMED: (7, [], {}),
    Shape.ENTRIES: (7, [], {}, [7], [{}]),
    Shape.TEXT: (7, "", " ", [], {}, True),
    Shape.LABEL: ("", " ", [], {}, True),
    Shape.TEXTS: (7, "", [], [7], [""], {}, ["x", "x"]),
    Shape.WORD: ("zzz", 7, {"zzz": 1}),
    Shape.WORDS: ("zzz", 7, [], ["zzz"], {}),
    Shape.PERSONS: (7, "", [], [7], {}, ["ci", "ci"]),
    Shape.TRUE: (False, "yes", 1, []),
    Shape.WHOLE: ("many", -1, True, [], "0.5"),
    Shape.NUMBER: ("much", [], True, "1e5x"),
    Shape.TIME: ("soon", 7, "2026-13", []),
    Shape.FILE: (7, "", [], True),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("policies")
    write_files(path)
    return path


def place(path: str) -> tuple[dict[str, Any], NodePath] | None:
    """The first document in which a key stands, and where."""
    for document in (WHOLE, OTHER):
        for found, _ in nodes(document):
            if found and TABLE.path_of(found) == path and isinstance(found[-1], str):
                return document, found
    return None


def mistakes() -> list[Any]:
    found = []
    for row in TABLE.rows:
        there = place(row.path)
        if there is None:  # a test below says so
            continue
        document, where = there
        wrong = [each for each in MISTAKES[row.shapes[0]] if not _is_right(row.path, each)]
        if row.required and not row.path.endswith("*"):
            wrong.append(...)
        found += [pytest.param(document, where, each, id=f"{row.path}={each}") for each in wrong]
    return found


def _is_right(path: str, value: Any) -> bool:
    """Where a second form of the key takes it, or where a mistake of one key is none of another."""
    row = TABLE.at(path)
    assert row is not None
    text = isinstance(value, str) and value.strip()
    texts = Shape.TEXTS in row.shapes or Shape.PERSONS in row.shapes
    if len(row.shapes) > 1 and (Shape.TEXT in row.shapes or Shape.FILE in row.shapes or texts):
        return bool(text) or (texts and value == ["x"])
    return False


def write(folder: Path, document: dict[str, Any]) -> Path:
    path = folder / "policy.yaml"
    path.write_text(json.dumps(document))
    return path


def test_it_is_a_schema_of_the_dialect_that_editors_know() -> None:
    schema = policy_schema()
    assert schema["$schema"] == DIALECT
    assert jsonschema_rs.meta.is_valid(schema)


@pytest.mark.parametrize("document", [WHOLE, OTHER], ids=["whole", "other"])
def test_sound_policies_are_accepted_by_both(folder: Path, document: dict[str, Any]) -> None:
    VALIDATOR.validate(document)
    assert load_policy(write(folder, document)).demands


def test_every_key_stands_in_one_of_them() -> None:
    assert not [row.path for row in TABLE.rows if place(row.path) is None]


@pytest.mark.parametrize(("document", "path", "value"), mistakes())
def test_a_mistake_that_the_schema_sees_is_refused_by_both(
    folder: Path, document: dict[str, Any], path: NodePath, value: Any
) -> None:
    wrong = changed(document, path, value)
    assert not VALIDATOR.is_valid(wrong)
    with pytest.raises(AttestError) as caught:
        load_policy(write(folder, wrong))
    assert caught.value.exit_status == 2
    assert caught.value.code.startswith("policy-")


@pytest.mark.parametrize(
    "path", sorted({path for path, value in nodes(WHOLE) if isinstance(value, dict)}, key=str), ids=str
)
def test_an_unknown_key_is_refused_by_both_wherever_it_stands(folder: Path, path: NodePath) -> None:
    where = TABLE.path_of(path)
    if TABLE.at(f"{where}.*") is not None:
        pytest.skip("names of the author's own")
    wrong = changed(WHOLE, (*path, "zzz-unknown"), True)
    assert not VALIDATOR.is_valid(wrong)
    with pytest.raises(AttestError) as caught:
        load_policy(write(folder, wrong))
    assert caught.value.code == "policy-unknown-key"
    assert caught.value.expected == ", ".join(row.name for row in TABLE.children(where))
    assert "policy.yaml:1:" in caught.value.message


@pytest.mark.parametrize("name", shipped.names())
def test_the_shipped_policies_are_accepted(name: str) -> None:
    VALIDATOR.validate(load_file(shipped.path_of(name), prefix="policy").value)


def test_the_shipped_schema_is_the_one_of_the_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "schema"]) == 0
    printed = capsys.readouterr().out
    assert json.loads(printed) == policy_schema()
    text = (ROOT / "policies/policy.schema.json").read_text()
    assert text == printed, "make it anew: attest policy schema > policies/policy.schema.json"


def test_the_page_of_all_keys_is_the_one_of_the_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "schema", "--markdown"]) == 0
    printed = capsys.readouterr().out
    assert all(f"`{row.path}`" in printed for row in TABLE.rows)
    page = (ROOT / "docs/policy-keys.md").read_text()
    assert page == printed, "make it anew: attest policy schema --markdown > docs/policy-keys.md"
