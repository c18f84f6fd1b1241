from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from attest.signing import services
from tests.services.patience import PATIENT
from tests.services.tuf_server import TufServer
from tests.trust.trust_scene import Person, document, repository

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Person:
    for name in ("ATTEST_TRUSTED_ROOT", "ATTEST_OFFLINE", "ATTEST_STATE", "ATTEST_CA_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ATTEST_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(services, "PATIENCE", PATIENT)
    return Person(home=tmp_path / "home", capsys=capsys)


@pytest.fixture
def tuf(tmp_path: Path) -> Iterator[TufServer]:
    """A mirror; its root.json lies in the working folder."""
    with TufServer(repository(document())) as server:
        (tmp_path / "root.json").write_bytes(server.repository.root)
        yield server
