"""The newest issue of a revocation feed, and what this machine remembers of earlier ones.

What is remembered is the highest number that was ever gone by, for each place: who serves an older issue again is
noticed.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct
from msgspec.structs import replace

from attest.errors import AttestError, EvidenceMissing, InputError
from attest.feed_places import FeedFile, FeedTag, key_of_file
from attest.policy import denials
from attest.policy.feed import GivenFeed, Remembered, judge_feed
from attest.policy.verdict import Status
from attest.verify.feed import verify_feed
from attest_registry.digest import Digest, written_whole
from attest_registry.oci.layout_files import locked
from attest_registry.reference import Reference
from attest_registry.strict_json import parse_object, to_compact_json

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from attest.evidence.evidence import Evidence
    from attest.feed_places import FeedPlace
    from attest.policy.requirements import FeedDemand, Policy
    from attest_registry.oci.content import Repository

_SCHEMA: Final = "attest/revocations-seen/v1"
_MOST_BYTES: Final = 4096


class FeedMemory(Struct, frozen=True, kw_only=True):
    """What is remembered of feeds.

    Args:
        folder: below the state folder.
    """

    folder: Path

    def recall(self, place: str) -> Remembered | None:
        """The newest issue gone by so far.

        Raises:
            InputError: there is a note, and it cannot be read (`revocations-memory`).
        """
        note = self._note(place)
        try:
            with note.open("rb") as file:
                said: dict[str, Any] = parse_object(file.read(_MOST_BYTES + 1), what="the note", limit=_MOST_BYTES)
            if said["schema"] != _SCHEMA or said["place"] != place or type(said["sequence"]) is not int:
                raise _unusable(note, "it holds something else")
            return Remembered(sequence=said["sequence"], digest=Digest.parse(said["digest"]))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise _unusable(note, error.strerror or "unknown reason") from error
        except (KeyError, TypeError) as error:
            raise _unusable(note, "it holds something else") from error
        except InputError:
            raise
        except AttestError as error:
            raise _unusable(note, error.message) from error

    def keep(self, place: str, seen: Remembered) -> None:
        """Remember an issue, unless a newer one was remembered meanwhile.

        Raises:
            InputError: the note cannot be written (`revocations-memory`).
        """
        note = self._note(place)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with locked(self.folder / "lock"):  # two at once must not leave the older issue remembered
                known = self.recall(place)
                if known is not None and known.sequence >= seen.sequence:
                    return
                said = {"schema": _SCHEMA, "place": place, "sequence": seen.sequence, "digest": str(seen.digest)}
                with written_whole(note) as write:
                    write(to_compact_json(said))
        except OSError as error:
            raise _unusable(note, error.strerror or "unknown reason") from error
        except InputError:
            raise
        except AttestError as error:
            raise _unusable(note, error.message) from error

    def _note(self, place: str) -> Path:
        return self.folder / f"{Digest.of(place.encode()).hex}.json"


def _unusable(note: Path, why: str) -> InputError:
    return InputError(
        f"what is remembered of the revocation feed cannot be kept at {note}: {why.lower()}",
        code="revocations-memory",
        expected="a state folder that can be read and written ($ATTEST_STATE), or min-sequence in the policy",
    )


def given_feed(
    policy: Policy,
    demand: FeedDemand,
    *,
    repository_of: Callable[[Reference], Repository],
    memory: FeedMemory | None,
    now: datetime,
) -> GivenFeed:
    """Fetch and verify the feed of a policy, and remember it where it may be gone by.

    Args:
        policy: whose feed it is.
        demand: by whom it has to be, and where it is.
        repository_of: opens the store of a reference.
        memory: what this machine remembers; `None` where it remembers nothing.
        now: the time.

    Raises:
        InputError: the memory cannot be used, and the policy names no `min-sequence` (`revocations-memory`).
    """
    place = Reference.parse(demand.ref).name if demand.ref else key_of_file(demand.file or "")
    given = GivenFeed(place=demand.ref or demand.file or "", remembered=_recall(memory, place, demand))
    try:
        evidence = _newest(_place(demand, repository_of))
        given = replace(given, fact=verify_feed(evidence, policy.keys))
    except AttestError as error:
        return replace(given, error=error)
    own = denials.in_force([(policy.name, policy.deny)], now=now)
    if memory is not None and given.own is not None:
        finding = judge_feed(policy, demand, given, now=now, denials=own)
        if finding.status is Status.PASSED:
            _keep(memory, place, given.own, demand)
    return given


def _recall(memory: FeedMemory | None, place: str, demand: FeedDemand) -> Remembered | None:
    try:
        return None if memory is None else memory.recall(place)
    except InputError:
        if demand.min_sequence is None:
            raise
        return None


def _keep(memory: FeedMemory, place: str, seen: Remembered, demand: FeedDemand) -> None:
    try:
        memory.keep(place, seen)
    except InputError:
        if demand.min_sequence is None:
            raise


def _place(demand: FeedDemand, repository_of: Callable[[Reference], Repository]) -> FeedPlace:
    if demand.ref is None:
        return FeedFile(path=Path(demand.file or ""))
    reference = Reference.parse(demand.ref)
    return FeedTag(reference=reference, repository=repository_of(reference))


def _newest(place: FeedPlace) -> Evidence:
    standing = place.find()
    if standing is None:
        raise EvidenceMissing("there is nothing", code="revocations-missing")
    return standing.evidence
