"""Row 34: a certificate shown where a key is trusted. Certificates themselves are judged elsewhere."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_pem_x509_certificate

from attest.claims.predicates import PROVENANCE
from tests.services.certificates import make_certificates

if TYPE_CHECKING:
    from pathlib import Path

    from tests.attacks.scene import Scene


def _certificate(folder: Path) -> dict[str, str]:
    made = load_pem_x509_certificate(make_certificates(folder).certificate.read_bytes())
    return {"rawBytes": base64.b64encode(made.public_bytes(Encoding.DER)).decode()}


def _materials(folder: Path) -> dict[str, dict[str, Any]]:
    return {
        "certificate": {"certificate": _certificate(folder), "tlogEntries": []},
        "chain": {"x509CertificateChain": {"certificates": [_certificate(folder)] * 2}},
        "with-a-log-entry": {"certificate": _certificate(folder), "tlogEntries": [{"logIndex": "1"}]},
    }


@pytest.mark.parametrize("kind", ["certificate", "chain", "with-a-log-entry"])
def test_a_certificate_in_the_place_of_a_key(scene: Scene, tmp_path: Path, kind: str) -> None:
    """The signature is alice's own, by the trusted key; the bundle says it is by the holder of a certificate."""
    release = scene.release()
    trust = scene.policy("provenance: {by: [alice]}")
    reference = scene.served(release)
    scene.honest_pull(reference, *trust)
    scene.registry.strip(release.digest)
    (bundle,) = release.signed_by(scene.alice, PROVENANCE)
    document = json.loads(bundle)
    document["verificationMaterial"] = _materials(tmp_path)[kind]
    scene.registry.attach([json.dumps(document).encode()], release.digest)
    scene.pull(reference, *trust, code="certificate-unsupported", status=1)


def test_a_key_that_the_bundle_brings_along(scene: Scene) -> None:
    """model_signing before 1.1 looked at a key inside the bundle: whoever signs brings his own."""
    release = scene.release()
    trust = scene.policy("provenance: {by: [alice]}")
    reference = scene.served(release)
    scene.honest_pull(reference, *trust)
    scene.registry.strip(release.digest)
    (bundle,) = release.signed_by(scene.mallory, PROVENANCE)
    document = json.loads(bundle)
    from cryptography.hazmat.primitives.serialization import PublicFormat

    der = scene.mallory.signer.public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    document["verificationMaterial"]["publicKey"]["rawBytes"] = base64.b64encode(der).decode()
    scene.registry.attach([json.dumps(document).encode()], release.digest)
    scene.pull(reference, *trust, code="signer-not-trusted", status=1)
