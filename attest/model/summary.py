"""What the files say about the model as a whole. Nothing is guessed: where files are silent, it is `None`."""

from __future__ import annotations

import re
from collections import Counter
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from attest.model.manifest import FileKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from attest.model.manifest import ModelFile, ModelManifest

_FORMATS: Final = (
    FileKind.SAFETENSORS,
    FileKind.GGUF,
    FileKind.ONNX,
    FileKind.PICKLE,
    FileKind.KERAS,
    FileKind.HDF5,
)
"""Formats of weights; where a folder holds several copies of a model, the first of these speaks for it."""

_SHARD: Final = re.compile(r"(.*)-\d{5}-of-\d{5}\.[a-z0-9]+")
_PRECISIONS: Final = MappingProxyType(
    {
        "float32": "fp32",
        "float16": "fp16",
        "bfloat16": "bf16",
        "float64": "fp64",
        "F32": "fp32",
        "F16": "fp16",
        "BF16": "bf16",
    }
)
_SCALES: Final = ((10**15, "Q"), (10**12, "T"), (10**9, "B"), (10**6, "M"), (10**3, "K"))
_NOTABLE: Final = 0.05
"""Share of parameters from which a second data type makes a model mixed; a few norms in float32 do not."""


class ModelSummary(Struct, frozen=True, kw_only=True):
    """A model in five words.

    Args:
        architecture: from the weights, else from `config.json` next to the root.
        format: of the weights.
        parameters: how many there are.
        dtypes: parameters by data type.
        quantisation: how they are quantised.
    """

    architecture: str | None = None
    format: FileKind | None = None
    parameters: int | None = None
    dtypes: Mapping[str, int]
    quantisation: str | None = None

    @property
    def precision(self) -> str | None:
        """`fp16`, `bf16` … or `mixed`; `None` where it is not known, or where the quantisation says it better."""
        if not self.parameters or (self.format is FileKind.GGUF and self.quantisation):
            return None
        notable = [name for name, count in self.dtypes.items() if count >= _NOTABLE * self.parameters]
        if len(notable) > 1:
            return "mixed"
        return _PRECISIONS.get(notable[0], notable[0]) if notable else None

    @property
    def parameter_size(self) -> str | None:
        """`6.7B`, as ModelPack writes it; `None` below a thousand."""
        for scale, letter in _SCALES:
            if self.parameters and self.parameters >= scale:
                tenths = self.parameters * 10 // scale
                return f"{tenths // 10}{f'.{tenths % 10}' if tenths % 10 else ''}{letter}"
        return None


def summarise(manifest: ModelManifest) -> ModelSummary:
    """Say what the files of a version say together."""
    kinds = {file.format.kind for file in manifest.files}
    kind = next((kind for kind in _FORMATS if kind in kinds), None)
    weights = [file for file in manifest.files if file.format.kind is kind] if kind else []
    counted = _one_copy(weights)
    known = bool(counted) and all(file.format.parameters is not None for file in counted)
    dtypes: Counter[str] = Counter()
    for file in counted:
        dtypes.update(file.format.dtypes)
    config = next((file for file in manifest.files if file.path == "config.json"), None)
    sources = [*weights, config] if config else weights
    return ModelSummary(
        architecture=_first(file.format.architecture for file in sources),
        format=kind,
        parameters=sum(file.format.parameters or 0 for file in counted) if known else None,
        dtypes=MappingProxyType(dict(sorted(dtypes.items()))),
        quantisation=_first(file.format.quantisation for file in [*counted, *([config] if config else [])]),
    )


def _one_copy(weights: Sequence[ModelFile]) -> list[ModelFile]:
    """Of each folder the largest set of shards, or the largest file: the rest are the same weights in other forms."""
    folders: dict[str, dict[str, list[ModelFile]]] = {}
    for file in weights:
        folder = file.path.rpartition("/")[0]
        shard = _SHARD.fullmatch(file.path)
        folders.setdefault(folder, {}).setdefault(shard.group(1) if shard else file.path, []).append(file)
    chosen = []
    for sets in folders.values():
        chosen.extend(max(sets.values(), key=lambda files: sum(file.format.parameters or 0 for file in files)))
    return chosen


def _first(values: Iterable[str | None]) -> str | None:
    """The first that was said: weights come before the configuration, and paths are in order."""
    return next((value for value in values if value), None)
