"""A first training record for a folder: what git, the model card and the files say; the rest is marked to be said.

The model card is the front matter of `README.md`, as Hugging Face writes it. It is somebody's text: what is taken over
is quoted, and checked by the record's own rules before it is written.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct, field

from attest import strict_yaml
from attest.claims.record_places import UNKNOWN
from attest.claims.training import Operation
from attest.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from attest.claims.training import Source

_SAY: Final = "# say it or write unknown"
_COLUMN: Final = 34
_MOST_BYTES: Final = 1024 * 1024
_FRONT: Final = re.compile(r"\A---\r?\n(?P<text>.*?)\r?\n---[ \t]*(?:\r?\n|\Z)", re.DOTALL)
_RELATIONS: Final = {
    "finetune": Operation.FINE_TUNE,
    "adapter": Operation.FINE_TUNE,
    "merge": Operation.MERGE,
    "quantized": Operation.QUANTIZE,
}
_TEXT: Final = re.compile(r"[^\x00-\x1f\x7f]{1,200}")


class ModelCard(Struct, frozen=True, kw_only=True):
    """What the front matter of a model card says, as far as a record can hold it.

    Args:
        licence: as written there.
        task: `pipeline_tag`.
        operation: from `base_model_relation`.
        base_models: names.
        adapter: whether the base models are those of an adapter.
        datasets: names.
    """

    licence: str | None = None
    task: str | None = None
    operation: Operation | None = None
    base_models: tuple[str, ...] = ()
    adapter: bool = False
    datasets: tuple[str, ...] = field(default=())


def read_card(folder: Path) -> ModelCard:
    """The card of a model folder; an empty one where there is none that can be understood."""
    path = folder / "README.md"
    try:
        with path.open("rb") as file:
            match = _FRONT.match(file.read(_MOST_BYTES).decode("utf-8"))
        value = strict_yaml.load(match["text"], what="README.md").value if match else None
    except (OSError, UnicodeDecodeError, InputError):
        return ModelCard()
    if not isinstance(value, dict):
        return ModelCard()
    relation = value.get("base_model_relation")
    return ModelCard(
        licence=_spdx(_one(value.get("license"))),
        task=_one(value.get("pipeline_tag")),
        operation=_RELATIONS.get(relation) if isinstance(relation, str) else None,
        base_models=_several(value.get("base_model")),
        adapter=relation == "adapter",
        datasets=_several(value.get("datasets")),
    )


def write_template(*, model: str, source: Source | None, card: ModelCard) -> str:
    """The text of a first record.

    Args:
        model: the model's name.
        source: what git says.
        card: what the model card says.
    """
    lines = [
        "# What this model was made from and by whom. Everything here can be overridden by flags of attest push.",
        "apiVersion: attest/v1",
        "kind: TrainingRecord",
        "",
        "model:",
        _line("  name", model),
        _line("  licence", card.licence, "SPDX, such as Apache-2.0"),
        _line("  task", card.task, "such as text-generation"),
        _line("  description", None),
        _line("  owner", None, "who answers for it"),
        "",
        _line("operation", card.operation, ", ".join(word for word in Operation if word is not Operation.UNSPECIFIED)),
        "",
        *_source(source),
        "",
        *_inputs(card),
        "",
        "# parameters: {learning_rate: 1e-4, epochs: 3, seed: 42}",
        "# environment: {requirements: requirements.lock, packages: auto, hardware: 8xH200}",
        "# metrics:     # your own words; a gate reads signed evaluations instead",
        "#   - {name: accuracy, value: 0.923, dataset: golden}",
        "",
        "card:",
        *(_line(f"  {key}", None) for key in ("intended_use", "out_of_scope", "limitations", "ethical_considerations")),
    ]
    return "\n".join(lines) + "\n"


def _source(source: Source | None) -> list[str]:
    if source is None:
        return [_line("source", None, "{uri: git+https://HOST/PATH, commit: …}")]
    return [
        "source:",
        _line("  uri", source.uri, "the repository has no remote" if source.uri is None else ""),
        "  commit: auto",
        _line("  entry_point", None, "such as train.py"),
    ]


def _inputs(card: ModelCard) -> list[str]:
    role = "adapter-base" if card.adapter else "base-model"
    said = [f"  - {{role: dataset, name: {_quoted(name)}, provenance: unknown}}" for name in card.datasets]
    said += [f"  - {{role: {role}, name: {_quoted(name)}, provenance: unknown}}" for name in card.base_models]
    return [
        "# Each input says how its digest is known: path (hashed here), ref (a stored version), digest, or unknown.",
        "inputs:" if said else "inputs: []",
        *said,
        "#  - {role: dataset, name: transactions, path: data/tx-2026-q1.parquet, split: train}",
        "#  - {role: base-model, name: base, ref: acme/credit-base:3}",
        "#  - {role: teacher-model, name: teacher, ref: acme/credit-large:7}",
        "#  - {role: dataset, name: legacy, provenance: unknown}",
    ]


def _line(key: str, value: str | None, remark: str = "") -> str:
    if value is not None:
        return f"{key}: {_quoted(value)}"
    return f"{key}:".ljust(_COLUMN) + _SAY + (f": {remark}" if remark else "")


def _quoted(text: str) -> str:
    """A YAML scalar that means exactly this text."""
    plain = re.fullmatch(r"[A-Za-z][A-Za-z0-9._+/-]*", text, re.ASCII) and text.lower() not in _WORDS
    return text if plain else json.dumps(text, ensure_ascii=False)


_WORDS: Final = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null", UNKNOWN})


def _one(value: Any) -> str | None:
    found = _several(value)
    return found[0] if len(found) == 1 and found[0] not in {UNKNOWN, "other"} else None


def _spdx(text: str | None) -> str | None:
    """The SPDX identifier that a card writes in lower case; anything else as it is."""
    if text is None:
        return None
    from cyclonedx.spdx import fixup_id  # noqa: PLC0415  # slow, and only needed for this

    return fixup_id(text) or text


def _several(value: Any) -> tuple[str, ...]:
    listed = value if isinstance(value, list) else [value]
    texts = [text for text in listed if isinstance(text, str) and _TEXT.fullmatch(text) and text.isprintable()]
    return tuple(dict.fromkeys(text.strip() for text in texts if text.strip()))
