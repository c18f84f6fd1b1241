"""What we sign by identity at the real Fulcio, TesseraCT, Rekor v2 and timestamp authority, as others see it."""

from __future__ import annotations

import base64
import datetime as dt
import json
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from sigstore.errors import VerificationError
from sigstore.models import Bundle, TrustedRoot
from sigstore.verify import Verifier
from sigstore.verify import policy as policies

from tests.interop.changes import payload_of
from tests.interop.keyless_scene import Keyless
from tests.interop.tools import ROOT, Person, model_signing, program, run, settle, sigstore_verify
from tests.services.go_sigstore.instance import JOB, PERSON

if TYPE_CHECKING:
    from pathlib import Path

    from tests.interop.tools import Outcome
    from tests.services.docker_registry import DockerRegistry
    from tests.services.go_sigstore.instance import GoSigstore

pytestmark = pytest.mark.interop

SIGN = "https://sigstore.dev/cosign/sign/v1"
MODEL_SIGNATURE = "https://model_signing/signature/v1.0"
TYPES = {"provenance": "slsaprovenance1", "ML-BOM": "cyclonedx", "cosign signature": SIGN}
FILES = {
    "provenance": "provenance",
    "ML-BOM": "ml-bom",
    "cosign signature": "cosign-signature",
    "model signature": "model-signature",
}
HTTP = "--allow-http-registry"


@dataclass(frozen=True, kw_only=True, slots=True)
class Pushed:
    """A version in a registry, signed by a job of a CI, and its bundles."""

    job: Keyless
    folder: Path
    name: str
    digest: str
    bundles: dict[str, Path]

    @property
    def pinned(self) -> str:
        return f"{self.name}@{self.digest}"


def push(job: Keyless, folder: Path, name: str) -> Pushed:
    digest = job.push(folder, name, job.instance.job_token(), "--licence", "Apache-2.0", "--metric", "auc=0.9")
    bundles = job.person.export(f"{name}:1", f"exported-{name.replace('/', '-')}")
    return Pushed(job=job, folder=folder, name=name, digest=digest, bundles=bundles)


@pytest.fixture(scope="session")
def job(go_sigstore: GoSigstore, tmp_path_factory: pytest.TempPathFactory) -> Keyless:
    return Keyless.job(tmp_path_factory.mktemp("job"), go_sigstore)


@pytest.fixture(scope="session")
def pushed(job: Keyless, models: Path, olareg: str) -> Pushed:
    return push(job, models / "nested", f"{olareg}/acme/keyless")


@pytest.fixture(scope="session")
def foreign_root(go_sigstore: GoSigstore, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The instance's root, but for a certificate authority of the same name and another key."""
    document = json.loads(go_sigstore.trusted_root.read_bytes())
    (authority,) = document["certificateAuthorities"]
    own = x509.load_pem_x509_certificate((go_sigstore.folder / "fulcio.pem").read_bytes())
    key = ec.generate_private_key(ec.SECP256R1())
    builder = x509.CertificateBuilder(own.subject, own.subject, key.public_key(), 1)
    builder = builder.not_valid_before(own.not_valid_before_utc).not_valid_after(own.not_valid_after_utc)
    for extension in own.extensions:
        if extension.oid == x509.SubjectKeyIdentifier.oid:
            builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        else:
            builder = builder.add_extension(extension.value, extension.critical)
    raw = builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)
    authority["certChain"]["certificates"] = [{"rawBytes": base64.b64encode(raw).decode()}]
    path = tmp_path_factory.mktemp("foreign") / "trusted_root.json"
    path.write_text(json.dumps(document))
    return path


# ---- by us


@pytest.mark.witness(
    "attest reads attest", how="keyless, registry with referrers", claims=("model signature", "provenance", "ML-BOM")
)
def test_we_accept_it_by_its_identity(pushed: Pushed) -> None:
    found = pushed.job.verdict(f"{pushed.name}:1", "--full")
    assert found["verdict"] == "allowed", json.dumps(found["findings"], indent=1)
    (time,) = [each for each in found["findings"] if each["rule"] == "time"]
    assert "proven" in time["summary"]
    assert "not proven" not in time["summary"]


@pytest.mark.parametrize(
    ("other", "verdict", "code"),
    [
        ({"identity": f"{JOB[:-4]}other"}, "denied", "identity-mismatch"),
        ({"issuer": "http://127.0.0.1:1/ci"}, "denied", "issuer-mismatch"),
        ({}, "tampered", "certificate-chain"),
    ],
    ids=["identity", "issuer", "root"],
)
@pytest.mark.witness(
    "attest refuses attest", how="keyless, registry with referrers", claims=("model signature", "provenance", "ML-BOM")
)
def test_we_refuse_it_as_somebody_elses(
    pushed: Pushed, foreign_root: Path, other: dict[str, str | Path], verdict: str, code: str
) -> None:
    found = pushed.job.verdict(f"{pushed.name}:1", **(other or {"trusted-root": foreign_root}))
    rules = {each["rule"]: each["code"] for each in found["findings"]}
    assert found["verdict"] == verdict, json.dumps(found["findings"], indent=1)
    assert [rules[rule] for rule in ("signature", "provenance", "ml-bom")] == [code] * 3


@pytest.mark.witness(
    "attest reads attest", how="keyless, registry without referrers", claims=("model signature", "provenance", "ML-BOM")
)
def test_a_registry_without_the_referrers_api_does_as_well(
    job: Keyless, models: Path, docker_registry: DockerRegistry
) -> None:
    there = push(job, models / "plain", f"{docker_registry.host}/acme/keyless")
    assert job.verdict(f"{there.name}:1")["verdict"] == "allowed"
    outcome = job.cosign("verify", HTTP, there.pinned)
    assert outcome.status == 0, outcome.err


@pytest.mark.witness("attest reads attest", how="keyless, a person", claims=("model signature", "provenance", "ML-BOM"))
def test_a_person_signs_with_an_e_mail_address(go_sigstore: GoSigstore, models: Path, tmp_path: Path) -> None:
    person = Keyless(home=tmp_path, instance=go_sigstore, subject=PERSON, issuer=go_sigstore.people)
    person.push(models / "plain", "acme/person", go_sigstore.person_token())
    assert person.verdict("acme/person:1")["verdict"] == "allowed"
    assert person.verdict("acme/person:1", issuer=go_sigstore.ci)["verdict"] == "denied"


def test_the_referrers_api_is_what_was_used(pushed: Pushed, olareg: str, tmp_path: Path) -> None:
    """No tag stands in for the listing, the listing has the four claims, and a pull gives the files."""
    repository = f"http://{olareg}/v2/{pushed.name.partition('/')[2]}"
    with urllib.request.urlopen(f"{repository}/tags/list", timeout=10) as answer:  # noqa: S310  # ours, on loopback
        assert json.load(answer)["tags"] == ["1", "attest-log"]  # the version and its log; no sha256-… fallback
    with urllib.request.urlopen(f"{repository}/referrers/{pushed.digest}", timeout=10) as answer:  # noqa: S310
        listed = json.load(answer)["manifests"]
    kinds = {each["annotations"]["dev.sigstore.bundle.predicateType"] for each in listed}
    assert kinds == {MODEL_SIGNATURE, SIGN, "https://slsa.dev/provenance/v1", "https://cyclonedx.org/bom"}
    assert len(listed) == 4
    pulled = pushed.job.attest("pull", f"{pushed.name}:1", tmp_path / "fresh", *pushed.job.whom())
    assert pulled.status == 0, pulled.err
    assert sorted(path.name for path in (tmp_path / "fresh").rglob("*")) == sorted(
        path.name for path in pushed.folder.rglob("*")
    )


# ---- services that refuse


def refused(job: Keyless, folder: Path, token: str, *options: str) -> str:
    """The code with which a keyless push ends that must store nothing."""
    outcome = job.attest(
        "push", folder, "acme/refused", "--keyless", "--trust-config", job.instance.trust_config,
        "--identity-token", token, "--quiet", "--yes", *options,
    )  # fmt: skip
    assert outcome.status != 0
    assert not job.person.layout("acme/refused").joinpath("index.json").exists()
    return outcome.err.partition("error[")[2].partition("]")[0]


def test_the_real_fulcio_refuses_a_forged_token(job: Keyless, models: Path) -> None:
    forger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    forged = job.instance.job_token(key=forger)
    assert refused(job, models / "plain", forged) == "fulcio-refused"


def test_the_real_fulcio_refuses_an_issuer_that_it_does_not_know(job: Keyless, models: Path) -> None:
    stranger = job.instance.issuer.token("/strangers", sub="x", email="x@acme.test", email_verified=True)
    assert refused(job, models / "plain", stranger) == "fulcio-refused"


def test_the_real_fulcio_refuses_an_address_that_nobody_verified(job: Keyless, models: Path) -> None:
    assert refused(job, models / "plain", job.instance.person_token(email_verified=False)) == "fulcio-refused"


# ---- by cosign


@pytest.mark.witness("cosign reads attest", how="keyless, registry with referrers", claims=("cosign signature",))
def test_cosign_verifies_the_version(pushed: Pushed) -> None:
    outcome = pushed.job.cosign("verify", HTTP, pushed.pinned)
    assert outcome.status == 0, outcome.err
    assert SIGN in {one["critical"]["type"] for one in json.loads(outcome.out.strip().splitlines()[-1])}


@pytest.mark.witness("cosign reads attest", how="keyless, registry with referrers")
@pytest.mark.parametrize("claim", sorted(TYPES))
def test_cosign_verifies_each_claim_by_its_type(claim: str, pushed: Pushed) -> None:
    outcome = pushed.job.cosign("verify-attestation", HTTP, "--type", TYPES[claim], pushed.pinned)
    assert outcome.status == 0, outcome.err
    assert json.loads(outcome.out)["payloadType"] == "application/vnd.in-toto+json"


def blob(job: Keyless, bundle: Path, kind: str, digest: str, **other: str | Path) -> Outcome:
    return job.cosign(
        "verify-blob-attestation", "--bundle", bundle, "--type", kind, "--digestAlg", "sha256", "--digest", digest,
        **other,
    )  # fmt: skip


@pytest.mark.witness("cosign reads attest", how="keyless, exported bundle", claims=("model signature",))
def test_cosign_verifies_the_model_signature_for_its_root(pushed: Pushed) -> None:
    bundle = pushed.bundles["model-signature"]
    root = payload_of(bundle)["subject"][0]["digest"]["sha256"]
    outcome = blob(pushed.job, bundle, MODEL_SIGNATURE, root)
    assert outcome.status == 0, outcome.err
    assert blob(pushed.job, bundle, MODEL_SIGNATURE, "0" * 64).status == 1


@pytest.mark.witness("cosign refuses attest", how="keyless, registry with referrers")
@pytest.mark.parametrize("claim", sorted(TYPES))
def test_cosign_refuses_each_claim_as_somebody_elses(claim: str, pushed: Pushed, foreign_root: Path) -> None:
    others: list[dict[str, str | Path]] = [
        {"certificate_identity": "https://github.com/acme/other"},
        {"certificate_oidc_issuer": "http://127.0.0.1:1/ci"},
        {"trusted_root": foreign_root},
    ]
    for other in others:
        outcome = pushed.job.cosign("verify-attestation", HTTP, "--type", TYPES[claim], pushed.pinned, **other)
        assert outcome.status != 0, other


# ---- by others


@pytest.mark.witness("@sigstore/verify reads attest", how="keyless, exported bundle", claims=tuple(FILES))
@pytest.mark.witness("@sigstore/verify refuses attest", how="keyless, exported bundle", claims=tuple(FILES))
def test_sigstores_javascript_judges_every_bundle(pushed: Pushed, foreign_root: Path) -> None:
    node, _, modules = sigstore_verify()
    files = [pushed.bundles[name] for name in FILES.values()]
    script = ROOT / "tests" / "interop" / "verify_keyless.mjs"

    def judge(root: Path, identity: str) -> Outcome:
        whom = json.dumps({"identity": identity, "issuer": pushed.job.issuer})
        return run(node, script, modules, root, whom, *files)

    outcome = judge(pushed.job.instance.trusted_root, pushed.job.subject)
    assert outcome.status == 0, outcome.out + outcome.err
    assert outcome.out.count('"verified":true') == len(FILES)
    for refused in (judge(foreign_root, JOB), judge(pushed.job.instance.trusted_root, f"{JOB}x")):
        assert (refused.status, refused.out.count('"verified":false')) == (1, len(FILES)), refused.out + refused.err


@pytest.mark.witness("sigstore-python reads attest", how="keyless, exported bundle")
@pytest.mark.witness("sigstore-python refuses attest", how="keyless, exported bundle")
@pytest.mark.parametrize("claim", sorted(FILES))
def test_sigstores_python_judges_every_bundle(claim: str, pushed: Pushed, foreign_root: Path) -> None:
    bundle = Bundle.from_json(pushed.bundles[FILES[claim]].read_bytes())

    def judge(root: Path, identity: str) -> tuple[str, bytes]:
        policy = policies.Identity(identity=identity, issuer=pushed.job.issuer)
        return Verifier(trusted_root=TrustedRoot.from_file(str(root))).verify_dsse(bundle, policy)

    kind, payload = judge(pushed.job.instance.trusted_root, JOB)
    assert kind == "application/vnd.in-toto+json"
    assert json.loads(payload)["subject"]
    for root, identity in ((foreign_root, JOB), (pushed.job.instance.trusted_root, f"{JOB}x")):
        with pytest.raises(VerificationError):
            judge(root, identity)


@pytest.mark.witness("model_signing refuses attest", how="keyless, exported bundle", claims=("model signature",))
@pytest.mark.witness("model_signing reads attest", how="keyless, exported bundle", claims=("model signature",))
def test_model_signing_verifies_the_model_signature(pushed: Pushed) -> None:
    def check(identity: str) -> Outcome:
        return pushed.job.person.run(
            model_signing(), "verify", "sigstore", "--trust_config", pushed.job.instance.trust_config, "--identity",
            identity, "--identity_provider", pushed.job.issuer, "--signature", pushed.bundles["model-signature"],
            pushed.folder,
        )  # fmt: skip

    outcome = check(pushed.job.subject)
    assert outcome.status == 0, outcome.out + outcome.err
    assert check("https://github.com/acme/other").status != 0


@pytest.mark.witness("attest reads model_signing", how="keyless", claims=("model signature",))
@pytest.mark.witness("attest refuses model_signing", how="keyless", claims=("model signature",))
def test_we_verify_what_model_signing_signed(job: Keyless, models: Path, tmp_path: Path) -> None:
    signature = tmp_path / "model.sig"
    signed = job.person.run(
        model_signing(), "sign", "sigstore", "--trust_config", job.instance.trust_config, "--identity_token",
        job.instance.job_token(), "--signature", signature, models / "plain",
    )  # fmt: skip
    assert signed.status == 0, signed.out + signed.err
    outcome = job.attest("verify", models / "plain", "--evidence", signature, *job.whom())
    assert outcome.status == 0, outcome.out + outcome.err
    stranger = job.attest("verify", models / "plain", "--evidence", signature, *job.whom(identity=f"{JOB}x"))
    assert stranger.status == 1
    assert "identity-mismatch" in stranger.err
    other = job.attest("verify", models / "nested", "--evidence", signature, *job.whom())
    assert other.status == 3


# ---- a key with proofs


@pytest.mark.witness(
    "cosign reads attest", how="key, log and timestamp", claims=("provenance", "ML-BOM", "cosign signature")
)
@pytest.mark.witness("cosign refuses attest", how="key, log and timestamp", claims=("cosign signature",))
def test_a_keys_signatures_are_logged_and_stamped(
    go_sigstore: GoSigstore, olareg: str, models: Path, tmp_path: Path
) -> None:
    person = settle(tmp_path / "person")
    name = f"{olareg}/acme/proven"
    digest = person.push(
        models / "plain", name, "--tsa", go_sigstore.timestamps, "--rekor", go_sigstore.rekor, "--rekor-version", "2"
    )
    assert person.verify(f"{name}:1")["verdict"] == "allowed"
    key = ("--key", person.public, "--trusted-root", go_sigstore.trusted_root, HTTP)
    for verb in (("verify",), *(("verify-attestation", "--type", kind) for kind in TYPES.values())):
        outcome = person.run(program("cosign"), *verb, *key, f"{name}@{digest}")
        assert outcome.status == 0, outcome.err
    bare: Person = settle(tmp_path / "bare")
    unlogged = f"{olareg}/acme/unlogged"
    digest = bare.push(models / "plain", unlogged)
    key = ("--key", bare.public, "--trusted-root", go_sigstore.trusted_root, HTTP)
    assert bare.run(program("cosign"), "verify", *key, f"{unlogged}@{digest}").status != 0


def test_the_certificate_lives_ten_minutes_and_names_the_job(pushed: Pushed) -> None:
    document = json.loads(pushed.bundles["provenance"].read_bytes())
    raw = base64.b64decode(document["verificationMaterial"]["certificate"]["rawBytes"])
    certificate = x509.load_der_x509_certificate(raw)
    assert certificate.not_valid_after_utc - certificate.not_valid_before_utc == dt.timedelta(minutes=10)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.UniformResourceIdentifier) == [pushed.job.subject]
