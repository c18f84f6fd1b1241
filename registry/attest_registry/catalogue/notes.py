"""Unsigned tags and annotations. They live here alone, and nothing that decides reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, delete, insert, select

from attest_registry import limits
from attest_registry.catalogue import model_rows
from attest_registry.catalogue.columns import NAME_BYTES
from attest_registry.catalogue.rows import Note
from attest_registry.catalogue.tables import MODELS, NOTES, VERSIONS
from attest_registry.errors import BadReference, NotFound

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

    from attest_registry.catalogue.database import Database

START_CHARACTERS: Final = 50
"""Characters of a value by which it is found."""

_THIS: Final = (
    NOTES.c.model_id == bindparam("model"),
    NOTES.c.number == bindparam("version"),
    NOTES.c.key == bindparam("name"),
)
_REMOVE: Final = delete(NOTES).where(*_THIS)
_VERSION: Final = select(VERSIONS.c.id).where(
    VERSIONS.c.model_id == bindparam("model"), VERSIONS.c.number == bindparam("version")
)
_LIST: Final = (
    select(NOTES)
    .join(MODELS)
    .where(MODELS.c.name == bindparam("model"), NOTES.c.number == bindparam("version"))
    .order_by(NOTES.c.key)
)


def put(database: Database, model: str, note: Note) -> None:
    """Write a note, or replace the one of the same key.

    Raises:
        BadReference: key or value cannot be one (`bad-note`).
        NotFound: there is no such model or version.
    """
    _check(note)
    with database.writing() as connection:
        row = model_rows.find(connection, model)
        if row is None or not _is_there(connection, row, note.number):
            what = model if note.number is None else f"version {note.number} of {model}"
            raise NotFound(f"the catalogue does not know {what}", looked_in=database.shown)
        place = {"model_id": row.id, "number": note.number or 0, "key": note.key}
        connection.execute(_REMOVE, {"model": row.id, "version": note.number or 0, "name": note.key})
        connection.execute(
            insert(NOTES),
            {
                **place,
                "value": note.value,
                "start": note.value[:START_CHARACTERS],
                "by": note.by,
                "time": note.time,
            },
        )


def remove(database: Database, model: str, key: str, number: int | None) -> bool:
    """Remove a note; whether there was one."""
    with database.writing() as connection:
        row = model_rows.find(connection, model)
        if row is None:
            return False
        done = connection.execute(_REMOVE, {"model": row.id, "version": number or 0, "name": key})
        return bool(done.rowcount)


def find(database: Database, model: str, number: int | None) -> tuple[Note, ...]:
    """The notes of a version, or of the model, by key."""
    with database.reading() as connection:
        rows = connection.execute(_LIST, {"model": model, "version": number or 0}).all()
    return tuple(note_of(row) for row in rows)


def note_of(row: Any) -> Note:
    """The note that a row is."""
    return Note(key=row.key, value=row.value, by=row.by, time=row.time, number=row.number or None)


def _check(note: Note) -> None:
    if not note.key or len(note.key.encode("utf-8", "surrogatepass")) > NAME_BYTES:
        raise _bad(f"a key of 1 to {NAME_BYTES} bytes", f"{len(note.key)} characters")
    if len(note.value.encode("utf-8", "surrogatepass")) > limits.NOTE_BYTES:
        raise _bad(f"at most {limits.NOTE_BYTES:,} bytes", f"{len(note.value):,} characters")
    if any(character == "\0" or "\ud800" <= character <= "\udfff" for character in note.key + note.value):
        raise _bad("text", "characters that no text has")
    if note.number is not None and note.number < 1:
        raise _bad("a version's number from 1 on", str(note.number))


def _is_there(connection: Connection, row: Row[Any], number: int | None) -> bool:
    if number is None:
        return bool(row.head or row.versions)
    return connection.scalar(_VERSION, {"model": row.id, "version": number}) is not None


def _bad(expected: str, found: str) -> BadReference:
    return BadReference("the tag or annotation cannot be kept", code="bad-note", expected=expected, found=found)
