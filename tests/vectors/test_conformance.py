"""Rows 37, 38, 39, 40, 41, 42, 43, 45, 46, 47 and 49: every case, refused by the step that has to refuse it."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest

from attest.errors import AttestError
from attest.trust.roots import TrustedRoot
from attest.verify.sigstore_bundle import OLD_MEDIA_TYPES, SigstoreBundle
from tests.vectors.__main__ import is_right, not_here, step_of, verdict
from tests.vectors.cases import OURS, ROOT, SUITES, UPSTREAM, Case, verify_file

THEIRS = UPSTREAM.cases
CASES = [*THEIRS, *OURS.cases]

needs_upstream = pytest.mark.skipif(not THEIRS, reason="the shared conformance vectors are not beside this checkout")


@pytest.mark.parametrize("by_digest", [False, True], ids=["file", "digest"])
@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_each_case_has_its_verdict_and_its_reason(case: Case, by_digest: bool) -> None:
    found = verdict(case, by_digest=by_digest)
    assert is_right(case, found), found


@needs_upstream
def test_the_table_knows_every_refused_case_of_upstream_and_no_other() -> None:
    refused = {case.name for case in THEIRS if not case.must_verify}
    assert set(UPSTREAM.codes) <= refused
    assert len(refused - set(UPSTREAM.codes)) < len(refused) / 2, "half of the cases are new: give them their codes"


def test_every_expected_code_is_of_a_step() -> None:
    for suite in SUITES:
        assert not [code for code in suite.codes.values() if not step_of(code)]


def test_each_case_of_upstream_that_is_not_here_has_one_of_ours() -> None:
    ours = {case.name: case for case in OURS.cases}
    for name, stands_in in not_here().items():
        if stands_in.startswith("tests/"):
            assert (ROOT / stands_in.partition(":")[0]).is_file()
        else:
            assert name.endswith("fail") == (not ours[stands_in].must_verify)


def named(name: str) -> Case:
    found = [case for case in CASES if case.name == name]
    if not found:
        pytest.skip(f"the vectors have no case {name}")
    return found[0]


def test_the_wrong_time_is_refused_for_its_time_once_its_base64_is_canonical() -> None:
    """The case's timestamp has line breaks, which we refuse before anything is looked at."""
    case = named("rekor2-timestamp-with-incorrect-time_fail")
    bundle = json.loads(case.bundle)
    stamp = bundle["verificationMaterial"]["timestampVerificationData"]["rfc3161Timestamps"][0]
    stamp["signedTimestamp"] = re.sub(r"\s", "", stamp["signedTimestamp"])
    raw = json.dumps(bundle).encode()
    with pytest.raises(AttestError) as refused:
        verify_file(raw, case.artifact, root=case.root_path, key=None, identity=case.identity, issuer=case.issuer)
    assert refused.value.code == "certificate-expired"


@pytest.mark.parametrize("case", THEIRS, ids=[case.name for case in THEIRS])
def test_old_versions_are_refused_unless_asked_for(case: Case) -> None:
    try:
        old = json.loads(case.bundle)["mediaType"] in OLD_MEDIA_TYPES
    except ValueError:
        old = False
    if old:
        with pytest.raises(AttestError) as refused:
            SigstoreBundle.parse(case.bundle)
        assert refused.value.code == "bundle-version"


def test_every_root_of_a_case_that_verifies_reads() -> None:
    for path in {case.root_path for case in CASES if case.must_verify}:
        root = TrustedRoot.load(path)
        assert root.logs
        assert root.certificate_authorities


@needs_upstream
def test_the_table_is_printed() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.vectors"], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stdout
    for suite in SUITES:
        assert f"{len(suite.cases)} of {len(suite.cases)} cases" in done.stdout
    assert re.search(r"^ok  wrong-hashedrekord-entry_fail +11 log-entry-mismatch$", done.stdout, re.MULTILINE)
