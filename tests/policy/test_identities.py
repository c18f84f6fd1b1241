"""What a policy can say about whom it names: who vouches for a certificate, digests and words, and mistakes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from attest.policy import explain
from attest.policy.document import load_policy
from attest.policy.identities import PKI_KEYS, SIGSTORE_KEYS
from attest.signing.keyfile import generate
from attest.trust.managed_key import ManagedKey
from attest.trust.private_pki import NameKind
from attest.trust.trusted_holder import PkiHolder, TrustedHolder
from attest.verify.fulcio import EXTENSION_NAMES
from tests.policy.identity_scene import PKI, SIGSTORE, TRUST, filled, only, read, refusal
from tests.verify.private_fulcio import ISSUER

if TYPE_CHECKING:
    from tests.verify.evidence import Person
    from tests.verify.private_pki import PrivatePki

ROOT = Path(__file__).parents[2]
SUBJECT = "https://github.com/acme/models/.github/workflows/train.yml@refs/heads/main"


@pytest.fixture
def folder(tmp_path: Path, alice: Person) -> Path:
    return filled(tmp_path, alice)


@pytest.fixture
def root() -> bytes:
    return SIGSTORE


@pytest.fixture
def pki() -> PrivatePki:
    return PKI


# --- holders of certificates --------------------------------------------------------------------------------------


def test_somebody_of_a_sigstore(folder: Path) -> None:
    ci = (
        f"{{issuer: {ISSUER}, subject: '{SUBJECT}', kind: uri, extensions: {{source-repository-identifier: '4711', "
        "source-repository-ref: 'refs/tags/v*', runner-environment: github-hosted, build-config-uri: x}}"
    )
    found = only(read(folder, ci))
    assert isinstance(found, TrustedHolder)
    assert dict(found.identity.extensions)["source_repository_ref"] == "refs/tags/v*"


def test_somebody_of_a_private_authority(folder: Path) -> None:
    found = only(read(folder, "{root: ca.pem, subject: release@acme.example}"))
    assert isinstance(found, PkiHolder)
    assert (found.identity.said_as, found.time_required) == (NameKind.EMAIL, True)
    lax = only(read(folder, "{root: ca.pem, subject-glob: '*.ci.acme.example', time: not-required}", trust=""))
    assert isinstance(lax, PkiHolder)
    assert (lax.identity.said_as, lax.time_required, lax.root) == (NameKind.DNS, False, None)


def test_a_timestamp_authority_may_stand_alone(folder: Path) -> None:
    for ci in ("{root: ca.pem, subject: release@acme.example, usage: any}", "{key: ci.pub, not-after: 2026-12-31}"):
        found = only(read(folder, ci, trust="trust: {tsa-chain: tsa.pem}\n"))
        assert isinstance(found, PkiHolder | ManagedKey)
        assert found.root is not None
        assert len(found.root.timestamp_authorities) == 1
        assert not isinstance(found, PkiHolder) or found.any_usage
    sigstore = refusal(folder, f"{{issuer: {ISSUER}, subject: a}}", trust="trust: {tsa-chain: tsa.pem}\n")
    assert sigstore.code == "policy-no-root"


@pytest.mark.parametrize(
    ("ci", "code"),
    [
        ("{issuer: 'https://a.example'}", "policy-bad-identity"),
        ("{issuer: 'https://a.example', subject: a, subject-glob: 'a*'}", "policy-bad-identity"),
        ("{issuer: 'https://a.example', subject-glob: '**'}", "policy-bad-identity"),
        ("{issuer: 'https://a.example', subject-glob: 'https://**'}", "policy-bad-identity"),
        ("{issuer: 'https://a.example', subject: ''}", "policy-wrong-type"),
        ("{issuer: ['https://a.example'], subject: a}", "policy-wrong-type"),
        ("{subject: alice@acme.example}", "policy-missing-key"),
        ("{subject-glob: '*@acme.example'}", "policy-missing-key"),
        ("{issuer: 'https://a.example', subject: a, kind: dns}", "policy-unknown-word"),
        ("{issuer: 'https://a.example', subject: a, time: required}", "policy-unknown-key"),
        ("{issuer: 'https://a.example', subject: a, extensions: {}}", "policy-empty-list"),
        ("{issuer: 'https://a.example', subject: a, extensions: [x]}", "policy-wrong-type"),
        ("{issuer: 'https://a.example', subject: a, extensions: {source-repo-uri: x}}", "policy-unknown-key"),
        ("{issuer: 'https://a.example', subject: a, extensions: {build-trigger: 7}}", "policy-wrong-type"),
        ("{issuer: 'https://a.example', subject: a, extensions: {build-trigger: '*'}}", "policy-bad-identity"),
        ("{root: ca.pem}", "policy-bad-identity"),
        ("{root: ca.pem, subject-glob: '*@*'}", "policy-bad-identity"),
        ("{root: ca.pem, subject: release@acme.example, issuer: 'https://a.example'}", "policy-unknown-key"),
        ("{root: ca.pem, subject: release@acme.example, kind: username}", "policy-unknown-word"),
        ("{root: ca.pem, subject: release@acme.example, not-after: 2026-12-31}", "policy-unknown-key"),
        ("{root: ca.pem, subject: release@acme.example, usage: mail}", "policy-unknown-word"),
        ("{root: ca.pem, subject: release@acme.example, usage: true}", "policy-unknown-word"),
        ("{root: absent.pem, subject: release@acme.example}", "policy-bad-authority"),
        ("{root: leaf.pem, subject: release@acme.example}", "policy-bad-authority"),
        ("{root: root.json, subject: release@acme.example}", "policy-bad-authority"),
        ("{root: [ca.pem], subject: release@acme.example}", "policy-wrong-type"),
    ],
)
def test_a_holder_that_is_nobody_in_particular_is_refused(ci: str, code: str, folder: Path) -> None:
    assert refusal(folder, ci).code == code


def test_holders_need_the_root_that_vouches_for_them_or_for_times(folder: Path) -> None:
    for ci in (f"{{issuer: {ISSUER}, subject: a}}", "{root: ca.pem, subject: release@acme.example}"):
        assert refusal(folder, ci, trust="").code == "policy-no-root"


def test_an_extension_that_is_misspelt_has_a_nearest_one(folder: Path) -> None:
    error = refusal(folder, f"{{issuer: {ISSUER}, subject: a, extensions: {{source-repository-url: x}}}}")
    assert error.hint == "did you mean 'source-repository-uri'?"


def test_the_identities_on_the_page_are_read(folder: Path, root: bytes, pki: PrivatePki) -> None:
    page = (ROOT / "docs/policy.md").read_text().partition("## Identities")[2]
    (folder / "page.yaml").write_text(page.split("```yaml\n")[1].split("```")[0])
    for name in ("risk-ml", "last-year"):
        generate(folder / f"{name}.key", folder / f"{name}.pub", passphrase=None)
    (folder / "trusted_root.json").write_bytes(root)
    (folder / "acme-ca.pem").write_bytes(pki.pem())
    assert len(load_policy(folder / "page.yaml").keys) == 5


def test_the_page_names_every_extension_and_key() -> None:
    page = (ROOT / "docs/policy.md").read_text()
    listed = {name.replace("_", "-") for name in EXTENSION_NAMES if not name.startswith("github")}
    assert not [name for name in (*listed, *PKI_KEYS, *SIGSTORE_KEYS, "not-before", "not-after") if name not in page]


# --- digests and words --------------------------------------------------------------------------------------------


def test_the_policy_s_digest_covers_when_and_by_whom(folder: Path, root: bytes) -> None:
    digests = [
        read(folder, ci, trust=trust).digest
        for ci, trust in (
            ("{key: ci.pub}", ""),
            ("{key: ci.pub}", TRUST),
            ("{key: ci.pub, time: required}", TRUST),
            ("{key: ci.pub, not-after: 2026-12-31}", TRUST),
            ("{key: ci.pub, not-after: 2026-12-30}", TRUST),
            ("{key: ci.pub, not-before: 2026-12-31}", TRUST),
            ("{key: ci.pub, not-after: 2026-12-31, time: not-required}", TRUST),
            ("{root: ca.pem, subject: release@acme.example}", TRUST),
            ("{root: ca.pem, subject-glob: release@acme.example}", TRUST),
            ("{root: ca.pem, subject: release@acme.example, time: not-required}", TRUST),
        )
    ]
    assert len(set(digests)) == len(digests)
    before = read(folder, "{key: ci.pub, not-after: 2026-12-31}").digest
    assert read(folder, "{not-after: '2026-12-31', key: ./ci.pub}").digest == before
    (folder / "root.json").write_bytes(root + b"\n")
    assert read(folder, "{key: ci.pub, not-after: 2026-12-31}").digest != before


@pytest.mark.parametrize(
    ("ci", "words"),
    [
        ("{key: ci.pub, not-after: 2026-12-31}", "counts until 2026-12-31T23:59:59Z, with a proven time of signing"),
        (
            "{key: ci.pub, not-before: 2026-01-01, not-after: 2026-12-31, time: not-required}",
            "from 2026-01-01T00:00:00Z until 2026-12-31T23:59:59Z, now where no time of signing is proven",
        ),
        ("{key: ci.pub}", "whether or not a time of signing is proven, times by the trusted root sha256:"),
        (
            f"{{issuer: {ISSUER}, subject-glob: '*@acme.example', kind: email, extensions: {{build-trigger: push}}}}",
            f"anybody like *@acme.example (email), for whom {ISSUER} vouches, with build-trigger push, by the trusted",
        ),
        (
            "{root: ca.pem, subject: release@acme.example}",
            "release@acme.example (email), with a certificate of the authority sha256:",
        ),
    ],
)
def test_everybody_is_said_in_words(ci: str, words: str, folder: Path) -> None:
    ((name, said),) = explain.identities(read(folder, ci))
    assert name == "ci"
    assert words in said
