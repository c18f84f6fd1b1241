from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from attest.cases.reading import read_cases
from attest.cases.running import case_files
from attest.errors import AttestError, PolicyError
from attest.model.manifest import FileKind

if TYPE_CHECKING:
    from pathlib import Path

    from attest.cases.values import CaseFile

HEAD = "apiVersion: attest/v1\nkind: PolicyCases\n"
GIVEN = (
    "given:\n  now: 2026-06-01T12:00:00Z\n  files: {a.safetensors: safetensors, b.json: json}\n"
    "  claims: {signature: alice, ml-bom: {by: alice}}\n"
)
CASES = "cases:\n  - {name: one, expect: allowed}\n"


def write(folder: Path, text: str, *, head: str = HEAD) -> Path:
    path = folder / "policy.cases.yaml"
    path.write_text(head + text)
    return path


def read(folder: Path, text: str) -> CaseFile:
    return read_cases(write(folder, text))


def test_a_case_is_what_is_given_with_what_it_says_itself(tmp_path: Path) -> None:
    file = read(
        tmp_path,
        GIVEN
        + """\
cases:
  - name: as given
    expect: allowed
  - name: other
    expect: [b-code, a-code]
    now: 2027-01-01T00:00:00Z
    files: {b.json: none, c.pkl: pickle}
    proven: 2026-05-01T00:00:00Z
    claims:
      signature: {proven: none}
      ml-bom: none
      scan: {type: test-result, by: [bob, carol], says: {result: PASSED}}
""",
    )
    first, other = file.cases
    assert file.policy == tmp_path / "policy.yaml"
    assert (first.codes, other.codes) == ((), ("a-code", "b-code"))
    assert [each.path for each in first.version.said.manifest.files] == ["a.safetensors", "b.json"]
    assert [(each.path, each.format.kind, each.format.code_bearing) for each in other.version.said.manifest.files] == [
        ("a.safetensors", FileKind.SAFETENSORS, False),
        ("c.pkl", FileKind.PICKLE, True),
    ]
    assert [(each.name, each.by) for each in first.version.claims] == [("signature", "alice"), ("ml-bom", "alice")]
    assert [(each.name, each.by, each.proven is None) for each in other.version.claims] == [
        ("signature", "alice", True),
        ("scan", "bob", False),
        ("scan", "carol", False),
    ]
    assert other.now.year == 2027


def test_a_claim_may_say_something_else_than_there_is(tmp_path: Path) -> None:
    text = GIVEN + "cases: [{name: x, expect: allowed, claims: {signature: {files: {a.safetensors: {kind: onnx}}}}}]\n"
    (case,) = read(tmp_path, text).cases
    said = case.version.claims[0].version.manifest.files[0]
    assert said.format.kind is FileKind.ONNX
    assert case.version.said.manifest.files[0].format.kind is FileKind.SAFETENSORS


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("", "policy-missing-key", "1:1"),
        (GIVEN + "cases: []\n", "policy-empty-list", ":7:8:"),
        (GIVEN + "cases: {}\n", "policy-wrong-type", ":7:8:"),
        (GIVEN + "cases: [{name: x}]\n", "policy-missing-key", ":7:9:"),
        (GIVEN + "cases: [{expect: allowed}]\n", "policy-missing-key", ":7:9:"),
        (GIVEN + "cases: [{name: x, expect: []}]\n", "policy-empty-list", ":7:27:"),
        (GIVEN + "cases: [{name: x, expect: 7}]\n", "policy-wrong-type", ":7:27:"),
        (GIVEN + "cases: [{name: x, expcet: allowed}]\n", "policy-unknown-key", ":7:19:"),
        (GIVEN + CASES + "  - {name: one, expect: [x]}\n", "policy-listed-twice", ":9:12:"),
        (
            GIVEN + "cases: [{name: x, expect: allowed, claims: {signature: {bye: a}}}]\n",
            "policy-unknown-key",
            ":7:57:",
        ),
        (GIVEN + "cases: [{name: x, expect: allowed, claims: {scan: bob}}]\n", "policy-missing-key", ":7:"),
        (
            GIVEN + "cases: [{name: x, expect: allowed, claims: {scan: {type: scna, by: bob}}}]\n",
            "policy-unknown-word",
            ":7:58:",
        ),
        (GIVEN + "cases: [{name: x, expect: allowed, files: {a: saftensors}}]\n", "policy-unknown-word", ":7:47:"),
        (GIVEN + "cases: [{name: x, expect: allowed, files: {a: {content: x}}}]\n", "policy-missing-key", ":7:47:"),
        (
            GIVEN + "cases: [{name: x, expect: allowed, files: {a.safetensors: none, b.json: none}}]\n",
            "policy-missing-key",
            ":7:43:",
        ),
        (GIVEN + "cases: [{name: x, expect: allowed, now: soon}]\n", "policy-bad-time", ":7:41:"),
        (GIVEN + "cases: [{name: x, expect: allowed, proven: 2026-06-01}]\n", "policy-bad-time", ":7:44:"),
        ("cases: [{name: x, expect: allowed}]\n", "policy-missing-key", ":3:9:"),
        (GIVEN + "cases: [{name: x, expect: allowed, built: {commit: dirty}}]\n", "policy-unknown-word", ":7:52:"),
        (GIVEN + "cases: [{name: x, expect: allowed, made: {operatoin: train}}]\n", "record-unknown-key", ":7:43:"),
        (GIVEN + "cases: [{name: x, expect: allowed, made: []}]\n", "policy-wrong-type", ":7:42:"),
        (GIVEN.replace("now:", "nwo:") + CASES, "policy-unknown-key", ":4:3:"),
    ],
)
def test_a_file_that_is_not_understood_whole_is_not_run(tmp_path: Path, text: str, code: str, place: str) -> None:
    with pytest.raises(AttestError) as caught:
        read(tmp_path, text)
    assert (caught.value.code, caught.value.exit_status) == (code, 2)
    assert place in caught.value.message


@pytest.mark.parametrize("head", [HEAD.replace("v1", "v2"), HEAD.replace("PolicyCases", "Policy")])
def test_another_kind_of_document_is_refused(tmp_path: Path, head: str) -> None:
    with pytest.raises(PolicyError) as caught:
        read_cases(write(tmp_path, GIVEN + CASES, head=head))
    assert caught.value.code == "policy-wrong-kind"


def test_cases_are_found_beside_their_policy_and_in_a_folder(tmp_path: Path) -> None:
    path = write(tmp_path, GIVEN + CASES)
    assert case_files(tmp_path) == case_files(path) == case_files(tmp_path / "policy.yaml") == [path]


@pytest.mark.parametrize("name", ["", "other.yaml", "other.cases.yaml", "x" * 5000])
def test_nothing_to_run_is_no_success(tmp_path: Path, name: str) -> None:
    with pytest.raises(PolicyError) as caught:
        case_files(tmp_path / name)
    assert caught.value.code == "policy-no-cases"
