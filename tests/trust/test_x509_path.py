"""Who may issue: authorities that are none, stand too far up, are meant for something else, or sign weakly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from attest.errors import AttestError
from attest.trust.x509_path import check_authorities, check_extensions, check_issued, load_certificate
from tests.verify.private_authority import NOON, builder, named, usage
from tests.verify.private_keys import new_key

if TYPE_CHECKING:
    from collections.abc import Callable

CODE = ExtendedKeyUsageOID.CODE_SIGNING
ROOT_KEY, KEY, LEAF_KEY = new_key(), new_key(), new_key()
AUTHORITY = x509.BasicConstraints(ca=True, path_length=None)


def certificate(
    name: str, issuer: str, key: Any, issuing: Any, *extensions: x509.ExtensionType, algorithm: Any = None
) -> x509.Certificate:
    made = builder(named(name), named(issuer), key.public_key(), start=NOON, end=NOON.replace(year=2030))
    for extension in extensions:
        made = made.add_extension(extension, critical=True)
    return made.sign(issuing, algorithm or hashes.SHA256())


def root(*extensions: x509.ExtensionType) -> x509.Certificate:
    return certificate("root", "root", ROOT_KEY, ROOT_KEY, *(extensions or (AUTHORITY, usage(signs_certificates=True))))


def between(*extensions: x509.ExtensionType) -> x509.Certificate:
    return certificate("between", "root", KEY, ROOT_KEY, *(extensions or (AUTHORITY,)))


def refused(call: Callable[[], object]) -> str:
    with pytest.raises(AttestError) as error:
        call()
    return error.value.code


def check(*path: x509.Certificate) -> None:
    check_authorities(path, what="the path", purpose=CODE)


def test_a_good_path() -> None:
    check(between(), root())
    check(root())


@pytest.mark.parametrize(
    "extensions",
    [
        (x509.SubjectKeyIdentifier(b"no constraints"),),
        (x509.BasicConstraints(ca=False, path_length=None),),
        (AUTHORITY, usage(signs_certificates=False)),
        (AUTHORITY, x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])),
        (AUTHORITY, x509.NameConstraints([x509.DNSName("example.com")], None)),
        (AUTHORITY, x509.PolicyConstraints(0, None)),
        (AUTHORITY, x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00")),
    ],
    ids=["no constraints", "no authority", "key usage", "purpose", "names", "policies", "unknown and critical"],
)
def test_authorities_that_may_not_issue(extensions: tuple[x509.ExtensionType, ...]) -> None:
    assert refused(lambda: check(between(*extensions), root())) == "certificate-chain"


def test_an_authority_that_names_the_purpose() -> None:
    check(between(AUTHORITY, x509.ExtendedKeyUsage([CODE])), root())


def test_an_authority_too_far_up() -> None:
    short = root(x509.BasicConstraints(ca=True, path_length=0))
    check(short)
    assert refused(lambda: check(between(), short)) == "certificate-chain"


def test_a_path_with_a_gap_or_another_key() -> None:
    assert refused(lambda: check(between(), between())) == "certificate-chain"
    impostor = certificate("root", "root", KEY, KEY, AUTHORITY)
    assert refused(lambda: check(between(), impostor)) == "certificate-chain"


def test_weak_keys_do_not_issue() -> None:
    weak = rsa.generate_private_key(65537, 1024)  # noqa: S505  # that is the point
    issuer = certificate("weak", "weak", weak, weak, AUTHORITY)
    leaf = certificate("leaf", "weak", LEAF_KEY, weak)
    assert refused(lambda: check_issued(leaf, issuer, what="the leaf")) == "certificate-chain"


def test_weak_hashes_do_not_issue() -> None:
    leaf = certificate("leaf", "root", LEAF_KEY, ROOT_KEY, algorithm=hashes.SHA224())
    assert refused(lambda: check_issued(leaf, root(), what="the leaf")) == "certificate-chain"


def test_what_is_not_critical_may_be_unknown() -> None:
    made = builder(named("a"), named("root"), KEY.public_key(), start=NOON, end=NOON.replace(year=2030))
    unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00")
    check_extensions(made.add_extension(unknown, critical=False).sign(ROOT_KEY, hashes.SHA256()), what="a")


@pytest.mark.parametrize("der", [b"", b"0", b"\x30\x00", bytes(100)])
def test_bytes_that_are_no_certificate(der: bytes) -> None:
    assert refused(lambda: load_certificate(der, what="it")) == "malformed-evidence"
