"""SARIF output: every document is valid by the official schema, allowed ones too; nothing undecided looks passed."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest
from msgspec.structs import replace

from attest.cli import sarif
from attest.cli.main import main
from attest.errors import InputError
from attest.policy.document import policy_for_keys
from attest.policy.evaluate import evaluate
from attest.policy.verdict import Finding, Status, Verdict
from attest.signing.keyfile import generate
from attest.verify.verifier import judge
from attest_registry.digest import Digest
from tests.end_to_end.conftest import make_model
from tests.verify.evidence import MODEL, NOW, Person, Version

if TYPE_CHECKING:
    from collections.abc import Sequence

    from attest.evidence.evidence import Evidence

SCHEMA = Path(__file__).parents[1] / "schemas/sarif-schema-2.1.0.json"
BAD_PATTERN = json.dumps("^[a-zA-Z]{2}|^[a-zA-Z]{2}-[a-zA-Z]{2}]?$")
"""Of a language's name, which we do not write: one bracket too many, so that it is none. Mended in later errata."""

MENDED = SCHEMA.read_text().replace(BAD_PATTERN, json.dumps("^[a-zA-Z]{2}(-[a-zA-Z]{2})?$"))
OFFICIAL = jsonschema_rs.Draft7Validator(json.loads(MENDED), validate_formats=True)


def valid(document: dict[str, Any]) -> dict[str, Any]:
    """The only run of a document that the schema accepts."""
    OFFICIAL.validate(document)
    (run,) = document["runs"]
    found: dict[str, Any] = run
    return found


def judged(evidence: Sequence[Evidence], person: Person, version: Version) -> Verdict:
    policy = policy_for_keys([person.key])
    outcome = judge(evidence, artefact=version.artefact, model=MODEL, keys=policy.keys)
    reference = f"{MODEL}:1@{version.artefact.digest}"
    return evaluate(policy, outcome, artefact=version.artefact, reference=reference, now=NOW)


def run_of(verdict: Verdict) -> dict[str, Any]:
    return valid(sarif.of_verdict(verdict, reference=f"ghcr.io/{MODEL}:1@{verdict.digest}"))


def with_finding(**values: Any) -> Verdict:
    finding = Finding(**({"rule": "lineage", "status": Status.FAILED} | values))
    digest = Digest.of(b"version")
    return Verdict(digest=digest, policy_name="team", policy_digest=Digest.of(b"policy"), findings=(finding,))


@pytest.fixture(scope="module")
def alice() -> Person:
    return Person.named("alice.pub")


@pytest.fixture(scope="module")
def version() -> Version:
    return Version.of()


def test_the_schema_is_the_one_that_the_notice_names() -> None:
    notice = SCHEMA.with_name("NOTICE").read_text()
    assert f"{hashlib.sha256(SCHEMA.read_bytes()).hexdigest()}  {SCHEMA.name}" in notice


def test_the_schema_refuses_what_is_no_log() -> None:
    document = sarif.of_verdict(with_finding(), reference="m:1")
    document["runs"][0]["results"][0]["kind"] = "denied"
    with pytest.raises(jsonschema_rs.ValidationError):
        valid(document)


def test_an_allowed_verdict_has_one_passed_result_per_rule(alice: Person, version: Version) -> None:
    verdict = judged(version.evidence(alice), alice, version)
    run = run_of(verdict)
    assert [result["ruleId"] for result in run["results"]] == [finding.rule for finding in verdict.findings]
    assert {result["level"] for result in run["results"]} == {"none"}
    assert run["invocations"] == [{"executionSuccessful": True, "exitCode": 0}]
    assert run["properties"]["policy"]["digest"] == str(verdict.policy_digest)
    assert run["artifacts"][0]["hashes"] == {"sha-256": version.artefact.digest.hex}


def test_a_denied_verdict_fails_in_the_rules_that_failed(alice: Person, version: Version) -> None:
    run = run_of(judged(version.evidence(alice)[:1], alice, version))
    failed = {result["ruleId"]: result for result in run["results"] if result["kind"] == "fail"}
    assert {"provenance", "ml-bom"} <= failed.keys()
    assert "signature" not in failed
    assert {result["level"] for result in failed.values()} == {"error"}
    assert failed["provenance"]["properties"]["code"] == "evidence-missing"
    assert failed["provenance"]["properties"]["step"] == "collect"
    assert run["invocations"][0]["exitCode"] == 1


@pytest.mark.parametrize(
    ("status", "kind", "level"),
    [
        (Status.PASSED, "pass", "none"),
        (Status.FAILED, "fail", "error"),
        (Status.UNKNOWN, "fail", "error"),
        (Status.NOT_APPLICABLE, "notApplicable", "none"),
        (Status.NOT_REACHED, "informational", "none"),
    ],
)
def test_only_what_passed_looks_passed(status: Status, kind: str, level: str) -> None:
    (result,) = run_of(with_finding(status=status))["results"]
    assert (result["kind"], result["level"]) == (kind, level)
    assert result["properties"]["status"] == status.value


def test_the_path_to_an_ancestor_is_in_message_place_and_fingerprint() -> None:
    plain = with_finding(code="revoked")
    deep = with_finding(code="revoked", path=("teacher acme/large:7", "base acme/base:1"))
    (result,) = run_of(deep)["results"]
    assert "acme/large:7 > base acme/base:1" in result["message"]["text"]
    logical = result["locations"][0]["logicalLocations"]
    assert [place["name"] for place in logical] == ["teacher acme/large:7", "base acme/base:1"]
    assert result["partialFingerprints"] != run_of(plain)["results"][0]["partialFingerprints"]


@pytest.mark.parametrize("model", ["m:1", "localhost:5000/demo/model:1", "ghcr.io/acme/credit-risk:1.4.0"])
def test_the_place_is_a_relative_address_without_a_scheme(model: str) -> None:
    verdict = with_finding()
    run = valid(sarif.of_verdict(verdict, reference=f"{model}@{verdict.digest}"))
    uri = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert ":" not in uri
    assert not uri.startswith("/")


def test_words_of_others_become_no_link_and_no_control_character() -> None:
    verdict = with_finding(found="see [this](https://evil.example) \x1b[2J{0}", expected="é")
    (result,) = run_of(verdict)["results"]
    text = result["message"]["text"]
    assert "\\[this\\](https://evil.example)" in text
    assert "\x1b" not in text
    assert "{{0}}" in text


def test_the_same_verdict_gives_the_same_bytes(alice: Person, version: Version) -> None:
    evidence = version.evidence(alice)
    one, other = (judged(pieces, alice, version) for pieces in (evidence, evidence[::-1]))
    assert json.dumps(sarif.of_verdict(one, reference="m:1")) == json.dumps(sarif.of_verdict(other, reference="m:1"))


def test_an_incident_ends_with_its_own_status() -> None:
    verdict = replace(with_finding(code="digest-mismatch", exit_status=3))
    run = run_of(verdict)
    assert run["invocations"][0]["exitCode"] == 3
    assert run["properties"]["verdict"] == "tampered"


def test_an_error_is_a_run_without_success() -> None:
    run = valid(sarif.of_error(InputError("no [such] version", code="not-found", expected="another")))
    assert run["results"] == []
    assert run["invocations"][0]["executionSuccessful"] is False
    (notification,) = run["invocations"][0]["toolExecutionNotifications"]
    assert notification["descriptor"] == {"id": "not-found"}
    assert "\\[such\\]" in notification["message"]["text"]


# --- typed --------------------------------------------------------------------------------------------------------


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    """A folder with a model that is pushed and signed by `alice`."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ATTEST_HOME", str(tmp_path / "home"))
    generate(tmp_path / "alice.key", tmp_path / "alice.pub", passphrase=None)
    generate(tmp_path / "other.key", tmp_path / "other.pub", passphrase=None)
    make_model(tmp_path / "model")
    assert main(["push", "model", "demo/model", "--key", "alice.key"]) == 0
    capsys.readouterr()
    return tmp_path


def typed(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    status = main(["verify", *arguments])
    return status, valid(json.loads(capsys.readouterr().out))


@pytest.mark.parametrize("form", [("--format", "sarif"), ("--format=sarif",)])
def test_a_version_that_is_allowed(form: tuple[str, ...], here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, run = typed(capsys, "demo/model:1", "--key", "alice.pub", *form)
    assert (status, run["invocations"][0]["exitCode"], run["properties"]["verdict"]) == (0, 0, "allowed")
    assert run["properties"]["reference"].startswith("demo/model:1@sha256:")


@pytest.mark.parametrize("form", [("--format", "sarif"), ("--format=sarif",)])
def test_a_version_that_is_denied(form: tuple[str, ...], here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, run = typed(capsys, "demo/model:1", "--key", "other.pub", *form)
    assert (status, run["invocations"][0]["exitCode"], run["properties"]["verdict"]) == (1, 1, "denied")
    codes = {result["properties"]["code"] for result in run["results"] if result["kind"] == "fail"}
    assert "signer-not-trusted" in codes


@pytest.mark.parametrize(
    ("arguments", "code", "status"),
    [
        (("demo/model:9", "--key", "alice.pub"), "name-unknown", 2),
        (("demo/model:1",), "no-trust", 2),
        (("demo/model:1", "--key", "alice.pub", "--frobnicate"), "usage", 2),
        (("localhost:1/demo/model:1", "--plain-http", "--key", "alice.pub"), "store-unreachable", 4),
    ],
)
def test_what_came_to_no_verdict_is_a_log_too(
    arguments: tuple[str, ...], code: str, status: int, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found, run = typed(capsys, *arguments, "--format", "sarif")
    assert found == status
    invocation = run["invocations"][0]
    assert (invocation["executionSuccessful"], invocation["exitCode"]) == (False, status)
    assert invocation["toolExecutionNotifications"][0]["descriptor"]["id"] == code


def test_a_folder_has_one_result_per_file(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    against = ("./model", "--against", "demo/model:1", "--key", "alice.pub", "--format", "sarif")
    status, run = typed(capsys, *against)
    assert (status, len(run["results"])) == (0, 3)
    assert {result["kind"] for result in run["results"]} == {"pass"}
    (here / "model/config.json").write_text("{}")
    (here / "model/new file.txt").write_text("x")
    status, run = typed(capsys, *against)
    failed = {
        result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]: result["properties"]["status"]
        for result in run["results"]
        if result["level"] == "error"
    }
    assert (status, run["invocations"][0]["exitCode"]) == (3, 3)
    assert failed == {"model/config.json": "differs", "model/new%20file.txt": "not-signed"}


@pytest.mark.parametrize("other", ["--json", "-q"])
def test_two_forms_of_answer_are_refused(other: str, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, run = typed(capsys, "demo/model:1", "--key", "alice.pub", "--format", "sarif", other)
    assert status == 2
    assert run["invocations"][0]["toolExecutionNotifications"][0]["descriptor"]["id"] == "usage"


def test_format_json_is_json(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "demo/model:1", "--key", "alice.pub", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert main(["verify", "demo/model:1", "--key", "alice.pub", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == document
    assert document["findings"][0]["step"] == "resolve"
    assert main(["verify", "demo/model:1", "--key", "alice.pub", "--format", "xml"]) == 2
    assert "error[usage]" in capsys.readouterr().err
