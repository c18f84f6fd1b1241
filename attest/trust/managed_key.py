"""A public key that counts for a while: what an operator says about a key that his people or his service hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from attest.errors import PolicyError

if TYPE_CHECKING:
    from datetime import datetime

    from attest.trust.identity import TrustedKey


@dataclass(frozen=True, kw_only=True, slots=True)
class ManagedKey:
    """A trusted key with the time in which its signatures count. Both ends belong to it.

    Args:
        key: the key and the operator's name for it.
        not_before: the first moment; `None` for no beginning.
        not_after: the last moment; `None` for no end.
    """

    key: TrustedKey
    not_before: datetime | None = None
    not_after: datetime | None = None

    def __post_init__(self) -> None:
        """Refuse times without a zone, and spans that hold nothing."""
        ends = [end for end in (self.not_before, self.not_after) if end is not None]
        if any(end.tzinfo is None for end in ends) or ends != sorted(ends):
            raise PolicyError(f"the key of {self.key.name} needs a span of time", expected="a start before its end")

    @property
    def is_limited(self) -> bool:
        """Whether a proven time is needed to say that a signature counts."""
        return self.not_before is not None or self.not_after is not None

    def counts_at(self, moment: datetime) -> bool:
        """Whether a signature of that moment counts."""
        return (self.not_before is None or self.not_before <= moment) and (
            self.not_after is None or moment <= self.not_after
        )
