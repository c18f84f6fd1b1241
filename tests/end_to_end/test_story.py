"""The story of a registry, told twice: in the store of this machine with SQLite, and in a registry with PostgreSQL.

Versions of `credit-risk`, evaluated by somebody else than who pushed them, promoted through gates, refused by each gate
in turn, rolled back; then the questions that an auditor asks, and the catalogue made again from nothing.
"""

from __future__ import annotations

import json
import shutil
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.conftest import WEIGHTS
from tests.end_to_end.shell import Shell
from tests.services.docker_registry import running as running_registry
from tests.services.postgres import postgres  # noqa: F401  # a fixture, asked for by name

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.end_to_end.shell import Printed

POLICY = """\
apiVersion: attest/v1
kind: Policy
name: production
identities:
  ci: {key: ci/attest.pub}
  eval-bot: {key: eval-bot/attest.pub}
  carol: {key: carol/attest.pub}
require:
  signature: {by: [ci]}
  provenance: {by: [ci]}
  ml-bom: {by: [ci], consistent: true}
  evaluations:
    - by: [eval-bot]
      metric: accuracy
      minimum: 0.90
      no-regression: {against: production, by-at-most: 0.01, better: higher}
    - {by: [eval-bot], metric: safety, minimum: 0.95}
    - {by: [eval-bot], metric: latency_p99, maximum: 500}
  approvals:
    - {by: [carol], count: 1}
formats: {allow: [safetensors, json, text]}
lineage: {datasets: known}
log: {admins: [ci]}
"""

GOOD = {"accuracy": "0.915", "safety": "0.968", "latency_p99": "430"}
BETTER = {"accuracy": "0.923", "safety": "0.971", "latency_p99": "412"}


@dataclass(frozen=True, kw_only=True)
class Team:
    """Four people and a registry.

    Args:
        shell: where they stand.
        prefix: what stands in front of a model's name.
        empty: address of another catalogue, in which there is nothing.
    """

    shell: Shell
    prefix: str
    empty: str

    @property
    def model(self) -> str:
        return f"{self.prefix}acme/credit-risk"

    def by(self, who: str, *words: str, expect: int = 0) -> Printed:
        return self.shell.attest(*words, expect=expect, ATTEST_KEY=f"{self.shell.folder}/{who}/attest.key")

    def folder(self, name: str, content: str) -> str:
        path = self.shell.folder / name
        path.mkdir()
        (path / "model.safetensors").write_bytes(WEIGHTS[:-1] + content.encode()[:1])
        (path / "config.json").write_text(json.dumps({"model_type": "mlp", "made": content}))
        return name

    def push(self, name: str, content: str, *more: str, model: str | None = None) -> str:
        self.folder(name, content)
        return self.by("ci", "push", name, model or self.model, *more, "-q").out.strip()

    def evaluate(self, version: int, numbers: dict[str, str]) -> None:
        for better, names in (("higher", ("accuracy", "safety")), ("lower", ("latency_p99",))):
            metrics = [word for name in names for word in ("--metric", f"{name}={numbers[name]}")]
            told = ("--better", better, "--suite", "golden", "--dataset", "golden=golden.csv")
            self.by("eval-bot", "evaluate", f"{self.model}:{version}", *metrics, *told)

    def approve(self, version: int) -> None:
        self.by("carol", "approve", f"{self.model}:{version}", "--for", "production", "-m", "looked at the errors")

    def promote(self, version: int, expect: int = 0) -> Printed:
        return self.by("alice", "promote", f"{self.model}:{version}", "--to", "production", expect=expect)

    def resolve(self) -> str:
        return self.shell.attest("resolve", f"{self.model}@production", "-q").out.strip()

    def answers(self) -> list[str]:
        """What people ask, and what they are told."""
        asked = (
            ("resolve", f"{self.model}@production", "--json"),
            ("show", f"{self.model}@production", "--json"),
            ("history", self.model, "--json"),
            ("search", "evaluated.accuracy >= 0.9 and alias = 'production'", "--json"),
            ("search", "approved_by LIKE '%' and metrics.safety > 0.9", "--order-by", "number", "--json"),
        )
        return [self.shell.attest(*words).out for words in asked]


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("people")
    for name in ("ci", "eval-bot", "carol", "alice"):
        Shell(folder=folder).attest("keygen", "--out", name)
    return folder


@pytest.fixture(params=["this-machine-sqlite", "registry-postgresql"])
def team(request: pytest.FixtureRequest, tmp_path: Path, people: Path) -> Iterator[Team]:
    shutil.copytree(people, tmp_path, dirs_exist_ok=True)
    (tmp_path / "production.yaml").write_text(POLICY)
    (tmp_path / "golden.csv").write_text("1,0\n")
    (tmp_path / "raw.csv").write_text("1,2,3\n")
    if request.param == "this-machine-sqlite":
        yield Team(shell=Shell(folder=tmp_path), prefix="", empty=str(tmp_path / "another.db"))
        return
    cluster = request.getfixturevalue("postgres")
    root = tmp_path / "registry"
    root.mkdir()
    with running_registry(root) as registry:
        shell = Shell(folder=tmp_path, environment={"ATTEST_CATALOGUE": cluster.url(cluster.new_schema())})
        yield Team(shell=shell, prefix=f"{registry.host}/", empty=cluster.url(cluster.new_schema()))


def begin(team: Team) -> None:
    """Three versions, with a teacher and raw data behind them; who may do what; and the gate."""
    large, model = f"{team.prefix}acme/credit-large", team.model
    team.push("large", "l", "--dataset", "raw=raw.csv", "--operation", "train", model=large)
    team.push("base", "b", "--dataset", "raw=raw.csv", "--operation", "train", model=f"{team.prefix}acme/credit-base")
    for number in (1, 2, 3):
        made_from = ("--teacher", f"{large}:1", "--base", f"{team.prefix}acme/credit-base:1")
        pushed = team.push(f"m{number}", str(number), *made_from, "--dataset", "raw=raw.csv", "--operation", "distill")
        assert pushed.startswith(f"{model}:{number}@sha256:")
    for role, who in (("evaluator", "eval-bot"), ("approver", "carol"), ("approver", "alice")):
        team.by("ci", "role", "grant", model, role, f"{who}/attest.pub")
    team.by("ci", "alias", "bind", f"{model}@production", "--policy", "production.yaml")


def test_the_story(team: Team) -> None:
    begin(team)
    team.evaluate(1, GOOD)
    team.approve(1)
    team.promote(1)
    time.sleep(1.1)  # an event's time is a whole second
    between = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    time.sleep(1.1)
    team.evaluate(2, BETTER)
    team.approve(2)
    moved = team.promote(2)
    assert f"{team.model}@production: version 1 -> version 2" in moved.err
    second = team.resolve()
    assert second.startswith(f"{team.model}:2@sha256:")

    refused_in_turn(team)
    assert team.resolve() == second

    back = team.by("alice", "rollback", f"{team.model}@production", "-m", "p99 doubled")
    first = team.resolve()
    assert back.out.strip() == first
    assert first.startswith(f"{team.model}:1@")

    what_auditors_ask(team, between)
    made_again_from_nothing(team)


def refused_in_turn(team: Team) -> None:
    """Each candidate fails one gate, and is told which, with what was expected and found."""
    nothing = team.promote(3, expect=1)
    assert "expected" in nothing.err
    assert "none signed" in nothing.err or "no number" in nothing.err
    tried = {
        3: ({**BETTER, "accuracy": "0.885"}, "accuracy", "0.885"),
        4: ({**BETTER, "safety": "0.93"}, "safety", "0.93"),
        5: ({**BETTER, "latency_p99": "640"}, "latency_p99", "640"),
        6: ({**BETTER, "accuracy": "0.907"}, "accuracy", "where production has 0.923"),
    }
    for number, (numbers, metric, found) in tried.items():
        if number > 3:
            team.push(f"m{number}", str(number), "--dataset", "raw=raw.csv")
        team.evaluate(number, numbers)
        team.approve(number)
        refused = team.promote(number, expect=1)
        assert "DENIED" in refused.err
        assert f"{team.model}@production is still version 2" in refused.err
        lines = [line for line in refused.err.splitlines() if "expected" in line and metric in line]
        assert lines, refused.err
        assert found in refused.err, refused.err
        assert "recorded: refusal sha256:" in refused.err
    unapproved = team.push("m7", "7", "--dataset", "raw=raw.csv")
    assert unapproved
    team.evaluate(7, BETTER)
    assert "approval" in team.promote(7, expect=1).err
    stranger = team.by("eval-bot", "promote", f"{team.model}:2", "--to", "champion", expect=1)
    assert stranger.complaint.code == "role-missing"


def what_auditors_ask(team: Team, between: str) -> None:
    then = json.loads(team.shell.attest("show", f"{team.model}@production", "--at", between, "--json").out)
    assert then["number"] == 1
    assert then["log"]["since"]["action"] == "promote"
    history = team.shell.attest("history", team.model, "--alias", "production", "--at", between).out
    assert "promote @production\t1\t" in history
    up = team.shell.attest("lineage", f"{team.model}@production", "--key", "ci/attest.pub").out
    for word in ("teacher-model", "base-model", "dataset", "raw"):
        assert word in up
    assert up.count("raw") >= 3  # the version's own, its teacher's, its base's
    down = team.shell.attest("lineage", f"{team.prefix}acme/credit-large:1", "--down").out
    assert f"{team.model}:1 @production   as teacher-model" in down
    diff = team.shell.attest("diff", f"{team.model}:1", f"{team.model}:2").out
    for word in ("config.json", "accuracy"):
        assert word in diff
    checked = team.shell.attest("verify", f"{team.model}@production", "--policy", "production.yaml")
    assert "ALLOWED" in checked.out
    found = team.shell.attest("search", "evaluated.accuracy > 0.92 and lineage.base = 'base'", "-q").out
    assert found.startswith(f"{team.model}:2@")


def made_again_from_nothing(team: Team) -> None:
    before = team.answers()
    names = [team.model, *(f"{team.prefix}acme/credit-{each}" for each in ("large", "base"))] if team.prefix else []
    team.shell.attest("catalogue", "check", *names)
    again = replace(team, shell=replace(team.shell, environment={"ATTEST_CATALOGUE": team.empty}))
    again.shell.attest("catalogue", "rebuild", *names)
    assert again.answers() == before
    again.shell.attest("catalogue", "check", *names)
