"""The catalogue: one object for everything that is asked of it. Importing this module loads SQLAlchemy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from attest_registry.catalogue import (
    dump,
    facts,
    holders,
    listing,
    notes,
    replacing,
    schema,
    search,
    sequencer,
)
from attest_registry.catalogue.schema_version import HEAD

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from attest_registry.catalogue.database import Database
    from attest_registry.catalogue.rows import (
        EventRow,
        Holding,
        ModelRow,
        Note,
        Page,
        Reservation,
        StateRow,
        VersionRow,
        VersionSummary,
    )
    from attest_registry.digest import Digest


class Catalogue:
    """The index over events and facts, and the sequencer of logs. Made by `open`; may be used by several threads.

    Every method can raise a `StoreError` whose code says what the database did: `catalogue-unreachable`,
    `catalogue-read-only`, `catalogue-full`, `catalogue-busy` …

    Args:
        database: an open database of this version's schema.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @classmethod
    def open(cls, url: str, *, create: bool = True) -> Self:
        """Open a catalogue.

        Args:
            url: a path, `sqlite:////PATH` or `postgresql+psycopg://USER:PASSWORD@HOST/NAME`.
            create: set up an empty database; otherwise it has to be a catalogue already.

        Raises:
            BadReference: the address cannot be one.
            SchemaDiffers: an older (`catalogue-older`) or newer version (`catalogue-newer`) wrote it.
            Unreachable: it is not there.
        """
        return cls(schema.open_database(url, create=create))

    @staticmethod
    def migrate(url: str) -> tuple[str, str]:
        """Bring a catalogue to this version's schema; the versions before and after.

        Raises:
            SchemaDiffers: a newer version wrote it.
        """
        return schema.migrate(url)

    def close(self) -> None:
        """Close all connections."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def url_shown(self) -> str:
        """The address without its password."""
        return self._database.shown

    @property
    def shared(self) -> bool:
        """Whether several hosts may use it: a server, not a file."""
        return not self._database.is_file

    @property
    def schema_version(self) -> str:
        """The schema's version."""
        return HEAD

    def head(self, model: str) -> tuple[int, Digest] | None:
        """Sequence and digest of the last event; `None` where there is none."""
        return sequencer.head(self._database, model)

    def reserve(
        self, model: str, *, sequence: int, previous: Digest | None, holder: str, seconds: float, wait: float
    ) -> Reservation:
        """The right to write the next event; see `sequencer.reserve`."""
        return sequencer.reserve(
            self._database,
            model,
            sequence=sequence,
            previous=previous,
            holder=holder,
            seconds=seconds,
            wait=wait,
        )

    def release(self, reservation: Reservation) -> None:
        """Give the right back."""
        sequencer.release(self._database, reservation)

    def commit(
        self,
        reservation: Reservation | None,
        model: str,
        events: Sequence[tuple[EventRow, StateRow]],
        *,
        log: Digest,
    ) -> None:
        """Append events and move what they change; see `sequencer.commit`."""
        sequencer.commit(self._database, reservation, model, events, log=log)

    def put_versions(self, model: str, versions: Sequence[VersionRow]) -> None:
        """Insert versions, or replace what is known of them.

        Raises:
            Conflict: a number stands for another manifest already (`catalogue-version-differs`).
        """
        facts.put(self._database, model, versions)

    def models(self, prefix: str = "", *, limit: int = 100, token: str | None = None) -> Page[ModelRow]:
        """Models by name.

        Raises:
            BadQuery: the limit or the token cannot be one.
        """
        return listing.models(self._database, prefix, limit, token)

    def versions(self, model: str, *, limit: int = 100, token: str | None = None) -> Page[VersionSummary]:
        """Versions of a model, the newest first.

        Raises:
            BadQuery: the limit or the token cannot be one.
        """
        return listing.versions(self._database, model, limit, token)

    def version(self, model: str, number: int) -> VersionRow | None:
        """Everything that is known of a version."""
        return facts.find(self._database, model, number)

    def by_label(self, model: str, label: str) -> int | None:
        """The number of a version by its label."""
        return listing.by_label(self._database, model, label)

    def by_manifest(self, manifest: Digest) -> list[tuple[str, int]]:
        """The models and numbers under which a manifest is registered."""
        return listing.by_manifest(self._database, manifest)

    def made_from(self, digest: Digest) -> list[tuple[str, int, str]]:
        """The versions that were made from a version or a dataset, each with its role."""
        return listing.made_from(self._database, digest)

    def alias(self, model: str, alias: str) -> Holding | None:
        """Who holds an alias."""
        return holders.alias_now(self._database, model, alias)

    def as_of(self, model: str, alias: str, time: datetime) -> Holding | None:
        """Who held an alias after the last event at or before a time."""
        return holders.alias_at(self._database, model, alias, time)

    def state_at(self, model: str, time: datetime) -> tuple[Holding, ...]:
        """All aliases of a model after the last event at or before a time, sorted."""
        return holders.aliases_at(self._database, model, time)

    def history(
        self,
        model: str,
        *,
        alias: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 50,
        token: str | None = None,
    ) -> Page[EventRow]:
        """Events of a model, the newest first; `since` and `until` are included.

        Raises:
            BadQuery: the limit or the token cannot be one.
        """
        return listing.history(self._database, model, alias=alias, since=since, until=until, limit=limit, token=token)

    def search_versions(
        self,
        filter: str = "",  # noqa: A002
        *,
        order_by: Sequence[str] = (),
        limit: int = 100,
        token: str | None = None,
    ) -> Page[VersionSummary]:
        """Versions that a filter leaves, the newest first unless another order is asked for; see `filters`.

        Raises:
            BadQuery: filter, order, limit or token cannot be one.
        """
        return search.versions(self._database, filter, order_by=order_by, limit=limit, token=token)

    def search_models(
        self,
        filter: str = "",  # noqa: A002
        *,
        order_by: Sequence[str] = (),
        limit: int = 100,
        token: str | None = None,
    ) -> Page[ModelRow]:
        """Models that a filter leaves, by name unless another order is asked for.

        Raises:
            BadQuery: filter, order, limit or token cannot be one.
        """
        return search.models(self._database, filter, order_by=order_by, limit=limit, token=token)

    def note(self, model: str, note: Note) -> None:
        """Write an unsigned tag or annotation, or replace the one of the same key.

        Raises:
            BadReference: key or value cannot be one (`bad-note`).
            NotFound: there is no such model or version.
        """
        notes.put(self._database, model, note)

    def unnote(self, model: str, key: str, number: int | None = None) -> bool:
        """Remove an unsigned tag or annotation; whether there was one."""
        return notes.remove(self._database, model, key, number)

    def notes(self, model: str, number: int | None = None) -> tuple[Note, ...]:
        """The unsigned tags and annotations of a version, or of the model, by key."""
        return notes.find(self._database, model, number)

    def replace(
        self,
        model: str,
        events: Sequence[tuple[EventRow, StateRow]],
        versions: Sequence[VersionRow],
        *,
        log: Digest,
    ) -> None:
        """Put all that a store has about a model in the place of what is here, whole or not at all; see `replacing`."""
        replacing.replace(self._database, model, events, versions, log=log)

    def dump(self, *, model: str | None = None, notes: bool = False) -> Iterator[str]:
        """Everything that a rebuild must reproduce, of all models or of one, as sorted lines of text; see `dump`."""
        return dump.lines(self._database, model=model, notes=notes)
