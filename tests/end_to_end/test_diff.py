"""`attest diff` at the shell: two versions, a version and a folder, and what is refused."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.conftest import make_model
from tests.end_to_end.shell import Shell

if TYPE_CHECKING:
    from pathlib import Path

KEY, PUBLIC, OTHER = ("--key", "K/attest.key"), ("--key", "K/attest.pub"), ("--key", "other/attest.pub")
POLICY = """\
apiVersion: attest/v1
kind: Policy
name: gate
identities: {publisher: {key: K/attest.pub}}
require: {signature: {by: [publisher]}, ml-bom: {by: [publisher], licences: {allow: [MIT], of: [model]}}}
"""


@pytest.fixture(scope="module")
def versions(tmp_path_factory: pytest.TempPathFactory, keys: Path) -> Shell:
    """Two versions by K, one model by somebody else, and the folder of the second."""
    person = Shell(folder=tmp_path_factory.mktemp("versions"))
    for name in ("K", "other"):
        shutil.copytree(keys / name, person.folder / name)
    make_model(person.folder / "model")
    (person.folder / "gate.yaml").write_text(POLICY)
    person.attest("push", "model", "m", *KEY, "--metric", "auc=0.9", "--licence", "MIT", "-q")
    (person.folder / "model/config.json").write_text('{"model_type": "mlp", "layers": 2}\n')
    (person.folder / "model/more.json").write_text("{}")
    person.attest("push", "model", "m", *KEY, "--metric", "auc=0.87", "--licence", "GPL-3.0-only", "-q")
    person.attest("push", "model", "stranger", "--key", "other/attest.key", "-q")
    return person


def parts(printed: str) -> list[list[str]]:
    return [line.split()[:3] for line in printed.splitlines()[1:]]


def test_two_versions_as_an_aligned_table(versions: Shell) -> None:
    printed = versions.attest("diff", "m:1", "m:2", *PUBLIC)
    lines = printed.out.splitlines()
    assert lines[0].split() == ["PART", "CHANGE", "NAME", "BEFORE", "AFTER", "DELTA"]
    assert parts(printed.out) == [
        ["metrics", "changed", "auc"],
        ["licences", "changed", "model"],
        ["files", "changed", "config.json"],
        ["files", "added", "more.json"],
        ["files", "changed", "(all)"],
    ]
    assert len({line.index(line.split()[1]) for line in lines}) == 1
    assert lines[1].split()[3:] == ["0.9", "0.87", "-0.03"]
    assert printed.err.count("ALLOWED by --key attest.pub") == 2


def test_the_verdict_on_each_is_said_and_compared(versions: Shell) -> None:
    printed = versions.attest("diff", "m:1", "m:2", "--policy", "gate.yaml")
    assert ["verdict", "changed", "gate"] in parts(printed.out)
    assert "ALLOWED by gate" in printed.err
    assert "DENIED by gate" in printed.err
    found = json.loads(versions.attest("diff", "m:1", "m:2", "--policy", "gate.yaml", "--json").out)
    assert (found["before"]["verdict"]["verdict"], found["after"]["verdict"]["verdict"]) == ("allowed", "denied")
    assert found["changes"][0]["part"] == "verdict"


def test_the_exit_status_says_it_where_it_is_asked_for(versions: Shell) -> None:
    assert versions.attest("diff", "m:2", "m:2").out == "no difference\n"
    versions.attest("diff", "m:2", "m:2", "--exit-code")
    assert versions.attest("diff", "m:1", "m:2", "--exit-code", expect=1).out
    found = json.loads(versions.attest("diff", "m:1", "m:2", "--exit-code", "--json", expect=1).out)
    assert (found["schema"], found["same"], found["before"]["verified"]) == ("attest/diff/v1", False, False)


def test_a_version_and_a_folder(versions: Shell) -> None:
    assert versions.attest("diff", "m:2", "./model", *PUBLIC, "--exit-code").out == "no difference\n"
    printed = versions.attest("diff", "m:1", "./model")
    assert parts(printed.out) == [
        ["files", "changed", "config.json"],
        ["files", "added", "more.json"],
        ["files", "changed", "(all)"],
    ]
    assert "not compared: verdict, metrics" in printed.err
    assert "NOT VERIFIED" in printed.err
    found = json.loads(versions.attest("diff", "./model", "m:2", "--exclude", "more.json", "--json").out)
    assert [each["name"] for each in found["changes"]] == ["more.json", "(all)"]
    assert (found["before"]["kind"], found["after"]["kind"]) == ("folder", "version")


def test_claims_of_somebody_else_are_not_compared(versions: Shell) -> None:
    printed = versions.attest("diff", "m:2", "stranger:1", *PUBLIC)
    assert "DENIED by --key attest.pub" in printed.err
    assert "no ML-BOM counts" in printed.err
    assert {row[0] for row in parts(printed.out)} == {"verdict"}


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (("m:1",), "usage"),
        (("m:1", "m"), "version-missing"),
        (("m:1", "m:9"), "name-unknown"),
        (("m:1", "./absent"), "no-such-folder"),
        (("./model", "./model", *PUBLIC), "usage"),
        (("m:1", "m:2", "--exclude", "x"), "usage"),
        (("m:1", "m:2", "--key", "absent.pub"), "key-not-found"),
    ],
)
def test_what_cannot_be_compared_says_why(versions: Shell, line: tuple[str, ...], code: str) -> None:
    printed = versions.attest("diff", *line, expect=2)
    assert (printed.complaint.code, printed.out) == (code, "")


def test_a_changed_byte_of_a_claim_is_an_incident(versions: Shell, tmp_path: Path) -> None:
    shutil.copytree(versions.folder, tmp_path / "own", symlinks=True)
    own = Shell(folder=tmp_path / "own")
    own.attest("evidence", "export", "m:1", "evidence")
    content = (own.folder / "evidence/ml-bom.sigstore.json").read_bytes()
    for path in sorted((own.folder / "home/store").rglob("*")):
        if path.is_file() and path.stat().st_size == len(content) and path.read_bytes() == content:
            path.chmod(0o644)
            path.write_bytes(content.replace(b'"sig"', b'"sog"', 1))
    printed = own.attest("diff", "m:1", "m:2", *PUBLIC, expect=3)
    assert printed.out == ""
