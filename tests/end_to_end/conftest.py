"""Shells in front of each store that a person may use."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.shell import Shell
from tests.services.docker_registry import PASSWORD, USER, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WEIGHTS = (
    b"\x40\x00\x00\x00\x00\x00\x00\x00"
    + b'{"w":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}'.ljust(64)
    + b"w" * 16
)


@dataclass(frozen=True, kw_only=True)
class Place:
    """A store as a person sees it.

    Args:
        shell: the person.
        prefix: what stands in front of a model's name.
        blobs: folder below which the store keeps blobs.
    """

    shell: Shell
    prefix: str
    blobs: Path

    def name(self, model: str) -> str:
        return f"{self.prefix}{model}"

    def flip_last_byte(self, content: bytes) -> None:
        """Change one byte of a blob where the store keeps it."""
        for path in sorted(self.blobs.rglob("*")):
            if path.is_file() and path.stat().st_size == len(content) and path.read_bytes() == content:
                path.chmod(0o644)
                path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
                return
        pytest.fail("the blob is not where the store was expected to keep it")


def make_model(folder: Path) -> Path:
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(WEIGHTS)
    (folder / "config.json").write_text('{"model_type": "mlp"}\n')
    (folder / "README.md").write_text("# A model\n")
    return folder


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    make_model(tmp_path / "model")
    return Shell(folder=tmp_path)


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two key pairs, `K` and `other`, made once."""
    person = Shell(folder=tmp_path_factory.mktemp("keys"))
    for name in ("K", "other"):
        person.attest("keygen", "--out", name)
    return person.folder


@pytest.fixture
def keyed(shell: Shell, keys: Path) -> Shell:
    """A person with a model and two key pairs."""
    for name in ("K", "other"):
        shutil.copytree(keys / name, shell.folder / name)
    return shell


@pytest.fixture(params=["embedded", "registry", "registry-with-login"])
def place(request: pytest.FixtureRequest, tmp_path: Path, shell: Shell) -> Iterator[Place]:
    if request.param == "embedded":
        yield Place(shell=shell, prefix="", blobs=tmp_path / "home/store/.pool")
        return
    login = request.param == "registry-with-login"
    root = tmp_path / "registry"
    root.mkdir()
    with running(root, login=login) as registry:
        if login:
            shell.attest("login", registry.host, "-u", USER, "--password-stdin", given=PASSWORD)
        yield Place(shell=shell, prefix=f"{registry.host}/", blobs=root / "reg")
