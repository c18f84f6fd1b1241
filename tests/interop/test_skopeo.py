"""skopeo reads our layouts and moves versions between layouts and registries without changing their digest.

It copies what a manifest names, and a manifest does not name its evidence: a copy by skopeo arrives unsigned, and
verify says so. Where the registry keeps evidence under a tag (no referrers API), that tag can be copied too.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import pytest

from tests.interop.tools import settle, system_program
from tests.services.docker_registry import running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.interop.conftest import Published
    from tests.interop.tools import Outcome, Person
    from tests.services.docker_registry import DockerRegistry

pytestmark = pytest.mark.interop

INSECURE = {"inspect": ["--tls-verify=false"], "copy": ["--src-tls-verify=false", "--dest-tls-verify=false"]}


def skopeo(person: Person, verb: str, *arguments: str) -> Outcome:
    outcome = person.run(system_program("skopeo", "skopeo"), verb, *INSECURE[verb], *arguments)
    assert outcome.status == 0, outcome.err
    return outcome


def raw_digest(person: Person, place: str) -> str:
    return "sha256:" + hashlib.sha256(skopeo(person, "inspect", "--raw", place).out.encode()).hexdigest()


def missing(verdict: dict[str, object]) -> set[str]:
    findings = verdict["findings"]
    assert isinstance(findings, list)
    return {finding["rule"] for finding in findings if finding["code"] == "evidence-missing"}


@pytest.fixture
def second_registry(tmp_path: Path) -> Iterator[DockerRegistry]:
    root = tmp_path / "second"
    root.mkdir()
    with running(root) as registry:
        yield registry


def test_manifest_in_our_layout_is_read_as_it_was_signed(published: Published) -> None:
    assert raw_digest(published.person, f"oci:{published.layout}:1") == published.digest


def test_copy_to_a_registry_and_back_keeps_the_digest_and_leaves_the_evidence_behind(
    published: Published, docker_registry: DockerRegistry, newcomer: Person
) -> None:
    there = f"{docker_registry.host}/copied/nested:1"
    skopeo(published.person, "copy", "--preserve-digests", f"oci:{published.layout}:1", f"docker://{there}")
    assert raw_digest(published.person, f"docker://{there}") == published.digest
    back = newcomer.layout(published.model)
    skopeo(newcomer, "copy", "--preserve-digests", f"docker://{there}", f"oci:{back}:1")
    assert raw_digest(newcomer, f"oci:{back}:1") == published.digest
    for person, reference in ((published.person, there), (newcomer, published.reference)):
        verdict = person.verify(reference)
        assert (verdict["verdict"], verdict["digest"]) == ("denied", published.digest)
        assert missing(verdict) == {"signature", "provenance", "ml-bom"}


@pytest.mark.witness(
    "attest reads attest", how="key, carried by skopeo", claims=("model signature", "provenance", "ML-BOM")
)
def test_copy_is_verified_once_its_evidence_is_attached_again(
    published: Published, newcomer: Person, tmp_path: Path
) -> None:
    back = newcomer.layout(published.model)
    skopeo(newcomer, "copy", "--preserve-digests", f"oci:{published.layout}:1", f"oci:{back}:1")
    assert newcomer.verify(published.reference)["verdict"] == "denied"
    attached = newcomer.attest("evidence", "attach", published.reference, *published.bundles.values())
    assert attached.status == 0, attached.err
    assert newcomer.verify(published.reference, "--full")["verdict"] == "allowed"


def test_what_we_push_to_a_registry_is_what_skopeo_finds_there(
    published: Published, docker_registry: DockerRegistry
) -> None:
    reference = f"{docker_registry.host}/pushed/nested"
    assert published.person.push(published.folder, reference) == published.digest
    assert raw_digest(published.person, f"docker://{reference}:1") == published.digest
    assert published.person.verify(f"{reference}:1")["verdict"] == "allowed"


@pytest.mark.witness(
    "attest reads attest", how="key, carried by skopeo", claims=("model signature", "provenance", "ML-BOM")
)
def test_evidence_under_a_tag_travels_between_registries(
    published: Published, docker_registry: DockerRegistry, second_registry: DockerRegistry, newcomer: Person
) -> None:
    """skopeo 1.9 rewrites the tag's index and drops every artifact type; the evidence is found by looking at it."""
    published.person.push(published.folder, f"{docker_registry.host}/demo/nested")
    fallback = published.digest.replace(":", "-")
    places = [f"docker://{registry.host}/demo/nested" for registry in (docker_registry, second_registry)]
    skopeo(newcomer, "copy", "--preserve-digests", *(f"{place}:1" for place in places))
    reference = f"{second_registry.host}/demo/nested:1"
    assert newcomer.verify(reference)["verdict"] == "denied"
    skopeo(newcomer, "copy", "--all", *(f"{place}:{fallback}" for place in places))
    before, after = (
        json.loads(skopeo(newcomer, "inspect", "--raw", f"{place}:{fallback}").out)["manifests"] for place in places
    )
    assert [entry["digest"] for entry in after] == [entry["digest"] for entry in before]
    assert newcomer.verify(reference, "--full")["verdict"] == "allowed"


@pytest.mark.witness(
    "attest reads attest", how="key, carried by skopeo", claims=("model signature", "provenance", "ML-BOM")
)
def test_evidence_under_a_tag_travels_into_a_layout(
    published: Published, docker_registry: DockerRegistry, newcomer: Person
) -> None:
    published.person.push(published.folder, f"{docker_registry.host}/demo/nested")
    back = newcomer.layout(published.model)
    for tag in ("1", published.digest.replace(":", "-")):
        skopeo(newcomer, "copy", "--all", f"docker://{docker_registry.host}/demo/nested:{tag}", f"oci:{back}:{tag}")
    assert newcomer.verify(published.reference, "--full")["verdict"] == "allowed"
    listed = newcomer.attest("ls", "--json")
    assert [item["versions"] for item in listed.json["items"]] == [1]  # the tag of the evidence is no version


def test_skopeo_copies_into_a_store_in_which_we_go_on(published: Published, tmp_path: Path, models: Path) -> None:
    person = settle(tmp_path / "bob")
    first = person.push(models / "plain", "demo/nested")
    skopeo(person, "copy", "--preserve-digests", f"oci:{published.layout}:1", f"oci:{person.layout('demo/nested')}:2")
    third = person.push(models / "gguf", "demo/nested:3")
    place = person.layout("demo/nested")
    assert [raw_digest(person, f"oci:{place}:{tag}") for tag in (1, 2, 3)] == [first, published.digest, third]
    assert person.verify("demo/nested:1")["verdict"] == "allowed"
