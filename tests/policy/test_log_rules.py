from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from msgspec.structs import replace

from attest.claims import log_checkpoint
from attest.claims.log_checkpoint import Checkpoint
from attest.claims.signer_name import SignerName
from attest.errors import AttestError, LogBroken, PolicyError
from attest.policy import explain
from attest.policy.ancestry import NOTHING, GivenLog, LogMark
from attest.policy.document import load_policy, policy_for_keys
from attest.policy.evaluate import evaluate
from attest.policy.log_demand import CheckpointDemand, LogDemand
from attest.policy.verdict import Finding, Status, Step, Verdict
from attest.verify.log_checkpoint import verify_checkpoint
from attest.verify.verifier import judge
from attest_registry.digest import Digest
from attest_registry.errors import Unreachable
from tests.verify.evidence import MODEL, NOW, Person, Version, bundle
from tests.verify.private_fulcio import ISSUER
from tests.verify.private_sigstore import PrivateSigstore

if TYPE_CHECKING:
    from pathlib import Path

    from attest.policy.requirements import Policy
    from attest.verify.facts import Fact

PEOPLE: Final = {name: Person.named(name) for name in ("alice", "bob", "ops", "notary")}
ALICE, BOB, OPS, NOTARY = PEOPLE.values()
MALLORY: Final = Person.named("mallory")
VERSION: Final = Version.of()
LOG: Final = Digest.of(b"the first event")
HEAD: Final = LogMark(event=Digest.of(b"event 17"), state=Digest.of(b"state 17"), manifest=VERSION.artefact.digest)
ROOT: Final = json.dumps(PrivateSigstore().root_document())
TEAM: Final = {"issuer": ISSUER, "subject-glob": "*@acme.example"}


def who(person: Person) -> SignerName:
    return SignerName(key=person.key.fingerprint)


def login(subject: str, issuer: str = ISSUER) -> SignerName:
    return SignerName(issuer=issuer, subject=subject)


def given(**values: Any) -> GivenLog:
    defaults: dict[str, Any] = {
        "log": LOG,
        "sequence": 17,
        "first": who(ALICE),
        "admins": (who(ALICE),),
        "alias": "production",
    }
    return GivenLog(**(defaults | values))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "root.json").write_text(ROOT)
    return tmp_path


def rules(folder: Path, log: dict[str, Any] | None = None, **more: Any) -> Policy:
    """A policy over people with keys; `log` and other keys of the document as they are given."""
    identities: dict[str, Any] = {
        name: {"key": person.signer.public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()}
        for name, person in PEOPLE.items()
    }
    document: dict[str, Any] = {
        "apiVersion": "attest/v1",
        "kind": "Policy",
        "name": "logged",
        "identities": identities | more.pop("identities", {}),
        "require": {"signature": {"by": ["alice"]}, "provenance": {"by": ["alice"]}},
        "formats": "any",
        **({} if log is None else {"log": log}),
        **more,
    }
    path = folder / "policy.yaml"
    path.write_text(json.dumps(document))
    return load_policy(path)


def verdict(policy: Policy, log: GivenLog | None, **values: Any) -> Verdict:
    outcome = judge(VERSION.evidence(ALICE), artefact=VERSION.artefact, model=MODEL, keys=policy.keys)
    arguments: dict[str, Any] = {"now": NOW, "reference": f"{MODEL}:1"} | values
    return evaluate(policy, outcome, artefact=VERSION.artefact, gathered=replace(NOTHING, log=log), **arguments)


def judged(policy: Policy, log: GivenLog | None, **values: Any) -> Finding:
    (finding,) = [each for each in verdict(policy, log, **values).findings if each.rule == "log"]
    return finding


def code(policy: Policy, log: GivenLog | None, **values: Any) -> tuple[str | None, int]:
    outcome = verdict(policy, log, **values)
    (finding,) = [each for each in outcome.findings if each.rule == "log"]
    assert finding.stands_in_the_way
    assert not outcome.allowed
    assert outcome.exit_status == finding.exit_status
    return finding.code, finding.exit_status


def checkpoint(policy: Policy, person: Person = OPS, **values: Any) -> Fact:
    said = Checkpoint(
        by=who(person),
        model=MODEL,
        manifest=HEAD.manifest,
        log=LOG,
        sequence=17,
        head=HEAD.event,
        state=HEAD.state,
        issued=NOW - timedelta(hours=1),
        expires=NOW + timedelta(hours=23),
    )
    statement = log_checkpoint.build(replace(said, **values))
    return verify_checkpoint(bundle(statement, person), policy.keys, names=(MODEL,))


FRESH: Final[dict[str, Any]] = {"admins": ["alice"], "checkpoint": {"by": ["ops"], "max-age": "24h"}}


# where nothing is asked


def test_a_version_without_a_log_and_a_policy_without_the_key_have_no_such_finding(folder: Path) -> None:
    found = verdict(rules(folder), None)
    assert found.allowed
    assert "log" not in {finding.rule for finding in found.findings}


def test_a_log_that_the_version_was_not_reached_through_is_not_asked_about(folder: Path) -> None:
    assert "log" not in {finding.rule for finding in verdict(rules(folder), given(alias=None)).findings}


def test_the_key_asks_nothing_of_a_version_without_a_log(folder: Path) -> None:
    finding = judged(rules(folder, FRESH), None)
    assert finding.status is Status.NOT_APPLICABLE
    assert verdict(rules(folder, FRESH), None).allowed


def test_it_stands_right_after_the_reference(folder: Path) -> None:
    found = verdict(rules(folder, {"digest": str(LOG)}), given())
    assert [finding.rule for finding in found.findings][:2] == ["reference", "log"]
    assert found.findings[1].step is Step.RESOLVE


# pins


@pytest.mark.parametrize(
    ("log", "found"),
    [
        ({"digest": str(LOG)}, given(first=None, admins=())),
        ({"digest": str(LOG)}, given(environment="staging")),
        ({"admins": ["alice"]}, given()),
        ({"admins": ["alice", "bob"]}, given(first=who(MALLORY), admins=(who(BOB), who(ALICE)))),
        ({"admins": ["alice"]}, given(admins=(who(MALLORY),))),  # he began it, and gave it to somebody else
        ({"admins": ["alice"], "environment": "eu"}, given(environment="eu")),
        ({"digest": str(LOG), "admins": ["bob"]}, given(first=who(BOB))),
        ({"min-sequence": 17, "digest": str(LOG)}, given()),
    ],
)
def test_the_log_that_the_policy_means_passes(folder: Path, log: dict[str, Any], found: GivenLog) -> None:
    finding = judged(rules(folder, log), found)
    assert finding.status is Status.PASSED
    assert finding.summary.startswith("@production, event 17 of the log ")
    assert verdict(rules(folder, log), found).allowed


@pytest.mark.parametrize(
    ("log", "found"),
    [
        ({"digest": str(Digest.of(b"another"))}, given()),
        ({"digest": str(Digest.of(b"another")), "admins": ["alice"]}, given()),
        ({"digest": str(LOG), "admins": ["bob"]}, given()),
        ({"admins": ["bob"]}, given()),
        ({"admins": ["bob"]}, given(admins=(who(BOB), who(ALICE)))),  # one stranger among the admins is enough
        ({"admins": ["bob"]}, given(admins=())),
        ({"admins": ["bob"]}, given(first=None, admins=())),
        ({"admins": ["alice"], "environment": "eu"}, given(environment="us")),
        ({"admins": ["alice"], "environment": "eu"}, given()),
        ({"digest": str(LOG), "environment": "eu"}, given(environment="us")),
        ({"admins": ["alice"]}, given(first=login("alice"), admins=(login("alice"),))),
        ({"admins": ["bob"]}, given(alias=None)),  # a pin that is written down goes for every version
    ],
)
def test_another_log_is_an_incident(folder: Path, log: dict[str, Any], found: GivenLog) -> None:
    assert code(rules(folder, log), found) == ("log-transplant", 3)


def test_an_alias_means_nothing_in_a_log_that_nothing_pins(folder: Path) -> None:
    finding = judged(rules(folder), given(environment="eu"))
    assert code(rules(folder), given()) == ("log-not-pinned", 1)
    assert finding.hint is not None
    assert f'log: {{digest: "{LOG}"}}' in finding.hint
    assert "log: {admins: [alice], environment: eu}" in finding.hint
    assert "NAME" in str(judged(rules(folder), given(first=who(MALLORY), admins=())).hint)


def test_freshness_alone_pins_nothing(folder: Path) -> None:
    policy = rules(folder, {"checkpoint": {"by": ["ops"]}, "min-sequence": 1, "environment": "eu"})
    assert code(policy, given(environment="eu", checkpoint=checkpoint(policy), mark=HEAD)) == ("log-not-pinned", 1)


def test_admins_of_several_registries_pin_a_log_with_its_environment_only(folder: Path) -> None:
    finding = judged(rules(folder, {"admins": ["alice"]}), given(environment="eu"))
    assert (finding.code, finding.exit_status) == ("log-not-pinned", 1)
    assert "environment: eu" in str(finding.hint)


def test_the_role_of_admins_pins_where_the_key_names_nobody(folder: Path) -> None:
    roles = {"admin": ["alice", "bob"]}
    assert judged(rules(folder, roles=roles), given()).status is Status.PASSED
    assert judged(rules(folder, {"min-sequence": 3}, roles=roles), given()).status is Status.PASSED
    assert code(rules(folder, roles={"admin": "bob"}), given()) == ("log-transplant", 3)
    assert code(rules(folder, {"admins": ["bob"]}, roles=roles), given()) == ("log-transplant", 3)
    assert judged(rules(folder, {"digest": str(LOG)}, roles={"admin": "bob"}), given()).status is Status.PASSED


@pytest.mark.parametrize(
    "found", [given(), given(first=who(BOB), admins=(who(BOB), who(ALICE))), given(environment="eu")]
)
def test_the_key_that_was_typed_pins_its_own_log(found: GivenLog) -> None:
    policy = policy_for_keys([ALICE.key])
    assert judged(policy, found).status is Status.PASSED
    assert "pinned by the key or identity of the command line" in judged(policy, found).summary
    assert verdict(policy, found).allowed


def test_the_key_that_was_typed_pins_no_other() -> None:
    others = given(first=who(BOB), admins=(who(MALLORY),))
    assert code(policy_for_keys([ALICE.key]), others) == ("log-transplant", 3)


@pytest.mark.parametrize(
    ("identity", "subject", "pins"),
    [
        (TEAM, "ann@acme.example", True),
        (TEAM, "ann@evil.example", False),
        (TEAM | {"kind": "email"}, "ann@acme.example", True),
        (TEAM | {"kind": "username"}, "ann@acme.example", False),
        ({"issuer": ISSUER, "subject": "https://ci.example/x", "kind": "uri"}, "https://ci.example/x", True),
        ({"issuer": ISSUER, "subject": "https://ci.example/x"}, "https://ci.example/y", False),
        ({"issuer": ISSUER, "subject": "ann!acme", "kind": "username"}, "ann!acme", True),
    ],
)
def test_logins_pin_by_issuer_and_subject(folder: Path, identity: dict[str, Any], subject: str, pins: bool) -> None:
    policy = rules(folder, {"admins": ["team"]}, identities={"team": identity}, trust={"root": "root.json"})
    found = judged(policy, given(first=login(subject)))
    assert found.code == (None if pins else "log-transplant")
    assert judged(policy, given(first=login(subject, "https://evil.example"))).code == "log-transplant"


def test_somebody_whose_key_is_denied_pins_nothing(folder: Path) -> None:
    """Who found it could begin a log in his name; the people whom he gave the log to are as good as before."""
    entry = {"key": str(ALICE.key.fingerprint), "since": "2026-01-01", "reason": "laptop stolen"}
    require = {"require": {"signature": {"by": ["alice"]}}}
    policy = rules(folder, {"admins": ["alice", "bob"]}, deny=[entry], **require)
    assert judged(policy, given()).code == "log-transplant"
    assert judged(policy, given(admins=(who(BOB),))).status is Status.PASSED


def test_a_login_that_is_denied_pins_nothing(folder: Path) -> None:
    entry = {"identity": {"issuer": ISSUER, "subject": "ann@acme.example"}, "since": "2026-01-01", "reason": "left"}
    values: dict[str, Any] = {"identities": {"team": TEAM}, "trust": {"root": "root.json"}, "deny": [entry]}
    policy = rules(folder, {"admins": ["team"]}, **values)
    assert judged(policy, given(first=login("ann@acme.example"), admins=())).code == "log-transplant"
    assert judged(policy, given(first=login("eve@acme.example"), admins=())).status is Status.PASSED


def test_a_key_that_has_run_out_pins_nothing(folder: Path) -> None:
    pem = MALLORY.signer.public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    old = {"old": {"key": pem, "not-after": "2025-12-31", "time": "not-required"}}
    policy = rules(folder, {"admins": ["old"]}, identities=old)
    assert judged(policy, given(first=who(MALLORY))).code == "log-transplant"
    assert judged(policy, given(first=who(MALLORY)), now=NOW - timedelta(days=400)).status is Status.PASSED


# how far it goes


def test_a_log_that_ends_before_the_policy_knows_is_an_incident(folder: Path) -> None:
    policy = rules(folder, {"digest": str(LOG), "min-sequence": 18})
    assert code(policy, given()) == ("log-rollback", 3)
    assert code(policy, given(alias=None)) == ("log-rollback", 3)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (LogBroken("event 4 does not hold", code="log-signature"), ("log-signature", 3)),
        (LogBroken("it is older", code="log-rollback"), ("log-rollback", 3)),
        (Unreachable("nobody answered"), ("store-unreachable", 1)),
    ],
)
def test_a_log_that_does_not_hold_allows_nothing(folder: Path, error: AttestError, expected: tuple[str, int]) -> None:
    policy = rules(folder, {"digest": str(LOG)})
    assert code(policy, given(error=error)) == expected
    assert code(policy, GivenLog(alias="production", error=error)) == expected
    assert code(policy_for_keys([ALICE.key]), GivenLog(alias="production", error=error)) == expected


def test_a_log_that_nobody_read_allows_nothing(folder: Path) -> None:
    assert code(rules(folder, FRESH), GivenLog(alias="production")) == ("log-invalid", 3)


# freshness


def test_a_fresh_checkpoint_of_the_head_passes(folder: Path) -> None:
    policy = rules(folder, FRESH)
    fact = checkpoint(policy)
    finding = judged(policy, given(checkpoint=fact, mark=HEAD))
    assert finding.status is Status.PASSED
    assert "checkpoint of event 17 from 2026-11-20T21:00:00Z" in finding.summary
    assert finding.evidence == fact.evidence.digest
    assert finding.signer is not None
    assert finding.signer.startswith("ops (key ")


def test_a_fresh_checkpoint_of_an_event_before_the_head_passes(folder: Path) -> None:
    policy = rules(folder, FRESH)
    assert judged(policy, given(sequence=19, checkpoint=checkpoint(policy), mark=HEAD)).status is Status.PASSED


STALE: Final[dict[str, tuple[Person, dict[str, Any]]]] = {
    "by somebody else": (NOTARY, {}),
    "expired": (OPS, {"issued": NOW - timedelta(hours=3), "expires": NOW - timedelta(seconds=1)}),
    "too old": (OPS, {"issued": NOW - timedelta(hours=25)}),
    "from the future": (OPS, {"issued": NOW + timedelta(minutes=6)}),
}


@pytest.mark.parametrize(("person", "values"), STALE.values(), ids=STALE)
def test_a_checkpoint_that_is_not_fresh_refuses(folder: Path, person: Person, values: dict[str, Any]) -> None:
    policy = rules(folder, FRESH)
    found = given(checkpoint=checkpoint(policy, person, **values), mark=HEAD)
    assert code(policy, found) == ("log-stale", 1)
    assert "attest checkpoint" in str(judged(policy, found).hint)


def test_without_any_checkpoint_it_is_refused(folder: Path) -> None:
    assert code(rules(folder, FRESH), given()) == ("log-stale", 1)
    error = AttestError("nobody whom the policy names signed it", code="signer-not-trusted", found="key sha256:1")
    finding = judged(rules(folder, FRESH), given(checkpoint_error=error))
    assert finding.found == "nobody whom the policy names signed it; key sha256:1"


def test_a_checkpoint_by_somebody_who_does_not_count_any_more_refuses(folder: Path) -> None:
    entry = {"key": str(OPS.key.fingerprint), "since": "2026-01-01", "reason": "lost"}
    policy = rules(folder, FRESH, deny=[entry])
    finding = judged(policy, given(checkpoint=checkpoint(policy), mark=HEAD))
    assert finding.code == "log-stale"
    assert "does not count now" in str(finding.found)


def test_a_clock_that_is_a_little_behind_is_no_future(folder: Path) -> None:
    policy = rules(folder, FRESH)
    fact = checkpoint(policy, issued=NOW + timedelta(minutes=4))
    assert judged(policy, given(checkpoint=fact, mark=HEAD)).status is Status.PASSED


def test_without_a_greatest_age_it_counts_until_it_expires(folder: Path) -> None:
    policy = rules(folder, {"admins": ["alice"], "checkpoint": {"by": "ops"}})
    old = checkpoint(policy, issued=NOW - timedelta(days=300))
    assert judged(policy, given(checkpoint=old, mark=HEAD)).status is Status.PASSED


def test_who_names_a_version_needs_no_checkpoint(folder: Path) -> None:
    assert judged(rules(folder, FRESH), given(alias=None)).status is Status.PASSED


ANOTHER: Final = Digest.of(b"another")
FORKS: Final[dict[str, tuple[dict[str, Any], LogMark | None]]] = {
    "another event": ({"head": ANOTHER}, HEAD),
    "another state": ({"state": ANOTHER}, HEAD),
    "another version": ({"manifest": ANOTHER}, HEAD),
    "another log": ({"log": ANOTHER}, HEAD),
    "an event that is withheld": ({"sequence": 18}, None),
    "an event that is withheld, whatever stands there": ({"sequence": 18}, HEAD),
    "an expired one": ({"head": ANOTHER, "issued": NOW - timedelta(9), "expires": NOW - timedelta(8)}, HEAD),
}


@pytest.mark.parametrize("alias", ["production", None])
@pytest.mark.parametrize("person", [OPS, NOTARY], ids=["who has to sign", "a witness"])
@pytest.mark.parametrize(("values", "mark"), FORKS.values(), ids=FORKS)
def test_a_log_that_contradicts_a_checkpoint_is_an_incident(
    folder: Path, values: dict[str, Any], mark: LogMark | None, person: Person, alias: str | None
) -> None:
    policy = rules(folder, FRESH | {"witnesses": ["notary"]})
    found = given(alias=alias, checkpoint=checkpoint(policy, person, **values), mark=mark)
    assert code(policy, found) == ("log-fork", 3)


def test_a_checkpoint_by_somebody_who_is_no_witness_contradicts_nothing(folder: Path) -> None:
    policy = rules(folder, {"admins": ["alice"]})
    assert judged(policy, given(checkpoint=checkpoint(policy, head=ANOTHER), mark=HEAD)).status is Status.PASSED


@pytest.mark.parametrize(
    ("log", "words"),
    [
        ({}, "; first use on this host"),
        ({"min-sequence": 3}, "; log memory: first use on this host, event 3 or later demanded instead"),
        (
            {"checkpoint": {"by": ["ops"]}},
            "; log memory: first use on this host, freshness demanded instead",
        ),
    ],
)
def test_a_host_that_remembers_nothing_says_so(folder: Path, log: dict[str, Any], words: str) -> None:
    policy = rules(folder, {"admins": ["alice"], **log})
    finding = judged(policy, given(first_use=True, checkpoint=checkpoint(policy), mark=HEAD))
    assert finding.status is Status.PASSED
    assert finding.summary.endswith(words)
    assert "first use" not in judged(policy, given(checkpoint=checkpoint(policy), mark=HEAD)).summary


# the document


def test_the_key_is_read_whole(folder: Path) -> None:
    said = {
        "digest": str(LOG),
        "admins": ["keepers", "bob"],
        "environment": "eu",
        "checkpoint": {"by": "ops", "max-age": "36h"},
        "witnesses": "notary",
        "min-sequence": 12,
    }
    policy = rules(folder, said, roles={"keepers": ["alice"]})
    assert policy.log == LogDemand(
        digest=LOG,
        admins=("alice", "bob"),
        environment="eu",
        checkpoint=CheckpointDemand(by=("ops",), max_age=timedelta(hours=36)),
        witnesses=("notary",),
        min_sequence=12,
    )
    sentences = [each for each in explain.sentences(policy) if " log " in each]
    assert len(sentences) == 6
    assert 'signed by "ops", which is at most 36 hours old' in sentences[4]


def test_it_is_part_of_what_the_policy_is(folder: Path) -> None:
    plain, pinned = rules(folder), rules(folder, {"digest": str(LOG)})
    assert len({plain.digest, pinned.digest, rules(folder, {"min-sequence": 2}).digest}) == 3
    assert pinned.digest == rules(folder, {"digest": str(LOG)}).digest


def test_who_extends_adds_to_what_is_there(folder: Path) -> None:
    rules(folder, FRESH | {"environment": "eu"})
    (folder / "policy.yaml").rename(folder / "org.yaml")
    head = "apiVersion: attest/v1\nkind: Policy\nname: team\nextends: org.yaml\n"
    (folder / "team.yaml").write_text(head + "log: {min-sequence: 9, admins: [bob], checkpoint: {max-age: 1h}}\n")
    assert load_policy(folder / "team.yaml").log == LogDemand(
        admins=("bob",),
        environment="eu",
        checkpoint=CheckpointDemand(by=("ops",), max_age=timedelta(hours=1)),
        min_sequence=9,
    )


@pytest.mark.parametrize(
    ("log", "expected"),
    [
        ({}, "policy-empty-list"),
        ({"digets": str(LOG)}, "policy-unknown-key"),
        ({"digest": "sha256:12"}, "policy-bad-digest"),
        ({"admins": ["mallory"]}, "policy-unknown-identity"),
        ({"admins": []}, "policy-empty-list"),
        ({"admins": ["job"]}, "policy-unfit-admin"),
        ({"admins": ["alice", "job"]}, "policy-unfit-admin"),
        ({"environment": " "}, "policy-wrong-type"),
        ({"checkpoint": {"max-age": "24h"}}, "policy-missing-key"),
        ({"checkpoint": {"by": ["ops"], "max-age": "1 day"}}, "policy-bad-duration"),
        ({"checkpoint": True}, "policy-wrong-type"),
        ({"witnesses": ["nobody"]}, "policy-unknown-identity"),
        ({"min-sequence": 0}, "policy-bad-number"),
        ({"min-sequence": "12"}, "policy-bad-number"),
    ],
    ids=str,
)
def test_what_is_not_understood_is_refused(folder: Path, log: dict[str, Any], expected: str) -> None:
    job = {"issuer": ISSUER, "subject": "https://ci.example/x", "extensions": {"runner-environment": "github-hosted"}}
    with pytest.raises(PolicyError) as caught:
        rules(folder, log, identities={"job": job}, trust={"root": "root.json"})
    assert (caught.value.code, caught.value.exit_status) == (expected, 2)


def test_nobody_makes_an_exception_from_it(folder: Path) -> None:
    entry = {
        "name": "late",
        "rule": "log",
        "digest": str(VERSION.artefact.digest),
        "owner": "ann",
        "reason": "why",
        "expires": "2027-01-01",
    }
    with pytest.raises(PolicyError) as caught:
        rules(folder, FRESH, exceptions=[entry])
    assert caught.value.code == "policy-no-exception"
