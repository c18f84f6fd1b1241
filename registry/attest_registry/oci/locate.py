"""Reference → store: the only module that chooses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attest_registry.oci.layout import LayoutRepository
from attest_registry.oci.store_folder import models_in

if TYPE_CHECKING:
    from pathlib import Path

    from attest_registry.oci.content import Repository
    from attest_registry.oci.remote import RemoteOptions
    from attest_registry.reference import Reference


def open_repository(reference: Reference, *, store: Path, remote: RemoteOptions) -> Repository:
    """The repository that a reference means: on this machine, or on the host that it names.

    Args:
        reference: the reference; only host and model are looked at.
        store: folder of the embedded store.
        remote: how registries are reached.
    """
    if reference.host is None:
        return LayoutRepository(store, reference.model)
    from attest_registry.oci.remote import RemoteRepository  # noqa: PLC0415  # requests costs 100 ms of every start

    return RemoteRepository(reference.host, reference.model, remote)


def local_models(store: Path) -> list[str]:
    """Names of the models in the embedded store, sorted."""
    return models_in(store)
