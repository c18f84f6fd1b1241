"""A fresh host and a registry of the attacker's for each test; keys once for all."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import attest
import attest_registry
from tests.attacks import record
from tests.attacks.logged import Begun, Logged
from tests.attacks.scene import Scene, person
from tests.attacks.witnessed import Witnessed
from tests.services.fake_registry import FakeRegistry
from tests.verify.private_pki import PrivatePki
from tests.verify.private_sigstore import PrivateSigstore

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.verify.evidence import Person


def pytest_configure(config: pytest.Config) -> None:
    """Refuse to judge another copy of the program than the one that was changed."""
    copy = os.environ.get(record.COPY)
    for package in (attest, attest_registry):
        if copy and not Path(package.__path__[0]).resolve().is_relative_to(Path(copy).resolve()):
            pytest.exit(f"{package.__name__} is not the one in {copy}", returncode=9)


@pytest.fixture(scope="session")
def people(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Person]:
    folder = tmp_path_factory.mktemp("keys")
    return {name: person(folder, name) for name in ("alice", "bob", "mallory")}


@pytest.fixture
def scene(tmp_path: Path, people: dict[str, Person], monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    folder = tmp_path / "host"
    folder.mkdir()
    for name in os.environ:
        if name.startswith(("ATTEST_", "XDG_", "REGISTRY_AUTH")) and name not in {record.RECORD, record.COPY}:
            monkeypatch.delenv(name)
    monkeypatch.setenv("ATTEST_HOME", str(folder / "home"))
    monkeypatch.setenv("DOCKER_CONFIG", str(folder / "docker"))
    monkeypatch.chdir(folder)
    with FakeRegistry() as fake:
        yield Scene(folder=folder, fake=fake, alice=people["alice"], mallory=people["mallory"])


@pytest.fixture(scope="session")
def sigstore() -> PrivateSigstore:
    return PrivateSigstore()


@pytest.fixture
def witnessed(scene: Scene, sigstore: PrivateSigstore) -> Witnessed:
    return Witnessed(scene=scene, sigstore=sigstore, pki=PrivatePki())


@pytest.fixture(scope="session")
def begun(tmp_path_factory: pytest.TempPathFactory, people: dict[str, Person]) -> Iterator[Begun]:
    """A registry in which a model has a log, made once by the real program."""
    folder = tmp_path_factory.mktemp("begun")
    with pytest.MonkeyPatch.context() as patch, FakeRegistry() as fake:
        for name in os.environ:
            if name.startswith("ATTEST_") and name not in {record.RECORD, record.COPY}:
                patch.delenv(name)
        patch.setenv("ATTEST_HOME", str(folder / "home"))
        patch.setenv("DOCKER_CONFIG", str(folder / "docker"))
        patch.chdir(folder)
        logged = Logged(
            scene=Scene(folder=folder, fake=fake, alice=people["alice"], mallory=people["mallory"]), bob=people["bob"]
        )
        logged.begin()
        patch.undo()
        yield Begun.of(logged)


@pytest.fixture
def logged(scene: Scene, begun: Begun, people: dict[str, Person]) -> Iterator[Logged]:
    """A host, and a registry of the attacker's in which a model has a log."""
    found = begun.again(scene.folder, people["alice"], people["bob"], people["mallory"])
    yield found
    found.close()
