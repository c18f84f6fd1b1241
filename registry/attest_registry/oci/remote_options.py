"""How a remote store is to be reached. Kept apart from `remote`, so that saying it does not import an HTTP client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from attest_registry import limits

if TYPE_CHECKING:
    from pathlib import Path


class Timing(Struct, frozen=True, kw_only=True):
    """How long a remote store may take.

    Args:
        connect: seconds to reach the host.
        idle: seconds without a byte after which a transfer is dead, and for one small document as a whole.
        tries: attempts for one request that may be repeated.
        budget: seconds spent on repeating one request, waits that the store asks for included.
        pause: seconds of the first wait between attempts; each later one may be twice as long.
    """

    connect: float = limits.CONNECT_SECONDS
    idle: float = limits.IDLE_SECONDS
    tries: int = limits.TRIES
    budget: float = limits.RETRY_SECONDS
    pause: float = 0.5


DEFAULT_TIMING: Final = Timing()


class RemoteOptions(Struct, frozen=True, kw_only=True):
    """How a remote store is to be reached.

    Args:
        plain_http: speak HTTP without TLS. Loopback hosts get that without being asked, unless an authority is named.
        ca_file: certificate authorities to trust instead of the usual ones, in PEM.
        offline: reach nothing; every attempt is an error that names the address.
        timing: how long it may take.
    """

    plain_http: bool = False
    ca_file: Path | None = None
    offline: bool = False
    timing: Timing = DEFAULT_TIMING


DEFAULT_OPTIONS: Final = RemoteOptions()
