"""ModelPack: a version at rest as one OCI manifest with one raw layer per file (CNCF model-spec 0.0.7).

Packing is a pure function of the files' names and bytes: no times, users, modes, labels or names of the model, so that
equal folders have one digest on every machine. Unpacking reads what anybody may have put into a registry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from attest.errors import ModelError
from attest.model.artefact import Artefact, ArtefactFile
from attest.model.classes import LAYER_TYPES, layer_type
from attest.model.names import check_paths, shown
from attest.model.summary import summarise
from attest_registry import limits
from attest_registry.digest import Digest
from attest_registry.errors import ContentMismatch
from attest_registry.oci.descriptor import EMPTY_BYTES, FILEPATH, MODEL_ARTIFACT, MODEL_CONFIG, TITLE, Descriptor
from attest_registry.oci.manifest import Manifest
from attest_registry.strict_json import to_compact_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from attest.model.manifest import ModelManifest

_NO_BYTES: Final = Digest.of(b"")
_ADVICE: Final = "pack small files into one (an archive, a parquet file), shorten long paths, or use --exclude"


def pack(manifest: ModelManifest) -> Artefact:
    """Make a version of hashed files.

    Args:
        manifest: the files; at least one.

    Raises:
        ModelError: `no-files`, `too-many-files`, `unsafe-name`, `name-collision`.
    """
    files = tuple(sorted(manifest.files, key=lambda file: file.path))
    check_paths(file.path for file in files)
    if not files:
        raise ModelError("a version needs at least one file", code="no-files")
    layers = tuple(
        Descriptor(
            media_type=layer_type(file),
            digest=file.digest,
            size=file.size,
            annotations={FILEPATH: file.path, TITLE: file.path},
        )
        for file in files
    )
    config = to_compact_json(_config(manifest, layers))
    try:
        packed = Manifest.build(artifact_type=MODEL_ARTIFACT, config=Descriptor.of(config, MODEL_CONFIG), layers=layers)
    except ContentMismatch as error:
        raise ModelError(
            f"{len(files)} files do not fit one manifest",
            code="too-many-files",
            expected=f"at most {limits.FILES_PER_MODEL} files and {limits.MANIFEST_BYTES} bytes of manifest",
            found=error.found,
            hint=_ADVICE,
        ) from error
    return Artefact(
        manifest=packed,
        files=tuple(ArtefactFile(path=file.path, blob=layer) for file, layer in zip(files, packed.layers, strict=True)),
        config=config,
    )


def unpack(manifest: Manifest) -> Artefact:
    """Read a manifest that somebody gave us.

    Args:
        manifest: its digest has been checked, what it says has not.

    Raises:
        ModelError: `not-a-model`: it is an artefact of another kind.
        ContentMismatch: `malformed-manifest`, `unsupported-layer`, `unsafe-name`, `name-collision` or
            `content-too-large`: it calls itself a model and is none that could be loaded safely.
    """
    if manifest.artifact_type != MODEL_ARTIFACT or manifest.config.media_type != MODEL_CONFIG:
        raise ModelError(
            "what the reference names is not a model",
            code="not-a-model",
            expected=f"an artefact of type {MODEL_ARTIFACT} with a configuration of type {MODEL_CONFIG}",
            found=" with one of type ".join(map(shown, (manifest.artifact_type or "none", manifest.config.media_type))),
        )
    if manifest.subject is not None or not manifest.layers:
        fault = "has no layers" if manifest.subject is None else "has a subject, as only evidence does"
        raise ContentMismatch(f"the model's manifest {fault}", code="malformed-manifest")
    _check_sizes(manifest)
    files = tuple(ArtefactFile(path=_path(layer, number), blob=layer) for number, layer in enumerate(manifest.layers))
    try:
        check_paths(file.path for file in files)
    except ModelError as error:
        raise ContentMismatch(
            f"the model's manifest: {error.message}", code=error.code, expected=error.expected
        ) from error
    return Artefact(manifest=manifest, files=files)


def _config(manifest: ModelManifest, layers: Sequence[Descriptor]) -> dict[str, Any]:
    """The ModelPack config: what the files themselves say, and the digests of the layers in order."""
    summary = summarise(manifest)
    said = {
        "architecture": summary.architecture,
        "format": summary.format.value if summary.format else None,
        "paramSize": summary.parameter_size,
        "precision": summary.precision,
        "quantization": summary.quantisation,
    }
    return {
        "descriptor": {},
        "config": {name: value for name, value in said.items() if value is not None},
        "modelfs": {"type": "layers", "diffIds": [str(layer.digest) for layer in layers]},
    }


def _path(layer: Descriptor, number: int) -> str:
    """The one name of a layer's file: CRI-O goes by the title, modctl by the path, so that the two must agree."""
    if layer.media_type not in LAYER_TYPES:
        raise ContentMismatch(
            f"layer {number} of the model's manifest is not one raw file",
            code="unsupported-layer",
            expected="one of application/vnd.cncf.model.*.v1.raw",
            found=shown(layer.media_type),
            hint="modctl and KitOps store such layers with their raw option",
        )
    path = layer.annotations.get(FILEPATH)
    title = layer.annotations.get(TITLE, path)
    if path is None or title != path:
        raise ContentMismatch(
            f"layer {number} of the model's manifest has no one name",
            code="malformed-manifest",
            expected=f"{FILEPATH}, and {TITLE} equal to it",
            found="neither" if path is None else f"{shown(path)} and {shown(title or '')}",
        )
    return path


def _check_sizes(manifest: Manifest) -> None:
    """Sizes that cannot be true are refused here, before anybody makes room for them."""
    sizes: dict[Digest, int] = {_NO_BYTES: 0, Digest.of(EMPTY_BYTES): len(EMPTY_BYTES)}
    for number, layer in enumerate(manifest.layers):
        if sizes.setdefault(layer.digest, layer.size) != layer.size or (not layer.size and layer.digest != _NO_BYTES):
            raise ContentMismatch(
                f"layer {number} of the model's manifest has a size that its digest cannot have",
                code="malformed-manifest",
                found=f"{layer.size} bytes",
            )
    total = sum(layer.size for layer in manifest.layers)
    if total > limits.MODEL_BYTES or manifest.config.size > limits.CONFIG_BYTES:
        raise ContentMismatch(
            "the model is larger than any model",
            code="content-too-large",
            expected=f"at most {limits.MODEL_BYTES} bytes, and {limits.CONFIG_BYTES} of config",
            found=f"{total} bytes, and {manifest.config.size} of config",
        )
