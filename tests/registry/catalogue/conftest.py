from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from attest_registry.catalogue.store import Catalogue
from tests.services.postgres import postgres  # noqa: F401  # a fixture

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.services.postgres import Postgres


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database of either kind."""
    if request.param == "sqlite":
        return str(tmp_path / "catalogue.db")
    cluster: Postgres = request.getfixturevalue("postgres")
    return cluster.url(cluster.new_schema())


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def lasting(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalogue]:
    """A catalogue that the tests of a module fill once and then only read."""
    if request.param == "sqlite":
        url = str(tmp_path_factory.mktemp("lasting") / "catalogue.db")
    else:
        cluster: Postgres = request.getfixturevalue("postgres")
        url = cluster.url(cluster.new_schema())
    with Catalogue.open(url) as opened:
        yield opened


@pytest.fixture
def catalogue(url: str) -> Iterator[Catalogue]:
    with Catalogue.open(url) as opened:
        yield opened
