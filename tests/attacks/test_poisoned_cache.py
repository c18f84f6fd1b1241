"""Row 24: the cache was written to by somebody else (Ollama took a name in its cache for the content)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.attacks.pulled_files import overwrite
from tests.attacks.release import FILES, weights

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.attacks.scene import Scene

OTHER = weights(b"x")


def _swap_file(entry: Path) -> None:
    overwrite(entry / "model.safetensors", OTHER)


def _plant(entry: Path) -> None:
    (entry / "adapter_config.json").write_text("{}")


def _plant_deep(entry: Path) -> None:
    (entry / "__pycache__").mkdir()
    (entry / "__pycache__/x.pyc").write_bytes(b"x")


def _take_away(entry: Path) -> None:
    (entry / "README.md").unlink()


def _cut(entry: Path) -> None:
    overwrite(entry / "model.safetensors", OTHER[:-1])


ACTS = [_swap_file, _plant, _plant_deep, _take_away, _cut]


def _cached(scene: Scene) -> tuple[str, Path]:
    reference = scene.served()
    scene.honest_pull(reference)
    assert scene.load(reference) == FILES
    (entry,) = (scene.folder / "home/cache/models/sha256").iterdir()
    entry.chmod(0o700)
    return reference, entry


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.__name__.strip("_"))
def test_what_is_handed_out_is_what_was_signed(scene: Scene, act: Callable[[Path], None]) -> None:
    """The damaged copy is put aside and the version is fetched again."""
    reference, entry = _cached(scene)
    act(entry)
    scene.harmless(scene.load(reference) == FILES, why="fetched again")
    assert (scene.folder / "home/cache/damaged" / entry.name).is_dir()


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.__name__.strip("_"))
def test_with_the_registry_against_us_too(scene: Scene, act: Callable[[Path], None]) -> None:
    reference, entry = _cached(scene)
    act(entry)
    for key in [key for key, data in scene.fake.blobs.items() if data == FILES["model.safetensors"]]:
        scene.fake.blobs[key] = OTHER
    scene.refused_load(reference, code="digest-mismatch", status=3)


@pytest.mark.parametrize("part", ["", "models", "models/sha256"], ids=["cache", "models", "sha256"])
def test_a_cache_that_others_may_write_to(scene: Scene, part: str) -> None:
    """What is checked there could be swapped before it is loaded (CVE-2026-4137)."""
    reference, _ = _cached(scene)
    (scene.folder / "home/cache" / part).chmod(0o777)
    scene.refused_load(reference, code="cache-not-private", status=2)


def test_a_cached_file_that_others_may_write_to(scene: Scene) -> None:
    """Right at the check is not right at the load: such a copy is put aside, and a new one is fetched."""
    reference, entry = _cached(scene)
    (entry / "model.safetensors").chmod(0o666)
    assert scene.load(reference) == FILES
    scene.harmless(not (entry / "model.safetensors").stat().st_mode & 0o022, why="fetched again")


def test_a_part_of_a_download_that_was_swapped(scene: Scene) -> None:
    """An interrupted pull leaves what it has; somebody fills it with other bytes before the next run."""
    from attest_registry.digest import Digest
    from tests.services.registry_faults import cut_after

    reference = scene.served()
    scene.honest_pull(reference)
    scene.fake.on("GET", f"/blobs/{Digest.of(FILES['model.safetensors'])}", cut_after(10), times=4)
    assert scene.run("pull", reference, "out", *scene.by_key).status == 4
    parts = [path for path in scene.folder.glob(".attest-*.parts/*.part") if path.stat().st_size]
    assert parts
    for part in parts:
        part.write_bytes(b"x" * 41)
    found = scene.honest_pull(reference)
    scene.harmless(found == FILES, why="fetched again")


def test_a_finished_part_that_was_swapped(scene: Scene) -> None:
    from attest_registry.digest import Digest
    from tests.services.registry_faults import answer

    reference = scene.served()
    scene.honest_pull(reference)
    weights_blob = Digest.of(FILES["model.safetensors"])
    config = Digest.of(FILES["config.json"])
    scene.fake.on("GET", f"/blobs/{weights_blob}", answer(503), times=4)
    assert scene.run("pull", reference, "out", *scene.by_key).status == 4
    (finished,) = scene.folder.glob(f".attest-*.parts/{config.hex}")
    overwrite(finished, b'{"model_type": "bad"}\n')
    found = scene.honest_pull(reference)
    scene.harmless(found == FILES, why="fetched again")
