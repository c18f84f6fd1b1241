"""Alice, who is the admin of a model with two versions, and Bob, who has a key and no role."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.in_process import Inside

if TYPE_CHECKING:
    from pathlib import Path

    from tests.end_to_end.shell import Printed

ALICE, BOB = ("--key", "alice/attest.key"), ("--key", "bob/attest.key")
EVALUATION = {"suite": "golden", "metrics": {"auc": 0.913}, "dataset": "golden=golden.csv"}
PINNED = re.compile(r"m:[12]@sha256:[0-9a-f]{64}\n")
POLICY = """\
apiVersion: attest/v1
kind: Policy
name: production
identities:
  alice: {key: alice/attest.pub}
  bob: {key: bob/attest.pub}
require:
  signature: {by: [alice]}
  provenance: {by: [alice]}
  ml-bom: {by: [alice]}
  evaluations: [{by: [alice], metric: auc, minimum: "0.9"}]
  approvals: [{by: [bob], alias: production}]
"""


@pytest.fixture(scope="module", name="pushed")
def pushed_once(tmp_path_factory: pytest.TempPathFactory) -> Inside:
    """Alice's model with two versions; she is its admin. Bob has a key, and no role."""
    person = Inside(folder=tmp_path_factory.mktemp("pushed"), environment={"ATTEST_KEY": "alice/attest.key"})
    for name in ("alice", "bob", "carol"):
        person.attest("keygen", "--out", name)
    for number in (1, 2):
        model = person.folder / f"model{number}"
        model.mkdir()
        (model / "config.json").write_text(json.dumps({"number": number}))
        person.attest("push", f"model{number}", "m", "-q")
    (person.folder / "golden.csv").write_text("x,y\n")
    (person.folder / "eval.json").write_text(json.dumps(EVALUATION))
    return person


@pytest.fixture(name="alice")
def alice_here(pushed: Inside, tmp_path: Path) -> Inside:
    return pushed.copied(tmp_path / "alice")


@pytest.fixture(name="bob")
def bob_here(alice: Inside) -> Inside:
    """The same machine, with Bob's key."""
    return Inside(folder=alice.folder, environment={"ATTEST_KEY": "bob/attest.key"})


def code(printed: Printed) -> str:
    return printed.complaint.code


def events(person: Inside) -> list[str]:
    """What happened, oldest first."""
    items = json.loads(person.attest("history", "m", "--json").out)["items"]
    return [item["action"] for item in reversed(items)]


def public(name: str) -> tuple[str, str]:
    return "--key", f"{name}/attest.pub"
