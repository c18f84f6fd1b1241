"""Keyless from end to end: a push signed by an identity, verified offline against a pinned root; and its refusals."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.conftest import make_model
from tests.end_to_end.shell import Shell
from tests.services.sigstore.instance import (
    GITHUB,
    PERSON,
    WORKFLOW,
    _sigstore,  # noqa: F401  # a fixture of the fixture
    other_sigstore,  # noqa: F401  # a fixture
    sigstore,  # noqa: F401  # a fixture
)

if TYPE_CHECKING:
    from pathlib import Path

    from tests.services.sigstore.instance import Sigstore

NAME = "demo/model:1"
EMAIL = PERSON["email"]


@pytest.fixture
def person(tmp_path: Path) -> Shell:
    make_model(tmp_path / "model")
    return Shell(folder=tmp_path)


def pushed(person: Shell, instance: Sigstore, *, version: int = 2, **claims: object) -> None:
    person.attest(
        *("push", "model", NAME, "--keyless", "--trust-config", str(instance.trust_config(version))),
        ATTEST_IDENTITY_TOKEN=instance.token(**(claims or PERSON)),
    )


def issuer(instance: Sigstore) -> str:
    return instance.url


def verify(person: Shell, root: Path, *, subject: str, by: str, expect: int = 0) -> str:
    trust = ("--identity", subject, "--issuer", by, "--trusted-root", str(root))
    return person.attest("verify", NAME, *trust, expect=expect).all


@pytest.mark.parametrize("version", [1, 2])
def test_a_push_by_a_person_is_verified_offline(person: Shell, sigstore: Sigstore, version: int) -> None:  # noqa: F811
    pushed(person, sigstore, version=version)
    printed = verify(person, sigstore.trusted_root, subject=EMAIL, by=issuer(sigstore))
    assert "ALLOWED" in printed
    assert "proven:" in printed
    assert f"{EMAIL} via {sigstore.url}" in printed


def test_one_certificate_signs_all_claims_of_a_push(person: Shell, sigstore: Sigstore) -> None:  # noqa: F811
    before = sigstore.asked("fulcio")
    pushed(person, sigstore)
    assert sigstore.asked("fulcio") == before + 1


def test_a_ci_job_is_its_workflow(person: Shell, sigstore: Sigstore) -> None:  # noqa: F811
    pushed(person, sigstore, **GITHUB)
    subject = f"https://github.com/{WORKFLOW}"
    assert "ALLOWED" in verify(person, sigstore.trusted_root, subject=subject, by=issuer(sigstore))
    other = subject.replace("refs/heads/main", "refs/heads/hotfix")
    printed = verify(person, sigstore.trusted_root, subject=other, by=issuer(sigstore), expect=1)
    assert "hotfix" in printed
    assert "refs/heads/main" in printed


def test_another_identity_is_denied(person: Shell, sigstore: Sigstore) -> None:  # noqa: F811
    pushed(person, sigstore)
    printed = verify(person, sigstore.trusted_root, subject="mallory@acme.test", by=issuer(sigstore), expect=1)
    assert "DENIED" in printed


def test_another_issuer_is_denied(person: Shell, sigstore: Sigstore) -> None:  # noqa: F811
    pushed(person, sigstore)
    verify(person, sigstore.trusted_root, subject=EMAIL, by="https://accounts.example.com", expect=1)


def test_another_instances_root_is_refused(
    person: Shell,
    sigstore: Sigstore,  # noqa: F811
    other_sigstore: Sigstore,  # noqa: F811
) -> None:
    pushed(person, sigstore)
    trust = ("--identity", EMAIL, "--issuer", issuer(sigstore), "--trusted-root", str(other_sigstore.trusted_root))
    status = json.loads(Shell(folder=person.folder).attest("verify", NAME, *trust, "--json", expect=3).out)
    assert status["verdict"] == "tampered"


def test_a_key_is_never_taken_in_a_certificates_place(person: Shell, sigstore: Sigstore) -> None:  # noqa: F811
    pushed(person, sigstore)
    person.attest("keygen", "--out", "K")
    printed = person.attest("verify", NAME, "--key", "K/attest.pub", expect=1).all
    assert "certificate" in printed


def test_a_policy_names_identities(person: Shell, sigstore: Sigstore) -> None:  # noqa: F811
    pushed(person, sigstore)
    (person.folder / "root.json").write_bytes(sigstore.trusted_root.read_bytes())
    policy = f"""\
apiVersion: attest/v1
kind: Policy
name: people
trust: {{root: root.json}}
identities:
  team: {{issuer: "{sigstore.url}", subject-glob: "*@acme.test", kind: email}}
require:
  signature: {{by: [team]}}
  provenance: {{by: [team]}}
  ml-bom: {{by: [team], consistent: true}}
"""
    (person.folder / "policy.yaml").write_text(policy)
    assert "ALLOWED" in person.attest("verify", NAME, "--policy", "policy.yaml").out
    (person.folder / "policy.yaml").write_text(policy.replace("*@acme.test", "*@acme.tes"))
    assert "DENIED" in person.attest("verify", NAME, "--policy", "policy.yaml", expect=1).all


def test_a_stripped_log_entry_and_a_stripped_timestamp_are_refused(person: Shell, sigstore: Sigstore) -> None:  # noqa: F811
    pushed(person, sigstore)
    person.attest("evidence", "export", NAME, "evidence")
    signature = person.folder / "evidence/model-signature.sigstore.json"
    bundle = json.loads(signature.read_text())
    trust = ("--identity", EMAIL, "--issuer", issuer(sigstore), "--trusted-root", str(sigstore.trusted_root))
    for part in ("tlogEntries", "timestampVerificationData"):
        material = {name: value for name, value in bundle["verificationMaterial"].items() if name != part}
        (person.folder / "stripped.json").write_text(json.dumps(bundle | {"verificationMaterial": material}))
        printed = person.attest("verify", "./model", "--evidence", "stripped.json", *trust, expect=1)
        assert "ALLOWED" not in printed.all
    assert "ALLOWED" in person.attest("verify", "./model", "--evidence", str(signature), *trust).out


def test_a_service_that_is_down_stores_nothing(person: Shell, sigstore: Sigstore) -> None:  # noqa: F811
    sigstore.fault("fulcio", "status", status=500)
    person.attest(
        *("push", "model", NAME, "--keyless", "--trust-config", str(sigstore.trust_config())),
        expect=4,
        ATTEST_IDENTITY_TOKEN=sigstore.token(**PERSON),
    )
    assert person.attest("ls", "-q").out == ""


def test_no_credential_and_a_broken_one_are_two_errors(person: Shell, sigstore: Sigstore) -> None:  # noqa: F811
    push = ("push", "model", NAME, "--keyless", "--trust-config", str(sigstore.trust_config()))
    assert "error[no-credential]" in person.attest(*push, expect=2).err
    assert "error[broken-credential]" in person.attest(*push, expect=2, ATTEST_IDENTITY_TOKEN="x.y.z").err
