"""oras reads our layouts, finds the evidence in them, and carries versions with their evidence."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from tests.interop.tools import program, settle

if TYPE_CHECKING:
    from pathlib import Path

    from tests.interop.conftest import Published
    from tests.interop.tools import Outcome, Person
    from tests.services.docker_registry import DockerRegistry

pytestmark = pytest.mark.interop

BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"
PREDICATES = {
    "https://model_signing/signature/v1.0",
    "https://slsa.dev/provenance/v1",
    "https://cyclonedx.org/bom",
    "https://sigstore.dev/cosign/sign/v1",
}

CARRY = ("copy", "--recursive")


def oras(person: Person, *arguments: str | Path) -> Outcome:
    outcome = person.run(program("oras"), *arguments)
    assert outcome.status == 0, outcome.err
    return outcome


def discovered(outcome: Outcome) -> set[tuple[str, str]]:
    return {
        (one["artifactType"], one["annotations"]["dev.sigstore.bundle.predicateType"])
        for one in outcome.json["referrers"]
    }


def test_discover_lists_the_four_bundles_in_our_layout(published: Published) -> None:
    outcome = oras(published.person, "discover", "--format", "json", "--oci-layout", f"{published.layout}:1")
    assert outcome.json["digest"] == published.digest
    assert discovered(outcome) == {(BUNDLE, predicate) for predicate in PREDICATES}


def test_discover_lists_them_in_a_registry_without_referrers(
    published: Published, docker_registry: DockerRegistry
) -> None:
    reference = f"{docker_registry.host}/oras/nested"
    published.person.push(published.folder, reference)
    outcome = oras(published.person, "discover", "--format", "json", "--plain-http", f"{reference}:1")
    assert discovered(outcome) == {(BUNDLE, predicate) for predicate in PREDICATES}


def test_manifest_and_tags_are_read(published: Published) -> None:
    fetched = oras(published.person, "manifest", "fetch", "--oci-layout", f"{published.layout}:1")
    assert "sha256:" + hashlib.sha256(fetched.out.encode()).hexdigest() == published.digest
    assert oras(published.person, "resolve", "--oci-layout", f"{published.layout}:1").out.strip() == published.digest
    assert oras(published.person, "repo", "tags", "--oci-layout", published.layout).out.split() == ["1"]


def test_pull_gives_the_files_that_were_signed(published: Published, tmp_path: Path) -> None:
    target = tmp_path / "pulled"
    oras(published.person, "pull", "--oci-layout", f"{published.layout}:1", "--output", target)
    person = published.person
    outcome = person.attest("verify", target, "--against", published.reference, "--key", person.public)
    assert outcome.status == 0, outcome.err


@pytest.mark.witness(
    "attest reads attest", how="key, carried by oras", claims=("model signature", "provenance", "ML-BOM")
)
def test_copy_to_a_registry_and_back_keeps_digest_and_evidence(
    published: Published, docker_registry: DockerRegistry, newcomer: Person
) -> None:
    there = f"{docker_registry.host}/demo/nested:carried"
    back = f"{newcomer.layout(published.model)}:1"
    oras(published.person, *CARRY, "--from-oci-layout", f"{published.layout}:1", "--to-plain-http", there)
    oras(newcomer, *CARRY, "--from-plain-http", there, "--to-oci-layout", back)
    for reference in (there, published.reference):
        verdict = newcomer.verify(reference, "--full")
        assert (verdict["verdict"], verdict["digest"]) == ("allowed", published.digest)


@pytest.mark.witness(
    "attest refuses attest", how="key, carried by oras", claims=("model signature", "provenance", "ML-BOM")
)
def test_copy_without_evidence_is_denied(published: Published, newcomer: Person) -> None:
    target = f"{newcomer.layout(published.model)}:1"
    oras(newcomer, "copy", "--from-oci-layout", f"{published.layout}:1", "--to-oci-layout", target)
    verdict = newcomer.verify(published.reference)
    assert verdict["verdict"] == "denied"
    assert "evidence-missing" in {finding["code"] for finding in verdict["findings"]}


@pytest.mark.witness(
    "attest refuses attest", how="key, carried by oras", claims=("model signature", "provenance", "ML-BOM")
)
def test_copy_under_another_name_is_refused_as_a_swap(published: Published, newcomer: Person) -> None:
    target = f"{newcomer.layout('demo/other')}:1"
    oras(newcomer, *CARRY, "--from-oci-layout", f"{published.layout}:1", "--to-oci-layout", target)
    verdict = newcomer.verify("demo/other:1")
    assert verdict["verdict"] == "tampered"
    assert "name-mismatch" in {finding["code"] for finding in verdict["findings"]}


@pytest.mark.witness(
    "attest reads attest", how="key, carried by oras", claims=("model signature", "provenance", "ML-BOM")
)
def test_oras_copies_into_a_store_in_which_we_go_on(published: Published, models: Path, tmp_path: Path) -> None:
    person = settle(tmp_path / "bob")
    place = person.layout(published.model)
    first = person.push(models / "plain", published.model)
    oras(person, *CARRY, "--from-oci-layout", f"{published.layout}:1", "--to-oci-layout", f"{place}:2")
    third = person.push(models / "gguf", f"{published.model}:3")
    digests = [oras(person, "resolve", "--oci-layout", f"{place}:{tag}").out.strip() for tag in (1, 2, 3)]
    assert digests == [first, published.digest, third]
    theirs = person.attest("verify", f"{published.model}:2", "--key", published.person.public)
    assert theirs.status == 0, theirs.out + theirs.err
    assert [person.verify(f"{published.model}:{number}")["verdict"] for number in (1, 3)] == ["allowed", "allowed"]
    for number in (1, 2, 3):
        outcome = oras(person, "discover", "--format", "json", "--oci-layout", f"{place}:{number}")
        assert len(outcome.json["referrers"]) == 4
