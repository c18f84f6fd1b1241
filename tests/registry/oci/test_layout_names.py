"""Names in order are found as they are found by looking at all of them."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attest_registry.digest import Digest
from attest_registry.errors import Conflict, ContentMismatch
from attest_registry.oci import layout_listing
from attest_registry.oci.content import numbers_of
from attest_registry.oci.descriptor import IMAGE_MANIFEST, REF_NAME, Descriptor
from attest_registry.oci.layout import LayoutRepository
from attest_registry.oci.layout_index import IndexLines
from attest_registry.oci.layout_window import FileBytes
from attest_registry.oci.manifest import Index
from tests.registry.oci.content_for_tests import MODEL, artefact, evidence, push

if TYPE_CHECKING:
    from pathlib import Path

OTHER = "urn:attest:test"
NAMES = st.one_of(st.integers(0, 130).map(str), st.text("19aZ.-_", min_size=1, max_size=4), st.just("é"))


def entry(value: str, seed: int = 1, annotation: str = REF_NAME) -> Descriptor:
    return Descriptor(
        media_type=IMAGE_MANIFEST, digest=Digest.of(b"%d" % seed), size=seed, annotations={annotation: value}
    )


def in_order(*names: str) -> IndexLines:
    return IndexLines.of([entry(name).to_json() for name in names]).in_order(what="t")


@given(st.lists(st.tuples(NAMES, st.integers(0, 9), st.booleans()), max_size=40), st.integers(1, 5))
@settings(max_examples=150)
def test_an_order_changes_what_is_found_in_nothing(puts: list[tuple[str, int, bool]], most: int) -> None:
    plain, ordered = IndexLines.empty(), IndexLines.empty().in_order(what="t")
    for name, seed, named in puts:
        annotation = REF_NAME if named else OTHER
        plain, ordered = (
            lines.put(annotation, name, entry(name, seed, annotation), what="t") for lines in (plain, ordered)
        )
        assert ordered.ordered
    expected = Index.parse(plain.raw, what="t").manifests
    found = Index.parse(ordered.raw, what="t").manifests
    assert sorted(map(str, found)) == sorted(map(str, expected))
    names = [name for name, _, named in puts if named]
    shown = [one.annotations[REF_NAME] for one in found if REF_NAME in one.annotations]
    assert shown == sorted(shown, key=lambda name: (len(name.encode()), name.encode()))
    with in_a_file(ordered) as on_disk:
        for lines in (ordered, on_disk):
            assert lines.numbers(most, what="t") == numbers_of(set(names), most)
            for name in {*names, "7", "none"}:
                assert lines.find(REF_NAME, name, what="t") == plain.find(REF_NAME, name, what="t")
    assert plain.in_order(what="t").numbers(most, what="t") == ordered.numbers(most, what="t")


class in_a_file:  # noqa: N801  # a context
    """The same index, read where it is looked at."""

    def __init__(self, lines: IndexLines) -> None:
        self._handle = os.memfd_create("index")
        os.write(self._handle, lines.raw)
        self._size = len(lines.raw)

    def __enter__(self) -> IndexLines:
        return IndexLines(data=FileBytes(self._handle, self._size))

    def __exit__(self, *_: object) -> None:
        os.close(self._handle)


@given(st.binary(max_size=200), st.binary(min_size=1, max_size=3), st.integers(0, 60), st.integers(0, 220))
def test_bytes_of_a_file_are_bytes(data: bytes, needle: bytes, start: int, end: int) -> None:
    handle = os.memfd_create("bytes")
    try:
        os.write(handle, data)
        found = FileBytes(handle, len(data))
        assert bytes(found) == data
        assert found[start:end] == data[start:end]
        assert found.find(needle, start, end) == data.find(needle, start, end)
        assert found.rfind(needle, start, end) == data.rfind(needle, start, end)
        assert found.endswith(needle) == data.endswith(needle)
    finally:
        os.close(handle)


@pytest.mark.parametrize("distance", [2_047, 2_048, 2_049, 65_535, 65_536, 65_537, 131_080])
def test_what_lies_across_two_reads_is_found(distance: int) -> None:
    data = b"." * 100 + b"ab" + b"." * distance
    handle = os.memfd_create("bytes")
    try:
        os.write(handle, data)
        found = FileBytes(handle, len(data))
        assert found.rfind(b"ab", 0, len(data)) == 100
        os.pwrite(handle, data[::-1], 0)
        assert found.find(b"ba", 0) == distance
    finally:
        os.close(handle)


def stated(raw: bytes) -> IndexLines:
    """Lines whose head says that they are in order, whether they are or not."""
    return IndexLines(data=re.sub(rb'(ordered":")[0-9]{12}', rb"\g<1>%012d" % len(raw), raw, count=1))


@pytest.mark.parametrize("names", [("2",), ("1", "2"), ("2", "3"), ("1", "2", "3", "10"), ("a", "2", "bb")])
def test_two_entries_of_one_name_are_refused(names: tuple[str, ...]) -> None:
    raw = in_order(*names).raw
    line = raw[raw.index(b"{", raw.rindex(b"\n", 0, raw.index(b'"2"'))) :].partition(b"\n")[0].removesuffix(b",")
    twice = stated(raw.replace(line, line + b",\n" + line))
    assert twice.ordered
    for each in (twice, in_order(*names, "2")):
        with pytest.raises(ContentMismatch, match="twice"):
            each.find(REF_NAME, "2", what="t")
        with pytest.raises(ContentMismatch) as caught:
            each.put(REF_NAME, "2", entry("2", 3), what="t")
        assert caught.value.code == "malformed-layout"
    assert not in_order(*names, "2").ordered


def test_a_false_order_hides_names_and_invents_none() -> None:
    raw = in_order("1", "2", "3").raw
    lines = stated(raw.replace(b'"1"', b'"x"').replace(b'"3"', b'"1"').replace(b'"x"', b'"3"'))
    assert lines.ordered
    assert [lines.find(REF_NAME, name, what="t") for name in "123"] == [None, None, None]
    assert bytes(lines.put(REF_NAME, "4", entry("4"), what="t").raw).count(b"ref.name") == 4


@pytest.mark.parametrize("line", [b'{"digest":"x"}', b"", b'{"org.opencontainers.image.ref.name":"2"}'])
def test_an_entry_among_the_names_that_is_none_is_refused(line: bytes) -> None:
    raw = in_order("1", "2", "3").raw
    start = raw.rindex(b"\n", 0, raw.index(b'"2"')) + 1
    lines = stated(raw[:start] + line + raw[raw.index(b",\n", start) :])
    with pytest.raises(ContentMismatch) as caught:
        lines.find(REF_NAME, "2", what="t")
    assert caught.value.code in {"malformed-layout", "malformed-manifest"}


def test_a_line_added_by_somebody_who_does_not_know_of_the_order_is_found() -> None:
    lines = in_order("1", "20")
    more = json.dumps(entry("3").to_json(), separators=(",", ":"), sort_keys=True).encode()
    raw = lines.raw.replace(b"\n]}\n", b",\n" + more + b"\n]}\n")
    added, ours = IndexLines.parse(raw, what="t", limit=len(raw))
    assert (ours, added.ordered) == (True, False)
    assert added.find(REF_NAME, "3", what="t") == entry("3")
    again = added.in_order(what="t")
    assert again.ordered
    assert again.names() == ["1", "3", "20"]


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every index counts as a large one."""
    monkeypatch.setattr(layout_listing, "_LARGE", 0)


@pytest.mark.usefixtures("large")
def test_a_large_index_is_read_and_written_where_it_is_looked_at(tmp_path: Path) -> None:
    made = {}
    for number in range(1, 13):
        repository = LayoutRepository(tmp_path, MODEL)
        weights = str(number).encode()
        made[number] = artefact(weights)
        push(repository, made[number], weights)
        repository.tag(str(number), made[number].descriptor)
        push(repository, evidence(made[number].descriptor, weights), weights)
    reader = LayoutRepository(tmp_path, MODEL)
    assert reader.numbers(3) == [12, 11, 10]
    assert list(reader.tags()) == [str(number) for number in made]
    for number, manifest in made.items():
        assert reader.resolve(str(number)).digest == manifest.descriptor.digest
        assert len(reader.referrers(manifest.descriptor.digest)) == 1
    with pytest.raises(Conflict):
        reader.tag("3", made[4].descriptor)
    reader.tag("3", made[4].descriptor, replace=True)
    assert LayoutRepository(tmp_path, MODEL).resolve("3").digest == made[4].descriptor.digest
    index = json.loads((repository.folder / "index.json").read_bytes())
    assert [each["annotations"][REF_NAME] for each in index["manifests"] if REF_NAME in each["annotations"]] == [
        str(number) for number in made
    ]
