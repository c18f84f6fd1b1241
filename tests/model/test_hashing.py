from __future__ import annotations

import contextlib
import hashlib
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from attest.errors import ModelError
from attest.model.hashing import hash_tree
from attest.model.manifest import FileKind
from attest.model.tree import walk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LARGE = 3 * 1024 * 1024 + 17


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "m/sub").mkdir(parents=True)
    (tmp_path / "m/empty").write_bytes(b"")
    (tmp_path / "m/small.json").write_bytes(b'{"a": 1}')
    (tmp_path / "m/sub/large.bin").write_bytes(bytes(range(256)) * (LARGE // 256) + b"end")
    (tmp_path / "m/sub/other.bin").write_bytes(b"\xfe" * LARGE)
    return tmp_path / "m"


class Watcher:
    """Remembers what it is told, and calls back at the first block of a file."""

    def __init__(self, at_first: Callable[[str], None] = lambda _: None) -> None:
        self.totals: dict[str, int] = {}
        self.seen: dict[str, int] = {}
        self._at_first = at_first

    @contextlib.contextmanager
    def task(self, verb: str, name: str, total: int) -> Iterator[Callable[[int], None]]:
        assert verb == "hashing"
        self.totals[name] = total
        self.seen[name] = 0

        def advance(count: int) -> None:
            if not self.seen[name]:
                self._at_first(name)
            self.seen[name] += count

        yield advance


@pytest.mark.parametrize("workers", [None, 1, 3])
def test_each_file_has_the_digest_of_its_bytes(folder: Path, workers: int | None) -> None:
    manifest = hash_tree(walk(folder), workers=workers)
    assert [file.path for file in manifest.files] == ["empty", "small.json", "sub/large.bin", "sub/other.bin"]
    for file in manifest.files:
        data = (folder / file.path).read_bytes()
        assert (file.digest.hex, file.size) == (hashlib.sha256(data).hexdigest(), len(data))
    assert manifest.files[1].format.kind is FileKind.JSON


def test_progress_covers_every_byte_of_every_large_file(folder: Path) -> None:
    watcher = Watcher()
    hash_tree(walk(folder), progress=watcher)
    assert watcher.totals == watcher.seen
    assert set(watcher.totals) == {"sub/large.bin", "sub/other.bin"}


def test_roles_are_given_by_pattern_and_an_idle_one_is_said(folder: Path) -> None:
    manifest = hash_tree(walk(folder), roles={"sub/*": "prompt", "small.json": "examples", "gone/*": "x"})
    assert [file.role for file in manifest.files] == [None, "examples", "prompt", "prompt"]
    assert manifest.notices == ("no file is called gone/*, which the record gives the role x",)


def test_exclusions_and_notices_of_the_walk_are_kept(folder: Path) -> None:
    manifest = hash_tree(walk(folder, exclude=["sub", "gone"]))
    assert manifest.excluded == ("sub", "gone")
    assert len(manifest.notices) == 1


def changed(folder: Path, change: Callable[[Path], object]) -> str:
    """The error code when a file is changed at the first block that is read of it."""

    def now(name: str) -> None:
        if name == "sub/large.bin":
            change(folder / name)

    with pytest.raises(ModelError) as caught:
        hash_tree(walk(folder), progress=Watcher(now))
    assert "sub/large.bin" in caught.value.message
    return caught.value.code


def overwrite(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(2 * 1024 * 1024)
        file.write(b"X")


def append(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"X")


def replace(path: Path) -> None:
    other = path.with_name("new")
    other.write_bytes(path.read_bytes())
    other.replace(path)


def truncate(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(1024 * 1024)


@pytest.mark.parametrize(
    "change", [overwrite, append, replace, truncate, Path.unlink], ids=lambda change: change.__name__
)
def test_a_file_that_changes_while_it_is_hashed_is_refused(folder: Path, change: Callable[[Path], object]) -> None:
    assert changed(folder, change) == "file-changed"


def _refused(folder: Path) -> str | None:
    """Why the folder cannot be hashed now; on a busy machine the writer may not have its turn meanwhile."""
    try:
        hash_tree(walk(folder))
    except ModelError as error:
        return error.code
    return None


def test_a_file_that_a_thread_keeps_rewriting_is_refused_again_and_again(folder: Path) -> None:
    stop = threading.Event()
    path = folder / "sub/large.bin"

    def rewrite() -> None:
        turn = 0
        with path.open("r+b", buffering=0) as file:
            while not stop.wait(0.001):
                turn += 1
                file.seek(turn * 4096 % LARGE // 2)
                file.write(turn.to_bytes(8, "big"))

    writer = threading.Thread(target=rewrite)
    writer.start()
    try:
        codes = [code for _ in range(100) if (code := _refused(folder)) is not None][:5]
    finally:
        stop.set()
        writer.join()
    assert codes == ["file-changed"] * 5


@pytest.mark.parametrize("name", ["small.json", "sub/large.bin"])
def test_a_file_that_grew_since_the_walk_is_refused(folder: Path, name: str) -> None:
    tree = walk(folder)
    append(folder / name)
    with pytest.raises(ModelError) as caught:
        hash_tree(tree)
    assert caught.value.code == "file-changed"


def test_a_file_that_vanished_since_the_walk_is_refused(folder: Path) -> None:
    tree = walk(folder)
    (folder / "small.json").unlink()
    with pytest.raises(ModelError) as caught:
        hash_tree(tree)
    assert caught.value.code == "file-changed"


def test_ctrl_c_ends_the_threads(folder: Path) -> None:
    def press(_: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        hash_tree(walk(folder), progress=Watcher(press))
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("hash")]
