"""What cosign signs and attests by identity at the real Sigstore, in a registry with the referrers API, read by us."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from attest.errors import AttestError
from attest.trust.certificate_identity import CertificateIdentity
from attest.verify.by_certificate import verify_certificate_bundle
from attest.verify.proven import TimeSource
from attest.verify.sigstore_bundle import SigstoreBundle
from tests.interop.changes import payload_of
from tests.interop.keyless_scene import Keyless, written
from tests.services.go_sigstore.instance import PERSON

if TYPE_CHECKING:
    from pathlib import Path

    from tests.interop.tools import Person
    from tests.services.go_sigstore.instance import GoSigstore

pytestmark = pytest.mark.interop

SIGN = "https://sigstore.dev/cosign/sign/v1"
REVIEW = "https://example.com/review/v1"
TEST_RESULT = "https://in-toto.io/attestation/test-result/v0.1"
KINDS = {"review": REVIEW, "test result": TEST_RESULT}
PREDICATES = {
    "review": {"reviewed": True},
    "test result": {"result": "PASSED", "configuration": [{"name": "golden", "digest": {"sha256": "0" * 64}}]},
}
HTTP = "--allow-http-registry"


@pytest.fixture
def robot(go_sigstore: GoSigstore, tmp_path: Path) -> Keyless:
    """Somebody who has cosign, and the identity of a job."""
    return Keyless.job(tmp_path / "robot", go_sigstore)


@pytest.fixture
def name(olareg: str, alice: Person, models: Path, request: pytest.FixtureRequest) -> str:
    """A version in the registry that somebody else signed, with a key."""
    found = f"{olareg}/acme/{request.node.originalname.replace('_', '-')}-{abs(hash(request.node.name)) % 10**6}"
    alice.push(models / "plain", found)
    return found


def digest_of(alice: Person, name: str) -> str:
    found: str = alice.verify(f"{name}:1")["reference"].rpartition("@")[2]
    return found


def policy(robot: Keyless, alice: Person, claim: str, subject: str, **more: Any) -> Path:
    """Whoever pushed signs with a key; another claim comes from the holder of a certificate."""
    document = {
        "apiVersion": "attest/v1",
        "kind": "Policy",
        "name": "interop",
        "identities": {
            "alice": {"key": str(alice.public)},
            "robot": {"issuer": robot.issuer, "subject": subject, **more},
        },
        "trust": {"root": str(robot.instance.trusted_root)},
        "require": {
            "signature": {"by": ["alice"]},
            "ml-bom": {"by": ["alice"]},
            "claims": [{"type": claim, "by": ["robot"]}],
        },
        "formats": {"allow": ["safetensors", "json", "text", "binary"]},
    }
    return written(robot.home / "policy.yaml", json.dumps(document))


def verdict(robot: Keyless, name: str, file: Path) -> dict[str, Any]:
    found: dict[str, Any] = robot.attest("verify", f"{name}:1", "--policy", file, "--json").json
    return found


@pytest.mark.witness("attest reads cosign", how="keyless, registry with referrers", claims=("cosign signature",))
def test_what_cosign_signed_is_a_claim(robot: Keyless, alice: Person, name: str) -> None:
    assert verdict(robot, name, policy(robot, alice, SIGN, robot.subject))["verdict"] == "denied"
    robot.sign_with_cosign("sign", robot.instance.job_token(), HTTP, f"{name}@{digest_of(alice, name)}")
    found = verdict(robot, name, policy(robot, alice, SIGN, robot.subject))
    assert found["verdict"] == "allowed", json.dumps(found["findings"], indent=1)


@pytest.mark.witness("attest reads cosign", how="keyless, registry with referrers")
@pytest.mark.parametrize("claim", sorted(KINDS))
def test_what_cosign_attested_is_a_claim(claim: str, robot: Keyless, alice: Person, name: str) -> None:
    """In a statement v0.1, which is all that `cosign attest` writes, about the repository with its host."""
    predicate = written(robot.home / "predicate.json", json.dumps(PREDICATES[claim]))
    robot.sign_with_cosign(
        "attest", robot.instance.job_token(), HTTP, "--predicate", predicate, "--type", KINDS[claim],
        f"{name}@{digest_of(alice, name)}",
    )  # fmt: skip
    file = policy(
        robot, alice, KINDS[claim], robot.subject, kind="uri", extensions={"source-repository-ref": "refs/heads/main"}
    )
    found = verdict(robot, name, file)
    assert found["verdict"] == "allowed", json.dumps(found["findings"], indent=1)
    outcome = robot.cosign("verify-attestation", HTTP, "--type", KINDS[claim], f"{name}@{digest_of(alice, name)}")
    assert outcome.status == 0, outcome.err
    exported = [payload_of(path) for path in alice.export(f"{name}:1", name.replace("/", "-")).values()]
    (theirs,) = [each for each in exported if each["predicateType"] == KINDS[claim]]
    assert (theirs["_type"], theirs["subject"][0]["name"]) == ("https://in-toto.io/Statement/v0.1", name)


@pytest.mark.witness("attest reads cosign", how="keyless, a person", claims=("review",))
@pytest.mark.witness("attest refuses cosign", how="keyless, a person", claims=("review",))
def test_a_persons_attestation_is_nobody_elses(robot: Keyless, alice: Person, name: str) -> None:
    dev = Keyless(home=robot.home, instance=robot.instance, subject=PERSON, issuer=robot.instance.people)
    predicate = written(robot.home / "predicate.json", json.dumps(PREDICATES["review"]))
    dev.sign_with_cosign(
        "attest", dev.instance.person_token(), HTTP, "--predicate", predicate, "--type", REVIEW,
        f"{name}@{digest_of(alice, name)}",
    )  # fmt: skip
    found = verdict(dev, name, policy(dev, alice, REVIEW, PERSON))
    assert found["verdict"] == "allowed", json.dumps(found["findings"], indent=1)
    for subject, issuer, code in (
        ("mallory@acme.test", dev.issuer, "identity-mismatch"),
        (PERSON, robot.issuer, "issuer-mismatch"),
    ):
        other = Keyless(home=robot.home, instance=robot.instance, subject=subject, issuer=issuer)
        found = verdict(other, name, policy(other, alice, REVIEW, subject))
        assert found["verdict"] == "denied"
        assert code in {each["code"] for each in found["findings"]}


@pytest.mark.witness("attest refuses cosign", how="keyless, registry with referrers", claims=("provenance",))
def test_provenance_in_an_old_statement_is_not_ours_and_spoils_nothing(
    robot: Keyless, alice: Person, name: str
) -> None:
    """`cosign attest --type slsaprovenance1` writes v0.1 around a predicate that demands v1 (SLSA 1.2)."""
    (said,) = [path for claim, path in alice.export(f"{name}:1", "said").items() if claim == "provenance"]
    predicate = written(robot.home / "predicate.json", json.dumps(payload_of(said)["predicate"]))
    robot.sign_with_cosign(
        "attest", robot.instance.job_token(), HTTP, "--predicate", predicate, "--type", "slsaprovenance1",
        f"{name}@{digest_of(alice, name)}",
    )  # fmt: skip
    file = policy(robot, alice, "provenance", robot.subject)
    found = verdict(robot, name, file)
    assert found["verdict"] != "allowed"
    assert alice.verify(f"{name}:1")["verdict"] == "allowed"


@pytest.mark.witness("attest reads cosign", how="keyless, bundle in a file", claims=("review",))
def test_bundle_that_cosign_wrote_to_a_file_becomes_evidence(robot: Keyless, alice: Person, name: str) -> None:
    statement = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": name, "digest": {"sha256": digest_of(alice, name).removeprefix("sha256:")}}],
        "predicateType": REVIEW,
        "predicate": PREDICATES["review"],
    }
    file, bundle = written(robot.home / "statement.json", json.dumps(statement)), robot.home / "review.sigstore.json"
    robot.sign_with_cosign(
        "attest-blob", robot.instance.job_token(), "--statement", file, "--bundle", bundle,
    )  # fmt: skip
    attached = alice.attest("evidence", "attach", f"{name}:1", bundle)
    assert attached.status == 0, attached.err
    found = verdict(robot, name, policy(robot, alice, REVIEW, robot.subject))
    assert found["verdict"] == "allowed", json.dumps(found["findings"], indent=1)


@pytest.mark.witness("attest reads cosign", how="keyless, a bare file", claims=("signature of a file",))
@pytest.mark.witness("attest refuses cosign", how="keyless, a bare file", claims=("signature of a file",))
def test_what_cosign_signed_in_a_file_is_verified_by_the_library(robot: Keyless, tmp_path: Path) -> None:
    blob, file = written(tmp_path / "weights.bin", "weights"), tmp_path / "weights.sigstore.json"
    robot.sign_with_cosign("sign-blob", robot.instance.job_token(), "--bundle", file, blob)
    bundle = SigstoreBundle.parse(file.read_bytes())
    identity = CertificateIdentity(issuer=robot.issuer, subject=robot.subject)
    verified = verify_certificate_bundle(bundle, root=robot.instance.root, identity=identity, message=b"weights")
    assert {time.source for time in verified.times} == {TimeSource.TIMESTAMP}
    with pytest.raises(AttestError) as caught:
        verify_certificate_bundle(bundle, root=robot.instance.root, identity=identity, message=b"other weights")
    assert caught.value.code == "message-digest-mismatch"
    other = CertificateIdentity(issuer=robot.issuer, subject=f"{robot.subject}x")
    with pytest.raises(AttestError) as caught:
        verify_certificate_bundle(bundle, root=robot.instance.root, identity=other, message=b"weights")
    assert caught.value.code == "identity-mismatch"
