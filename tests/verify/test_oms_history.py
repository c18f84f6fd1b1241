"""Bundles of model_signing since 0.2.0, of every method, as its project keeps them; and two that NVIDIA publishes."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from attest.errors import AttestError
from attest.evidence.evidence import Evidence
from attest.policy.in_force import in_force
from attest.trust.certificate_identity import CertificateIdentity
from attest.trust.identity import TrustedKey, load_trusted_key
from attest.trust.private_pki import PrivateAuthority, PrivateIdentity
from attest.trust.roots import TrustedRoot
from attest.trust.trusted_holder import PkiHolder, TrustedHolder
from attest.verify.directory import FolderFindings, verify_directory
from attest.verify.facts import Judged
from tests.verify.test_oms_vectors import hashed

if TYPE_CHECKING:
    from attest.trust.signatory import Signatory

VECTORS = Path(__file__).parents[2].parent / "shared" / "vectors"
RELEASES = VECTORS / "oms" / "model-transparency" / "scripts" / "tests"
SKILLS = VECTORS / "oms" / "nvidia-skills"
VERSIONS = ("v0.3.1", "v1.0.0", "v1.0.1", "v1.1.0")

pytestmark = pytest.mark.skipif(not RELEASES.is_dir(), reason="the shared OMS vectors are not beside this checkout")


def public_good() -> TrustedRoot:
    """The public instance's root as sigstore-python ships it."""
    import sigstore

    store = Path(sigstore.__file__).parent / "_store" / "https%3A%2F%2Ftuf-repo-cdn.sigstore.dev"
    return TrustedRoot.load(store / "trusted_root.json")


def key() -> TrustedKey:
    return load_trusted_key(RELEASES / "keys/certificate/signing-key-pub.pem")


CA = RELEASES / "keys/certificate/ca-cert.pem"


def holder(subject: str = "CN=intermediate-ca", root: Path = CA, **more: Any) -> PkiHolder:
    return PkiHolder(
        name="signer",
        identity=PrivateIdentity(subject=subject),
        authority=PrivateAuthority.load(root),
        origin=root.name,
        **{"time_required": False, **more},
    )


def person(email: str = "stefanb@us.ibm.com") -> TrustedHolder:
    identity = CertificateIdentity(issuer="https://sigstore.verify.ibm.com/oauth2", subject=email)
    return TrustedHolder(name="stefan", identity=identity, root=public_good(), origin="sigstore-python")


def model_of(case: Path, target: Path) -> tuple[Path, Evidence]:
    """The files that were signed: without the bundle, and without what the signer left out."""
    bundle = case / "model.sig"
    shutil.copytree(case, target, ignore=shutil.ignore_patterns("model.sig", "ignore-me", "skill.oms.sig"))
    return target, Evidence(raw=bundle.read_bytes(), origin=case.name)


def judged(case: Path, target: Path, signer: Signatory) -> FolderFindings:
    folder, evidence = model_of(case, target)
    only = [path for path in folder.iterdir() if path.is_file()]
    single = case.name in {"v0.3.1-elliptic-key", "v1.0.0-elliptic-key"}
    model = only[0] if single else folder
    return verify_directory(hashed(model), [evidence], [signer], single_file=single)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_key_s_bundle_of_every_release_is_read(version: str, tmp_path: Path) -> None:
    found = judged(RELEASES / f"{version}-elliptic-key", tmp_path / "model", key())
    assert found.word == "ALLOWED"


@pytest.mark.parametrize("version", VERSIONS)
def test_a_certificate_s_bundle_of_every_release_is_read(version: str, tmp_path: Path) -> None:
    """None has a timestamp, so each counts only where that is accepted, and while its certificates are valid."""
    case = RELEASES / f"{version}-certificate"
    found = judged(case, tmp_path / "model", holder())
    assert found.word == "ALLOWED"
    facts = Judged(facts=found.facts, rejected=())
    assert in_force(facts, now=datetime(2026, 1, 1, tzinfo=UTC)).facts
    assert [each.error.code for each in in_force(facts, now=datetime(2036, 1, 1, tzinfo=UTC)).rejected] == [
        "signer-not-in-force"
    ]
    for signer, code in (
        (holder(time_required=True), "time-missing"),
        (holder("CN=root-ca"), "identity-mismatch"),
        (holder(root=SKILLS / "nv-agent-root-cert.pem"), "certificate-authority-unknown"),
        (key(), "certificate-unsupported"),
    ):
        with pytest.raises(AttestError) as caught:
            judged(case, tmp_path / code, signer)
        assert caught.value.code == code


@pytest.mark.parametrize("version", VERSIONS)
def test_a_keyless_bundle_of_every_release_is_read(version: str, tmp_path: Path) -> None:
    case = RELEASES / f"{version}-sigstore"
    found = judged(case, tmp_path / "model", person())
    assert found.word == "ALLOWED"
    assert found.facts[0].times
    with pytest.raises(AttestError) as caught:
        judged(case, tmp_path / "again", person("mallory@us.ibm.com"))
    assert caught.value.code == "identity-mismatch"


@pytest.mark.parametrize("signer", ["key", "certificate"])
def test_the_broken_encoding_of_0_2_is_refused_by_name(signer: str, tmp_path: Path) -> None:
    with pytest.raises(AttestError) as caught:
        judged(RELEASES / "v0.2.0-certificate", tmp_path / "model", key() if signer == "key" else holder())
    assert (caught.value.code, caught.value.exit_status) == ("signature-encoding-broken", 3)


SKILL = "CN=NVIDIA Agent Skills Signing 001,O=NVIDIA Corporation,C=US"


@pytest.mark.parametrize("skill", ["rag-blueprint", "mcore-linting-and-formatting"])
def test_a_published_skill_is_read_where_a_certificate_without_purpose_is_accepted(skill: str, tmp_path: Path) -> None:
    root = SKILLS / "nv-agent-root-cert.pem"
    folder = tmp_path / skill
    shutil.copytree(SKILLS / skill, folder, ignore=shutil.ignore_patterns("skill.oms.sig"))
    evidence = Evidence(raw=(SKILLS / skill / "skill.oms.sig").read_bytes(), origin=skill)
    found = verify_directory(hashed(folder), [evidence], [holder(SKILL, root, any_usage=True)])
    assert found.word == "ALLOWED"
    for signer, code in (
        (holder(SKILL, root), "certificate-usage"),
        (holder("CN=NVIDIA Agent Skills Signing 002", root, any_usage=True), "identity-mismatch"),
    ):
        with pytest.raises(AttestError) as caught:
            verify_directory(hashed(folder), [evidence], [signer])
        assert caught.value.code == code


def test_a_skill_under_another_root_of_the_same_company_is_refused() -> None:
    raw = (SKILLS / "internal-root-only-sig" / "skill.oms.sig").read_bytes()
    signer = holder(SKILL, SKILLS / "nv-agent-root-cert.pem", any_usage=True)
    with pytest.raises(AttestError) as caught:
        verify_directory(hashed(SKILLS / "rag-blueprint"), [Evidence(raw=raw, origin="skill")], [signer])
    assert (caught.value.code, caught.value.exit_status) == ("certificate-authority-unknown", 1)
