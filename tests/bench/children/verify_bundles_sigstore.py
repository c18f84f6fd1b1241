"""The same with sigstore-python, as its documentation has it.

verify_bundles_sigstore.py FOLDER TRUSTED_ROOT SUBJECT ISSUER
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from sigstore.models import Bundle, TrustedRoot
from sigstore.verify import Verifier
from sigstore.verify.policy import Identity

folder, trusted, subject, issuer = sys.argv[1:]
raws = [path.read_bytes() for path in sorted(Path(folder).iterdir())]
verifier = Verifier(trusted_root=TrustedRoot.from_file(trusted))
identity = Identity(identity=subject, issuer=issuer)
cpu, wall = time.process_time(), time.perf_counter()
for raw in raws:
    verifier.verify_dsse(Bundle.from_json(raw), identity)
print(time.perf_counter() - wall, time.process_time() - cpu)  # noqa: T201
