"""A model signature covers exactly the files of the version, each under its name."""

from __future__ import annotations

import json

from attest.errors import MalformedEvidence
from attest.verify.verifier import verify
from attest_registry.digest import Digest
from tests.verify.evidence import JSON, MODEL, SAFE, Person, Version, bundle, model_files, restated
from tests.verify.key_refusal import refusal


def test_a_file_that_is_not_signed_is_refused(version: Version, alice: Person) -> None:
    files = {
        "config.json": (b"{}", JSON),
        "model.safetensors": (b"weights", SAFE),
        "adapter_config.json": (b"[]", JSON),
    }
    grown = Version.of(model_files(files))
    error = refusal(bundle(version.signature, alice), grown, [alice.key])
    assert (error.code, error.exit_status) == ("unsigned-file", 3)
    assert "adapter_config.json" in error.message


def test_a_signed_file_that_is_missing_is_refused(version: Version, alice: Person) -> None:
    shrunk = Version.of(model_files({"model.safetensors": (b"weights", SAFE)}))
    error = refusal(bundle(version.signature, alice), shrunk, [alice.key])
    assert (error.code, error.exit_status) == ("file-missing", 3)


def test_a_file_with_other_bytes_is_refused(version: Version, alice: Person) -> None:
    other = Version.of(model_files({"config.json": (b"{ }", JSON), "model.safetensors": (b"weights", SAFE)}))
    error = refusal(bundle(version.signature, alice), other, [alice.key])
    assert (error.code, error.exit_status) == ("digest-mismatch", 3)


def test_files_with_swapped_names_are_refused_though_the_root_is_the_same(alice: Person) -> None:
    """Threats row 32: renaming files in order keeps the OMS root digest."""
    honest = Version.of(model_files({"a.safetensors": (b"1", SAFE), "b.json": (b"2", JSON)}))
    renamed = Version.of(model_files({"a.safetensors": (b"1", SAFE), "dropper.py": (b"2", JSON)}))
    assert honest.manifest.oms_root == renamed.manifest.oms_root
    assert refusal(bundle(honest.signature, alice), renamed, [alice.key]).code == "unsigned-file"


def test_one_file_swapped_between_two_signed_models_is_refused(alice: Person) -> None:
    """Threats row 4: mix and match."""
    mixed = Version.of(model_files({"config.json": (b"B", JSON), "model.safetensors": (b"A", SAFE)}))
    for own in (b"A", b"B"):
        signed = Version.of(model_files({"config.json": (own, JSON), "model.safetensors": (own, SAFE)}))
        assert refusal(bundle(signed.signature, alice), mixed, [alice.key]).code == "digest-mismatch"


def test_an_empty_signature_fits_nothing(version: Version, alice: Person) -> None:
    """Threats row 31: an empty list verifies any folder in the reference implementation."""
    empty = restated(
        version.signature,
        subject=[{"name": "x", "digest": {"sha256": Digest.of(b"").hex}}],
        predicate={
            "resources": [],
            "serialization": {"method": "files", "hash_type": "sha256", "allow_symlinks": False, "ignore_paths": ["."]},
        },
    )
    error = refusal(bundle(empty, alice), version, [alice.key])
    assert error.exit_status == 3
    assert isinstance(error, MalformedEvidence)


def test_a_signed_ignore_list_hides_no_file(version: Version, alice: Person) -> None:
    """Threats row 10: the signer's ignore list is not the verifier's."""
    predicate = json.loads(version.signature.raw)["predicate"]
    predicate["serialization"]["ignore_paths"] = ["model.py"]
    statement = restated(version.signature, predicate=predicate)
    fact = verify(bundle(statement, alice), artefact=version.artefact, model=MODEL, keys=[alice.key])
    assert fact.statement.raw == statement.raw
    files = {"config.json": (b"{}", JSON), "model.safetensors": (b"weights", SAFE), "model.py": (b"import os", JSON)}
    planted = Version.of(model_files(files))
    assert refusal(bundle(statement, alice), planted, [alice.key]).code == "unsigned-file"


def test_a_signature_whose_subject_is_not_its_root_is_refused(version: Version, alice: Person) -> None:
    statement = restated(version.signature, subject=[{"name": "x", "digest": {"sha256": "0" * 64}}])
    assert refusal(bundle(statement, alice), version, [alice.key]).code == "root-mismatch"


def test_a_signature_with_a_second_subject_is_refused(version: Version, alice: Person) -> None:
    subject = json.loads(version.signature.raw)["subject"]
    assert (
        refusal(bundle(restated(version.signature, subject=subject * 2), alice), version, [alice.key]).exit_status == 3
    )
