"""The schema's versions. A catalogue of this version opens without Alembic, which takes longer to load than to ask."""

from __future__ import annotations

import secrets
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Column, MetaData, PrimaryKeyConstraint, String, Table, func, insert, inspect, select

from attest_registry.catalogue.database import KEY_OF_TOKENS, Database
from attest_registry.catalogue.failures import MIGRATE
from attest_registry.catalogue.schema_version import HEAD, REVISIONS, VERSION_TABLE
from attest_registry.catalogue.tables import METADATA, SETTINGS
from attest_registry.errors import SchemaDiffers, StoreRefused

if TYPE_CHECKING:
    from sqlalchemy import Connection

_VERSION: Final = Table(
    VERSION_TABLE,
    MetaData(),
    Column("version_num", String(32)),
    PrimaryKeyConstraint("version_num", name=f"{VERSION_TABLE}_pkc"),
)
_SET_UP_SECONDS: Final = 10.0
_PAUSE: Final = 0.02
_LOCK: Final = 0x617474657374  # "attest": who sets up a server's database holds this advisory lock


def open_database(url: str, *, create: bool) -> Database:
    """A database whose schema is that of this version.

    Raises:
        SchemaDiffers: it was written by an older version (`catalogue-older`) or a newer one (`catalogue-newer`).
        StoreError: it cannot be reached, or holds something else.
    """
    database = Database.connect(url, create=create)
    try:
        found = _found_or_made(database, create=create)
        check(found, shown=database.shown)
    except BaseException:
        database.close()
        raise
    return database


def _found_or_made(database: Database, *, create: bool) -> str | None:
    """The schema's version, of a new catalogue where there is none.

    While another process makes the same file a write-ahead log, SQLite is busy without waiting; so we look again.
    """
    end = time.monotonic() + _SET_UP_SECONDS
    while True:
        try:
            found = version_of(database)
            return _set_up(database) if found is None and create else found
        except StoreRefused as error:
            if error.code != "catalogue-busy" or not create or time.monotonic() > end:
                raise
            time.sleep(_PAUSE)


def check(found: str | None, *, shown: str) -> None:
    """Refuse every schema but that of this version.

    Raises:
        SchemaDiffers: it is older or newer.
        StoreRefused: it is no catalogue.
    """
    if found == HEAD:
        return
    if found is None:
        raise StoreRefused(
            f"the database {shown} is no catalogue",
            code="catalogue-foreign",
            hint="check ATTEST_CATALOGUE; it may name another database, or one that was never written to",
        )
    if found in REVISIONS:
        raise SchemaDiffers(
            f"the catalogue {shown} was written by an older version of attest",
            code="catalogue-older",
            expected=f"schema {HEAD}",
            found=f"schema {found}",
            hint=MIGRATE,
        )
    raise SchemaDiffers(
        f"the catalogue {shown} was written by a newer version of attest",
        code="catalogue-newer",
        expected=f"schema {HEAD}",
        found=f"schema {found[:32]}",
        hint="use that version of attest, or name another catalogue with ATTEST_CATALOGUE",
    )


def version_of(database: Database) -> str | None:
    """The schema's version; `None` where there is no catalogue."""
    with database.reading() as connection:
        return _version(connection)


def migrate(url: str) -> tuple[str, str]:
    """Bring a catalogue up to this version; the versions before and after.

    Raises:
        SchemaDiffers: it is newer than this version.
        StoreError: it cannot be reached or written, or is no catalogue.
    """
    database = Database.connect(url, create=False)
    try:
        with database.writing() as connection:
            _lock(connection)
            old = _version(connection)
            if old not in REVISIONS:
                check(old, shown=database.shown)
            if old != HEAD:
                upgrade(connection, HEAD)
                _give_key(connection)
    finally:
        database.close()
    return str(old), HEAD


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    version: str | None = connection.scalar(select(_VERSION.c.version_num))
    return version


def _set_up(database: Database) -> str:
    """Make the tables. Several processes may try at once: one does it, the others find it done."""
    if database.is_file:
        _use_write_ahead_log(database)
    with database.writing() as connection:
        _lock(connection)
        found = _version(connection)
        if found is not None:
            return found
        taken = sorted(set(METADATA.tables) & set(inspect(connection).get_table_names()))
        if taken:
            raise StoreRefused(
                f"the database {database.shown} holds tables of something else",
                code="catalogue-foreign",
                found=", ".join(taken)[:200],
                hint="give the catalogue a database of its own, and name it with ATTEST_CATALOGUE",
            )
        METADATA.create_all(connection, checkfirst=False)
        _VERSION.create(connection)
        connection.execute(insert(_VERSION), {"version_num": HEAD})
        _give_key(connection)
    return HEAD


def _give_key(connection: Connection) -> None:
    """The key of page tokens: random, and not made by the tables."""
    known = select(SETTINGS.c.value).where(SETTINGS.c.name == KEY_OF_TOKENS)
    if connection.scalar(known) is None:
        connection.execute(insert(SETTINGS), {"name": KEY_OF_TOKENS, "value": secrets.token_hex(32)})


def _use_write_ahead_log(database: Database) -> None:
    with database.raw() as connection:
        connection.exec_driver_sql("PRAGMA journal_mode=WAL")


def _lock(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))


def configuration(connection: Connection | None = None) -> Any:
    """What Alembic needs to know, without a file."""
    from alembic.config import Config  # noqa: PLC0415

    settings = Config()
    settings.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    settings.set_main_option("path_separator", "os")
    settings.attributes["connection"] = connection
    return settings


def upgrade(connection: Connection, revision: str) -> None:
    """Bring a catalogue to a revision, or make it of an empty database."""
    from alembic import command  # noqa: PLC0415

    command.upgrade(configuration(connection), revision)
