"""What this machine remembers of logs that it has verified: how far, and what their events said.

A reader who remembers nothing can be shown an old head, or another branch (docs/threats.md rows 3, 60, 62); one who
remembers everything in the event itself would carry the number of versions with each event. So the newest verified
event of each log is kept with the few facts that later events are held against, in one SQLite file below
`$ATTEST_STATE`. It is as trusted as the keys of whoever runs this; it is no cache, and nothing in a store can fill it.
"""

from __future__ import annotations

import json
import sqlite3
import weakref
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from attest.claims.approval import Reviewed
from attest.claims.event import Action, Versioned
from attest.claims.log_state import State
from attest.claims.signer_name import SignerName
from attest.errors import AttestError, InputError, LogBroken
from attest.lifecycle.ledger_schema import VERSION, prepared
from attest.lifecycle.remembered import Remembered as Remembered  # noqa: PLC0414  # part of what is asked here
from attest.lifecycle.remembered import Verified as Verified  # noqa: PLC0414
from attest_registry.digest import Digest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path
    from typing import Self

T = TypeVar("T")

_BUSY_SECONDS: Final = 30.0
_MOVES: Final = frozenset({Action.PROMOTE, Action.ROLLBACK, Action.DEMOTE})
_TABLES: Final = ("events", "versions", "moves", "records", "gates", "logs")


class Ledger:
    """The memory of one machine.

    Args:
        folder: below the state folder; `None` for a memory that ends with the process.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._connection: sqlite3.Connection | None = None

    def at(self, place: str) -> Place:
        """What is remembered of the log at one place."""
        return Place(ledger=self, place=place)

    def close(self) -> None:
        """Let go of the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def ask(self, query: str, values: Sequence[object]) -> list[tuple[Any, ...]]:
        """What one query finds: a single statement sees one moment without a transaction around it.

        Raises:
            InputError: the memory cannot be used (`log-memory`).
        """
        try:
            return (self._connection or self._open()).execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise self._unusable(str(error)) from error
        except OSError as error:
            raise self._unusable(error.strerror or "unknown reason") from error

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """The database, in one transaction that others wait for.

        Raises:
            InputError: it cannot be used (`log-memory`).
        """
        try:
            connection = self._connection or self._open()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                with suppress(sqlite3.Error):  # a damaged file may have ended it already
                    connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise self._unusable(str(error)) from error
        except OSError as error:
            raise self._unusable(error.strerror or "unknown reason") from error

    def _open(self) -> sqlite3.Connection:
        where = ":memory:"
        if self._folder is not None:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            where = str(self._folder / "logs.sqlite")
        connection = sqlite3.connect(where, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            version = prepared(connection)
        except BaseException:
            connection.close()
            raise
        if version != VERSION:
            connection.close()
            raise self._unusable(f"it is of version {version}, and this attest knows {VERSION}")
        self._connection = connection
        weakref.finalize(self, connection.close)  # a log that was read is let go of, and its memory with it
        return connection

    def _unusable(self, why: str) -> InputError:
        return InputError(
            f"what is remembered of logs cannot be used at {self._folder}: {why.lower()[:200]}",
            code="log-memory",
            expected="a state folder that can be read and written ($ATTEST_STATE)",
        )


class Place(Struct, frozen=True, kw_only=True):
    """What is remembered of one log.

    Args:
        ledger: the memory.
        place: which log, by where it was found.
        until: the number of the last event that counts; what later ones said is left out.
    """

    ledger: Ledger
    place: str
    until: int = 2**53

    def recall(self) -> Remembered | None:
        """The newest event that was verified; `None` at the first use.

        Raises:
            InputError: the memory cannot be used.
        """
        found = self._read(
            "SELECT log, sequence, head, bundle, time, model, environment, state FROM logs WHERE place=?",
            of=lambda row: Remembered(
                log=Digest.parse(row[0]),
                model=row[5],
                environment=row[6],
                sequence=row[1],
                head=Digest.parse(row[2]),
                bundle=Digest.parse(row[3]),
                time=datetime.fromisoformat(row[4]),
                state=State.parse(json.loads(row[7])),
            ),
        )
        return found[0] if found else None

    def keep(self, verified: Sequence[Verified], *, abandoned: int | None = None) -> None:
        """Remember events, in order, unless they are remembered already.

        Args:
            verified: the events.
            abandoned: the first number of a branch that an event in `verified` ends; what was remembered from there
                on is forgotten.

        Raises:
            LogBroken: another process has remembered another event of one of these numbers (`log-fork`).
            InputError: the memory cannot be used.
        """
        if not verified:
            return
        with self.ledger.writing() as connection:
            if abandoned is not None:
                self._forget_from(connection, abandoned)
            newest = connection.execute("SELECT sequence FROM logs WHERE place=?", (self.place,)).fetchone()
            self._check_whole(verified[0], known=0 if newest is None else newest[0])
            for each in verified:
                if newest is not None and each.event.sequence <= newest[0]:
                    self._compare(connection, each)
                else:
                    self._insert(connection, each)
            if newest is None or verified[-1].event.sequence > newest[0]:
                self._advance(connection, verified)

    def _check_whole(self, first: Verified, *, known: int) -> None:
        """Somebody may have had this machine forget the log while it was read from what was remembered on."""
        if first.event.sequence > known + 1:
            raise InputError(
                f"what is remembered of the log at {self.place} was taken away while the log was read",
                code="log-memory",
                expected=f"event {first.event.sequence - 1} to be remembered",
                found=f"event {known}" if known else "nothing",
                hint="run the same command again",
            )

    def _forget_from(self, connection: sqlite3.Connection, sequence: int) -> None:
        for table in ("events", "versions", "moves", "records"):
            connection.execute(f"DELETE FROM {table} WHERE place=? AND sequence>=?", (self.place, sequence))  # noqa: S608
        connection.execute("UPDATE logs SET sequence=? WHERE place=?", (sequence - 1, self.place))

    def _compare(self, connection: sqlite3.Connection, each: Verified) -> None:
        sequence = each.event.sequence
        row = connection.execute(
            "SELECT event FROM events WHERE place=? AND sequence=?", (self.place, sequence)
        ).fetchone()
        if row is None or row[0] != str(each.digest):
            raise LogBroken(
                f"event {sequence} of {each.event.model} is another one than was seen before",
                code="log-fork",
                expected=row[0] if row else "none",
                found=str(each.digest),
            )

    def _insert(self, connection: sqlite3.Connection, each: Verified) -> None:
        event, place = each.event, self.place
        version = event.version
        connection.execute("INSERT INTO events VALUES (?,?,?)", (place, event.sequence, str(each.digest)))
        if event.action is Action.REGISTER:
            connection.execute(
                "INSERT INTO versions VALUES (?,?,?,?,?)",
                (place, version.number, str(version.manifest), version.label, event.sequence),
            )
        if event.target.alias is not None and event.action in _MOVES:
            number = None if event.action is Action.DEMOTE else version.number
            connection.execute(
                "INSERT INTO moves VALUES (?,?,?,?,?)",
                (place, event.target.alias, event.sequence, number, event.time.isoformat()),
            )
        for claim in event.claims:
            connection.execute(
                "INSERT OR IGNORE INTO records VALUES (?,?,?,?,?)",
                (place, str(version.manifest), str(claim.claim), _written(claim.signer), event.sequence),
            )

    def _advance(self, connection: sqlite3.Connection, verified: Sequence[Verified]) -> None:
        last = verified[-1]
        event = last.event
        first = connection.execute("SELECT event FROM events WHERE place=? AND sequence=1", (self.place,)).fetchone()
        connection.execute(
            "INSERT OR REPLACE INTO logs VALUES (?,?,?,?,?,?,?,?,?)",
            (
                self.place,
                first[0] if first else str(event.log),
                event.sequence,
                str(last.digest),
                str(last.bundle),
                event.time.isoformat(),
                event.model,
                event.environment,
                json.dumps(event.state.to_json(), separators=(",", ":")),
            ),
        )

    def forget(self) -> None:
        """Remember nothing of this log any more: the next read is a first use."""
        with self.ledger.writing() as connection:
            for table in _TABLES:
                connection.execute(f"DELETE FROM {table} WHERE place=?", (self.place,))  # noqa: S608

    def event_at(self, sequence: int) -> Digest | None:
        """The event of a number, as it was seen."""
        found = self._read("SELECT event FROM events WHERE place=? AND sequence=?", sequence, of=_digest)
        return found[0] if found else None

    def registered(self, number: int) -> Versioned | None:
        """The version of a number; `None` where none was registered."""
        found = self._read(
            "SELECT manifest, label FROM versions WHERE place=? AND number=? AND sequence<=?",
            number,
            self.until,
            of=lambda row: Versioned(number=number, manifest=_digest(row), label=row[1]),
        )
        return found[0] if found else None

    def registered_at(self, number: int) -> int | None:
        """The number of the event that registered a version."""
        query = "SELECT sequence FROM versions WHERE place=? AND number=? AND sequence<=?"
        found = self._read(query, number, self.until, of=_number)
        return found[0] if found else None

    def number_of(self, label: str) -> int | None:
        """The number that a label was registered for."""
        found = self._read(
            "SELECT number FROM versions WHERE place=? AND label=? AND sequence<=?", label, self.until, of=_number
        )
        return found[0] if found else None

    def numbers_for(self, manifest: Digest) -> tuple[int, ...]:
        """Every number under which a manifest was registered, the newest last."""
        query = (  # left to itself, SQLite walks through all versions in the order that is asked for
            "SELECT number FROM versions INDEXED BY manifests WHERE place=? AND manifest=? AND sequence<=? ORDER BY 1"
        )
        return tuple(self._read(query, str(manifest), self.until, of=_number))

    def number_for(self, manifest: Digest) -> int | None:
        """The newest number under which a manifest was registered."""
        return max(self.numbers_for(manifest), default=None)

    def holders(self, alias: str) -> tuple[int, ...]:
        """The numbers of the versions that an alias has pointed at, each once, the latest last."""
        query = (
            "SELECT number FROM moves WHERE place=? AND alias=? AND sequence<=? AND number IS NOT NULL"
            " GROUP BY number ORDER BY max(sequence)"
        )
        return tuple(self._read(query, alias, self.until, of=_number))

    def promoted(self, alias: str) -> int | None:
        """The number of the event by which the alias got its present holder."""
        query = "SELECT max(sequence) FROM moves WHERE place=? AND alias=? AND number IS NOT NULL"
        return self._newest(query, alias)

    def moved_before(self, alias: str, time: datetime) -> int | None:
        """The number of the last event at or before a time that moved an alias, or took it away."""
        query = "SELECT max(sequence) FROM moves WHERE place=? AND alias=? AND time<=?"
        return self._newest(query, alias, time.astimezone(UTC).isoformat())

    def aliases(self) -> tuple[str, ...]:
        """Every alias that there ever was."""
        query = "SELECT DISTINCT alias FROM moves WHERE place=? ORDER BY alias"
        return tuple(self._read(query, of=lambda row: str(row[0])))

    def came_to(self, alias: str, number: int) -> tuple[int, ...]:
        """The numbers of the events by which an alias got a version, the latest first."""
        query = "SELECT sequence FROM moves WHERE place=? AND alias=? AND number=? AND sequence<=? ORDER BY 1 DESC"
        return tuple(self._read(query, alias, number, self.until, of=_number))

    def recorded(self, manifest: Digest) -> tuple[Reviewed, ...]:
        """The claims about a version that were recorded in the log, so that none of them may be missing."""
        query = (
            "SELECT claim, signer FROM records WHERE place=? AND manifest=? AND sequence<=? ORDER BY sequence, claim"
        )
        return tuple(
            self._read(
                query,
                str(manifest),
                self.until,
                of=lambda row: Reviewed(claim=_digest(row), signer=SignerName.parse(json.loads(row[1]))),
            )
        )

    def recorded_before(self, manifest: Digest, sequence: int) -> tuple[Reviewed, ...]:
        """Those that were recorded before an event."""
        return replace(self, until=min(self.until, sequence - 1)).recorded(manifest)

    def gate_held(self, event: Digest) -> bool:
        """Whether the gate of an event was evaluated again here, and held."""
        return bool(self._read("SELECT 1 FROM gates WHERE place=? AND event=?", str(event), of=_number))

    def keep_gate(self, event: Digest) -> None:
        """Remember that it held: what it rests on is named by digest and cannot change."""
        with self.ledger.writing() as connection:
            connection.execute("INSERT OR IGNORE INTO gates VALUES (?,?)", (self.place, str(event)))

    def _newest(self, query: str, *values: object) -> int | None:
        """The one number that a query for the largest one gives; `None` where there is none at all."""
        found = self._read(query, *values, of=lambda row: None if row[0] is None else int(row[0]))
        return found[0] if found else None

    def _read(self, query: str, *values: object, of: Callable[[tuple[Any, ...]], T]) -> list[T]:
        rows = self.ledger.ask(query, (self.place, *values))
        try:
            return [of(row) for row in rows]
        except (AttestError, ValueError, TypeError) as error:  # a damaged memory blames nobody's reference or claim
            raise InputError(
                f"what is remembered of the log at {self.place} cannot be read",
                code="log-memory",
                expected="what was kept there",
                found=str(error)[:200],
            ) from error


def _digest(row: tuple[Any, ...]) -> Digest:
    return Digest.parse(row[0])


def _number(row: tuple[Any, ...]) -> int:
    return int(row[0])


def _written(signer: SignerName) -> str:
    return json.dumps(signer.to_json(), separators=(",", ":"), sort_keys=True)
