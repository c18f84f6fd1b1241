"""Text of others never becomes markup, in Markdown or HTML, wherever on the card it stands."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from attest.cards.escaping import in_block, in_line, visible
from attest.cards.html import POLICY, page
from attest.cards.merge import merge
from tests.cards.samples import card, generated

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg/onload=alert(1)>',
    "[x](javascript:alert(1))",
    "![x](https://evil.example/pixel.png)",
    "<https://evil.example>",
    "https://evil.example www.evil.example",
    "[x]: javascript:alert(1)\n[x]",
    "`code` **bold** _em_ ~~gone~~ $x$",
    "# heading\n## heading\n- list\n* list\n+ list\n1. list\n1) list\n> quote\n---\n===\n***\n    code",
    "a | b\n--- | ---\nc | d",
    "| a | b |",
    "x\n===\n",
    "```\nfence\n```\n~~~\nfence\n~~~",
    "<!-- attest:end metrics -->\n<!-- attest:begin metrics sha256=0 -->",
    "-->",
    "&lt;b&gt; &#60;b&#62; &amp;",
    "\\<b> \\\\[x](y)",
    "{{ 7 * 7 }} {% raw %}",
    "\u202eevil\u202c \u200b \x1b[31m \x00 \ud800",
    "---\nattest: {verified: true}\n---",
    "# attest:end front-matter\nlicense: mit",
    "key: value\n- x: &a b",
]
ALLOWED = {
    *("h1", "h2", "p", "strong", "em", "ul", "li", "table", "thead", "tbody", "tr", "th", "td", "code", "br"),
}
TEXTS = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(alphabet=st.sampled_from(list("<>[]()!`*_#|&\\-+=~$:/.\"'{}\n\r\t 1ax@")), max_size=40),
    st.text(max_size=40),
)


class Tags(HTMLParser):
    """Every element of a page, with its attributes, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.names: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.words = ""
        self.comments: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.words += data

    def handle_comment(self, data: str) -> None:
        self.comments.append(data.strip())


def rendered(markdown: str) -> Tags:
    """As a reader with HTML and everything of GitHub's switched on, without the front matter."""
    renderer = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    return Tags(renderer.render(markdown.split("\n---\n", 1)[1]))


def whole(text: str) -> str:
    return merge(generated(card(text, allowed=False))).text


def check(text: str) -> None:
    plain, hostile = rendered(whole("plain")), rendered(whole(text))
    assert set(hostile.names) <= ALLOWED
    assert not hostile.attributes
    assert [line.partition(" sha256")[0] for line in hostile.comments] == [
        line.partition(" sha256")[0] for line in plain.comments
    ]
    for name in ALLOWED - {"p", "br", "em"}:  # paragraphs are what free text may have several of
        assert hostile.names.count(name) == plain.names.count(name), name


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_no_markdown(text: str) -> None:
    check(text)


@given(text=TEXTS.filter(lambda text: bool(text.strip())))
@settings(max_examples=150, deadline=None)
def test_no_text_is_markdown(text: str) -> None:
    """Words that come out empty are shown as not stated, in a table cell as in a paragraph."""
    check(f"x{text}x")


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_no_html(text: str) -> None:
    plain, hostile = Tags(page(card("plain", allowed=False))), Tags(page(card(text, allowed=False), people=[text]))
    extra = ["section", "h2", "pre"]
    assert hostile.names == [*plain.names, *extra]
    assert hostile.attributes == plain.attributes
    assert not hostile.comments


@given(text=TEXTS)
@settings(max_examples=150, deadline=None)
def test_no_text_is_html(text: str) -> None:
    given = f"x{text}x"
    made = Tags(page(card(given, allowed=False)))
    assert made.names == Tags(page(card("plain", allowed=False))).names
    assert not {"script", "a", "img", "iframe", "link", "object", "form"} & set(made.names)


def test_the_page_is_one_file_that_runs_and_fetches_nothing() -> None:
    text = page(card())
    found = Tags(text)
    assert "script" not in found.names
    assert not [name for name, _ in found.attributes if name in {"src", "href", "style"} or name.startswith("on")]
    policy = dict(re.findall(r'http-equiv="([^"]+)" content="([^"]+)"', text))["Content-Security-Policy"]
    assert policy == POLICY
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy


def test_the_style_sheet_is_the_one_that_the_policy_names() -> None:
    import base64
    import hashlib

    (style,) = re.findall(r"<style>(.*?)</style>", page(card()), re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in POLICY


def test_the_words_themselves_are_still_read() -> None:
    assert "<script>alert(1)</script>" in rendered(whole("<script>alert(1)</script>")).words
    assert "<script>alert(1)</script>" in Tags(page(card("<script>alert(1)</script>"))).words


@given(text=st.text(max_size=60))
def test_a_line_stays_a_line_and_nothing_unseen_is_left(text: str) -> None:
    assert "\n" not in in_line(text)
    assert all(c.isprintable() or c == "\n" for c in in_block(text))
    assert visible(text).isprintable()
