"""What others keep as the right answer: bundles of the specification, golden manifests, verdicts on hostile ones."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from attest.claims import signature
from attest.claims.statement import Statement
from attest.errors import AttestError
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
SHARDS = GOLDENS / "_serialization" / "testdata" / "file_shard" / "TestSerializer"

pytestmark = pytest.mark.skipif(not OMS.is_dir(), reason="the shared OMS vectors are not beside this checkout")


def paths(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else []


# --- the adversarial cases' index


def index() -> dict[str, str]:
    """Case → accept, reject or policy, as INDEX.md says."""
    rows = re.findall(r"^\| (\d\d-[^ |]+) \| (\w+) \|", (CASES / "INDEX.md").read_text(), re.MULTILINE)
    return dict(rows)


def test_our_verdicts_are_those_of_the_index() -> None:
    expected = index()
    assert set(expected) == set(EXPECTED)
    allowed = {name for name, verdict in EXPECTED.items() if verdict == "allowed"}
    assert allowed == {name for name, verdict in expected.items() if verdict == "accept"}
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


def manifest_of(name: str) -> Path:
    """The golden manifest of a golden statement; those over shards of 1 GB have another ending."""
    return SHARDS / name.removesuffix("_shard") if "shard" in name else MANIFESTS / name


def read_out(found: signature.ModelSignature) -> list[tuple[str, str]]:
    """Names and digests as a manifest lists them."""
    if found.shard_size is None:
        return [(resource.path, resource.digest.hex) for resource in found.resources]
    return [
        (f"{file.path}:{number * found.shard_size}:{min((number + 1) * found.shard_size, file.size)}", digest.hex)
        for file in found.sharded
        for number, digest in enumerate(file.digests)
    ]


@pytest.mark.parametrize("path", paths(STATEMENTS), ids=lambda path: path.name)
def test_a_golden_statement_is_read_as_its_golden_manifest(path: Path) -> None:
    statement = Statement.parse(path.read_bytes())
    golden = [line.rpartition(":") for line in manifest_of(path.name).read_text().splitlines()]
    if not golden:
        with pytest.raises(AttestError) as refused:
            signature.parse(statement)
        assert refused.value.code == "no-resources"
        return
    assert read_out(signature.parse(statement)) == [(name, digest) for name, _, digest in golden]


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


def test_every_golden_manifest_has_its_statement() -> None:
    assert {manifest_of(path.name) for path in paths(STATEMENTS)} == {*paths(MANIFESTS), *paths(SHARDS)}
    assert (len(paths(MANIFESTS)), len(paths(SHARDS))) == (7, 14)
