"""Text of others in Markdown and HTML: it is shown, and is never markup (stored scripts, as in CVE-2023-6568).

In Markdown, characters that begin markup become entities, which no renderer reads as structure: renderers differ in
what a backslash escapes, so that one stands only in front of what every one of them knows.
"""

from __future__ import annotations

import html
import re
from typing import Final

_ENTITIES: Final = str.maketrans(
    {
        "&": "&amp;",
        "<": "&lt;",
        ">": "&gt;",
        '"': "&quot;",
        "|": "&#124;",
        "~": "&#126;",
        "$": "&#36;",
        "{": "&#123;",
        "}": "&#125;",
        "\\": "&#92;",
        "`": "&#96;",
        "*": r"\*",
        "_": r"\_",
        "[": r"\[",
        "]": r"\]",
    }
)
_ADDRESS: Final = re.compile(r"://|(?<=www)\.", re.IGNORECASE)
"""What some renderers make a link of by themselves."""
_BEGINS_BLOCK: Final = re.compile(r"^(?:[#+=:-]|\d{1,9}(?=[.)]))")


def visible(text: str) -> str:
    """Text without characters that are not seen: controls, and those that turn the direction of what follows."""
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)


def in_line(text: str) -> str:
    """Markdown for a text on one line: a cell, a label, a part of a sentence."""
    words = visible(" ".join(text.split())).translate(_ENTITIES)
    return _ADDRESS.sub(lambda found: "&#46;" if found[0] == "." else ":&#47;/", words)


def in_block(text: str) -> str:
    """Markdown for a text of several lines, each of which stays one; no line begins anything but a paragraph."""
    lines = [in_line(line) for line in re.split(r"\r\n|\r|\n", text)]
    return "\n".join(_BEGINS_BLOCK.sub(_defused, line) for line in lines).strip("\n")


def _defused(found: re.Match[str]) -> str:
    r"""`#` → `\#`, the `1` of `1.` → `&#49;`."""
    begin = found[0]
    return f"&#{ord(begin[0])};{begin[1:]}" if begin[0].isdigit() else f"\\{begin}"


def in_html(text: str) -> str:
    """HTML for a text; a line break stays one character, for `white-space: pre-line`."""
    return html.escape("\n".join(visible(line) for line in re.split(r"\r\n|\r|\n", text)), quote=True)
