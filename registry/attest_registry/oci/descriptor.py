"""Descriptors and the media types that we write (OCI image-spec 1.1, descriptor.md; CNCF ModelPack 0.0.7)."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Self

from msgspec import Struct, field

from attest_registry.digest import Digest
from attest_registry.errors import BadReference, ContentMismatch

if TYPE_CHECKING:
    from collections.abc import Mapping

IMAGE_MANIFEST: Final = "application/vnd.oci.image.manifest.v1+json"
IMAGE_INDEX: Final = "application/vnd.oci.image.index.v1+json"
EMPTY: Final = "application/vnd.oci.empty.v1+json"
EMPTY_BYTES: Final = b"{}"
EMPTY_DIGEST: Final = Digest.of(EMPTY_BYTES)

MODEL_ARTIFACT: Final = "application/vnd.cncf.model.manifest.v1+json"
MODEL_CONFIG: Final = "application/vnd.cncf.model.config.v1+json"
BUNDLE: Final = "application/vnd.dev.sigstore.bundle.v0.3+json"

FILEPATH: Final = "org.cncf.model.filepath"
TITLE: Final = "org.opencontainers.image.title"
REF_NAME: Final = "org.opencontainers.image.ref.name"

_NONE: Final[Mapping[str, str]] = MappingProxyType({})


class Descriptor(Struct, frozen=True, kw_only=True):
    """What identifies a piece of content.

    Args:
        media_type: its kind.
        digest: its SHA-256.
        size: its bytes.
        annotations: free text pairs.
        artifact_type: what a manifest is about; only in listings.
    """

    media_type: str
    digest: Digest
    size: int
    annotations: Mapping[str, str] = field(default_factory=lambda: _NONE)
    artifact_type: str | None = None

    @classmethod
    def of(cls, data: bytes, media_type: str) -> Self:
        """The descriptor of bytes at hand."""
        return cls(media_type=media_type, digest=Digest.of(data), size=len(data))

    @classmethod
    def from_json(cls, value: Any, *, what: str) -> Self:
        """Read one, refusing what could not be checked later.

        Raises:
            ContentMismatch: a field is missing or has the wrong type, the digest is not SHA-256, the size negative.
        """
        fields = value if isinstance(value, dict) else {}
        media_type, digest, size = fields.get("mediaType"), fields.get("digest"), fields.get("size")
        if not (isinstance(media_type, str) and isinstance(digest, str) and type(size) is int and size >= 0):
            raise ContentMismatch(
                f"{what} is no descriptor",
                code="malformed-manifest",
                expected="mediaType, digest and size",
            )
        artifact_type, annotations = fields.get("artifactType"), fields.get("annotations")
        if annotations is not None and (
            not isinstance(annotations, dict) or not all(isinstance(text, str) for text in annotations.values())
        ):
            raise ContentMismatch(f"{what} has annotations that are no text", code="malformed-manifest")
        try:
            parsed = Digest.parse(digest)
        except BadReference as error:
            raise ContentMismatch(
                f"{what}: {error.message}", code="malformed-manifest", expected=error.expected
            ) from error
        return cls(
            media_type=media_type,
            digest=parsed,
            size=size,
            annotations=MappingProxyType(dict(annotations)) if annotations else _NONE,
            artifact_type=artifact_type if isinstance(artifact_type, str) else None,
        )

    def to_json(self) -> dict[str, Any]:
        """The form that OCI documents hold."""
        value: dict[str, Any] = {
            "mediaType": self.media_type,
            "digest": str(self.digest),
            "size": self.size,
        }
        if self.artifact_type is not None:
            value["artifactType"] = self.artifact_type
        if self.annotations:
            value["annotations"] = dict(self.annotations)
        return value


EMPTY_DESCRIPTOR: Final = Descriptor(media_type=EMPTY, digest=EMPTY_DIGEST, size=len(EMPTY_BYTES))
