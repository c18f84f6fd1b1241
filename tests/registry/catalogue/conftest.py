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


@pytest.fixture
def catalogue(url: str) -> Iterator[Catalogue]:
    with Catalogue.open(url) as opened:
        yield opened
