"""Values inside the entries of a policy's lists of demands: digests, numbers, persons, each there or left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attest.policy.key_rows import TABLE
from attest.policy.reading import read_by, read_text
from attest.strict_yaml import dotted
from attest_registry.digest import Digest
from attest_registry.errors import BadReference

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from decimal import Decimal

    from attest.strict_yaml import Document, NodePath


def listed(document: Document, path: NodePath, value: Any) -> Iterator[tuple[NodePath, dict[str, Any]]]:
    """Every entry of a list of demands, with its place; its keys are known ones.

    Raises:
        PolicyError: no list, or an empty one (`policy-empty-list`), or an entry with a key that is not known.
    """
    if not isinstance(value, list) or not value:
        raise document.error(
            path, f"{dotted(path)} lists at least one demand", code="empty-list", expected="- {by: […], …}"
        )
    for index, item in enumerate(value):
        where: NodePath = (*path, index)
        yield where, TABLE.checked(document, where, item)


def by(document: Document, path: NodePath, item: dict[str, Any], known: Iterable[str]) -> tuple[str, ...]:
    """Whose claims count: identities or roles."""
    return read_by(document, path, item, known)


def text(document: Document, path: NodePath, item: dict[str, Any], key: str) -> str:
    """The text at a key, which may look like a number in YAML."""
    value = item[key]
    return str(value) if type(value) is int else read_text(document, (*path, key), value)


def digest(document: Document, path: NodePath, item: dict[str, Any], key: str) -> Digest | None:
    """The digest at a key, or `None` where there is none.

    Raises:
        PolicyError: it is none (`policy-bad-digest`).
    """
    if key not in item:
        return None
    where: NodePath = (*path, key)
    try:
        return Digest.parse(read_text(document, where, item[key]))
    except BadReference as error:
        raise document.error(where, error.message, code="bad-digest", expected=error.expected) from error


def decimal(document: Document, path: NodePath, item: dict[str, Any], key: str) -> Decimal | None:
    """The number at a key as it was typed, or `None` where there is none.

    Raises:
        PolicyError: it is no decimal number (`policy-bad-number`).
    """
    if key not in item:
        return None
    from attest.claims.decimals import read_decimal  # noqa: PLC0415  # most demands name no number

    value = item[key]
    number = read_decimal(str(value) if type(value) is int else value)
    if number is None:
        raise document.error(
            (*path, key), f"{dotted((*path, key))} is no decimal number", code="bad-number", expected="0.92, -1 or 412"
        )
    return number


def whole(document: Document, path: NodePath, item: dict[str, Any], key: str, *, least: int, most: int) -> int | None:
    """The whole number at a key, or `None` where there is none.

    Raises:
        PolicyError: it is none, too small or too large (`policy-bad-number`).
    """
    if key not in item:
        return None
    value = item[key]
    if type(value) is not int or not least <= value <= most:
        raise document.error(
            (*path, key),
            f"{dotted((*path, key))} is no such number",
            code="bad-number",
            expected=f"a whole number from {least} to {most}",
        )
    return value
