"""olareg, a small registry that has the referrers API, as a fixture; tests/interop/install.sh builds it."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from tests.interop.tools import program
from tests.services.go_sigstore.program import free_ports, started

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextlib.contextmanager
def running(folder: Path) -> Iterator[str]:
    """Its host with port, until the end of the block."""
    (port,) = free_ports(1)
    (folder / "registry").mkdir()
    command = (program("olareg"), "serve", "--addr", "127.0.0.1", "--port", str(port), "--dir", folder / "registry")
    with started("olareg", *command, folder=folder) as registry:
        registry.wait_for(f"http://127.0.0.1:{port}/v2/")
        yield f"127.0.0.1:{port}"


@pytest.fixture(scope="session")
def olareg(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running(tmp_path_factory.mktemp("olareg")) as host:
        yield host
