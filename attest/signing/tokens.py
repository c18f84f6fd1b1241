"""Identity tokens: read before Fulcio sees them, so that a person hears what is wrong with one, and never printed.

The signature is not checked here: that is Fulcio's part, and nothing is believed because of what is read.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Self

from attest.errors import AttestError, CredentialError
from attest_registry.strict_json import parse_object

AUDIENCE: Final = "sigstore"
"""Whom a token has to be made for."""

_MOST_BYTES: Final = 64 * 1024
_PART: Final = r"[A-Za-z0-9_-]+"
_JWT: Final = re.compile(rf"{_PART}\.{_PART}\.{_PART}", re.ASCII)
_LATEST: Final = 253402300799  # the last second of the year 9999, which `datetime` ends with


@dataclass(frozen=True, kw_only=True, slots=True)
class Token:
    """An identity token that may be shown to Fulcio.

    Args:
        raw: the token itself; whoever has it can sign in its owner's name until it expires.
        origin: where it came from, for messages.
        issuer: who made it, as it says.
        expires: when it ends.
    """

    raw: str = field(repr=False)
    origin: str
    issuer: str
    expires: datetime

    @classmethod
    def read(cls, raw: str, *, origin: str, now: datetime) -> Self:
        """Read one that is fit for use.

        Args:
            raw: the text; white space around it does not count.
            origin: where it came from.
            now: the present.

        Raises:
            CredentialError: `broken-credential`, `token-audience`, `token-expired` or `token-not-yet-valid`.
        """
        text = raw.strip()
        claims = _claims(text, origin)
        _check_audience(claims.get("aud"), origin)
        issuer, expires = claims.get("iss"), _moment(claims, "exp", origin)
        if not isinstance(issuer, str) or not issuer or not isinstance(claims.get("sub"), str) or expires is None:
            raise _broken(origin, expected="the claims iss, sub, aud, iat and exp")
        if _moment(claims, "iat", origin) is None:
            raise _broken(origin, expected="the claim iat")
        _check_times(expires, _moment(claims, "nbf", origin), origin, now)
        return cls(raw=text, origin=origin, issuer=issuer, expires=expires)


def is_token(text: str) -> bool:
    """Whether it has the form of one."""
    return _JWT.fullmatch(text.strip()) is not None


def _claims(text: str, origin: str) -> dict[str, Any]:
    if not is_token(text) or len(text) > _MOST_BYTES:
        raise _broken(origin, expected="a JSON Web Token: three parts with dots between them")
    payload = text.split(".")[1]
    try:
        data = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
        return parse_object(data, what="the token", limit=_MOST_BYTES)
    except (binascii.Error, ValueError, AttestError):
        # not chained: the cause would carry the claims
        raise _broken(origin, expected="claims as JSON in its second part") from None


def _check_audience(audience: Any, origin: str) -> None:
    if AUDIENCE not in (audience if isinstance(audience, list) else [audience]):
        found = str(audience)[:100] if isinstance(audience, str) else None
        raise CredentialError(
            f"the identity token of {origin} was made for somebody else",
            code="token-audience",
            expected=f"audience {AUDIENCE}",
            found=found,
            hint=f"ask the identity provider for a token with audience {AUDIENCE}",
        )


def _moment(claims: dict[str, Any], name: str, origin: str) -> datetime | None:
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _LATEST:
        raise _broken(origin, expected=f"seconds since 1970 as {name}")
    return datetime.fromtimestamp(value, UTC)


def _check_times(expires: datetime, not_before: datetime | None, origin: str, now: datetime) -> None:
    if now >= expires:
        raise CredentialError(
            f"the identity token of {origin} has expired",
            code="token-expired",
            expected="a token that is valid now",
            found=f"it ended {_apart(now, expires)} ago",
            hint="get a new one, or check this machine's clock",
        )
    if not_before is not None and now < not_before:
        raise CredentialError(
            f"the identity token of {origin} is not valid yet",
            code="token-not-yet-valid",
            found=f"it begins in {_apart(not_before, now)}",
            hint="check this machine's clock",
        )


def _apart(later: datetime, earlier: datetime) -> str:
    seconds = int((later - earlier).total_seconds())
    return f"{seconds} s" if seconds < 120 else f"{seconds // 60} min"  # noqa: PLR2004  # two minutes


def _broken(origin: str, *, expected: str) -> CredentialError:
    return CredentialError(f"the identity token of {origin} cannot be used", expected=expected)
