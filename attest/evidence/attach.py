"""Evidence goes to the store: one referrer manifest per bundle (OCI image-spec 1.1; cosign's BUNDLE_SPEC).

The manifest is the one that cosign, gh and Harbor look for: artifactType and the only layer are the bundle's media
type, the config is empty, the annotations name content and predicate type.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from attest.errors import InputError
from attest.progress import SILENT
from attest_registry import limits
from attest_registry.oci.descriptor import BUNDLE, EMPTY_BYTES, EMPTY_DESCRIPTOR, Descriptor
from attest_registry.oci.manifest import Manifest
from attest_registry.oci.transfer import push_blobs

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from attest_registry.oci.content import Repository

CONTENT: Final = "dev.sigstore.bundle.content"
PREDICATE_TYPE: Final = "dev.sigstore.bundle.predicateType"
CREATED: Final = "org.opencontainers.image.created"


def referrer(bundle: bytes, *, subject: Descriptor, predicate_type: str, created: str | None) -> Manifest:
    """The manifest that ties a bundle to its subject.

    Args:
        bundle: the bundle's bytes.
        subject: the version's manifest.
        predicate_type: what the bundle says, as a URI.
        created: RFC 3339 UTC; left out where nobody said.

    Raises:
        InputError: the bundle is larger than any reader accepts.
    """
    if len(bundle) > limits.BUNDLE_BYTES:
        raise InputError(
            "the bundle is too large",
            code="content-too-large",
            expected=f"at most {limits.BUNDLE_BYTES} bytes",
            found=f"{len(bundle)} bytes",
        )
    annotations = {CONTENT: "dsse-envelope", PREDICATE_TYPE: predicate_type}
    if created is not None:
        annotations[CREATED] = created
    return Manifest.build(
        artifact_type=BUNDLE,
        config=EMPTY_DESCRIPTOR,
        layers=[Descriptor.of(bundle, BUNDLE)],
        subject=subject,
        annotations=annotations,
    )


def attach(
    repository: Repository, bundles: Sequence[tuple[bytes, str]], *, subject: Descriptor, created: str | None
) -> tuple[Descriptor, ...]:
    """Store bundles as referrers of a version. Repeating it adds nothing.

    Args:
        repository: where the version is, or is about to be: evidence goes first.
        bundles: pairs of bundle bytes and predicate type.
        subject: the version's manifest.
        created: RFC 3339 UTC.

    Returns:
        the referrer manifests, in order.
    """
    if not bundles:
        return ()
    manifests = [
        referrer(bundle, subject=subject, predicate_type=predicate_type, created=created)
        for bundle, predicate_type in bundles
    ]
    blobs: list[tuple[Descriptor, Path | bytes]] = [(EMPTY_DESCRIPTOR, EMPTY_BYTES)]
    blobs += [(manifest.layers[0], bundle) for manifest, (bundle, _) in zip(manifests, bundles, strict=True)]
    push_blobs(repository, blobs, track=lambda name, total: SILENT.task("pushing", name, total))
    repository.push_referrers(subject.digest, manifests)
    return tuple(manifest.descriptor for manifest in manifests)
