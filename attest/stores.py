"""Which store a reference means, and how to reach it: settings and flags in, repository out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from msgspec import Struct
from msgspec.structs import replace

from attest.written_path import written_path
from attest_registry.errors import NotFound
from attest_registry.oci.locate import open_repository

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from pathlib import Path

    from attest.lifecycle.log import Log
    from attest.settings import Settings
    from attest.trust.signatory import Signatory
    from attest_registry.oci.content import Repository
    from attest_registry.reference import Reference


class Reach(Struct, frozen=True, kw_only=True):
    """What was typed about reaching stores.

    Args:
        plain_http: speak to the registry without TLS.
        ca_file: certificate authorities to believe instead of the system's.
    """

    plain_http: bool = False
    ca_file: str | None = None


class LogReader(Protocol):
    """Reads the log of a model."""

    def __call__(
        self,
        reference: Reference,
        repository: Repository,
        named: Sequence[Signatory],
        now: datetime,
        *,
        lasting: bool = True,
    ) -> Log | None:
        """The verified log; `None` where there is none and never was, as far as this machine knows.

        Args:
            reference: the model.
            repository: where it is.
            named: whom the operator named.
            now: the time.
            lasting: whether what was seen before counts, and what is seen now is remembered.
        """
        ...


class Surroundings(Struct, frozen=True, kw_only=True):
    """What can be reached around a version.

    Args:
        repository_of: opens the store of a reference.
        state: folder of what has to be remembered; `None` where nothing can be.
        log_of: the verified log of a model; `None` where nobody looks for logs.
    """

    repository_of: Callable[[Reference], Repository]
    state: Path | None = None
    log_of: LogReader | None = None


def default_place(settings: Settings) -> tuple[str | None, Path]:
    """Host and folder for references without a host: `ATTEST_STORE` names either; else the store of this machine."""
    own = settings.values["store"].value
    if own is None:
        return None, settings.store
    if own.startswith(("/", "./", "../", "~")):
        return None, written_path(own).absolute()
    return own, settings.store


def repository_for(reference: Reference, settings: Settings, reach: Reach | None = None) -> Repository:
    """The repository that a reference is about.

    Raises:
        StoreError: the store cannot be opened.
        InputError: locked authorities would be replaced (`setting-locked`).
    """
    from attest_registry.oci.remote_options import RemoteOptions  # noqa: PLC0415

    reach = reach or Reach()
    host, folder = default_place(settings)
    placed = reference if reference.host is not None or host is None else replace(reference, host=host)
    ca_file = settings.choose("ca_file", reach.ca_file or None).value
    options = RemoteOptions(
        plain_http=reach.plain_http or placed.host in settings.plain_http,
        ca_file=written_path(ca_file) if ca_file else None,
        offline=settings.offline,
    )
    return open_repository(placed, store=folder, remote=options)


def surroundings_for(reference: Reference, settings: Settings, reach: Reach | None = None) -> Surroundings:
    """Where ancestors and revocations of a version are looked for.

    Args:
        reference: the version. What was typed about reaching its store goes for its host alone.
        settings: what configuration and environment say.
        reach: what was typed.
    """
    own = default_place(settings)[0] if reference.host is None else reference.host

    def repository_of(other: Reference) -> Repository:
        host = default_place(settings)[0] if other.host is None else other.host
        typed = reach or Reach()
        return repository_for(other, settings, typed if host == own else replace(typed, plain_http=False))

    def log_of(
        reference: Reference,
        repository: Repository,
        named: Sequence[Signatory],
        now: datetime,
        *,
        lasting: bool = True,
    ) -> Log | None:
        if not _has_log(repository) and not (settings.state / "logs").exists():
            return None  # a model without a log, on a machine that never saw one
        from attest.lifecycle.opening import open_log  # noqa: PLC0415

        return open_log(reference, repository, settings, now=now, named=named, lasting=lasting)

    return Surroundings(repository_of=repository_of, state=settings.state, log_of=log_of)


def version_meant(
    reference: Reference, settings: Settings, reach: Reach | None = None, *, now: datetime | None = None
) -> tuple[Reference, Repository]:
    """A reference and its store; where it is an alias, the version that the verified log says it means.

    Raises:
        NotFound: there is no such alias.
        LogBroken: the model's log does not hold.
        StoreError: the store cannot be opened.
    """
    repository = repository_for(reference, settings, reach)
    if reference.alias is None:
        return reference, repository
    return meant_in(surroundings_for(reference, settings, reach), reference, repository, now=now), repository


def meant_in(
    surroundings: Surroundings, reference: Reference, repository: Repository, *, now: datetime | None = None
) -> Reference:
    """A reference, pinned where the model's verified log says what it means."""
    from datetime import UTC, datetime  # noqa: PLC0415

    from attest.lifecycle.admission import meant_by  # noqa: PLC0415

    look = surroundings.log_of
    return meant_by(reference, None if look is None else look(reference, repository, (), now or datetime.now(UTC)))


def _has_log(repository: Repository) -> bool:
    try:
        repository.resolve("attest-log")
    except NotFound:
        return False
    return True
