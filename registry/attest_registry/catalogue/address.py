"""Where a catalogue is: the forms of its address, and what of it may be shown."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Self

from msgspec import Struct
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from attest_registry.errors import BadReference

_FORMS: Final = "a path, sqlite:////PATH or postgresql+psycopg://USER@HOST/NAME"
_POSTGRES: Final = frozenset({"postgresql", "postgres", "postgresql+psycopg"})


class Address(Struct, frozen=True, kw_only=True):
    """Where a catalogue is.

    Args:
        path: its file, if it is one.
        server: its address, if it is on a server.
    """

    path: Path | None = None
    server: URL | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read an address.

        Raises:
            BadReference: it is none of the forms; the text, which may hold a password, is not repeated.
        """
        if "://" not in text:
            return cls._file(text)
        try:
            url = make_url(text)
        except (ArgumentError, ValueError) as error:
            raise _bad("it cannot be read as an address") from error
        if url.drivername in {"sqlite", "sqlite+pysqlite"}:
            if url.query or url.host:
                raise _bad("a file has no host and no options")
            return cls._file(url.database or "")
        if url.drivername not in _POSTGRES:
            raise _bad(url.drivername[:80])
        return cls(server=url.set(drivername="postgresql+psycopg"))

    @classmethod
    def _file(cls, text: str) -> Self:
        if not text or "\0" in text or text.startswith(":memory:"):
            raise _bad("no path")
        return cls(path=Path(text).absolute())

    @property
    def shown(self) -> str:
        """For people: no password, and no options, among which one could be."""
        if self.server is None:
            return str(self.path)
        parts = self.server
        return URL.create(
            parts.drivername, username=parts.username, host=parts.host, port=parts.port, database=parts.database
        ).render_as_string()


def _bad(found: str) -> BadReference:
    return BadReference(
        "the address of the catalogue cannot be one", code="bad-catalogue", expected=_FORMS, found=found
    )
