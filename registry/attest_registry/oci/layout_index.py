"""An image index with one entry per line: entries are found and replaced as bytes, so cost does not follow number.

`index.json` of a model with 10,000 versions has 10,000 entries. Parsing and writing those as JSON objects for each push
would make push 10,000 cost fifty times push 10. The text stays plain JSON for everybody else; where another tool wrote
the file, its form differs in the first line or the last, and it is parsed strictly and whole, once.

    {"manifests":[            the head: everything but the entries
    {"annotations":{…},…},    one compact entry per line, keys sorted; first those without a name,
    {"annotations":{…},…}     then those with one
    ]}                        the tail

The head of `index.json` says that the names are in order (`layout_names.py`), and how many bytes there are: who adds a
line without knowing of the order makes that wrong, and then all lines are looked at until we order them again.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final, Self

from msgspec import Struct

from attest_registry import limits
from attest_registry.errors import ContentMismatch
from attest_registry.oci.content import numbers_of
from attest_registry.oci.descriptor import IMAGE_INDEX, REF_NAME, Descriptor
from attest_registry.oci.layout_names import NAME_KEY, NamedLines, key_of, key_of_name
from attest_registry.strict_json import parse_object, to_compact_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from attest_registry.oci.layout_window import FileBytes

_HEAD: Final = f'{{"schemaVersion":2,"mediaType":"{IMAGE_INDEX}","manifests":['.encode()
_HEAD_END: Final = b'"manifests":['
_TAIL: Final = b"\n]}\n"
_NAMES: Final = re.compile(re.escape(NAME_KEY) + rb'"([\x20\x21\x23-\x5b\x5d-\x7e]*)"')
_ORDERED: Final = "urn:attest:layout:ordered"
_SIZE: Final = re.compile(json.dumps(_ORDERED).encode() + rb':"([0-9]{12})"')
_LINE_BYTES: Final = 64 * 1024
_BLOCK_BYTES: Final = 64 * 1024
_SCHEMA: Final = 2

Edit = tuple[int, int, bytes]
"""Start and end of what goes, and the bytes in its place."""


class IndexLines(Struct, frozen=True, kw_only=True):
    """An index in the form above.

    Args:
        data: its bytes; those of an open file will do where the names are in order.
    """

    data: bytes | FileBytes

    @property
    def raw(self) -> bytes:
        """Its bytes."""
        return bytes(self.data)

    @classmethod
    def empty(cls) -> Self:
        """An index without entries."""
        return cls(data=_HEAD + _TAIL)

    @classmethod
    def of(cls, entries: Sequence[dict[str, Any]], *, head: bytes = _HEAD) -> Self:
        """An index of these entries."""
        ordered = sorted(entries, key=lambda entry: REF_NAME in (entry.get("annotations") or {}))
        lines = [to_compact_json(entry) for entry in ordered]
        return cls(data=head + (b"\n" if lines else b"") + b",\n".join(lines) + _TAIL)

    @classmethod
    def parse(cls, data: bytes, *, what: str, limit: int) -> tuple[Self, bool]:
        """Read an index of anybody's, and say whether it was in our form already.

        Raises:
            ContentMismatch: it is no index, or over the limit.
        """
        lines = cls(data=data)
        if lines.is_ours(what=what):
            return lines, True
        document = parse_object(data, what=what, limit=limit, parts=limits.LAYOUT_INDEX_PARTS)
        entries = document.pop("manifests", None)
        _check_index(document, entries, what)
        assert isinstance(entries, list)  # noqa: S101  # checked above; for the type checker
        for number, entry in enumerate(entries):
            Descriptor.from_json(entry, what=f"entry {number} of {what}")
        extras = to_compact_json({"schemaVersion": _SCHEMA, "mediaType": IMAGE_INDEX} | document)
        return cls.of(entries, head=extras[:-1] + b"," + _HEAD_END), False

    def entries(self, *, what: str) -> tuple[dict[str, Any], ...]:
        """All entries as JSON values.

        Raises:
            ContentMismatch: the index is not strict JSON, or an entry is no descriptor.
        """
        parts = limits.LAYOUT_INDEX_PARTS
        found = parse_object(self.raw, what=what, limit=len(self.data), parts=parts)["manifests"]
        for number, entry in enumerate(found):
            Descriptor.from_json(entry, what=f"entry {number} of {what}")
        return tuple(found)

    def is_ours(self, *, what: str) -> bool:
        """Whether it is in our form.

        Raises:
            ContentMismatch: it looks like that and its head is no strict JSON.
        """
        return self.data.endswith(_TAIL) and _is_head(self.data[: self._first - 1], what)

    @property
    def ordered(self) -> bool:
        """Whether the names are in order."""
        size = self._stated_size()
        return size is not None and int(size[1]) == len(self.data)

    def in_order(self, *, what: str) -> Self:
        """The same with its names in order; as it is where two are the same or one is not where we write it.

        Raises:
            ContentMismatch: as `entries`.
        """
        entries = self.entries(what=what)
        lines = [(to_compact_json(entry), (entry.get("annotations") or {}).get(REF_NAME)) for entry in entries]
        keys = [(key_of(line), None if name is None else key_of_name(name)) for line, name in lines]
        named = {key for _, key in keys if key is not None}
        if any(found != key for found, key in keys) or len(named) < sum(key is not None for _, key in keys):
            return self
        together = sorted(zip(keys, lines, strict=True), key=lambda pair: pair[0][1] or (-1, b""))
        head = parse_object(self.data[: self._first - 1] + b"]}", what=what, limit=_LINE_BYTES + 2)
        del head["manifests"]
        annotations = head.get("annotations") or {}
        if not isinstance(annotations, dict):
            return self
        head["annotations"] = annotations | {_ORDERED: "0" * 12}
        begin = to_compact_json(head)[:-1] + b"," + _HEAD_END
        body = b",\n".join(line for _, (line, _) in together)
        raw = begin + (b"\n" if body else b"") + body + _TAIL
        stated = _SIZE.search(raw)
        assert stated is not None  # noqa: S101  # it was written just above
        return type(self)(data=raw[: stated.start(1)] + b"%012d" % len(raw) + raw[stated.end(1) :])

    def find(self, annotation: str, value: str, *, what: str) -> Descriptor | None:
        """The one entry whose annotation has this value.

        Raises:
            ContentMismatch: two entries have it, or the line is no descriptor.
        """
        span = self._span(annotation, value, what)
        return None if span is None else _descriptor(self.data[slice(*span)], what)

    def names(self) -> list[str]:
        """The names that entries have; those that need escaping in JSON are left out."""
        found: list[bytes] = _NAMES.findall(self.raw, self._first)
        return b"\n".join(found).decode().split("\n") if found else []

    def numbers(self, most: int, *, what: str) -> list[int]:
        """The highest numbers among the names, the highest first.

        Raises:
            ContentMismatch: an entry among those with a name has none.
        """
        if self.ordered:
            return self._named(what).numbers(most)
        return numbers_of(self.names(), most)

    def without_name(self, name: str, *, what: str) -> Self:
        """The same without the entry of this name.

        Raises:
            ContentMismatch: as `find`.
        """
        span = self._span(REF_NAME, name, what)
        if span is None:
            return self
        start, end = span
        if self.data[end : end + 1] == b",":
            end += 2
        else:
            start -= 1 + (self.data[start - 2 : start - 1] == b",")
        return type(self)(data=b"".join(self.blocks([(start, end, b"")])))

    def put(self, annotation: str, value: str, entry: Descriptor, *, what: str) -> Self:
        """The same with `entry` in place of the one whose annotation has this value, or in addition.

        Raises:
            ContentMismatch: as `find`.
        """
        edits = self.edits({(annotation, value): entry}, what=what)
        return type(self)(data=b"".join(self.blocks(edits)))

    def edits(self, entries: Mapping[tuple[str, str], Descriptor], *, what: str) -> list[Edit]:
        """What has to be changed for what `put` gives for several entries; nothing where they are there.

        Args:
            entries: annotation and its value → entry; one with a name at most.
            what: the index, for messages.

        Raises:
            ContentMismatch: as `find`.
        """
        named_last = sorted(entries.items(), key=lambda item: item[0][0] == REF_NAME)
        found = [self._edit(*key, entry, what) for key, entry in named_last]
        if self._empty:
            found = [(start, end, b"," * bool(number) + line) for number, (start, end, line) in enumerate(found)]
        found.sort(key=lambda edit: edit[0])
        return [edit for edit in found if self.data[edit[0] : edit[1]] != edit[2]]

    def blocks(self, edits: Sequence[Edit]) -> Iterator[bytes | memoryview]:
        """The bytes after some edits; what stays is not held in memory once more."""
        size = self._stated_size() if self.ordered else None
        if size is not None and edits:
            grown = sum(len(line) - (end - start) for start, end, line in edits)
            edits = [(size.start(1), size.end(1), b"%012d" % (len(self.data) + grown)), *edits]
        at = 0
        for start, end, line in edits:
            yield from self._part(at, start)
            yield line
            at = end
        yield from self._part(at, len(self.data))

    def _part(self, start: int, end: int) -> Iterator[bytes | memoryview]:
        if isinstance(self.data, bytes):
            yield memoryview(self.data)[start:end]
            return
        for at in range(start, end, _BLOCK_BYTES):
            yield self.data[at : min(end, at + _BLOCK_BYTES)]

    def _edit(self, annotation: str, value: str, entry: Descriptor, what: str) -> Edit:
        """Start and end of what makes room for an entry, and the bytes in its place."""
        line = to_compact_json(entry.to_json())
        span = self._span(annotation, value, what)
        if span is not None:
            return *span, line
        end = self._end
        if self._empty:
            return end, end, b"\n" + line
        start = self._first_named
        if annotation == REF_NAME:
            start = self._named(what).place(key_of_name(value)) if self.ordered else end
        return (end, end, b",\n" + line) if start == end else (start, start, line + b",\n")

    @property
    def _first(self) -> int:
        """Where the first entry starts."""
        return self.data.find(b"\n") + 1

    @property
    def _empty(self) -> bool:
        return self.data[self._end - 1 : self._end] == b"["

    @property
    def _first_named(self) -> int:
        """Where the first entry with a name starts; the end of all entries where there is none."""
        named = self.data.find(NAME_KEY, self._first)
        return self._end if named < 0 else self.data.rfind(b"\n", 0, named) + 1

    @property
    def _end(self) -> int:
        """Where the last entry ends."""
        return len(self.data) - len(_TAIL)

    def _named(self, what: str) -> NamedLines:
        return NamedLines(raw=self.data, start=self._first_named, end=self._end, what=what)

    def _stated_size(self) -> re.Match[bytes] | None:
        return _SIZE.search(self.data[: self._first])

    def _span(self, annotation: str, value: str, what: str) -> tuple[int, int] | None:
        """Start and end of the entry whose annotation has this value.

        Entries with names stand after all others, so what is not a name is looked for in the first part only.
        """
        if annotation == REF_NAME and self.ordered:
            return self._span_of_name(value, what)
        needle = f"{json.dumps(annotation)}:{json.dumps(value, ensure_ascii=False)}".encode()
        stop = len(self.data) if annotation == REF_NAME else self.data.find(NAME_KEY, self._first)
        stop = len(self.data) if stop < 0 else stop
        found = None
        at = self.data.find(needle, self._first, stop)
        while at >= 0:
            start = self.data.rfind(b"\n", 0, at) + 1
            end = self.data.find(b"\n", at)
            span = start, end - (self.data[end - 1 : end] == b",")
            if _descriptor(self.data[slice(*span)], what).annotations.get(annotation) == value:
                if found is not None:
                    raise ContentMismatch(f"{what} lists {value!r} twice", code="malformed-layout")
                found = span
            at = self.data.find(needle, end, stop)
        return found

    def _span_of_name(self, name: str, what: str) -> tuple[int, int] | None:
        span = self._named(what).find(name)
        if span is not None and _descriptor(self.data[slice(*span)], what).annotations.get(REF_NAME) != name:
            raise ContentMismatch(f"{what} is not in the order that it states", code="malformed-layout")
        return span


def _descriptor(line: bytes, what: str) -> Descriptor:
    return Descriptor.from_json(parse_object(line, what=f"an entry of {what}", limit=_LINE_BYTES), what=what)


def _is_head(line: bytes, what: str) -> bool:
    if line == _HEAD:
        return True
    if not line.endswith(_HEAD_END) or len(line) > _LINE_BYTES:
        return False
    document = parse_object(line + b"]}", what=what, limit=_LINE_BYTES + 2)
    entries = document.pop("manifests", None)
    _check_index(document, entries, what)
    return bool(entries == [])


def _check_index(document: dict[str, Any], entries: object, what: str) -> None:
    if (
        document.get("schemaVersion") != _SCHEMA
        or document.get("mediaType", IMAGE_INDEX) != IMAGE_INDEX
        or not isinstance(entries, list)
    ):
        raise ContentMismatch(f"{what} is no OCI image index", code="malformed-layout")
