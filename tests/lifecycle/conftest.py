from __future__ import annotations

import itertools
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from attest_registry.catalogue.store import Catalogue
from attest_registry.oci.layout import LayoutRepository
from attest_registry.oci.remote import RemoteRepository
from tests.lifecycle.house import MODEL, House
from tests.services.docker_registry import docker_registry  # noqa: F401  # a fixture

if TYPE_CHECKING:
    from collections.abc import Iterator

    from attest_registry.oci.content import Repository

_NAMES = (f"{MODEL}-{number}" for number in itertools.count())


def made(folder: Path, repository: Repository) -> House:
    return House(repository=repository, catalogue=Catalogue.open(str(folder / "catalogue.db")), folder=folder)


def made_at(folder: Path, store: str, model: str, catalogue: str) -> House:
    """A house by its addresses, as another process finds it: a folder or a host, and a database."""
    repository: Repository = (
        LayoutRepository(Path(store), model) if store.startswith("/") else RemoteRepository(store, model)
    )
    return House(repository=repository, catalogue=Catalogue.open(catalogue), folder=folder)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A model in the embedded store."""
    found = made(tmp_path, LayoutRepository(tmp_path / "store", MODEL))
    yield found
    found.close()


@pytest.fixture(params=["layout", "registry"])
def any_house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    """A model in the embedded store, then in a registry."""
    if request.param == "layout":
        repository: Repository = LayoutRepository(tmp_path / "store", MODEL)
    else:
        repository = RemoteRepository(request.getfixturevalue("docker_registry").host, next(_NAMES))
    found = made(tmp_path, repository)
    yield found
    found.close()
