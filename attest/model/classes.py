"""Which kind of layer a file becomes: modctl's classification by name, so that our artefacts look like its own.

(modelpack/modctl `pkg/modelfile/constants.go` and the order in `modelfile.go`: configuration, weights, code,
documents; a name that says nothing is weights when large, else code.)
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from attest.model.manifest import FileKind

if TYPE_CHECKING:
    from attest.model.manifest import ModelFile

WEIGHT: Final = "application/vnd.cncf.model.weight.v1.raw"
WEIGHT_CONFIG: Final = "application/vnd.cncf.model.weight.config.v1.raw"
DOC: Final = "application/vnd.cncf.model.doc.v1.raw"
CODE: Final = "application/vnd.cncf.model.code.v1.raw"
DATASET: Final = "application/vnd.cncf.model.dataset.v1.raw"

LAYER_TYPES: Final = frozenset({WEIGHT, WEIGHT_CONFIG, DOC, CODE, DATASET})
"""One file, as it is. Archives (`.tar`) are refused: nothing inside one has a digest of its own."""

_LARGE_BYTES: Final = 128 * 1024 * 1024

_ENDINGS: Final = {
    WEIGHT_CONFIG: """
        json jsonl json5 jsonc yaml yml toml ini config cfg conf properties props prop xml xsd rng
        modelcard meta hparams params hyperparams wandb mlflow tensorboard""",
    WEIGHT: """
        safetensors bin pt pth mar pte pt2 ptl tflite h5 hdf hdf5 pb index gguf ggml ggmf ggjt
        q4_0 q4_1 q5_0 q5_1 q8_0 f16 f32 ckpt checkpoint dist_ckpt tensor weights state embedding vocab
        ot engine trt onnx msgpack model pkl pickle keras joblib npy npz nc mlmodel coreml mleap surml
        llamafile caffemodel prototxt dlc circle nb""",
    CODE: """
        py ipynb sh patch c h hxx cpp cc cxx c++ hpp hh h++ java js mjs cjs jsx ts tsx go rs swift rb php scala
        kt kts r m mm f f90 f95 f03 f08 jl lua pl pm cs vb dart groovy elm erl hrl ex exs hs lhs clj cljs cljc cl
        lisp lsp scm ss rkt sql psql mysql sqlite zig cu cuh bash zsh fish csh tcsh ksh ps1 psm1 psd1 bat cmd vbs
        wsf applescript scpt awk sed expect env dockerfile mk cmake gradle sbt mill bazel bzl buck ninja gyp gypi
        waf gemspec so dll dylib lib a""",
    DOC: """
        txt md pdf log jpg jpeg png gif bmp tiff ico webp heic heif hevc svg
        mp4 mov avi mkv webm m4v flv wmv mpg mpeg""",
}
_PATTERNS: Final = {
    WEIGHT_CONFIG: re.compile(r".*tokenizer\.model.*|config\.json\..*", re.DOTALL),
    WEIGHT: re.compile(r".*\.data-.*", re.DOTALL),
    CODE: re.compile(
        r".*\.env\..*|\.env.*|makefile.*|dockerfile.*|cmakelists\.txt|build\.gradle.*|settings\.gradle.*|build.*"
        r"|workspace.*|buck.*|wscript.*|yarn\.lock|requirements.*\.txt|pipfile.*|poetry\.lock|cargo\.lock|go\.mod"
        r"|go\.sum|composer\.lock|gemfile.*|mix\.lock|rebar\.lock",
        re.DOTALL,
    ),
    DOC: re.compile(r"(?:license|readme|setup).*|.*requirements.*", re.DOTALL),
}
_CLASSES: Final = tuple((layer, frozenset(_ENDINGS[layer].split()), _PATTERNS[layer]) for layer in _ENDINGS)

_WEIGHT_KINDS: Final = frozenset({FileKind.SAFETENSORS, FileKind.GGUF, FileKind.ONNX})


def layer_type(file: ModelFile) -> str:
    """The media type of a file's layer."""
    name = file.path.rpartition("/")[2].lower()
    ending = name.rpartition(".")[2] if "." in name else ""
    for layer, endings, pattern in _CLASSES:
        if ending in endings or pattern.fullmatch(name):
            return layer
    return WEIGHT if file.size > _LARGE_BYTES or file.format.kind in _WEIGHT_KINDS else CODE
