"""Whoever is killed, or loses his store or catalogue, half-way: the log is the old or the new one, and work goes on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from attest.errors import AttestError
from attest.lifecycle import writing
from attest.lifecycle.keyring import Keyring
from attest.lifecycle.ledger import Ledger
from attest.lifecycle.log import read_log
from attest_registry.catalogue.liveness import this_process
from attest_registry.catalogue.store import Catalogue
from attest_registry.errors import Unreachable
from attest_registry.oci.layout import LayoutRepository
from tests.attacks.release import weights
from tests.end_to_end.shell import Shell
from tests.lifecycle.house import House, promote, register
from tests.registry.catalogue.killed_writer import was_killed

if TYPE_CHECKING:
    from attest.lifecycle.log import Log

ROOT = Path(__file__).parents[2]
MODEL = "acme/credit-risk"


# ---- killed


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two versions; the first, then the second in production; a third folder to push."""
    folder = tmp_path_factory.mktemp("killed")
    shell = Shell(folder=folder, environment={"ATTEST_HOME": str(folder / "home")})
    for number in (1, 2, 3):
        (folder / f"m{number}").mkdir()
        (folder / f"m{number}" / "model.safetensors").write_bytes(weights(str(number).encode()))
    shell.attest("keygen")
    for number in (1, 2):
        shell.attest("push", f"m{number}", MODEL)
        shell.attest("promote", f"{MODEL}:{number}", "--to", "production")
    return folder / "home"


def read(home: Path, memory: str = "state") -> Log:
    """The log in a home, read by somebody who remembers what its people do, or by somebody new."""
    from datetime import UTC, datetime

    folder = home / "state" / "logs" if memory == "state" else home / memory
    with Ledger(folder) as ledger:
        place = ledger.at(f"{home}/store/{MODEL}")
        log = read_log(
            LayoutRepository(home / "store", MODEL),
            model=MODEL,
            place=place,
            keyring=Keyring(),
            now=datetime.now(UTC),
        )
    assert log is not None
    return log


def summary(log: Log) -> tuple[int, int, int]:
    """Events, versions, and the version in production."""
    return log.sequence, log.state.next_number - 1, log.state.aliases["production"].number


COMMANDS: dict[str, tuple[tuple[str, ...], tuple[int, int, int]]] = {
    "push": (("push", "{home}/../m3", MODEL, "-q"), (5, 3, 2)),
    "promote": (("promote", f"{MODEL}:1", "--to", "production", "-q"), (5, 2, 1)),
    "rollback": (("rollback", f"{MODEL}@production", "--to", "1", "-q"), (5, 2, 1)),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_killed_at_each_step(home: Path, tmp_path: Path, command: str) -> None:
    import shutil

    words, new = COMMANDS[command]
    words = tuple(word.format(home=home) for word in words)
    start = tmp_path / "home"
    shutil.copytree(home, start, symlinks=True)
    old = summary(read(start, "looking"))
    done = subprocess.run(
        [sys.executable, str(ROOT / "tests/lifecycle/killed.py"), str(start), *words],
        env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'registry'}"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    runs = [json.loads(line) for line in done.stdout.splitlines()]
    names = [run["name"] for run in runs]
    for step in ("KeyBundleSigner.sign_statement", "LayoutRepository.tag", "Catalogue.commit", "Place.keep"):
        assert step in names  # the walk went through all of it
    assert names[-1] is None
    for run in runs:
        _check_repaired(Path(run["home"]), words, old=old, new=new, step=str(run["name"]))


def _check_repaired(home: Path, words: tuple[str, ...], *, old: object, new: object, step: str) -> None:
    assert summary(read(home, "looking")) in {old, new}, step
    status, code = _again(home, words)
    assert status == 0 or code == "alias-unchanged", (step, status, code)
    log = read(home, "looking")
    assert summary(log) == new, step
    with Catalogue.open(str(home / "catalogue.db"), create=False) as catalogue:
        holding = catalogue.alias(MODEL, "production")
        assert catalogue.head(MODEL) == (log.sequence, log.head.head), step
        assert holding is not None
        assert holding.number == log.state.aliases["production"].number, step


def _again(home: Path, words: tuple[str, ...]) -> tuple[int, str | None]:
    """The same command once more, in this process."""
    import contextlib
    import io

    from attest.cli.main import main

    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
    before = os.environ.get("ATTEST_HOME")
    os.environ["ATTEST_HOME"] = str(home)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = main([*(word for word in words if word != "-q"), "--json"])
    finally:
        if before is None:
            del os.environ["ATTEST_HOME"]
        else:
            os.environ["ATTEST_HOME"] = before
    out.flush()
    text = out.buffer.getvalue().decode()
    return status, json.loads(text).get("code") if text else None


def test_killed_in_the_middle_of_a_commit(tmp_path: Path) -> None:
    """At each statement of the catalogue's transaction: all of it is there afterwards, or nothing."""
    from tests.registry.catalogue.logs import busy_log

    log = busy_log()
    steps = 0
    while True:
        steps += 1
        path = tmp_path / f"{steps}.db"
        with Catalogue.open(str(path)) as catalogue:
            for event in log.events[:5]:
                log.commit(catalogue, event)
        stopped = was_killed(
            path,
            steps,
            prepare="from tests.registry.catalogue.logs import busy_log\nlog = busy_log()",
            write="log.commit_all(catalogue)",
        )
        with Catalogue.open(str(path)) as catalogue:
            head = catalogue.head(log.model)
            assert head is not None
            assert head[0] in {5, len(log.events)}
            log.commit_all(catalogue)
            assert catalogue.head(log.model) == (len(log.events), log.last)
            holding = catalogue.alias(log.model, "production")
            assert holding is not None
            assert holding.number == log.state.aliases["production"]
        if not stopped:
            break
        steps += 6  # every statement costs a process; each seventh one reaches all kinds of them
    assert steps > 20


# ---- faults at each call


class Faulty:
    """Something whose calls fail from one on: before they do anything, or after, with the answer lost."""

    def __init__(self, behind: Any, faults: Faults) -> None:
        self._behind, self._faults = behind, faults

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._behind, name)
        if not callable(found) or name in {"folder", "place", "nearby"}:
            return found

        def call(*args: Any, **named: Any) -> Any:
            return self._faults.meet(name, lambda: found(*args, **named))

        return call


class Faults:
    """One fault, at a call of a number.

    Args:
        at: which call.
        late: whether it is done, and only its answer is lost.
    """

    def __init__(self, at: int, *, late: bool) -> None:
        self.at, self.late = at, late
        self.seen: list[str] = []

    def meet(self, name: str, call: Any) -> Any:
        self.seen.append(name)
        if len(self.seen) != self.at:
            return call()
        if self.late:
            with suppress(AttestError):  # that it was refused nobody hears either
                call()
        raise Unreachable(f"nobody answered {name}")


class Uncommitted:
    """A catalogue that was not there any more when it was to commit."""

    def __init__(self, behind: Any) -> None:
        self._behind = behind

    def __getattr__(self, name: str) -> Any:
        return getattr(self._behind, name)

    def commit(self, *_: Any, **__: Any) -> None:
        raise Unreachable("nobody answered commit")


@pytest.mark.parametrize("behind", [False, True], ids=["up to date", "catalogue behind"])
@pytest.mark.parametrize("late", [False, True], ids=["not done", "answer lost"])
def test_a_fault_at_each_call_of_a_writer(
    any_house: House, late: bool, behind: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Store and catalogue fail once, at one call after the other; the next writer finds the old or the new log."""
    host, _, _ = this_process().rsplit(":", 2)
    monkeypatch.setattr(writing, "this_process", lambda: f"{host}:4194303:1")  # whoever fails ends soon after
    any_house.write(register(1))
    at, version = 0, 1
    while True:
        at += 1
        if behind:
            version += 1
            cut = any_house.writer(any_house.alice, f"cut-{at}", sequencer=Uncommitted(any_house.catalogue))
            with pytest.raises(Unreachable):
                cut.write(any_house.read(f"cut-{at}"), [register(version)])
        before = any_house.read("looking")
        faults = Faults(at, late=late)
        writer = any_house.writer(
            any_house.alice,
            f"writer-{at}",
            repository=Faulty(any_house.repository, faults),
            sequencer=Faulty(any_house.catalogue, faults),
        )
        own = any_house.read(f"writer-{at}")
        version += 1
        failed = False
        try:
            writer.write(own, [register(version)])
        except Unreachable:
            failed = True
        after = any_house.read("looking")
        assert after.sequence - before.sequence in {0, 1}, faults.seen
        if after.sequence == before.sequence:
            any_house.write(register(version), machine=f"next-{at}")
        else:
            any_house.write(promote(version, f"a{at}"), machine=f"next-{at}")
        head = any_house.read("looking")
        assert any_house.catalogue.head(any_house.model) == (head.sequence, head.head.head), faults.seen
        if not failed:
            break
    assert len(faults.seen) == at - 1  # one turn for each call, and this one, which met no fault
    looks = set() if any_house.repository.compares else {"resolve"}
    assert {"reserve", "push_blob", "push_manifest", "tag", "commit"} | looks <= set(faults.seen)
    assert faults.seen.count("reserve") == (2 if behind else 1)
    assert any_house.read("new").sequence == head.sequence


def test_a_signer_that_fails_leaves_nothing(house: House) -> None:
    log = house.write(register(1))
    faults = Faults(1, late=False)
    signer = house.writer(house.alice).signer
    with pytest.raises(Unreachable):
        house.writer(house.alice, signer=_Half(signer, faults)).write(log, [register(2)])
    assert house.read().sequence == 1
    assert house.write(register(2)).sequence == 2


class _Half:
    def __init__(self, behind: Any, faults: Faults) -> None:
        self._behind, self._faults = behind, faults
        self.trusted = behind.trusted

    def sign_statement(self, statement: Any) -> Any:
        return self._faults.meet("sign", lambda: self._behind.sign_statement(statement))


def test_a_memory_that_cannot_be_written_after_the_append(house: House) -> None:
    """The event is in the log; who reads next remembers it."""
    log = house.write(register(1))
    writer = house.writer(house.alice)
    broken = replace(writer, place=replace(writer.place, ledger=_Unwritable(writer.place.ledger)))
    with pytest.raises(AttestError):
        broken.write(log, [register(2)])
    assert house.read("new").sequence == 2
    assert house.write(register(3)).sequence == 3


class _Unwritable:
    def __init__(self, behind: Ledger) -> None:
        self._behind = behind

    def ask(self, query: str, values: Any) -> Any:
        return self._behind.ask(query, values)

    def writing(self) -> Any:
        from attest.errors import InputError

        raise InputError("the disk is full", code="log-memory")


# ---- many at once

ATTEMPTS = int(os.environ.get("ATTEST_CONCURRENT", "48"))
PROCESSES = 4


@pytest.mark.parametrize("where", ["layout sqlite", "layout postgres", "registry sqlite"])
def test_promotions_by_processes_at_once(request: pytest.FixtureRequest, tmp_path: Path, where: str) -> None:
    """A linear log, and each promotion is in it or its process was told that somebody was faster."""
    store, database = where.split()
    url = str(tmp_path / "catalogue.db")
    if database == "postgres":
        from tests.services.postgres import running

        with running() as cluster:
            _at_once(request, tmp_path, store, cluster.url(cluster.new_schema()))
        return
    _at_once(request, tmp_path, store, url)


def _at_once(request: pytest.FixtureRequest, tmp_path: Path, store: str, url: str) -> None:
    from tests.lifecycle.conftest import made_at
    from tests.lifecycle.promoter import Now, people

    host = request.getfixturevalue("docker_registry").host if store == "registry" else str(tmp_path / "store")
    model = f"acme/many-{os.urandom(4).hex()}"
    house = made_at(tmp_path, host, model, url)
    house.alice, house.clock = people(tmp_path), Now()
    house.write(*(register(number) for number in (1, 2, 3)))
    attempts = ATTEMPTS // (2 if store == "registry" else 1)
    children = [
        subprocess.Popen(
            [
                sys.executable,
                "-m",
                "tests.lifecycle.promoter",
                str(tmp_path),
                host,
                model,
                url,
                str(number),
                str(attempts // PROCESSES),
            ],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'registry'}"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(PROCESSES)
    ]
    (tmp_path / "go").touch()
    told: list[dict[str, Any]] = []
    for child in children:
        out, err = child.communicate(timeout=300)
        assert child.returncode == 0, err
        told += [json.loads(line) for line in out.splitlines()]
    assert len(told) == attempts // PROCESSES * PROCESSES
    assert {each["code"] for each in told if each["event"] is None} <= {"log-conflict"}
    written = {each["event"] for each in told if each["event"] is not None}
    log = house.read("new")
    links = log.walk(now=house.clock())
    assert [link.event.sequence for link in links] == list(range(1, len(links) + 1))
    assert {str(link.digest) for link in links[3:]} == written  # no lost event, and none that nobody was told of
    assert len(written) == len(links) - 3 >= PROCESSES
    assert house.catalogue.head(model) == (log.sequence, log.head.head)
    house.close()
