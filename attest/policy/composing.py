"""`extends`: a policy document and the one that it goes on from, as one document.

    1  what the document leaves out stays as the base has it: a demand can be replaced, never taken away
    2  where both say something, the document's word stands in the place of the base's; mappings are composed key by key
    3  lists of entries (claims, denials, rules) are joined, the base's first: nothing of the base's is lost
    4  an identity is replaced whole, so that nobody is half one person and half another

The base is one file beside the document, never fetched from anywhere. What is judged by, shown and digested is the
composed document (docs/threats.md row 72).
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from attest.errors import AttestError, InputError, PolicyError
from attest.policy.key_rows import API_VERSION, KIND, TABLE
from attest.policy.keys import Shape
from attest.strict_yaml import Document, NodePath, load_file
from attest.written_path import written_path

if TYPE_CHECKING:
    from collections.abc import Mapping

EXTENDS: Final = "extends"
MOST_LEVELS: Final = 8
_WHOLE: Final = frozenset({"identities.*"})
_NO_PATHS: Final = ("-----BEGIN ", "given")
"""What may stand at `key` besides a path: PEM text, and the word for the key on the command line."""


class Composed(Document, frozen=True, kw_only=True):
    """A document that was put together; its errors point into the file that the words stand in.

    Args:
        parts: path → the document that it came from, and its path there.
    """

    parts: Mapping[NodePath, tuple[Document, NodePath]]

    def origin(self, path: NodePath) -> tuple[Document, NodePath]:
        """The file that something stands in, and where in it; see `Document.origin`."""
        length = next(length for length in range(len(path), -1, -1) if path[:length] in self.parts)
        document, start = self.parts[path[:length]]
        return document.origin((*start, *path[length:]))


def load_composed(path: Path, *, prefix: str, above: tuple[Path, ...] = ()) -> Document:
    """A policy file and what it extends.

    Args:
        path: the file.
        prefix: what error codes begin with.
        above: the files that lead here by `extends`.

    Raises:
        PolicyError: a file is not understood; `policy-extends`: what is extended is a URL, leads back to itself, or
            is too many levels down.
    """
    document = load_file(path, prefix=prefix, failure=PolicyError)
    if not isinstance(document.value, dict) or EXTENDS not in document.value:
        return document
    _check_head(document)
    own = Path(os.path.realpath(path))
    place = path.parent / _written(document)
    above = (*above, own)
    if Path(os.path.realpath(place)) in above or len(above) >= MOST_LEVELS:
        problem = "leads back to itself" if len(above) < MOST_LEVELS else f"goes on for more than {MOST_LEVELS} levels"
        raise document.error((EXTENDS,), f"what the policy extends {problem}", code="extends")
    if not os.path.isfile(place):  # noqa: PTH113  # `is_file` raises where the name is too long
        raise document.error((EXTENDS,), f"{place} is not there to be extended", code="unreadable")
    base = load_composed(place, prefix=prefix, above=above)
    _check_head(base)
    return compose(document, base, folder=Path(os.path.abspath(place.parent)))  # noqa: PTH100  # `resolve` follows links


def _check_head(document: Document) -> None:
    """Every document of the composition is a policy of this version, so that none is read by another one's rules."""
    value = document.value
    if not isinstance(value, dict):
        raise document.error((), "this is no policy that attest reads", code="wrong-kind", expected=f"kind: {KIND}")
    for key, expected in (("apiVersion", API_VERSION), ("kind", KIND)):
        if value.get(key) != expected:
            raise document.error(
                (key,), f"this is no policy that attest reads: {key}", code="wrong-kind", expected=f"{key}: {expected}"
            )
    if "name" not in value:
        raise document.error((), "the document lacks the key 'name'", code="missing-key", expected="name: …")


def _written(document: Document) -> Path:
    text = document.value[EXTENDS]
    if not isinstance(text, str) or not text.strip():
        raise document.error((EXTENDS,), "extends names one policy file", code="wrong-type", expected="extends: FILE")
    if "://" in text:
        raise document.error(
            (EXTENDS,),
            "a policy is never fetched: what it extends has to be a file",
            code="extends",
            expected="a path, relative to this document",
        )
    try:
        return written_path(text)
    except InputError as error:
        raise document.error((EXTENDS,), error.message, code="extends", expected=error.expected) from error


def compose(document: Document, base: Document, *, folder: Path) -> Document:
    """One document from two.

    Args:
        document: the one that extends.
        base: the one that is extended.
        folder: what the paths in `base` are relative to; absolute, since others join them to a folder of their own.
    """
    parts: dict[NodePath, tuple[Document, NodePath]] = {(): (document, ())}
    below = _rebased(base.value, "", folder)
    value = _merged(_Side(document, {**document.value}, ()), _Side(base, below, ()), (), parts)
    value.pop(EXTENDS, None)
    return Composed(
        value=value,
        what=document.what,
        text=document.text,
        prefix=document.prefix,
        failure=document.failure,
        values=document.values,
        keys=document.keys,
        parts=parts,
    )


class _Side(Struct, frozen=True):
    """A value of one of the two documents, and where it stands there."""

    document: Document
    value: Any
    path: NodePath

    def under(self, key: str | int) -> _Side:
        return _Side(self.document, self.value[key], (*self.path, key))


def _merged(own: _Side, base: _Side, path: NodePath, parts: dict[NodePath, tuple[Document, NodePath]]) -> Any:
    where = TABLE.path_of(path)
    parts[path] = (own.document, own.path)
    if isinstance(own.value, dict) and isinstance(base.value, dict) and where not in _WHOLE:
        found = {}
        for key in (*base.value, *(key for key in own.value if key not in base.value)):
            here = (*path, key)
            if key in own.value and key in base.value:
                found[key] = _merged(own.under(key), base.under(key), here, parts)
            else:
                side = own if key in own.value else base
                found[key] = side.value[key]
                parts[here] = (side.document, (*side.path, key))
        return found
    row = TABLE.at(where)
    if isinstance(own.value, list) and isinstance(base.value, list) and row is not None and row.is_joined:
        added = [index for index, item in enumerate(own.value) if item not in base.value]
        for index in range(len(base.value)):
            parts[*path, index] = (base.document, (*base.path, index))
        for index, position in enumerate(added, start=len(base.value)):
            parts[*path, index] = (own.document, (*own.path, position))
        return [*base.value, *(own.value[index] for index in added)]
    return own.value


def _rebased(value: Any, where: str, folder: Path) -> Any:
    """The value with its paths as the base meant them, whichever folder the document is in that extends it."""
    if isinstance(value, dict):
        inside = f"{where}." if where else ""
        return {
            key: _rebased(item, f"{inside}{key}" if TABLE.at(f"{inside}{key}") else f"{inside}*", folder)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_rebased(item, f"{where}[]", folder) for item in value]
    row = TABLE.at(where.removesuffix("[]"))
    if row is None or Shape.FILE not in row.shapes or not isinstance(value, str) or value in row.words:
        return value
    if value.lstrip().startswith(_NO_PATHS[0]) or value == _NO_PATHS[1]:
        return value
    try:
        return str(folder / written_path(value))
    except AttestError:
        return value  # its reader says what is wrong with it
