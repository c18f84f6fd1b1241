"""The table of keys as a JSON Schema (draft 2020-12), so that editors complete and check policies.

A schema sees one document and no file: that an identity exists, that a key can be read or that two demands fit together
is found by `attest policy check`. What the schema refuses, the reading refuses too. YAML tools read `0.95` as a number
where attest reads text, so that numbers are accepted in both forms.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from attest.policy.key_rows import NAME_PATTERN, TABLE
from attest.policy.keys import Shape

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from attest.policy.keys import Key

IDENTIFIER: Final = "urn:attest:schema:policy:v1"
DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_SAYS_SOMETHING: Final = r"\S"
_NUMBER: Final = r"^-?\d+(\.\d+)?$"
_TIME: Final = r"^\d{4}-\d\d-\d\d([Tt ]\d\d:\d\d(:\d\d(\.\d+)?)?([Zz]|[+-]\d\d:\d\d))?$"


def policy_schema() -> dict[str, Any]:
    """The schema of a policy document; one with `extends` may leave more to the document below it."""
    schema = _keys("")
    required = schema.pop("required")
    needed_alone = [key for key in required if key in {"identities", "require"}]
    return {
        "$schema": DIALECT,
        "$id": IDENTIFIER,
        "title": "attest policy",
        "description": "Which facts, by whom, the use of a model needs.",
        **schema,
        "required": [key for key in required if key not in needed_alone],
        "if": {"not": {"required": ["extends"]}},
        "then": {"required": needed_alone},
    }


def _keys(parent: str) -> dict[str, Any]:
    below = TABLE.children(parent)
    required = [row.name for row in below if row.required]
    found: dict[str, Any] = {
        "type": "object",
        "additionalProperties": False,
        "properties": {row.name: _row(row) for row in below},
    }
    if required:
        found["required"] = required
    elif parent:
        found["minProperties"] = 1
    return found


def _row(row: Key) -> dict[str, Any]:
    forms = [form for shape in row.shapes for form in _forms(row, shape)]
    return {"description": row.about, **(forms[0] if len(forms) == 1 else {"anyOf": forms})}


def _forms(row: Key, shape: Shape) -> list[dict[str, Any]]:
    return _FORMS[shape](row)


def _named(row: Key) -> dict[str, Any]:
    below = TABLE.at(f"{row.path}.*")
    return {
        "type": "object",
        "minProperties": 1,
        "propertyNames": {"pattern": f"^{NAME_PATTERN}$"},
        "additionalProperties": {} if below is None else _row(below),
    }


def _text(row: Key) -> dict[str, Any]:
    return {"type": "string", "pattern": _SAYS_SOMETHING if row.pattern is None else f"^(?:{row.pattern})$"}


def _bounds(row: Key) -> dict[str, int]:
    return {name: bound for name, bound in (("minimum", row.least), ("maximum", row.most)) if bound is not None}


def _one_or_more(item: dict[str, Any]) -> list[dict[str, Any]]:
    return [item, {"type": "array", "minItems": 1, "uniqueItems": True, "items": item}]


_FORMS: Final[Mapping[Shape, Callable[[Key], list[dict[str, Any]]]]] = {
    Shape.KEYS: lambda row: [_keys(row.path)],
    Shape.NAMED: lambda row: [_named(row)],
    Shape.ENTRIES: lambda row: [{"type": "array", "minItems": 1, "items": _keys(f"{row.path}[]")}],
    Shape.TEXT: lambda row: [_text(row)],
    Shape.LABEL: lambda row: [_text(row), {"type": "number"}],
    Shape.TEXTS: lambda row: _one_or_more(_text(row)),
    Shape.WORD: lambda row: [{"enum": list(row.words)}],
    Shape.WORDS: lambda row: _one_or_more({"enum": list(row.words)}),
    Shape.PERSONS: lambda row: _one_or_more(_text(row)),
    Shape.TRUE: lambda _: [{"const": True}],
    Shape.WHOLE: lambda row: [{"type": "integer", **_bounds(row)}],
    Shape.NUMBER: lambda row: [{"type": "number", **_bounds(row)}, {"type": "string", "pattern": _NUMBER}],
    Shape.TIME: lambda _: [{"type": "string", "pattern": _TIME}],
    Shape.FILE: lambda row: [_text(row)],
    Shape.ANY: lambda _: [{}],
}
