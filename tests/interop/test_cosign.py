"""cosign verifies our versions in a registry and our exported bundles, with the public key and without a log.

It has no layout on disk and no claims of models: it looks at the manifest digest, so that the model signature, whose
subject is the root over the files, is not for it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.interop.changes import edited, other_payload, payload_of
from tests.interop.tools import program, run, system_program

if TYPE_CHECKING:
    from pathlib import Path

    from tests.interop.conftest import Published
    from tests.interop.tools import Outcome, Person
    from tests.services.docker_registry import DockerRegistry

pytestmark = pytest.mark.interop

SIGN = "https://sigstore.dev/cosign/sign/v1"
REVIEW = "https://example.com/review/v1"
PREDICATES = [
    "https://model_signing/signature/v1.0", "https://slsa.dev/provenance/v1", "https://cyclonedx.org/bom", SIGN,
]  # fmt: skip
TYPES = {"provenance": "slsaprovenance1", "ml-bom": "cyclonedx", "cosign-signature": SIGN}
NO_LOG = "--insecure-ignore-tlog"
KEY_DISTRIBUTION = "key, registry without referrers"


@dataclass(frozen=True, kw_only=True, slots=True)
class Pushed:
    """A version in a registry without TLS, referrers and login."""

    person: Person
    name: str
    digest: str

    def cosign(self, verb: str, *arguments: str | Path, public: Path | None = None, digest: str = "") -> Outcome:
        pinned = f"{self.name}@{digest or self.digest}"
        return self.person.run(
            program("cosign"), verb, "--key", public or self.person.public, NO_LOG, "--allow-http-registry",
            *arguments, pinned,
        )  # fmt: skip


@pytest.fixture(scope="session")
def pushed(published: Published, docker_registry: DockerRegistry) -> Pushed:
    program("cosign")
    name = f"{docker_registry.host}/cosign/nested"
    return Pushed(person=published.person, name=name, digest=published.person.push(published.folder, name))


@pytest.mark.witness("cosign reads attest", how=KEY_DISTRIBUTION, claims=("cosign signature",))
def test_verify_accepts_the_version(pushed: Pushed) -> None:
    outcome = pushed.cosign("verify")
    assert outcome.status == 0, outcome.err
    assert SIGN in {one["critical"]["type"] for one in json.loads(outcome.out.strip().splitlines()[-1])}
    assert "The signatures were verified against the specified public key" in outcome.err


@pytest.mark.witness("cosign reads attest", how=KEY_DISTRIBUTION)
@pytest.mark.parametrize("claim", sorted(TYPES))
def test_verify_attestation_accepts_each_claim_by_its_type(claim: str, pushed: Pushed) -> None:
    outcome = pushed.cosign("verify-attestation", "--type", TYPES[claim])
    assert outcome.status == 0, outcome.err
    assert json.loads(outcome.out)["payloadType"] == "application/vnd.in-toto+json"


def test_model_signature_is_not_about_the_manifest(pushed: Pushed) -> None:
    outcome = pushed.cosign("verify-attestation", "--type", "https://model_signing/signature/v1.0")
    assert outcome.status == 1
    assert "none of the attestations matched the predicate type" in outcome.err


@pytest.mark.witness("cosign refuses attest", how=KEY_DISTRIBUTION, claims=("cosign signature", "ml-bom"))
def test_another_key_is_refused(pushed: Pushed, mallory: Person) -> None:
    assert pushed.cosign("verify", public=mallory.public).status == 1
    assert pushed.cosign("verify-attestation", "--type", "cyclonedx", public=mallory.public).status == 1


def test_version_without_evidence_is_refused(pushed: Pushed) -> None:
    """A referrer is a manifest too, and nobody signed it."""
    tree = pushed.person.run(program("cosign"), "tree", "--allow-http-registry", f"{pushed.name}@{pushed.digest}")
    assert tree.status == 0, tree.err
    digests = {word.rpartition("@")[2] for word in tree.out.split() if "@sha256:" in word} - {pushed.digest}
    assert len(digests) == 4
    outcome = pushed.cosign("verify", digest=min(digests))
    assert outcome.status != 0
    assert "no signatures found" in outcome.err


@pytest.mark.witness("cosign reads attest", how="key, exported bundle")
@pytest.mark.witness("cosign refuses attest", how="key, exported bundle")
@pytest.mark.parametrize("claim", sorted(TYPES))
def test_exported_bundle_is_accepted_for_the_digest_and_for_no_other(claim: str, published: Published) -> None:
    def verify(digest: str, kind: str = TYPES[claim]) -> Outcome:
        return published.person.run(
            program("cosign"), "verify-blob-attestation", "--key", published.person.public, NO_LOG, "--bundle",
            published.bundles[claim], "--type", kind, "--digestAlg", "sha256", "--digest", digest,
        )  # fmt: skip

    digest = published.digest.removeprefix("sha256:")
    outcome = verify(digest)
    assert outcome.status == 0, outcome.err
    assert "Verified OK" in outcome.err
    assert verify("0" * 64).status == 1
    assert verify(digest, "spdx").status == 1


@pytest.mark.witness("cosign reads attest", how="key, exported bundle", claims=("model-signature",))
def test_exported_model_signature_is_accepted_for_its_root(published: Published) -> None:
    bundle = published.bundles["model-signature"]
    root = payload_of(bundle)["subject"][0]["digest"]["sha256"]
    outcome = published.person.run(
        program("cosign"), "verify-blob-attestation", "--key", published.person.public, NO_LOG, "--bundle", bundle,
        "--type", "https://model_signing/signature/v1.0", "--digestAlg", "sha256", "--digest", root,
    )  # fmt: skip
    assert outcome.status == 0, outcome.err


@pytest.mark.witness("cosign refuses attest", how="key, exported bundle")
@pytest.mark.parametrize("claim", sorted(TYPES))
def test_changed_bundle_is_refused(claim: str, published: Published, tmp_path: Path) -> None:
    bundle = edited(published.bundles[claim], tmp_path / "bundle.json", other_payload)
    digest = payload_of(bundle)["subject"][0]["digest"]["sha256"]
    outcome = published.person.run(
        program("cosign"), "verify-blob-attestation", "--key", published.person.public, NO_LOG, "--bundle", bundle,
        "--type", TYPES[claim], "--digestAlg", "sha256", "--digest", digest,
    )  # fmt: skip
    assert outcome.status == 1


# ---- theirs, read by ours


@dataclass(frozen=True, kw_only=True, slots=True)
class Signer:
    """cosign with the person's key, no log, no timestamp and nobody to ask."""

    person: Person
    folder: Path

    def run(self, *arguments: str | Path) -> Outcome:
        environment = self.person.env | {"COSIGN_PASSWORD": "not a secret"}
        outcome = run(program("cosign"), *arguments, cwd=self.folder, env=environment)
        assert outcome.status == 0, outcome.err
        return outcome

    def sign(self, verb: str, *arguments: str | Path) -> None:
        own = ("--key", "cosign.key", "--signing-config", "none.json", "--trusted-root", "root.json", "--yes")
        self.run(verb, *own, *arguments)


@pytest.fixture
def signer(alice: Person, tmp_path: Path) -> Signer:
    program("cosign")
    signer = Signer(person=alice, folder=tmp_path)
    signer.run("import-key-pair", "--key", alice.key, "--output-key-prefix", "cosign")
    signer.run("signing-config", "create", "--out", "none.json")
    signer.run("trusted-root", "create", "--out", "root.json")
    (tmp_path / "predicate.json").write_text('{"reviewed": true}')
    return signer


@pytest.mark.witness("attest reads cosign", how="key, bundle in a file", claims=("review",))
def test_claim_that_cosign_signed_becomes_evidence(signer: Signer, published: Published, models: Path) -> None:
    person = signer.person
    digest = person.push(models / "plain", "demo/reviewed")
    statement = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "demo/reviewed", "digest": {"sha256": digest.removeprefix("sha256:")}}],
        "predicateType": REVIEW,
        "predicate": {"reviewed": True},
    }
    (signer.folder / "statement.json").write_text(json.dumps(statement))
    signer.sign("attest-blob", "--statement", "statement.json", "--bundle", "review.json")
    attached = person.attest("evidence", "attach", "demo/reviewed:1", signer.folder / "review.json")
    assert attached.status == 0, attached.err
    assert person.verify("demo/reviewed:1")["verdict"] == "allowed"
    (row,) = [line for line in person.attest("show", "demo/reviewed:1", "--key", person.public).out.splitlines()
              if REVIEW in line]  # fmt: skip
    assert "yes" in row


@pytest.mark.witness("attest refuses cosign", how="key, bundle in a file", claims=("provenance",))
def test_old_statement_around_a_claim_of_our_kinds_is_refused_with_the_way_out(
    signer: Signer, published: Published
) -> None:
    """cosign 3.1.2 still writes in-toto Statement v0.1 around every predicate that it is given."""
    (signer.folder / "blob").write_bytes(b"-")
    (signer.folder / "said.json").write_text(json.dumps(payload_of(published.bundles["provenance"])["predicate"]))
    signer.sign("attest-blob", "--predicate", "said.json", "--type", "slsaprovenance1", "--bundle", "old.json", "blob")
    outcome = signer.person.attest("evidence", "attach", published.reference, signer.folder / "old.json")
    assert outcome.status == 2
    assert "error[malformed-evidence]" in outcome.err
    assert "Statement/v0.1" in outcome.err
    assert "hint: cosign attest writes the old type" in outcome.err


@pytest.mark.witness(
    "attest reads cosign", how="key, registry without referrers", claims=("review", "cosign signature")
)
@pytest.mark.witness("attest refuses cosign", how="key, registry without referrers", claims=("review",))
def test_what_cosign_attests_with_a_key_meets_a_rule(
    signer: Signer, published: Published, docker_registry: DockerRegistry, mallory: Person
) -> None:
    """The statement is v0.1 and names the repository with its host."""
    person = signer.person
    name = f"{docker_registry.host}/cosign/attested"
    digest = person.push(published.folder, name)
    rule = {"type": REVIEW, "by": ["alice"]}

    def verdict(key: Path) -> str:
        identities = {"alice": {"key": str(key)}}
        document = {"apiVersion": "attest/v1", "kind": "Policy", "name": "interop", "identities": identities}
        document |= {"require": {"claims": [rule, rule | {"type": SIGN}]}, "formats": "any"}
        (signer.folder / "policy.yaml").write_text(json.dumps(document))
        outcome = person.attest("verify", f"{name}:1", "--policy", signer.folder / "policy.yaml", "--json")
        return str(outcome.json["verdict"])

    assert verdict(person.public) == "denied"
    signer.sign(
        "attest", "--allow-http-registry", "--predicate", "predicate.json", "--type", REVIEW, f"{name}@{digest}"
    )
    assert verdict(person.public) == "allowed"
    assert verdict(mallory.public) == "denied"


def test_cosign_signs_beside_our_evidence_and_replaces_none(
    signer: Signer, published: Published, docker_registry: DockerRegistry
) -> None:
    person = signer.person
    name = f"{docker_registry.host}/cosign/shared"
    digest = person.push(published.folder, name)
    signer.sign("sign", "--allow-http-registry", f"{name}@{digest}")
    signer.sign(
        "attest", "--allow-http-registry", "--predicate", "predicate.json", "--type", REVIEW, f"{name}@{digest}"
    )
    assert person.verify(f"{name}:1")["verdict"] == "allowed"
    kinds = [payload_of(path)["predicateType"] for path in person.export(f"{name}:1", "beside").values()]
    assert sorted(kinds) == sorted([*PREDICATES, SIGN, REVIEW])
    assert Pushed(person=person, name=name, digest=digest).cosign("verify-attestation", "--type", REVIEW).status == 0


def test_version_that_only_cosign_signed_is_denied(
    signer: Signer, published: Published, docker_registry: DockerRegistry
) -> None:
    """A signature on the manifest says nothing of where the model comes from."""
    name = f"{docker_registry.host}/cosign/bare"
    copied = signer.person.run(
        system_program("skopeo", "skopeo"), "copy", "--preserve-digests", "--dest-tls-verify=false",
        f"oci:{published.layout}:1", f"docker://{name}:1",
    )  # fmt: skip
    assert copied.status == 0, copied.err
    signer.sign("sign", "--allow-http-registry", f"{name}@{published.digest}")
    verdict = signer.person.verify(f"{name}:1")
    assert verdict["verdict"] == "denied"
    missing = {finding["rule"] for finding in verdict["findings"] if finding["code"] == "evidence-missing"}
    assert missing == {"signature", "provenance", "ml-bom"}
