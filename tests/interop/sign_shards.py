"""Signs a model over shards with OpenSSF's library, whose command line has no option for it. Runs in the library's own
environment: private key, size of shards, algorithm, model, where the bundle goes."""

from __future__ import annotations

import sys
from pathlib import Path

from model_signing import hashing, signing  # type: ignore[import-not-found]  # not in the environment of attest

key, size, algorithm, model, bundle = sys.argv[1:]
how = hashing.Config().use_shard_serialization(hashing_algorithm=algorithm, shard_size=int(size))
signing.Config().use_elliptic_key_signer(private_key=Path(key)).set_hashing_config(how).sign(Path(model), Path(bundle))
