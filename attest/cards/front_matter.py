"""Card → the YAML front matter that Hugging Face reads (`huggingface_hub.ModelCard`, its model-index for numbers).

Only what was said becomes a key. Two fields of the model-index may not be left out there; where nobody said them they
hold `not-stated`. `verified` of the model-index means Hugging Face's own service and is never written.
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final

from attest.claims import spdx
from attest.claims.decimals import read_decimal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from attest.cards.card import Card, Number

_NOT_STATED: Final = "not-stated"
_TASK: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*", re.ASCII)
_PLAIN: Final = re.compile(r"(?!(?i:y|n|yes|no|on|off|true|false|null)\Z)[A-Za-z][A-Za-z0-9._/+-]*", re.ASCII)
"""Text that needs no quotes; words that YAML 1.1 takes for something else do, whichever reader comes next."""

_BASES: Final = ("base-model", "adapter-base")
_RELATIONS: Final = {"fine-tune": "finetune", "merge": "merge", "quantize": "quantized"}
_WIDEST: Final = 1 << 30
_MOST_DIGITS: Final = 40

KEYS: Final = frozenset(
    {
        *("license", "license_name", "pipeline_tag", "base_model", "base_model_relation", "datasets"),
        *("model-index", "attest"),
    }
)
"""Keys that are generated where there is something to say; nobody else may write them."""


def front_matter(card: Card) -> str:
    """The YAML, without the lines of dashes around it. The same card gives the same text.

    Args:
        card: what to show.
    """
    return _dumped(_values(card)).rstrip("\n")


def _values(card: Card) -> dict[str, Any]:
    values = {
        **_licence(card.licence),
        "pipeline_tag": card.task if card.task and _TASK.fullmatch(card.task) else None,
        **_bases(card),
        "datasets": list(dict.fromkeys(item.name for item in card.datasets)),
        "model-index": _model_index(card),
        "attest": {
            "reference": card.reference,
            "manifest": str(card.digest),
            "verified": card.standing.verified,
            "policy": card.standing.by,
            "policy_digest": str(card.standing.policy) if card.standing.policy else None,
        },
    }
    return {key: _said(value) for key, value in values.items() if value not in (None, [], {})}


def _said(value: Any) -> Any:
    """Without what nobody said, all the way down."""
    if isinstance(value, dict):
        return {key: _said(each) for key, each in value.items() if each is not None}
    return [_said(each) for each in value] if isinstance(value, list) else value


def _licence(text: str | None) -> dict[str, str | None]:
    """An identifier of SPDX in lower case, as Hugging Face has them; anything else under its own name."""
    if text is None:
        return {}
    parsed = spdx.parse(text)
    single = isinstance(parsed, spdx.Licence) and text in spdx.identifiers().values()
    return {"license": text.lower()} if single else {"license": "other", "license_name": " ".join(text.split())}


def _bases(card: Card) -> dict[str, Any]:
    named = [made for made in card.lineage if made.depth == 0 and made.role in _BASES]
    if not named:
        return {}
    adapter = any(made.role == "adapter-base" for made in named)
    relation = "adapter" if adapter else _RELATIONS.get(card.operation or "")
    return {"base_model": list(dict.fromkeys(made.name for made in named)), "base_model_relation": relation}


def _model_index(card: Card) -> list[dict[str, Any]]:
    numbers = (*card.measured, *card.stated)
    if not numbers:
        return []
    return [{"name": card.model, "results": [_result(number, card.task) for number in numbers]}]


def _result(number: Number, task: str | None) -> dict[str, Any]:
    data = number.data
    return {
        "task": {"type": task or _NOT_STATED},
        "dataset": {
            "type": data.name if data and data.name else _NOT_STATED,
            "name": data.name if data and data.name else _NOT_STATED,
            "config": number.group or None,
            "revision": str(data.digest) if data and data.digest else None,
        },
        "metrics": [{"type": number.name, "value": _number(number.value), "args": _whose(number)}],
    }


def _whose(number: Number) -> dict[str, Any]:
    source = number.source
    return {
        "said_by": "publisher" if number.passed is None else "signed evaluation",
        "result": None if number.passed is None else ("passed" if number.passed else "failed"),
        "signer": None if source is None else source.signer,
        "verified_by_attest": source is not None and source.verified,
        "evidence": None if source is None else str(source.evidence),
    }


def _number(text: str) -> Decimal | str:
    """The very digits that were signed; words stay words."""
    found = read_decimal(text)
    if found is not None:
        return found
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    short = number.is_finite() and -_MOST_DIGITS < number.adjusted() < _MOST_DIGITS
    return number if short and len(number.as_tuple().digits) <= _MOST_DIGITS else text


def _dumped(values: Mapping[str, Any]) -> str:
    import yaml  # noqa: PLC0415  # most commands write none

    class Dumper(yaml.SafeDumper):
        """One line for each value: no text of others can look like a key, a marker or the end of the front matter."""

        def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
            return True

    def text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=None if _PLAIN.fullmatch(value) else '"')

    def number(dumper: yaml.SafeDumper, value: Decimal) -> yaml.ScalarNode:
        written = f"{value:f}"
        return dumper.represent_scalar(f"tag:yaml.org,2002:{'float' if '.' in written else 'int'}", written)

    Dumper.add_representer(str, text)
    Dumper.add_representer(Decimal, number)
    return str(
        yaml.dump(
            dict(values), Dumper=Dumper, sort_keys=False, default_flow_style=False, allow_unicode=False, width=_WIDEST
        )
    )


def generated_keys(keys: Iterable[str]) -> list[str]:
    """Which of some keys are ours."""
    return sorted(KEYS & set(keys))
