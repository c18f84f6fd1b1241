"""Card → Markdown, section by section, as `merge.py` puts them together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from attest.cards.escaping import in_block, in_line
from attest.cards.sections import NOT_STATED, Grid, Note, Pairs, Prose, sections
from attest_registry.digest import Digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from attest.cards.card import Card
    from attest.cards.sections import Block, Cell, Section

_ABSENT: Final = f"*{NOT_STATED}*"


def bodies(card: Card) -> Mapping[str, str]:
    """Name of a section → its Markdown, in the order of the card.

    Args:
        card: what to show.
    """
    return {section.name: _body(section) for section in sections(card)}


def _body(section: Section) -> str:
    level = "#" if section.name == "summary" else "##"
    parts = [f"{level} {in_line(section.title)}", *(_block(block) for block in section.blocks)]
    return "\n\n".join(parts)


def _block(block: Block) -> str:
    match block:
        case Prose(text=text):
            return in_block(text) if text else _ABSENT
        case Note(text=text, strong=strong):
            return f"**{strong}**: {in_line(text)}" if strong else f"*{in_line(text)}*"
        case Pairs(rows=rows):
            return "\n".join(f"- **{in_line(label)}**: {_cell(value)}" for label, value in rows)
        case Grid(header=header, rows=rows):
            return "\n".join([_row(header), _row(["---"] * len(header)), *(_row(map(_cell, row)) for row in rows)])


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(value: Cell) -> str:
    if value is None or value == "":
        return _ABSENT
    return f"`{value}`" if isinstance(value, Digest) else in_line(value)
