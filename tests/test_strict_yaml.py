from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attest import strict_yaml
from attest.errors import AttestError, PolicyError, RecordError

if TYPE_CHECKING:
    from pathlib import Path


def refusal(text: str) -> AttestError:
    with pytest.raises(PolicyError) as caught:
        strict_yaml.load(text, what="policy.yaml", prefix="policy", failure=PolicyError)
    return caught.value


def test_scalars_stay_what_was_typed() -> None:
    text = "{a: 1, b: 0.10, c: 1.4.0, d: 2026-03-08, e: true, f: null, "
    text += "g: , h: '1', i: 1e-4, j: 12345678901234567890, k: 010}"
    assert strict_yaml.load(text, what="x").value == {
        "a": 1,
        "b": "0.10",
        "c": "1.4.0",
        "d": "2026-03-08",
        "e": True,
        "f": None,
        "g": None,
        "h": "1",
        "i": "1e-4",
        "j": "12345678901234567890",
        "k": "010",
    }


def test_every_key_and_value_has_its_place() -> None:
    document = strict_yaml.load("name: x\nlist:\n  - {by: [ci]}\n", what="x")
    assert str(document.position(("list", 0, "by"))) == "3:10"
    assert str(document.position(("list", 0, "by"), at_key=True)) == "3:6"
    assert str(document.position(("list", 0, "missing"))) == "3:5"


def test_an_unknown_key_names_place_line_and_nearest_key() -> None:
    document = strict_yaml.load("require:\n  aprovals: 1\n", what="policy.yaml", prefix="policy", failure=PolicyError)
    with pytest.raises(PolicyError) as caught:
        document.check_keys(("require",), document.value["require"], ("approvals", "signature"))
    error = caught.value
    assert error.code == "policy-unknown-key"
    assert error.message == "policy.yaml:2:3: unknown key 'aprovals'"
    assert error.found == "aprovals: 1"
    assert error.hint == "did you mean 'approvals'?"


def test_a_missing_key_and_a_wrong_type_are_named() -> None:
    document = strict_yaml.load("a: [1]\n", what="r.yaml", prefix="record", failure=RecordError)
    with pytest.raises(RecordError) as caught:
        document.check_keys((), document.value, ("a", "b"), required=("b",))
    assert caught.value.code == "record-missing-key"
    with pytest.raises(RecordError) as caught:
        document.check_keys(("a",), document.value["a"], ("b",))
    assert caught.value.code == "record-wrong-type"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a: 1\nb: 2\na: 3\n", "policy-duplicate-key"),
        ("a: {b: 1, 'b': 2}\n", "policy-duplicate-key"),
        ("a: &x 1\n", "policy-not-strict"),
        ("a: &x [1]\nb: *x\n", "policy-not-strict"),
        ("<<: {a: 1}\n", "policy-not-strict"),
        ("a: !!python/object/apply:os.system [id]\n", "policy-not-strict"),
        ("a: !!int '3'\n", "policy-not-strict"),
        ("--- a\n--- b\n", "policy-not-strict"),
        ("{[1]: 2}\n", "policy-not-strict"),
        ("a: yes\n", "policy-not-strict"),
        ("a: Off\n", "policy-not-strict"),
        ("a: TRUE\n", "policy-not-strict"),
        ("", "policy-not-yaml"),
        ("# only a comment\n", "policy-not-yaml"),
        ("a: [\n", "policy-not-yaml"),
        ("a: b: c\n", "policy-not-yaml"),
        ("\ta: 1\n", "policy-not-yaml"),
        ("a: \x00\n", "policy-not-yaml"),
        ("a: \ud800\n", "policy-not-yaml"),
        ("a: " + "[" * 200 + "]" * 200, "policy-too-large"),
        ("[" + "1," * 60_000 + "]", "policy-too-large"),
        ("a: " + "x" * 2**20, "policy-too-large"),
    ],
)
def test_what_has_two_meanings_is_refused(text: str, code: str) -> None:
    assert refusal(text).code == code


def test_an_anchor_bomb_is_refused_at_its_first_anchor() -> None:
    bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(20)
    )
    error = refusal(bomb)
    assert error.code == "policy-not-strict"
    assert ":1:4:" in error.message


def test_a_duplicate_key_names_both_places() -> None:
    assert refusal("by: [a]\nby: [b]\n").message == "policy.yaml:2:1: key 'by' stands twice, first at 1:1"


def test_files_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    with pytest.raises(PolicyError) as caught:
        strict_yaml.load_file(tmp_path / "none.yaml", prefix="policy", failure=PolicyError)
    assert caught.value.code == "policy-unreadable"
    (tmp_path / "latin.yaml").write_bytes(b"a: \xff\n")
    with pytest.raises(PolicyError) as caught:
        strict_yaml.load_file(tmp_path / "latin.yaml", prefix="policy", failure=PolicyError)
    assert caught.value.code == "policy-not-yaml"


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused_with_our_error(text: str) -> None:
    with contextlib.suppress(PolicyError):
        strict_yaml.load(text, what="x", prefix="policy", failure=PolicyError)


def test_the_nearest_word_is_found_or_none() -> None:
    assert strict_yaml.nearest("Aprovals", ["approvals", "signature"]) == "approvals"
    assert strict_yaml.nearest("zzz", ["approvals"]) is None
