from __future__ import annotations

import pytest

from tests.verify.evidence import Person, Version


@pytest.fixture(scope="session")
def alice() -> Person:
    return Person.named("alice.pub")


@pytest.fixture(scope="session")
def mallory() -> Person:
    return Person.named("mallory.pub")


@pytest.fixture(scope="session")
def version() -> Version:
    return Version.of()
