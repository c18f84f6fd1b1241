"""An image index with one entry per line: entries are found and replaced as bytes, so cost does not follow number.

`index.json` of a model with 10,000 versions has 10,000 entries. Parsing and writing those as JSON objects for each push
would make push 10,000 cost fifty times push 10. The text stays plain JSON for everybody else; where another tool wrote
the file, its form differs in the first line or the last, and it is parsed strictly and whole, once.

    {"manifests":[            the head: everything but the entries
    {"annotations":{…},…},    one compact entry per line, keys sorted; first those without a name,
    {"annotations":{…},…}     then those with one
    ]}                        the tail
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

from attest_registry import limits
from attest_registry.errors import ContentMismatch
from attest_registry.oci.descriptor import IMAGE_INDEX, REF_NAME, Descriptor
from attest_registry.strict_json import parse_object, to_compact_json

if TYPE_CHECKING:
    from collections.abc import Sequence

_HEAD: Final = f'{{"schemaVersion":2,"mediaType":"{IMAGE_INDEX}","manifests":['.encode()
_HEAD_END: Final = b'"manifests":['
_TAIL: Final = b"\n]}\n"
_NAME_KEY: Final = json.dumps(REF_NAME).encode() + b":"
_NAMES: Final = re.compile(re.escape(_NAME_KEY) + rb'"([\x20\x21\x23-\x5b\x5d-\x7e]*)"')
_LINE_BYTES: Final = 64 * 1024
_SCHEMA: Final = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class IndexLines:
    """An index in the form above.

    Args:
        raw: its bytes.
    """

    raw: bytes

    @classmethod
    def empty(cls) -> Self:
        """An index without entries."""
        return cls(raw=_HEAD + _TAIL)

    @classmethod
    def of(cls, entries: Sequence[dict[str, Any]], *, head: bytes = _HEAD) -> Self:
        """An index of these entries."""
        ordered = sorted(entries, key=lambda entry: REF_NAME in (entry.get("annotations") or {}))
        lines = [to_compact_json(entry) for entry in ordered]
        return cls(raw=head + (b"\n" if lines else b"") + b",\n".join(lines) + _TAIL)

    @classmethod
    def parse(cls, data: bytes, *, what: str, limit: int) -> tuple[Self, bool]:
        """Read an index of anybody's, and say whether it was in our form already.

        Raises:
            ContentMismatch: it is no index, or over the limit.
        """
        if data.endswith(_TAIL) and _is_head(data[: data.find(b"\n")], what):
            return cls(raw=data), True
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
        found = parse_object(self.raw, what=what, limit=len(self.raw), parts=parts)["manifests"]
        for number, entry in enumerate(found):
            Descriptor.from_json(entry, what=f"entry {number} of {what}")
        return tuple(found)

    def find(self, annotation: str, value: str, *, what: str) -> Descriptor | None:
        """The one entry whose annotation has this value.

        Raises:
            ContentMismatch: two entries have it, or the line is no descriptor.
        """
        span = self._span(annotation, value, what)
        return None if span is None else _descriptor(self.raw[slice(*span)], what)

    def names(self) -> list[str]:
        """The names that entries have; those that need escaping in JSON are left out."""
        found: list[bytes] = _NAMES.findall(self.raw, self._first)
        return b"\n".join(found).decode().split("\n") if found else []

    def put(self, annotation: str, value: str, entry: Descriptor, *, what: str) -> Self:
        """The same with `entry` in place of the one whose annotation has this value, or in addition.

        Raises:
            ContentMismatch: as `find`.
        """
        line = to_compact_json(entry.to_json())
        span = self._span(annotation, value, what)
        if span is not None:
            return self._spliced(*span, line)
        end = len(self.raw) - len(_TAIL)
        if self.raw[end - 1 : end] == b"[":
            return self._spliced(end, end, b"\n" + line)
        named = self.raw.find(_NAME_KEY, self._first)
        if annotation == REF_NAME or named < 0:
            return self._spliced(end, end, b",\n" + line)
        start = self.raw.rfind(b"\n", 0, named) + 1
        return self._spliced(start, start, line + b",\n")

    @property
    def _first(self) -> int:
        """Where the first entry starts."""
        return self.raw.find(b"\n") + 1

    def _spliced(self, start: int, end: int, line: bytes) -> Self:
        whole = memoryview(self.raw)
        return type(self)(raw=b"".join((whole[:start], line, whole[end:])))

    def _span(self, annotation: str, value: str, what: str) -> tuple[int, int] | None:
        """Start and end of the line whose annotation has this value.

        Entries with names stand after all others, so what is not a name is looked for in the first part only.
        """
        needle = json.dumps(annotation).encode() + b":" + json.dumps(value).encode()
        stop = len(self.raw) if annotation == REF_NAME else self.raw.find(_NAME_KEY, self._first)
        stop = len(self.raw) if stop < 0 else stop
        found = None
        at = self.raw.find(needle, self._first, stop)
        while at >= 0:
            start = self.raw.rfind(b"\n", 0, at) + 1
            end = self.raw.find(b"\n", at)
            span = start, end - (self.raw[end - 1 : end] == b",")
            if _descriptor(self.raw[slice(*span)], what).annotations.get(annotation) == value:
                if found is not None:
                    raise ContentMismatch(f"{what} lists {value!r} twice", code="malformed-layout")
                found = span
            at = self.raw.find(needle, end, stop)
        return found


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
