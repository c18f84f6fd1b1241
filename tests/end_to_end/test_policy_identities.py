"""Policies that name people, jobs and keys that count for a while, typed at a shell against a loopback Sigstore."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.end_to_end.conftest import make_model
from tests.end_to_end.shell import Shell
from tests.services.sigstore.instance import (
    GITHUB,
    WORKFLOW,
    _sigstore,  # noqa: F401  # a fixture of the fixture
    other_sigstore,  # noqa: F401  # a fixture
    sigstore,  # noqa: F401  # a fixture
)

if TYPE_CHECKING:
    from pathlib import Path

    from tests.services.sigstore.instance import Sigstore

NAME = "demo/model:1"
JOB = f"https://github.com/{WORKFLOW}"
REUSED = "shared/workflows/.github/workflows/train.yml@refs/tags/v3"
SPIFFE = "spiffe://acme.example/ns/ml/sa/train"


@pytest.fixture
def person(tmp_path: Path) -> Shell:
    make_model(tmp_path / "model")
    return Shell(folder=tmp_path)


def policy(person: Shell, sigstore: Sigstore, signer: str) -> tuple[str, str]:  # noqa: F811
    (person.folder / "root.json").write_bytes(sigstore.trusted_root.read_bytes())
    (person.folder / "policy.yaml").write_text(
        "apiVersion: attest/v1\nkind: Policy\nname: team\n"
        f"identities:\n  signer: {signer}\n"
        "trust: {root: root.json}\n"
        "require: {signature: {by: [signer]}, provenance: {by: [signer]}, ml-bom: {by: [signer]}}\n"
    )
    return "--policy", "policy.yaml"


def judged(person: Shell, sigstore: Sigstore, signer: str, *, expect: int = 0) -> dict[str, Any]:  # noqa: F811
    """The verdict; its first code under `code`."""
    trust = policy(person, sigstore, signer)
    document: dict[str, Any] = json.loads(person.attest("verify", NAME, *trust, "--json", expect=expect).out)
    codes = [finding["code"] for finding in document["findings"] if finding["code"]]
    return document | {"code": codes[0] if codes else None}


def pushed(person: Shell, sigstore: Sigstore, **claims: object) -> None:  # noqa: F811
    person.attest(
        *("push", "model", NAME, "--keyless", "--trust-config", str(sigstore.trust_config())),
        ATTEST_IDENTITY_TOKEN=sigstore.token(**claims),
    )


# --- jobs ---------------------------------------------------------------------------------------------------------

GITHUB_SAYS = {
    "source-repository-uri": "https://github.com/acme/models",
    "source-repository-identifier": "1001",
    "source-repository-ref": "refs/heads/main",
    "source-repository-owner-uri": "https://github.com/acme",
    "source-repository-owner-identifier": "2002",
    "build-config-uri": JOB,
    "build-signer-uri": JOB,
    "build-trigger": "push",
    "runner-environment": "github-hosted",
    "source-repository-visibility": "private",
}


def job(sigstore: Sigstore, subject: str = JOB, **extensions: str) -> str:  # noqa: F811
    said = ", ".join(f"{name.replace('_', '-')}: '{value}'" for name, value in extensions.items())
    return f"{{issuer: '{sigstore.url}', subject: '{subject}', kind: uri, extensions: {{{said}}}}}"


def test_what_github_says_of_a_job_can_be_asked_for(person: Shell, sigstore: Sigstore) -> None:  # noqa: F811
    pushed(person, sigstore, **GITHUB)
    names = {name.replace("-", "_"): value for name, value in GITHUB_SAYS.items()}
    found = judged(person, sigstore, job(sigstore, **names))
    assert found["verdict"] == "allowed"
    assert found["proven_time"]["source"] == "timestamp authority"
    for name in ("source_repository_uri", "source_repository_owner_identifier", "build_config_uri"):
        value = names[name]
        wrong = judged(person, sigstore, job(sigstore, **names | {name: f"{value}2"}), expect=1)
        assert (wrong["verdict"], wrong["code"]) == ("denied", "extension-mismatch")


def test_a_reusable_workflow_is_not_the_repository_that_used_it(person: Shell, sigstore: Sigstore) -> None:  # noqa: F811
    """The subject is the shared workflow, which anybody may use; whose source it ran on stands in the extensions."""
    pushed(person, sigstore, **GITHUB | {"job_workflow_ref": REUSED, "repository": "mallory/models"})
    subject = f"https://github.com/{REUSED}"
    mine = job(sigstore, subject, source_repository_uri="https://github.com/acme/models")
    assert judged(person, sigstore, mine, expect=1)["code"] == "extension-mismatch"
    theirs = job(sigstore, subject, source_repository_uri="https://github.com/mallory/models")
    assert judged(person, sigstore, theirs)["verdict"] == "allowed"


def test_a_renamed_repository_is_told_by_its_number(person: Shell, sigstore: Sigstore) -> None:  # noqa: F811
    """Somebody registers the name that a repository had before."""
    pushed(person, sigstore, **GITHUB | {"repository_id": "9009", "repository_owner_id": "9010"})
    assert (
        judged(person, sigstore, job(sigstore, source_repository_uri="https://github.com/acme/models"))["code"] is None
    )
    numbered = job(sigstore, source_repository_identifier="1001", source_repository_owner_identifier="2002")
    assert judged(person, sigstore, numbered, expect=1)["code"] == "extension-mismatch"


@pytest.mark.parametrize(("ref", "code"), [("refs/tags/v1.2", None), ("refs/heads/refs/tags/v1", "extension-mismatch")])
def test_a_pattern_for_refs_is_anchored(
    person: Shell,
    sigstore: Sigstore,  # noqa: F811
    ref: str,
    code: str | None,
) -> None:
    pushed(person, sigstore, **GITHUB | {"ref": ref})
    signer = job(sigstore, source_repository_ref="refs/tags/v*")
    assert judged(person, sigstore, signer, expect=1 if code else 0)["code"] == code


def test_a_self_hosted_runner_is_told_from_a_hosted_one(person: Shell, sigstore: Sigstore) -> None:  # noqa: F811
    pushed(person, sigstore, **GITHUB | {"runner_environment": "self-hosted"})
    hosted = job(sigstore, runner_environment="github-hosted")
    assert judged(person, sigstore, hosted, expect=1)["code"] == "extension-mismatch"


# --- subjects -----------------------------------------------------------------------------------------------------


WORKLOADS = {
    "subject-glob: 'spiffe://acme.example/ns/ml/sa/*'": None,
    "subject-glob: 'spiffe://acme.example/**', kind: uri": None,
    "subject-glob: 'spiffe://acme.example/*'": "identity-mismatch",
    "subject-glob: 'acme.example/ns/ml/sa/*'": "identity-mismatch",
    "subject: 'spiffe://acme.example/ns/ml/sa/train', kind: email": "identity-mismatch",
    "subject: 'spiffe://acme.example/ns/ml/sa'": "identity-mismatch",
}


def test_a_workload_is_its_spiffe_id(person: Shell, sigstore: Sigstore) -> None:  # noqa: F811
    pushed(person, sigstore, sub=SPIFFE)
    for named, code in WORKLOADS.items():
        found = judged(person, sigstore, f"{{issuer: '{sigstore.url}', {named}}}", expect=1 if code else 0)
        assert found["code"] == code


def test_another_issuer_and_another_instance(
    person: Shell,
    sigstore: Sigstore,  # noqa: F811
    other_sigstore: Sigstore,  # noqa: F811
) -> None:
    pushed(person, sigstore, **GITHUB)
    elsewhere = f"{{issuer: 'https://token.actions.githubusercontent.com', subject: '{JOB}'}}"
    assert judged(person, sigstore, elsewhere, expect=1)["code"] == "issuer-mismatch"
    found = judged(person, other_sigstore, f"{{issuer: '{sigstore.url}', subject: '{JOB}'}}", expect=3)
    assert found["verdict"] == "tampered"


def test_an_identity_is_vouched_for_by_the_root_that_it_names(
    person: Shell,
    sigstore: Sigstore,  # noqa: F811
    other_sigstore: Sigstore,  # noqa: F811
) -> None:
    """The policy's own root is another instance's: nobody of it vouches for this one's certificates."""
    pushed(person, sigstore, **GITHUB)
    signer = f"{{issuer: '{sigstore.url}', subject: '{JOB}'}}"
    policy(person, other_sigstore, signer)
    (person.folder / "acme.json").write_bytes(sigstore.trusted_root.read_bytes())
    both = (person.folder / "policy.yaml").read_text().replace("root.json", "root.json, roots: {acme: acme.json}")
    for name, text, status in (("default", both, 3), ("named", both.replace("'}", "', trust: acme}"), 0)):
        (person.folder / f"{name}.yaml").write_text(text)
        answer = person.attest("verify", NAME, "--policy", f"{name}.yaml", "--json", expect=status)
        assert json.loads(answer.out)["verdict"] == ("tampered" if status else "allowed")


# --- keys that count for a while ----------------------------------------------------------------------------------


@pytest.fixture
def key(person: Shell) -> str:
    person.attest("keygen", "--out", "K")
    return "K/attest.pub"


def stamped(person: Shell, sigstore: Sigstore, *proofs: str) -> None:  # noqa: F811
    person.attest("push", "model", NAME, "--key", "K/attest.key", *proofs)


def test_a_key_with_an_end_counts_by_its_timestamp(
    person: Shell,
    sigstore: Sigstore,  # noqa: F811
    key: str,
) -> None:
    stamped(person, sigstore, "--tsa", sigstore.timestamps)
    found = judged(person, sigstore, f"{{key: {key}, not-before: 2000-01-01, not-after: 2100-12-31}}")
    assert found["verdict"] == "allowed"
    assert found["proven_time"]["source"] == "timestamp authority"
    for span in ("not-after: 2001-12-31", "not-before: 2100-01-01"):
        refused = judged(person, sigstore, f"{{key: {key}, {span}}}", expect=1)
        assert (refused["verdict"], refused["code"]) == ("denied", "key-window")
    printed = person.attest("verify", NAME, *policy(person, sigstore, f"{{key: {key}, time: required}}")).out
    assert "proven: " in printed
    assert "(timestamp authority " in printed


def test_what_shows_a_version_shows_its_proven_times(
    person: Shell,
    sigstore: Sigstore,  # noqa: F811
    key: str,
) -> None:
    stamped(person, sigstore, "--tsa", sigstore.timestamps)
    trust = policy(person, sigstore, f"{{key: {key}}}")
    assert person.attest("show", NAME, *trust).out.count("time proven, ") == 4
    rows = json.loads(person.attest("show", NAME, *trust, "--json").out)["evidence"]
    assert {row["proven_time"]["source"] for row in rows} == {"timestamp authority"}
    bare = person.attest("show", NAME, "--key", key)
    assert "time proven" not in bare.out
    assert "not checked, because no trusted root is named" in bare.out


def test_a_key_without_any_proof_of_time(
    person: Shell,
    sigstore: Sigstore,  # noqa: F811
    key: str,
) -> None:
    stamped(person, sigstore)
    assert judged(person, sigstore, f"{{key: {key}}}")["proven_time"] is None
    for demand in ("not-after: 2100-12-31", "time: required"):
        assert judged(person, sigstore, f"{{key: {key}, {demand}}}", expect=1)["code"] == "time-missing"
    assert judged(person, sigstore, f"{{key: {key}, not-after: 2100-12-31, time: not-required}}")["code"] is None
    over = judged(person, sigstore, f"{{key: {key}, not-after: 2001-12-31, time: not-required}}", expect=1)
    assert over["code"] == "signer-not-in-force"


def test_proofs_of_another_instance_are_refused_and_never_passed_over(
    person: Shell,
    sigstore: Sigstore,  # noqa: F811
    other_sigstore: Sigstore,  # noqa: F811
    key: str,
) -> None:
    stamped(person, sigstore, "--tsa", sigstore.timestamps)
    found = judged(person, other_sigstore, f"{{key: {key}}}", expect=3)
    assert (found["verdict"], found["code"]) == ("tampered", "timestamp-invalid")
    allowed = json.loads(person.attest("verify", NAME, "--key", key, "--json").out)
    time = next(finding for finding in allowed["findings"] if finding["rule"] == "time")
    assert (allowed["proven_time"], time["status"]) == (None, "not-reached")
    assert "not checked, because no trusted root is named" in time["summary"]


def test_a_root_beside_a_key_has_its_proofs_checked(
    person: Shell,
    sigstore: Sigstore,  # noqa: F811
    other_sigstore: Sigstore,  # noqa: F811
    key: str,
) -> None:
    stamped(person, sigstore, "--tsa", sigstore.timestamps)
    pinned = ("--trusted-root", str(sigstore.trusted_root))
    assert "proven: " in person.attest("verify", NAME, "--key", key, *pinned).out
    other = ("--trusted-root", str(other_sigstore.trusted_root))
    assert "TAMPERED" in person.attest("verify", NAME, "--key", key, *other, expect=3).all
    trust = policy(person, sigstore, f"{{key: {key}}}")
    assert person.attest("verify", NAME, *trust, *pinned, expect=2).complaint.code == "usage"
