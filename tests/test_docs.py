"""The pages under docs/ say what the code does: their examples are loaded and run."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest

from attest.claims import evaluation
from attest.claims.event import Action
from attest.claims.log_state import RoleName
from attest.claims.predicates import WORDS
from attest.claims.record import from_environment, load_record
from attest.claims.record_flags import _LISTS
from attest.claims.record_places import PLACES
from attest.claims.statement import Statement
from attest.claims.training import Operation, Role, Standing
from attest.cli.main import cli, main
from attest.model.manifest import FileKind
from attest.policy.document import load_policy
from attest.policy.requirements import LINEAGE_WORDS
from attest.settings import ENVIRONMENT
from attest.signing.algorithms import new_private_key
from attest.signing.bundle import Bundle
from attest.signing.bundle_signer import KeyBundleSigner
from attest.signing.keyfile import generate
from attest.signing.signer import KeySigner
from attest_registry.digest import Digest
from tests.end_to_end.in_process import Inside

ROOT = Path(__file__).parents[1]
PAGES = sorted((ROOT / "docs").glob("*.md"))


def page(name: str) -> str:
    return (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")


def blocks(name: str, language: str) -> list[str]:
    return re.findall(rf"^ *```{language}\n(.*?)^ *```", page(name), re.DOTALL | re.MULTILINE)


def in_code(text: str, word: str) -> bool:
    return re.search(rf"`[^`\n]*(?<![\w-]){re.escape(word)}(?![\w-])[^`\n]*`", text) is not None


def test_the_training_record_on_its_page_is_sound(tmp_path: Path) -> None:
    path = tmp_path / "attest.yaml"
    path.write_text(blocks("training-record", "yaml")[0])
    record = load_record(path)
    assert {item.role for item in record.inputs} == {Role.DATASET, Role.TEACHER_MODEL}
    assert record.texts["operation"] == Operation.DISTILL
    assert record.parameters == {"learning_rate": "1e-4", "epochs": "3", "seed": "42"}


def test_every_place_of_a_record_is_on_its_page() -> None:
    text = page("training-record")
    assert not [place for place in PLACES if not in_code(text, place)]
    assert not [name for name in _LISTS if not in_code(text, name)]
    assert not [word for word in Operation if not in_code(text, word.value)]
    assert not [word for word in Standing if not in_code(text, word.value)]


def test_the_variables_on_the_page_are_understood() -> None:
    variables = re.findall(r"`(ATTEST_RECORD_[A-Z_]+[A-Z])`", page("training-record"))
    assert len(variables) == 10
    for name in variables:
        if name not in _LISTS:
            from_environment({name: "unknown"})


def test_the_policy_on_its_page_is_sound_and_explained(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("risk-ml", "eval-bot"):
        generate(tmp_path / f"{name}.key", tmp_path / f"{name}.pub", passphrase=None)
    path = tmp_path / "policy.yaml"
    path.write_text(blocks("policy", "yaml")[0])
    policy = load_policy(path)
    assert set(policy.identities) == {"risk-ml", "eval-bot"}
    assert policy.provenance is not None
    assert policy.provenance.clean
    assert main(["policy", "explain", str(path)]) == 0
    assert "clean" in capsys.readouterr().out


def test_every_word_of_a_policy_is_on_its_page() -> None:
    text = page("policy")
    assert not [kind for kind in FileKind if not in_code(text, kind.value)]
    assert not [word for word in WORDS.values() if not in_code(text, word.lower().replace(" ", "-"))]
    assert not [word for word in LINEAGE_WORDS if not in_code(text, f"lineage.{word}")]


def test_the_claims_on_the_policy_page_can_be_demanded_and_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("risk-ml", "eval-bot", "rita", "otto", "train-job"):
        generate(tmp_path / f"{name}.key", tmp_path / f"{name}.pub", passphrase=None)
    pages = [block for block in blocks("policy", "yaml") if "name: gate\n" in block or "name: governed\n" in block]
    demanded = []
    for block in pages:
        (tmp_path / "policy.yaml").write_text(block)
        demanded.append(load_policy(tmp_path / "policy.yaml"))
    gate, governed = demanded
    assert (len(gate.evaluations), len(gate.scans), gate.approvals[0].count) == (1, 1, 2)
    assert governed.ml_bom is not None
    assert governed.ml_bom.asks_content
    monkeypatch.chdir(tmp_path)
    (script,) = (block for block in blocks("policy", "python") if "sign_evaluation" in block)
    signer = KeyBundleSigner(signer=KeySigner(private_key=new_private_key()))
    given = {"signer": signer, "golden_digest": Digest.of(b"golden"), "digest": Digest.of(b"version")}
    exec(script, given)  # noqa: S102  # the page's own words
    payload = Bundle.parse((tmp_path / "evaluation.sigstore.json").read_bytes()).payload
    assert evaluation.parse(Statement.parse(payload)).passed


def test_every_option_of_the_signing_page_is_one_of_sign_or_verify() -> None:
    context = click.Context(cli)
    known: set[str] = set()
    for verb in ("sign", "verify"):
        command = cli.get_command(context, verb)
        assert command is not None
        known |= {name for each in command.params for name in each.opts}
    assert not set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", page("signing"))) - known


def test_the_python_examples_run_in_order(tmp_path: Path) -> None:
    for name in ("alice", "bob"):
        generate(tmp_path / f"{name}.key", tmp_path / f"{name}.pub", passphrase=None)
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "ATTEST_HOME": str(tmp_path / "home"),
        "LANG": "C.UTF-8",
    }
    script = "\n".join(blocks("python", "python"))
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("path", PAGES, ids=[path.name for path in PAGES])
def test_links_and_tests_that_a_page_names_exist(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in link]
    named = re.findall(r"`((?:tests|attest|registry|policies)/[\w./-]+\.(?:py|yaml|md))`", text)
    assert not [link for link in links if not (path.parent / link).exists()]
    assert not [name for name in named if not (ROOT / name).exists()]


def test_the_rows_of_the_threat_table_keep_their_numbers() -> None:
    numbers = [int(number) for number in re.findall(r"^\| (\d+) \|", page("threats"), re.MULTILINE)]
    assert numbers == [*range(1, 78)]


def test_the_rows_that_the_code_refers_to_exist() -> None:
    rows = set(re.findall(r"^\| (\d+) \|", page("threats"), re.MULTILINE))
    for package in ("attest", "registry", "tests"):
        for path in (ROOT / package).rglob("*.py"):
            named = re.findall(r"docs/threats\.md\s+rows? ([0-9]+)(?:(?:, | and |-)([0-9]+))?", path.read_text())
            assert not {number for pair in named for number in pair if number} - rows, path


def test_every_attack_is_named_in_its_rows() -> None:
    table = dict(re.findall(r"^\| (\d+) \|(.*)$", page("threats"), re.MULTILINE))
    modules = sorted({*(ROOT / "tests/attacks").glob("test_*.py")} - {ROOT / "tests/attacks/test_table.py"})
    missing = []
    for path in modules:
        said = re.match(r'"""Rows? ([0-9, and]+):', path.read_text())
        assert said, f"{path.name} does not begin with the rows that it tries"
        missing += [
            (row, path.name) for row in re.findall("[0-9]+", said[1]) if f"tests/attacks/{path.name}`" not in table[row]
        ]
    assert not missing, "name these in docs/threats.md"


def test_every_act_of_a_log_is_in_the_table_with_a_verb_that_exists() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \| (`attest .*?) \| (.*?) \|", page("registry"), re.MULTILINE)
    assert {action for action, _, _ in rows} == set(Action)
    context = click.Context(cli)
    for _, verbs, roles in rows:
        assert set(re.findall(r"[a-z]+", roles)) & set(RoleName), roles
        for words in re.findall(r"`attest ([a-z -]+)`", verbs):
            verb, *more = words.split()
            command = cli.get_command(context, verb)
            assert command is not None, words
            assert not more or (isinstance(command, click.Group) and more[0] in command.commands), words


def test_every_role_is_in_the_help_on_the_registry(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["help", "registry"]) == 0
    text = capsys.readouterr().out
    assert not [role for role in RoleName if f"  {role} " not in text]


def test_the_story_of_the_registry_can_be_typed(tmp_path: Path) -> None:
    """Each line of its page that begins with `$ attest`, in order, with the exit status that stands under it."""
    person = Inside(folder=tmp_path, environment={"ATTEST_KEY": "alice/attest.key"})
    for folder in ("model", "model-2"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "config.json").write_text(f'{{"of": "{folder}"}}')
    (tmp_path / "golden.csv").write_text("x,y\n")
    (tmp_path / "eval.json").write_text(blocks("registry", "json")[0])
    (tmp_path / "production.yaml").write_text(blocks("registry", "yaml")[0])
    lines = [line for block in blocks("registry", "console") for line in block.splitlines()]
    said = ""
    for index, line in enumerate(lines):
        if line.startswith("$ attest "):
            rest = lines[index + 1 :]
            following = rest[: next((at for at, each in enumerate(rest) if each.startswith("$")), len(rest))]
            status = next((int(each[6:-1]) for each in following if each.startswith("(exit ")), 0)
            words = [word.split("     ")[0] for word in shlex.split(line)[2:]]
            said = person.attest(*words, expect=status).all
        elif not line.startswith(("$", "(exit")):
            assert re.sub(r"sha256:[0-9a-f]{12}", "sha256:…", said).count(line.strip()), line


def test_every_variable_of_a_setting_is_in_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["help", "environment"]) == 0
    text = capsys.readouterr().out
    assert not [variable for variable in ENVIRONMENT.values() if f"  {variable} " not in text]
