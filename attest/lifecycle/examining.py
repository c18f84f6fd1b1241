"""A log looked at whole, from its first event on, whatever this machine remembers of it: what holds, and what does not.

chain       each event is signed by whom it names, of this model, follows the one before, at a time that can be, by
            somebody who had the role, and leaves the state that follows (`chain.py`)
gates       of everything that is in force: asked again over the claims that the events name
claims      every one that was recorded is in the store
memory      what this machine saw of the log before stands where it stood
catalogue   it says the same; nobody has to believe it, and writers take turns by it
admins      are those whom the operator named
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from attest.claims.event import Action
from attest.errors import Incident, Refusal
from attest.lifecycle.chain import Chain, Expected
from attest.lifecycle.gates import Gatekeeper
from attest.lifecycle.log import bundle_of
from attest.lifecycle.log_store import LogStore
from attest_registry.errors import ContentMismatch, NotFound

if TYPE_CHECKING:
    from attest.claims.approval import Reviewed
    from attest.claims.log_state import State
    from attest.errors import AttestError
    from attest.lifecycle.chain import Link
    from attest.lifecycle.log_store import Segment
    from attest.lifecycle.session import Session
    from attest_registry.digest import Digest


class Walked(Struct, frozen=True, kw_only=True):
    """A log as far as it holds.

    Args:
        links: the events that hold, from the first.
        segment: the newest segment in the store.
        broken: why the next event does not hold; `None` where all of them do.
    """

    links: tuple[Link, ...]
    segment: Segment
    broken: AttestError | None

    @property
    def last(self) -> int:
        """The number of the newest event that holds; 0 where none does."""
        return len(self.links)

    @property
    def state(self) -> State:
        """What everything means after it."""
        return self.links[-1].event.state

    def digest(self, sequence: int) -> Digest:
        """Of the words of an event that holds."""
        return self.links[sequence - 1].digest

    def recorded_before(self, manifest: Digest, sequence: int) -> tuple[Reviewed, ...]:
        """The claims about a version that were recorded before an event."""
        events = [link.event for link in self.links[: sequence - 1] if link.event.version.manifest == manifest]
        return tuple(dict.fromkeys(claim for event in events for claim in event.claims))


def walk_whole(session: Session) -> Walked:
    """Verify a log from its first event, with no use of what is remembered.

    Args:
        session: the model.

    Raises:
        NotFound: it has none (`log-unknown`).
        StoreError: the store could not be asked.
        NoTrust: an event is signed with a login, and no root is pinned.
    """
    store = LogStore(repository=session.repository)
    segment = store.newest()
    if segment is None:
        raise NotFound(
            f"{session.reference.name} has no log",
            code="log-unknown",
            hint=f"attest register {session.reference.name}     registers what was pushed before",
        )
    chain = Chain(
        expected=Expected(model=session.reference.model),
        now=session.clock(),
        signatory_of=lambda who: session.keyring.signatory_of(who, found=segment.key),
    )
    broken = None
    try:
        for sequence in range(1, segment.last + 1):
            chain.take(bundle_of(store, segment, sequence))
    except (Incident, Refusal, ContentMismatch) as error:
        broken = error
    return Walked(links=tuple(chain.links), segment=segment, broken=broken)


def keeper_of(session: Session, walked: Walked) -> Gatekeeper:
    """The gate of the model's aliases, with the keys that lie beside the log."""
    return Gatekeeper(
        reference=session.reference,
        repository=session.repository,
        keyring=session.keyring,
        found=walked.segment.key,
        surroundings=session.surroundings,
        recorded=walked.recorded_before,
    )


def in_force(walked: Walked) -> list[tuple[str, Link]]:
    """What aliases and stages rest on: each with the promotion that let its version pass, also after a rollback."""
    promoted: dict[tuple[str, int], Link] = {}
    staged: dict[tuple[str, int], Link] = {}
    for link in walked.links:
        event, target = link.event, link.event.target
        if event.action is Action.PROMOTE and target.alias is not None:
            promoted[target.alias, event.version.number] = link
        elif event.action is Action.PROMOTE and target.stage is not None:
            staged[target.stage.value, event.version.number] = link
    state = walked.state
    held = [(f"@{alias}", promoted[alias, holder.number]) for alias, holder in sorted(state.aliases.items())]
    in_stage = [
        (f"stage {stage}", link)
        for (stage, number), link in sorted(staged.items())
        if number in state.stages.get(stage, ())
    ]
    return held + in_stage


def forked_at(session: Session, walked: Walked) -> int | None:
    """The first event that is another one than was seen here; `None` where everything stands where it stood."""
    for link in walked.links:
        seen = session.place.event_at(link.event.sequence)
        if seen is not None and not seen.matches(link.digest):
            return link.event.sequence
    return None
