"""Verifying a certificate's bundle starts lean: no HTTP, no models, and sigstore-python not at all."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

from tests.verify.private_fulcio import ISSUER, SUBJECT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.verify.private_sigstore import PrivateSigstore

HEAVY = {"sigstore", "pydantic", "requests", "urllib3", "rich", "oras", "tuf", "http.client", "ssl", "asyncio"}
CODE = """
import sys
from pathlib import Path
from attest.trust.certificate_identity import CertificateIdentity
from attest.trust.roots import TrustedRoot
from attest.verify.by_certificate import verify_certificate_bundle
from attest.verify.sigstore_bundle import SigstoreBundle
root, bundle, issuer, subject = sys.argv[1:]
verify_certificate_bundle(
    SigstoreBundle.parse(Path(bundle).read_bytes()),
    root=TrustedRoot.load(Path(root)),
    identity=CertificateIdentity(issuer=issuer, subject=subject),
)
print("\\n".join(sys.modules))
"""


def test_a_whole_verification_loads_nothing_heavy(instance: PrivateSigstore, tmp_path: Path) -> None:
    root, bundle = tmp_path / "root.json", tmp_path / "bundle.json"
    root.write_text(json.dumps(instance.root_document()))
    bundle.write_text(json.dumps(instance.bundle()))
    done = subprocess.run(
        [sys.executable, "-c", CODE, str(root), str(bundle), ISSUER, SUBJECT],
        capture_output=True,
        text=True,
        check=True,
    )
    modules = set(done.stdout.split())
    assert "attest.verify.timestamps" in modules
    assert not HEAVY & modules
