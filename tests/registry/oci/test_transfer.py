"""Moves of blobs: continued where they stopped, refused when wrong, never under a final name before they are right."""

from __future__ import annotations

import fcntl
import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from attest_registry.errors import ContentMismatch, NotFound, StoreError, StoreRefused, Unauthorised, Unreachable
from attest_registry.oci.part import part_path
from attest_registry.oci.remote import RemoteRepository
from attest_registry.oci.transfer import fetch_blob, fetch_blobs, push_blobs
from tests.registry.oci.content_for_tests import MODEL, QUICK, Watched, layer
from tests.services.registry_faults import answer, cut_after, error

if TYPE_CHECKING:
    from attest_registry.oci.descriptor import Descriptor
    from tests.services.docker_registry import DockerRegistry
    from tests.services.fake_registry import FakeRegistry
    from tests.services.registry_connection import Handler

DATA = os.urandom(3_000_000)
BLOB = layer(DATA)


@pytest.fixture
def repository(fake: FakeRegistry) -> RemoteRepository:
    fake.blobs[(MODEL, str(BLOB.digest))] = DATA
    return RemoteRepository(fake.host, MODEL, QUICK)


class _Counted:
    """Counts what a fetch says, and can stop it."""

    def __init__(self, *, stop_at: int | None = None) -> None:
        self.total = 0
        self.stop_at = stop_at

    def __call__(self, count: int) -> None:
        self.total += count
        if self.stop_at is not None and self.total >= self.stop_at:
            raise KeyboardInterrupt


def _fetch(repository: RemoteRepository, target: Path, blob: Descriptor = BLOB) -> int:
    counted = _Counted()
    fetch_blob(repository, blob, target, what="model.safetensors", advance=counted)
    return counted.total


def _parts(folder: Path) -> list[Path]:
    return list(folder.glob(".*.part*"))


def test_a_blob_is_fetched_whole(repository: RemoteRepository, tmp_path: Path) -> None:
    assert _fetch(repository, tmp_path / "out") == len(DATA)
    assert (tmp_path / "out").read_bytes() == DATA
    assert _parts(tmp_path) == []


def test_a_connection_that_is_lost_is_taken_up_where_it_stopped(
    fake: FakeRegistry, repository: RemoteRepository, tmp_path: Path
) -> None:
    fake.on("GET", "/blobs/", cut_after(1_200_000), times=2)
    assert _fetch(repository, tmp_path / "out") == len(DATA)
    assert (tmp_path / "out").read_bytes() == DATA
    ranges = [seen.headers.get("Range") for seen in fake.seen]
    assert ranges[0] is None
    assert all(start is not None and start.startswith("bytes=") for start in ranges[1:])


def test_an_interrupted_fetch_is_continued_by_the_next_run(
    fake: FakeRegistry, repository: RemoteRepository, tmp_path: Path
) -> None:
    target = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        fetch_blob(repository, BLOB, target, what="it", advance=_Counted(stop_at=2_000_000))
    assert not target.exists()
    (part,) = _parts(tmp_path)
    kept = part.stat().st_size
    assert kept >= 1_000_000
    assert _fetch(repository, target) == len(DATA)
    assert target.read_bytes() == DATA
    assert fake.seen[-1].headers["Range"] == f"bytes={kept}-"


def test_a_part_that_is_complete_is_only_hashed(
    fake: FakeRegistry, repository: RemoteRepository, tmp_path: Path
) -> None:
    part_path(tmp_path / "out", BLOB).write_bytes(DATA)
    _fetch(repository, tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == DATA
    assert not fake.seen


@pytest.mark.parametrize("kept", [b"rubbish " * 10_000, b"x" * len(DATA), b"x" * (len(DATA) + 10), DATA[1:], b""])
def test_a_part_that_is_wrong_is_not_built_upon(repository: RemoteRepository, tmp_path: Path, kept: bytes) -> None:
    part_path(tmp_path / "out", BLOB).write_bytes(kept)
    assert _fetch(repository, tmp_path / "out") == len(DATA)
    assert (tmp_path / "out").read_bytes() == DATA


def test_a_registry_without_ranges_is_asked_for_the_whole(
    fake: FakeRegistry, repository: RemoteRepository, tmp_path: Path
) -> None:
    part_path(tmp_path / "out", BLOB).write_bytes(DATA[:1_000_000])
    fake.on("GET", "/blobs/", answer(200, DATA))
    assert _fetch(repository, tmp_path / "out") == len(DATA)
    assert (tmp_path / "out").read_bytes() == DATA


def test_a_registry_without_ranges_that_always_breaks_off_is_not_asked_for_ever(
    fake: FakeRegistry, repository: RemoteRepository, tmp_path: Path
) -> None:
    """Each megabyte counted as progress, though the next request threw it away."""

    def break_off(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(DATA)))
        handler.end_headers()
        handler.wfile.write(DATA[:1_500_000])
        handler.wfile.flush()
        handler.close_connection = True

    fake.on("GET", "/blobs/", break_off)
    with pytest.raises(StoreError) as refusal:
        _fetch(repository, tmp_path / "out")
    assert refusal.value.code in {"range-unsupported", "store-unreachable"}
    assert fake.count("GET", "/blobs/") < 12
    assert not (tmp_path / "out").exists()


def test_a_part_that_is_a_fifo_makes_nobody_wait(repository: RemoteRepository, tmp_path: Path) -> None:
    os.mkfifo(part_path(tmp_path / "out", BLOB))
    _fetch(repository, tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == DATA


def test_a_part_that_another_process_fills_is_left_to_it(repository: RemoteRepository, tmp_path: Path) -> None:
    part = part_path(tmp_path / "out", BLOB)
    with part.open("wb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        _fetch(repository, tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == DATA
    assert part.exists()


def test_files_of_equal_content_in_one_folder_do_not_meet(repository: RemoteRepository, tmp_path: Path) -> None:
    targets = [tmp_path / f"out-{number}" for number in range(6)]
    fetch_blobs(repository, [(BLOB, target) for target in targets], track=Watched())
    assert all(target.read_bytes() == DATA for target in targets)


def test_memory_does_not_grow_with_the_file(docker_registry: DockerRegistry, tmp_path: Path) -> None:
    script = """
import os, sys
from pathlib import Path
from attest_registry.digest import Digest
from attest_registry.oci.descriptor import Descriptor
from attest_registry.oci.remote import RemoteRepository
from attest_registry.oci.transfer import fetch_blobs, push_blobs
from tests.registry.oci.content_for_tests import Watched
import hashlib
host, folder = sys.argv[1], Path(sys.argv[2])
repository = RemoteRepository(host, "demo/large")
paths = [folder / "a", folder / "b"]
for path in paths:
    with path.open("wb") as file:
        for _ in range(192):
            file.write(os.urandom(1024) * 1024)
def descriptor(path):
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    return Descriptor(media_type="x/y", digest=Digest(hex=found), size=path.stat().st_size)
blobs = [(descriptor(path), path) for path in paths]
def peak():  # getrusage would count what the parent had before exec
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))
before = peak()
push_blobs(repository, blobs, track=Watched())
fetch_blobs(repository, [(blob, path.with_suffix(".out")) for blob, path in blobs], track=Watched())
print(before // 1024, peak() // 1024)
"""
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", script, docker_registry.host, str(tmp_path)],
        cwd=root,
        check=True,
        capture_output=True,
        text=True,
    )
    before, peak = map(int, done.stdout.split())
    shutil.rmtree(docker_registry.root / "reg/docker/registry/v2/repositories/demo/large", ignore_errors=True)
    assert peak < 150
    assert peak - before < 40


# ---- refusals


@pytest.mark.parametrize("wrong", [b"x" * len(DATA), DATA + b"x", DATA[:-1], b"", DATA[:-1] + b"x"])
def test_wrong_bytes_never_get_the_final_name_and_nothing_is_kept(
    fake: FakeRegistry, repository: RemoteRepository, tmp_path: Path, wrong: bytes
) -> None:
    fake.blobs[(MODEL, str(BLOB.digest))] = wrong
    with pytest.raises(ContentMismatch) as incident:
        _fetch(repository, tmp_path / "out")
    assert incident.value.code == "digest-mismatch"
    assert "model.safetensors" in incident.value.message
    assert list(tmp_path.glob("[!h]*")) == []
    assert _parts(tmp_path) == []


def test_wrong_bytes_do_not_replace_what_was_there(
    fake: FakeRegistry, repository: RemoteRepository, tmp_path: Path
) -> None:
    (tmp_path / "out").write_bytes(b"the good old one")
    fake.blobs[(MODEL, str(BLOB.digest))] = b"x" * len(DATA)
    with pytest.raises(ContentMismatch):
        _fetch(repository, tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == b"the good old one"


def test_a_lying_registry_is_asked_once_more_after_a_resumption_and_then_refused(
    fake: FakeRegistry, repository: RemoteRepository, tmp_path: Path
) -> None:
    fake.blobs[(MODEL, str(BLOB.digest))] = b"x" * len(DATA)
    part_path(tmp_path / "out", BLOB).write_bytes(DATA[:1000])
    with pytest.raises(ContentMismatch):
        _fetch(repository, tmp_path / "out")
    assert fake.count("GET", "/blobs/") == 2
    assert _parts(tmp_path) == []


def test_a_blob_without_an_end_is_cut_off_at_its_size(
    fake: FakeRegistry, repository: RemoteRepository, tmp_path: Path
) -> None:
    def endless(handler: Handler) -> None:
        handler.close_connection = True
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
        for _ in range(200):
            handler.wfile.write(bytes(1_000_000))

    fake.on("GET", "/blobs/", endless)
    with pytest.raises(ContentMismatch) as incident:
        _fetch(repository, tmp_path / "out")
    assert incident.value.found == "more"
    assert _parts(tmp_path) == []


def test_a_connection_that_is_always_lost_ends_and_keeps_its_part(
    fake: FakeRegistry, repository: RemoteRepository, tmp_path: Path
) -> None:
    fake.on("GET", "/blobs/", cut_after(1000))
    with pytest.raises(Unreachable) as refusal:
        _fetch(repository, tmp_path / "out")
    assert refusal.value.code == "store-unreachable"
    assert not (tmp_path / "out").exists()
    assert _parts(tmp_path)[0].stat().st_size == 4000


@pytest.mark.parametrize(
    ("status", "code"), [(404, "name-unknown"), (403, "registry-unauthorised"), (500, "store-refused")]
)
def test_a_blob_that_is_not_given_out_leaves_nothing(
    fake: FakeRegistry, repository: RemoteRepository, tmp_path: Path, status: int, code: str
) -> None:
    fake.on("GET", "/blobs/", answer(status))
    with pytest.raises(StoreError) as refusal:
        _fetch(repository, tmp_path / "out")
    assert refusal.value.code == code
    assert _parts(tmp_path) == []


def test_a_part_that_is_a_link_is_not_followed(repository: RemoteRepository, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    part_path(tmp_path / "out", BLOB).symlink_to(victim)
    with pytest.raises(StoreRefused) as refusal:
        _fetch(repository, tmp_path / "out")
    assert refusal.value.code == "cannot-write"
    assert victim.read_bytes() == b"precious"


def test_a_part_with_a_second_name_is_not_written_to(repository: RemoteRepository, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    os.link(victim, part_path(tmp_path / "out", BLOB))
    _fetch(repository, tmp_path / "out")
    assert victim.read_bytes() == b"precious"
    assert (tmp_path / "out").read_bytes() == DATA


def test_a_folder_that_is_not_there_is_said(repository: RemoteRepository, tmp_path: Path) -> None:
    with pytest.raises(StoreRefused) as refusal:
        _fetch(repository, tmp_path / "none" / "out")
    assert refusal.value.code == "cannot-write"


def test_too_little_room_is_said_before_anything_is_fetched(
    fake: FakeRegistry, repository: RemoteRepository, tmp_path: Path
) -> None:
    huge = layer(b"x")
    blob = type(huge)(media_type="x/y", digest=huge.digest, size=10**18)
    with pytest.raises(StoreRefused) as refusal:
        fetch_blobs(repository, [(blob, tmp_path / "out")], track=Watched())
    assert refusal.value.code == "disk-full"
    assert not fake.seen


def test_a_full_disk_is_said_and_leaves_no_final_file(repository: RemoteRepository, tmp_path: Path) -> None:
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, limit[1]))
    try:
        with pytest.raises(StoreRefused) as refusal:
            _fetch(repository, tmp_path / "out")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    assert refusal.value.code == "cannot-write"
    assert not (tmp_path / "out").exists()


def test_one_wrong_blob_stops_the_others_and_is_the_error(
    fake: FakeRegistry, repository: RemoteRepository, tmp_path: Path
) -> None:
    blobs = [layer(bytes([number]) * 1000) for number in range(20)]
    for number, blob in enumerate(blobs):
        fake.blobs[(MODEL, str(blob.digest))] = bytes([number]) * 1000
    fake.blobs[(MODEL, str(blobs[3].digest))] = b"x" * 1000
    with pytest.raises(ContentMismatch):
        fetch_blobs(
            repository,
            [(blob, tmp_path / f"out-{number}") for number, blob in enumerate(blobs)],
            track=Watched(),
            jobs=2,
        )
    assert not (tmp_path / "out-3").exists()
    assert not (tmp_path / "out-19").exists()


def test_an_interrupted_push_is_continued_by_the_next_run(
    fake: FakeRegistry, repository: RemoteRepository, tmp_path: Path
) -> None:
    contents = [bytes([number]) * 1000 for number in range(4)]
    blobs = [(layer(data), data) for data in contents]
    fake.on("PUT", f"digest={blobs[2][0].digest}", error(403, "DENIED"), times=1)
    with pytest.raises(Unauthorised):
        push_blobs(repository, blobs, track=Watched(), jobs=1)
    again = push_blobs(repository, blobs, track=Watched(), jobs=1)
    assert (again.sent, again.present) == (2, 2)


def test_nothing_to_move_is_nothing(repository: RemoteRepository) -> None:
    assert push_blobs(repository, [], track=Watched()).sent == 0
    fetch_blobs(repository, [], track=Watched())


def test_a_blob_that_no_store_has_is_not_found(repository: RemoteRepository, tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        _fetch(repository, tmp_path / "out", layer(b"never pushed"))
