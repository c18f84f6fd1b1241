from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from attest.claims.predicates import BUILD_TYPE, PROVENANCE
from attest.claims.training import Build, Source
from attest.evidence.evidence import Evidence
from attest.policy.evaluate import evaluate
from attest.policy.requirements import Identity, Policy, ProvenanceDemand
from attest.policy.verdict import Finding, Status, Verdict
from attest.trust.certificate_identity import CertificateIdentity
from attest.trust.trusted_holder import TrustedHolder
from attest.verify.verifier import judge
from attest_registry.digest import Digest
from tests.verify.evidence import MODEL, Person, Version, bundle, training
from tests.verify.private_authority import NOON
from tests.verify.private_fulcio import ISSUER, SUBJECT, Holder
from tests.verify.private_sigstore import PrivateSigstore

if TYPE_CHECKING:
    from attest.trust.signatory import Signatory

ALICE = Person.named("alice")
INSTANCE = PrivateSigstore()
REUSED = "https://github.com/acme/builders/.github/workflows/train.yml@refs/tags/v1"
GITHUB_RUNNER = "https://github.com/actions/runner/github-hosted"
SOURCE = training().source
BY_SIGNER, RUNNER, BY_CONFIG = 9, 11, 18  # Fulcio's numbers


def verdict(demand: dict[str, Any], version: Version, evidence: Evidence, signer: Signatory) -> Verdict:
    rules = Policy(
        name="gate",
        identities={"ci": Identity(name="ci", keys=(signer,))},
        digest=Digest.of(b"gate"),
        provenance=ProvenanceDemand(predicate_type=PROVENANCE, by=("ci",), **demand),
    )
    judged = judge([evidence], artefact=version.artefact, model=MODEL, keys=rules.keys)
    return evaluate(rules, judged, artefact=version.artefact, reference=f"{MODEL}:1", now=NOON)


def by_key(demand: dict[str, Any], **about: Any) -> Verdict:
    version = Version.of(about=training(**about))
    return verdict(demand, version, bundle(version.provenance, ALICE), ALICE.key)


def by_workflow(level: int, builder: str, extensions: dict[int, str], *, issuer: str = ISSUER) -> Verdict:
    version = Version.of(about=training(build=Build(builder=builder)))
    holder = Holder(extensions=extensions, issuer=issuer, old_issuer=issuer)
    raw = json.dumps(INSTANCE.bundle(holder=holder, payload=version.provenance.raw)).encode()
    identity = CertificateIdentity(issuer=issuer, subject=SUBJECT)
    signer = TrustedHolder(name="ci", identity=identity, root=INSTANCE.root(), origin="root.json")
    return verdict({"level": level}, version, Evidence(raw=raw, origin="workflow"), signer)


def refused(outcome: Verdict, code: str) -> Finding:
    (each,) = [each for each in outcome.findings if each.rule == "provenance"]
    assert (each.status, each.code) == (Status.FAILED, code)
    assert each.expected
    assert each.found
    assert not outcome.allowed
    return each


def test_the_build_type_is_compared_whole() -> None:
    assert by_key({"build_types": ("urn:other", BUILD_TYPE)}).allowed
    refused(by_key({"build_types": (BUILD_TYPE[:-1],)}), "build-type-not-accepted")


def of_ref(ref: str | None) -> Source:
    assert SOURCE is not None
    return replace(SOURCE, ref=ref)


@pytest.mark.parametrize(
    ("ref", "good"),
    [
        ("refs/heads/main", True),
        ("refs/heads/release/3", True),
        ("refs/tags/v3.1", True),
        ("refs/heads/release/3/fix", False),
        ("refs/heads/main2", False),
        ("refs/heads/v3.1", False),
        ("refs/tags/main", False),
        ("refs/pull/1/merge", False),
        ("main", False),
        (None, False),
    ],
)
def test_the_code_is_of_a_branch_or_tag_that_is_named(ref: str | None, good: bool) -> None:
    demand = {"branches": ("main", "release/*"), "tags": ("v*",)}
    outcome = by_key(demand, source=of_ref(ref))
    assert outcome.allowed is good
    if not good:
        each = refused(outcome, "source-ref-not-accepted")
        assert each.expected == "branch main or branch release/* or tag v*"


def test_without_any_code_there_is_no_branch() -> None:
    refused(by_key({"branches": ("main",)}, source=None), "source-ref-not-accepted")


def test_a_key_gives_the_first_level() -> None:
    assert by_key({"level": 1}).allowed
    each = refused(by_key({"level": 2}, build=Build(builder=GITHUB_RUNNER)), "build-level-too-low")
    assert each.found == "level 1: signed with a key, which may be in anybody's hands"


HOSTED = {RUNNER: "github-hosted", BY_SIGNER: SUBJECT, BY_CONFIG: SUBJECT}
APART = HOSTED | {BY_SIGNER: REUSED}


@pytest.mark.parametrize(
    ("level", "builder", "extensions"),
    [(2, SUBJECT, HOSTED), (2, GITHUB_RUNNER, HOSTED), (3, REUSED, APART), (3, GITHUB_RUNNER, APART)],
)
def test_a_hosted_workflow_gives_more(level: int, builder: str, extensions: dict[int, str]) -> None:
    assert by_workflow(level, builder, extensions).allowed


@pytest.mark.parametrize(
    ("level", "builder", "extensions", "words"),
    [
        (3, SUBJECT, HOSTED, "signed its own build"),
        (3, SUBJECT, {RUNNER: "github-hosted", BY_SIGNER: SUBJECT}, "signed its own build"),
        (2, SUBJECT, HOSTED | {RUNNER: "self-hosted"}, "the runner is self-hosted"),
        (2, SUBJECT, {BY_SIGNER: SUBJECT, BY_CONFIG: SUBJECT}, "the runner is not named"),
        (2, REUSED, HOSTED, "the provenance names the builder"),
        (2, "urn:attest:builders:local:v1", HOSTED, "the provenance names the builder"),
        (2, GITHUB_RUNNER, {RUNNER: "github-hosted"}, "the provenance names the builder"),
    ],
)
def test_what_does_not_reach_a_level(level: int, builder: str, extensions: dict[int, str], words: str) -> None:
    each = refused(by_workflow(level, builder, extensions), "build-level-too-low")
    assert words in str(each.found)


def test_an_issuer_that_is_no_build_service_gives_the_first_level() -> None:
    each = refused(by_workflow(2, SUBJECT, HOSTED, issuer="https://accounts.example.com"), "build-level-too-low")
    assert "no workflow of a build service" in str(each.found)
