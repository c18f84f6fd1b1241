"""Small content, and the options that keep tests of faults short."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from attest_registry.oci.descriptor import BUNDLE, EMPTY_BYTES, EMPTY_DESCRIPTOR, IMAGE_MANIFEST, TITLE, Descriptor
from attest_registry.oci.manifest import Manifest
from attest_registry.oci.remote_options import RemoteOptions, Timing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from attest_registry.oci.content import Repository

MODEL = "demo/model"
QUICK = RemoteOptions(timing=Timing(connect=1.0, idle=0.4, tries=3, budget=4.0, pause=0.01))
WEIGHTS = b"weights " * 40_000


def layer(data: bytes = WEIGHTS, name: str = "model.safetensors") -> Descriptor:
    found = Descriptor.of(data, "application/vnd.cncf.model.weight.v1.raw")
    return Descriptor(media_type=found.media_type, digest=found.digest, size=found.size, annotations={TITLE: name})


def artefact(data: bytes = WEIGHTS) -> Manifest:
    return Manifest.build(artifact_type="application/x-model", config=EMPTY_DESCRIPTOR, layers=[layer(data)])


def evidence(subject: Descriptor, words: bytes, **annotations: str) -> Manifest:
    return Manifest.build(
        artifact_type=BUNDLE,
        config=EMPTY_DESCRIPTOR,
        layers=[Descriptor.of(words, BUNDLE)],
        subject=subject,
        annotations=annotations or None,
    )


def push(repository: Repository, manifest: Manifest, *blobs: bytes) -> Descriptor:
    for data in (EMPTY_BYTES, *blobs):
        repository.push_blob(Descriptor.of(data, "application/octet-stream"), data)
    return repository.push_manifest(manifest.raw, IMAGE_MANIFEST)


class Watched:
    """A `Track` that remembers."""

    def __init__(self) -> None:
        self.totals: dict[str, int] = {}
        self.counted: dict[str, int] = {}

    @contextlib.contextmanager
    def __call__(self, name: str, total: int, /) -> Iterator[Callable[[int], None]]:
        self.totals[name] = total
        self.counted[name] = 0

        def advance(count: int) -> None:
            self.counted[name] += count

        yield advance
