"""Typed reading of a strict YAML document: a value of the right kind, or an error that shows its place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attest.claims import record_places
from attest.claims.record_places import UNKNOWN, NotAllowed
from attest.strict_yaml import dotted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from attest.strict_yaml import Document, NodePath


class Reading:
    """Reads values of one document.

    Args:
        document: the document.
    """

    def __init__(self, document: Document) -> None:
        self.document = document

    def checked(self, check: Callable[[str], str], path: NodePath, value: Any) -> str:
        """A text or whole number, checked as text."""
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise self.document.error(path, f"{dotted(path)} must be text", code="wrong-type", expected="text")
        try:
            return check(str(value))
        except NotAllowed as error:
            message = f"{dotted(path)} cannot be {str(value)[:60]!r}"
            raise self.document.error(
                path, message, code="bad-value", expected=error.expected, hint=error.hint
            ) from error

    def free_texts(self, path: NodePath, value: Any) -> dict[str, str]:
        """A mapping of free names to text."""
        mapping = self.any_mapping(path, value)
        return {key: self.checked(record_places.words, (*path, key), item) for key, item in mapping.items()}

    def optional(
        self, entry: Mapping[str, Any], path: NodePath, key: str, check: Callable[[str], str] = record_places.words
    ) -> str | None:
        """The text at a key; `None` where nothing or `unknown` stands."""
        value = entry.get(key)
        return None if value is None or value == UNKNOWN else self.checked(check, (*path, key), value)

    def flag(self, path: NodePath, value: Any) -> bool | None:
        """True, false, or `None` where nothing or `unknown` stands."""
        if value is None or value == UNKNOWN:
            return None
        if not isinstance(value, bool):
            raise self.document.error(path, f"{dotted(path)} must be true or false", code="wrong-type")
        return value

    def mapping(self, path: NodePath, value: Any, known: tuple[str, ...]) -> dict[str, Any]:
        """A mapping with known keys; empty where nothing stands."""
        return {} if value is None else self.document.check_keys(path, value, known)

    def any_mapping(self, path: NodePath, value: Any) -> dict[str, Any]:
        """A mapping with any keys; empty where nothing stands."""
        if value is not None and not isinstance(value, dict):
            raise self.document.error(path, f"{dotted(path)} must hold keys", code="wrong-type", expected="key: text")
        return value or {}

    def items(self, path: NodePath, value: Any) -> list[tuple[NodePath, Any]]:
        """The items of a list with their places; empty where nothing stands."""
        if value is not None and not isinstance(value, list):
            raise self.document.error(path, f"{dotted(path)} must be a list", code="wrong-type", expected="- …")
        return [((*path, position), item) for position, item in enumerate(value or [])]
