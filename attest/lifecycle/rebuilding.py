"""The catalogue, made again from the stores: logs give the events, evidence gives what is searched for.

Nothing in a catalogue is a source: whatever somebody wrote into it is gone after a rebuild, and a check names it.
Unsigned notes are nowhere else, and are left as they are.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from attest.claims.event import Action
from attest.lifecycle.indexing import rows_of
from attest.lifecycle.version_rows import version_row

if TYPE_CHECKING:
    from attest.lifecycle.log import Log
    from attest.lifecycle.session import Session
    from attest_registry.catalogue.store import Catalogue

_AT_ONCE = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class Rebuilt:
    """What was indexed of one model.

    Args:
        name: its canonical name.
        events: how many events.
        versions: how many versions.
    """

    name: str
    events: int
    versions: int


def index_model(session: Session, *, into: Catalogue | None = None) -> Rebuilt:
    """Read a model's log from its first event, and put everything into a catalogue that knows nothing of it.

    Args:
        session: the model.
        into: the catalogue; the session's own when left out.

    Raises:
        LogBroken: the log does not hold; the catalogue keeps what it had.
        NotFound: the model has no log.
    """
    catalogue = session.catalogue if into is None else into
    log = session.log()
    links = log.walk(now=session.clock())
    rows = [version_row(session, log, link.event) for link in links if link.event.action is Action.REGISTER]
    catalogue.forget(session.name)
    for start in range(0, len(links), _AT_ONCE):
        catalogue.commit(None, session.name, rows_of(links[start : start + _AT_ONCE]), log=log.head.log)
    for start in range(0, len(rows), _AT_ONCE):
        catalogue.put_versions(session.name, rows[start : start + _AT_ONCE])
    return Rebuilt(name=session.name, events=len(links), versions=len(rows))


def index_version(session: Session, log: Log, number: int) -> None:
    """Put one version's facts into the catalogue, as they are now.

    Args:
        session: the model.
        log: its log, after the event that changed something.
        number: which version.
    """
    sequence = session.place.registered_at(number)
    if sequence is not None:
        session.catalogue.put_versions(session.name, [version_row(session, log, log.event_at(sequence))])


def differences(session: Session) -> list[str]:
    """What the catalogue says of a model otherwise than its log and store do; `-` what it lacks, `+` what it adds.

    Raises:
        LogBroken: the log does not hold.
    """
    from attest_registry.catalogue.store import Catalogue  # noqa: PLC0415  # SQLAlchemy

    with tempfile.TemporaryDirectory(prefix="attest-check-") as folder, Catalogue.open(f"{folder}/fresh.db") as fresh:
        index_model(session, into=fresh)
        right, there = list(fresh.dump(model=session.name)), list(session.catalogue.dump(model=session.name))
    kept = set(right) & set(there)
    return [f"- {line}" for line in right if line not in kept] + [f"+ {line}" for line in there if line not in kept]
