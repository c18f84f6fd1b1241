from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.interop import witnesses
from tests.interop.tools import ROOT, Person, settle, succeed
from tests.services.docker_registry import docker_registry  # noqa: F401  # fixture
from tests.services.go_sigstore.instance import go_sigstore  # noqa: F401  # fixture
from tests.services.olareg import olareg  # noqa: F401  # fixture

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

BUNDLES = {"model-signature", "provenance", "ml-bom", "cosign-signature"}


SHOWN = pytest.StashKey[witnesses.Shown]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[SHOWN] = witnesses.Shown()
    witnesses.configure(config)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    report = yield
    if report.when == "call" and report.passed:
        item.config.stash[SHOWN].add(item)
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    shown = config.stash[SHOWN]
    if shown.rows:
        terminalreporter.section("who verified what")
        for line in witnesses.lines(shown):
            terminalreporter.write_line(line)


@dataclass(frozen=True, kw_only=True, slots=True)
class Published:
    """A version in its signer's own store."""

    person: Person
    folder: Path
    model: str
    digest: str
    bundles: dict[str, Path]

    @property
    def reference(self) -> str:
        return f"{self.model}:1"

    @property
    def layout(self) -> Path:
        return self.person.layout(self.model)


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Small models of every shape, a folder each."""
    folder = tmp_path_factory.mktemp("models")
    succeed(sys.executable, ROOT / "fixtures" / "make_models.py", folder)
    return folder


@pytest.fixture(scope="session")
def alice(tmp_path_factory: pytest.TempPathFactory) -> Person:
    return settle(tmp_path_factory.mktemp("alice"))


@pytest.fixture(scope="session")
def mallory(tmp_path_factory: pytest.TempPathFactory) -> Person:
    return settle(tmp_path_factory.mktemp("mallory"))


@pytest.fixture(scope="session")
def published(alice: Person, models: Path) -> Published:
    """A folder whose names sort differently as text and as paths, with its four bundles; tests only read it."""
    digest = alice.push(models / "nested", "demo/nested", "--licence", "Apache-2.0", "--metric", "auc=0.9")
    bundles = alice.export("demo/nested:1", "exported")
    assert set(bundles) == BUNDLES
    return Published(person=alice, folder=models / "nested", model="demo/nested", digest=digest, bundles=bundles)


@pytest.fixture
def newcomer(tmp_path: Path, published: Published) -> Person:
    """Somebody with an empty store, who was given the signer's public key."""
    person = Person(home=tmp_path / "newcomer")
    person.public.parent.mkdir(parents=True)
    person.public.write_bytes(published.person.public.read_bytes())
    person.layout(published.model).parent.mkdir(parents=True)
    return person
