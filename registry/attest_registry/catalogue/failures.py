"""What a database says, in our words: one place that knows the errors of SQLite and PostgreSQL.

A database that is gone, full or read-only is never read as "there is nothing".
"""

from __future__ import annotations

import re
import sqlite3
from typing import TYPE_CHECKING, Final

from sqlalchemy.exc import TimeoutError as NoConnection

from attest_registry.errors import Conflict, StoreError, StoreRefused, Unauthorised, Unreachable

if TYPE_CHECKING:
    from sqlalchemy.exc import SQLAlchemyError

MIGRATE: Final = "attest catalogue migrate        brings it up to this version of attest"
REBUILD: Final = "attest catalogue rebuild        makes it anew from the stores"
_WORDS: Final = 200
_NOT_LET_IN: Final = re.compile(r"FATAL: .*(?:\brole\b|authentication|pg_hba|permission)").search
"""PostgreSQL's refusals of a connection come without a state, so that their words decide which code they get."""

_FREE: Final = "free some space and run the same command again"
_NOT_A_DATABASE: Final = frozenset({"SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_FORMAT"})
_BUSY: Final = frozenset({"40001", "40P01", "55P03", "57014", "SQLITE_BUSY", "SQLITE_LOCKED"})


def translated(error: SQLAlchemyError | sqlite3.Error | OverflowError, *, shown: str) -> StoreError:
    """The error that a person can act on.

    Args:
        error: as SQLAlchemy or a driver raised it.
        shown: the catalogue's address without its password.
    """
    cause = getattr(error, "orig", None) or error
    found = _first_line(cause)
    name = _name(cause)
    if name in _BUSY:
        return StoreRefused(
            f"the catalogue {shown} is busy: another process has been writing for too long",
            code="catalogue-busy",
            found=found,
            hint="wait until it is done, and run the same command again",
        )
    if name.startswith("SQLITE_READONLY") or name == "25006":
        return StoreRefused(
            f"the catalogue {shown} can be read and not written",
            code="catalogue-read-only",
            found=found,
            hint="check who may write there, or name another one with ATTEST_CATALOGUE",
        )
    if name == "SQLITE_FULL" or name.startswith("53"):
        return StoreRefused(
            f"there is no room left in the catalogue {shown}", code="catalogue-full", found=found, hint=_FREE
        )
    return _unusual(name, found, shown)


def _unusual(name: str, found: str, shown: str) -> StoreError:
    """What does not happen to a catalogue that was once set up well."""
    if name in _NOT_A_DATABASE:
        return StoreRefused(
            f"the catalogue {shown} is no database, or is damaged",
            code="catalogue-damaged",
            found=found,
            hint=f"move it away; {REBUILD}",
        )
    if name.startswith("28") or name in {"42501", "SQLITE_AUTH", "SQLITE_PERM"} or (not name and _NOT_LET_IN(found)):
        return Unauthorised(
            f"the catalogue {shown} did not let us in", code="catalogue-unauthorised", found=found, hint=None
        )
    if name in {"23505", "SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY"}:
        return Conflict(f"somebody else wrote the same into the catalogue {shown}", code="log-conflict", found=found)
    if not name or name.startswith(("08", "57P", "3D", "SQLITE_CANTOPEN", "SQLITE_IOERR")):
        return Unreachable(
            f"the catalogue {shown} cannot be reached",
            code="catalogue-unreachable",
            found=found,
            hint="check that it is there and that ATTEST_CATALOGUE names it",
        )
    return StoreRefused(f"the catalogue {shown} refused what it was asked", code="catalogue-refused", found=found)


def _name(cause: BaseException) -> str:
    """The symbolic name of SQLite's error, PostgreSQL's state, or nothing where nobody answered."""
    if isinstance(cause, sqlite3.Error):
        return getattr(cause, "sqlite_errorname", None) or "SQLITE_MISUSE"
    if isinstance(cause, NoConnection):  # all connections of this process are in use
        return "SQLITE_BUSY"
    if isinstance(cause, OverflowError):
        return "SQLITE_RANGE"
    return getattr(cause, "sqlstate", None) or ""


def _first_line(cause: BaseException) -> str:
    return (str(cause).strip().splitlines() or [type(cause).__name__])[0][:_WORDS]
