"""What a command costs before it has done anything: people wait for it every time, and servers at each start."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tests.bench.keys import key_pair
from tests.bench.models import small_files
from tests.bench.peers import NO_MODEL_SIGNING, sign_key, verify_key
from tests.bench.rows import Row
from tests.bench.running import paired

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.bench.running import Run, Setting

_LIMIT_SECONDS = 0.15
_OF_PEER = 0.5


def measure(setting: Setting) -> Iterator[Row]:
    """`attest --help` and offline `attest verify`, of a version and of a folder, of ten small files."""
    key = key_pair(setting)
    model = small_files(setting.folder / "ten", files=10)
    setting.attest("push", model, "bench/ten:1", "--key", key.private)
    rounds = setting.rounds(21)

    def nothing() -> Run:
        return setting.run(sys.executable, "-c", "pass")

    def version() -> Run:
        return setting.attest("verify", "bench/ten:1", "--key", key.public)

    pairs = paired(lambda: setting.attest("--help"), nothing, rounds=rounds, warm=True)
    yield Row.within("attest --help : python -c pass", pairs, limit=_LIMIT_SECONDS)
    pairs = paired(version, nothing, rounds=rounds, warm=True)
    yield Row.within("attest verify of 10 files : python -c pass", pairs, limit=_LIMIT_SECONDS)
    if setting.model_signing is None:
        yield Row.skipped("attest verify of 10 files : model_signing verify key", NO_MODEL_SIGNING)
        return

    signature = setting.folder / "ten.sig"
    sign_key(setting, model, signature)

    def folder() -> Run:
        return setting.attest("verify", model, "--evidence", signature, "--key", key.public)

    def peer() -> Run:
        return verify_key(setting, model, signature)

    pairs = paired(version, peer, rounds=rounds, warm=True)
    yield Row.against("attest verify of 10 files : model_signing verify key", pairs, limit=_OF_PEER)
    pairs = paired(folder, peer, rounds=rounds, warm=True)
    yield Row.against("the same of a folder, with its bytes", pairs, limit=_OF_PEER)
