from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from attest.claims.predicates import COSIGN_SIGN, ML_BOM, PROVENANCE
from attest.policy.document import policy_for_keys
from attest.policy.evaluate import evaluate_folder
from attest.policy.verdict import Status, Verdict
from attest.verify.directory import FolderFindings, verify_directory
from tests.verify.evidence import JSON, NOW, PICKLE, SAFE, Person, Version, model_files

if TYPE_CHECKING:
    from attest.model.manifest import ModelManifest
    from attest.policy.requirements import Policy


def judge_folder(folder: ModelManifest, version: Version, person: Person, *, without: str = COSIGN_SIGN) -> Verdict:
    evidence = [each for each in version.evidence(person) if each.origin not in {COSIGN_SIGN, without}]
    findings = verify_directory(folder, evidence, [person.key])
    return evaluate_folder(policy_for_keys([person.key]), findings, folder, name="./copy", now=NOW)


def test_a_folder_is_judged_by_every_demand(version: Version, alice: Person) -> None:
    found = judge_folder(version.manifest, version, alice)
    assert found.word == "ALLOWED"
    assert found.digest == version.manifest.oms_root
    assert [finding.rule for finding in found.findings] == [
        "bytes",
        "signature",
        "provenance",
        "ml-bom",
        "formats",
        "time",
    ]


@pytest.mark.parametrize("without", [PROVENANCE, ML_BOM])
def test_a_signed_folder_without_the_other_claims_is_denied(without: str, version: Version, alice: Person) -> None:
    found = judge_folder(version.manifest, version, alice, without=without)
    assert (found.word, found.exit_status) == ("DENIED", 1)
    assert {finding.code for finding in found.findings if finding.status is Status.FAILED} == {"evidence-missing"}


def test_a_code_bearing_file_in_a_folder_is_denied(alice: Person) -> None:
    version = Version.of(model_files({"m.safetensors": (b"w", SAFE), "s.pkl": (b"\x80", PICKLE)}))
    found = judge_folder(version.manifest, version, alice)
    assert [finding.code for finding in found.findings if finding.status is Status.FAILED] == ["code-bearing-file"]


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ({"config.json": (b"[]", JSON), "model.safetensors": (b"weights", SAFE)}, "digest-mismatch"),
        ({"model.safetensors": (b"weights", SAFE)}, "file-missing"),
        (
            {"a.json": (b"1", JSON), "config.json": (b"{}", JSON), "model.safetensors": (b"weights", SAFE)},
            "unsigned-file",
        ),
    ],
)
def test_other_files_are_an_incident(
    files: dict[str, tuple[bytes, object]], code: str, version: Version, alice: Person
) -> None:
    found = judge_folder(model_files(files), version, alice)  # type: ignore[arg-type]
    assert (found.word, found.exit_status, found.findings[0].code) == ("TAMPERED", 3, code)
    assert len(found.findings) == 1


def test_an_empty_folder_compared_with_nothing_is_not_allowed(version: Version, alice: Person) -> None:
    found = evaluate_folder(
        policy_for_keys([alice.key]), FolderFindings(files=()), version.manifest, name="./x", now=NOW
    )
    assert not found.allowed


def test_a_policy_that_asks_for_no_model_signature_cannot_judge_a_folder(version: Version, alice: Person) -> None:
    """Threats row 32: the root that the other claims name does not bind file names."""
    policy: Policy = replace(policy_for_keys([alice.key]), signature=None)
    findings = verify_directory(version.manifest, version.evidence(alice), [alice.key])
    found = evaluate_folder(policy, findings, version.manifest, name="./copy", now=NOW)
    assert (found.word, found.exit_status) == ("UNDECIDED", 1)
    assert found.findings[-1].code == "signature-not-demanded"
