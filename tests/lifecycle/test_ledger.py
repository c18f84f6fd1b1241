"""What a machine remembers: kept whole, compared, and refused where it cannot be used."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from attest.claims.event import Action, Target
from attest.claims.log_state import State
from attest.errors import InputError, LogBroken
from attest.lifecycle.ledger import Ledger, Place, Verified
from attest.lifecycle.writing import Draft
from attest_registry.digest import Digest
from tests.lifecycle.house import PASSED, House, manifest, promote, register, rollback, version

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def verified(house: House) -> list[Verified]:
    """Six events: two versions, production goes to 1, 2, 1."""
    house.write(register(1, "1.0.0"))
    house.write(register(2))
    for draft in (promote(1), promote(2), rollback(1)):
        house.write(draft)
    log = house.write(Draft(action=Action.PROMOTE, version=version(2), target=Target(alias="champion"), gate=PASSED))
    return [link.verified for link in log.walk(now=house.clock())]


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(tmp_path / "memory") as found:
        yield found


@pytest.fixture
def place(ledger: Ledger) -> Place:
    return ledger.at("acme/credit-risk")


def refused(place: Place) -> InputError:
    with pytest.raises(InputError) as caught:
        place.recall()
    assert (caught.value.code, caught.value.exit_status) == ("log-memory", 2)
    return caught.value


def test_what_is_kept_is_recalled(place: Place, verified: list[Verified]) -> None:
    assert place.recall() is None
    place.keep(verified[:3])
    place.keep(verified[2:])
    found = place.recall()
    assert found is not None
    assert (found.sequence, found.head, found.log) == (6, verified[-1].digest, verified[0].digest)
    assert found.state == verified[-1].event.state
    assert found.time == verified[-1].event.time
    assert [place.event_at(each) for each in range(1, 8)] == [*(each.digest for each in verified), None]


def test_what_later_events_are_held_against(place: Place, verified: list[Verified]) -> None:
    place.keep(verified)
    assert place.registered(1) == version(1, "1.0.0")
    assert place.registered(3) is None
    assert (place.number_of("1.0.0"), place.number_of("2.0.0")) == (1, None)
    assert (place.number_for(manifest(2)), place.number_for(manifest(3))) == (2, None)
    assert place.numbers_for(manifest(2)) == (2,)
    assert place.holders("production") == (2, 1)
    assert place.holders("champion") == (2,)
    assert place.promoted("production") == 5


def test_what_was_known_at_an_event(ledger: Ledger, verified: list[Verified]) -> None:
    ledger.at("m").keep(verified)
    then = Place(ledger=ledger, place="m", until=4)
    assert then.holders("production") == (1, 2)
    assert then.holders("champion") == ()
    at_first = Place(ledger=ledger, place="m", until=1)
    assert at_first.registered(2) is None
    assert at_first.numbers_for(manifest(2)) == ()


def test_places_are_apart(ledger: Ledger, verified: list[Verified]) -> None:
    ledger.at("one").keep(verified)
    assert ledger.at("two").recall() is None
    assert ledger.at("two").registered(1) is None
    ledger.at("two").keep(verified[:2])
    ledger.at("one").forget()
    assert ledger.at("one").recall() is None
    assert ledger.at("one").holders("production") == ()
    kept = ledger.at("two").recall()
    assert kept is not None
    assert kept.sequence == 2


def test_another_event_of_the_same_number(place: Place, verified: list[Verified]) -> None:
    place.keep(verified)
    other = Verified(event=verified[2].event, digest=Digest.of(b"other"), bundle=verified[2].bundle)
    with pytest.raises(LogBroken) as caught:
        place.keep([other])
    assert caught.value.code == "log-fork"
    assert place.event_at(3) == verified[2].digest


def test_an_abandoned_branch_is_forgotten(place: Place, verified: list[Verified]) -> None:
    place.keep(verified)
    other = Verified(event=verified[2].event, digest=Digest.of(b"other"), bundle=verified[2].bundle)
    place.keep([other], abandoned=3)
    found = place.recall()
    assert found is not None
    assert (found.sequence, found.head) == (3, Digest.of(b"other"))
    assert place.event_at(4) is None
    assert place.holders("production") == (1,)
    assert place.holders("champion") == ()


def test_nothing_is_kept_over_a_hole(place: Place, verified: list[Verified]) -> None:
    """Somebody had this machine forget the log while it was read: versions before the hole would be unknown."""
    place.keep(verified[:2])
    place.forget()
    with pytest.raises(InputError) as caught:
        place.keep(verified[2:])
    assert caught.value.code == "log-memory"
    assert place.recall() is None


def test_half_of_it_is_nothing(place: Place, verified: list[Verified]) -> None:
    """One event of several contradicts: the ones before it are not kept either."""
    place.keep(verified[:2])
    wrong = Verified(event=verified[0].event, digest=Digest.of(b"other"), bundle=verified[0].bundle)
    with pytest.raises(LogBroken):
        place.keep([verified[1], verified[2], wrong])
    found = place.recall()
    assert found is not None
    assert (found.sequence, place.event_at(3)) == (2, None)


def test_gates_that_held(place: Place) -> None:
    assert not place.gate_held(manifest(1))
    place.keep_gate(manifest(1))
    place.keep_gate(manifest(1))
    assert place.gate_held(manifest(1))
    place.forget()
    assert not place.gate_held(manifest(1))


# ---- a memory that cannot be used


@pytest.mark.parametrize("raw", [b"no database", b"SQLite format 3\0" + b"\xff" * 4096], ids=["words", "damaged"])
def test_a_file_that_is_none(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "memory").mkdir()
    (tmp_path / "memory" / "logs.sqlite").write_bytes(raw)
    with Ledger(tmp_path / "memory") as ledger:
        assert "cannot be used" in refused(ledger.at("m")).message


def test_a_folder_in_its_place(tmp_path: Path) -> None:
    (tmp_path / "memory" / "logs.sqlite").mkdir(parents=True)
    with Ledger(tmp_path / "memory") as ledger:
        refused(ledger.at("m"))


def test_no_folder_can_be_made(tmp_path: Path) -> None:
    (tmp_path / "memory").write_text("a file")
    with Ledger(tmp_path / "memory") as ledger:
        refused(ledger.at("m"))


def test_a_memory_of_another_version(tmp_path: Path) -> None:
    with Ledger(tmp_path / "memory") as ledger:
        assert ledger.at("m").recall() is None
    _change(tmp_path, "PRAGMA user_version=7")
    with Ledger(tmp_path / "memory") as ledger:
        assert "version 7" in refused(ledger.at("m")).message


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE logs SET head='sha256:x'",
        "UPDATE logs SET state='{'",
        "UPDATE logs SET state='{}'",
        "UPDATE logs SET time='yesterday'",
        "UPDATE logs SET log=x'ff'",
        "DROP TABLE logs",
    ],
)
def test_a_head_that_cannot_be_read(tmp_path: Path, verified: list[Verified], statement: str) -> None:
    with Ledger(tmp_path / "memory") as ledger:
        ledger.at("m").keep(verified)
    _change(tmp_path, statement)
    with Ledger(tmp_path / "memory") as ledger:
        refused(ledger.at("m"))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE versions SET manifest='x'",
        "UPDATE events SET event=''",
        "UPDATE records SET signer='{'",
        "UPDATE records SET claim='x'",
        "UPDATE moves SET number='x'",
        "DROP TABLE versions",
    ],
)
def test_facts_that_cannot_be_read(tmp_path: Path, house: House, verified: list[Verified], statement: str) -> None:
    from attest.claims.approval import Reviewed
    from tests.lifecycle.house import name

    claim = Reviewed(claim=manifest(9), signer=name(house.alice))
    log = house.write(Draft(action=Action.RECORD, version=version(1), claims=(claim,)))
    recorded = [link.verified for link in log.walk(now=house.clock())]
    with Ledger(tmp_path / "memory") as ledger:
        ledger.at("m").keep(recorded)
        assert ledger.at("m").recorded(manifest(1)) == (claim,)
    _change(tmp_path, statement)
    with Ledger(tmp_path / "memory") as ledger:
        place = ledger.at("m")
        with pytest.raises(InputError) as caught:
            _ = (
                place.registered(1),
                place.event_at(1),
                place.recorded(manifest(1)),
                place.holders("production"),
            )
        assert caught.value.code == "log-memory"


def _change(tmp_path: Path, statement: str) -> None:
    connection = sqlite3.connect(tmp_path / "memory" / "logs.sqlite")
    connection.execute(statement)
    connection.commit()
    connection.close()


# ---- several at once

_OPEN = """
import sys, time
from pathlib import Path
from attest.lifecycle.ledger import Ledger
from attest_registry.digest import Digest
while not Path(sys.argv[1], "go").exists():
    time.sleep(0.001)
for number in range(20):
    with Ledger(Path(sys.argv[1]) / "memory") as ledger:
        ledger.at("m").keep_gate(Digest.of(sys.argv[2].encode() + bytes([number])))
        assert ledger.at("m").recall() is None
"""


def test_processes_that_make_it_at_once(tmp_path: Path) -> None:
    """None is refused because another one is just setting it up."""
    children = [
        subprocess.Popen([sys.executable, "-c", _OPEN, str(tmp_path), name], stderr=subprocess.PIPE)
        for name in ("one", "two", "three")
    ]
    (tmp_path / "go").touch()
    for child in children:
        _, err = child.communicate(timeout=60)
        assert child.returncode == 0, err.decode()
    with Ledger(tmp_path / "memory") as ledger:
        place = ledger.at("m")
        assert all(place.gate_held(Digest.of(name + bytes([each]))) for name in (b"one", b"two") for each in range(20))


def test_a_memory_that_ends_with_the_process(verified: list[Verified]) -> None:
    with Ledger(None) as ledger:
        ledger.at("m").keep(verified)
        found = ledger.at("m").recall()
        assert found is not None
        assert isinstance(found.state, State)


def test_no_question_walks_through_all_versions(ledger: Ledger, place: Place, verified: list[Verified]) -> None:
    """A log of 100,000 versions is asked as fast as one of ten: each table is entered by more than the log's place."""
    place.keep(verified)
    asked: list[str] = []
    with ledger.writing() as connection:
        connection.set_trace_callback(asked.append)
    place.recall()
    place.event_at(1)
    place.registered(1)
    place.registered_at(1)
    place.number_of("1.0.0")
    place.number_for(manifest(1))
    place.holders("production")
    place.promoted("production")
    place.moved_before("production", verified[-1].event.time)
    place.came_to("production", 1)
    place.recorded(manifest(1))
    place.gate_held(manifest(1))
    with ledger.writing() as connection:
        connection.set_trace_callback(None)
        questions = [text for text in asked if text.startswith("SELECT")]
        plans = {text: connection.execute(f"EXPLAIN QUERY PLAN {text}").fetchall() for text in questions}
    assert len(plans) == 12
    for text, plan in plans.items():
        entered = [row[3] for row in plan if not row[3].startswith("USE TEMP B-TREE")]
        assert len(entered) == 1, text
        assert entered[0].startswith("SEARCH"), text
        assert "place=? AND" in entered[0] or entered[0].endswith("logs_1 (place=?)"), (text, entered)
