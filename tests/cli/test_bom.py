from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from attest.cli.main import main
from tests.claims.bom_samples import document

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def bom(tmp_path: Path) -> Path:
    path = tmp_path / "bom.cdx.json"
    path.write_text(json.dumps(document()), encoding="utf-8")
    return path


def changed(path: Path, **fields: object) -> Path:
    path.write_text(json.dumps(document() | fields), encoding="utf-8")
    return path


def test_good_bom_passes_both_checks(bom: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bom", "check", str(bom)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "VALID"


def test_good_bom_as_json(bom: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bom", "check", str(bom), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["schema"], found["valid"], found["spec"]) == ("attest/bom-check/v1", True, "1.6")


def test_dangling_reference_is_told_apart_from_the_schema(bom: Path, capsys: pytest.CaptureFixture[str]) -> None:
    changed(bom, dependencies=[{"ref": "gone"}])
    assert main(["bom", "check", str(bom)]) == 1
    out = capsys.readouterr().out
    assert "✓ schema" in out
    assert "✗ meaning" in out
    assert "bom-dangling-reference" in out
    assert out.splitlines()[-1] == "INVALID"


def test_both_faults_are_shown_in_one_run(bom: Path, capsys: pytest.CaptureFixture[str]) -> None:
    changed(bom, dependencies=[{"ref": "gone"}], serialNumber="urn:uuid:placeholder")
    assert main(["bom", "check", str(bom)]) == 1
    assert capsys.readouterr().out.count("✗") == 2


def test_refusal_as_json_is_one_document(bom: Path, capsys: pytest.CaptureFixture[str]) -> None:
    changed(bom, serialNumber="urn:uuid:placeholder")
    assert main(["bom", "check", str(bom), "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["schema"], found["code"]) == ("attest/error/v1", "bom-schema")


@pytest.mark.parametrize("verb", ["check", "show"])
@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("<bom/>", "malformed-json"),
        ('{"a": 1, "a": 2}', "malformed-json"),
        ("[]", "malformed-json"),
        ("", "malformed-json"),
    ],
)
def test_what_is_no_json_object_is_refused(
    verb: str, text: str, code: str, bom: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bom.write_text(text, encoding="utf-8")
    assert main(["bom", verb, str(bom), "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["code"] == code


@pytest.mark.parametrize("verb", ["check", "show"])
def test_missing_file_is_refused(verb: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bom", verb, str(tmp_path / "absent.json"), "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["code"] == "cannot-read"


def test_show_says_what_the_model_was_made_from_and_that_nobody_vouches(
    bom: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["bom", "show", str(bom)]) == 0
    out = capsys.readouterr().out
    assert "acme/fraud" in out
    assert "not verified" in out
    assert "teacher-model" in out
    assert "legacy" in out
    assert "unknown" in out
    assert "22,713,216" in out


def test_show_as_json(bom: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bom", "show", str(bom), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["schema"], found["verified"]) == ("attest/bom/v1", False)
    assert [item["name"] for item in found["inputs"]] == ["transactions", "big", "legacy"]
    assert found["inputs"][2] | {"licence": None} == {
        "role": "dataset",
        "name": "legacy",
        "digest": None,
        "standing": "unknown",
        "licence": None,
    }


def test_show_refuses_what_contradicts_itself_and_points_at_check(
    bom: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changed(bom, dependencies=[{"ref": "gone"}])
    assert main(["bom", "show", str(bom)]) == 2
    assert "attest bom check" in capsys.readouterr().err


def test_escape_codes_in_a_bom_do_not_reach_the_terminal(bom: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spoiled = document()
    spoiled["metadata"]["component"]["name"] = "fraud\x1b[2J"
    bom.write_text(json.dumps(spoiled), encoding="utf-8")
    assert main(["bom", "show", str(bom)]) == 0
    assert "\x1b[2J" not in capsys.readouterr().out
