"""Text, JSON and source code: formats without a mark, told apart by what parses and by what loaders go by: the name."""

from __future__ import annotations

import codecs
import json
import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from attest.model.formats_outside import FOLLOWED, is_index, leads_outside, pairs_once
from attest.model.manifest import FileFormat, FileKind
from attest.model.sample import HEADER_BYTES, clean, runs_code

if TYPE_CHECKING:
    from collections.abc import Iterator

    from attest.model.sample import Sample

_NOT_TEXT: Final = re.compile(rb"[\x00-\x06\x0e-\x1a\x1c-\x1f\x7f]")
_WHOLE_JSON_BYTES: Final = 1024 * 1024
"""JSON up to this size is parsed; above it, the opening brace or bracket in a file named .json has to do."""

_PYTHON: Final = frozenset({"py", "pyw", "pyi", "pyx"})
_SCRIPTS: Final = {
    **dict.fromkeys(("sh", "bash", "zsh", "ksh", "csh", "fish", "bat", "cmd", "ps1"), "a shell script"),
    **dict.fromkeys(("js", "mjs", "cjs", "lua", "pl", "rb", "php", "r", "jl", "tcl"), "a script"),
    **dict.fromkeys(("c", "cc", "cpp", "cxx", "cu", "cuh"), "source code, which loaders of extensions compile"),
}

_CONFIG_NAMES: Final = frozenset(
    {
        *("config.json", "adapter_config.json", "tokenizer_config.json", "model_index.json"),
        *("processor_config.json", "preprocessor_config.json", "video_preprocessor_config.json"),
    }
)
"""Where transformers, peft and diffusers read `auto_map` and architectures."""


def read_text(sample: Sample) -> FileFormat | None:
    """Recognise UTF-8 text by its first bytes, and what kind of text it is."""
    if _NOT_TEXT.search(sample.head):
        return None
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample.head, final=len(sample.head) == sample.size)
    except UnicodeDecodeError:
        return None
    if sample.suffix in _PYTHON:
        return runs_code(FileKind.PYTHON, "Python source")
    if sample.suffix in _SCRIPTS:
        return runs_code(FileKind.TEXT, _SCRIPTS[sample.suffix])
    if sample.head.startswith(b"#!"):
        python = b"python" in sample.head.partition(b"\n")[0]
        return runs_code(FileKind.PYTHON if python else FileKind.TEXT, "a script: its first line names an interpreter")
    return _json(sample) or FileFormat(kind=FileKind.TEXT)


def _json(sample: Sample) -> FileFormat | None:
    begins = sample.head.lstrip(b" \t\r\n\xef\xbb\xbf")[:1]
    if begins not in (b"{", b"[") and (begins or sample.suffix != "json"):  # white space is free in front, too
        return None
    if sample.size > _WHOLE_JSON_BYTES and sample.name in _CONFIG_NAMES:
        return runs_code(FileKind.JSON, "a configuration too large to be looked through for code elsewhere")
    if sample.size > (HEADER_BYTES if is_index(sample.name) else _WHOLE_JSON_BYTES):
        followed = is_index(sample.name) or sample.name in FOLLOWED
        outside = "it is too large to be looked through" if followed else ""
        return FileFormat(kind=FileKind.JSON, outside=outside) if sample.suffix in ("json", "ipynb") else None
    try:
        raw = sample.read(0, sample.size, what="a JSON document", limit=HEADER_BYTES)
        value = json.loads(raw, object_pairs_hook=pairs_once)
    except (ValueError, RecursionError):
        return None
    outside = leads_outside(sample.name, value) if sample.suffix == "json" else ""
    if sample.name in _CONFIG_NAMES and isinstance(value, dict):
        return _config(value, outside)
    return FileFormat(kind=FileKind.JSON, outside=outside)


def _config(config: dict[str, Any], outside: str) -> FileFormat:
    """What a configuration of transformers, peft or diffusers says about the model, and about code elsewhere."""
    architectures = config.get("architectures")
    first = architectures[0] if isinstance(architectures, list) and architectures else None
    names = (first, config.get("model_type"), config.get("_class_name"))
    quantisation = config.get("quantization_config")
    method = quantisation.get("quant_method") if isinstance(quantisation, dict) else None
    told = {"model_type": config.get("model_type"), "dtype": config.get("dtype", config.get("torch_dtype"))}
    elsewhere = _code_elsewhere(config)
    return FileFormat(
        kind=FileKind.JSON,
        code_bearing=elsewhere is not None,
        reason=elsewhere or "",
        architecture=next((clean(name) for name in names if isinstance(name, str) and name), None),
        quantisation=clean(method) if isinstance(method, str) else None,
        details=MappingProxyType({key: clean(value) for key, value in told.items() if isinstance(value, str)}),
        outside=outside,
    )


def _code_elsewhere(config: dict[str, Any]) -> str | None:
    """Why loading it would fetch code from another repository, which transformers writes as `repo--module.Class`."""
    for key in ("auto_map", "custom_pipelines"):
        name = next((text for text in _texts(config.get(key)) if "--" in text), None)
        if name is not None:
            return f"{key} fetches code from another repository: {clean(name)}"
    arguments = config.get("tokenizer_kwargs")
    if isinstance(arguments, dict) and arguments.get("trust_remote_code"):
        return "tokenizer_kwargs trusts the code of another repository"
    return None


def _texts(value: Any) -> Iterator[str]:
    """Every text below a value of a document, whose depth is bounded by its parser."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _texts(part)
