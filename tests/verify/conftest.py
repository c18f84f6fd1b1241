from __future__ import annotations

import pytest

from tests.verify.evidence import Person, Version
from tests.verify.private_sigstore import PrivateSigstore


@pytest.fixture(scope="session")
def alice() -> Person:
    return Person.named("alice")


@pytest.fixture(scope="session")
def mallory() -> Person:
    return Person.named("mallory")


@pytest.fixture(scope="session")
def version() -> Version:
    return Version.of()


@pytest.fixture(scope="session")
def instance() -> PrivateSigstore:
    return PrivateSigstore()
