"""Every case of the sigstore-conformance suite: the verdict of its name, by the step that has to refuse it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from attest.errors import AttestError
from attest.trust.roots import TrustedRoot
from attest.verify.sigstore_bundle import OLD_MEDIA_TYPES, SigstoreBundle
from tests.vectors.__main__ import expected_codes, is_right, verdict
from tests.vectors.cases import IDENTITY, ISSUER, Case, all_cases, verify_file

CASES = all_cases()
CODES = expected_codes()
PROGRAM = Path(__file__).parent / "conformance"

pytestmark = pytest.mark.skipif(not CASES, reason="the shared conformance vectors are not beside this checkout")


@pytest.mark.parametrize("by_digest", [False, True], ids=["file", "digest"])
@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_each_case_has_its_verdict_and_its_reason(case: Case, by_digest: bool) -> None:
    found = verdict(case, by_digest=by_digest)
    assert is_right(case, found, CODES), found


def test_the_table_knows_every_refused_case_and_no_other() -> None:
    refused = {case.name for case in CASES if not case.must_verify}
    assert set(CODES) <= refused
    assert len(refused - set(CODES)) < len(refused) / 2, "half of the cases are new: give them their codes"


def named(name: str) -> Case:
    found = [case for case in CASES if case.name == name]
    if not found:
        pytest.skip(f"the vectors have no case {name}")
    return found[0]


def test_the_wrong_time_is_refused_for_its_time_once_its_base64_is_canonical(tmp_path: Path) -> None:
    """The case's timestamp has line breaks, which we refuse before anything is looked at."""
    case = named("rekor2-timestamp-with-incorrect-time_fail")
    bundle = json.loads(case.bundle)
    stamp = bundle["verificationMaterial"]["timestampVerificationData"]["rfc3161Timestamps"][0]
    stamp["signedTimestamp"] = re.sub(r"\s", "", stamp["signedTimestamp"])
    with pytest.raises(AttestError) as refused:
        verify_file(
            json.dumps(bundle).encode(), case.artifact, root=case.root_path, key=None, identity=IDENTITY, issuer=ISSUER
        )
    assert refused.value.code == "certificate-expired"


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_old_versions_are_refused_unless_asked_for(case: Case) -> None:
    try:
        old = json.loads(case.bundle)["mediaType"] in OLD_MEDIA_TYPES
    except ValueError:
        old = False
    if old:
        with pytest.raises(AttestError) as refused:
            SigstoreBundle.parse(case.bundle)
        assert refused.value.code == "bundle-version"


def test_every_root_of_the_suite_reads() -> None:
    for path in {case.root_path for case in CASES if case.must_verify}:
        root = TrustedRoot.load(path)
        assert root.logs
        assert root.certificate_authorities


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(PROGRAM), *arguments], capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.parametrize(
    ("name", "status"), [("happy-path-v0.3", 0), ("managed-key-happy-path", 0), ("signature-mismatch_fail", 1)]
)
def test_the_program_speaks_the_suite_s_command_line(name: str, status: int) -> None:
    case = named(name)
    who = (
        ["--key", str(case.key_path)]
        if case.key_path
        else ["--certificate-identity", IDENTITY, "--certificate-oidc-issuer", ISSUER]
    )
    common = ["verify-bundle", "--bundle", str(case.folder / "bundle.sigstore.json"), *who]
    file = str(case.folder.parent / "a.txt")
    done = run(*common, "--trusted-root", str(case.root_path), file)
    assert done.returncode == status, done.stderr
    assert ("signature-invalid" in done.stderr) == (status == 1)


def test_the_program_says_that_it_does_not_sign() -> None:
    done = run("sign-bundle", "--bundle", "b.json", "file")
    assert done.returncode == 2
    assert "unsupported" in done.stderr


def test_the_table_is_printed() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.vectors"],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout
    assert f"{len(CASES)} of {len(CASES)} cases" in done.stdout
