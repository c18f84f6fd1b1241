"""The verbs of the registry together: over a store without a log, in a store of others, and each act once."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

from attest.claims.event import Action
from attest_registry.oci.descriptor import REF_NAME
from tests.end_to_end.registry_people import PINNED, POLICY, alice_here, bob_here, code, events, pushed_once  # noqa: F401  # fixtures
from tests.services.docker_registry import running

if TYPE_CHECKING:
    from pathlib import Path

    from tests.end_to_end.in_process import Inside


def test_versions_from_before_the_log_are_registered_in_order(alice: Inside, bob: Inside) -> None:
    without_log(alice)
    assert "would register 2 versions" in bob.attest("register", "m", "--dry-run").err
    first = bob.attest("register", "m:1")
    assert "its admin from now on" in first.err
    assert PINNED.fullmatch(first.out)
    rest = json.loads(bob.attest("register", "m", "--json").out)
    assert [item["number"] for item in rest["items"]] == [2]
    assert "already there" in bob.attest("register", "m").err
    assert code(alice.attest("register", "m:3", expect=2)) == "name-unknown"
    assert code(alice.attest("register", "none", expect=2)) == "name-unknown"
    assert code(alice.attest("register", "m@champion", expect=2)) == "usage"
    (alice.folder / "model1/config.json").write_text('{"number": 3}')
    assert code(alice.attest("push", "model1", "m", expect=1)) == "role-missing"
    assert alice.attest("ls", "m", "-q").out.count("\n") == 2


def without_log(person: Inside) -> None:
    """A store as it was before there were logs, and a machine that never saw one."""
    (person.folder / "home/store/m/.attest/tags/attest-log").unlink()
    for place in ("state/logs", "state", "store/../state"):
        shutil.rmtree(person.folder / "home" / place, ignore_errors=True)
    for path in (person.folder / "home").rglob("*catalogue*"):
        path.unlink()


def test_every_act_has_been_done_by_some_verb(alice: Inside, bob: Inside) -> None:
    """All of them but the end of a fork, which has a file of its own."""
    (alice.folder / "any.yaml").write_text(POLICY)
    alice.attest("alias", "bind", "m@other", "--policy", "any.yaml", "-q")
    alice.attest("role", "grant", "m", "approver", "bob/attest.pub", "-q")
    alice.attest("evaluate", "m:1", "--from", "eval.json", "-q")
    for number in (1, 2):
        bob.attest("promote", f"m:{number}", "--to", "champion", "-q")
    bob.attest("rollback", "m@champion", "-q")
    bob.attest("demote", "m@champion", "-q")
    alice.attest("archive", "m:1", "-q")
    alice.attest("revoke", "m:1", "-m", "leak", "--yes", "-q")
    alice.attest("rm", "m", "-m", "old", "--yes", "-q")
    done = set(events(alice))
    assert set(Action) - done == {Action.RESOLVE_FORK}


def test_in_a_registry_that_others_use_writers_need_a_shared_catalogue(alice: Inside, tmp_path: Path) -> None:
    root = tmp_path / "registry"
    root.mkdir()
    with running(root) as registry:
        name = f"{registry.host}/m"
        assert "warning[catalogue-not-shared]" in alice.attest("push", "model1", name).err
        for line in (("promote", f"{name}:1", "--to", "champion"), ("role", "grant", name, "admin", "bob/attest.pub")):
            assert code(alice.attest(*line, expect=2)) == "catalogue-not-shared"
        configuration = alice.folder / json.loads(alice.attest("info", "--json").out)["configuration"]
        (configuration / "config.toml").write_text("single_writer = true\n")
        alice.attest("evaluate", f"{name}:1", "--from", "eval.json", "-q")
        alice.attest("promote", f"{name}:1", "--to", "champion", "-q")
        assert alice.attest("alias", "ls", name, "-q").out.startswith(f"{name}:1@sha256:")
        assert json.loads(alice.attest("log", "verify", name, "--json").out)["verdict"] == "verified"


def test_a_list_has_its_labels_and_digests_from_the_log(alice: Inside) -> None:
    """Whoever writes to the store moves a label and a number, and makes a name up."""
    (alice.folder / "model1/config.json").write_text('{"number": 3}')
    alice.attest("push", "model1", "m", "--label", "1.3.0", "-q")
    before = {row["number"]: row for row in json.loads(alice.attest("ls", "m", "--json").out)["items"]}
    assert [before[number]["labels"] for number in (1, 2, 3)] == [[], [], ["1.3.0"]]
    path = alice.folder / "home/store/m/index.json"
    index = json.loads(path.read_text())
    named = {each["annotations"].get(REF_NAME): each for each in index["manifests"]}
    for name in ("1.3.0", "3"):
        named[name].update(digest=named["1"]["digest"], size=named["1"]["size"])
    index["manifests"].append(named["1"] | {"annotations": {REF_NAME: "2.0.0"}})
    path.write_text(json.dumps(index))
    after = {row["number"]: row for row in json.loads(alice.attest("ls", "m", "--json").out)["items"]}
    assert after[1] == before[1] | {"unregistered": ["2.0.0"]}
    assert (after[2], after[3]) == (before[2], before[3])
    assert "2.0.0 (not registered)" in alice.attest("ls", "m").out
