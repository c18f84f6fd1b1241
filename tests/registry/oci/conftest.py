from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.services.docker_registry import (  # noqa: F401  # fixtures
    docker_registry,
    docker_registry_with_login,
    docker_registry_with_tls,
)
from tests.services.fake_registry import FakeRegistry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def fake() -> Iterator[FakeRegistry]:
    with FakeRegistry() as registry:
        yield registry


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No test sees the logins of the person who runs it."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    for name in ("DOCKER_CONFIG", "REGISTRY_AUTH_FILE", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name in ("ATTEST_REGISTRY_USER", "ATTEST_REGISTRY_PASSWORD", "ATTEST_REGISTRY_HOST"):
        monkeypatch.delenv(name, raising=False)
    return home


@pytest.fixture
def docker_config(own_home: Path) -> Path:
    """An empty configuration of docker."""
    path = own_home / ".docker" / "config.json"
    path.parent.mkdir()
    path.write_text(json.dumps({}))
    return path
