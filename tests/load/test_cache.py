"""The cache is believed nothing: what it hands out was read, every byte of it, just before."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from attest.errors import InputError, Refusal, Tampered
from attest.load.cache import cached, entries
from attest.load.folder import check_folder
from attest.load.materialise import materialise, remove
from attest.model.manifest import FileKind
from attest.policy.document import policy_for_keys
from attest.progress import SILENT
from attest_registry.errors import ContentMismatch, StoreRefused
from tests.load.conftest import FILES, PICKLE, Admit, contents, flip, stored_blob

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from attest.admit import Admission


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "cache"
    remove(tmp_path / "cache")


class Unused:
    """A store that nobody should ask."""

    def open_blob(self, *_: Any, **__: Any) -> Any:
        pytest.fail("the store was asked although the cache has it")


def without_store(admission: Admission) -> Admission:
    return replace(admission, repository=Unused())


def writable(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o700 if path.is_dir() else 0o600)


def test_an_entry_is_read_only_and_holds_the_signed_files(make: Admit, cache: Path) -> None:
    admission = make()
    entry = cached(admission, cache=cache)
    assert entry == cache / "models" / "sha256" / admission.artefact.digest.hex
    assert contents(entry) == FILES
    modes = {path.stat().st_mode & 0o777 for path in entry.rglob("*") if path.is_file()}
    assert modes == {0o444}
    assert {path.stat().st_mode & 0o777 for path in (entry, entry / "tokenizer")} == {0o555}
    assert list(entries(cache)) == [(admission.artefact.digest, entry)]


def test_a_second_use_does_not_ask_the_store(make: Admit, cache: Path) -> None:
    admission = make()
    assert cached(admission, cache=cache) == cached(without_store(admission), cache=cache)


def test_every_use_reads_every_byte(make: Admit, cache: Path) -> None:
    admission = make()
    cached(admission, cache=cache)
    read: dict[str, int] = {}

    class Watch:
        def task(self, verb: str, name: str, total: int) -> Any:
            import contextlib

            @contextlib.contextmanager
            def told() -> Iterator[Callable[[int], None]]:
                def advance(count: int) -> None:
                    read[name] = read.get(name, 0) + count

                assert verb == "checking"
                yield advance

            return told()

    cached(without_store(admission), cache=cache, progress=Watch())
    assert read == {path: len(data) for path, data in FILES.items()}


def _flip(entry: Path) -> None:
    flip(entry / "model.safetensors", at=-1)


def _flip_keeping_times(entry: Path) -> None:
    before = (entry / "config.json").stat()
    flip(entry / "config.json")
    os.utime(entry / "config.json", ns=(before.st_atime_ns, before.st_mtime_ns))


def _truncate(entry: Path) -> None:
    os.truncate(entry / "model.safetensors", 10)


def _add(entry: Path) -> None:
    (entry / "adapter_config.json").write_text("{}")


def _add_hidden_folder(entry: Path) -> None:
    (entry / "__pycache__").mkdir()


def _remove(entry: Path) -> None:
    (entry / "config.json").unlink()


def _link(entry: Path) -> None:
    (entry / "config.json").unlink()
    (entry / "config.json").symlink_to("/etc/passwd")


def _link_to_same_bytes(entry: Path) -> None:
    (entry / "config.json").rename(entry.parent.parent / "moved.json")
    (entry / "config.json").symlink_to(entry.parent.parent / "moved.json")


def _second_name(entry: Path) -> None:
    os.link(entry / "config.json", entry.parent.parent / "second.json")


def _fifo(entry: Path) -> None:
    (entry / "config.json").unlink()
    os.mkfifo(entry / "config.json")


def _linked_folder(entry: Path) -> None:
    (entry / "tokenizer").rename(entry.parent.parent / "moved")
    (entry / "tokenizer").symlink_to(entry.parent.parent / "moved")


def _swapped_names(entry: Path) -> None:
    first, second = (entry / "config.json").read_bytes(), (entry / "tokenizer/vocab.json").read_bytes()
    (entry / "config.json").write_bytes(second)
    (entry / "tokenizer/vocab.json").write_bytes(first)


def _whole_entry_is_a_link(entry: Path) -> None:
    entry.rename(entry.parent.parent / "other")
    entry.symlink_to(entry.parent.parent / "other")


def _whole_entry_is_a_file(entry: Path) -> None:
    remove(entry)
    entry.write_text("x")


DAMAGE = [
    (_flip, "tampered"),
    (_flip_keeping_times, "tampered"),
    (_truncate, "tampered"),
    (_swapped_names, "tampered"),
    (_second_name, "tampered"),
    (_add, "file-not-signed"),
    (_add_hidden_folder, "file-not-signed"),
    (_remove, "file-missing"),
    (_link, "file-not-signed"),
    (_link_to_same_bytes, "file-not-signed"),
    (_fifo, "file-not-signed"),
    (_linked_folder, "file-not-signed"),
    (_whole_entry_is_a_link, "file-unreadable"),
    (_whole_entry_is_a_file, "file-unreadable"),
]


@pytest.mark.parametrize(("damage", "code"), DAMAGE)
def test_a_damaged_entry_is_noticed_moved_aside_and_fetched_again(
    make: Admit, cache: Path, damage: Callable[[Path], None], code: str, caplog: pytest.LogCaptureFixture
) -> None:
    admission = make()
    entry = cached(admission, cache=cache)
    writable(entry)
    damage(entry)
    with pytest.raises(Tampered) as caught:
        check_folder(entry, admission.artefact, policy=admission.policy, progress=SILENT)
    assert (caught.value.code, caught.value.exit_status) == (code, 3)
    assert cached(admission, cache=cache) == entry
    assert contents(entry) == FILES
    assert not entry.is_symlink()
    assert "is damaged" in caplog.text
    assert cached(without_store(admission), cache=cache) == entry


def test_a_damaged_entry_with_a_damaged_store_is_refused(make: Admit, cache: Path, tmp_path: Path) -> None:
    admission = make()
    entry = cached(admission, cache=cache)
    writable(entry)
    _flip(entry)
    flip(stored_blob(tmp_path, admission, "model.safetensors"))
    with pytest.raises(ContentMismatch) as caught:
        cached(admission, cache=cache)
    assert caught.value.code == "digest-mismatch"
    assert not entry.exists()
    assert not list(entry.parent.iterdir())
    assert (cache / "damaged" / entry.name).is_dir()


def test_damaging_an_entry_twice_keeps_the_later_copy(make: Admit, cache: Path) -> None:
    admission = make()
    for extra in ("one.json", "two.json"):
        entry = cached(admission, cache=cache)
        writable(entry)
        (entry / extra).write_text("{}")
        cached(admission, cache=cache)
    assert "two.json" in contents(cache / "damaged" / entry.name)
    assert len(list((cache / "damaged").iterdir())) == 1


def test_a_stricter_policy_refuses_what_the_cache_already_has(make: Admit, cache: Path) -> None:
    admission = make({**FILES, "scaler.pkl": PICKLE}, allow_code=("scaler.pkl",))
    cached(admission, cache=cache)
    strict = replace(without_store(admission), policy=policy_for_keys(admission.policy.keys))
    with pytest.raises(Refusal) as caught:
        cached(strict, cache=cache)
    assert caught.value.code == "code-bearing-file"


def test_code_that_the_bom_calls_harmless_gets_no_entry(make: Admit, cache: Path) -> None:
    admission = make({**FILES, "notes.json": PICKLE}, said={"notes.json": FileKind.JSON})
    with pytest.raises(Refusal) as caught:
        cached(admission, cache=cache)
    assert caught.value.code == "code-bearing-file"
    assert list(entries(cache)) == []


@pytest.mark.parametrize("part", [".", "models", "models/sha256", "damaged"])
def test_a_cache_that_others_can_write_to_is_refused(make: Admit, cache: Path, part: str) -> None:
    admission = make()
    cached(admission, cache=cache)
    (cache / part).chmod(0o777)
    with pytest.raises(InputError) as caught:
        cached(admission, cache=cache)
    assert caught.value.code == "cache-not-private"
    (cache / part).chmod(0o700)


@pytest.mark.parametrize("part", ["", "config.json", "tokenizer"])
def test_an_entry_that_others_can_write_to_is_fetched_again(make: Admit, cache: Path, part: str) -> None:
    """Whoever could still write to it would swap its bytes after they were checked."""
    admission = make()
    entry = cached(admission, cache=cache)
    (entry / part).chmod(0o777)
    assert cached(admission, cache=cache) == entry
    assert not (entry / part).stat().st_mode & 0o022
    assert contents(entry) == FILES


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_an_entry_with_somebody_elses_file_is_fetched_again(make: Admit, cache: Path) -> None:
    admission = make()
    entry = cached(admission, cache=cache)
    os.chown(entry / "config.json", 65534, 65534)
    cached(admission, cache=cache)
    assert (entry / "config.json").stat().st_uid == os.geteuid()


def test_an_entry_that_others_can_write_to_is_refused_where_the_store_has_nothing_better(
    make: Admit, cache: Path, tmp_path: Path
) -> None:
    admission = make()
    (cached(admission, cache=cache) / "config.json").chmod(0o666)
    flip(stored_blob(tmp_path, admission, "config.json"))
    with pytest.raises(ContentMismatch) as refused:
        cached(admission, cache=cache)
    assert refused.value.code == "digest-mismatch"


def test_a_linked_part_of_the_cache_is_refused(make: Admit, cache: Path, tmp_path: Path) -> None:
    cache.mkdir()
    (tmp_path / "elsewhere").mkdir()
    (cache / "models").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError) as caught:
        cached(make(), cache=cache)
    assert caught.value.code == "cache-not-private"


def test_a_cache_below_a_file_is_refused(make: Admit, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises((StoreRefused, InputError)):
        cached(make(), cache=tmp_path / "file" / "cache")


def test_threads_that_need_one_version_at_once_all_get_it(make: Admit, cache: Path) -> None:
    admission = make()
    found: list[Path] = []
    threads = [threading.Thread(target=lambda: found.append(cached(admission, cache=cache))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert found == [cache / "models" / "sha256" / admission.artefact.digest.hex] * 6
    assert contents(found[0]) == FILES


def test_a_killed_holder_of_the_lock_does_not_block_the_next(make: Admit, cache: Path) -> None:
    admission = make()
    cached(admission, cache=cache)
    lock = cache / "locks" / admission.artefact.digest.hex
    code = (
        f"import fcntl,os; h=os.open({str(lock)!r}, os.O_RDWR); fcntl.flock(h, fcntl.LOCK_EX); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", code], check=False, timeout=30)
    assert cached(admission, cache=cache).is_dir()


def test_what_is_no_entry_is_not_listed(make: Admit, cache: Path, tmp_path: Path) -> None:
    assert list(entries(cache)) == []
    entry = cached(make(), cache=cache)
    (entry.parent / ".attest-x.parts").mkdir()
    (entry.parent / ("a" * 64)).symlink_to(tmp_path)
    (entry.parent / ("b" * 64)).write_text("")
    assert [path for _, path in entries(cache)] == [entry]


def test_a_pulled_folder_and_a_cached_one_hold_the_same(make: Admit, cache: Path, tmp_path: Path) -> None:
    admission = make()
    assert contents(materialise(admission, tmp_path / "out")) == contents(cached(admission, cache=cache))
