"""A check of the code, and how to take it out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

OCI: Final = "registry/attest_registry/oci"


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """A check.

    Args:
        name: for people, as "without …" reads it.
        edits: file, exact text in it (once), and the text that disables the check.
    """

    name: str
    edits: tuple[tuple[str, str, str], ...]


def check(name: str, file: str, snippet: str, replacement: str) -> Check:
    """A check of one place."""
    return Check(name=name, edits=((file, snippet, replacement),))


def off(name: str, file: str, condition: str) -> Check:
    """A check that is one condition, never met."""
    return check(name, f"attest/{file}", f"{condition}:", "if False:")
