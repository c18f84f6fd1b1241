"""Policies over one identity, beside the files that they name: a key, roots, an authority, a timestamp chain."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from attest.errors import AttestError, PolicyError
from attest.policy.document import load_policy
from tests.verify.private_pki import Employee, PrivatePki
from tests.verify.private_sigstore import PrivateSigstore
from tests.verify.private_timestamps import TimestampService

if TYPE_CHECKING:
    from pathlib import Path

    from attest.policy.requirements import Policy
    from attest.trust.signatory import Signatory
    from tests.verify.evidence import Person

TRUST = "trust: {root: root.json}\n"
REQUIRE = "require: {signature: {by: [ci]}, provenance: {by: [ci]}, ml-bom: {by: [ci]}}\n"
SIGSTORE: Final = json.dumps(PrivateSigstore().root_document()).encode()
"""The root of a Sigstore."""

PKI: Final = PrivatePki()
TSA: Final = TimestampService()


def filled(folder: Path, ci: Person) -> Path:
    """The folder with the files that policies name."""
    pem = ci.signer.public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (folder / "ci.pub").write_bytes(pem)
    (folder / "root.json").write_bytes(SIGSTORE)
    (folder / "ca.pem").write_bytes(PKI.pem())
    chain = (TSA.certificate, TSA.authority.certificate, TSA.authority.root)
    (folder / "tsa.pem").write_bytes(b"".join(each.public_bytes(Encoding.PEM) for each in chain))
    (folder / "leaf.pem").write_bytes(PKI.issue(Employee()).public_bytes(Encoding.PEM))
    return folder


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
