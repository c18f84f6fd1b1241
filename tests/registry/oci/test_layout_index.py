"""Lines spliced as bytes mean what the whole document means."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attest_registry.digest import Digest
from attest_registry.errors import ContentMismatch
from attest_registry.oci.descriptor import IMAGE_INDEX, IMAGE_MANIFEST, REF_NAME, Descriptor
from attest_registry.oci.layout_index import IndexLines
from attest_registry.oci.manifest import Index

if TYPE_CHECKING:
    from collections.abc import Iterable

OTHER = "urn:attest:test"
LIMIT = 1 << 20
KEYS = st.sampled_from([REF_NAME, OTHER])
NAMES = st.text("abc.-_019", min_size=1, max_size=3)
TEXT = st.text(max_size=12)


def entry(annotation: str, value: str, seed: int, extra: str = "") -> Descriptor:
    annotations = {annotation: value} | ({"note": extra} if extra else {})
    return Descriptor(media_type=IMAGE_MANIFEST, digest=Digest.of(b"%d" % seed), size=seed, annotations=annotations)


def texts(entries: Iterable[Descriptor]) -> list[str]:
    return sorted(json.dumps(one.to_json(), sort_keys=True) for one in entries)


@given(st.lists(st.tuples(KEYS, NAMES, st.integers(0, 99), TEXT), max_size=25))
@settings(max_examples=60, deadline=None)
def test_putting_entries_is_what_a_dictionary_does(puts: list[tuple[str, str, int, str]]) -> None:
    lines = IndexLines.empty()
    expected: dict[tuple[str, str], Descriptor] = {}
    for annotation, value, seed, extra in puts:
        made = entry(annotation, value, seed, extra)
        lines = lines.put(annotation, value, made, what="test")
        expected[annotation, value] = made
    parsed = Index.parse(lines.raw, what="test").manifests
    assert texts(parsed) == texts(expected.values())
    for (annotation, value), made in expected.items():
        assert lines.find(annotation, value, what="test") == made
    assert lines.names() == [value for annotation, value in expected if annotation == REF_NAME]
    again, ours = IndexLines.parse(lines.raw, what="test", limit=LIMIT)
    assert (again, ours) == (lines, True)


@given(st.lists(st.tuples(KEYS, NAMES, st.integers(0, 99), TEXT), max_size=8, unique_by=lambda put: put[:2]))
@settings(max_examples=40, deadline=None)
def test_what_other_tools_wrote_is_read_whole(puts: list[tuple[str, str, int, str]]) -> None:
    made = [entry(*put) for put in puts]
    document = {"schemaVersion": 2, "manifests": [one.to_json() for one in made], "annotations": {"kept": "é"}}
    for indent in (None, 2):
        lines, ours = IndexLines.parse(json.dumps(document, indent=indent).encode(), what="test", limit=LIMIT)
        assert not ours
        assert json.loads(lines.raw)["annotations"] == {"kept": "é"}
        assert texts(Index.parse(lines.raw, what="test").manifests) == texts(made)
        assert IndexLines.parse(lines.raw, what="test", limit=LIMIT)[1]


@given(st.binary(max_size=200))
def test_any_bytes_are_an_index_or_refused(data: bytes) -> None:
    with pytest.raises(ContentMismatch):
        IndexLines.parse(data, what="test", limit=LIMIT)


def test_a_value_inside_another_text_is_not_found() -> None:
    trap = f'"{REF_NAME}":"1"'
    lines = IndexLines.of([entry(OTHER, trap, 1).to_json(), entry(REF_NAME, "11", 2).to_json()])
    assert lines.find(REF_NAME, "1", what="test") is None
    assert lines.find(REF_NAME, "11", what="test") == entry(REF_NAME, "11", 2)


def test_a_name_on_the_document_instead_of_an_entry_is_not_found() -> None:
    raw = f'{{"schemaVersion":2,"annotations":{{"{REF_NAME}":"1"}},"manifests":[\n]}}\n'.encode()
    lines, ours = IndexLines.parse(raw, what="test", limit=LIMIT)
    assert ours
    assert lines.find(REF_NAME, "1", what="test") is None
    assert lines.names() == []


@pytest.mark.parametrize(
    "line",
    [
        '{"annotations":{"%s":"1"}}',
        '{"annotations":{"%s":"1"},"digest":"sha256:00","mediaType":"x","size":1}',
        '{"annotations":{"%s":"1"},"annotations":{"x":"y"},"mediaType":"x","size":1}',
        '{"annotations":{"%s":"1"},"size":1},{"size":2}',
        '{"annotations":{"%s":"1"}',
    ],
)
def test_a_line_that_is_no_entry_is_refused(line: str) -> None:
    head = f'{{"schemaVersion":2,"mediaType":"{IMAGE_INDEX}","manifests":[\n'
    raw = (head + line.replace("%s", REF_NAME) + "\n]}\n").encode()
    lines, _ = IndexLines.parse(raw, what="test", limit=LIMIT)
    with pytest.raises(ContentMismatch) as caught:
        lines.find(REF_NAME, "1", what="test")
    assert caught.value.code in {"malformed-manifest", "malformed-json"}


@pytest.mark.parametrize(
    "document",
    [
        {"schemaVersion": 2},
        {"schemaVersion": 2, "manifests": None},
        {"schemaVersion": 2, "manifests": [1]},
        {"schemaVersion": 2, "manifests": [{}]},
        {"manifests": []},
        {"schemaVersion": 2, "mediaType": IMAGE_MANIFEST, "manifests": []},
    ],
)
def test_what_is_no_index_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(ContentMismatch) as caught:
        IndexLines.parse(json.dumps(document).encode(), what="test", limit=LIMIT)
    assert caught.value.code in {"malformed-layout", "malformed-manifest"}


def test_one_entry_twice_is_refused() -> None:
    lines = IndexLines.of([entry(REF_NAME, "1", 1).to_json(), entry(REF_NAME, "1", 2).to_json()])
    for call in (
        lambda: lines.find(REF_NAME, "1", what="t"),
        lambda: lines.put(REF_NAME, "1", entry(REF_NAME, "1", 3), what="t"),
    ):
        with pytest.raises(ContentMismatch) as caught:
            call()
        assert caught.value.code == "malformed-layout"
