"""`attest log`: a log is shown, checked whole and forgotten, and a fork of it is ended."""

from __future__ import annotations

import json
import shutil
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from attest.claims.event import Action, Gate, Target
from attest.lifecycle.session import open_session
from attest.lifecycle.writing import Draft
from attest.pushing import key_signer
from attest.settings import Settings
from attest.signing.bundle import Bundle
from attest_registry.digest import Digest
from attest_registry.reference import Reference
from tests.end_to_end.in_process import Inside

if TYPE_CHECKING:
    from pathlib import Path

    from tests.end_to_end.shell import Printed

RULES = [
    "signatures",
    "place",
    "order",
    "times",
    "roles",
    "states",
    "gates",
    "claims",
    "memory",
    "catalogue",
    "admins",
]


@pytest.fixture(scope="module")
def pushed(tmp_path_factory: pytest.TempPathFactory) -> Inside:
    """Alice's model: two versions, one evaluated, an alias. She is its admin; Bob has a key."""
    person = Inside(folder=tmp_path_factory.mktemp("pushed"), environment={"ATTEST_KEY": "alice/attest.key"})
    for name in ("alice", "bob"):
        person.attest("keygen", "--out", name)
    for number in (1, 2):
        model = person.folder / f"model{number}"
        model.mkdir()
        (model / "config.json").write_text(json.dumps({"number": number}))
        person.attest("push", f"model{number}", "m", "-q")
    person.attest("evaluate", "m:1", "--metric", "auc=0.9", "-q")
    person.attest("promote", "m:1", "--to", "champion", "-q")
    return person


@pytest.fixture
def alice(pushed: Inside, tmp_path: Path) -> Inside:
    copied = pushed.copied(tmp_path / "alice")
    copied.attest("resolve", "m@champion", "-q")
    return copied


@pytest.fixture
def elsewhere(alice: Inside) -> Inside:
    """Another machine in front of the same store: no memory, and a catalogue of its own."""
    own = {"ATTEST_STATE": str(alice.folder / "elsewhere"), "ATTEST_CATALOGUE": str(alice.folder / "elsewhere.db")}
    return replace(alice, environment={**alice.environment, **own})


def code(printed: Printed) -> str:
    return printed.complaint.code


def findings(person: Inside, *line: str, expect: int = 0) -> dict[str, dict[str, str]]:
    document = json.loads(person.attest("log", "verify", "m", *line, "--json", expect=expect).out)
    assert list(dict.fromkeys(finding["rule"] for finding in document["findings"])) == RULES
    return {finding["rule"]: finding for finding in document["findings"]}


def failed(person: Inside, *line: str, expect: int) -> dict[str, str]:
    """The codes of what does not hold, by rule."""
    found = findings(person, *line, expect=expect)
    return {rule: each["code"] for rule, each in found.items() if each["status"] == "failed"}


def store(person: Inside) -> Path:
    return person.folder / "home/store"


def test_a_whole_log_is_checked_line_by_line(alice: Inside) -> None:
    printed = alice.attest("log", "verify", "m", "--key", "alice/attest.pub")
    lines = printed.out.splitlines()
    assert lines[0] == "the log of m"
    assert [line.split()[1] for line in lines[1:-1]] == RULES
    assert all(line.startswith("  ✓") for line in lines[1:-1])
    assert lines[-1].startswith("VERIFIED  events 1 to 4, head sha256:")


def test_a_machine_without_memory_or_names_says_so(elsewhere: Inside) -> None:
    found = findings(elsewhere)
    assert {rule for rule, each in found.items() if each["status"] == "not-applicable"} == {
        "memory",
        "catalogue",
        "admins",
    }
    assert "first use" in found["memory"]["summary"]
    assert findings(elsewhere)["memory"]["status"] == "passed", "what held is remembered"


def test_a_policy_says_which_log_it_means(alice: Inside) -> None:
    for name in ("alice", "bob"):
        alice.attest("policy", "init", "--key", f"{name}/attest.pub", "--out", f"{name}.yaml")
    assert failed(alice, "--policy", "alice.yaml", expect=1) == {"admins": "log-not-pinned"}
    for name in ("alice", "bob"):
        path = alice.folder / f"{name}.yaml"
        path.write_text(f"{path.read_text()}\nlog: {{admins: [{publisher(path)}]}}\n")
    assert findings(alice, "--policy", "alice.yaml")["admins"]["status"] == "passed"
    assert failed(alice, "--policy", "bob.yaml", expect=3) == {"admins": "log-transplant"}
    both = ("--policy", "alice.yaml", "--key", "alice/attest.pub")
    assert code(alice.attest("log", "verify", "m", *both, expect=2)) == "usage"


def publisher(policy: Path) -> str:
    """The name of the one identity in it."""
    return policy.read_text().split("identities:\n")[1].split(":")[0].strip()


def test_an_admin_whom_nobody_named_is_noticed(alice: Inside) -> None:
    assert failed(alice, "--key", "bob/attest.pub", expect=1) == {"admins": "log-admin"}
    alice.attest("role", "grant", "m", "admin", "bob/attest.pub", "-q")
    assert failed(alice, "--key", "alice/attest.pub", expect=1) == {"admins": "log-admin"}
    assert not failed(alice, "--key", "alice/attest.pub", "--key", "bob/attest.pub", expect=0)


def blob_of(person: Inside, claim: str) -> list[Path]:
    """The bundles in the store whose words have a digest."""
    found = []
    for path in store(person).rglob("*"):
        if path.is_file() and path.stat().st_size < 100_000:
            try:
                words = Bundle.parse(path.read_bytes()).payload
            except Exception:  # noqa: BLE001, S112  # the pool holds all kinds of things
                continue
            if str(Digest.of(words)) == claim:
                found.append(path)
    return found


def test_a_recorded_claim_that_is_gone_is_noticed(alice: Inside) -> None:
    document = json.loads(alice.attest("log", "show", "m", "--json").out)
    claim = document["items"][2]["statement"]["predicate"]["claims"][0]["claim"]["sha256"]
    blobs = blob_of(alice, f"sha256:{claim}")
    assert blobs
    for path in blobs:
        path.unlink()
    assert failed(alice, expect=1)["claims"] == "evidence-withheld"


def test_an_event_that_was_changed_breaks_the_log(alice: Inside) -> None:
    document = json.loads(alice.attest("log", "show", "m", "--json").out)
    for path in blob_of(alice, document["items"][1]["event"]):
        path.chmod(0o644)
        path.write_bytes(path.read_bytes().replace(b'"signatures"', b'"signaturez"'))
    printed = alice.attest("log", "verify", "m", expect=3)
    assert "TAMPERED  events 1 to 1" in printed.out
    assert printed.out.count("not reached") == 5
    shown = alice.attest("log", "show", "m", expect=3)
    assert shown.out.count("\n") == 1 + 1, "the event before it is shown"
    assert code(shown) == "digest-mismatch"
    assert json.loads(alice.attest("log", "show", "m", "--json", expect=3).out)["code"] == "digest-mismatch"


def test_a_gate_that_never_held_is_noticed(alice: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    """A promotion that was signed by hand, over no evidence at all."""
    for name, value in alice.variables().items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(alice.folder)
    settings = Settings.load()
    signer = key_signer(settings, None, None)
    with open_session(Reference.parse("m"), settings, clock=lambda: datetime.now(UTC), signer=signer) as session:
        log = session.log()
        version = session.version(log, Reference.parse("m:2"))
        gate = Gate(policy=None, evidence=())
        session.write(log, Draft(action=Action.PROMOTE, version=version, target=Target(alias="champion"), gate=gate))
    assert failed(alice, expect=3) == {"gates": "log-gate"}


def test_a_catalogue_that_was_edited_is_noticed(alice: Inside) -> None:
    (path,) = (alice.folder / "home").rglob("catalogue*.db")
    with sqlite3.connect(path) as connection:
        connection.execute("DELETE FROM holdings")
    connection.close()
    assert failed(alice, expect=1) == {"catalogue": "catalogue-differs"}
    assert not failed(replace(alice, environment={**alice.environment, "ATTEST_CATALOGUE": "fresh.db"}), expect=0)


def test_an_older_store_is_noticed_until_it_is_forgotten(alice: Inside) -> None:
    shutil.copytree(store(alice), alice.folder / "backup", symlinks=True)
    alice.attest("promote", "m:2", "--to", "champion", "-q")
    put_back(alice)
    assert failed(alice, expect=3)["memory"] == "log-rollback"
    assert code(alice.attest("resolve", "m@champion", expect=3)) == "log-rollback"
    assert code(alice.attest("log", "forget", "m", expect=2)) == "not-confirmed"
    assert "up to event 5" in alice.attest("log", "forget", "m", "--yes").err
    assert "nothing is remembered" in alice.attest("log", "forget", "m").err
    assert alice.attest("resolve", "m@champion").out.startswith("m:1@")


def put_back(person: Inside) -> None:
    shutil.rmtree(store(person))
    shutil.copytree(person.folder / "backup", store(person), symlinks=True)


def test_events_are_shown_from_where_one_asks(alice: Inside) -> None:
    shown = alice.attest("log", "show", "m", "--from", "2", "--limit", "2")
    rows = [line.split("\t") for line in shown.out.splitlines()]
    assert [row[0] for row in rows] == ["EVENT", "2", "3"]
    assert all(row[1].startswith("sha256:") and len(row[1]) == 71 for row in rows[1:])
    assert "1 more: --from 4" in shown.err
    document = json.loads(alice.attest("log", "show", "m", "--from", "4", "--json").out)
    (item,) = document["items"]
    assert item["statement"]["predicate"]["action"] == "promote"
    assert document["next"] is None
    assert json.loads(alice.attest("log", "show", "m", "--limit", "1", "--json").out)["next"] == 2


@pytest.mark.parametrize("verb", ["show", "verify", "resolve-fork"])
def test_a_model_without_a_log_has_none_to_look_at(alice: Inside, verb: str) -> None:
    assert code(alice.attest("log", verb, "none", expect=2)) == "log-unknown"


@pytest.fixture
def forked(alice: Inside, elsewhere: Inside) -> tuple[Inside, Inside]:
    """A backup of the store is put back, and somebody goes on from it; Alice remembers the branch that is gone."""
    shutil.copytree(store(alice), alice.folder / "backup", symlinks=True)
    alice.attest("promote", "m:2", "--to", "champion", "-q")
    alice.attest("promote", "m:1", "--to", "staging", "-q")
    put_back(alice)
    elsewhere.attest("promote", "m:2", "--to", "production", "-q")
    return alice, elsewhere


def test_a_fork_is_shown_with_both_branches(forked: tuple[Inside, Inside]) -> None:
    alice, elsewhere = forked
    assert code(alice.attest("resolve", "m@champion", expect=3)) == "log-fork"
    assert failed(alice, expect=3)["memory"] == "log-fork"
    assert "event 5 is another one than was seen here" in alice.attest("log", "show", "m").err
    printed = alice.attest("log", "resolve-fork", "m", expect=2)
    assert code(printed) == "usage"
    assert printed.err.count("stands     event 5") == 1
    assert printed.err.count("not in the store") == 2
    assert code(elsewhere.attest("log", "resolve-fork", "m", expect=2)) == "fork-unknown"


def seen_events(person: Inside) -> list[str]:
    printed = person.attest("log", "resolve-fork", "m", expect=2)
    return [line.split()[4] for line in printed.err.splitlines() if line.startswith("seen here")]


def test_an_admin_who_saw_the_lost_branch_ends_the_fork(forked: tuple[Inside, Inside]) -> None:
    alice, elsewhere = forked
    _, newest = seen_events(alice)
    line = ("log", "resolve-fork", "m", "--abandon", newest)
    assert code(alice.attest(*line, expect=2)) == "reason-missing"
    assert code(alice.attest(*line, "-m", "restored", expect=2)) == "not-confirmed"
    assert "would abandon" in alice.attest(*line, "-m", "restored", "--dry-run").err
    assert "2 events abandoned" in alice.attest(*line, "-m", "restored", "--yes").err
    for person in (alice, elsewhere):
        assert person.attest("resolve", "m@production").out.startswith("m:2@")
        assert person.attest("resolve", "m@champion").out.startswith("m:1@")
        assert not failed(person, expect=0)
    assert "resolve-fork" in alice.attest("history", "m").out
    alice.attest("promote", "m:2", "--to", "champion", "-q")
    elsewhere.attest("rollback", "m@champion", "-q")


def test_an_admin_who_never_saw_it_names_its_events(forked: tuple[Inside, Inside]) -> None:
    alice, elsewhere = forked
    named = [word for digest in seen_events(alice) for word in ("--abandon", digest)]
    elsewhere.attest("log", "resolve-fork", "m", *named, "-m", "restored", "--yes")
    assert alice.attest("resolve", "m@production").out.startswith("m:2@")


def test_a_fork_of_which_one_event_is_not_named_is_left_for_those_who_saw_it(forked: tuple[Inside, Inside]) -> None:
    alice, elsewhere = forked
    first, _ = seen_events(alice)
    elsewhere.attest("log", "resolve-fork", "m", "--abandon", first, "-m", "restored", "--yes")
    assert code(alice.attest("resolve", "m@champion", expect=3)) == "log-fork"


def test_an_end_of_a_fork_that_convinces_nobody_is_refused(forked: tuple[Inside, Inside]) -> None:
    alice, _ = forked
    _, newest = seen_events(alice)
    standing = json.loads(alice.attest("log", "show", "m", "--json").out)["items"][4]["event"]
    more = ("-m", "restored", "--yes")
    for digest, expected in ((standing, "fork-stands"), (f"sha256:{'0' * 64}", "fork-unknown")):
        printed = alice.attest("log", "resolve-fork", "m", "--abandon", digest, *more, expect=2)
        assert code(printed) == expected
    bad = alice.attest("log", "resolve-fork", "m", "--abandon", "sha256:0", *more, expect=2)
    assert code(bad) == "bad-reference"
    bob = ("--key", "bob/attest.key")
    printed = alice.attest("log", "resolve-fork", "m", "--abandon", newest, *more, *bob, expect=1)
    assert code(printed) == "role-missing"
    assert code(alice.attest("resolve", "m@champion", expect=3)) == "log-fork"


def test_somebody_with_the_role_recovery_ends_a_fork(alice: Inside, elsewhere: Inside) -> None:
    alice.attest("role", "grant", "m", "recovery", "bob/attest.pub", "-q")
    shutil.copytree(store(alice), alice.folder / "backup", symlinks=True)
    alice.attest("promote", "m:2", "--to", "champion", "-q")
    put_back(alice)
    elsewhere.attest("promote", "m:2", "--to", "production", "-q")
    (only,) = seen_events(alice)
    line = ("log", "resolve-fork", "m", "--abandon", only, "-m", "restored", "--yes", "--key", "bob/attest.key")
    assert json.loads(alice.attest(*line, "--json").out)["abandoned"] == [only]
    assert (
        code(alice.attest("promote", "m:2", "--to", "staging", "--key", "bob/attest.key", expect=1)) == "role-missing"
    )
