"""One database: its connections, its transactions, and the door at which its errors become ours.

SQLite: write-ahead log, so that readers never wait for the writer; each commit reaches the disk (`synchronous=FULL`),
a reservation alone does not wait for that; writers take their turn from the beginning (`BEGIN IMMEDIATE`), so that none
fails half-way because of another.
PostgreSQL: readers see one moment (`REPEATABLE READ`); writers lock the model's row.
"""

from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from sqlalchemy import create_engine, event, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import QueuePool

from attest_registry.catalogue.address import Address
from attest_registry.catalogue.failures import REBUILD, translated
from attest_registry.catalogue.tables import SETTINGS
from attest_registry.errors import StoreRefused, Unreachable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Connection, Engine

BUSY_SECONDS: Final = 30.0
_WRITES: Final = "attest_writes"
_FLEETING: Final = "attest_fleeting"
KEY_OF_TOKENS: Final = "token_key"
_KEY_OF_TOKENS: Final = select(SETTINGS.c.value).where(SETTINGS.c.name == KEY_OF_TOKENS)
_NONE: Final = "attest_no_transaction"


class Database:
    """A database that somebody else has set up (see `schema`).

    Args:
        address: where it is.
        engine: its connections.
    """

    def __init__(self, address: Address, engine: Engine) -> None:
        self.address = address
        self._engine = engine
        self._writer = engine.execution_options(**{_WRITES: True})
        self._fleeting = engine.execution_options(**{_WRITES: True, _FLEETING: True})
        self._reader = engine
        self._file: tuple[int, int] | None = None
        self._token_key: bytes | None = None
        if address.path is None:
            self._reader = engine.execution_options(isolation_level="REPEATABLE READ")

    @classmethod
    def connect(cls, url: str, *, create: bool) -> Database:
        """Prepare connections; a file is made, or must be there.

        Raises:
            BadReference: the address cannot be one.
            Unreachable: there is no such file.
            StoreRefused: the folder cannot be written, or the driver is not installed.
        """
        address = Address.parse(url)
        if address.path is None:
            return cls(address, _server_engine(address))
        if create:
            _make_folder(address.path)
        elif not address.path.exists():
            raise _missing(address)
        return cls(address, _file_engine(address.path, create=create))

    @property
    def shown(self) -> str:
        """The address without its password."""
        return self.address.shown

    @property
    def is_file(self) -> bool:
        """Whether it is a SQLite file."""
        return self.address.path is not None

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one moment.

        Raises:
            StoreError: in our words, whatever the database says.
        """
        with self._door(self._reader) as connection:
            yield connection

    @contextlib.contextmanager
    def writing(self, *, fleeting: bool = False) -> Iterator[Connection]:
        """A transaction that is committed at the end of the block, or not at all.

        Args:
            fleeting: whether a power failure may take it back: who wrote it is gone then, too.

        Raises:
            StoreError: in our words, whatever the database says.
        """
        with self._door(self._fleeting if fleeting else self._writer) as connection:
            yield connection

    @contextlib.contextmanager
    def raw(self) -> Iterator[Connection]:
        """A connection without a transaction.

        Raises:
            StoreError: in our words, whatever the database says.
        """
        try:
            with self._engine.connect().execution_options(**{_NONE: True}) as connection:
                yield connection
        except SQLAlchemyError as error:
            raise translated(error, shown=self.shown) from error

    def token_key(self) -> bytes:
        """The key under which this catalogue signs its page tokens."""
        if self._token_key is None:
            with self.reading() as connection:
                key = connection.scalar(_KEY_OF_TOKENS)
            if not key:
                raise StoreRefused(
                    f"the catalogue {self.shown} has no key for page tokens", code="catalogue-damaged", hint=REBUILD
                )
            self._token_key = bytes.fromhex(key)
        return self._token_key

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    @contextlib.contextmanager
    def _door(self, engine: Engine) -> Iterator[Connection]:
        self._check_file()
        try:
            with engine.begin() as connection:
                yield connection
        except (SQLAlchemyError, sqlite3.Error, OverflowError) as error:
            raise translated(error, shown=self.shown) from error

    def _check_file(self) -> None:
        """SQLite goes on writing into a file that was removed or replaced; nobody would see that again."""
        if self.address.path is None:
            return
        try:
            status = self.address.path.stat()
        except OSError as error:
            if self._file is None:  # not made yet
                return
            raise _missing(self.address) from error
        found = (status.st_dev, status.st_ino)
        if self._file is None:
            self._file = found
        elif self._file != found:
            raise Unreachable(
                f"the catalogue {self.shown} was replaced by another file while it was open",
                code="catalogue-unreachable",
                hint="run the same command again",
            )


def _file_engine(path: Path, *, create: bool) -> Engine:
    mode = "rwc" if create else "rw"
    place = f"file:{quote(str(path))}?mode={mode}"

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(place, uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)

    engine = create_engine("sqlite://", creator=connect, poolclass=QueuePool)
    event.listen(engine, "connect", _prepare_file)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare_file(connection: sqlite3.Connection, _record: object) -> None:
    for setting in ("synchronous=FULL", "foreign_keys=ON", "temp_store=MEMORY", "cache_size=-65536"):
        connection.execute(f"PRAGMA {setting}")


def _begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    if options.get(_NONE):
        return
    driver = connection.connection.driver_connection  # words without parameters need none of SQLAlchemy's care
    assert isinstance(driver, sqlite3.Connection)  # noqa: S101  # for the type checker
    if options.get(_WRITES):
        driver.execute(f"PRAGMA synchronous={'NORMAL' if options.get(_FLEETING) else 'FULL'}")
    driver.execute("BEGIN IMMEDIATE" if options.get(_WRITES) else "BEGIN")


def _server_engine(address: Address) -> Engine:
    assert address.server is not None  # noqa: S101  # the caller looked
    try:
        return create_engine(
            address.server, pool_pre_ping=True, connect_args={"connect_timeout": 10, "application_name": "attest"}
        )
    except ImportError as error:
        raise StoreRefused(
            "a catalogue in PostgreSQL needs a part of attest that is not installed here",
            code="extra-missing",
            found=str(error),
            hint="pip install 'model-attest[postgres]'",
        ) from error


def _make_folder(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreRefused(
            f"the folder of the catalogue {path} cannot be made", code="catalogue-read-only", found=str(error)
        ) from error


def _missing(address: Address) -> Unreachable:
    return Unreachable(f"there is no catalogue {address.shown}", code="catalogue-unreachable", hint=REBUILD)
