"""RFC 8785 (JCS) for values without floats: keys in UTF-16 order, no spaces, no floats."""

from __future__ import annotations

import json
from typing import Any

from attest_registry.digest import Digest


def canonical_json(value: Any) -> bytes:
    """The one spelling of a value of dicts, lists, text, whole numbers below 2^53, booleans and `None`."""
    return json.dumps(_ordered(value), separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode("utf-8")


def canonical_digest(value: Any) -> Digest:
    """SHA-256 of that spelling."""
    return Digest.of(canonical_json(value))


def _ordered(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _ordered(value[key]) for key in _sorted(value)}
    if isinstance(value, list):
        return [_ordered(item) for item in value]
    if value is None or isinstance(value, str | int | bool):
        return value
    raise TypeError(f"{type(value).__name__} has no canonical form here")


def _sorted(keys: dict[str, Any]) -> list[str]:
    """In the order of UTF-16 code units, section 3.2.3; keys in ASCII are in it when they are sorted as they are."""
    return sorted(keys) if all(map(str.isascii, keys)) else sorted(keys, key=lambda key: key.encode("utf-16-be"))
