"""Several processes at once: every event gets its place, none is lost, and who comes late is told."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from attest_registry.catalogue.liveness import is_dead, this_process
from attest_registry.catalogue.store import Catalogue
from attest_registry.errors import Conflict
from tests.registry.catalogue.logs import Log

if TYPE_CHECKING:
    from attest_registry.catalogue.rows import Reservation

ROOT = Path(__file__).parents[3]
PROCESSES = 4
EACH = 50
WRITER = """
import json, sys
from attest_registry.catalogue.liveness import this_process
from attest_registry.catalogue.rows import EventRow, StateRow
from attest_registry.catalogue.store import Catalogue
from attest_registry.errors import Conflict
from tests.registry.catalogue.logs import digest, moment

url, name, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
written, conflicts = [], 0
with Catalogue.open(url) as catalogue:
    first = digest("first")
    while len(written) < count:
        sequence, previous = catalogue.head("acme/m") or (0, None)
        try:
            right = catalogue.reserve(
                "acme/m", sequence=sequence + 1, previous=previous, holder=this_process(), seconds=60, wait=60
            )
        except Conflict as error:
            assert error.code == "log-conflict", error.code
            conflicts += 1
            continue
        event = EventRow(
            sequence=sequence + 1, digest=first if sequence == 0 else digest(name, len(written)), previous=previous,
            action="register", time=moment(sequence), by=name, number=sequence + 1, manifest=digest("m", sequence + 1),
        )
        state = StateRow(aliases={"production": sequence + 1}, stages={}, revoked=(), next_number=sequence + 2)
        catalogue.commit(right, "acme/m", [(event, state)], log=first)
        written.append(sequence + 1)
print(json.dumps({"written": written, "conflicts": conflicts}))
"""


def writer(url: str, name: str, count: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", WRITER, url, name, str(count)], stdout=subprocess.PIPE, cwd=ROOT)


def answer_of(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    found: dict[str, Any] = json.loads(output)
    return found


def test_two_hundred_events_of_four_processes(url: str) -> None:
    """The database is new, too: all four find it empty."""
    answers = [answer_of(each) for each in [writer(url, f"writer-{number}", EACH) for number in range(PROCESSES)]]
    places = [place for answer in answers for place in answer["written"]]
    assert sorted(places) == list(range(1, PROCESSES * EACH + 1))
    with Catalogue.open(url, create=False) as catalogue:
        events = catalogue.history("acme/m", limit=1_000).items
        assert [event.sequence for event in reversed(events)] == sorted(places)
        for newer, older in pairwise(events):
            assert newer.previous == older.digest
        assert events[-1].previous is None
        for number, answer in enumerate(answers):
            mine = [event.sequence for event in reversed(events) if event.by == f"writer-{number}"]
            assert mine == answer["written"]
        holding = catalogue.alias("acme/m", "production")
        assert holding is not None
        assert (holding.number, holding.event) == (len(places), events[0].digest)
        assert catalogue.models().items[0].versions == len(places)


def test_of_two_who_saw_the_same_head_one_succeeds(url: str) -> None:
    log = Log()
    with Catalogue.open(url) as mine, Catalogue.open(url) as theirs:
        log.commit(mine, log.register())
        event = log.promote(1)

        def reserve(catalogue: Catalogue, wait: float) -> Reservation:
            return catalogue.reserve(
                log.model,
                sequence=2,
                previous=log.events[0][0].digest,
                holder=this_process(),
                seconds=60,
                wait=wait,
            )

        right = reserve(mine, 0)
        with pytest.raises(Conflict) as error:
            reserve(theirs, 0.05)
        assert error.value.code == "log-reserved"
        mine.commit(right, log.model, [event], log=log.digest)
        with pytest.raises(Conflict) as error:
            reserve(theirs, 60)
        assert error.value.code == "log-conflict"
        assert "promoted 1 to production" in str(error.value.found)


KILLED = """
import os, signal, sys
from attest_registry.catalogue.liveness import this_process
from attest_registry.catalogue.store import Catalogue
with Catalogue.open(sys.argv[1]) as catalogue:
    catalogue.reserve("acme/m", sequence=1, previous=None, holder=this_process(), seconds=3600, wait=0)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="no /proc here")
def test_the_reservation_of_a_process_that_was_killed_is_taken_over(url: str) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, url], check=False)
    assert done.returncode == -signal.SIGKILL
    with Catalogue.open(url) as catalogue:
        right = catalogue.reserve("acme/m", sequence=1, previous=None, holder=this_process(), seconds=60, wait=0)
        assert right.sequence == 1


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="no /proc here")
@pytest.mark.parametrize(
    ("holder", "dead"),
    [
        ("HERE:PID:START", False),
        ("HERE:PID:1", True),
        ("HERE:4194305:1", True),
        ("elsewhere:4194305:1", False),
        ("HERE:x:1", False),
        ("HERE:²:1", False),
        ("HERE", False),
        ("", False),
    ],
)
def test_who_is_taken_for_dead(holder: str, dead: bool) -> None:
    host, process, start = this_process().rsplit(":", 2)
    assert process == str(os.getpid())
    assert is_dead(holder.replace("HERE", host).replace("PID", process).replace("START", start)) == dead


def test_readers_see_one_moment(url: str) -> None:
    """A dump that began before a commit does not show half of it."""
    log = Log()
    with Catalogue.open(url) as catalogue:
        log.commit(catalogue, log.register())
        before = list(catalogue.dump())
        lines = catalogue.dump()
        begun = [next(lines)]
        log.commit(catalogue, log.promote(1))
        assert begun + list(lines) == before
        assert list(catalogue.dump()) != before
