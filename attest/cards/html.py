"""Card → one HTML file: no script, nothing fetched, and a policy in it that forbids both."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Final

from attest.cards.escaping import in_html
from attest.cards.sections import NOT_STATED, Grid, Note, Pairs, Prose, sections
from attest_registry.digest import Digest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from attest.cards.card import Card
    from attest.cards.sections import Block, Cell, Section

_STYLE: Final = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1a1a1a; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.2rem; margin-top: 2rem; border-bottom: 1px solid #ccc; }
table { border-collapse: collapse; display: block; overflow-x: auto; }
th, td { border: 1px solid #ccc; padding: .3rem .6rem; text-align: left; vertical-align: top; }
dt { font-weight: 600; } dd { margin: 0 0 .4rem 1rem; }
p, td, dd { white-space: pre-line; overflow-wrap: anywhere; }
code { font-family: ui-monospace, monospace; font-size: .9em; }
pre { white-space: pre-wrap; background: #f5f5f5; padding: .8rem; }
.absent { color: #666; font-style: italic; }
.verified { border-left: .4rem solid #2a7a2a; padding-left: .8rem; }
.unverified { border-left: .4rem solid #b00020; padding-left: .8rem; }
"""
_STYLE_DIGEST: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode("ascii")
POLICY: Final = f"default-src 'none'; style-src 'sha256-{_STYLE_DIGEST}'; base-uri 'none'; form-action 'none'"
"""What a browser may do with the page: apply the one style sheet in it, and nothing else."""


def page(card: Card, *, people: Sequence[str] = ()) -> str:
    """The whole page.

    Args:
        card: what to show.
        people: what people wrote beside the generated sections, as Markdown; shown as the text that it is.
    """
    parts = [part for section in sections(card) for part in _section(section, verified=card.standing.verified)]
    if any(text.strip() for text in people):
        parts.append("<section><h2>Written by people</h2>")
        parts += [f"<pre>{in_html(text.strip())}</pre>" for text in people if text.strip()]
        parts.append("</section>")
    title = in_html(card.reference.partition("@")[0])
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
            '<meta name="referrer" content="no-referrer">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>Model card: {title}</title>",
            f"<style>{_STYLE}</style>",
            "</head>",
            "<body>",
            *parts,
            "</body>",
            "</html>",
            "",
        ]
    )


def _section(section: Section, *, verified: bool) -> Iterator[str]:
    level = "h1" if section.name == "summary" else "h2"
    yield f'<section id="{section.name}">'
    yield f"<{level}>{in_html(section.title)}</{level}>"
    for block in section.blocks:
        yield from _block(block, verified=verified)
    yield "</section>"


def _block(block: Block, *, verified: bool) -> Iterator[str]:
    match block:
        case Prose(text=text):
            yield f"<p>{_cell(text)}</p>"
        case Note(text=text, strong=strong):
            kind = "verified" if verified else "unverified"
            yield (
                f'<p class="{kind}"><strong>{strong}</strong>: {in_html(text)}</p>'
                if strong
                else f"<p>{in_html(text)}</p>"
            )
        case Pairs(rows=rows):
            yield "<dl>"
            yield from (f"<dt>{in_html(label)}</dt><dd>{_cell(value)}</dd>" for label, value in rows)
            yield "</dl>"
        case Grid(header=header, rows=rows):
            yield f"<table><tr>{''.join(f'<th>{in_html(each)}</th>' for each in header)}</tr>"
            yield from (f"<tr>{''.join(f'<td>{_cell(value)}</td>' for value in row)}</tr>" for row in rows)
            yield "</table>"


def _cell(value: Cell) -> str:
    if value is None or value == "":
        return f'<span class="absent">{NOT_STATED}</span>'
    return f"<code>{value}</code>" if isinstance(value, Digest) else in_html(value)
