"""Does pushing version 10,000 cost what version 10 did?

A push here is what `attest push` asks of the embedded store: tags, two files, config, four pieces of evidence, the
manifest, a tag; then resolve and referrers as a reader does. Each with a repository object of its own, as in a process.
"""

from __future__ import annotations

import os
import statistics
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from attest_registry.oci.descriptor import (
    BUNDLE,
    EMPTY_BYTES,
    EMPTY_DESCRIPTOR,
    IMAGE_MANIFEST,
    MODEL_ARTIFACT,
    Descriptor,
)
from attest_registry.oci.layout import LayoutRepository
from attest_registry.oci.manifest import Manifest
from tests.bench.long_logs import MODEL, long_log
from tests.bench.models import small_files
from tests.bench.rows import Row
from tests.bench.running import paired

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.bench.long_logs import LongLog
    from tests.bench.running import Run, Setting

EARLY = 10
_APART = 1_000  # more than the pairs there can be
_MOST = 1.2
"""The store alone may not be even: `index.json`, which other tools read, lists all versions and is written whole."""


def push(store: Path, number: int, *, model: str = "growth", evidence: int = 4, megabytes: int = 1) -> float:
    """Push one version and look it up again; seconds."""
    weights = number.to_bytes(8, "big") * max(1, megabytes << 17)
    blobs = [
        (Descriptor.of(data, "application/octet-stream"), data) for data in (weights, b"{}" + b" " * (number % 99))
    ]
    bundles = [f"bundle {kind} of {number}".encode() * 200 for kind in range(evidence)]
    version = Manifest.build(
        artifact_type=MODEL_ARTIFACT, config=EMPTY_DESCRIPTOR, layers=[descriptor for descriptor, _ in blobs]
    )
    started = time.perf_counter()
    repository = LayoutRepository(store, model)
    repository.numbers(32)
    for descriptor, data in [*blobs, (EMPTY_DESCRIPTOR, EMPTY_BYTES)]:
        repository.push_blob(descriptor, data)
    for bundle in bundles:
        layer = Descriptor.of(bundle, BUNDLE)
        repository.push_blob(layer, bundle)
        claim = Manifest.build(
            artifact_type=BUNDLE, config=EMPTY_DESCRIPTOR, layers=[layer], subject=version.descriptor
        )
        repository.push_manifest(claim.raw, IMAGE_MANIFEST)
    repository.push_manifest(version.raw, IMAGE_MANIFEST)
    repository.tag(str(number), version.descriptor)
    reader = LayoutRepository(store, model)
    found = reader.resolve(str(number))
    listed = reader.referrers(found.digest)
    took = time.perf_counter() - started
    if found.digest != version.descriptor.digest or len(listed) != evidence:
        raise SystemExit(f"version {number} came back wrong")
    return took


def measure(setting: Setting) -> Iterator[Row]:
    """Fill a model up to version 10,000, then push to it and to one that has ten."""
    store = setting.folder / "home" / "store"
    late, rounds = (300, 4) if setting.quick else (10_000, 21)
    for number in range(1, EARLY):
        push(store, number, model="few")
    for number in range(1, late):
        push(store, number, model="many", evidence=1, megabytes=0)
    yield _whole_pushes(setting, late, rounds)
    few = [push(store, EARLY + _APART + number, model="few") for number in range(rounds)]
    many = [push(store, late + _APART + number, model="many") for number in range(rounds)]
    before, after = statistics.median(few), statistics.median(many)
    yield Row(
        what="  the calls to the store alone",
        ours=f"{after * 1e3:.1f} ms",
        peer=f"{before * 1e3:.1f} ms",
        ratio=f"{after / before:.2f}x",
        note=f"index.json at the end {(store / 'many' / 'index.json').stat().st_size / 1e6:.1f} MB",
    )


def _whole_pushes(setting: Setting, late: int, rounds: int) -> Row:
    folder = small_files(setting.folder / "growing", files=10)
    few, many = (long_log(setting, versions) for versions in (EARLY, late))
    for model in (few, many):
        model.list_versions()

    def pushed(model: LongLog) -> Run:
        (folder / "changed.bin").write_bytes(os.urandom(1_000))
        own = replace(setting, environment={**setting.environment, "ATTEST_HOME": str(model.home)})
        return own.attest("push", folder, MODEL, "--key", model.key)

    pairs = paired(lambda: pushed(many), lambda: pushed(few), rounds=rounds, warm=True)
    return Row.against(f"attest push of version {late:,} : of version {EARLY}, embedded store", pairs, limit=_MOST)
