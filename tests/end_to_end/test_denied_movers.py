"""Policies that deny whoever gave an alias its version: readers, gates, and the way back."""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING

from attest.trust.identity import load_trusted_key
from tests.end_to_end.registry_people import alice_here, bob_here, code, pushed_once  # noqa: F401  # fixtures

if TYPE_CHECKING:
    from tests.end_to_end.in_process import Inside

POLICY = """\
apiVersion: attest/v1
kind: Policy
name: production
identities:
  alice: {key: alice/attest.pub}
require:
  signature: {by: [alice]}
  provenance: {by: [alice]}
  ml-bom: {by: [alice]}
formats: any
log: {admins: [alice]}
"""


def policy(person: Inside, *denied: str, since: str = "2026-01-01") -> str:
    """A file that denies the keys of some people."""
    keys = [load_trusted_key(person.folder / name / "attest.pub").fingerprint for name in denied]
    entries = "".join(f"  - {{key: '{key}', since: {since}, reason: stolen}}\n" for key in keys)
    (person.folder / "policy.yaml").write_text(POLICY + (f"deny:\n{entries}" if entries else ""))
    return "policy.yaml"


def judged(person: Inside, reference: str, *, expect: int) -> dict[str, str]:
    """Rule → code of what stands in the way."""
    document = json.loads(person.attest("verify", reference, "--policy", "policy.yaml", "--json", expect=expect).out)
    return {each["rule"]: each["code"] for each in document["findings"] if each["status"] == "failed"}


def promoted_by_bob(alice: Inside, bob: Inside) -> None:
    alice.attest("role", "grant", "m", "approver", "bob/attest.pub", "-q")
    bob.attest("promote", "m:1", "--to", "production", "-q")


def test_an_alias_that_a_revoked_person_moved_leads_to_nothing(alice: Inside, bob: Inside) -> None:
    promoted_by_bob(alice, bob)
    policy(alice, "carol")
    assert judged(alice, "m@production", expect=0) == {}
    policy(alice, "bob")
    assert judged(alice, "m@production", expect=1) == {"denials": "mover-revoked"}
    assert judged(alice, "m:1", expect=0) == {}  # what alice published is what it was
    trust = ("--policy", "policy.yaml")
    alice.attest("pull", "m@production", "out", *trust, expect=1)
    alice.attest("exec", "--model", "m@production", *trust, "--", "true", expect=121)
    assert not (alice.folder / "out").exists()
    printed = alice.attest("verify", "m@production", "--policy", "policy.yaml", expect=1)
    assert "gave it @production, and is revoked since 2026-01-01T00:00:00Z (stolen)" in printed.out
    assert "by somebody who counts" in printed.err
    refused = alice.attest("resolve", "m@production", *trust, "-q", expect=1)
    assert (code(refused), refused.out) == ("mover-revoked", "")  # or a script would pin what the thief chose


def test_somebody_who_counts_moves_it_again(alice: Inside, bob: Inside) -> None:
    promoted_by_bob(alice, bob)
    policy(alice, "bob")
    alice.attest("demote", "m@production", "-q")
    alice.attest("promote", "m:1", "--to", "production", "-q")
    assert judged(alice, "m@production", expect=0) == {}
    alice.attest("resolve", "m@production", "--policy", "policy.yaml", "-q")


def test_a_feed_that_is_gone_leaves_open_who_moved_it(alice: Inside) -> None:
    alice.attest("promote", "m:1", "--to", "production", "-q")
    (alice.folder / "policy.yaml").write_text(f"{POLICY}revocations: {{by: [alice], file: gone.json}}\n")
    assert "revocations-missing" in judged(alice, "m@production", expect=1).values()
    refused = alice.attest("resolve", "m@production", "--policy", "policy.yaml", "-q", expect=1)
    assert code(refused) == "revocations-missing"


def test_a_rollback_of_a_revoked_person_to_what_others_promoted(alice: Inside, bob: Inside) -> None:
    """The latest move counts, whoever made the ones before it."""
    promoted_by_bob(alice, bob)
    alice.attest("promote", "m:2", "--to", "production", "-q")
    policy(alice, "bob")
    assert judged(alice, "m@production", expect=0) == {}
    alice.attest("rollback", "m@production", "-q")
    assert judged(alice, "m@production", expect=0) == {}
    alice.attest("rollback", "m@production", "--to", "2", "-q")
    bob.attest("rollback", "m@production", "--to", "1", "-q")
    assert judged(alice, "m@production", expect=1) == {"denials": "mover-revoked"}


def test_a_denial_that_begins_tomorrow_is_none_yet(alice: Inside, bob: Inside) -> None:
    promoted_by_bob(alice, bob)
    policy(alice, "bob", since="2100-01-01")
    assert judged(alice, "m@production", expect=0) == {}


def test_a_memory_that_does_not_say_who_moved_it_allows_nothing(alice: Inside, bob: Inside) -> None:
    promoted_by_bob(alice, bob)
    policy(alice, "carol")
    assert judged(alice, "m@production", expect=0) == {}
    with sqlite3.connect(alice.folder / "home/state/logs/logs.sqlite") as memory:
        assert memory.execute("DELETE FROM moves").rowcount == 1
    refused = alice.attest("verify", "m@production", "--policy", "policy.yaml", expect=2)
    assert code(refused) == "log-memory"
    alice.attest("log", "forget", "m", "--yes")
    assert judged(alice, "m@production", expect=0) == {}


def test_a_gate_lets_nobody_promote_whom_its_policy_denies(alice: Inside, bob: Inside) -> None:
    """Registry and reader cannot disagree: what the reader would refuse is not written."""
    promoted_by_bob(alice, bob)
    policy(alice, "bob")
    alice.attest("alias", "bind", "m@production", "--policy", "policy.yaml", "-q")
    before = alice.attest("history", "m", "--json").out
    refused = bob.attest("promote", "m:2", "--to", "production", "--dry-run", expect=1)
    assert "nobody who is revoked" in refused.out + refused.err
    assert code(bob.attest("rollback", "m@production", "--to", "1", expect=1)) in {"rollback-target", "mover-revoked"}
    assert alice.attest("history", "m", "--json").out == before
    alice.attest("promote", "m:2", "--to", "production", "-q")
    assert code(bob.attest("rollback", "m@production", expect=1)) == "mover-revoked"
    assert judged(alice, "m@production", expect=0) == {}
