"""The end of a fork: two events of one number were signed, and an admin says which branch stands.

The branch that the store has stands; the events of the other one are named as abandoned, each of them, since every
reader has to find the newest one that he saw among them. This machine may have seen either branch.

The event is written with a memory of its own, in which only the store's branch was ever seen. Then the log is read as
any other reader of the abandoned branch reads it, so that an end that does not convince anybody is noticed here.
"""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from attest.errors import InputError
from attest.lifecycle import administering
from attest.lifecycle.examining import forked_at
from attest.lifecycle.ledger import Ledger
from attest.lifecycle.rebuilding import index_model

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from attest.lifecycle.examining import Walked
    from attest.lifecycle.log import Log
    from attest.lifecycle.session import Session
    from attest_registry.digest import Digest


class Branches(Struct, frozen=True, kw_only=True):
    """A fork as this machine sees it.

    Args:
        walked: the branch in the store.
        at: the first number of which there are two events; `None` where this machine saw the store's branch alone.
        seen: the events of the other branch that were seen here, in order.
    """

    walked: Walked
    at: int | None
    seen: tuple[Digest, ...]


def branches(session: Session, walked: Walked) -> Branches:
    """Both branches, as far as this machine has seen them.

    Args:
        session: the model.
        walked: its log as the store has it.

    Raises:
        AttestError: the log in the store does not hold by itself; no event could end that.
    """
    if walked.broken is not None:
        raise walked.broken
    at, remembered = forked_at(session, walked), session.place.recall()
    if at is None or remembered is None:
        return Branches(walked=walked, at=None, seen=())
    numbers = range(at, remembered.sequence + 1)
    seen = [digest for number in numbers if (digest := session.place.event_at(number)) is not None]
    return Branches(walked=walked, at=at, seen=tuple(seen))


def abandoned_by(found: Branches, named: Sequence[Digest], *, name: str) -> tuple[Digest, ...]:
    """All events that are abandoned: those that were named, and those around them that were seen here.

    Args:
        found: both branches.
        named: what the admin named.
        name: the model, for messages.

    Raises:
        InputError: one of them stands in the store (`fork-stands`), or none of them is of the branch that was seen
            here (`fork-unknown`).
    """
    standing = {link.digest: link.event.sequence for link in found.walked.links}
    for digest in named:
        if digest in standing:
            raise InputError(
                f"event {standing[digest]} of {name} is in the store, and the branch in the store stands",
                code="fork-stands",
                expected=", ".join(each.short for each in found.seen) or "events that the store does not have",
                found=str(digest),
                hint="to let the other branch stand, have whoever keeps the store put that log back",
            )
    if found.seen and not set(named) & set(found.seen):
        raise InputError(
            f"no event that was seen here of {name} is named",
            code="fork-unknown",
            expected=", ".join(map(str, found.seen)),
            found=", ".join(map(str, named)),
        )
    return tuple(dict.fromkeys((*found.seen, *named)))


def end_fork(session: Session, abandoned: tuple[Digest, ...], *, reason: str) -> Log:
    """Sign the end of a fork, then read the log as everybody else will.

    Args:
        session: the model, with an admin or recovery admin as signer.
        abandoned: the events of the branch that does not stand.
        reason: why.

    Raises:
        IllegalEvent: the signer may not end forks (`role-missing`).
        Conflict: somebody was faster (`log-conflict`).
        LogBroken: the log is still not the one that was seen here: another fork is left.
    """
    with _fresh_memory(session) as apart:
        _bring_over(apart)
        after = administering.resolve_fork(apart, apart.log(), abandoned, reason=reason)
    session.read()
    return after


def _bring_over(apart: Session) -> None:
    """The catalogue may have the branch that does not stand; then it is made again of the one that does."""
    log, head = apart.log(), apart.catalogue.head(apart.name)
    if head is not None and (head[0] > log.sequence or apart.place.event_at(head[0]) != head[1]):
        index_model(apart)


@contextmanager
def _fresh_memory(session: Session) -> Iterator[Session]:
    with tempfile.TemporaryDirectory(prefix="attest-fork-") as folder, Ledger(Path(folder)) as ledger:
        yield replace(session, place=ledger.at(session.place.place))
