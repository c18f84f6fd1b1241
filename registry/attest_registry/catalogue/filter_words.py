"""The words of a filter, each with its position. Everything is matched in one pass; what fits nowhere is an error."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from attest_registry import limits
from attest_registry.errors import BadQuery

if TYPE_CHECKING:
    from collections.abc import Iterator

_SHOWN: Final = 40
_QUOTED: Final = r'`(?:[^`]|``)*`|"(?:[^"]|"")*"'
_FORMS: Final = re.compile(
    r"(?P<space>[ \t\r\n]+)"
    rf"|(?P<path>(?:[A-Za-z_][A-Za-z0-9_]*)\.(?:{_QUOTED}|[A-Za-z0-9_][A-Za-z0-9_./-]*))"
    r"|(?P<duration>[0-9]{1,9}[smhdw])(?![A-Za-z0-9_.])"
    r"|(?P<number>-?(?:[0-9]{1,400}(?:\.[0-9]{1,400})?|\.[0-9]{1,400})(?:[eE][+-]?[0-9]{1,4})?)(?![A-Za-z0-9_.])"
    r"|(?P<word>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<text>'(?:[^']|'')*')"
    rf"|(?P<quoted>{_QUOTED})"
    r"|(?P<sign>!=|<>|<=|>=|==|=|<|>)"
    r"|(?P<mark>[(),])",
    re.ASCII,
)


class Word(Struct, frozen=True, kw_only=True):
    """One word.

    Args:
        kind: `path`, `word`, `text`, `quoted`, `number`, `duration`, `sign`, `mark` or `end`.
        text: as it stands there.
        position: of its first character, from 1 on.
    """

    kind: str
    text: str
    position: int

    def is_end(self) -> bool:
        """Whether there is nothing more."""
        return self.kind == "end"


def words(text: str, *, what: str) -> Iterator[Word]:
    """The words of a text, and its end.

    Raises:
        BadQuery: it is too long, or a character begins no word.
    """
    if len(text) > limits.FILTER_CHARACTERS:
        raise BadQuery(
            f"the {what} is too long",
            expected=f"at most {limits.FILTER_CHARACTERS:,} characters",
            found=f"{len(text):,} characters",
        )
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise BadQuery(f"the {what} holds characters that no text has")
    place = 0
    while place < len(text):
        match = _FORMS.match(text, place)
        if match is None:
            raise trouble(text, place + 1, _problem(text[place]), what=what)
        if match.lastgroup != "space":
            yield Word(kind=str(match.lastgroup), text=match.group(), position=place + 1)
        place = match.end()
    yield Word(kind="end", text="", position=len(text) + 1)


def unquoted(text: str) -> str:
    """What stands between quotes, where doubled quotes are single ones."""
    return text[1:-1].replace(text[0] * 2, text[0])


def trouble(
    text: str, position: int, problem: str, *, what: str, expected: str | None = None, hint: str | None = None
) -> BadQuery:
    """An error that names the position.

    Args:
        text: the whole text.
        position: where the trouble begins, from 1 on.
        problem: what is wrong there.
        what: what the text is: a filter or an order.
        expected: what could stand there.
        hint: what may have been meant.
    """
    rest = text[position - 1 :]
    return BadQuery(
        f"the {what} cannot be used: {problem} at position {position}",
        expected=expected,
        found=ascii(rest[:_SHOWN]) if rest else f"the end of the {what}",
        hint=hint,
    )


def _problem(character: str) -> str:
    if character in "'\"`":
        return f"a {character} is not closed"
    return "a character that begins nothing"
