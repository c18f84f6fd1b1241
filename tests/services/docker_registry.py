"""Debian's `docker-registry` (CNCF Distribution 2.8) as a fixture: plain, with htpasswd, with TLS.

It has no referrers API and ignores conditional writes, so it is what the referrers tag schema is tried against.
"""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.services.certificates import make_certificates

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROGRAM = "docker-registry"
USER, PASSWORD = "alice", "s3cret-pass"
_START_SECONDS = 10.0


@dataclass(frozen=True, kw_only=True, slots=True)
class DockerRegistry:
    """A running registry: its host with port, its folder, and the authority of its certificate."""

    host: str
    root: Path
    ca_file: Path | None = None


@contextlib.contextmanager
def running(root: Path, *, login: bool = False, tls: bool = False) -> Iterator[DockerRegistry]:
    program = shutil.which(PROGRAM)
    if program is None:
        pytest.skip(f"{PROGRAM} is not installed here: apt-get install docker-registry")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    host = f"127.0.0.1:{port}"
    certificates = make_certificates(root) if tls else None
    lines = [
        "version: 0.1",
        "log: {accesslog: {disabled: true}, level: error}",
        f"storage: {{filesystem: {{rootdirectory: {root}/reg}}, delete: {{enabled: true}}}}",
        f"http: {{addr: {host}}}"
        if certificates is None
        else f"http: {{addr: {host}, tls: {{certificate: {certificates.certificate}, key: {certificates.key}}}}}",
    ]
    if login:
        htpasswd = shutil.which("htpasswd")
        if htpasswd is None:
            pytest.skip("htpasswd is not installed here: apt-get install apache2-utils")
        hashed = subprocess.run([htpasswd, "-Bbn", USER, PASSWORD], capture_output=True, check=True).stdout
        (root / "htpasswd").write_bytes(hashed)
        lines.append(f"auth: {{htpasswd: {{realm: r, path: {root}/htpasswd}}}}")
    (root / "config.yml").write_text("\n".join(lines) + "\n")
    with (root / "registry.log").open("wb") as log:
        process = subprocess.Popen([program, "serve", str(root / "config.yml")], stdout=log, stderr=log)
        try:
            _wait_for(port, process)
            yield DockerRegistry(host=host, root=root, ca_file=certificates.authority if certificates else None)
        finally:
            process.terminate()
            process.wait(timeout=10)


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.02)
    pytest.fail(f"{PROGRAM} did not start")


@pytest.fixture(scope="session")
def docker_registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DockerRegistry]:
    with running(tmp_path_factory.mktemp("docker-registry")) as registry:
        yield registry


@pytest.fixture(scope="session")
def docker_registry_with_login(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DockerRegistry]:
    with running(tmp_path_factory.mktemp("docker-registry-login"), login=True) as registry:
        yield registry


@pytest.fixture(scope="session")
def docker_registry_with_tls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DockerRegistry]:
    with running(tmp_path_factory.mktemp("docker-registry-tls"), tls=True) as registry:
        yield registry
