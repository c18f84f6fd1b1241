"""The registry's verbs signed by identities: a log begun with a login, by people and a CI job, and who may not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from msgspec import Struct

from tests.end_to_end.conftest import make_model
from tests.end_to_end.shell import Shell
from tests.services.sigstore.instance import (
    GITHUB,
    PERSON,
    WORKFLOW,
    _sigstore,  # noqa: F401  # a fixture of the fixture
    sigstore,  # noqa: F401  # a fixture
)

if TYPE_CHECKING:
    from pathlib import Path

    from tests.end_to_end.shell import Printed
    from tests.services.sigstore.instance import Sigstore

MODEL = "acme/credit-risk"
ALICE, CI = PERSON["email"], f"https://github.com/{WORKFLOW}"
MALLORY = {**PERSON, "sub": "mallory", "email": "mallory@acme.test"}


class Team(Struct, frozen=True, kw_only=True):
    """People with one machine and one Sigstore, whose root is pinned on it."""

    shell: Shell
    instance: Sigstore

    def signs(self, *words: str, who: dict[str, Any] = PERSON, expect: int = 0) -> Printed:
        """One command, signed by whoever holds such a token."""
        return self.shell.attest(
            *(*words, "--keyless", "--trust-config", str(self.instance.trust_config(2))),
            expect=expect,
            ATTEST_IDENTITY_TOKEN=self.instance.token(**who),
        )

    def resolved(self) -> str:
        return self.shell.attest("resolve", f"{MODEL}@production", "-q").out.strip()


@pytest.fixture
def team(tmp_path: Path, sigstore: Sigstore) -> Team:  # noqa: F811
    """Alice's model with two versions; she pushed first, and so she is its admin."""
    shell = Shell(folder=tmp_path)
    shell.attest("trust", "pin", str(sigstore.trusted_root), "--yes")
    team = Team(shell=shell, instance=sigstore)
    for number in (1, 2):
        folder = tmp_path / f"m{number}"
        make_model(folder)
        (folder / "config.json").write_text(json.dumps({"number": number}))
        team.signs("push", f"m{number}", MODEL, "-q")
    return team


def test_a_log_by_identities_from_the_first_event_to_a_rollback(team: Team) -> None:
    evaluation = {"suite": "golden", "metrics": {"auc": 0.93}, "dataset": "golden=m1/config.json"}
    (team.shell.folder / "eval.json").write_text(json.dumps(evaluation))
    team.signs("role", "grant", MODEL, "evaluator", CI, "--issuer", team.instance.url)
    team.signs("evaluate", f"{MODEL}:2", "--from", "eval.json", who=GITHUB)
    team.signs("approve", f"{MODEL}:2", "-m", "looked at it")
    for number in (1, 2):
        team.signs("promote", f"{MODEL}:{number}", "--to", "production", "-q")
    assert team.resolved().startswith(f"{MODEL}:2@")
    team.signs("rollback", f"{MODEL}@production", "-q")
    assert team.resolved().startswith(f"{MODEL}:1@")
    team.signs("revoke", f"{MODEL}:2", "-m", "trained on leaked data", "--yes")

    items = json.loads(team.shell.attest("history", MODEL, "--json").out)["items"]
    signers = {(item["by"]["subject"], item["by"]["issuer"]) for item in items}
    assert signers == {(ALICE, team.instance.url), (CI, team.instance.url)}
    assert all(item["proven"] for item in items)
    team.shell.attest("log", "verify", MODEL)
    trust = ("--identity", ALICE, "--issuer", team.instance.url)
    assert "ALLOWED" in team.shell.attest("verify", f"{MODEL}@production", *trust).out
    assert "version-revoked" in team.shell.attest("verify", f"{MODEL}:2", *trust, "--json", expect=1).out
    team.shell.attest("catalogue", "rebuild")
    team.shell.attest("catalogue", "check")


@pytest.mark.parametrize(
    "words",
    [
        ("promote", f"{MODEL}:1", "--to", "production", "-q"),
        ("revoke", f"{MODEL}:1", "-m", "no reason", "--yes"),
        ("role", "grant", MODEL, "admin", "mallory@acme.test"),
        ("archive", f"{MODEL}:1"),
        ("push", "m1", MODEL, "-q"),
    ],
    ids=lambda words: words[0],
)
def test_somebody_else_with_a_good_login_is_refused(team: Team, words: tuple[str, ...]) -> None:
    if words[0] == "push":
        (team.shell.folder / "m1" / "config.json").write_text("{}")
    before = team.shell.attest("history", MODEL, "--json").out
    more = ("--issuer", team.instance.url) if words[0] == "role" else ()
    refused = team.signs(*words, *more, who=MALLORY, expect=1)
    assert refused.complaint.code in {"role-missing", "not-permitted"}
    assert team.shell.attest("history", MODEL, "--json").out == before
