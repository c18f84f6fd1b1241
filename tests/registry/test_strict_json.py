"""One meaning per document (threats: duplicate keys, NaN, nesting, invalid UTF-8)."""

import json
import time
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attest_registry import limits
from attest_registry.errors import ContentMismatch
from attest_registry.strict_json import parse_json, parse_object, to_compact_json

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda children: (
        st.lists(children, max_size=4) | st.dictionaries(st.text('abcé"\\', max_size=4), children, max_size=4)
    ),
    max_leaves=20,
)


def parse(data: bytes, limit: int = 10**7) -> object:
    return parse_json(data, what="it", limit=limit)


@given(VALUES)
def test_round_trip(value: object) -> None:
    assert parse(to_compact_json(value)) == value


@pytest.mark.parametrize(
    "data",
    [
        b'{"a": 1, "a": 2}',
        b'{"subject": [], "x": {"b": 1, "b": 1}}',
        b"NaN",
        b"[Infinity]",
        b"[-Infinity]",
        b"[1e999]",
        b'{"a": -1e999}',
        b'{"a": 1} trailing',
        b'{"a": 1}{"b": 2}',
        b"\xef\xbb\xbf{}",
        b'{"a": "\xff"}',
        b'{"a": "\\ud800"}',
        b"[1234567890123456789]",
        b"[-1234567890123456789]",
        b"",
        b"{",
        b"{'a': 1}",
        b"[1,]",
        b'{"a": "\n"}',
        b"\x00",
    ],
)
def test_refusals(data: bytes) -> None:
    with pytest.raises(ContentMismatch) as refused:
        parse(data)
    assert refused.value.code == "malformed-json"


def test_finding_a_key_that_stands_twice_among_many_takes_no_longer_than_reading_them() -> None:
    """Counting each name in turn took 49 s for 40,000 of them, before any signature was looked at."""
    many = ",".join(f'"{number}":1' for number in range(200_000))
    started = time.monotonic()
    with pytest.raises(ContentMismatch) as refused:
        parse(f'{{{many},"199999":1}}'.encode())
    assert refused.value.code == "malformed-json"
    assert time.monotonic() - started < 10


@pytest.mark.parametrize("bracket", ["[", '{"a":'])
def test_nesting_is_bounded(bracket: str) -> None:
    with pytest.raises(ContentMismatch, match="nested"):
        parse((bracket * 100_000).encode())


def test_brackets_inside_strings_are_not_nesting() -> None:
    text = '"' + "[" * 500 + '\\"' + "{" * 500 + '"'
    assert parse(text.encode()) == "[" * 500 + '"' + "{" * 500


@pytest.mark.parametrize("string", [r'"\\"', r'"\""', r'"\\\""', r'"\\\\"', '""', '"x"', '"["', '"]"'])
def test_no_string_hides_the_nesting_after_it(string: str) -> None:
    nested = f"[{string}, {string}, {'[' * 63}{string}{']' * 64}"
    parse(nested.encode())
    with pytest.raises(ContentMismatch, match="nested"):
        parse(f"[{nested}]".encode())


@given(st.recursive(st.text('[]{}"\\,:a', max_size=8), lambda inner: st.lists(inner, max_size=4), max_leaves=40))
def test_nesting_is_counted_whatever_the_strings_hold(value: object) -> None:
    for _ in range(limits.JSON_DEPTH - _depth(value)):
        value = [value]
    assert parse(json.dumps(value).encode()) == value
    with pytest.raises(ContentMismatch, match="nested"):
        parse(json.dumps([value]).encode())


def _depth(value: object) -> int:
    return 1 + max(map(_depth, value), default=0) if isinstance(value, list) else 0


def test_size_is_bounded() -> None:
    with pytest.raises(ContentMismatch, match="too large"):
        parse(b"[" + b" " * 100 + b"]", limit=50)


def parts_of(value: object) -> int:
    """Keys and values; each container but the first counts once more, for the mark that it begins with."""
    match value:
        case dict():
            return 1 + max(1, 2 * len(value)) + sum(parts_of(each) - 1 for each in value.values())
        case list():
            return 1 + max(1, len(value)) + sum(parts_of(each) - 1 for each in value)
        case _:
            return 1


@given(VALUES)
def test_keys_and_values_are_counted_whatever_the_strings_hold(value: object) -> None:
    """The limit lies where the shape says, and strings full of marks do not move it."""
    data, most = to_compact_json(value), parts_of(value)
    assert parse_json(data, what="it", limit=10**7, parts=most) == value
    if most < len(data):
        with pytest.raises(ContentMismatch, match="too many parts"):
            parse_json(data, what="it", limit=10**7, parts=most - 1)


@pytest.mark.parametrize("string", [r'"{\\\""', r'"\\\\"', '",,,,"', r'"\",\",\",\""', '":"', '"[{[{"'])
def test_marks_inside_strings_are_no_parts(string: str) -> None:
    data = f"[{string}, {string}, 1]".encode()
    assert len(parse_json(data, what="it", limit=1000, parts=4)) == 3
    with pytest.raises(ContentMismatch, match="too many parts"):
        parse_json(data, what="it", limit=1000, parts=3)


@pytest.mark.parametrize("part", [b"{},", b"[],", b'"",', b'"a":1,', b"1,", b'{"":[]},', b'",",', b'",""'])
def test_parts_are_bounded_before_any_is_built(part: bytes) -> None:
    """32 MiB of empty objects took 0.9 GB."""
    data = b"[" + part * (limits.BUNDLE_BYTES // len(part) - 2) + b"0]"
    tracemalloc.start()
    try:
        with pytest.raises(ContentMismatch, match="too many parts") as refused:
            parse_json(data, what="it", limit=limits.BUNDLE_BYTES, parts=100_000)
        assert tracemalloc.get_traced_memory()[1] < 3 * limits.BUNDLE_BYTES
    finally:
        tracemalloc.stop()
    assert refused.value.code == "malformed-json"


def test_the_largest_document_that_is_read_takes_little_memory() -> None:
    data = b"[" + b"{}," * (limits.JSON_PARTS // 2 - 2) + b"{}]"
    tracemalloc.start()
    try:
        assert len(parse(data)) == limits.JSON_PARTS // 2 - 1  # type: ignore[arg-type]
        assert tracemalloc.get_traced_memory()[1] < 100_000_000
    finally:
        tracemalloc.stop()


def test_an_object_is_an_object() -> None:
    with pytest.raises(ContentMismatch, match="not a JSON object"):
        parse_object(b"[]", what="it", limit=10)
