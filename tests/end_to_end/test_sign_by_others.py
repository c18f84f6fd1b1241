"""`attest sign` by the holder of a certificate, by an identity, a token and a cloud; and what is refused of each."""

from __future__ import annotations

import base64
import datetime as dt
import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from tests.services import moto_kms
from tests.services.company_ca import RELEASE, CompanyCa, Leaf
from tests.services.sigstore.instance import (
    PERSON,
    _sigstore,  # noqa: F401  # a fixture of the fixture
    other_sigstore,  # noqa: F401  # a fixture
    sigstore,  # noqa: F401  # a fixture
)
from tests.services.softhsm import PIN, fresh

if TYPE_CHECKING:
    from tests.end_to_end.shell import Printed, Shell
    from tests.services.sigstore.instance import Sigstore

ROOT = Path(__file__).parents[2]
UNPROVEN = "--accept-unproven-time"
DAY = dt.timedelta(days=1)
ADD_KEY = """
import sys, pathlib
from tests.services.softhsm import SoftHSM
SoftHSM(folder=pathlib.Path(sys.argv[1]), module=sys.argv[2]).add_key("release", "models", identifier=bytes([1]))
"""


@pytest.fixture
def company(shell: Shell) -> CompanyCa:
    """A key with its certificate: `ca/release.key`, `ca/release.pem`."""
    made = CompanyCa(folder=shell.folder / "ca")
    made.certificate(made.key().with_suffix(".pub"))
    return made


def sign(shell: Shell, *options: str, expect: int = 0, **environment: str) -> Printed:
    arguments = ("--key", "ca/release.key", "--certificate", "ca/release.pem", "--certificate-chain", "ca/chain.pem")
    named = {option for option in options if option.startswith("--")}
    pairs = [pair for pair in zip(arguments[::2], arguments[1::2], strict=True) if pair[0] not in named]
    whole = ("sign", "model", "--bundle", "model.sig", *(word for pair in pairs for word in pair), *options)
    return shell.attest(*whole, expect=expect, **environment)


def verify(shell: Shell, *options: str, subject: str = RELEASE, root: str = "ca/root.pem", expect: int = 0) -> Printed:
    whom = ("--identity", subject, "--root", root)
    return shell.attest("verify", "./model", "--bundle", "model.sig", *whom, *options, expect=expect)


def tsa_chain(instance: Sigstore, path: Path) -> str:
    """The instance's timestamp authority as its operator would hand it out."""
    document = json.loads(instance.trusted_root.read_text())
    listed = document["timestampAuthorities"][0]["certChain"]["certificates"]
    ders = [base64.b64decode(each["rawBytes"]) for each in listed]
    lines = [
        b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(der) + b"-----END CERTIFICATE-----\n" for der in ders
    ]
    path.write_bytes(b"".join(lines))
    return str(path)


def material(shell: Shell) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((shell.folder / "model.sig").read_text())["verificationMaterial"]
    return found


# ---- certificates of a private authority


@pytest.mark.usefixtures("company")
def test_a_certificate_signs_with_its_chain_in_order(shell: Shell) -> None:
    printed = sign(shell)
    assert "certificate of CN=release (by CN=acme signing)" in printed.err
    assert f"--identity {RELEASE} --root CA.pem" in printed.err
    names = [
        x509.load_der_x509_certificate(base64.b64decode(each["rawBytes"])).subject.rfc4514_string()
        for each in material(shell)["x509CertificateChain"]["certificates"]
    ]
    assert names == ["CN=release", "CN=acme signing", "CN=acme root"]  # the file has the root first
    answer = verify(shell, UNPROVEN)
    assert "nothing proves when it was signed" in answer.out
    assert answer.out.splitlines()[-1] == f"ALLOWED  by --identity {RELEASE}"
    assert "ALLOWED" in verify(shell, UNPROVEN, subject="CN=release").out
    assert "ALLOWED" in verify(shell, UNPROVEN, subject="*@acme.example").out


@pytest.mark.usefixtures("company")
def test_without_a_timestamp_it_is_refused_unless_that_is_accepted(shell: Shell) -> None:
    sign(shell)
    refused = verify(shell, expect=1).complaint
    assert refused.code == "time-missing"
    assert "--accept-unproven-time" in refused.hint


def test_a_timestamp_proves_the_time(shell: Shell, company: CompanyCa, sigstore: Sigstore) -> None:  # noqa: F811
    sign(shell, "--tsa", sigstore.timestamps)
    chain = tsa_chain(sigstore, company.folder / "tsa.pem")
    for witness in (("--tsa-chain", chain), ("--trusted-root", str(sigstore.trusted_root))):
        answer = verify(shell, *witness)
        assert "signed at " in answer.out
        assert "proven" in answer.out
    unknown = verify(shell, expect=1).complaint
    assert unknown.code == "time-missing"
    assert "not checked" in unknown.details["found"]


def test_a_timestamp_proves_the_time_of_a_bare_key_too(
    shell: Shell,
    company: CompanyCa,
    sigstore: Sigstore,  # noqa: F811
    other_sigstore: Sigstore,  # noqa: F811
) -> None:
    shell.attest("sign", "model", "--bundle", "model.sig", "--key", "ca/release.key", "--tsa", sigstore.timestamps)
    check = ("verify", "./model", "--bundle", "model.sig", "--key", "ca/release.pub")
    assert "nothing proves when it was signed" in shell.attest(*check).out
    own, others = company.folder / "tsa.pem", company.folder / "other-tsa.pem"
    tsa_chain(sigstore, own)
    tsa_chain(other_sigstore, others)
    assert "signed at " in shell.attest(*check, "--tsa-chain", str(own)).out
    assert shell.attest(*check, "--tsa-chain", str(others), expect=3).complaint.code == "timestamp-invalid"


def test_a_timestamp_of_another_authority_is_refused_even_where_none_is_needed(
    shell: Shell,
    company: CompanyCa,
    sigstore: Sigstore,  # noqa: F811
    other_sigstore: Sigstore,  # noqa: F811
) -> None:
    sign(shell, "--tsa", sigstore.timestamps)
    chain = tsa_chain(other_sigstore, company.folder / "tsa.pem")  # its names are the same
    for options in ((), (UNPROVEN,)):
        assert verify(shell, "--tsa-chain", chain, *options, expect=3).complaint.code == "timestamp-invalid"


def test_a_stripped_timestamp_is_missed(shell: Shell, company: CompanyCa, sigstore: Sigstore) -> None:  # noqa: F811
    sign(shell, "--tsa", sigstore.timestamps)
    document = json.loads((shell.folder / "model.sig").read_text())
    del document["verificationMaterial"]["timestampVerificationData"]
    (shell.folder / "model.sig").write_text(json.dumps(document))
    chain = tsa_chain(sigstore, company.folder / "tsa.pem")
    assert verify(shell, "--tsa-chain", chain, expect=1).complaint.code == "time-missing"


@pytest.mark.usefixtures("company")
def test_no_bundle_without_the_timestamp_that_was_asked_for(
    shell: Shell,
    sigstore: Sigstore,  # noqa: F811
) -> None:
    sigstore.fault("tsa", "status", status=400)
    assert sign(shell, "--tsa", sigstore.timestamps, expect=4).complaint.code == "tsa-refused"
    assert "model.sig" not in shell.names()


WHOM: dict[str, tuple[dict[str, str], str, int]] = {
    "another name": ({"subject": "mallory@acme.example"}, "identity-mismatch", 1),
    "a name in another place": ({"subject": "CN=release@acme.example"}, "identity-mismatch", 1),
    "a part of the name": ({"subject": "release@acme.exampl"}, "identity-mismatch", 1),
    "a pattern for nobody in particular": ({"subject": "**"}, "identity-too-wide", 2),
    "another authority": ({"root": "other/root.pem"}, "certificate-chain", 3),
    "the certificate itself": ({"root": "ca/release.pem"}, "bad-authority", 2),
    "no authority": ({"root": "nowhere.pem"}, "authority-not-found", 2),
}


@pytest.mark.parametrize("case", WHOM)
@pytest.mark.usefixtures("company")
def test_whom_the_certificate_does_not_name(shell: Shell, case: str) -> None:
    CompanyCa(folder=shell.folder / "other")  # its names are the same
    options, code, status = WHOM[case]
    sign(shell)
    assert verify(shell, UNPROVEN, expect=status, **options).complaint.code == code


@pytest.mark.parametrize(
    "options",
    [
        ("--root", "ca/root.pem"),
        ("--root", "ca/root.pem", "--identity", RELEASE, "--issuer", "https://accounts.example.com"),
        ("--root", "ca/root.pem", "--key", "ca/release.pub"),
        ("--identity", RELEASE, "--tsa-chain", "ca/root.pem"),
        ("--identity", RELEASE, UNPROVEN),
        ("--key", "ca/release.pub", "--accept-any-usage"),
        ("--root", "ca/root.pem", "--identity", RELEASE, "--tsa-chain", "x.pem", "--trusted-root", "y.json"),
    ],
)
@pytest.mark.usefixtures("company")
def test_flags_that_do_not_go_together(shell: Shell, options: tuple[str, ...]) -> None:
    sign(shell)
    refused = shell.attest("verify", "./model", "--bundle", "model.sig", *options, expect=2)
    assert refused.complaint.code == "usage"


@pytest.mark.parametrize("file", ["ca/root.pem", "ca/release.key", "nowhere.pem", "model/config.json"])
@pytest.mark.usefixtures("company")
def test_a_file_that_is_no_timestamp_authority_s(shell: Shell, file: str) -> None:
    sign(shell)
    assert verify(shell, "--tsa-chain", file, expect=2).complaint.code == "bad-timestamp-chain"


def test_a_certificate_s_bundle_is_not_taken_for_its_key_s(shell: Shell, company: CompanyCa) -> None:
    sign(shell)
    refused = shell.attest("verify", "./model", "--bundle", "model.sig", "--key", "ca/release.pub", expect=1)
    assert refused.complaint.code == "certificate-unsupported"
    shell.attest("sign", "model", "--bundle", "key.sig", "--key", "ca/release.key")
    whom = ("--identity", RELEASE, "--root", str(company.root), UNPROVEN)
    refused = shell.attest("verify", "./model", "--bundle", "key.sig", *whom, expect=1)
    assert refused.complaint.code == "signer-not-trusted"


LEAVES: dict[str, Leaf] = {
    "for web servers": Leaf(purposes=(ExtendedKeyUsageOID.SERVER_AUTH,)),
    "for no purpose": Leaf(purposes=()),
    "an authority": Leaf(ca=True),
    "expired": Leaf(start=-30 * DAY, end=-DAY),
    "not yet": Leaf(start=DAY),
    "of nobody": Leaf(name="", names=()),
}


@pytest.mark.parametrize("kind", LEAVES)
def test_a_certificate_that_verifiers_would_refuse_is_told_to_the_signer(
    shell: Shell, company: CompanyCa, kind: str
) -> None:
    company.certificate(company.folder / "release.pub", LEAVES[kind], file="wrong.pem")
    assert sign(shell, "--certificate", "ca/wrong.pem", expect=2).complaint.code == "bad-certificate"
    assert "model.sig" not in shell.names()


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("--key", "other.key"), "certificate-key-mismatch"),
        (("--certificate-chain", "ca/root.pem"), "bad-certificate"),
        (("--certificate-chain", "other/chain.pem"), "bad-certificate"),
        (("--certificate-chain", "ca/release.pem"), "certificate-chain-missing"),
        (("--certificate-chain", "model/config.json"), "bad-certificate"),
        (("--certificate", "nowhere.pem"), "bad-certificate"),
        (("--certificate", "ca/release.key"), "bad-certificate"),
        (("--keyless",), "usage"),
        (("--rekor", "http://127.0.0.1:9", "--rekor-version", "2"), "usage"),
    ],
)
@pytest.mark.usefixtures("company")
def test_what_does_not_belong_together_is_not_signed(shell: Shell, options: tuple[str, ...], code: str) -> None:
    shutil.copy(CompanyCa(folder=shell.folder / "other").key(), shell.folder / "other.key")
    assert sign(shell, *options, expect=2).complaint.code == code
    assert "model.sig" not in shell.names()


def test_a_chain_in_the_certificate_s_own_file(shell: Shell, company: CompanyCa) -> None:
    whole = (company.folder / "release.pem").read_bytes() + (company.folder / "intermediate.pem").read_bytes()
    (company.folder / "whole.pem").write_bytes(whole)
    whom = ("--key", "ca/release.key", "--certificate", "ca/whole.pem")
    shell.attest("sign", "model", "--bundle", "model.sig", *whom)
    assert len(material(shell)["x509CertificateChain"]["certificates"]) == 2
    assert "ALLOWED" in verify(shell, UNPROVEN).out
    refused = shell.attest("sign", "model", "--bundle", "x.sig", *whom[:2], "--certificate-chain", "x", expect=2)
    assert refused.complaint.code == "usage"


def test_a_certificate_for_another_purpose_is_never_accepted(shell: Shell, company: CompanyCa) -> None:
    """A bundle that another tool would make: model_signing takes a web server's certificate (row 34)."""
    sign(shell)
    for kind, file in (("for web servers", "web.pem"), ("for no purpose", "any.pem")):
        company.certificate(company.folder / "release.pub", LEAVES[kind], file=file)
        der = x509.load_pem_x509_certificate((company.folder / file).read_bytes())
        document = json.loads((shell.folder / "model.sig").read_text())
        first = document["verificationMaterial"]["x509CertificateChain"]["certificates"][0]
        first["rawBytes"] = base64.b64encode(der.public_bytes(Encoding.DER)).decode()
        (shell.folder / "model.sig").write_text(json.dumps(document))
        refused = verify(shell, UNPROVEN, expect=3).complaint
        assert refused.code == "certificate-usage"
        assert ("--accept-any-usage" in refused.hint) == (kind == "for no purpose")
        accepted = verify(shell, UNPROVEN, "--accept-any-usage", expect=0 if kind == "for no purpose" else 3)
        assert ("ALLOWED" in accepted.out) == (kind == "for no purpose")


# ---- identities


def keyless(shell: Shell, instance: Sigstore, *options: str, expect: int = 0) -> Printed:
    whom = ("--keyless", "--trust-config", str(instance.trust_config(2)))
    token = instance.token(**PERSON)
    whole = ("sign", "model", "--bundle", "model.sig", *whom, *options)
    return shell.attest(*whole, expect=expect, ATTEST_IDENTITY_TOKEN=token)


def identity(
    shell: Shell, instance: Sigstore, *, subject: str = PERSON["email"], by: str = "", expect: int = 0
) -> Printed:
    whom = ("--identity", subject, "--issuer", by or instance.url, "--trusted-root", str(instance.trusted_root))
    return shell.attest("verify", "./model", "--bundle", "model.sig", *whom, expect=expect)


def test_an_identity_signs_a_folder(shell: Shell, sigstore: Sigstore) -> None:  # noqa: F811
    printed = keyless(shell, sigstore)
    assert f"identity {PERSON['email']} (by {sigstore.url})" in printed.err
    answer = identity(shell, sigstore)
    assert "signed at " in answer.out
    assert "ALLOWED" in answer.out


def test_another_identity_issuer_or_instance_is_refused(
    shell: Shell,
    sigstore: Sigstore,  # noqa: F811
    other_sigstore: Sigstore,  # noqa: F811
) -> None:
    keyless(shell, sigstore)
    assert identity(shell, sigstore, subject="mallory@acme.test", expect=1).complaint.code == "identity-mismatch"
    assert identity(shell, sigstore, by="https://accounts.example.com", expect=1).complaint.code == "issuer-mismatch"
    refused = identity(shell, other_sigstore, by=sigstore.url, expect=3).complaint
    assert refused.code in {"certificate-chain", "timestamp-invalid"}  # of the same name, with another key


@pytest.mark.parametrize("service", ["fulcio", "rekor", "tsa"])
def test_no_bundle_where_a_service_does_not_do_its_part(
    shell: Shell,
    sigstore: Sigstore,  # noqa: F811
    service: str,
) -> None:
    sigstore.fault(service, "status", status=400)
    assert keyless(shell, sigstore, expect=4).complaint.code == f"{service}-refused"
    assert "model.sig" not in shell.names()


# ---- keys that live elsewhere


def test_a_token_s_key_signs(shell: Shell, company: CompanyCa) -> None:
    pytest.importorskip("pkcs11", reason="python-pkcs11 is not installed")
    hsm = fresh(shell.folder / "hsm")
    hsm.add_token("release")
    person = replace(shell, environment={**shell.environment, **hsm.environment, "ATTEST_PASSPHRASE": PIN})
    subprocess.run(
        [sys.executable, "-c", ADD_KEY, str(hsm.folder), hsm.module], cwd=ROOT, env=person.variables(), check=True
    )
    uri = hsm.uri("release", "models")
    person.attest("sign", "model", "--bundle", "key.sig", "--key", uri)
    person.attest("key", "export", uri, "--out", "models.pub")
    assert "ALLOWED" in shell.attest("verify", "./model", "--bundle", "key.sig", "--key", "models.pub").out
    company.certificate(shell.folder / "models.pub", file="token.pem")
    sign(person, "--key", uri, "--certificate", "ca/token.pem")
    assert "ALLOWED" in verify(shell, UNPROVEN).out


def test_a_cloud_s_key_signs(shell: Shell, company: CompanyCa) -> None:
    with moto_kms.running("--digests") as service:
        service.add_key("models")
        person = replace(shell, environment=service.environment)
        person.attest("key", "export", "awskms:///alias/models", "--out", "models.pub")
        company.certificate(shell.folder / "models.pub", file="cloud.pem")
        sign(person, "--key", "awskms:///alias/models", "--certificate", "ca/cloud.pem")
        person.attest("sign", "model", "--bundle", "key.sig", "--key", "awskms:///alias/models")
    assert "ALLOWED" in verify(shell, UNPROVEN).out
    assert "ALLOWED" in shell.attest("verify", "./model", "--bundle", "key.sig", "--key", "models.pub").out
