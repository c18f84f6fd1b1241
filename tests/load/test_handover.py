"""What a command is started on comes from the store, for this start, and goes when the command has ended."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from attest.errors import InputError, Refusal
from attest.load.cache import cached
from attest.load.handover import hand_over, sweep
from attest.load.materialise import remove
from attest.model.manifest import FileKind
from attest_registry.errors import ContentMismatch
from tests.load.conftest import FILES, PICKLE, Admit, contents, flip, stored_blob

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "cache"
    remove(tmp_path / "cache")


def test_the_copy_holds_the_signed_files_read_only(make: Admit, cache: Path) -> None:
    folder = hand_over(make(), cache=cache)
    assert contents(folder) == FILES
    assert {path.stat().st_mode & 0o222 for path in (folder, *folder.rglob("*"))} == {0}
    assert [path.name for path in folder.parent.iterdir()] == ["model"]


def test_each_start_has_its_own(make: Admit, cache: Path) -> None:
    admission = make()
    assert hand_over(admission, cache=cache) != hand_over(admission, cache=cache)
    assert len(list((cache / "handover").iterdir())) == 2


@pytest.mark.parametrize("path", sorted(FILES))
def test_a_damaged_store_stops_the_start_though_the_cache_has_a_good_copy(
    make: Admit, cache: Path, tmp_path: Path, path: str
) -> None:
    admission = make()
    cached(admission, cache=cache)
    hand_over(admission, cache=cache)
    flip(stored_blob(tmp_path, admission, path))
    with pytest.raises(ContentMismatch) as caught:
        hand_over(admission, cache=cache)
    assert (caught.value.code, caught.value.exit_status) == ("digest-mismatch", 3)
    assert len(list((cache / "handover").iterdir())) == 1


def test_code_that_the_bom_calls_harmless_is_not_handed_over(make: Admit, cache: Path) -> None:
    admission = make({**FILES, "notes.json": PICKLE}, said={"notes.json": FileKind.JSON})
    with pytest.raises(Refusal) as caught:
        hand_over(admission, cache=cache)
    assert caught.value.code == "code-bearing-file"
    assert not list((cache / "handover").iterdir())


def test_a_cache_that_others_can_write_to_is_refused(make: Admit, cache: Path) -> None:
    cache.mkdir()
    cache.chmod(0o770)
    with pytest.raises(InputError) as caught:
        hand_over(make(), cache=cache)
    assert caught.value.code == "cache-not-private"


def test_copies_of_ended_processes_go_and_those_in_use_stay(make: Admit, cache: Path) -> None:
    folder = hand_over(make(), cache=cache)
    ended = cache / "handover" / "1-1-dead"
    (ended / "model").mkdir(parents=True)
    (ended / "model" / "file").write_text("x")
    (ended / "model").chmod(0o555)
    sweep(cache)
    assert not ended.exists()
    assert contents(folder) == FILES


def test_a_copy_stays_while_a_child_of_an_ended_command_holds_it(cache: Path) -> None:
    held = cache / "handover" / "1-1-orphan"
    held.mkdir(parents=True)
    code = (
        "import fcntl, os, sys; handle = os.open(sys.argv[1], os.O_RDONLY); fcntl.flock(handle, fcntl.LOCK_SH)\n"
        "print(1, flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(held)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        sweep(cache)
        assert held.is_dir()
        child.communicate(b"\n", timeout=30)
    sweep(cache)
    assert not held.exists()


def test_links_in_the_place_of_copies_are_not_followed(cache: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (cache / "handover").mkdir(parents=True)
    (cache / "handover" / "1-1-link").symlink_to(tmp_path / "mine")
    sweep(cache)
    assert (tmp_path / "mine").is_dir()
    assert os.path.lexists(cache / "handover" / "1-1-link")
