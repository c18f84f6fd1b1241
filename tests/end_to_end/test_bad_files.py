"""Folders and disks that are not as they should be: nothing half-written, and the same command works once repaired."""

from __future__ import annotations

import os
import resource
import secrets
import shutil
import subprocess
import sys
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.conftest import WEIGHTS, make_model
from tests.services.fake_registry import FakeRegistry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.end_to_end.shell import Complaint, Shell
    from tests.services.registry_connection import Handler

KEY, PUBLIC = ("--key", "K/attest.key"), ("--key", "K/attest.pub")


def refused_push(shell: Shell, *more: str, folder: str = "model", expect: int = 2) -> Complaint:
    printed = shell.attest("push", folder, "m", *KEY, *more, expect=expect)
    assert printed.out == ""
    assert shell.attest("ls", "-q").out == ""
    return printed.complaint


def works(shell: Shell, *more: str, folder: str = "model") -> None:
    shell.attest("push", folder, "m", *KEY, *more)
    shell.attest("verify", "m:1", *PUBLIC, "--full")


def test_a_missing_folder_names_what_is_near(keyed: Shell) -> None:
    complaint = refused_push(keyed, folder="modle")
    assert (complaint.code, complaint.message) == ("no-such-folder", "modle does not exist")
    assert complaint.hint == "did you mean model?"
    (keyed.folder / "model").rename(keyed.folder / "modle")
    works(keyed, folder="modle")


def test_an_empty_folder(keyed: Shell) -> None:
    (keyed.folder / "empty").mkdir()
    complaint = refused_push(keyed, folder="empty")
    assert (complaint.code, complaint.message) == ("no-files", "empty holds no files")
    (keyed.folder / "empty/config.json").write_text("{}")
    works(keyed, folder="empty")


def test_a_folder_of_which_everything_is_excluded(keyed: Shell) -> None:
    complaint = refused_push(keyed, "--exclude", "*")
    assert complaint.code == "no-files"
    assert "--exclude" in complaint.message
    works(keyed)


def test_a_pipe_is_refused_and_never_waited_for(keyed: Shell) -> None:
    os.mkfifo(keyed.folder / "model/p")
    complaint = refused_push(keyed)
    assert (complaint.code, complaint.hint) == ("special-file", "--exclude p")
    works(keyed, "--exclude", "p")


@pytest.mark.parametrize("what", ["model/config.json", "model"])
def test_what_may_not_be_read(keyed: Shell, what: str) -> None:
    if os.geteuid() == 0 and shutil.which("setpriv") is None:
        pytest.skip("root reads everything here, and there is no setpriv to give that up")
    path = keyed.folder / what
    before = path.stat().st_mode
    path.chmod(0)
    complaint = refused_push(keyed.powerless())
    assert complaint.code == "unreadable"
    assert path.name in complaint.message
    assert "permission denied" in complaint.message
    path.chmod(before)
    works(keyed.powerless())


def test_a_file_that_is_written_to_while_it_is_hashed(keyed: Shell) -> None:
    path = keyed.folder / "model/big.bin"
    with path.open("wb") as file:
        file.truncate(256 * 1024 * 1024)
    done = threading.Event()

    def write() -> None:
        with path.open("ab") as file:
            while not done.wait(0.002):
                file.write(b"more")
                file.flush()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        complaint = refused_push(keyed)
    finally:
        done.set()
        writer.join()
    assert complaint.code == "file-changed"
    assert "big.bin" in complaint.message
    path.write_bytes(b"{}")
    works(keyed)


def test_a_file_that_is_written_to_before_it_is_sent(keyed: Shell) -> None:
    path = keyed.folder / "model/config.json"
    kept = path.read_bytes()

    def change(handler: Handler) -> None:
        path.write_bytes(kept.replace(b"mlp", b"xyz"))
        handler.serve_honestly()

    with FakeRegistry() as registry:
        registry.on("POST", "/uploads/", change)
        complaint = keyed.attest("push", "model", f"{registry.host}/demo/m", *KEY, expect=2).complaint
        assert complaint.code == "file-changed"
        assert "config.json" in complaint.message
        assert not registry.tags
        registry.faults.clear()
        path.write_bytes(kept)
        keyed.attest("push", "model", f"{registry.host}/demo/m", *KEY)
        keyed.attest("verify", f"{registry.host}/demo/m:1", *PUBLIC, "--full")


def test_a_git_folder_would_publish_the_whole_history(keyed: Shell) -> None:
    (keyed.folder / "model/.git").mkdir()
    complaint = refused_push(keyed)
    assert (complaint.code, complaint.hint) == ("git-folder", "--exclude .git")
    works(keyed, "--exclude", ".git")


def test_a_private_key_in_the_folder_is_never_pushed(keyed: Shell) -> None:
    shutil.copy(keyed.folder / "K/attest.key", keyed.folder / "model/config.pem")
    complaint = refused_push(keyed)
    assert complaint.code == "secret-in-model"
    assert complaint.hint.startswith("--exclude config.pem")
    works(keyed, "--exclude", "config.pem")


def test_a_link_out_of_the_folder(keyed: Shell) -> None:
    (keyed.folder / "model/link.json").symlink_to("/etc/hostname")
    complaint = refused_push(keyed)
    assert complaint.code == "symlink"
    assert "--exclude link.json" in complaint.hint
    works(keyed, "--exclude", "link.json")


@pytest.mark.parametrize(
    "name",
    [
        b"a\x1b[31m.json",
        b"two\nlines.json",
        b"bell\x07.json",
        "right\u202eleft.json".encode(),
        b"latin-\xe9.json",
        b"c\x9bm",
    ],
    ids=["escape", "newline", "bell", "bidi", "not-utf-8", "c1"],
)
def test_a_hostile_name_is_refused_and_shown_without_its_effect(keyed: Shell, name: bytes) -> None:
    path = os.fsencode(keyed.folder / "model") + b"/" + name
    with open(path, "wb") as file:  # noqa: PTH123  # a name that is no text
        file.write(b"{}")
    complaint = refused_push(keyed)
    assert complaint.code == "unsafe-name"
    os.unlink(path)  # noqa: PTH108
    works(keyed)


def test_a_pull_leaves_what_is_already_there(keyed: Shell) -> None:
    keyed.attest("push", "model", "m", *KEY)
    (keyed.folder / "out").mkdir()
    (keyed.folder / "out/mine.txt").write_text("mine")
    complaint = keyed.attest("pull", "m:1", "out", *PUBLIC, expect=2).complaint
    assert complaint.code == "target-not-empty"
    assert "mine.txt" in complaint.details["found"]
    assert {path.name for path in (keyed.folder / "out").iterdir()} == {"mine.txt"}
    (keyed.folder / "out/mine.txt").unlink()
    keyed.attest("pull", "m:1", "out", *PUBLIC)


@pytest.mark.parametrize("target", ["file", "file/out"])
def test_a_file_where_the_folder_should_be(keyed: Shell, target: str) -> None:
    keyed.attest("push", "model", "m", *KEY)
    (keyed.folder / "file").write_text("mine")
    complaint = keyed.attest("pull", "m:1", target, *PUBLIC, expect=2).complaint
    assert complaint.code == "target-not-empty"
    assert "another folder" in complaint.hint
    assert (keyed.folder / "file").read_text() == "mine"


# ---- full disks


class Disk:
    """A small file system of its own."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir()
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", path], check=False, capture_output=True, text=True
        )
        if done.returncode:
            pytest.skip(f"no small file system can be mounted here: {done.stderr.strip()}")

    def grow(self) -> None:
        subprocess.run(["mount", "-o", "remount,size=64m", self.path], check=True)

    def remove(self) -> None:
        subprocess.run(["umount", "-l", self.path], check=True)


@pytest.fixture
def disk(keyed: Shell) -> Iterator[Disk]:
    (keyed.folder / "model/big.bin").write_bytes(secrets.token_bytes(3_000_000))
    small = Disk(keyed.folder / "small")
    yield small
    small.remove()


def test_a_full_disk_under_the_store(keyed: Shell, disk: Disk) -> None:
    shell = replace(keyed, environment={"ATTEST_HOME": str(disk.path)})
    complaint = refused_push(shell, expect=4)
    assert complaint.code == "disk-full"
    assert "free some space" in complaint.hint
    disk.grow()
    works(shell)


def test_a_full_disk_under_the_target_of_a_pull(keyed: Shell, disk: Disk) -> None:
    keyed.attest("push", "model", "m", *KEY)
    complaint = keyed.attest("pull", "m:1", "small/out", *PUBLIC, expect=4).complaint
    assert complaint.code == "disk-full"
    assert not (disk.path / "out").exists()
    disk.grow()
    keyed.attest("pull", "m:1", "small/out", *PUBLIC)
    assert [path.name for path in disk.path.iterdir()] == ["out"]


def test_a_full_disk_under_the_cache_stops_the_command(keyed: Shell, disk: Disk) -> None:
    keyed.attest("push", "model", "m", *KEY)
    wanted = ("exec", "--model", "m:1", *PUBLIC, "--", "touch", "started")
    printed = keyed.attest(*wanted, expect=124, ATTEST_CACHE=str(disk.path / "cache"))
    assert printed.complaint.code == "disk-full"
    assert not (keyed.folder / "started").exists()
    disk.grow()
    keyed.attest(*wanted, ATTEST_CACHE=str(disk.path / "cache"))


def limited(limit: int) -> Callable[[], None]:
    """To be called in a child before it becomes the command."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))


@pytest.mark.parametrize("verb", ["push", "pull"])
def test_a_file_system_that_takes_no_large_files(keyed: Shell, verb: str) -> None:
    (keyed.folder / "model/big.bin").write_bytes(bytes(3_000_000))
    line = {"push": ["push", "model", "m", *KEY], "pull": ["pull", "m:1", "out", *PUBLIC]}[verb]
    if verb == "pull":
        keyed.attest("push", "model", "m", *KEY)
    done = subprocess.run(
        [sys.executable, "-m", "attest", *line],
        cwd=keyed.folder,
        env=keyed.variables(),
        capture_output=True,
        text=True,
        preexec_fn=limited(1_000_000),  # nothing else runs between
        check=False,
    )
    assert done.returncode == 4, done.stderr
    assert "error[cannot-write]" in done.stderr
    assert "file too large" in done.stderr.lower()
    assert not (keyed.folder / "out").exists()
    keyed.attest(*line)


def test_a_home_that_cannot_be_written_to(keyed: Shell) -> None:
    if os.geteuid() == 0 and shutil.which("setpriv") is None:
        pytest.skip("root writes everywhere here, and there is no setpriv to give that up")
    home = keyed.folder / "home"
    home.mkdir(mode=0o500)
    shell = keyed.powerless()
    stored = shell.attest("push", "model", "m", *KEY, expect=4).complaint
    assert stored.code == "catalogue-unreachable"
    assert "ATTEST_CATALOGUE" in stored.hint
    made = shell.attest("keygen", expect=2).complaint
    assert made.code == "no-home"
    assert "ATTEST_HOME" in made.hint
    home.chmod(0o700)
    shell.attest("keygen")
    works(shell)


def test_no_home_at_all(keyed: Shell) -> None:
    shell = replace(keyed, environment={"HOME": None, "ATTEST_HOME": None})
    complaint = shell.attest("push", "model", "m", *KEY, expect=2).complaint
    assert (complaint.code, complaint.hint) == ("no-home", "set ATTEST_HOME")
    shell.attest("--help")
    shell.attest("help", "environment")
    shell.attest("push", "model", "m", *KEY, ATTEST_HOME=str(keyed.folder / "home"))


def test_one_file_is_a_model_too(keyed: Shell) -> None:
    works(keyed, folder="model/model.safetensors")
    assert WEIGHTS in [path.read_bytes() for path in (keyed.folder / "home/store").rglob("*") if path.is_file()]


def test_names_that_differ_only_in_case(keyed: Shell) -> None:
    (keyed.folder / "model/Config.JSON").write_text("{}")
    complaint = refused_push(keyed)
    assert complaint.code == "name-collision"
    assert {"config.json", "Config.JSON"} <= set((complaint.message + str(complaint.details)).replace("'", " ").split())
    (keyed.folder / "model/Config.JSON").unlink()
    works(keyed)


def test_a_name_with_a_space_can_be_pasted_from_the_hint(keyed: Shell) -> None:
    os.mkfifo(keyed.folder / "model/a pipe")
    complaint = refused_push(keyed)
    assert complaint.hint == "--exclude 'a pipe'"


def test_another_model_beside_it_is_not_touched(keyed: Shell) -> None:
    works(keyed)
    make_model(keyed.folder / "second")
    os.mkfifo(keyed.folder / "second/p")
    before = keyed.attest("ls", "m").out
    keyed.attest("push", "second", "m", *KEY, expect=2)
    assert keyed.attest("ls", "m").out == before
