"""A log that a version was reached through, and what policies over people with keys find about it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from msgspec.structs import replace

from attest.claims import log_checkpoint
from attest.claims.log_checkpoint import Checkpoint
from attest.claims.signer_name import SignerName
from attest.policy.ancestry import NOTHING, GivenLog, LogMark
from attest.policy.document import load_policy
from attest.policy.evaluate import evaluate
from attest.verify.log_checkpoint import verify_checkpoint
from attest.verify.verifier import judge
from attest_registry.digest import Digest
from tests.verify.evidence import MODEL, NOW, Person, Version, bundle
from tests.verify.private_fulcio import ISSUER
from tests.verify.private_sigstore import PrivateSigstore

if TYPE_CHECKING:
    from pathlib import Path

    from attest.policy.requirements import Policy
    from attest.policy.verdict import Finding, Verdict
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
