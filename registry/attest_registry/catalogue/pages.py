"""Pages of listings, and the tokens that ask for the next one.

A token names the last line of a page, not a count of lines, so that what others insert meanwhile neither repeats nor
hides a line. It is bound to its query and carries a check value under a key that the catalogue keeps.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from typing import TYPE_CHECKING, Any, Final

from attest_registry import limits
from attest_registry.errors import BadQuery
from attest_registry.strict_json import parse_json, to_compact_json

if TYPE_CHECKING:
    from collections.abc import Sequence

_CHECK_BYTES: Final = 16
MOST: Final = 10_000


def check_limit(limit: int) -> int:
    """The number of lines of a page.

    Raises:
        BadQuery: it is none that a page can have.
    """
    if not 1 <= limit <= MOST:
        raise BadQuery(
            f"{limit} is no number of lines that a page can have", code="bad-limit", expected=f"1 to {MOST:,}"
        )
    return limit


class Tokens:
    """Makes and reads the tokens of one query.

    Args:
        key: the catalogue's own.
        query: everything that decides which lines there are, and their order.
    """

    def __init__(self, key: bytes, *query: str) -> None:
        self._key = key
        self._query = hashlib.sha256(to_compact_json(list(query))).digest()

    def make(self, position: Sequence[Any]) -> str:
        """A token that asks for what follows a line."""
        body = to_compact_json(list(position))
        return _text(self._check(body) + body)

    def read(self, token: str | None) -> Sequence[Any] | None:
        """The line that a token names; `None` where there is no token.

        Raises:
            BadQuery: it is no token of this query and this catalogue.
        """
        if token is None:
            return None
        raw = _bytes(token)
        check, body = raw[:_CHECK_BYTES], raw[_CHECK_BYTES:]
        if _text(raw) != token or not hmac.compare_digest(check, self._check(body)):
            raise BadQuery(
                "the page token does not belong to this query",
                code="bad-page-token",
                expected="a token that the page before gave out, with the same filter and order",
                hint="leave the token out to begin with the first page",
            )
        position: list[Any] = parse_json(body, what="the page token", limit=limits.PAGE_TOKEN_CHARACTERS)
        return position

    def _check(self, body: bytes) -> bytes:
        return hmac.digest(self._key, self._query + body, "sha256")[:_CHECK_BYTES]


def _bytes(token: str) -> bytes:
    """What the text stands for; nothing where it stands for nothing."""
    if len(token) > limits.PAGE_TOKEN_CHARACTERS or not token.isascii():
        return b""
    try:
        return base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except binascii.Error:
        return b""


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
