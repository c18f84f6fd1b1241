"""Pulling: all of it or nothing, and nothing that the policy did not allow."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from attest.admit import Admission
from attest.errors import InputError, ModelError, Refusal
from attest.load.materialise import materialise
from attest.model.manifest import FileKind
from attest_registry.errors import ContentMismatch, NotFound, StoreRefused, Unreachable
from tests.load.conftest import FILES, PICKLE, WEIGHTS, Admit, contents, flip, stored_blob

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from attest_registry.digest import Readable
    from attest_registry.oci.descriptor import Descriptor


def beside(target: Path) -> list[str]:
    return sorted(path.name for path in target.parent.iterdir())


def with_store(admission: Admission, repository: Any) -> Admission:
    """The same admission, with a store that misbehaves: what is admitted does not say who delivers."""
    return replace(admission, repository=repository)


class Faulty:
    """A store that is the true one, but for one fault."""

    def __init__(self, admission: Admission, fault: Any) -> None:
        self._true = admission.repository
        self._fault = fault
        self.offsets: list[int] = []

    def open_blob(self, blob: Descriptor, *, offset: int = 0) -> AbstractContextManager[Readable]:
        self.offsets.append(offset)
        return self._fault(self._true, blob, offset)  # type: ignore[no-any-return]


class Cut:
    """A source that ends early, as a lost connection does."""

    def __init__(self, source: Readable) -> None:
        self.source, self.left = source, 3_000_000

    def read(self, size: int) -> bytes:
        if not self.left:
            raise Unreachable("the store went away")
        block = self.source.read(min(size, self.left))
        self.left -= len(block)
        return block


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out" / "model"


# --- what it gives -------------------------------------------------------------------------------------------------


def test_the_folder_holds_exactly_the_signed_files(make: Admit, out: Path) -> None:
    assert materialise(make(), out) == out
    assert contents(out) == FILES
    assert beside(out) == ["model"]
    assert (out / "config.json").stat().st_mode & 0o777 == 0o666 & ~_umask()


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def test_an_empty_folder_may_be_there(make: Admit, out: Path) -> None:
    out.mkdir(parents=True)
    materialise(make(), out)
    assert contents(out) == FILES


def test_pulling_twice_checks_and_changes_nothing(make: Admit, out: Path) -> None:
    admission = make()
    materialise(admission, out)
    before = (out / "model.safetensors").stat()
    materialise(admission, out)
    assert (out / "model.safetensors").stat() == before


def test_files_of_equal_bytes_are_files_of_their_own(make: Admit, out: Path) -> None:
    files = {"a.json": b"{}", "b/c.json": b"{}", "d.json": b"{}", "empty.txt": b""}
    materialise(make(files), out)
    assert contents(out) == files
    assert all(path.stat().st_nlink == 1 for path in out.rglob("*") if path.is_file())


def test_a_code_bearing_file_that_is_named_is_pulled(make: Admit, out: Path) -> None:
    files = {**FILES, "scaler.pkl": PICKLE}
    materialise(make(files, allow_code=("scaler.pkl",)), out)
    assert contents(out) == files


def test_an_interrupted_pull_goes_on_where_it_stopped(make: Admit, out: Path) -> None:
    admission = make({"big.txt": b"0123456789abcde\n" * 400_000})

    @contextlib.contextmanager
    def cut(true: Any, blob: Descriptor, offset: int) -> Iterator[Any]:
        if offset:
            raise Unreachable("the store is gone")
        with true.open_blob(blob) as source:
            yield Cut(source)

    out.parent.mkdir()
    with pytest.raises(Unreachable):
        materialise(with_store(admission, Faulty(admission, cut)), out)
    assert not out.exists()
    assert len(beside(out)) == 1
    again = Faulty(admission, lambda true, blob, offset: true.open_blob(blob, offset=offset))
    materialise(with_store(admission, again), out)
    assert again.offsets == [3_000_000]
    assert beside(out) == ["model"]


def test_a_pull_that_was_killed_can_be_run_again(make: Admit, out: Path, tmp_path: Path) -> None:
    admission = make()
    out.parent.mkdir()
    parts = out.parent / f".attest-{admission.artefact.digest.hex[:24]}.parts"
    parts.mkdir(mode=0o700)
    (parts / admission.artefact.files[0].digest.hex).write_bytes(b"half")
    (parts / admission.artefact.files[1].digest.hex).write_bytes(FILES["model.safetensors"])
    materialise(admission, out)
    assert contents(out) == FILES
    assert beside(out) == ["model"]


# --- what it refuses -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", sorted(FILES))
def test_a_flipped_byte_in_the_store_leaves_nothing(make: Admit, out: Path, tmp_path: Path, path: str) -> None:
    admission = make()
    flip(stored_blob(tmp_path, admission, path))
    with pytest.raises(ContentMismatch) as caught:
        materialise(admission, out)
    assert caught.value.code == "digest-mismatch"
    assert caught.value.exit_status == 3
    assert beside(out) == []


@pytest.mark.parametrize("change", [b"", b"x", WEIGHTS + b"x", WEIGHTS[:-1]])
def test_a_blob_of_another_length_leaves_nothing(make: Admit, out: Path, tmp_path: Path, change: bytes) -> None:
    admission = make()
    path = stored_blob(tmp_path, admission, "model.safetensors")
    path.chmod(0o600)
    path.write_bytes(change)
    with pytest.raises(ContentMismatch) as caught:
        materialise(admission, out)
    assert caught.value.code == "digest-mismatch"
    assert beside(out) == []


def test_a_missing_blob_leaves_nothing(make: Admit, out: Path, tmp_path: Path) -> None:
    admission = make()
    stored_blob(tmp_path, admission, "config.json").unlink()
    with pytest.raises(NotFound) as caught:
        materialise(admission, out)
    assert caught.value.code == "blob-unknown"
    assert beside(out) == []


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("weights.json", PICKLE),
        ("notes.txt", PICKLE),
        ("lib.json", b"\x7fELF\x02" + bytes(99)),
    ],
)
def test_code_that_the_bom_calls_harmless_is_refused_by_its_bytes(
    make: Admit, out: Path, name: str, data: bytes
) -> None:
    admission = make({**FILES, name: data}, said={name: FileKind.JSON})
    with pytest.raises(Refusal) as caught:
        materialise(admission, out)
    assert caught.value.code == "code-bearing-file"
    assert caught.value.exit_status == 1
    assert name in caught.value.message
    assert beside(out) == []


def test_an_extra_file_in_the_target_is_not_overlooked(make: Admit, out: Path) -> None:
    admission = make()
    materialise(admission, out)
    (out / "adapter_config.json").write_text("{}")
    with pytest.raises(InputError) as caught:
        materialise(admission, out)
    assert caught.value.code == "target-not-empty"
    assert "adapter_config.json" in str(caught.value.found)
    assert (out / "adapter_config.json").exists()


def test_a_changed_file_in_the_target_is_not_overlooked(make: Admit, out: Path) -> None:
    admission = make()
    materialise(admission, out)
    flip(out / "model.safetensors", at=-1)
    with pytest.raises(InputError) as caught:
        materialise(admission, out)
    assert caught.value.code == "target-not-empty"
    assert "model.safetensors" in str(caught.value.found)


def test_another_version_in_the_target_is_left_alone(make: Admit, out: Path) -> None:
    materialise(make(), out)
    other = make({**FILES, "config.json": b'{"layers": 2}'})
    with pytest.raises(InputError) as caught:
        materialise(other, out)
    assert caught.value.code == "target-not-empty"
    assert contents(out) == FILES


@pytest.mark.parametrize("kind", ["file", "fifo", "folder of links"])
def test_a_target_of_another_kind_is_left_alone(make: Admit, out: Path, tmp_path: Path, kind: str) -> None:
    out.parent.mkdir()
    if kind == "file":
        out.write_text("mine")
    elif kind == "fifo":
        os.mkfifo(out)
    else:
        out.mkdir()
        (out / "model.safetensors").symlink_to("/etc/passwd")
    with pytest.raises(InputError) as caught:
        materialise(make(), out)
    assert caught.value.code == "target-not-empty"


def test_a_planted_parts_folder_is_not_used(make: Admit, out: Path, tmp_path: Path) -> None:
    admission = make()
    out.parent.mkdir()
    parts = out.parent / f".attest-{admission.artefact.digest.hex[:24]}.parts"
    parts.symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere").mkdir()
    materialise(admission, out)
    assert contents(out) == FILES
    assert not list((tmp_path / "elsewhere").iterdir())


@pytest.mark.parametrize("planted", ["fifo", "link", "second name"])
def test_a_planted_part_makes_nobody_wait_and_is_not_used(make: Admit, out: Path, tmp_path: Path, planted: str) -> None:
    """An archive that was unpacked here can hold a parts folder of mode 0700 that is ours."""
    admission = make()
    parts = out.parent / f".attest-{admission.artefact.digest.hex[:24]}.parts"
    out.parent.mkdir()
    parts.mkdir(mode=0o700)
    digest = admission.artefact.files[1].digest.hex
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes(FILES["model.safetensors"])
    if planted == "fifo":
        os.mkfifo(parts / digest)
    elif planted == "link":
        (parts / digest).symlink_to("/dev/zero")
    else:
        (parts / digest).hardlink_to(elsewhere)
    materialise(admission, out)
    assert (out / "model.safetensors").read_bytes() == FILES["model.safetensors"]
    assert not (out / "model.safetensors").samefile(elsewhere)
    assert beside(out) == ["model"]


def test_a_parts_folder_that_others_can_write_to_is_not_used(make: Admit, out: Path) -> None:
    admission = make()
    out.parent.mkdir()
    parts = out.parent / f".attest-{admission.artefact.digest.hex[:24]}.parts"
    parts.mkdir()
    parts.chmod(0o777)
    (parts / "planted").write_text("x")
    materialise(admission, out)
    assert contents(out) == FILES
    assert beside(out) == [parts.name, "model"]


def test_what_an_earlier_run_left_is_hashed_again(make: Admit, out: Path) -> None:
    admission = make()
    out.parent.mkdir()
    parts = out.parent / f".attest-{admission.artefact.digest.hex[:24]}.parts"
    parts.mkdir(mode=0o700)
    (parts / admission.artefact.files[0].digest.hex).write_bytes(b"x" * admission.artefact.files[0].size)
    materialise(admission, out)
    assert contents(out) == FILES


def test_a_place_that_cannot_be_written_is_named(make: Admit, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises((StoreRefused, InputError)) as caught:
        materialise(make(), tmp_path / "file" / "model")
    assert caught.value.code in {"cannot-write", "target-not-empty"}


def test_names_are_checked_again_whoever_made_the_artefact(make: Admit, out: Path) -> None:
    admission = make()
    files = (replace(admission.artefact.files[0], path="../../escaped"), *admission.artefact.files[1:])
    hostile = replace(admission, artefact=replace(admission.artefact, files=files))
    with pytest.raises(ModelError) as caught:
        materialise(hostile, out)
    assert caught.value.code == "unsafe-name"
    assert beside(out) == []


def test_an_admission_cannot_be_made_by_hand(make: Admit) -> None:
    admission = make()
    values = {
        name: getattr(admission, name)
        for name in ("reference", "artefact", "repository", "verdict", "judged", "policy")
    }
    with pytest.raises(TypeError):
        Admission(**values)


def test_ctrl_c_leaves_nothing_at_the_target(make: Admit, out: Path) -> None:
    admission = make()

    def interrupt(*_: Any) -> Any:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        materialise(with_store(admission, Faulty(admission, interrupt)), out)
    assert not out.exists()
