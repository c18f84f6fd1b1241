"""Push and pull over HTTP, against oras-py's own push and its pull, which checks nothing.

Ours is the whole of `attest push`: hashing, four signed claims, our own verification, upload; and the whole of
`attest pull`: verification, download, every byte hashed, files safely on the disk before they have their names.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench.keys import key_pair
from tests.bench.models import four_large_files
from tests.bench.peers import NO_REGISTRY
from tests.bench.rows import Row
from tests.bench.running import paired

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.bench.running import Run, Setting

_PUSH, _PULL = 0.6, 0.65
_MEMORY = 150_000_000


def measure(setting: Setting) -> Iterator[Row]:
    """Four large files there and back."""
    if shutil.which("docker-registry") is None:
        yield Row.skipped("attest push and pull : oras-py", NO_REGISTRY)
        return
    model, what = four_large_files(setting)
    pushes = paired(
        lambda: _with_registry(setting, lambda host: _push_ours(setting, model, host)),
        lambda: _with_registry(setting, lambda host: _push_oras(setting, model, host)),
        rounds=setting.rounds(5),
        warm=True,
    )
    yield Row.against(f"attest push of {what} in 4 files : oras-py push", pushes, limit=_PUSH)
    yield Row.memory("  its peak memory", pushes, limit=_MEMORY)
    pulls: list[tuple[Run, Run]] = []

    def pull_from(host: str) -> Run:
        _push_ours(setting, model, host)
        run = _push_oras(setting, model, host)
        pulls.extend(
            paired(
                lambda: _pulled(setting, lambda folder: _pull_ours(setting, host, folder)),
                lambda: _pulled(setting, lambda folder: _pull_oras(setting, host, folder)),
                rounds=setting.rounds(7),
                warm=True,
            )
        )
        return run

    _with_registry(setting, pull_from)
    yield Row.against("attest pull, verified : oras-py pull, unverified", pulls, limit=_PULL)
    yield Row.memory("  its peak memory", pulls, limit=_MEMORY)


def _push_ours(setting: Setting, model: Path, host: str) -> Run:
    return setting.attest("push", model, f"{host}/ours/model:1", "--key", key_pair(setting).private)


def _push_oras(setting: Setting, model: Path, host: str) -> Run:
    return setting.child("oras_client.py", "push", f"{host}/theirs/model:1", cwd=model)


def _pull_ours(setting: Setting, host: str, folder: Path) -> Run:
    return setting.attest("pull", f"{host}/ours/model:1", folder, "--key", key_pair(setting).public)


def _pull_oras(setting: Setting, host: str, folder: Path) -> Run:
    return setting.child("oras_client.py", "pull", f"{host}/theirs/model:1", folder)


def _with_registry(setting: Setting, action: Callable[[str], Run]) -> Run:
    """Do it with a registry that was just started and is empty: what a blob costs depends on whether it is there."""
    from tests.services.docker_registry import running

    with tempfile.TemporaryDirectory(dir=setting.folder) as root, running(Path(root)) as registry:
        os.sync()
        return action(registry.host)


def _pulled(setting: Setting, pull: Callable[[Path], Run]) -> Run:
    """Into a new folder, with no earlier run's bytes still on their way to the disk."""
    with tempfile.TemporaryDirectory(dir=setting.folder) as parent:
        os.sync()
        return pull(Path(parent) / "model")
