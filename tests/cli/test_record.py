from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest

from attest.claims.record import load_record
from attest.cli.main import main

if TYPE_CHECKING:
    from pathlib import Path

CARD = """\
---
license: apache-2.0
base_model: [meta-llama/Llama-3]
base_model_relation: adapter
datasets:
- acme/tickets
- "we: ird # 'name'"
pipeline_tag: text-generation
---
# A model
"""


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "work"
    (folder / "My Model").mkdir(parents=True)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("ATTEST_HOME", str(tmp_path / "home"))
    return folder


def shown(capsys: pytest.CaptureFixture[str]) -> str:
    captured = capsys.readouterr()
    return captured.out + captured.err


def test_a_first_record_lies_beside_the_folder_and_can_be_read(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["record", "init", "./My Model"]) == 0
    assert capsys.readouterr().out == "attest.yaml\n"
    record = load_record(work / "attest.yaml")
    assert record.texts == {"model.name": "my-model"}
    assert record.inputs == ()
    assert "# say it or write unknown" in (work / "attest.yaml").read_text()
    assert list((work / "My Model").iterdir()) == []


def test_the_card_and_git_say_what_they_know(work: Path) -> None:
    (work / "My Model/README.md").write_text(CARD)
    for arguments in (
        ["init", "-q"],
        ["remote", "add", "origin", "https://alice:hunter2@github.com/acme/train.git"],
        ["-c", "user.name=A", "-c", "user.email=a@b", "commit", "-q", "--allow-empty", "-m", "first"],
    ):
        subprocess.run(["git", *arguments], cwd=work, check=True)
    assert main(["record", "init", "My Model"]) == 0
    record = load_record(work / "attest.yaml")
    assert record.texts == {
        "model.name": "my-model",
        "model.licence": "Apache-2.0",
        "model.task": "text-generation",
        "operation": "fine-tune",
        "source.uri": "git+https://github.com/acme/train",
        "source.commit": "auto",
    }
    assert [(item.role.value, item.name, item.unknown) for item in record.inputs] == [
        ("dataset", "acme/tickets", True),
        ("dataset", "we: ird # 'name'", True),
        ("adapter-base", "meta-llama/Llama-3", True),
    ]
    assert "hunter2" not in (work / "attest.yaml").read_text()


@pytest.mark.parametrize(
    "card",
    [
        "no front matter",
        "---\nlicense: [\n---\n",
        "---\n- a\n---\n",
        "---\nlicense: {a: b}\ndatasets: 3\nbase_model: [[a]]\n---\n",
        '---\nlicense: "a\\nkind: Policy"\nbase_model: "x\\u0007"\n---\n',
        "---\nlicense: &a mit\n---\n",
        "---\nlicense: unknown\npipeline_tag: yes\n---\n",
        "---\n" + "a: " * 1000,
        "\x00\xff",
    ],
)
def test_a_card_that_is_not_understood_says_nothing(work: Path, card: str) -> None:
    (work / "My Model/README.md").write_text(card)
    assert main(["record", "init", "My Model"]) == 0
    record = load_record(work / "attest.yaml")
    assert record.texts == {"model.name": "my-model"}
    assert record.inputs == ()


def test_an_existing_record_is_not_overwritten(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (work / "attest.yaml").write_text("mine")
    assert main(["record", "init", "My Model"]) == 2
    assert "error[record-exists]" in shown(capsys)
    assert (work / "attest.yaml").read_text() == "mine"


def test_a_folder_that_is_not_there_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["record", "init", "none"]) == 2
    assert "error[record-no-folder]" in shown(capsys)


def test_another_place_is_named_with_how_to_use_it(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["record", "init", "My Model", "--to", "training.yaml"]) == 0
    assert "--record training.yaml" in shown(capsys)
    assert (work / "training.yaml").exists()


def test_check_says_what_is_said_unknown_and_open(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (work / "data.csv").write_text("1")
    (work / "attest.yaml").write_text(
        "apiVersion: attest/v1\nkind: TrainingRecord\nmodel: {licence: MIT, task: unknown}\n"
        "inputs: [{role: dataset, name: d, path: data.csv}, {role: dataset, name: e, provenance: unknown}]\n"
    )
    assert main(["record", "check", "attest.yaml", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["said"] == ["model.licence"]
    assert document["unknown"] == ["model.task", "e"]
    assert "model.owner" in document["unsaid"]
    assert main(["record", "check", "attest.yaml"]) == 0
    assert "attest.yaml is sound: 2 inputs" in shown(capsys)


def test_check_shows_the_place_of_a_mistake(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (work / "attest.yaml").write_text("apiVersion: attest/v1\nkind: TrainingRecord\nmodel:\n  licens: MIT\n")
    assert main(["record", "check", "attest.yaml"]) == 2
    text = shown(capsys)
    assert "error[record-unknown-key]: attest.yaml:4:3: unknown key 'licens'" in text
    assert "hint: did you mean" in text


@pytest.mark.parametrize(
    "text", ["inputs: [{role: dataset, name: d, path: none.csv}]", "environment: {requirements: none.lock}"]
)
def test_check_misses_a_file_that_is_not_there(work: Path, capsys: pytest.CaptureFixture[str], text: str) -> None:
    (work / "attest.yaml").write_text(f"apiVersion: attest/v1\nkind: TrainingRecord\n{text}\n")
    assert main(["record", "check", "attest.yaml"]) == 2
    assert "error[input-not-found]" in shown(capsys)


def test_a_record_that_is_not_there_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["record", "check", "none.yaml"]) == 2
    assert "error[record-unreadable]" in shown(capsys)
