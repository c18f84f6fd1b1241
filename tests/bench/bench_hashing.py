"""Large files: how fast they are hashed and signed, against model_signing on the same files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.bench.keys import key_pair
from tests.bench.models import four_large_files
from tests.bench.peers import NO_MODEL_SIGNING, sign_key, verify_key
from tests.bench.rows import Row
from tests.bench.running import inner, paired

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.bench.running import Run, Setting

_LIMIT = 1.0


def measure(setting: Setting) -> Iterator[Row]:
    """The hashing part alone, then the whole of signing and of verifying, start of the process included."""
    if setting.model_signing is None:
        yield Row.skipped("hash large files : model_signing", NO_MODEL_SIGNING)
        return
    key = key_pair(setting)
    model, what = four_large_files(setting)
    bundle, signature = setting.folder / "large.bundle", setting.folder / "large.sig"
    python = setting.model_signing.with_name("python")
    rounds = setting.rounds(7)

    def ours() -> Run:
        return inner(setting.child("hash_ours.py", model))

    def theirs() -> Run:
        return inner(setting.child("hash_model_signing.py", model, python=python))

    pairs = paired(ours, theirs, rounds=rounds, warm=True)
    yield Row.against(f"hash {what} in 4 files : model_signing's hashing", pairs, limit=_LIMIT)
    pairs = paired(
        lambda: setting.child("sign_folder.py", model, key.private, bundle),
        lambda: sign_key(setting, model, signature),
        rounds=rounds,
        warm=True,
    )
    yield Row.against("hash, claim and sign them : model_signing sign key", pairs, limit=_LIMIT)
    pairs = paired(
        lambda: setting.attest("verify", model, "--evidence", signature, "--key", key.public),
        lambda: verify_key(setting, model, signature),
        rounds=rounds,
        warm=True,
    )
    yield Row.against("attest verify DIR : model_signing verify key", pairs, limit=_LIMIT)
