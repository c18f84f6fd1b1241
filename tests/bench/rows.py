"""One measurement is one line: what, ours, the peer's, the ratio, its limit, and whether it holds."""

from __future__ import annotations

import statistics
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.bench.running import Run

_FORM = "{:<60} {:>10} {:>10} {:>7} {:>8}  {:<6} {}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """A line of the table, ready to be shown.

    Args:
        what: what was measured.
        ours: our figure with its unit.
        peer: the other's.
        ratio: ours over theirs.
        limit: the most that it may be.
        verdict: ok, over or skipped; empty where there is no limit.
        note: processor seconds, or why it was skipped.
    """

    what: str
    ours: str = ""
    peer: str = ""
    ratio: str = ""
    limit: str = ""
    verdict: str = ""
    note: str = ""

    @classmethod
    def against(cls, what: str, pairs: Sequence[tuple[Run, Run]], *, limit: float | None = None) -> Self:
        """Wall time against a peer's: the median of the ratios of the pairs, so that both saw the same load."""
        ratio = statistics.median(ours.wall / peer.wall for ours, peer in pairs)
        own, other = (statistics.median(run.cpu for run in runs) for runs in zip(*pairs, strict=True))
        return cls(
            what=what,
            ours=_time(statistics.median(ours.wall for ours, _ in pairs)),
            peer=_time(statistics.median(peer.wall for _, peer in pairs)),
            ratio=f"{ratio:.2f}x",
            limit="" if limit is None else f"{limit:.2f}x",
            verdict="" if limit is None else _verdict(holds=round(ratio, 2) <= limit),  # as it is shown
            note=f"processor {_time(own)} against {_time(other)}, {_quality(pairs)}",
        )

    @classmethod
    def within(cls, what: str, pairs: Sequence[tuple[Run, Run]], *, limit: float) -> Self:
        """Wall time against a limit in seconds, with a peer to compare by."""
        compared = cls.against(what, pairs)
        holds = statistics.median(ours.wall for ours, _ in pairs) <= limit
        return cls(
            what=what,
            ours=compared.ours,
            peer=compared.peer,
            ratio=compared.ratio,
            limit=_time(limit),
            verdict=_verdict(holds=holds),
            note=compared.note,
        )

    @classmethod
    def memory(cls, what: str, pairs: Sequence[tuple[Run, Run]], *, limit: int) -> Self:
        """Peak resident memory, the highest of all runs, against a limit in bytes."""
        ours, peer = (max(run.peak for run in runs) for runs in zip(*pairs, strict=True))
        return cls(
            what=what,
            ours=f"{ours / 1e6:.0f} MB",
            peer=f"{peer / 1e6:.0f} MB",
            ratio=f"{ours / peer:.2f}x",
            limit=f"{limit / 1e6:.0f} MB",
            verdict=_verdict(holds=ours <= limit),
        )

    @classmethod
    def skipped(cls, what: str, why: str) -> Self:
        """A measurement that cannot be made here."""
        return cls(what=what, verdict="skip", note=why)


def show(row: Row) -> None:
    """Print a line as soon as it is known."""
    line = _FORM.format(row.what, row.ours, row.peer, row.ratio, row.limit, row.verdict, row.note)
    sys.stdout.write(line.rstrip() + "\n")
    sys.stdout.flush()


HEAD = Row(what="what", ours="ours", peer="peer", ratio="ratio", limit="limit")


def _quality(pairs: Sequence[tuple[Run, Run]]) -> str:
    """How many pairs, and how many cores other programs took from them."""
    others = statistics.median(run.others for pair in pairs for run in pair)
    return f"{len(pairs)} pairs, others {others:.1f} cores"


def _verdict(*, holds: bool) -> str:
    return "ok" if holds else "OVER"


def _time(seconds: float) -> str:
    return f"{seconds * 1e3:.{1 if seconds < 0.1 else 0}f} ms" if seconds < 1 else f"{seconds:.2f} s"
