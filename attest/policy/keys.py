"""How a key of a policy document is described, and what can be looked up about the keys: one table, four uses.

The rows are in `key_rows.py`. From them come the keys that the reading accepts and suggests (`checked`), the JSON
Schema (`schema.py`), the table of docs/policy.md, and how a document and the one that it extends are composed.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from attest.strict_yaml import suggestion

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from attest.strict_yaml import Document, NodePath


class Shape(StrEnum):
    """What may stand at a key."""

    KEYS = "keys"  # further keys, those of the table
    NAMED = "own names"  # names of the author's own, each with what the table has below `*`
    ENTRIES = "list of entries"  # one or more, each with the keys that the table has below `[]`
    TEXT = "text"
    LABEL = "text or number"  # text that may look like a number in YAML
    TEXTS = "text, or a list of texts"
    WORD = "one of its words"
    WORDS = "one of its words, or a list of them"
    PERSONS = "identity or role, or a list of them"
    TRUE = "true"  # a demand is made or left out
    WHOLE = "whole number"
    NUMBER = "number"
    TIME = "day or time"
    FILE = "path, relative to the document"
    ANY = "anything"  # read by somebody else's rules


class Key(Struct, frozen=True, kw_only=True):
    """One key.

    Args:
        path: where: `require.provenance.by`; `*` stands for a name of the author's own, `[]` for each entry of a list.
        about: what it says, in one line of the documentation.
        shapes: what may stand there; several where it has a short and a long form.
        words: the words that `Shape.WORD` and `Shape.WORDS` allow.
        required: whether it must not be left out where the keys beside it are written.
        least: smallest whole number or number.
        most: largest one.
        pattern: regular expression that a text matches whole.
        joined: whether the list is joined with that of the document that is extended, instead of taking its place.
            Lists of entries always are.
    """

    path: str
    about: str
    shapes: tuple[Shape, ...]
    words: tuple[str, ...] = ()
    required: bool = False
    least: int | None = None
    most: int | None = None
    pattern: str | None = None
    joined: bool = False

    @property
    def name(self) -> str:
        """The key itself, without what it stands under."""
        return self.path.rpartition(".")[2].removesuffix("[]")

    @property
    def parent(self) -> str:
        """What it stands under; empty for the document itself."""
        return self.path.rpartition(".")[0]

    @property
    def is_joined(self) -> bool:
        """Whether lists of a document and of the one that it extends become one list here."""
        return self.joined or Shape.ENTRIES in self.shapes


class Table:
    """The keys, to be looked up."""

    def __init__(self, rows: Iterable[Key]) -> None:
        self.rows: tuple[Key, ...] = tuple(rows)
        self._by_path: Mapping[str, Key] = {row.path: row for row in self.rows}
        self._children: dict[str, tuple[Key, ...]] = {}
        for row in self.rows:
            self._children[row.parent] = (*self._children.get(row.parent, ()), row)
        if len(self._by_path) != len(self.rows):
            raise ValueError("a key stands twice in the table")

    def children(self, parent: str) -> tuple[Key, ...]:
        """The keys that stand directly under another one; under `""` those of the document."""
        return self._children.get(parent, ())

    def at(self, path: str) -> Key | None:
        """The key of a path of the table, or `None`."""
        return self._by_path.get(path)

    def path_of(self, path: NodePath) -> str:
        """The path in the table of a place in a document: with `[]` for positions and `*` for own names."""
        found = ""
        for part in path:
            if isinstance(part, int):
                found += "[]"
                continue
            inside = f"{found}." if found else ""
            found = inside + (part if f"{inside}{part}" in self._by_path or f"{inside}*" not in self._by_path else "*")
        return found

    def checked(self, document: Document, path: NodePath, value: Any) -> dict[str, Any]:
        """The mapping at `path`, with known keys only and all that it needs.

        Args:
            document: the policy.
            path: where in it; what the table has there decides.
            value: what stands there.

        Raises:
            PolicyError: `policy-wrong-type`, `policy-missing-key`, or `policy-unknown-key` with the nearest known key:
                the one of that very name somewhere else, or one much like it here.
        """
        below = self.children(self.path_of(path))
        known = tuple(row.name for row in below)
        if isinstance(value, dict):
            for key in value:
                if key not in known:
                    raise document.error(
                        (*path, key),
                        f"unknown key '{key[:80]}'",
                        code="unknown-key",
                        expected=", ".join(known),
                        hint=self._elsewhere(key) or suggestion(key, known),
                        at_key=True,
                    )
        return document.check_keys(path, value, known, required=tuple(row.name for row in below if row.required))

    def _elsewhere(self, key: str) -> str | None:
        places = [row.parent for row in self.rows if row.name == key.lower()]
        return f"'{key.lower()}' stands under {places[0] or 'the document itself'}" if places else None
