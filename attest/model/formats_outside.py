"""Files that a loader would look for outside of the model, because a file inside it says so (docs/threats.md row 22).

The signed files are all there is: what one of them fetches from elsewhere, nobody has signed. Only what a loader
follows is looked at: a configuration is full of paths that its writer had, and that nobody opens.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from attest.errors import ModelError
from attest.model.names import check_path
from attest.model.sample import clean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

TWICE: Final = object()
"""Key under which `pairs_once` keeps the names that stood twice in an object."""

FOLLOWED: Final = frozenset(
    {
        *("adapter_config.json", "config.json", "modules.json", "sentence_bert_config.json", "tokenizer_config.json"),
        "model_index.json",
    }
)
"""Configurations from which loaders take the names of other files and models."""

_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\-]*(?:/[A-Za-z0-9_][A-Za-z0-9_.\-]*)?", re.ASCII)
"""A model on a hub; hubs are switched off for started commands, and an adapter's base is held to its lineage."""

_MODELS: Final = {
    "adapter_config.json": ("base_model_name_or_path", "tokenizer_name_or_path"),
    "sentence_bert_config.json": ("tokenizer_name_or_path",),
}
_FILES: Final = {"config.json": ("transformers_weights",)}
_WEIGHTS: Final = "weight_map"
_NOT_OPENED: Final = frozenset({"special_tokens_map_file"})
"""Of a tokenizer: written by old versions with the path that it had then, and read by none."""


def pairs_once(pairs: Sequence[tuple[str, Any]]) -> dict[Any, Any]:
    """An object of a JSON document; a name that stands twice is kept in mind, since readers differ in which counts."""
    found: dict[Any, Any] = dict(pairs)
    if len(found) != len(pairs):
        counts = Counter(name for name, _ in pairs)
        found[TWICE] = frozenset(name for name, count in counts.items() if count > 1)
    return found


def is_index(name: str) -> bool:
    """Whether loaders take the names of weight files from a file of this name."""
    return name.endswith(".json") and ".index." in name


def leads_outside(name: str, document: Any) -> str:
    """The first reference out of the model's folder, in words; empty where there is none.

    Args:
        name: the file's name, without folders, in lower case.
        document: what it holds, as `pairs_once` made it.
    """
    for key, value, plain in _references(name, document):
        if value is TWICE:
            return f"{key} stands twice, and readers differ in which one counts"
        if not isinstance(value, str) or not value:
            continue
        if (_NAME.fullmatch(value) is None or ".." in value) if plain else not stays_inside(value):
            return f"{key} leads to {clean(value)}"
    return ""


def stays_inside(path: str) -> bool:
    """Whether this is a name that a file of the model can have."""
    try:
        check_path(path)
    except ModelError:
        return False
    return True


def _references(name: str, document: Any) -> Iterator[tuple[str, Any, bool]]:
    """Key, value, and whether a hub's name may stand there."""
    if isinstance(document, list):
        for part in document if name == "modules.json" else ():
            yield from _modules(part)
        return
    if not isinstance(document, dict):
        return
    models: tuple[str, ...] = _MODELS.get(name, ())
    files: tuple[str, ...] = _FILES.get(name, ())
    if name == "tokenizer_config.json":
        files = tuple(key for key in document if isinstance(key, str) and key.endswith("_file"))
    yield from _twice(document, {_WEIGHTS, *models, *files} if name in FOLLOWED else {_WEIGHTS})
    yield from ((key, document.get(key), True) for key in models)
    yield from ((key, document.get(key), False) for key in files if key not in _NOT_OPENED)
    weights = document.get(_WEIGHTS)
    if isinstance(weights, dict):
        yield from _twice(weights, None)
        names = dict.fromkeys(value for value in weights.values() if isinstance(value, str))
        yield from ((_WEIGHTS, value, False) for value in names)


def _modules(part: Any) -> Iterator[tuple[str, Any, bool]]:
    """A part of a sentence-transformers model: a folder below it, or the folder itself."""
    if isinstance(part, dict):
        yield from _twice(part, {"path"})
        yield "path", part.get("path"), False


def _twice(document: Mapping[Any, Any], keys: set[str] | None) -> Iterator[tuple[str, Any, bool]]:
    names = document.get(TWICE, frozenset())
    yield from ((clean(name), TWICE, False) for name in sorted(names) if keys is None or name in keys)
