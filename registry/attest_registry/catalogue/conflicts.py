"""Conflicts between what a writer knows of a log and what the catalogue knows, in words for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from attest_registry.catalogue.failures import REBUILD
from attest_registry.catalogue.tables import EVENTS
from attest_registry.errors import Conflict

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

    from attest_registry.digest import Digest

_LOOK: Final = "attest history {} --limit 2        shows what was done"
_DONE: Final = {
    "register": "registered",
    "record": "recorded claims on",
    "promote": "promoted",
    "demote": "demoted",
    "rollback": "rolled back to",
    "archive": "archived",
    "revoke": "revoked",
    "bind-policy": "bound a policy",
    "grant": "changed a role",
    "resolve-fork": "resolved a fork",
    "delete": "closed the model",
}


def moved(connection: Connection, model: Row[Any], *, known: int) -> Conflict:
    """Somebody else wrote to the log since the writer read it."""
    return Conflict(
        f"{model.name} moved in the meantime",
        code="log-conflict",
        expected=f"event {known} to be the last" if known else "no event",
        found=_described(connection, model),
        hint=_LOOK.format(model.name),
    )


def behind(model: Row[Any], *, known: int) -> Conflict:
    """The writer knows more of the log than the catalogue does."""
    return Conflict(
        f"the catalogue does not know all events of {model.name}",
        code="catalogue-behind",
        expected=f"event {known} to be the last",
        found=f"event {model.head}" if model.head else "no event",
        hint=REBUILD,
    )


def forked(model: Row[Any], *, sequence: int, ours: Digest | None, theirs: Digest | None) -> Conflict:
    """Two logs go by the model's name."""
    return Conflict(
        f"event {sequence} of {model.name} is another one in the catalogue",
        code="catalogue-fork",
        expected=str(theirs or "none"),
        found=str(ours or "none"),
        hint=REBUILD,
    )


def reserved(model: str, holder: str) -> Conflict:
    """Somebody else is writing, and took longer than the writer wanted to wait."""
    return Conflict(
        f"somebody else is writing to {model}",
        code="log-reserved",
        expected="no reservation",
        found=f"held by {holder[:120]}",
        hint=_LOOK.format(model),
    )


def lost(model: str) -> Conflict:
    """The writer took so long that its reservation ran out and went to somebody else."""
    return Conflict(
        f"the reservation for the next event of {model} ran out and was given to somebody else",
        code="log-conflict",
        expected="to be done before it ran out",
        hint=_LOOK.format(model),
    )


def unknown_version(model: str, *, sequence: int, number: int) -> Conflict:
    """An event leads to a version that was never registered here."""
    return Conflict(
        f"event {sequence} of {model} names version {number}, which the catalogue does not know",
        code="catalogue-version-unknown",
        hint=REBUILD,
    )


def other_version(model: str, *, number: int, known: Digest, told: Digest) -> Conflict:
    """A number that stands for one manifest cannot come to stand for another."""
    return Conflict(
        f"version {number} of {model} has another manifest in the catalogue",
        code="catalogue-version-differs",
        expected=str(known),
        found=str(told),
        hint=REBUILD,
    )


def _described(connection: Connection, model: Row[Any]) -> str:
    if not model.head:
        return "no event"
    event = connection.execute(
        select(EVENTS).where(EVENTS.c.model_id == model.id, EVENTS.c.sequence == model.head)
    ).one()
    words = [event.by[:120], _DONE.get(event.action, event.action[:40])]
    if event.number is not None:
        words.append(str(event.number))
    target = event.alias or event.stage
    if target:
        words += ["from" if event.action in {"demote", "archive"} else "to", target]
    return f"event {model.head}: {' '.join(words)}"
