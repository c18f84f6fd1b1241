"""The table of keys as a page of the documentation (docs/policy-keys.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from attest.policy.key_rows import TABLE
from attest.policy.keys import Shape

if TYPE_CHECKING:
    from attest.policy.keys import Key

_HEAD: Final = """\
# Every key of a policy

Written by `attest policy schema --markdown`; [policy.md](policy.md) says what the keys mean. `*` stands for a name of
your own, `[]` for each entry of a list. A key in **bold** has to be there where the keys beside it are written. Lists
marked with + are joined with those of the policy that `extends` names; anything else takes the place of what is there.

| key | what stands there | meaning |
|---|---|---|
"""
_SHOWN: Final = 14
"""So many words are shown in the table; there are more extensions of certificates than that, but they are keys."""


def key_page() -> str:
    """The page, as Markdown."""
    return _HEAD + "".join(f"| {_name(row)} | {_shape(row)} | {row.about} |\n" for row in TABLE.rows)


def _name(row: Key) -> str:
    name = f"`{row.path}`" + (" +" if row.is_joined else "")
    return f"**{name}**" if row.required else name


def _shape(row: Key) -> str:
    words = ", ".join(f"`{word}`" for word in row.words[:_SHOWN])
    return "; or ".join(_one(row, shape, words) for shape in row.shapes)


def _one(row: Key, shape: Shape, words: str) -> str:
    if shape is Shape.WORD:
        return words
    if shape is Shape.WORDS:
        return f"{words}; one or a list"
    if shape in {Shape.WHOLE, Shape.NUMBER}:
        least = "" if row.least is None else f" from {row.least}"
        return f"{shape.value}{least}" + ("" if row.most is None else f" to {row.most}")
    return shape.value
