"""Rows 23 and 25: files are changed between the check and the use, by whoever still can."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tests.attacks.release import FILES, weights

if TYPE_CHECKING:
    from pathlib import Path

    from tests.attacks.scene import Scene

NAME = "model.safetensors"
OTHER = weights(b"x")


def _entry(scene: Scene) -> Path:
    (entry,) = (scene.folder / "home/cache/models/sha256").iterdir()
    return entry


def test_the_shared_copy_is_swapped_while_a_server_starts(scene: Scene) -> None:
    """CVE-2026-4137. A command has a copy of its own: what others do to theirs is nothing to it."""
    reference = scene.served()
    assert scene.load(reference) == FILES
    scene.honest_exec(reference)
    (scene.folder / "home/other").write_bytes(OTHER)
    script = f'cat home/other > "{_entry(scene)}/{NAME}"; cp "$ATTEST_MODEL/{NAME}" home/seen'
    done = scene.execute("--model", reference, *scene.by_key, "--", "sh", "-c", script)
    assert done.returncode == 0, done.stderr
    assert (_entry(scene) / NAME).read_bytes() == OTHER
    scene.harmless((scene.folder / "home/seen").read_bytes() == FILES[NAME], why="the command's own copy")


def test_a_copy_where_others_may_write(scene: Scene) -> None:
    reference = scene.served()
    scene.honest_exec(reference)
    (scene.folder / "home/cache/handover").chmod(0o777)
    done = scene.execute("--model", reference, *scene.by_key, "--", "touch", "started")
    through = (scene.folder / "started").exists()
    scene.judge(outcome="got through" if through else "refused", code="cache-not-private", status=done.returncode - 120)
    assert not through
    assert (done.returncode, "error[cache-not-private]" in done.stderr) == (122, True), done.stderr


def test_the_copy_is_nobodys_to_write_to(scene: Scene) -> None:
    """Nor the command's, which might be talked into it."""
    reference = scene.served()
    scene.honest_exec(reference)
    script = 'find "$ATTEST_MODEL" -perm /222 > home/writable; stat -c %a "$ATTEST_MODEL/.." >> home/writable'
    assert scene.execute("--model", reference, *scene.by_key, "--", "sh", "-c", script).returncode == 0
    scene.harmless((scene.folder / "home/writable").read_text() == "700\n", why="read-only, in a closed folder")


def test_a_writer_who_still_has_a_file_open(scene: Scene) -> None:
    """Row 25: he got his handle before the check, and sets back the times: every use reads every byte."""
    reference = scene.served()
    assert scene.load(reference) == FILES
    path = _entry(scene) / NAME
    path.chmod(0o600)
    with path.open("r+b") as held:
        path.chmod(0o444)
        before = path.stat()
        scene.noted_honest(scene.load(reference) == FILES, "while nobody had written")
        held.write(OTHER)
        held.flush()
        os.utime(held.fileno(), ns=(before.st_atime_ns, before.st_mtime_ns))
        scene.harmless(scene.load(reference) == FILES, why="fetched again")
