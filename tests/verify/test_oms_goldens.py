"""What others keep as the right answer: bundles of the specification, golden manifests, verdicts on hostile ones."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from attest.claims import signature
from attest.claims.statement import Statement
from attest.errors import AttestError, MalformedEvidence
from attest.evidence.evidence import Evidence
from attest.model.manifest import FileFormat, FileKind, ModelFile, ModelManifest
from attest.verify.verifier import authenticate
from attest_registry.digest import Digest
from tests.verify.test_oms_history import holder, key, person
from tests.verify.test_oms_vectors import CASES, EXPECTED

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from attest.trust.signatory import Signatory

OMS = CASES.parent
SPECIFICATION = OMS / "model-signing-spec" / "test-vectors" / "v1.0"
GOLDENS = OMS / "model-transparency" / "tests"
STATEMENTS = GOLDENS / "_signing" / "testdata" / "signing" / "TestPayload"
MANIFESTS = GOLDENS / "_serialization" / "testdata" / "file" / "TestSerializer"

pytestmark = pytest.mark.skipif(not OMS.is_dir(), reason="the shared OMS vectors are not beside this checkout")


def paths(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else []


# --- the adversarial cases' index

STRICTER = {"25-shards-spec": "shards are not read, and refused by that name"}


def index() -> dict[str, str]:
    """Case → accept, reject or policy, as INDEX.md says."""
    rows = re.findall(r"^\| (\d\d-[^ |]+) \| (\w+) \|", (CASES / "INDEX.md").read_text(), re.MULTILINE)
    return dict(rows)


def test_our_verdicts_are_those_of_the_index_or_stricter_by_name() -> None:
    expected = index()
    assert set(expected) == set(EXPECTED)
    allowed = {name for name, verdict in EXPECTED.items() if verdict == "allowed"}
    assert allowed <= {name for name, verdict in expected.items() if verdict == "accept"}
    assert {name for name, verdict in expected.items() if verdict == "accept"} - allowed == set(STRICTER)
    assert {name: EXPECTED[name] for name, verdict in expected.items() if verdict == "policy"} == {
        "33-v01-compat": "signature-too-old",
        "38-git-dir-content": "not-signed",
    }


# --- the specification's bundles

BUNDLES = {
    "invalid/empty.bundle.json": {"key": "malformed-evidence", "certificate": "malformed-evidence"},
    "invalid/missing-envelope.bundle.json": {"key": "malformed-evidence"},
    "invalid/missing-verification-material.bundle.json": {"key": "malformed-evidence"},
    "invalid/missing-tlog-entries.bundle.json": {
        "key": "certificate-unsupported",
        "certificate": "certificate-authority-unknown",
        "identity": "log-entry-missing",
    },
    "invalid-payload/wrong-predicate.bundle.json": {"key": "signature-invalid"},
    "valid/key.bundle.json": {"key": "", "identity": "signer-not-trusted"},
    "valid/certificate.bundle.json": {"certificate": "", "key": "certificate-unsupported"},
    "valid/sigstore.bundle.json": {"identity": "", "key": "certificate-unsupported"},
}
SIGNERS: dict[str, Callable[[], Signatory]] = {"key": key, "certificate": holder, "identity": person}


def answer(path: Path, signer: str) -> str:
    """The code of the refusal; empty where the model signature is read."""
    try:
        signed = authenticate(Evidence(raw=path.read_bytes(), origin=path.name), [SIGNERS[signer]()])
        assert [resource.path for resource in signature.parse(signed.statement).resources] == ["signme-1", "signme-2"]
    except AttestError as error:
        return error.code
    return ""


@pytest.mark.parametrize("name", BUNDLES)
def test_a_bundle_of_the_specification(name: str) -> None:
    expected = BUNDLES[name]
    assert {signer: answer(SPECIFICATION / name, signer) for signer in expected} == expected


def test_every_bundle_of_the_specification_is_covered() -> None:
    assert {path.relative_to(SPECIFICATION).as_posix() for path in paths(SPECIFICATION)} == set(BUNDLES)


# --- golden statements and manifests


@pytest.mark.parametrize("path", paths(STATEMENTS), ids=lambda path: path.name)
def test_a_golden_statement_is_read_as_its_golden_manifest(path: Path) -> None:
    statement = Statement.parse(path.read_bytes())
    if path.name.endswith("shard") or path.name.endswith("shards"):
        with pytest.raises(MalformedEvidence, match="shards"):
            signature.parse(statement)
        return
    golden = [line.rpartition(":") for line in (MANIFESTS / path.name).read_text().splitlines()]
    if not golden:
        with pytest.raises(AttestError) as refused:
            signature.parse(statement)
        assert refused.value.code == "no-resources"
        return
    found = signature.parse(statement)
    assert [(resource.path, resource.digest.hex) for resource in found.resources] == [
        (name, digest) for name, _, digest in golden
    ]


@pytest.mark.parametrize("name", ["sample_model_folder", "deep_model_folder", "model_folder_with_empty_file"])
def test_we_sign_the_root_of_the_golden_statement(name: str) -> None:
    golden = Statement.parse((STATEMENTS / name).read_bytes())
    files = [
        ModelFile(path=resource.path, digest=resource.digest, size=1, format=FileFormat(kind=FileKind.BINARY))
        for resource in signature.parse(golden).resources
    ]
    made = signature.build(ModelManifest(files=tuple(files)), name="m")
    assert made.subjects[0].digest == golden.subjects[0].digest
    assert made.predicate["resources"] == golden.predicate["resources"]
    other = [*files[:-1], ModelFile(path=files[-1].path, digest=Digest.of(b"x"), size=1, format=files[-1].format)]
    changed = signature.build(ModelManifest(files=tuple(other)), name="m")
    assert changed.subjects[0].digest != golden.subjects[0].digest


def test_every_golden_of_whole_files_has_its_statement() -> None:
    whole = {path.name for path in paths(STATEMENTS) if "shard" not in path.name}
    assert whole == {path.name for path in paths(MANIFESTS)}
    assert len(whole) == 7
