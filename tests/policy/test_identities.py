"""What a policy can say about whom it names: when a key counts, who vouches for a certificate, and mistakes in both."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from attest.errors import AttestError, PolicyError
from attest.policy import explain
from attest.policy.document import load_policy
from attest.policy.identities import PKI_KEYS, SIGSTORE_KEYS
from attest.signing.keyfile import generate
from attest.trust.identity import TrustedKey
from attest.trust.managed_key import ManagedKey
from attest.trust.private_pki import NameKind
from attest.trust.trusted_holder import PkiHolder, TrustedHolder
from attest.verify.fulcio import EXTENSION_NAMES
from attest_registry.digest import Digest
from tests.verify.private_fulcio import ISSUER
from tests.verify.private_pki import Employee, PrivatePki
from tests.verify.private_sigstore import PrivateSigstore
from tests.verify.private_timestamps import TimestampService

if TYPE_CHECKING:
    from attest.policy.requirements import Policy
    from attest.trust.signatory import Signatory
    from tests.verify.evidence import Person

ROOT = Path(__file__).parents[2]
TRUST = "trust: {root: root.json}\n"
REQUIRE = "require: {signature: {by: [ci]}, provenance: {by: [ci]}, ml-bom: {by: [ci]}}\n"
SUBJECT = "https://github.com/acme/models/.github/workflows/train.yml@refs/heads/main"


@pytest.fixture(scope="module")
def root() -> bytes:
    return json.dumps(PrivateSigstore().root_document()).encode()


@pytest.fixture(scope="module")
def tsa() -> bytes:
    service = TimestampService()
    several = (service.certificate, service.authority.certificate, service.authority.root)
    return b"".join(each.public_bytes(Encoding.PEM) for each in several)


@pytest.fixture(scope="module")
def pki() -> PrivatePki:
    return PrivatePki()


@pytest.fixture
def folder(tmp_path: Path, alice: Person, root: bytes, tsa: bytes, pki: PrivatePki) -> Path:
    pem = alice.signer.public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "ci.pub").write_bytes(pem)
    (tmp_path / "root.json").write_bytes(root)
    (tmp_path / "ca.pem").write_bytes(pki.pem())
    (tmp_path / "tsa.pem").write_bytes(tsa)
    (tmp_path / "leaf.pem").write_bytes(pki.issue(Employee()).public_bytes(Encoding.PEM))
    return tmp_path


def read(folder: Path, ci: str, *, trust: str = TRUST) -> Policy:
    path = folder / "policy.yaml"
    path.write_text(f"apiVersion: attest/v1\nkind: Policy\nname: test\nidentities:\n  ci: {ci}\n{trust}{REQUIRE}")
    return load_policy(path)


def only(policy: Policy) -> Signatory:
    (found,) = policy.keys
    return found


def refusal(folder: Path, ci: str, *, trust: str = TRUST) -> AttestError:
    with pytest.raises(PolicyError) as caught:
        read(folder, ci, trust=trust)
    assert caught.value.exit_status == 2
    return caught.value


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# --- keys that count for a while ----------------------------------------------------------------------------------


def test_a_key_without_more_is_the_key_alone(folder: Path) -> None:
    assert isinstance(only(read(folder, "{key: ci.pub}", trust="")), TrustedKey)


def test_a_key_beside_a_root_has_its_proofs_checked(folder: Path) -> None:
    found = only(read(folder, "{key: ci.pub}"))
    assert isinstance(found, ManagedKey)
    assert (found.root is not None, found.is_limited, found.needs_time) == (True, False, False)


def test_a_day_is_whole_and_in_utc(folder: Path) -> None:
    found = only(read(folder, "{key: ci.pub, not-before: 2026-01-01, not-after: 2026-12-31}"))
    assert isinstance(found, ManagedKey)
    assert found.needs_time
    for inside in ("2026-01-01T00:00:00", "2026-12-31T23:59:59.999999"):
        assert found.counts_at(utc(inside))
    for outside in ("2025-12-31T23:59:59.999999", "2027-01-01T00:00:00"):
        assert not found.counts_at(utc(outside))


def test_a_time_has_its_zone(folder: Path) -> None:
    found = only(read(folder, "{key: ci.pub, not-after: '2026-12-31T18:00:00+02:00'}"))
    assert isinstance(found, ManagedKey)
    assert (found.not_before, found.not_after) == (None, utc("2026-12-31T16:00:00"))


@pytest.mark.parametrize(
    ("ci", "needed"),
    [
        ("{key: ci.pub, time: required}", True),
        ("{key: ci.pub, not-after: 2026-12-31, time: required}", True),
        ("{key: ci.pub, not-after: 2026-12-31, time: not-required}", False),
    ],
)
def test_whether_a_proven_time_is_needed_can_be_said(ci: str, folder: Path, *, needed: bool) -> None:
    found = only(read(folder, ci))
    assert isinstance(found, ManagedKey)
    assert found.needs_time is needed


def test_no_root_is_needed_where_no_time_is(folder: Path) -> None:
    found = only(read(folder, "{key: ci.pub, not-after: 2026-12-31, time: not-required}", trust=""))
    assert isinstance(found, ManagedKey)
    assert found.root is None


@pytest.mark.parametrize(
    ("ci", "code"),
    [
        ("{key: ci.pub, not-before: 2026-06-01, not-after: 2026-05-31}", "policy-bad-span"),
        ("{key: ci.pub, not-after: soon}", "policy-bad-time"),
        ("{key: ci.pub, not-after: 2026-02-30}", "policy-bad-time"),
        ("{key: ci.pub, not-after: 2026-12-31T18:00:00}", "policy-bad-time"),
        ("{key: ci.pub, not-after: 2026}", "policy-bad-time"),
        ("{key: ci.pub, not-after: [2026-12-31]}", "policy-bad-time"),
        ("{key: ci.pub, not-after: 31.12.2026}", "policy-bad-time"),
        ("{key: ci.pub, time: never}", "policy-unknown-word"),
        ("{key: ci.pub, time: false}", "policy-unknown-word"),
        ("{key: ci.pub, time: not-required}", "policy-missing-key"),
        ("{key: ci.pub, not_after: 2026-12-31}", "policy-unknown-key"),
        ("{key: ci.pub, issuer: https://accounts.example.com}", "policy-unknown-key"),
        ("{key: ci.pub, root: ca.pem}", "policy-unknown-key"),
        ("{not-after: 2026-12-31}", "policy-missing-key"),
    ],
)
def test_when_a_key_counts_has_one_reading(ci: str, code: str, folder: Path) -> None:
    assert refusal(folder, ci).code == code


@pytest.mark.parametrize("ci", ["{key: ci.pub, not-after: 2026-12-31}", "{key: ci.pub, time: required}"])
def test_a_time_that_has_to_be_proven_needs_a_root(ci: str, folder: Path) -> None:
    error = refusal(folder, ci, trust="")
    assert (error.code, error.expected) == ("policy-no-root", "trust: {root: trusted_root.json}")


@pytest.mark.parametrize(
    ("trust", "code"),
    [
        ("trust: {root: absent.json}\n", "policy-bad-root"),
        ("trust: {root: ca.pem}\n", "policy-bad-root"),
        ("trust: {roots: root.json}\n", "policy-wrong-type"),
        ("trust: {}\n", "policy-missing-key"),
        ("trust: {root: root.json, tsa-chain: tsa.pem}\n", "policy-bad-root"),
        ("trust: {tsa-chain: root.json}\n", "policy-bad-root"),
        ("trust: {tsa-chain: ca.pem}\n", "policy-bad-root"),
        ("trust: root.json\n", "policy-wrong-type"),
        ("trust: {root: 7}\n", "policy-wrong-type"),
    ],
)
def test_a_root_that_cannot_be_used_is_refused_even_where_only_keys_are_named(
    trust: str, code: str, folder: Path
) -> None:
    assert refusal(folder, "{key: ci.pub}", trust=trust).code == code


def test_mistakes_are_shown_with_their_line_and_the_nearest_key(folder: Path) -> None:
    misspelt = refusal(folder, "\n    key: ci.pub\n    not-afer: 2026-12-31")
    assert misspelt.message.endswith("policy.yaml:7:5: unknown key 'not-afer'")
    assert misspelt.hint == "did you mean 'not-after'?"
    no_time = refusal(folder, "\n    key: ci.pub\n    not-after: Silvester")
    assert no_time.message.endswith("policy.yaml:7:16: identities.ci.not-after is no time")
    assert no_time.found == "not-after: Silvester"
    word = refusal(folder, "\n    key: ci.pub\n    time: not-requird")
    assert word.message.endswith("policy.yaml:7:11: identities.ci.time cannot be 'not-requird'")
    assert word.hint == "did you mean 'not-required'?"


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


ROOTS = "trust: {root: root.json, roots: {acme: acme.json}}\n"


@pytest.fixture
def acme(folder: Path) -> bytes:
    """The root of another Sigstore."""
    raw = json.dumps(PrivateSigstore().root_document()).encode()
    (folder / "acme.json").write_bytes(raw)
    return raw


@pytest.mark.parametrize(
    "ci", [f"{{issuer: {ISSUER}, subject: a, _}}", "{key: ci.pub, _}", "{root: ca.pem, subject: r@acme.example, _}"]
)
def test_an_identity_believes_the_root_that_it_names_and_no_other(
    folder: Path, root: bytes, acme: bytes, ci: str
) -> None:
    default = only(read(folder, ci.replace(", _", ""), trust=ROOTS))
    named = only(read(folder, ci.replace("_", "trust: acme"), trust=ROOTS))
    assert isinstance(default, ManagedKey | TrustedHolder | PkiHolder)
    assert isinstance(named, ManagedKey | TrustedHolder | PkiHolder)
    assert default.root is not None
    assert named.root is not None
    assert default.root.digest == Digest.of(root)
    assert named.root.digest == Digest.of(acme)
    assert (
        read(folder, ci.replace(", _", ""), trust=ROOTS).digest
        != read(folder, ci.replace("_", "trust: acme"), trust=ROOTS).digest
    )


def test_a_named_root_stands_for_nobody_who_does_not_name_it(folder: Path, acme: bytes) -> None:
    alone = "trust: {roots: {acme: acme.json}}\n"
    assert refusal(folder, f"{{issuer: {ISSUER}, subject: a}}", trust=alone).code == "policy-no-root"
    assert isinstance(only(read(folder, "{key: ci.pub}", trust=alone)), TrustedKey)
    beside = "trust: {tsa-chain: tsa.pem, roots: {acme: acme.json}}\n"
    assert refusal(folder, f"{{issuer: {ISSUER}, subject: a}}", trust=beside).code == "policy-no-root"
    assert isinstance(only(read(folder, f"{{issuer: {ISSUER}, subject: a, trust: acme}}", trust=beside)), TrustedHolder)


@pytest.mark.parametrize(
    ("ci", "trust", "code"),
    [
        ("{key: ci.pub, trust: other}", ROOTS, "policy-unknown-root"),
        ("{key: ci.pub, trust: root}", ROOTS, "policy-unknown-root"),
        ("{key: ci.pub, trust: acme}", TRUST, "policy-unknown-root"),
        ("{key: ci.pub, trust: [acme]}", ROOTS, "policy-wrong-type"),
        ("{trust: acme}", ROOTS, "policy-missing-key"),
        ("{key: ci.pub}", "trust: {roots: {}}\n", "policy-empty-list"),
        ("{key: ci.pub}", "trust: {roots: [acme.json]}\n", "policy-wrong-type"),
        ("{key: ci.pub}", "trust: {roots: {acme: absent.json}}\n", "policy-bad-root"),
        ("{key: ci.pub}", "trust: {roots: {acme: ca.pem}}\n", "policy-bad-root"),
        ("{key: ci.pub}", "trust: {roots: {acme: [acme.json]}}\n", "policy-wrong-type"),
        ("{key: ci.pub}", "trust: {roots: {a b: acme.json}}\n", "policy-bad-name"),
        ("{key: ci.pub}", "trust: {root: root.json, tsa-chain: tsa.pem}\n", "policy-bad-root"),
    ],
)
def test_a_named_root_that_is_none_is_refused(folder: Path, acme: bytes, ci: str, trust: str, code: str) -> None:
    assert refusal(folder, ci, trust=trust).code == code


def test_a_root_that_is_misspelt_has_a_nearest_one(folder: Path, acme: bytes) -> None:
    error = refusal(folder, "{key: ci.pub, trust: amce}", trust=ROOTS)
    assert (error.expected, error.hint) == ("acme", "did you mean 'acme'?")


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
