"""`attest sign` and `attest verify --bundle` beside OpenSSF's own tool: each method, both directions."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID

from tests.interop.changes import copy_of, edited, flip_byte, other_payload, other_signature, payload_of
from tests.interop.tools import model_signing, model_signing_shards, succeed
from tests.services.company_ca import RELEASE, CompanyCa, Leaf
from tests.services.sigstore.instance import PERSON, _sigstore, other_sigstore, sigstore  # noqa: F401  # fixtures

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.interop.tools import Outcome, Person
    from tests.services.sigstore.instance import Sigstore

pytestmark = pytest.mark.interop

OURS = "model_signing reads attest"
NOT_OURS = "model_signing refuses attest"
THEIRS = "attest reads model_signing"
NOT_THEIRS = "attest refuses model_signing"
CLAIM = ("model signature",)
UNPROVEN = "--accept-unproven-time"


@pytest.fixture
def company(tmp_path: Path) -> CompanyCa:
    """`ca/release.key` and `ca/release.pem`."""
    made = CompanyCa(folder=tmp_path / "ca")
    made.certificate(made.key().with_suffix(".pub"))
    return made


def theirs(person: Person, verb: str, method: str, model: Path, signature: Path, *options: str | Path) -> Outcome:
    return person.run(model_signing(), verb, method, "--signature", signature, *options, model)


def ours(person: Person, model: Path, signature: Path, *options: str | Path) -> Path:
    outcome = person.attest("sign", model, "--bundle", signature, *options)
    assert outcome.status == 0, outcome.err
    return signature


def verified(person: Person, model: Path, signature: Path, *options: str | Path) -> Outcome:
    return person.attest("verify", model, "--bundle", signature, *options, "--json")


def by_company(company: CompanyCa) -> tuple[str | Path, ...]:
    certificate = company.folder / "release.pem"
    return "--key", company.folder / "release.key", "--certificate", certificate, "--certificate-chain", company.chain


def signed_by_them(
    person: Person, company: CompanyCa, model: Path, signature: Path, *, leaf: str = "release.pem"
) -> Path:
    succeed(
        model_signing(), "sign", "certificate", "--signature", signature,
        "--private_key", company.folder / "release.key", "--signing_certificate", company.folder / leaf,
        "--certificate_chain", company.folder / "intermediate.pem", model, cwd=person.home, env=person.env,
    )  # fmt: skip
    return signature


# ---- keys


@pytest.mark.witness(OURS, how="key, attest sign", claims=CLAIM)
def test_our_bundle_by_key_is_accepted(alice: Person, models: Path, tmp_path: Path) -> None:
    bundle = ours(alice, models / "nested", tmp_path / "model.sig", "--key", alice.key)
    assert theirs(alice, "verify", "key", models / "nested", bundle, "--public_key", alice.public).status == 0


@pytest.mark.witness(OURS, how="key, attest sign", claims=CLAIM)
def test_our_bundle_inside_the_folder_is_accepted(alice: Person, models: Path, tmp_path: Path) -> None:
    model = copy_of(models / "plain", tmp_path / "model")
    for again in ((), ("--force",)):
        bundle = ours(alice, model, model / "model.sig", "--key", alice.key, *again)
        assert theirs(alice, "verify", "key", model, bundle, "--public_key", alice.public).status == 0


@pytest.mark.witness(THEIRS, how="key, verify --bundle", claims=CLAIM)
def test_their_bundle_inside_the_folder_is_accepted(alice: Person, models: Path, tmp_path: Path) -> None:
    model = copy_of(models / "nested", tmp_path / "model")
    assert theirs(alice, "sign", "key", model, model / "model.sig", "--private_key", alice.key).status == 0
    outcome = verified(alice, model, model / "model.sig", "--key", alice.public)
    assert (outcome.status, outcome.json["bundle_inside"]) == (0, "model.sig"), outcome.err


@pytest.mark.witness(THEIRS, how="key, a file", claims=CLAIM)
def test_their_single_file_is_accepted_as_a_file_and_not_as_a_folder(
    alice: Person, models: Path, tmp_path: Path
) -> None:
    file = models / "single" / "model.safetensors"
    assert theirs(alice, "sign", "key", file, tmp_path / "model.sig", "--private_key", alice.key).status == 0
    assert [one["name"] for one in payload_of(tmp_path / "model.sig")["predicate"]["resources"]] == ["."]
    assert verified(alice, file, tmp_path / "model.sig", "--key", alice.public).status == 0
    assert verified(alice, file.parent, tmp_path / "model.sig", "--key", alice.public).status == 3


# ---- shards


def sharded_by_them(person: Person, model: Path, bundle: Path, *, size: int = 100, algorithm: str = "sha256") -> Path:
    command: tuple[str | Path, ...] = (*model_signing_shards(), person.key, str(size), algorithm, model, bundle)
    succeed(*command, cwd=person.home, env=person.env)
    return bundle


@pytest.mark.witness(THEIRS, how="key, shards", claims=CLAIM)
@pytest.mark.parametrize("size", [7, 100, 10**9])
@pytest.mark.parametrize("name", ["nested", "single/model.safetensors"])
def test_their_bundle_over_shards_is_accepted(
    size: int, name: str, alice: Person, models: Path, tmp_path: Path
) -> None:
    model = models / name
    if model.is_dir():
        model = copy_of(model, tmp_path / "model")
        (model / "empty").unlink()
    bundle = sharded_by_them(alice, model, tmp_path / "model.sig", size=size)
    assert payload_of(bundle)["predicate"]["resources"][0]["algorithm"] == f"sha256-sharded-{size}"
    assert verified(alice, model, bundle, "--key", alice.public).status == 0


@pytest.mark.witness(THEIRS, how="key, shards", claims=CLAIM)
def test_an_empty_file_is_in_no_shard_and_passes_only_where_whoever_asks_leaves_it_out(
    alice: Person, models: Path, tmp_path: Path
) -> None:
    bundle = sharded_by_them(alice, models / "nested", tmp_path / "model.sig")
    refused = verified(alice, models / "nested", bundle, "--key", alice.public)
    assert [each["path"] for each in refused.json["findings"] if each["status"] != "same"] == ["empty"]
    shown = alice.attest("verify", models / "nested", "--bundle", bundle, "--key", alice.public)
    assert (shown.status, "a signature over shards cannot list empty files" in shown.out) == (3, True)
    assert "hint: --exclude empty" in shown.err
    assert verified(alice, models / "nested", bundle, "--key", alice.public, "--exclude", "empty").status == 0


def append(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"!")


@pytest.mark.witness(NOT_THEIRS, how="key, shards", claims=CLAIM)
@pytest.mark.parametrize("change", [flip_byte, append, Path.unlink])
def test_a_file_that_is_not_what_they_sharded_is_refused(
    change: Callable[[Path], None], alice: Person, models: Path, tmp_path: Path
) -> None:
    model = copy_of(models / "plain", tmp_path / "model")
    bundle = sharded_by_them(alice, model, tmp_path / "model.sig", size=10)
    assert verified(alice, model, bundle, "--key", alice.public).status == 0
    change(model / "config.json")
    outcome = verified(alice, model, bundle, "--key", alice.public)
    assert (outcome.status, outcome.json["verdict"]) == (3, "tampered"), outcome.err


@pytest.mark.witness(NOT_THEIRS, how="key, BLAKE digests", claims=CLAIM)
@pytest.mark.parametrize("algorithm", ["blake2", "blake3"])
def test_their_bundle_over_blake_digests_is_refused_by_name(
    algorithm: str, alice: Person, models: Path, tmp_path: Path
) -> None:
    bundle = sharded_by_them(alice, models / "plain", tmp_path / "model.sig", algorithm=algorithm)
    refused = verified(alice, models / "plain", bundle, "--key", alice.public)
    assert (refused.status, refused.json["code"]) == (1, "hash-unsupported")


# ---- certificates


@pytest.mark.witness(OURS, how="certificate", claims=CLAIM)
def test_our_bundle_by_certificate_is_accepted(alice: Person, company: CompanyCa, models: Path, tmp_path: Path) -> None:
    bundle = ours(alice, models / "nested", tmp_path / "model.sig", *by_company(company))
    outcome = theirs(alice, "verify", "certificate", models / "nested", bundle, "--certificate_chain", company.root)
    assert (outcome.status, outcome.out.strip()) == (0, "Verification succeeded"), outcome.err


@pytest.mark.witness(OURS, how="certificate, timestamp", claims=CLAIM)
def test_our_bundle_by_certificate_with_a_timestamp_is_accepted(
    alice: Person,
    company: CompanyCa,
    models: Path,
    tmp_path: Path,
    sigstore: Sigstore,  # noqa: F811
) -> None:
    stamped = (*by_company(company), "--tsa", sigstore.timestamps)
    bundle = ours(alice, models / "plain", tmp_path / "model.sig", *stamped)
    outcome = theirs(alice, "verify", "certificate", models / "plain", bundle, "--certificate_chain", company.root)
    assert outcome.status == 0, outcome.err


@pytest.mark.witness(NOT_OURS, how="certificate", claims=CLAIM)
@pytest.mark.parametrize("change", [other_payload, other_signature, "file", "root"])
def test_what_was_changed_is_refused(
    change: object, alice: Person, company: CompanyCa, models: Path, tmp_path: Path
) -> None:
    model = copy_of(models / "plain", tmp_path / "model")
    bundle = ours(alice, model, tmp_path / "model.sig", *by_company(company))
    root = company.root
    if change == "file":
        flip_byte(model / "config.json")
    elif change == "root":
        root = CompanyCa(folder=tmp_path / "other").root
    else:
        assert callable(change)
        bundle = edited(bundle, tmp_path / "changed.sig", change)
    assert theirs(alice, "verify", "certificate", model, bundle, "--certificate_chain", root).status == 1


@pytest.mark.witness(THEIRS, how="certificate", claims=CLAIM)
def test_their_bundle_by_certificate_is_accepted(
    alice: Person, company: CompanyCa, models: Path, tmp_path: Path
) -> None:
    bundle = signed_by_them(alice, company, models / "nested", tmp_path / "model.sig")
    whom = ("--identity", RELEASE, "--root", company.root)
    outcome = verified(alice, models / "nested", bundle, *whom, UNPROVEN)
    assert (outcome.status, outcome.json["verdict"]) == (0, "allowed"), outcome.err
    assert verified(alice, models / "nested", bundle, *whom).json["code"] == "time-missing"


@pytest.mark.witness(NOT_THEIRS, how="certificate", claims=CLAIM)
def test_certificates_that_they_accept_and_we_refuse(
    alice: Person, company: CompanyCa, models: Path, tmp_path: Path
) -> None:
    """They check neither name, nor purpose, nor whether the certificate counts (docs/threats.md row 34)."""
    wrong = {
        "web.pem": (Leaf(purposes=(ExtendedKeyUsageOID.SERVER_AUTH,)), "certificate-usage"),
        "old.pem": (Leaf(start=-timedelta(days=30), end=-timedelta(days=1)), "signer-not-in-force"),
        "mallory.pem": (Leaf(name="mallory", names=()), "identity-mismatch"),
    }
    for file, (leaf, code) in wrong.items():
        company.certificate(company.folder / "release.pub", leaf, file=file)
        bundle = signed_by_them(alice, company, models / "plain", tmp_path / f"{file}.sig", leaf=file)
        chain = ("--certificate_chain", company.root)
        assert theirs(alice, "verify", "certificate", models / "plain", bundle, *chain).status == 0
        whom = ("--identity", RELEASE, "--root", company.root, UNPROVEN)
        assert verified(alice, models / "plain", bundle, *whom).json["code"] == code


# ---- identities


@pytest.mark.witness(OURS, how="keyless, @sigstore/mock", claims=CLAIM)
def test_our_bundle_by_identity_is_accepted(
    alice: Person,
    models: Path,
    tmp_path: Path,
    sigstore: Sigstore,  # noqa: F811
) -> None:
    trust = sigstore.trust_config(2)
    token = ("--identity-token", sigstore.token(**PERSON))
    bundle = ours(alice, models / "nested", tmp_path / "model.sig", "--keyless", "--trust-config", trust, *token)
    whom = ("--identity", PERSON["email"], "--identity_provider", sigstore.url, "--trust_config", trust)
    assert theirs(alice, "verify", "sigstore", models / "nested", bundle, *whom).status == 0
    mallory = ("--identity", "mallory@acme.test", *whom[2:])
    assert theirs(alice, "verify", "sigstore", models / "nested", bundle, *mallory).status == 1


@pytest.mark.witness(THEIRS, how="keyless, @sigstore/mock", claims=CLAIM)
@pytest.mark.parametrize("version", [1, 2])
def test_their_bundle_by_identity_is_accepted(
    alice: Person,
    models: Path,
    tmp_path: Path,
    sigstore: Sigstore,  # noqa: F811
    version: int,
) -> None:
    signing = ("--trust_config", sigstore.trust_config(version), "--identity_token", sigstore.token(**PERSON))
    signature = tmp_path / "model.sig"
    outcome = theirs(alice, "sign", "sigstore", models / "nested", signature, *signing)
    assert outcome.status == 0, outcome.err
    whom = ("--issuer", sigstore.url, "--trusted-root", sigstore.trusted_root)
    accepted = verified(alice, models / "nested", signature, "--identity", PERSON["email"], *whom)
    assert (accepted.status, len(accepted.json["proven_times"])) == (0, 3 - version), accepted.err
    refused = verified(alice, models / "nested", signature, "--identity", "mallory@acme.test", *whom)
    assert (refused.status, refused.json["code"]) == (1, "identity-mismatch")
