"""Many small files: what each file costs beyond its bytes, against model_signing on the same files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.bench.keys import key_pair
from tests.bench.models import small_files
from tests.bench.peers import NO_MODEL_SIGNING, sign_key
from tests.bench.rows import Row
from tests.bench.running import paired

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.bench.running import Setting

_LIMIT = 0.35


def measure(setting: Setting) -> Iterator[Row]:
    """10,000 files of 1 KB, hashed, claimed and signed. A version holds 8,000 at most; the functions take more."""
    count = 1_000 if setting.quick else 10_000
    what = f"hash, claim and sign {count:,} x 1 KB : model_signing sign key"
    if setting.model_signing is None:
        yield Row.skipped(what, NO_MODEL_SIGNING)
        return
    key = key_pair(setting)
    model = small_files(setting.folder / "many", files=count)
    pairs = paired(
        lambda: setting.child("sign_folder.py", model, key.private, setting.folder / "many.bundle", str(count)),
        lambda: sign_key(setting, model, setting.folder / "many.sig"),
        rounds=setting.rounds(11),
        warm=True,
    )
    yield Row.against(what, pairs, limit=_LIMIT)
