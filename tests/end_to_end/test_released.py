"""What earlier versions wrote is read for ever: each folder of fixtures/released still verifies, and still refuses."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.end_to_end.shell import Shell

RELEASED = sorted((Path(__file__).parents[2] / "fixtures/released").glob("[0-9]*/"))


@pytest.fixture(params=RELEASED, ids=[path.name for path in RELEASED])
def released(request: pytest.FixtureRequest, tmp_path: Path) -> Shell:
    """A person with a copy of what a version wrote; stores are written to when they are locked."""
    shutil.copytree(request.param, tmp_path / "released")
    return Shell(folder=tmp_path, environment={"ATTEST_STORE": str(tmp_path / "released/store")})


def references(shell: Shell) -> list[str]:
    return (shell.folder / "released/references.txt").read_text().split()


def test_every_version_is_allowed_byte_by_byte(released: Shell) -> None:
    for reference in references(released):
        printed = released.attest("verify", reference, "--key", "released/attest.pub", "--full")
        assert "ALLOWED" in printed.out


def test_its_lineage_is_read(released: Shell) -> None:
    model = references(released)[-1]
    document = json.loads(released.attest("show", model, "--key", "released/attest.pub", "--json").out)
    assert document["verified"] is True
    assert [node["role"] for node in document["lineage"]] == ["base-model"]


def test_its_evidence_fits_its_files(released: Shell) -> None:
    released.attest("pull", references(released)[-1], "out", "--key", "released/attest.pub")
    signature = "released/evidence/model-signature.sigstore.json"
    released.attest("verify", "./out", "--evidence", signature, "--key", "released/attest.pub")
    (released.folder / "out/more.txt").write_text("x")
    released.attest("verify", "./out", "--evidence", signature, "--key", "released/attest.pub", expect=3)


def test_another_key_is_still_refused(released: Shell) -> None:
    released.attest("keygen", "--out", "K")
    released.attest("verify", references(released)[0], "--key", "K/attest.pub", expect=1)


def told(shell: Shell) -> dict[str, str]:
    """What the log meant when it was written."""
    path = shell.folder / "released/log.json"
    if not path.exists():
        pytest.skip("written before there were logs")
    answers: dict[str, str] = json.loads(path.read_text())
    return answers


def test_its_log_means_what_it_meant(released: Shell) -> None:
    answers = told(released)
    name = answers["production"].partition(":")[0]
    assert released.attest("resolve", f"{name}@production", "-q").out.strip() == answers["production"]
    assert released.attest("history", name, "-q", "--limit", "0").out.strip() == answers["history"]
    released.attest("catalogue", "rebuild")
    whole = released.attest("log", "verify", name, "--policy", "released/production.yaml")
    assert "VERIFIED" in whole.out


def test_its_gates_claims_and_card_hold(released: Shell) -> None:
    name = told(released)["production"].partition(":")[0]
    policy = ("--policy", "released/production.yaml")
    assert "ALLOWED" in released.attest("verify", f"{name}@production", *policy, "--full").out
    assert "VERIFIED" in released.attest("card", f"{name}@production", *policy, "--signed").all
    refused = released.attest("verify", f"{name}:2", *policy, expect=1)
    assert "version-revoked" in released.attest("verify", f"{name}:2", *policy, "--json", expect=1).out, refused.all


def test_an_older_head_of_its_log_is_still_refused(released: Shell) -> None:
    name = told(released)["production"].partition(":")[0]
    store = released.folder / "released/store"
    shutil.copytree(store, released.folder / "older")
    released.attest("resolve", f"{name}@production", "-q")
    index = store / name / "index.json"
    kept = [line for line in index.read_text().splitlines(keepends=True) if '"attest-log"' not in line]
    index.write_text("".join(kept).replace(",\n]", "\n]"))
    complaint = released.attest("resolve", f"{name}@production", expect=3).complaint
    assert complaint.code == "log-rollback"
