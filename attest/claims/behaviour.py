"""What a version is beside its weights: prompts, examples and configuration, by the roles that the record gives files.

A version is the whole unit that behaves: base, adapter, prompts and configuration, or one part of it. Roles are the
publisher's word; formats come from the files' own bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from attest.claims.mlbom_terms import BOMFile
    from attest.model.manifest import ModelFile

FILE_ROLES: Final[Mapping[str, str]] = {
    "prompt": "a prompt or a template of one",
    "examples": "few-shot examples",
    "rag-configuration": "how documents are looked up: index, embedding model, top-k",
    "index": "an index, or a part of one",
    "configuration": "settings of the unit, such as sampling or tools",
    "chat-template": "how turns of a conversation become text",
}
"""Words with a meaning; any other word is kept and shown as well."""

_READABLE: Final = frozenset({"json", "text", "python"})
_WEIGHTS: Final = frozenset({"safetensors", "gguf", "onnx", "pickle", "keras", "hdf5"})


def may_be_weights(kind: str | None, role: str | None) -> bool:
    """Whether a file may hold learned parameters; what nobody can say counts as such.

    Args:
        kind: its format; `None` where it is not known.
        role: what it is for, in the publisher's word, which makes no weights of a known format anything else.
    """
    if kind in _WEIGHTS:
        return True
    return kind not in _READABLE and role not in FILE_ROLES


def holds_weights(files: Iterable[BOMFile]) -> bool:
    """Whether anything that an ML-BOM lists may be weights; one that lists nothing does not say."""
    listed = tuple(files)
    return not listed or any(may_be_weights(file.format, file.role) for file in listed)


def only_behaviour(files: Iterable[ModelFile]) -> bool:
    """Whether files are prompts and configuration alone."""
    return not any(may_be_weights(file.format.kind.value, file.role) for file in files)


def by_role(files: Iterable[BOMFile]) -> Mapping[str, tuple[str, ...]]:
    """Role → paths of its files, both in the order of the list."""
    found: dict[str, tuple[str, ...]] = {}
    for file in files:
        if file.role is not None:
            found[file.role] = (*found.get(file.role, ()), file.path)
    return found
