"""Unsigned notes: tags and annotations in the catalogue. They are found by searching, and believed by nobody."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING

from attest.errors import InputError
from attest_registry.catalogue.rows import Note

if TYPE_CHECKING:
    from attest.lifecycle.session import Session
    from attest_registry.reference import Reference

_KEY_CHARACTERS = 250
_VALUE_CHARACTERS = 5_000


def note(session: Session, reference: Reference, key: str, value: str) -> None:
    """Write one, in the place of what stood there.

    Args:
        session: the model.
        reference: the version, or the model.
        key: its name.
        value: its text.

    Raises:
        InputError: it is too long (`usage`).
        NotFound: there is no such version.
    """
    if len(key) > _KEY_CHARACTERS or len(value) > _VALUE_CHARACTERS:
        raise InputError(
            "the note is too long",
            code="usage",
            expected=f"a name of at most {_KEY_CHARACTERS} characters, a text of at most {_VALUE_CHARACTERS}",
        )
    session.catalogue.note(
        session.name,
        Note(key=key, value=value, by=_user(), time=session.clock(), number=_number(session, reference)),
    )


def unnote(session: Session, reference: Reference, key: str) -> None:
    """Take one away; nothing happens where there is none."""
    session.catalogue.unnote(session.name, key, _number(session, reference))


def notes(session: Session, reference: Reference) -> tuple[Note, ...]:
    """All of a version, or of a model."""
    return tuple(session.catalogue.notes(session.name, _number(session, reference)))


def _number(session: Session, reference: Reference) -> int | None:
    if not reference.names_version:
        session.log()
        return None
    return session.version(session.log(), reference).number


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
