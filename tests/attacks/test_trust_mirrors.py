"""Rows 48 and 56: whom to believe, from a mirror that is not the operator's, or a cache that somebody wrote to."""

from __future__ import annotations

import copy
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from attest.signing import services
from attest.trust.tuf_mirror import TRUSTED_ROOT
from tests.services.patience import PATIENT
from tests.services.tuf_server import Repository, TufServer
from tests.verify.private_sigstore import PrivateSigstore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.attacks.scene import Scene


def _root(instance: PrivateSigstore, **more: Any) -> bytes:
    return json.dumps(copy.deepcopy(instance.root_document()) | more).encode()


@pytest.fixture
def mirror(scene: Scene, sigstore: PrivateSigstore, monkeypatch: pytest.MonkeyPatch) -> Iterator[TufServer]:
    """The operator's; its root.json lies in the host's home."""
    monkeypatch.setattr(services, "PATIENCE", PATIENT)
    with TufServer(Repository.make({TRUSTED_ROOT: _root(sigstore)})) as server:
        (scene.folder / "home").mkdir(exist_ok=True)
        (scene.folder / "home/root.json").write_bytes(server.repository.root)
        yield server


def _fetch(scene: Scene, mirror: TufServer, *more: str) -> tuple[str, ...]:
    return ("trust", "fetch", "--mirror", mirror.url, "--root", str(scene.folder / "home/root.json"), *more)


def _pinned(scene: Scene) -> Path:
    return scene.folder / "home/trusted_root.json"


def _refused(scene: Scene, *words: str, code: str, status: int) -> None:
    """And what was pinned stays."""
    before = _pinned(scene).read_bytes()
    scene.attack(*words, code=code, status=status)
    assert _pinned(scene).read_bytes() == before


def test_a_mirror_that_goes_back(scene: Scene, mirror: TufServer, sigstore: PrivateSigstore) -> None:
    """An older state, in which a key that was stolen since still counts."""
    scene.honest(*_fetch(scene, mirror))
    old = dict(mirror.repository.files)
    mirror.repository.publish({TRUSTED_ROOT: _root(sigstore, timestampAuthorities=[])})
    scene.honest(*_fetch(scene, mirror, "--yes"))
    mirror.repository.files.update({name: old[name] for name in ("/timestamp.json",)})
    _refused(scene, *_fetch(scene, mirror, "--yes"), code="tuf-rolled-back", status=4)


def test_a_mirror_that_stands_still(scene: Scene, mirror: TufServer, sigstore: PrivateSigstore) -> None:
    scene.honest(*_fetch(scene, mirror))
    mirror.repository.publish({TRUSTED_ROOT: _root(sigstore)}, lives={"timestamp": timedelta(days=-1)})
    _refused(scene, *_fetch(scene, mirror, "--yes"), code="tuf-expired", status=4)


def test_a_mirror_by_other_keys(scene: Scene, mirror: TufServer) -> None:
    """At the same address, whole, and everybody else's: nothing is trusted because it was first."""
    scene.honest(*_fetch(scene, mirror))
    mirror.repository = Repository.make({TRUSTED_ROOT: _root(PrivateSigstore())})
    _refused(scene, *_fetch(scene, mirror, "--yes"), code="tuf-not-trusted", status=4)


def test_a_mirror_that_nobody_vouches_for(scene: Scene, mirror: TufServer) -> None:
    scene.honest(*_fetch(scene, mirror))
    _refused(scene, "trust", "fetch", "--mirror", mirror.url, "--yes", code="tuf-root-missing", status=2)


def test_a_target_that_was_exchanged(scene: Scene, mirror: TufServer) -> None:
    """The file lies there under the name of the signed digest."""
    scene.honest(*_fetch(scene, mirror))
    for folder in (scene.folder / "home").rglob("targets"):
        for file in folder.iterdir():
            file.unlink()
    (name,) = (name for name in mirror.repository.files if name.endswith(f".{TRUSTED_ROOT}"))
    size = len(mirror.repository.files[name])
    mirror.repository.files[name] = _root(PrivateSigstore()).ljust(size)[:size]
    _refused(scene, *_fetch(scene, mirror, "--yes"), code="tuf-other-content", status=4)


def test_a_target_outside_of_its_folder(scene: Scene, mirror: TufServer, sigstore: PrivateSigstore) -> None:
    """cosign #4660: a name in signed metadata was a path. Here two names are asked for, and both are ours."""
    scene.honest(*_fetch(scene, mirror))
    evil = "../../../../started"
    mirror.repository.publish({TRUSTED_ROOT: _root(sigstore), evil: b"x", "other.json": b"{}"})
    before = {path for path in scene.folder.rglob("*") if path.name == "started"}
    asked = len(mirror.asked)
    assert scene.run(*_fetch(scene, mirror, "--yes")).status == 0
    found = {path for path in scene.folder.rglob("*") if path.name == "started"} - before
    seen = [path for path in mirror.asked[asked:] if "started" in path or "other.json" in path]
    scene.harmless(not found and not seen, why="nobody asks for it")


def test_a_cached_root_that_was_exchanged(scene: Scene, mirror: TufServer, sigstore: PrivateSigstore) -> None:
    """TOB-SIGSTORE-10: what lies in the cache of an earlier refresh is no more believed than the mirror."""
    scene.honest(*_fetch(scene, mirror))
    for file in (scene.folder / "home").rglob(f"*{TRUSTED_ROOT}"):
        if file != _pinned(scene):
            file.write_bytes(_root(PrivateSigstore()).ljust(file.stat().st_size)[: file.stat().st_size])
    outcome = scene.run(*_fetch(scene, mirror, "--yes"))
    same = _pinned(scene).read_bytes() == _root(sigstore)
    scene.harmless(outcome.status == 0 and same, why="fetched again")


def test_a_change_that_nobody_has_seen(scene: Scene, mirror: TufServer) -> None:
    """Even the operator's own mirror does not change whom this host believes without somebody's yes."""
    scene.honest(*_fetch(scene, mirror))
    mirror.repository.publish({TRUSTED_ROOT: _root(PrivateSigstore())})
    _refused(scene, *_fetch(scene, mirror), code="trust-not-confirmed", status=2)
