"""Ctrl-C, kill -9 and two at once: nothing half-done has a final name, and the same command ends right."""

from __future__ import annotations

import re
import secrets
import shutil
import signal
import subprocess
import threading
import time
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.conftest import make_model
from tests.end_to_end.shell import Printed, checked
from tests.services.docker_registry import running
from tests.services.fake_registry import FakeRegistry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.end_to_end.shell import Shell
    from tests.services.registry_connection import Handler

KEY, PUBLIC = ("--key", "K/attest.key"), ("--key", "K/attest.pub")
SIZE = 3_000_000
HALF = SIZE // 2
SOON = 45.0
"""Less than the minute for which the registries here say nothing, and time enough on a busy machine."""
"""Seconds; the time limits of a registry that says nothing are a minute and more."""


@pytest.fixture
def heavy(keyed: Shell) -> Shell:
    """A person whose model has a file that takes more than one block."""
    (keyed.folder / "model/big.bin").write_bytes(secrets.token_bytes(SIZE))
    return keyed


@pytest.fixture
def registry() -> Iterator[FakeRegistry]:
    with FakeRegistry() as fake:
        yield fake


class Pause:
    """A fault that stops an answer half-way, and says that it has."""

    def __init__(self) -> None:
        self.reached = threading.Event()

    def upload(self, handler: Handler) -> None:
        self._wait(handler)

    def download(self, handler: Handler) -> None:
        found, start = handler.blob(), handler.range_start() or 0
        if len(found) < SIZE:
            handler.serve_honestly()
            return
        handler.send_response(206 if start else 200)
        if start:
            handler.send_header("Content-Range", f"bytes {start}-{len(found) - 1}/{len(found)}")
        handler.send_header("Content-Length", str(len(found) - start))
        handler.end_headers()
        handler.wfile.write(found[start : start + HALF])
        handler.wfile.flush()
        self._wait(handler)

    def _wait(self, handler: Handler) -> None:
        self.reached.set()
        handler.fake.stopping.wait(60)
        handler.close_connection = True


def size_of(path: Path) -> int:
    """Of a file that may get its final name at any moment, and is not under this one then."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def stopped(shell: Shell, pause: Callable[[], bool], how: signal.Signals, *arguments: str, expect: int) -> Printed:
    """What a command printed that was stopped once `pause` said so."""
    with shell.started(*arguments) as process:
        end = time.monotonic() + 60
        while not pause():
            assert process.poll() is None, "it ended before it could be stopped"
            assert time.monotonic() < end
            time.sleep(0.01)
        process.send_signal(how)
        start = time.monotonic()
        out, err = process.communicate(timeout=60)
        assert time.monotonic() - start < SOON, "whoever presses Ctrl-C does not wait for a silent registry"
        return checked(arguments, process.returncode, out, err, expect=expect)


HOW = [(signal.SIGINT, 130), (signal.SIGKILL, -9), (signal.SIGTERM, -15)]


@pytest.mark.parametrize(("how", "status"), HOW)
def test_a_push_that_was_stopped(heavy: Shell, registry: FakeRegistry, how: signal.Signals, status: int) -> None:
    pause, name = Pause(), f"{registry.host}/demo/m"
    registry.on("PUT", "/uploads/", pause.upload)
    line = ("push", "model", name, *KEY)
    printed = stopped(heavy, pause.reached.is_set, how, *line, expect=status)
    assert printed.out == ""
    if how is signal.SIGINT:
        assert printed.err.rstrip().splitlines()[-1] == "interrupted; the same command can be run again"
    assert not registry.tags
    registry.faults.clear()
    assert ":1@sha256:" in heavy.attest(*line).out
    heavy.attest("verify", f"{name}:1", *PUBLIC, "--full")


@pytest.mark.parametrize(("how", "status"), HOW)
def test_a_pull_that_was_stopped_continues(
    heavy: Shell, registry: FakeRegistry, how: signal.Signals, status: int
) -> None:
    pause, name = Pause(), f"{registry.host}/demo/m"
    heavy.attest("push", "model", name, *KEY)
    registry.on("GET", "/blobs/", pause.download)
    line = ("pull", f"{name}:1", "out", *PUBLIC)

    def parts() -> list[int]:
        sizes = [size_of(path) for path in heavy.folder.glob(".attest-*.parts/.*.part")]
        return [size for size in sizes if size > 1000]  # the others are small files on their way

    stopped(heavy, lambda: pause.reached.is_set() and any(parts()), how, *line, expect=status)
    assert "out" not in heavy.names()
    kept = max(parts())
    registry.faults.clear()
    registry.seen.clear()
    heavy.attest(*line)
    assert [seen.headers["Range"] for seen in registry.seen if "Range" in seen.headers] == [f"bytes={kept}-"]
    assert contents(heavy.folder / "out") == contents(heavy.folder / "model")
    assert not [name for name in heavy.names() if name.startswith(".attest-")]


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_an_exec_that_was_stopped_did_not_start_the_command(
    heavy: Shell, registry: FakeRegistry, how: signal.Signals
) -> None:
    pause, name = Pause(), f"{registry.host}/demo/m"
    heavy.attest("push", "model", name, *KEY)
    registry.on("GET", "/blobs/", pause.download)
    line = ("exec", "--model", f"{name}:1", *PUBLIC, "--", "cp", "{model}/big.bin", "copied")
    expect = 130 if how is signal.SIGINT else -9
    printed = stopped(heavy, pause.reached.is_set, how, *line, expect=expect)
    assert "copied" not in heavy.names()
    if how is signal.SIGINT:
        assert printed.err.rstrip().splitlines()[-1] == "the command was not started"
    registry.faults.clear()
    heavy.attest(*line)
    assert (heavy.folder / "copied").read_bytes() == (heavy.folder / "model/big.bin").read_bytes()


@pytest.mark.parametrize(("how", "status"), HOW[:2])
def test_a_push_into_the_embedded_store_that_was_stopped(keyed: Shell, how: signal.Signals, status: int) -> None:
    with (keyed.folder / "model/big.bin").open("wb") as file:
        file.truncate(400_000_000)
    ingest = keyed.folder / "home/store/m/.ingest"

    def storing() -> bool:
        return any(size_of(path) > 1_000_000 for path in list_files(ingest))

    line = ("push", "model", "m", *KEY)
    stopped(keyed, storing, how, *line, expect=status)
    assert keyed.attest("ls", "-q").out == ""
    blobs = list_files(keyed.folder / "home/store/m/blobs/sha256")
    assert all(path.stat().st_size < 1_000_000 for path in blobs), "half a file has its final name"
    keyed.attest(*line)
    keyed.attest("verify", "m:1", *PUBLIC, "--full")


@pytest.mark.parametrize("where", ["/tags/", "/manifests/", "/referrers/", "/blobs/"])
def test_ctrl_c_while_a_registry_says_nothing(heavy: Shell, registry: FakeRegistry, where: str) -> None:
    pause, name = Pause(), f"{registry.host}/demo/m"
    heavy.attest("push", "model", name, *KEY)
    registry.on("GET", where, pause.upload)
    line = ("ls", name) if where == "/tags/" else ("verify", f"{name}:1", *PUBLIC, "--full")
    stopped(heavy, pause.reached.is_set, signal.SIGINT, *line, expect=130)


def test_ctrl_c_while_a_folder_is_hashed(keyed: Shell) -> None:
    with (keyed.folder / "model/big.bin").open("wb") as file:
        file.truncate(40_000_000_000)
    begun = time.monotonic()
    line = ("push", "model", "m", *KEY)
    stopped(keyed, lambda: time.monotonic() - begun > 2, signal.SIGINT, *line, expect=130)
    assert keyed.attest("ls", "-q").out == ""


def test_json_says_that_it_was_interrupted(heavy: Shell, registry: FakeRegistry) -> None:
    pause = Pause()
    registry.on("PUT", "/uploads/", pause.upload)
    line = ("push", "model", f"{registry.host}/demo/m", *KEY, "--json")
    printed = stopped(heavy, pause.reached.is_set, signal.SIGINT, *line, expect=130)
    assert '"code": "interrupted"' in printed.out


def test_ctrl_c_twice_leaves_no_traceback(heavy: Shell, registry: FakeRegistry) -> None:
    pause = Pause()
    registry.on("PUT", "/uploads/", pause.upload)
    with heavy.started("push", "model", f"{registry.host}/demo/m", *KEY) as process:
        assert pause.reached.wait(60)
        for _ in range(3):
            process.send_signal(signal.SIGINT)
            time.sleep(0.05)
        out, err = process.communicate(timeout=60)
    checked(("push",), process.returncode, out, err, expect=130)


# ---- two at once


@pytest.fixture(params=["embedded", "registry", "docker-registry"])
def prefix(request: pytest.FixtureRequest, tmp_path: Path, registry: FakeRegistry) -> Iterator[str]:
    if request.param == "docker-registry":
        root = tmp_path / "docker-registry"
        root.mkdir()
        with running(root) as docker:
            yield f"{docker.host}/"
    else:
        yield "" if request.param == "embedded" else f"{registry.host}/"


def at_once(shell: Shell, *lines: tuple[str, ...]) -> list[Printed]:
    """Several commands in the same moment."""
    processes = [
        subprocess.Popen(
            [*shell.command, *line],
            cwd=shell.folder,
            env=shell.variables(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for line in lines
    ]
    printed = []
    for line, process in zip(lines, processes, strict=True):
        out, err = process.communicate(timeout=120)
        printed.append(checked(line, process.returncode, out, err, expect=process.returncode))
    return printed


def test_two_pushes_at_once_get_two_numbers(keyed: Shell, prefix: str) -> None:
    make_model(keyed.folder / "second")
    (keyed.folder / "second/config.json").write_text('{"model_type": "other"}')
    name = f"{prefix}demo/m"
    keyed.attest("push", "model", f"{prefix}demo/warm", *KEY)
    printed = at_once(keyed, *(("push", folder, name, *KEY) for folder in ("model", "second")))
    assert {each.status for each in printed} <= {0, 2}, [each.all for each in printed]
    numbers = sorted(int(match[1]) for each in printed if (match := re.search(r":(\d+)@sha256:", each.out)))
    if numbers != [1, 2]:
        assert numbers == [1]
        loser = next(each for each in printed if each.status)
        assert loser.complaint.code in {"version-exists", "registry-conflict", "log-conflict", "log-reserved"}
        keyed.attest("push", "model", name, *KEY)
        keyed.attest("push", "second", name, *KEY)
    assert sorted(keyed.attest("ls", name, "-q").out.split()) == [f"{name}:1", f"{name}:2"]
    for number in (1, 2):
        keyed.attest("verify", f"{name}:{number}", *PUBLIC, "--full")


def test_two_pushes_of_one_number_at_once_have_one_winner(keyed: Shell, prefix: str) -> None:
    make_model(keyed.folder / "second")
    (keyed.folder / "second/config.json").write_text('{"model_type": "other"}')
    name = f"{prefix}demo/m"
    printed = at_once(keyed, *(("push", folder, f"{name}:1", *KEY) for folder in ("model", "second")))
    assert sorted(each.status for each in printed) == [0, 2], [each.all for each in printed]
    loser = next(each for each in printed if each.status)
    assert loser.complaint.code in {"version-exists", "registry-conflict", "log-conflict", "log-reserved"}
    winner = next(each for each in printed if not each.status)
    assert keyed.attest("verify", f"{name}:1", *PUBLIC, "-q").out == winner.out


def test_two_pushes_of_the_same_files_at_once_are_one_version(keyed: Shell, prefix: str) -> None:
    name = f"{prefix}demo/m"
    printed = at_once(keyed, *[("push", "model", name, *KEY)] * 2)
    assert [each.status for each in printed] == [0, 0], [each.all for each in printed]
    assert keyed.attest("ls", name, "-q").out == f"{name}:1\n"
    keyed.attest("verify", f"{name}:1", *PUBLIC, "--full")


def test_two_pulls_into_one_folder_at_once(heavy: Shell) -> None:
    heavy.attest("push", "model", "m", *KEY)
    printed = at_once(heavy, *[("pull", "m:1", "out", *PUBLIC)] * 3)
    assert 0 in {each.status for each in printed}
    assert {each.status for each in printed} <= {0, 2}
    assert contents(heavy.folder / "out") == contents(heavy.folder / "model")
    assert not [name for name in heavy.names() if name.startswith(".attest-")]


def test_a_cache_that_vanishes_is_filled_again(keyed: Shell) -> None:
    keyed.attest("push", "model", "m", *KEY)
    line = ("exec", "--model", "m:1", *PUBLIC, "--", "ls", "{model}")
    first = keyed.attest(*line).out
    subprocess.run(["chmod", "-R", "u+w", keyed.folder / "home/cache"], check=True)
    shutil.rmtree(keyed.folder / "home/cache")
    assert keyed.attest(*line).out == first


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def list_files(folder: Path) -> list[Path]:
    try:
        return [path for path in folder.iterdir() if path.is_file()]
    except FileNotFoundError:
        return []
