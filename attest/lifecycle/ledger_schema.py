"""The tables in which a machine remembers logs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import sqlite3

VERSION: Final = 1
_SCHEMA: Final = """
CREATE TABLE logs (place TEXT PRIMARY KEY, log TEXT NOT NULL, sequence INTEGER NOT NULL, head TEXT NOT NULL,
  bundle TEXT NOT NULL, time TEXT NOT NULL, model TEXT NOT NULL, environment TEXT, state TEXT NOT NULL);
CREATE TABLE events (place TEXT, sequence INTEGER, event TEXT NOT NULL, PRIMARY KEY (place, sequence)) WITHOUT ROWID;
CREATE TABLE versions (place TEXT, number INTEGER, manifest TEXT NOT NULL, label TEXT, sequence INTEGER NOT NULL,
  PRIMARY KEY (place, number)) WITHOUT ROWID;
CREATE UNIQUE INDEX labels ON versions (place, label) WHERE label IS NOT NULL;
CREATE INDEX manifests ON versions (place, manifest);
CREATE TABLE moves (place TEXT, alias TEXT, sequence INTEGER, number INTEGER, time TEXT NOT NULL,
  PRIMARY KEY (place, alias, sequence)) WITHOUT ROWID;
CREATE TABLE records (place TEXT, manifest TEXT, claim TEXT, signer TEXT, sequence INTEGER NOT NULL,
  PRIMARY KEY (place, manifest, claim, signer)) WITHOUT ROWID;
CREATE TABLE gates (place TEXT, event TEXT, PRIMARY KEY (place, event)) WITHOUT ROWID;
"""


def prepared(connection: sqlite3.Connection) -> int:
    """The version of a memory, which is set up where it is empty."""
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("BEGIN IMMEDIATE")
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version == 0:
        for statement in _SCHEMA.split(";\n"):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version={VERSION}")
        version = VERSION
    connection.execute("COMMIT")
    return int(version)
