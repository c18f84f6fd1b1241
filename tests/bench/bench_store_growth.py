"""Does pushing version 10,000 cost what version 10 did?

A push here is what `attest push` asks of the embedded store: tags, two files, config, four pieces of evidence, the
manifest, a tag; then resolve and referrers as a reader does. Each with a repository object of its own, as in a process.
"""

from __future__ import annotations

import statistics
import time
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
from tests.bench.rows import Row

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.bench.running import Setting

EARLY = 10


def push(store: Path, number: int, *, evidence: int = 4, megabytes: int = 1) -> float:
    """Push one version and look it up again; seconds."""
    weights = number.to_bytes(8, "big") * max(1, megabytes << 17)
    blobs = [
        (Descriptor.of(data, "application/octet-stream"), data) for data in (weights, b"{}" + b" " * (number % 99))
    ]
    bundles = [f"bundle {kind} of {number}".encode() * 200 for kind in range(evidence)]
    model = Manifest.build(
        artifact_type=MODEL_ARTIFACT, config=EMPTY_DESCRIPTOR, layers=[descriptor for descriptor, _ in blobs]
    )
    started = time.perf_counter()
    repository = LayoutRepository(store, "growth")
    repository.tags()
    for descriptor, data in [*blobs, (EMPTY_DESCRIPTOR, EMPTY_BYTES)]:
        repository.push_blob(descriptor, data)
    for bundle in bundles:
        layer = Descriptor.of(bundle, BUNDLE)
        repository.push_blob(layer, bundle)
        claim = Manifest.build(artifact_type=BUNDLE, config=EMPTY_DESCRIPTOR, layers=[layer], subject=model.descriptor)
        repository.push_manifest(claim.raw, IMAGE_MANIFEST)
    repository.push_manifest(model.raw, IMAGE_MANIFEST)
    repository.tag(str(number), model.descriptor)
    reader = LayoutRepository(store, "growth")
    found = reader.resolve(str(number))
    listed = reader.referrers(found.digest)
    took = time.perf_counter() - started
    if found.digest != model.descriptor.digest or len(listed) != evidence:
        raise SystemExit(f"version {number} came back wrong")
    return took


def measure(setting: Setting) -> Iterator[Row]:
    """Push around version 10, fill up, push around version 10,000, compare medians."""
    store = setting.folder / "growth"
    late_number, rounds = (300, 10) if setting.quick else (10_000, 40)
    for number in range(1, EARLY):
        push(store, number)
    early = [push(store, number) for number in range(EARLY, EARLY + rounds)]
    for number in range(EARLY + rounds, late_number):
        push(store, number, evidence=1, megabytes=0)
    late = [push(store, number) for number in range(late_number, late_number + rounds)]
    before, after = statistics.median(early), statistics.median(late)
    yield Row(
        what=f"push version {late_number:,} : push version {EARLY}, embedded store",
        ours=f"{after * 1e3:.1f} ms",
        peer=f"{before * 1e3:.1f} ms",
        ratio=f"{after / before:.2f}x",
        note=f"index.json at the end {(store / 'growth' / 'index.json').stat().st_size / 1e6:.1f} MB",
    )
