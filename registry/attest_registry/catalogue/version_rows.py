"""The rows of a model's versions, by number: looked up once per transaction, made where an event names a new one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, insert, select, update

from attest_registry.catalogue import conflicts
from attest_registry.catalogue.tables import MODELS, VERSIONS

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from attest_registry.catalogue.rows import EventRow
    from attest_registry.digest import Digest

_BY_NUMBER: Final = select(VERSIONS.c.id, VERSIONS.c.manifest).where(
    VERSIONS.c.model_id == bindparam("model"), VERSIONS.c.number == bindparam("number")
)
_INSERT: Final = insert(VERSIONS).returning(VERSIONS.c.id)
_COUNT: Final = (
    update(MODELS).where(MODELS.c.id == bindparam("model")).values(versions=MODELS.c.versions + bindparam("more"))
)


class VersionRows:
    """The versions of one model, within one transaction.

    Args:
        connection: the transaction.
        model_id: the model's row, which the transaction has locked.
        model: its name, for messages.
    """

    def __init__(self, connection: Connection, model_id: int, model: str) -> None:
        self._connection = connection
        self._model_id = model_id
        self._model = model
        self._known: dict[int, tuple[int, Digest]] = {}

    def find(self, number: int) -> tuple[int, Digest] | None:
        """Row and manifest of a version."""
        if number not in self._known:
            row = self._connection.execute(_BY_NUMBER, {"model": self._model_id, "number": number}).one_or_none()
            if row is None:
                return None
            self._known[number] = (row.id, row.manifest)
        return self._known[number]

    def know(self, number: int, row: int, manifest: Digest) -> None:
        """Take over what was read together with something else."""
        self._known[number] = (row, manifest)

    def take(self, number: int, *, sequence: int) -> int:
        """The row of a version that an event leads to.

        Raises:
            Conflict: the catalogue does not know it.
        """
        found = self.find(number)
        if found is None:
            raise conflicts.unknown_version(self._model, sequence=sequence, number=number)
        return found[0]

    def check(self, number: int, manifest: Digest) -> int | None:
        """The row of a version, if there is one.

        Raises:
            Conflict: it stands for another manifest.
        """
        found = self.find(number)
        if found is None:
            return None
        if found[1] != manifest:
            raise conflicts.other_version(self._model, number=number, known=found[1], told=manifest)
        return found[0]

    def meet(self, event: EventRow) -> None:
        """Make the row of the version that an event is about, where this is the first that names it.

        Raises:
            Conflict: it stands for another manifest.
        """
        if event.number is None or event.manifest is None or self.check(event.number, event.manifest) is not None:
            return
        self.add(number=event.number, manifest=event.manifest, label=event.label, created=event.time, by=event.by)

    def add(self, *, number: int, manifest: Digest, **values: object) -> int:
        """Make a row."""
        given = {"model_id": self._model_id, "number": number, "manifest": manifest, **values}
        row: int = self._connection.execute(_INSERT, given).scalar_one()
        self._connection.execute(_COUNT, {"model": self._model_id, "more": 1})
        self._known[number] = (row, manifest)
        return row
