from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace
from sigstore.models import Bundle, TrustedRoot
from sigstore.verify import Verifier
from sigstore.verify.policy import AllOf, GitHubWorkflowRepository, Identity, OIDCIssuerV2, OIDCSourceRepositoryURI

from attest.claims import cosign
from attest.errors import ServiceRefused
from attest.evidence.evidence import Evidence
from attest.publish import read_folder
from attest.trust.certificate_identity import SubjectKind
from attest.verify.verifier import judge
from tests.services.sigstore.instance import GITHUB, PERSON, WORKFLOW
from tests.signing.keyless_scene import OPTIONS, claims, odd_statement, signer, token, trust

if TYPE_CHECKING:
    from pathlib import Path

    from attest.signing.bundle_signer import BundleSigner
    from tests.services.sigstore.instance import Sigstore

IDENTITIES: dict[str, tuple[dict[str, Any], str, SubjectKind]] = {
    "workflow": (GITHUB, f"https://github.com/{WORKFLOW}", SubjectKind.URI),
    "email": (PERSON, "dev@acme.test", SubjectKind.EMAIL),
    "uri": ({}, "https://ci.acme.test/train", SubjectKind.URI),
}


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("who", IDENTITIES)
def test_sigstore_python_accepts_what_was_signed(sigstore: Sigstore, version: int, who: str) -> None:
    said, subject, kind = IDENTITIES[who]
    keyless = signer(sigstore, version, **said)
    assert (keyless.holder.subject, keyless.holder.kind, keyless.holder.issuer) == (subject, kind, sigstore.url)
    verifier = Verifier(trusted_root=TrustedRoot.from_file(str(sigstore.trusted_root)))
    policy = AllOf([Identity(identity=subject, issuer=sigstore.url), OIDCIssuerV2(sigstore.url)])
    for statement in claims():
        bundle = Bundle.from_json(keyless.sign_statement(statement))
        payload_type, payload = verifier.verify_dsse(bundle, policy)
        assert (payload_type, payload) == ("application/vnd.in-toto+json", statement.raw)


def test_what_github_says_about_the_job_is_in_the_certificate(sigstore: Sigstore) -> None:
    keyless = signer(sigstore, **GITHUB)
    bundle = Bundle.from_json(keyless.sign_statement(claims()[0]))
    policy = AllOf([GitHubWorkflowRepository("acme/models"), OIDCSourceRepositoryURI("https://github.com/acme/models")])
    Verifier(trusted_root=TrustedRoot.from_file(str(sigstore.trusted_root))).verify_dsse(bundle, policy)
    assert keyless.holder.extensions.get("source_repository_owner_identifier") == "2002"


@pytest.mark.parametrize("version", [1, 2])
def test_one_certificate_signs_all_four_claims(sigstore: Sigstore, version: int) -> None:
    keyless = signer(sigstore, version)
    bundles = [json.loads(keyless.sign_statement(statement)) for statement in claims()]
    assert sigstore.asked("fulcio") == 1
    assert (sigstore.asked("rekor"), sigstore.asked("tsa")) == (4, 4)
    assert len({bundle["verificationMaterial"]["certificate"]["rawBytes"] for bundle in bundles}) == 1


def test_the_bytes_of_a_statement_are_signed_as_they_are(sigstore: Sigstore) -> None:
    statement = odd_statement()
    bundle = Bundle.from_json(signer(sigstore).sign_statement(statement))
    assert bundle._inner.dsse_envelope is not None
    assert bundle._inner.dsse_envelope.payload == statement.raw


def test_a_person_reads_who_signs(sigstore: Sigstore) -> None:
    assert signer(sigstore, **PERSON).description == f"identity dev@acme.test (by {sigstore.url})"


def test_the_identity_is_the_one_that_a_policy_would_name(sigstore: Sigstore) -> None:
    keyless = signer(sigstore, **PERSON)
    keyless.identity.check(keyless.holder)
    assert (keyless.identity.subject, keyless.identity.issuer) == ("dev@acme.test", sigstore.url)


def test_nothing_secret_is_in_the_signer_s_own_words(sigstore: Sigstore) -> None:
    secret = token(sigstore)
    assert secret.raw not in repr(secret) + repr(trust(sigstore)) + repr(signer(sigstore))


@pytest.mark.parametrize("service", ["fulcio", "rekor", "tsa"])
def test_a_service_that_fails_once_is_asked_again(sigstore: Sigstore, service: str) -> None:
    sigstore.fault(service, "status", status=503, times=1, headers={"Retry-After": "0"})
    signer(sigstore).sign_statement(claims()[0])
    assert sigstore.asked(service) == 2


@pytest.mark.parametrize("service", ["fulcio", "rekor", "tsa"])
def test_a_connection_that_is_lost_once_is_made_again(sigstore: Sigstore, service: str) -> None:
    sigstore.fault(service, "down", times=1)
    signer(sigstore).sign_statement(claims()[0])
    assert sigstore.asked(service) == 2


def test_an_entry_of_rekor_v1_whose_answer_was_lost_is_fetched(sigstore: Sigstore) -> None:
    sigstore.fault("rekor", "lost", times=1)
    signer(sigstore, 1).sign_statement(claims()[0])
    assert sigstore.asked("rekor") == 3  # lost, there already, fetched


def test_an_entry_of_rekor_v2_whose_answer_was_lost_is_signed_again(sigstore: Sigstore) -> None:
    sigstore.fault("rekor", "lost", times=1)
    signer(sigstore, 2).sign_statement(claims()[0])
    assert sigstore.asked("rekor") == 3  # lost, there already, another one
    assert sigstore.asked("tsa") == 2


@pytest.mark.parametrize("service", ["fulcio", "rekor", "tsa"])
def test_options_reach_every_service(sigstore: Sigstore, service: str) -> None:
    sigstore.fault(service, "status", status=503)
    once = replace(OPTIONS, timing=replace(OPTIONS.timing, tries=1))
    with pytest.raises(ServiceRefused) as caught:
        signer(sigstore, options=once).sign_statement(claims()[0])
    assert caught.value.code == f"{service}-failed"
    assert sigstore.asked(service) == 1


@pytest.mark.parametrize("who", IDENTITIES)
def test_our_verifier_finds_the_signer_that_the_signer_says_it_is(tmp_path: Path, sigstore: Sigstore, who: str) -> None:
    keyless: BundleSigner = signer(sigstore, **IDENTITIES[who][0])
    (tmp_path / "config.json").write_text("{}")
    artefact = read_folder(tmp_path).artefact
    claim = cosign.build(model="acme/model", manifest_digest=artefact.digest)
    evidence = [Evidence(raw=keyless.sign_statement(claim), origin="just signed")]
    judged = judge(evidence, artefact=artefact, model="acme/model", keys=[keyless.trusted])
    assert [fact.signer for fact in judged.facts] == [keyless.trusted]


def test_our_verifier_does_not_take_one_identity_for_another(tmp_path: Path, sigstore: Sigstore) -> None:
    keyless, other = signer(sigstore, **PERSON), signer(sigstore)
    (tmp_path / "config.json").write_text("{}")
    artefact = read_folder(tmp_path).artefact
    claim = cosign.build(model="acme/model", manifest_digest=artefact.digest)
    evidence = [Evidence(raw=keyless.sign_statement(claim), origin="just signed")]
    judged = judge(evidence, artefact=artefact, model="acme/model", keys=[other.trusted])
    assert not judged.facts
    assert [rejected.error.code for rejected in judged.rejected] == ["identity-mismatch"]
