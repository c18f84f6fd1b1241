"""The executable `conformance` as the upstream suite drives it: a child process, options in the suite's order."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from attest_registry.digest import Digest
from tests.services.sigstore.instance import PERSON, _sigstore, other_sigstore, sigstore  # noqa: F401  # fixtures
from tests.vectors.cases import OURS, UPSTREAM, Case

if TYPE_CHECKING:
    from tests.services.sigstore.instance import Sigstore

PROGRAM = Path(__file__).parent / "conformance"
CASES = {case.name: case for case in (*UPSTREAM.cases, *OURS.cases)}


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, str(PROGRAM), *map(str, arguments)]
    return subprocess.run(line, capture_output=True, text=True, check=False, timeout=60)


def who(case: Case) -> list[str]:
    if case.key_path is not None:
        return ["--key", str(case.key_path)]
    return ["--certificate-identity", case.identity, "--certificate-oidc-issuer", case.issuer]


def verify(case: Case, *more: str | Path, file: str | Path | None = None) -> subprocess.CompletedProcess[str]:
    bundle, artifact = case.folder / "bundle.sigstore.json", case.folder / "artifact"
    default = artifact if artifact.exists() else case.suite.folder / "a.txt"
    return run("verify-bundle", "--bundle", bundle, *who(case), *more, file or default)


def rooted(case: Case) -> list[str | Path]:
    return ["--trusted-root", case.root_path]


def named(name: str) -> Case:
    if name not in CASES:
        pytest.skip("the shared conformance vectors are not beside this checkout")
    return CASES[name]


@pytest.mark.parametrize(
    "name",
    [
        *("happy-path-v0.3", "managed-key-happy-path", "intoto-with-custom-trust-root", "rekor2-dsse-happy-path"),
        *("dsse-rekor-v1", "message-rekor-v2", "key-intoto", "sct-two-intermediates-of-one-name"),
    ],
)
@pytest.mark.parametrize("by_digest", [False, True], ids=["file", "digest"])
def test_a_good_bundle(name: str, by_digest: bool) -> None:
    case = named(name)
    digest = f"sha256:{hashlib.sha256(case.artifact).hexdigest()}" if by_digest else None
    done = verify(case, *rooted(case), file=digest)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("signature-mismatch_fail", "signature-invalid"),
        ("managed-key-no-key_fail", "certificate-missing"),
        ("other-identity_fail", "identity-mismatch"),
        ("subject-digest_fail", "subject-mismatch"),
        ("key-of-another_fail", "signature-invalid"),
        ("rekor-without-start_fail", "bad-trusted-root"),
        ("trailing_fail", "malformed-evidence"),
    ],
)
def test_a_refused_bundle(name: str, code: str) -> None:
    case = named(name)
    done = verify(case, *rooted(case))
    assert done.returncode == 1
    assert done.stderr.startswith(f"{code}: ")


def test_the_public_instances_are_known_without_a_file() -> None:
    """Offline, by the roots that sigstore-python brings; the staging instance did not sign for the public one."""
    case = named("happy-path-v0.3")
    assert verify(case).returncode == 0
    done = verify(case, "--staging")
    assert (done.returncode, done.stderr.partition(":")[0]) == (1, "log-unknown")


def test_another_digest_and_a_file_that_is_called_like_one(tmp_path: Path) -> None:
    case = named("message-rekor-v1")
    other = f"sha256:{'0' * 64}"
    done = verify(case, *rooted(case), file=other)
    assert (done.returncode, done.stderr.partition(":")[0]) == (1, "message-digest-mismatch")
    (tmp_path / other).write_bytes(case.artifact)
    line = ["verify-bundle", "--bundle", case.folder / "bundle.sigstore.json", *who(case), *rooted(case), other]
    found = subprocess.run(
        [sys.executable, str(PROGRAM), *map(str, line)], cwd=tmp_path, capture_output=True, check=False, timeout=60
    )
    assert found.returncode == 0


@pytest.mark.parametrize("file", ["missing", "sha256:00", f"sha256:{'A' * 64}", f"sha512:{'0' * 128}"])
def test_what_is_no_digest_is_a_file(file: str) -> None:
    case = named("message-rekor-v1")
    done = verify(case, *rooted(case), file=file)
    assert done.returncode == 1
    assert done.stderr.startswith("cannot-read: ")


def test_a_bare_signature_is_no_in_toto_statement() -> None:
    case, envelope = named("message-rekor-v1"), named("dsse-rekor-v1")
    done = verify(case, "--in-toto", *rooted(case))
    assert (done.returncode, done.stderr.partition(":")[0]) == (1, "content-kind")
    assert verify(envelope, "--in-toto", *rooted(envelope)).returncode == 0


def test_a_key_and_an_identity_together() -> None:
    """Upstream: managed-key-and-client-identity_fail."""
    case = named("key-message-rekor-v1")
    identity = ["--certificate-identity", case.identity, "--certificate-oidc-issuer", case.issuer]
    assert verify(case, *identity, *rooted(case)).returncode == 2


@pytest.mark.parametrize("left", [(), ("--certificate-identity", "x"), ("--certificate-oidc-issuer", "x")])
def test_nobody_or_half_of_somebody_is_a_wrong_command_line(left: tuple[str, ...]) -> None:
    bundle = named("message-rekor-v1").folder / "bundle.sigstore.json"
    done = run("verify-bundle", "--bundle", bundle, *left, "file")
    assert done.returncode == 2
    assert "--certificate-identity" in done.stderr


def test_it_runs_as_a_program_of_its_own() -> None:
    assert os.access(PROGRAM, os.X_OK)
    done = subprocess.run([PROGRAM, "--help"], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0
    assert "sign-bundle" in done.stdout


# --- signing -------------------------------------------------------------------------------------------------------


def configured(instance: Sigstore, version: int, folder: Path) -> list[str | Path]:
    document = json.loads(instance.trust_config(version).read_text())
    config = folder / "signing_config.json"
    config.write_text(json.dumps(document["signingConfig"]))
    return ["--trusted-root", instance.trusted_root, "--signing-config", config]


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("in_toto", [False, True], ids=["file", "statement"])
def test_what_it_signs_it_verifies(sigstore: Sigstore, version: int, in_toto: bool, tmp_path: Path) -> None:  # noqa: F811
    subject, bundle = tmp_path / "a.txt", tmp_path / "bundle.json"
    subject.write_bytes(b"weights")
    statement = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "a.txt", "digest": {"sha256": Digest.of(b"weights").hex}}],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {},
    }
    (tmp_path / "statement.json").write_text(json.dumps(statement))
    kind = ["--in-toto"] if in_toto else []
    file = tmp_path / "statement.json" if in_toto else subject
    private = configured(sigstore, version, tmp_path)
    token = sigstore.token(**PERSON)
    done = run("sign-bundle", *kind, "--identity-token", token, "--bundle", bundle, *private, file)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    for email, code in ((PERSON["email"], ""), ("mallory@acme.test", "identity-mismatch")):
        certificate = ["--certificate-identity", email, "--certificate-oidc-issuer", sigstore.url]
        line = ["verify-bundle", *kind, "--bundle", bundle, *certificate, "--trusted-root", sigstore.trusted_root]
        done = run(*line, subject)
        assert (done.returncode, done.stderr.partition(":")[0]) == (1 if code else 0, code)


def test_a_token_that_is_none(sigstore: Sigstore, tmp_path: Path) -> None:  # noqa: F811
    private = configured(sigstore, 2, tmp_path)
    done = run("sign-bundle", "--identity-token", "x", "--bundle", tmp_path / "b.json", *private, PROGRAM)
    assert (done.returncode, done.stderr.partition(":")[0]) == (1, "broken-credential")
    assert not (tmp_path / "b.json").exists()


def test_another_instance_s_root(sigstore: Sigstore, other_sigstore: Sigstore, tmp_path: Path) -> None:  # noqa: F811
    private = configured(sigstore, 2, tmp_path)
    private[1] = other_sigstore.trusted_root
    done = run("sign-bundle", "--identity-token", sigstore.token(), "--bundle", tmp_path / "b.json", *private, PROGRAM)
    assert (done.returncode, done.stderr.partition(":")[0]) == (1, "fulcio-not-trusted")
    assert not (tmp_path / "b.json").exists()


@pytest.mark.parametrize("left", ["--trusted-root", "--signing-config"])
def test_half_an_instance_is_a_wrong_command_line(left: str, tmp_path: Path) -> None:
    done = run("sign-bundle", "--identity-token", "x", "--bundle", tmp_path / "b.json", left, PROGRAM, PROGRAM)
    assert done.returncode == 2


def test_an_instance_that_is_no_json(tmp_path: Path) -> None:
    instance = ("--trusted-root", PROGRAM, "--signing-config", PROGRAM)
    done = run("sign-bundle", "--identity-token", "x", "--bundle", tmp_path / "b.json", *instance, PROGRAM)
    assert (done.returncode, done.stderr.partition(":")[0]) == (1, "malformed-evidence")
