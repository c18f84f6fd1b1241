"""Who else saw a signature: timestamp authorities and the transparency log, and the times that they prove."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attest.errors import EvidenceMissing
from attest.verify import log_entry

if TYPE_CHECKING:
    from collections.abc import Iterable

    from attest.trust.roots import TrustedRoot
    from attest.verify.proven import Logged, ProvenTime
    from attest.verify.sigstore_bundle import SigstoreBundle


def check_witnesses(bundle: SigstoreBundle, *, root: TrustedRoot) -> tuple[tuple[ProvenTime, ...], Logged | None]:
    """The times that the bundle's witnesses prove, earliest first, and where it was made public.

    Everything that the bundle brings has to hold. What the log entry is about is checked later, by `log_body`.

    Raises:
        ProofInvalid: a timestamp, promise, inclusion proof or checkpoint does not hold.
        SignerNotTrusted: a witness that the root does not name.
        OutsideWindow: a witness that did not count at its own time.
    """
    times: list[ProvenTime] = []
    if bundle.timestamps:
        from attest.verify.timestamps import check_timestamps  # noqa: PLC0415  # ASN.1 only where a bundle has some

        times.extend(check_timestamps(bundle.timestamps, signature=bundle.signature, root=root))
    logged = None
    if bundle.log_entry is not None:
        logs = log_entry.find_log(bundle.log_entry, root=root)
        logged = log_entry.check_inclusion(bundle.log_entry, logs[0])
        promised = log_entry.check_promise(bundle.log_entry, logs[0])
        times.extend([promised] if promised is not None else [])
        log_entry.check_window(logs, times)
    return tuple(sorted(times, key=lambda time: (time.moment, time.witness))), logged


def count_witnesses(bundle: SigstoreBundle) -> int:
    """How many log entries and timestamps the bundle brings; for whoever cannot check them and has to say so."""
    return len(bundle.timestamps) + (bundle.log_entry is not None)


def count_times(times: Iterable[ProvenTime]) -> int:
    """How many witnesses say when; one who says it twice, at two moments, is one."""
    return len({(time.source, time.witness) for time in times})


def demand_log_entry(bundle: SigstoreBundle) -> None:
    """Return only if there is one.

    Raises:
        EvidenceMissing: `log-entry-missing`.
    """
    if bundle.log_entry is None:
        raise EvidenceMissing(
            "the bundle has no transparency log entry", code="log-entry-missing", expected="exactly 1"
        )


def demand_times(found: int, wanted: int, *, of: str, unchecked: int = 0) -> None:
    """Return only if there are enough.

    Args:
        found: how many are proven.
        wanted: how many have to be.
        of: by whom, for the message.
        unchecked: how many witnesses there were that nothing was there to check against.

    Raises:
        EvidenceMissing: `time-missing`.
    """
    if found < wanted:
        raise EvidenceMissing(
            "too few witnesses say when the bundle was signed",
            code="time-missing",
            expected=f"{wanted} by {of}",
            found=f"{found}; {unchecked} not checked, because no trusted root is named" if unchecked else str(found),
            hint="name the trusted root of whoever logged or stamped it: trust: {root: trusted_root.json}"
            if unchecked
            else None,
        )
