"""Fields of a predicate that somebody else wrote: there and of the right type, or the claim is malformed."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from attest.errors import MalformedEvidence
from attest_registry.digest import Digest
from attest_registry.errors import BadReference

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_ITEMS: Final = 2_000


def text(value: Mapping[str, Any], key: str) -> str:
    """The text at `key`, not empty.

    Raises:
        MalformedEvidence: it is not there, or something else.
    """
    found = value.get(key)
    if not isinstance(found, str) or not found:
        raise MalformedEvidence(f"the claim needs text as {key}", found=type(found).__name__)
    return found


def optional_text(value: Mapping[str, Any], key: str) -> str | None:
    """The text at `key`, or `None` where there is no such key.

    Raises:
        MalformedEvidence: something else is there.
    """
    return text(value, key) if key in value else None


def mapping(value: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """The object at `key`.

    Raises:
        MalformedEvidence: it is not there, or something else.
    """
    found = value.get(key)
    if not isinstance(found, dict):
        raise MalformedEvidence(f"the claim needs an object as {key}", found=type(found).__name__)
    return found


def optional_mapping(value: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """The object at `key`; an empty one where there is no such key.

    Raises:
        MalformedEvidence: something else is there.
    """
    return mapping(value, key) if key in value else MappingProxyType({})


def texts(value: Mapping[str, Any], key: str) -> Mapping[str, str]:
    """The object of texts at `key`; an empty one where there is no such key.

    Raises:
        MalformedEvidence: something else is there.
    """
    found = optional_mapping(value, key)
    if not all(isinstance(item, str) for item in found.values()):
        raise MalformedEvidence(f"the claim needs nothing but text in {key}")
    return MappingProxyType(dict(found))


def objects(value: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    """The list of objects at `key`; an empty one where there is no such key.

    Raises:
        MalformedEvidence: something else is there, or too many.
    """
    found = value.get(key, [])
    if not isinstance(found, list) or len(found) > MOST_ITEMS or not all(isinstance(item, dict) for item in found):
        raise MalformedEvidence(f"the claim needs a list of objects as {key}", expected=f"at most {MOST_ITEMS}")
    return found


def sha256(value: Mapping[str, Any]) -> Digest | None:
    """The SHA-256 in the digest set of a resource descriptor; `None` where it has none.

    Raises:
        MalformedEvidence: it has one that is not one.
    """
    digests = optional_mapping(value, "digest")
    if "sha256" not in digests:
        return None
    try:
        return Digest(hex=text(digests, "sha256"))
    except BadReference as error:
        raise MalformedEvidence(
            "a digest is no SHA-256", expected=error.expected, found=str(digests["sha256"])[:80]
        ) from error


def only(value: Mapping[str, Any], known: set[str], what: str) -> None:
    """Return only if there are no other keys.

    Raises:
        MalformedEvidence: there are (code `unknown-parameter`).
    """
    if unknown := sorted(set(value) - known):
        raise MalformedEvidence(
            f"the claim has unknown {what}",
            code="unknown-parameter",
            expected=", ".join(sorted(known)),
            found=unknown[0][:80],
        )
