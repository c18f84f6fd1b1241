"""Which store a reference means, and how to reach it: settings and flags in, repository out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from attest.written_path import written_path
from attest_registry.oci.locate import open_repository

if TYPE_CHECKING:
    from pathlib import Path

    from attest.settings import Settings
    from attest_registry.oci.content import Repository
    from attest_registry.reference import Reference


@dataclass(frozen=True, kw_only=True, slots=True)
class Reach:
    """What was typed about reaching stores.

    Args:
        plain_http: speak to the registry without TLS.
        ca_file: certificate authorities to believe instead of the system's.
    """

    plain_http: bool = False
    ca_file: str | None = None


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
