"""Several processes at once, and processes that are killed: nothing is lost, and what is there can be read."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from attest_registry.oci.descriptor import EMPTY_BYTES, EMPTY_DESCRIPTOR, IMAGE_MANIFEST, MODEL_ARTIFACT, Descriptor
from attest_registry.oci.layout import LayoutRepository
from attest_registry.oci.manifest import Manifest

if TYPE_CHECKING:
    from pathlib import Path

WRITERS = 4
ROUNDS = 6

WRITER = """
import sys
from pathlib import Path
from attest_registry.errors import Conflict
from attest_registry.digest import Digest
from attest_registry.oci.descriptor import *
from attest_registry.oci.layout import LayoutRepository
from attest_registry.oci.manifest import Manifest

store, who, rounds, subject = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), Digest.parse(sys.argv[4])
repository = LayoutRepository(store, "shared/model")
print("ready", flush=True)
sys.stdin.readline()
for number in range(rounds):
    data = f"{who} {number}".encode() * 50
    layer = Descriptor.of(data, "x/y")
    repository.push_blob(layer, data)
    repository.push_blob(EMPTY_DESCRIPTOR, EMPTY_BYTES)
    about = Descriptor(media_type=IMAGE_MANIFEST, digest=subject, size=1)
    claim = Manifest.build(artifact_type="c/d", config=EMPTY_DESCRIPTOR, layers=[layer], subject=about)
    repository.push_manifest(claim.raw, IMAGE_MANIFEST)
    own = Manifest.build(artifact_type="a/b", config=EMPTY_DESCRIPTOR, layers=[layer])
    repository.push_manifest(own.raw, IMAGE_MANIFEST)
    repository.tag(f"{who}-{number}", own.descriptor)
    try:
        repository.tag(f"race-{number}", own.descriptor)
        print("won", number, flush=True)
    except Conflict:
        pass
    repository.referrers(subject)
"""


def start(store: Path, who: str, rounds: int, subject: Descriptor) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(store), who, str(rounds), str(subject.digest)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def go(writer: subprocess.Popen[str]) -> None:
    assert writer.stdout is not None
    assert writer.stdin is not None
    assert writer.stdout.readline() == "ready\n"
    writer.stdin.write("\n")
    writer.stdin.flush()


def pushed(store: Path) -> Manifest:
    repository = LayoutRepository(store, "shared/model")
    repository.push_blob(EMPTY_DESCRIPTOR, EMPTY_BYTES)
    manifest = Manifest.build(artifact_type=MODEL_ARTIFACT, config=EMPTY_DESCRIPTOR, layers=[])
    repository.push_manifest(manifest.raw, IMAGE_MANIFEST)
    repository.tag("subject", manifest.descriptor)
    return manifest


def test_processes_that_write_at_once_lose_nothing_and_one_wins_each_tag(tmp_path: Path) -> None:
    subject = pushed(tmp_path)
    writers = [start(tmp_path, f"w{number}", ROUNDS, subject.descriptor) for number in range(WRITERS)]
    for writer in writers:
        go(writer)
    answers = [writer.communicate(timeout=60)[0] for writer in writers]
    assert [writer.returncode for writer in writers] == [0] * WRITERS
    repository = LayoutRepository(tmp_path, "shared/model")
    own = {f"w{who}-{number}" for who in range(WRITERS) for number in range(ROUNDS)}
    assert own <= set(repository.tags())
    assert len(repository.referrers(subject.descriptor.digest)) == WRITERS * ROUNDS
    wins = sorted(line for answer in answers for line in answer.splitlines())
    assert wins == sorted(f"won {number}" for number in range(ROUNDS))


def test_first_writers_of_a_model_may_come_together(tmp_path: Path) -> None:
    subject = Manifest.build(artifact_type=MODEL_ARTIFACT, config=EMPTY_DESCRIPTOR, layers=[])
    writers = [start(tmp_path, f"w{number}", 2, subject.descriptor) for number in range(WRITERS)]
    for writer in writers:
        go(writer)
    for writer in writers:
        writer.communicate(timeout=60)
    assert [writer.returncode for writer in writers] == [0] * WRITERS
    assert len(LayoutRepository(tmp_path, "shared/model").referrers(subject.descriptor.digest)) == 2 * WRITERS


def test_a_writer_killed_at_any_moment_leaves_a_layout_that_reads_and_takes_more(tmp_path: Path) -> None:
    subject = pushed(tmp_path)
    for attempt in range(8):
        writer = start(tmp_path, f"k{attempt}", 1000, subject.descriptor)
        go(writer)
        time.sleep(0.02 + 0.007 * attempt)
        os.kill(writer.pid, signal.SIGKILL)
        writer.communicate(timeout=10)
        repository = LayoutRepository(tmp_path, "shared/model")
        json.loads((repository.folder / "index.json").read_text())
        for tag in repository.tags():
            repository.resolve(tag)
        for entry in repository.referrers(subject.descriptor.digest):
            repository.fetch_manifest(entry.digest)
    data = b"after all of that"
    repository.push_blob(Descriptor.of(data, "x/y"), data)
    repository.tag("after", subject.descriptor)
    assert repository.resolve("after").digest == subject.descriptor.digest
