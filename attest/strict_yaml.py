"""YAML with one meaning, and a place for everything that is wrong with it: for policies and training records.

What makes two readers (or a reader and a person) see two documents is refused: duplicate keys, anchors and aliases
(with them the "billion laughs"), tags, merge keys, several documents, `yes` and `off` without quotes. Plain scalars
are `null`, `true`, `false`, whole numbers below 2^53, or text: `0.10`, `1.4.0` and `2026-03-08` stay as they were
typed, since a float or a date would write something else into what is signed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from attest.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

NodePath = tuple[str | int, ...]
"""Where something stands in a document: keys and list positions, from the top."""

MOST_BYTES: Final = 1024 * 1024
_EXCERPT: Final = 100


class Position(Struct, frozen=True, kw_only=True):
    """A place in a text; both count from 1."""

    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.line}:{self.column}"


class Document(Struct, frozen=True, kw_only=True):
    """A document as read, with the place of every key and value.

    Args:
        value: dicts, lists, text, whole numbers, booleans and `None`.
        what: the document's name for messages, usually its file name.
        text: the document itself, for excerpts.
        prefix: what its error codes begin with: `policy`, `record`.
        failure: the class of its errors.
        values: path → where the value begins.
        keys: path → where the key begins, for entries of mappings.
    """

    value: Any
    what: str
    text: str
    prefix: str
    failure: type[InputError]
    values: Mapping[NodePath, Position]
    keys: Mapping[NodePath, Position]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.what})"  # not its text

    def position(self, path: NodePath, *, at_key: bool = False) -> Position:
        """Where the value (or key) at `path` stands; of the nearest enclosing one when there is none."""
        for places in (self.keys, self.values) if at_key else (self.values,):
            if path in places:
                return places[path]
        return self.position(path[:-1]) if path else Position(line=1, column=1)

    def origin(self, path: NodePath) -> tuple[Document, NodePath]:
        """The file that what is at `path` stands in, and where in it: of documents composed of several, one of them."""
        return self, path

    def error(
        self,
        path: NodePath,
        message: str,
        *,
        code: str | None = None,
        expected: str | None = None,
        hint: str | None = None,
        at_key: bool = False,
    ) -> InputError:
        """The error to raise for what stands at `path`; it shows the place and the line.

        Args:
            path: where.
            message: what is wrong with it.
            code: without the prefix, such as `unknown-key`; `bad-PREFIX` when left out.
            expected: what should stand there.
            hint: what to do.
            at_key: point at the key instead of the value.
        """
        written, where = self.origin(path)
        place = written.position(where, at_key=at_key)
        return self.failure(
            f"{written.what}:{place}: {message}",
            code=f"{self.prefix}-{code}" if code else f"bad-{self.prefix}",
            expected=expected,
            found=excerpt(written.text, place),
            hint=hint,
        )

    def check_keys(
        self, path: NodePath, value: Any, known: Iterable[str], *, required: Iterable[str] = ()
    ) -> dict[str, Any]:
        """The mapping at `path`, if it holds no key but the known ones and none of the required ones is missing.

        Raises:
            InputError: of the class `failure`: no mapping (`PREFIX-wrong-type`), `PREFIX-unknown-key` with the nearest
                known one as hint, or `PREFIX-missing-key`.
        """
        known = tuple(known)
        if not isinstance(value, dict):
            raise self.error(path, f"{dotted(path)} must hold keys", code="wrong-type", expected=", ".join(known))
        for key in value:
            if key not in known:
                raise self.error(
                    (*path, key),
                    f"unknown key '{key[:80]}'",
                    code="unknown-key",
                    expected=", ".join(known),
                    hint=suggestion(key, known),
                    at_key=True,
                )
        for key in required:
            if key not in value:
                raise self.error(
                    path, f"{dotted(path)} lacks the key '{key}'", code="missing-key", expected=f"{key}: …"
                )
        return value


def dotted(path: NodePath) -> str:
    """A path as people write it: `require.claims[0].by`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.removeprefix(".") or "the document"


def nearest(key: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant."""
    import difflib  # noqa: PLC0415  # only on the way to an error

    found = difflib.get_close_matches(key.lower(), tuple(known), n=1)
    return found[0] if found else None


def suggestion(key: str, known: Iterable[str]) -> str | None:
    """`did you mean 'x'?`, where something is near enough."""
    found = nearest(key, known)
    return None if found is None else f"did you mean '{found}'?"


def load_file(path: Path, *, prefix: str, failure: type[InputError] = InputError) -> Document:
    """Read a file; see `load`.

    Raises:
        InputError: of the class `failure`; also when the file cannot be read (`PREFIX-unreadable`).
    """
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
        text = data.decode("utf-8")
    except OSError as error:
        raise failure(f"{path} could not be read: {error.strerror}", code=f"{prefix}-unreadable") from error
    except UnicodeDecodeError as error:
        raise failure(f"{path} is not UTF-8 text", code=f"{prefix}-not-yaml") from error
    return load(text, what=str(path), prefix=prefix, failure=failure)


def load(text: str, *, what: str, prefix: str = "document", failure: type[InputError] = InputError) -> Document:
    """Read a text.

    Args:
        text: one YAML document of at most 1 MiB.
        what: its name for messages.
        prefix: what its error codes begin with.
        failure: the class of its errors.

    Raises:
        InputError: of the class `failure`: `PREFIX-not-yaml`, `PREFIX-duplicate-key`, `PREFIX-not-strict` (anchors,
            tags, merge keys, several documents, ambiguous words) or `PREFIX-too-large`.
    """
    from attest.strict_yaml_reader import Reader  # noqa: PLC0415  # 10 ms that `verify --key` does not pay

    reader = Reader(text, what=what, prefix=prefix, failure=failure)
    value = reader.read()
    return Document(
        value=value,
        what=what,
        text=text,
        prefix=prefix,
        failure=failure,
        values=reader.values,
        keys=reader.keys,
    )


def excerpt(text: str, place: Position) -> str | None:
    """The line of a text that a place is in, for messages."""
    lines = text.splitlines()
    return lines[place.line - 1].strip()[:_EXCERPT] if place.line <= len(lines) else None
