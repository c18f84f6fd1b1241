"""The examples of docs/policy.md about composition and cases do what the page says."""

from __future__ import annotations

import re
from pathlib import Path

from attest.cases.keys import TABLE
from attest.cases.running import run_file
from attest.cli.main import main
from attest.policy import shipped
from attest.policy.document import load_policy
from attest.policy.key_rows import TABLE as POLICY_TABLE
from attest.signing.keyfile import generate
from attest.trust.identity import load_trusted_key

PAGE = (Path(__file__).parents[2] / "docs/policy.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


def only(start: str) -> str:
    (found,) = [block for block in BLOCKS if start in block]
    return str(found)


def test_the_cases_on_the_page_come_out_as_they_say(tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text(shipped.path_of("production").read_text())
    (tmp_path / "policy.cases.yaml").write_text(only("kind: PolicyCases"))
    _, outcomes = run_file(tmp_path / "policy.cases.yaml")
    found = {outcome.case.name: outcome.codes for outcome in outcomes}
    assert "ancestor-not-signed" in found["a teacher that nobody signed"]
    assert "signer-not-trusted" in found["signed by somebody else"]


def test_the_policy_on_top_of_another_is_sound(tmp_path: Path) -> None:
    (tmp_path / "org").mkdir()
    (tmp_path / "team").mkdir()
    for folder, name in (("org", "ci"), ("org", "bob"), ("team", "ann")):
        generate(tmp_path / folder / f"{name}.key", tmp_path / folder / f"{name}.pub", passphrase=None)
    keys = ["--key", str(tmp_path / "org/ci.pub"), "--key", f"approver={tmp_path}/org/bob.pub"]
    base = tmp_path / "org/production.yaml"
    assert main(["policy", "init", "--profile", "production", "--out", str(base), *keys]) == 0
    (tmp_path / "team/scoring.yaml").write_text(only("name: scoring"))
    policy = load_policy(tmp_path / "team/scoring.yaml")
    ann = load_trusted_key(tmp_path / "team/ann.pub")
    assert [key.fingerprint for key in policy.identities["approver"].keys] == [ann.fingerprint]
    assert policy.approvals[0].by == ("approver",)
    assert policy.provenance is not None
    assert policy.provenance.clean


def test_every_key_of_cases_is_on_the_page() -> None:
    names = {row.name for row in TABLE.rows if row.path.startswith("cases[].") and row.path.count(".") <= 3}
    assert not [
        name
        for name in names - {"*", "name", "kind", "content", "code", "by", "finished", "parameters"}
        if f"`{name}" not in PAGE
    ]


def test_the_policy_about_the_log_is_sound(tmp_path: Path) -> None:
    for name in ("ci", "ops", "notary"):
        generate(tmp_path / f"{name}.key", tmp_path / f"{name}.pub", passphrase=None)
    (tmp_path / "serving.yaml").write_text(only("witnesses: [notary]"))
    demand = load_policy(tmp_path / "serving.yaml").log
    assert demand is not None
    assert demand.checkpoint is not None
    names = {row.name for row in POLICY_TABLE.children("log")}
    assert not [name for name in names if f"| `{name}` |" not in PAGE]
