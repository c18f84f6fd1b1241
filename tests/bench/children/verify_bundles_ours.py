"""Verify all bundles of a folder with our verifier and print the seconds that this took, imports and root left out.

verify_bundles_ours.py FOLDER TRUSTED_ROOT SUBJECT ISSUER
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from attest.trust.certificate_identity import CertificateIdentity
from attest.trust.roots import TrustedRoot
from attest.verify.by_certificate import verify_certificate_bundle
from attest.verify.sigstore_bundle import SigstoreBundle

folder, trusted, subject, issuer = sys.argv[1:]
raws = [path.read_bytes() for path in sorted(Path(folder).iterdir())]
root = TrustedRoot.load(Path(trusted))
identity = CertificateIdentity(issuer=issuer, subject=subject)
cpu, wall = time.process_time(), time.perf_counter()
for raw in raws:
    verify_certificate_bundle(SigstoreBundle.parse(raw), root=root, identity=identity)
print(time.perf_counter() - wall, time.process_time() - cpu)  # noqa: T201
