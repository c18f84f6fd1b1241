"""Codes about what a version was made from, what was revoked, and exceptions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

ANCESTRY: Final[Mapping[str, tuple[str, str, int]]] = {
    "policy-bad-ancestor-policy": (
        "a policy file that this one names for ancestors cannot be used",
        "correct that file, whose place the message names, or its path, which is relative to this policy",
        2,
    ),
    "policy-nested": (
        "a policy for ancestors leads back to itself, or too many are nested",
        "write satisfies: same where the policy itself is meant",
        2,
    ),
}
