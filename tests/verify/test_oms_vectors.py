"""Bundles of other makers: adversarial OMS cases that the reference implementation mostly accepts, and certificates."""

from __future__ import annotations

import json
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import pytest

from attest.errors import AttestError
from attest.evidence.evidence import Evidence
from attest.model.manifest import FileFormat, FileKind, ModelFile, ModelManifest
from attest.model.ranges import Cut, Hashes
from attest.trust.identity import load_trusted_key
from attest.verify.directory import compare_with_lists, read_lists, verify_directory
from attest_registry.digest import Digest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

VECTORS = Path(__file__).parents[2].parent / "shared" / "vectors" / "oms"
CASES = VECTORS / "adversarial"

pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason="the shared OMS vectors are not beside this checkout")

EXPECTED = {
    "00-baseline": "allowed",
    "01-unsorted": "unordered-names",
    "03-codepoint-order": "allowed",
    "04-duplicate-name": "duplicate-name",
    "06-double-slash": "unsafe-name",
    "07-parent-traversal": "unsafe-name",
    "09-empty-ignore-dot": "ignore-too-wide",
    "10-empty-resources": "no-resources",
    "12-ignore-glob": "ignore-too-wide",
    "13-wrong-root": "root-mismatch",
    "14-algorithm-label": "malformed-evidence",
    "17-payload-type-swap": "malformed-evidence",
    "19-wrong-predicate-signed": "evidence-missing",
    "20-wrong-statement-type-signed": "malformed-evidence",
    "21-no-predicate-signed": "malformed-evidence",
    "23-single-dot": "allowed",  # the reference's own spelling of a single file; the spec asks for the basename
    "24-single-basename": "allowed",
    "25-shards-spec": "allowed",
    "27-shards-gap": "shard-gap",
    "29-rawbytes-no-hint": "allowed",
    "31-no-signatures": "malformed-evidence",
    "32-keyid-absent-tlog-absent": "allowed",
    "33-v01-compat": "signature-too-old",
    "35-unknown-resource-key": "allowed",
    "37-uppercase-hex": "malformed-evidence",
    "38-git-dir-content": "not-signed",  # the spec lets a signer ignore it; a loader would load it
    "41-extra-file": "not-signed",
    "42-missing-file": "missing",
    "43-tampered": "differs",
    "44-truncated": "differs",
}


def hashed(model: Path, cuts: Mapping[str, Sequence[Cut]] = MappingProxyType({})) -> ModelManifest:
    files = [model] if model.is_file() else [path for path in model.rglob("*") if path.is_file()]
    root = model.parent if model.is_file() else model
    return ModelManifest(
        files=tuple(
            ModelFile(
                path=path.relative_to(root).as_posix(),
                digest=Digest.of(path.read_bytes()),
                size=path.stat().st_size,
                format=FileFormat(kind=FileKind.BINARY),
                ranges=ranges_of(path, cuts.get(path.relative_to(root).as_posix(), ())),
            )
            for path in sorted(files, key=lambda path: path.relative_to(root).as_posix())
        )
    )


def ranges_of(file: Path, cuts: Sequence[Cut]) -> Mapping[int, tuple[Digest, ...]] | None:
    hashes = Hashes(cuts)
    hashes.update(memoryview(file.read_bytes()))
    return hashes.ranges()


def outcome(case: Path) -> str:
    model = case / json.loads((case / "expect.json").read_text())["target"]
    evidence = Evidence(raw=(case / "bundle.sig").read_bytes(), origin=case.name)
    try:
        lists = read_lists(
            [evidence], [load_trusted_key(CASES / "key.pub")], only=model.name if model.is_file() else None
        )
        found = compare_with_lists(hashed(model, lists.cuts()), lists)
    except AttestError as error:
        return error.code
    return found.wrong[0].status.value if found.wrong else "allowed"


@pytest.mark.parametrize("case", sorted(EXPECTED))
def test_an_oms_bundle_of_another_maker_is_judged_by_the_spec_or_stricter(case: str) -> None:
    assert outcome(CASES / case) == EXPECTED[case]


def test_every_adversarial_case_is_covered() -> None:
    assert {path.name for path in CASES.iterdir() if path.is_dir()} == set(EXPECTED)


def test_the_name_of_a_single_file_stands_for_no_file_of_a_folder() -> None:
    case = CASES / "23-single-dot"
    model = case / json.loads((case / "expect.json").read_text())["target"]
    evidence = Evidence(raw=(case / "bundle.sig").read_bytes(), origin=case.name)
    found = verify_directory(hashed(model), [evidence], [load_trusted_key(CASES / "key.pub")])
    assert {file.path: file.status.value for file in found.files} == {".": "missing", model.name: "not-signed"}


def test_certificate_bundles_are_refused_by_name_in_key_mode() -> None:
    bundles = sorted((VECTORS / "nvidia-skills").rglob("*.sig"))
    assert bundles
    for path in bundles[:5]:
        evidence = Evidence(raw=path.read_bytes(), origin=path.name)
        with pytest.raises(AttestError) as caught:
            verify_directory(hashed(path), [evidence], [load_trusted_key(CASES / "key.pub")])
        assert (caught.value.code, caught.value.exit_status) == ("certificate-unsupported", 1)
