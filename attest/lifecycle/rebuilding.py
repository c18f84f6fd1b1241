"""The catalogue, made again from the stores: logs give the events, evidence gives what is searched for.

Nothing in a catalogue is a source: whatever somebody wrote into it is gone after a rebuild, and a check names it.
Unsigned notes are nowhere else, and are left as they are.
"""

from __future__ import annotations

import json
import tempfile
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from attest.claims.event import Action
from attest.lifecycle.indexing import rows_of
from attest.lifecycle.version_rows import version_row
from attest_registry.strict_json import to_compact_json

if TYPE_CHECKING:
    from attest.lifecycle.log import Log
    from attest.lifecycle.session import Session
    from attest_registry.catalogue.store import Catalogue


class Rebuilt(Struct, frozen=True, kw_only=True):
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
    """Read a model's log from its first event, and put everything in the place of what a catalogue says of it.

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
    catalogue.replace(session.name, rows_of(links), rows, log=log.head.log)
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
        session.catalogue.put_versions(session.name, [version_row(session, log, log.event(sequence))])


class Difference(Struct, frozen=True, kw_only=True):
    """Something that the catalogue says otherwise than log and store do.

    Args:
        what: the row: `version 2`, `alias production`.
        field: the part of it that differs; empty where the whole row is too many or missing.
        expected: what it should be; `None` where the row should not be there.
        found: what is there; `None` where the row is missing.
    """

    what: str
    field: str
    expected: str | None
    found: str | None

    def __str__(self) -> str:
        if self.expected is None or self.found is None:
            return f"{self.what} is {'missing' if self.found is None else 'not in the log'}"
        return f"{self.what}: {self.field} is {self.found}, should be {self.expected}"


def differences(session: Session) -> list[Difference]:
    """Compare the catalogue with a fresh one, row by row.

    Raises:
        LogBroken: the log does not hold.
    """
    from attest_registry.catalogue.store import Catalogue  # noqa: PLC0415  # SQLAlchemy

    with tempfile.TemporaryDirectory(prefix="attest-check-") as folder, Catalogue.open(f"{folder}/fresh.db") as fresh:
        index_model(session, into=fresh)
        right, there = _rows(fresh, session.name), _rows(session.catalogue, session.name)
    found: list[Difference] = []
    for what in sorted(right.keys() | there.keys()):
        expected, actual = right.get(what), there.get(what)
        if expected is None or actual is None:
            whole = "" if expected is None else "there", "" if actual is None else "there"
            found.append(Difference(what=what, field="", expected=whole[0] or None, found=whole[1] or None))
            continue
        found += [
            Difference(
                what=what,
                field=name,
                expected=to_compact_json(expected.get(name)).decode(),
                found=to_compact_json(actual.get(name)).decode(),
            )
            for name in sorted(expected.keys() | actual.keys())
            if expected.get(name) != actual.get(name)
        ]
    return found


def _rows(catalogue: Catalogue, name: str) -> dict[str, dict[str, Any]]:
    """`version 2` → its values."""
    found = {}
    for line in catalogue.dump(model=name):
        _, kind, key, text = line.split("\t", 3)
        words = [word.lstrip("0") if word.isdecimal() else word for word in key.split()]
        found[" ".join([kind, *words])] = json.loads(text)
    return found
