"""What an ML-BOM lists: it contradicts nothing, and files that run code, or that it does not list, are refused."""

from __future__ import annotations

from typing import Any

import pytest

from attest.claims import mlbom
from attest.claims.training import Input, Role, Standing
from attest.policy.requirements import FormatDemand
from attest.policy.verdict import Status
from attest_registry.digest import Digest
from tests.policy.verdicts import by_key, finding, judged, own_policy, refused, verdict
from tests.verify.evidence import JSON, MODEL, PICKLE, SAFE, Person, Version, bundle, model_files, training

# --- contradictions -----------------------------------------------------------------------------------------------


def test_an_ml_bom_that_contradicts_the_provenance_is_refused(version: Version, alice: Person) -> None:
    other = Input(role=Role.DATASET, name="transactions", standing=Standing.HASHED, digest=Digest.of(b"another"))
    stolen = Version.of(about=training(inputs=(other,)))
    evidence = [*version.evidence(alice)[:2], bundle(stolen.ml_bom, alice)]
    refused(by_key(evidence, version, alice), "ml-bom", "claims-disagree")


def test_of_two_ml_boms_both_have_to_hold(version: Version, alice: Person) -> None:
    other = Input(role=Role.DATASET, name="transactions", standing=Standing.HASHED, digest=Digest.of(b"another"))
    second = Version.of(about=training(inputs=(other,)))
    assert by_key(version.evidence(alice), version, alice).allowed
    for _ in range(6):  # each signing gives another digest, and so another order of the two
        evidence = [*version.evidence(alice), bundle(second.ml_bom, alice)]
        refused(by_key(evidence, version, alice), "ml-bom", "claims-disagree")


def test_a_second_ml_bom_cannot_call_a_pickle_text(alice: Person) -> None:
    files = {"model.safetensors": (b"weights", SAFE), "scaler.pkl": (b"\x80\x04", PICKLE)}
    honest = Version.of(model_files(files))
    harmless = Version.of(model_files(files | {"scaler.pkl": (b"\x80\x04", JSON)}))
    assert honest.artefact.digest == harmless.artefact.digest
    for _ in range(6):
        evidence = [*honest.evidence(alice), bundle(harmless.ml_bom, alice)]
        refused(by_key(evidence, honest, alice), "formats", "code-bearing-file")


# --- files --------------------------------------------------------------------------------------------------------


def test_a_code_bearing_file_is_refused_unless_it_is_named(alice: Person) -> None:
    files = {"model.safetensors": (b"weights", SAFE), "scaler.pkl": (b"\x80\x04", PICKLE)}
    version = Version.of(model_files(files))
    each = refused(by_key(version.evidence(alice), version, alice), "formats", "code-bearing-file")
    assert each.hint == "--allow-code scaler.pkl"
    assert each.found == "scaler.pkl (pickle)"
    named = by_key(version.evidence(alice), version, alice, allow_code=["scaler.pkl"])
    assert named.allowed
    assert finding(named, "formats").summary == "safetensors, pickle (scaler.pkl: named, can run code)"
    other = by_key(version.evidence(alice), version, alice, allow_code=["other.pkl"])
    refused(other, "formats", "code-bearing-file")


def test_every_code_bearing_file_is_shown_at_once(alice: Person) -> None:
    files = {name: (name.encode(), PICKLE) for name in ("a.pkl", "b.pkl", "c.pkl", "d.pkl")}
    version = Version.of(model_files({"model.safetensors": (b"w", SAFE), **files}))
    each = refused(by_key(version.evidence(alice), version, alice), "formats", "code-bearing-file")
    assert each.found == "a.pkl (pickle); b.pkl (pickle); c.pkl (pickle) (and 1 more)"
    assert str(each.hint).count("--allow-code") == 4


def test_a_kind_that_the_policy_does_not_list_is_refused(version: Version, alice: Person) -> None:
    from attest.model.manifest import FileKind

    policy = own_policy(alice, formats=FormatDemand(allow=(FileKind.SAFETENSORS,)))
    found = verdict(policy, judged(version.evidence(alice), version, alice), version)
    assert refused(found, "formats", "format-not-allowed").found == "config.json (json)"


def test_a_file_that_the_ml_bom_does_not_list_is_refused(alice: Person) -> None:
    files = {"config.json": (b"{}", JSON), "model.safetensors": (b"weights", SAFE)}
    version = Version.of(model_files(files))
    fewer = model_files({"model.safetensors": (b"weights", SAFE)})
    short = mlbom.build(
        training(),
        fewer,
        model=MODEL,
        manifest_digest=version.artefact.digest,
        oms_root=version.manifest.oms_root,
        timestamp="2026-11-20T21:04:05Z",
        serial="urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79",
    )
    evidence = [*version.evidence(alice)[:2], bundle(short, alice)]
    refused(by_key(evidence, version, alice), "formats", "file-not-in-bom")


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ({"config.json": (b"[]", JSON), "model.safetensors": (b"weights", SAFE)}, "digest-mismatch"),
        (
            {"config.json": (b"{}", JSON), "extra.json": (b"1", JSON), "model.safetensors": (b"weights", SAFE)},
            "file-missing",
        ),
    ],
)
def test_an_ml_bom_about_other_files_is_an_incident(files: Any, code: str, version: Version, alice: Person) -> None:
    other = mlbom.build(
        training(),
        model_files(files),
        model=MODEL,
        manifest_digest=version.artefact.digest,
        oms_root=version.manifest.oms_root,
        timestamp="2026-11-20T21:04:05Z",
        serial="urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79",
    )
    evidence = [*version.evidence(alice)[:2], bundle(other, alice)]
    refused(by_key(evidence, version, alice), "formats", code, exit_status=3)


def test_formats_without_an_ml_bom_to_read_them_from_are_unknown_and_so_not_allowed(
    version: Version, alice: Person
) -> None:
    found = verdict(own_policy(alice, ml_bom=None), judged(version.evidence(alice), version, alice), version)
    assert finding(found, "formats").status is Status.UNKNOWN
    assert (found.word, found.exit_status) == ("UNDECIDED", 1)
