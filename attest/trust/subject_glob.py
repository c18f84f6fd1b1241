"""Patterns for subjects of certificates: anchored at both ends, with stars that stop at `/` and `@`.

Regular expressions are not taken, because unanchored ones are how "github" came to match every repository (sigstore-js
since 4.1; cosign's `--certificate-identity-regexp`).
"""

from __future__ import annotations

import re
from typing import Final

from attest.errors import PolicyError

_STARS: Final = re.compile(r"\*+")
_SCHEME: Final = re.compile(r"\A[A-Za-z*][A-Za-z0-9+.*-]*://")  # says nothing about whom
_ONE_PART: Final = r"[^/@\x00-\x1f]*"
_ANY_PARTS: Final = r"[^\x00-\x1f]*"
_LEAST_LITERAL: Final = 3
_LONGEST: Final = 2048


def check_glob(glob: str) -> None:
    """Refuse patterns that would match nobody in particular.

    Args:
        glob: `*` stands for any text without `/` and `@`, `**` for any text.

    Raises:
        PolicyError: `identity-too-wide`.
    """
    literal = _STARS.sub("", _SCHEME.sub("", glob, count=1))
    if len(literal) < _LEAST_LITERAL or re.search(r"\*{3}", glob) or len(glob) > _LONGEST:
        raise PolicyError(
            "a subject pattern is too wide",
            code="identity-too-wide",
            expected=f"at least {_LEAST_LITERAL} characters besides *, ** and a scheme",
            found=glob[:120],
        )


def matches(glob: str, subject: str) -> bool:
    """Whether the pattern fits the whole subject."""
    return re.fullmatch(_translated(glob), subject) is not None


def _translated(glob: str) -> str:
    """The pattern as a regular expression of literal text and two kinds of stars."""
    literal = (re.escape(part) for part in _STARS.split(glob))
    stars = [_ANY_PARTS if star == "**" else _ONE_PART for star in _STARS.findall(glob)]
    return "".join(text + star for text, star in zip(literal, [*stars, ""], strict=True))
