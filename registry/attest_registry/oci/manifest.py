"""Image manifests and indexes ⇄ values. The raw bytes stay with the value: they are what the digest is over."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Self

from msgspec import Struct

from attest_registry import limits
from attest_registry.errors import ContentMismatch
from attest_registry.oci.descriptor import IMAGE_INDEX, IMAGE_MANIFEST, Descriptor
from attest_registry.strict_json import parse_object, to_compact_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Manifest(Struct, frozen=True, kw_only=True):
    """An image manifest (OCI image-spec 1.1, manifest.md).

    Args:
        raw: the bytes as they were stored.
        descriptor: what identifies them.
        config: the config blob.
        layers: one blob per file, in order.
        artifact_type: what it is a manifest of, if it says so.
        subject: what it refers to, for evidence.
        annotations: free text pairs.
    """

    raw: bytes
    descriptor: Descriptor
    config: Descriptor
    layers: tuple[Descriptor, ...]
    artifact_type: str | None = None
    subject: Descriptor | None = None
    annotations: Mapping[str, str]

    @classmethod
    def build(
        cls,
        *,
        artifact_type: str,
        config: Descriptor,
        layers: Sequence[Descriptor],
        subject: Descriptor | None = None,
        annotations: Mapping[str, str] | None = None,
    ) -> Self:
        """Make one with deterministic bytes."""
        document: dict[str, Any] = {
            "schemaVersion": 2,
            "mediaType": IMAGE_MANIFEST,
            "artifactType": artifact_type,
            "config": config.to_json(),
            "layers": [layer.to_json() for layer in layers],
        }
        if subject is not None:
            document["subject"] = subject.to_json()
        if annotations:
            document["annotations"] = dict(annotations)
        raw = to_compact_json(document)
        _check_size(raw, len(layers), what="the manifest to be pushed")
        return cls(
            raw=raw,
            descriptor=Descriptor.of(raw, IMAGE_MANIFEST),
            config=config,
            layers=tuple(layers),
            artifact_type=artifact_type,
            subject=subject,
            annotations=MappingProxyType(dict(annotations or {})),
        )

    @classmethod
    def parse(cls, raw: bytes, *, what: str) -> Self:
        """Read one. The caller has checked the digest of `raw`, or takes it from `descriptor`.

        Raises:
            ContentMismatch: not strict JSON, not an image manifest, too large, or a part is malformed.
        """
        return cls.read(parse_object(raw, what=what, limit=limits.MANIFEST_BYTES), raw, what=what)

    @classmethod
    def read(cls, document: Mapping[str, Any], raw: bytes, *, what: str) -> Self:
        """The same of a document that somebody has parsed already.

        Raises:
            ContentMismatch: as `parse`.
        """
        layers = document.get("layers")
        if document.get("schemaVersion") != 2 or document.get("mediaType", IMAGE_MANIFEST) != IMAGE_MANIFEST:  # noqa: PLR2004
            raise ContentMismatch(f"{what} is no OCI image manifest", code="malformed-manifest")
        if not isinstance(layers, list):
            raise ContentMismatch(f"{what} has no layers", code="malformed-manifest")
        _check_size(raw, len(layers), what=what)
        artifact_type = document.get("artifactType")
        subject = document.get("subject")
        return cls(
            raw=raw,
            descriptor=Descriptor.of(raw, IMAGE_MANIFEST),
            config=Descriptor.from_json(document.get("config"), what=f"the config of {what}"),
            layers=tuple(
                Descriptor.from_json(layer, what=f"layer {number} of {what}") for number, layer in enumerate(layers)
            ),
            artifact_type=artifact_type if isinstance(artifact_type, str) else None,
            subject=None if subject is None else Descriptor.from_json(subject, what=f"the subject of {what}"),
            annotations=_annotations(document, what),
        )


def _check_size(raw: bytes, layers: int, *, what: str) -> None:
    if layers > limits.FILES_PER_MODEL or len(raw) > limits.MANIFEST_BYTES:
        many = layers > limits.FILES_PER_MODEL
        raise ContentMismatch(
            f"{what} has too many layers" if many else f"{what} is too large",
            code="content-too-large",
            expected=f"at most {limits.FILES_PER_MODEL}" if many else f"at most {limits.MANIFEST_BYTES} bytes",
            found=str(layers) if many else f"{len(raw)} bytes",
        )


class Index(Struct, frozen=True, kw_only=True):
    """An image index (OCI image-spec 1.1, image-index.md).

    Args:
        raw: the bytes as they were stored.
        descriptor: what identifies them.
        manifests: what it lists, in order.
    """

    raw: bytes
    descriptor: Descriptor
    manifests: tuple[Descriptor, ...]

    @classmethod
    def build(cls, manifests: Sequence[Descriptor]) -> Self:
        """Make one with deterministic bytes."""
        document = {
            "schemaVersion": 2,
            "mediaType": IMAGE_INDEX,
            "manifests": [entry.to_json() for entry in manifests],
        }
        return cls.parse(to_compact_json(document), what="the index to be pushed")

    @classmethod
    def parse(cls, raw: bytes, *, what: str) -> Self:
        """Read one.

        Raises:
            ContentMismatch: not strict JSON, not an image index, too large, or an entry is malformed.
        """
        return cls.read(parse_object(raw, what=what, limit=limits.MANIFEST_BYTES), raw, what=what)

    @classmethod
    def read(cls, document: Mapping[str, Any], raw: bytes, *, what: str) -> Self:
        """The same of a document that somebody has parsed already.

        Raises:
            ContentMismatch: as `parse`.
        """
        manifests = document.get("manifests")
        if document.get("mediaType", IMAGE_INDEX) != IMAGE_INDEX or not isinstance(manifests, list):
            raise ContentMismatch(f"{what} is no OCI image index", code="malformed-manifest")
        return cls(
            raw=raw,
            descriptor=Descriptor.of(raw, IMAGE_INDEX),
            manifests=tuple(
                Descriptor.from_json(entry, what=f"entry {number} of {what}") for number, entry in enumerate(manifests)
            ),
        )


def _annotations(document: Mapping[str, Any], what: str) -> Mapping[str, str]:
    annotations = document.get("annotations")
    annotations = {} if annotations is None else annotations
    if not isinstance(annotations, dict) or not all(isinstance(text, str) for text in annotations.values()):
        raise ContentMismatch(f"{what} has annotations that are no text", code="malformed-manifest")
    return MappingProxyType(dict(annotations))
