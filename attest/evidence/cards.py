"""The bytes of a signed card in a store: a layer of a referrer, so that they stay as long as the version does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from attest.progress import SILENT
from attest_registry import limits
from attest_registry.digest import read_checked
from attest_registry.oci.descriptor import EMPTY_BYTES, EMPTY_DESCRIPTOR, Descriptor
from attest_registry.oci.manifest import Manifest
from attest_registry.oci.transfer import push_blobs

if TYPE_CHECKING:
    from attest_registry.oci.content import Repository

CARD_ARTIFACT: Final = "application/vnd.attest.model-card.v1"


def store_card(repository: Repository, card: bytes, *, media_type: str, subject: Descriptor) -> Descriptor:
    """Store the bytes of a card beside a version. Repeating it adds nothing.

    Args:
        repository: where the version is.
        card: the bytes.
        media_type: what they are.
        subject: the version's manifest.

    Returns:
        the layer that holds them.
    """
    layer = Descriptor.of(card, media_type)
    manifest = Manifest.build(artifact_type=CARD_ARTIFACT, config=EMPTY_DESCRIPTOR, layers=[layer], subject=subject)
    push_blobs(
        repository,
        [(EMPTY_DESCRIPTOR, EMPTY_BYTES), (layer, card)],
        track=lambda name, total: SILENT.task("pushing", name, total),
    )
    repository.push_referrers(subject.digest, [manifest])
    return layer


def fetch_card(repository: Repository, layer: Descriptor) -> bytes:
    """The bytes of a card, checked against what a signed claim says of them.

    Args:
        repository: where the version is.
        layer: digest and size.

    Raises:
        NotFound: the store does not have them.
        ContentMismatch: it has other ones.
    """
    with repository.open_blob(layer) as source:
        return read_checked(
            source,
            digest=layer.digest,
            size=layer.size,
            limit=limits.CARD_BYTES,
            what=f"the card {layer.digest.short}",
        )
