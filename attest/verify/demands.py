"""What a bundle has to prove besides who signed it. The defaults are the strict ones; what weakens them says so."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from attest.errors import PolicyError
from attest.verify.sigstore_bundle import MOST_TIMESTAMPS

_MOST_TIMES: Final = MOST_TIMESTAMPS + 1


class Demands(Struct, frozen=True, kw_only=True):
    """Of a bundle by certificate.

    Args:
        times: by how many witnesses, log or timestamp authorities; never by none, because a certificate lives minutes.
        timestamps: how many of them by timestamp authorities.
        accept_without_log_entry: take a signature that was never made public. One that was has to hold still.
        accept_without_sct: take a certificate that no log promised to publish: private instances without a CT log.
    """

    times: int = 1
    timestamps: int = 0
    accept_without_log_entry: bool = False
    accept_without_sct: bool = False

    def __post_init__(self) -> None:
        """Refuse demands for nothing."""
        if not 1 <= self.times <= _MOST_TIMES or not 0 <= self.timestamps <= MOST_TIMESTAMPS:
            raise PolicyError("a certificate's signature needs a proven time", expected=f"1 to {_MOST_TIMES} times")


class KeyDemands(Struct, frozen=True, kw_only=True):
    """Of a bundle by a managed key.

    Args:
        log_entry: it has to have been made public.
        times: by how many witnesses, log or timestamp authorities.
        timestamps: how many of them by timestamp authorities.
        accept_unproven_time: take a signature without a proven time although the key counts for a while only.
    """

    log_entry: bool = False
    times: int = 0
    timestamps: int = 0
    accept_unproven_time: bool = False

    def __post_init__(self) -> None:
        """Refuse what no bundle can bring."""
        if not 0 <= self.times <= _MOST_TIMES or not 0 <= self.timestamps <= MOST_TIMESTAMPS:
            raise PolicyError("a bundle brings no such number of times", expected=f"0 to {_MOST_TIMES}")

    @property
    def need_root(self) -> bool:
        """Whether they can only be met with a trusted root."""
        return self.log_entry or self.times > 0 or self.timestamps > 0


STRICT: Final = Demands()
"""A log entry, an SCT and one proven time."""

BARE_KEY: Final = KeyDemands()
"""The signature alone."""
