from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest

from attest.claims.predicates import ML_BOM, MODEL_SIGNATURE, PROVENANCE
from attest.errors import AttestError
from attest.evidence.evidence import Evidence
from attest.verify.binding import FileStatus
from attest.verify.directory import compare_with_version, files_of, verify_directory
from tests.verify.evidence import JSON, SAFE, Person, Version, bundle, edited, model_files, restated

if TYPE_CHECKING:
    from attest.model.manifest import ModelManifest


def refusal(folder: ModelManifest, evidence: list[Evidence], *people: Person) -> AttestError:
    with pytest.raises(AttestError) as caught:
        verify_directory(folder, evidence, [person.key for person in people])
    return caught.value


def test_the_signed_folder_is_allowed_with_the_claims_that_go_with_it(version: Version, alice: Person) -> None:
    found = verify_directory(version.manifest, version.evidence(alice), [alice.key])
    assert found.word == "ALLOWED"
    assert found.exit_status == 0
    assert found.signer is alice.key
    assert {fact.statement.predicate_type for fact in found.facts} == {MODEL_SIGNATURE, PROVENANCE, ML_BOM}
    assert [each.error.code for each in found.rejected] == ["subject-mismatch"]  # cosign's has one subject


def test_each_file_that_is_not_as_signed_is_named(version: Version, alice: Person) -> None:
    folder = model_files({"adapter_config.json": (b"{}", JSON), "model.safetensors": (b"other", SAFE)})
    found = verify_directory(folder, version.evidence(alice), [alice.key])
    assert [(file.path, file.status) for file in found.files] == [
        ("adapter_config.json", FileStatus.NOT_SIGNED),
        ("config.json", FileStatus.MISSING),
        ("model.safetensors", FileStatus.DIFFERS),
    ]
    assert (found.word, found.exit_status) == ("TAMPERED", 3)
    assert found.facts == ()


def test_renamed_files_with_the_same_root_are_refused(alice: Person) -> None:
    honest = Version.of(model_files({"a.safetensors": (b"1", SAFE), "b.json": (b"2", JSON)}))
    renamed = model_files({"a.safetensors": (b"1", SAFE), "dropper.py": (b"2", JSON)})
    assert renamed.oms_root == honest.manifest.oms_root
    found = verify_directory(renamed, honest.evidence(alice), [alice.key])
    assert found.word == "TAMPERED"
    assert found.facts == ()


def test_the_root_alone_decides_nothing(version: Version, alice: Person) -> None:
    evidence = [bundle(version.provenance, alice), bundle(version.ml_bom, alice)]
    error = refusal(version.manifest, evidence, alice)
    assert (error.code, error.exit_status) == ("evidence-missing", 1)


def test_without_evidence_nothing_is_allowed(version: Version, alice: Person) -> None:
    assert refusal(version.manifest, [], alice).code == "evidence-missing"


def test_a_model_signature_by_somebody_else_is_not_trusted(version: Version, alice: Person, mallory: Person) -> None:
    error = refusal(version.manifest, version.evidence(mallory), alice)
    assert (error.code, error.exit_status) == ("signer-not-trusted", 1)


def test_a_model_signature_with_a_changed_digest_is_an_incident(version: Version, alice: Person) -> None:
    def change(document: dict[str, Any]) -> None:
        words = base64.b64decode(document["dsseEnvelope"]["payload"])
        changed = words.replace(version.manifest.files[0].digest.hex.encode(), b"0" * 64)
        document["dsseEnvelope"]["payload"] = base64.b64encode(changed).decode()

    error = refusal(version.manifest, [edited(bundle(version.signature, alice), change)], alice)
    assert (error.code, error.exit_status) == ("signature-invalid", 3)


def test_an_unreadable_bundle_is_named_rather_than_nothing_found(version: Version, alice: Person) -> None:
    error = refusal(version.manifest, [Evidence(raw=b"{", origin="model.sig")], alice)
    assert (error.code, error.exit_status) == ("malformed-evidence", 3)


def test_claims_about_other_files_are_not_counted(version: Version, alice: Person) -> None:
    other = Version.of(model_files({"model.safetensors": (b"other weights", SAFE)}))
    evidence = [bundle(version.signature, alice), bundle(other.provenance, alice)]
    found = verify_directory(version.manifest, evidence, [alice.key])
    assert [fact.statement.predicate_type for fact in found.facts] == [MODEL_SIGNATURE]
    assert [each.error.code for each in found.rejected] == ["subject-mismatch"]


def test_a_claim_without_a_second_subject_is_not_counted(version: Version, alice: Person) -> None:
    subject = [{"name": "x", "digest": {"sha256": version.artefact.digest.hex}}]
    evidence = [bundle(version.signature, alice), bundle(restated(version.provenance, subject=subject), alice)]
    found = verify_directory(version.manifest, evidence, [alice.key])
    assert len(found.facts) == 1


def test_of_several_signatures_the_one_that_fits_is_shown(version: Version, alice: Person) -> None:
    older = Version.of(model_files({"model.safetensors": (b"older", SAFE)}))
    found = verify_directory(
        version.manifest, [bundle(older.signature, alice), bundle(version.signature, alice)], [alice.key]
    )
    assert found.word == "ALLOWED"


def test_a_folder_is_compared_with_an_admitted_version(version: Version) -> None:
    same = compare_with_version(version.manifest, files_of(version.manifest))
    assert same.word == "ALLOWED"
    changed = model_files({"config.json": (b"[]", JSON), "model.safetensors": (b"weights", SAFE)})
    found = compare_with_version(changed, files_of(version.manifest))
    assert [(file.path, file.status) for file in found.wrong] == [("config.json", FileStatus.DIFFERS)]


def test_nothing_compared_with_nothing_is_not_allowed() -> None:
    from attest.model.manifest import ModelManifest

    assert compare_with_version(ModelManifest(files=()), {}).word == "TAMPERED"
