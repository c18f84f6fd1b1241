"""A public key that counts for a while: what an operator says about a key that his people or his service hold.

It stands wherever a `TrustedKey` stands. Its fingerprint is the key's alone, so that one key never passes for two;
what the operator says besides is in `to_json`, which a policy's digest covers.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

from attest.errors import PolicyError
from attest.trust.window import Span, shown

if TYPE_CHECKING:
    from datetime import datetime

    from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

    from attest.trust.identity import TrustedKey
    from attest.trust.roots import TrustedRoot
    from attest_registry.digest import Digest


class TimeDemand(StrEnum):
    """Whether it has to be proven when a signature was made. The words stand in policies."""

    REQUIRED = "required"
    NOT_REQUIRED = "not-required"


class ManagedKey(Struct, frozen=True, kw_only=True):
    """A trusted key with the time in which its signatures count. Both ends belong to it.

    Args:
        key: the key and the operator's name for it.
        not_before: the first moment; `None` for no beginning.
        not_after: the last moment; `None` for no end.
        time: whether a proven time is demanded; left out, it is where the key counts for a while only.
        root: pinned by the operator: whose logs and timestamp authorities prove times; `None` where nobody's do.
    """

    key: TrustedKey
    not_before: datetime | None = None
    not_after: datetime | None = None
    time: TimeDemand | None = None
    root: TrustedRoot | None = None

    def __post_init__(self) -> None:
        """Refuse times without a zone, and spans that hold nothing."""
        ends = [end for end in (self.not_before, self.not_after) if end is not None]
        if any(end.tzinfo is None for end in ends) or ends != sorted(ends):
            raise PolicyError(f"the key of {self.key.name} needs a span of time", expected="a start before its end")

    @property
    def name(self) -> str:
        """The operator's name for its holder."""
        return self.key.name

    @property
    def public_key(self) -> PublicKeyTypes:
        """The key."""
        return self.key.public_key

    @property
    def fingerprint(self) -> Digest:
        """The key's own."""
        return self.key.fingerprint

    @property
    def origin(self) -> str:
        """The file it came from."""
        return self.key.origin

    @property
    def title(self) -> str:
        """What people see: `key sha256:7d1c8f20b4e1`."""
        return self.key.title

    @property
    def span(self) -> Span:
        """When it counts."""
        return Span(start=self.not_before, end=self.not_after)

    @property
    def is_limited(self) -> bool:
        """Whether it counts for a while only."""
        return bool(self.span)

    @property
    def needs_time(self) -> bool:
        """Whether a signature needs a proven time."""
        return self.time is TimeDemand.REQUIRED or (self.is_limited and self.time is None)

    def counts_at(self, moment: datetime) -> bool:
        """Whether a signature of that moment counts."""
        return moment in self.span

    def to_json(self) -> dict[str, object]:
        """What a policy's digest covers of it."""
        return {
            "key": str(self.fingerprint),
            "not-before": None if self.not_before is None else shown(self.not_before),
            "not-after": None if self.not_after is None else shown(self.not_after),
            "time": (TimeDemand.REQUIRED if self.needs_time else TimeDemand.NOT_REQUIRED).value,
            "root": None if self.root is None else str(self.root.digest),
        }
