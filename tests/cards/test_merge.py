"""Generated sections and what people wrote: theirs is kept line by line, and never passes for generated."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attest.cards.merge import merge
from attest.cards.sections import NAMES
from attest.errors import InputError
from tests.cards.hub import loaded
from tests.cards.samples import card, generated

OLD, NEW = generated(card("old words")), generated(card("new words"))
FRESH = merge(OLD).text
LINES = st.text(alphabet=st.characters(exclude_characters="\n\r", codec="utf-8"), max_size=30).filter(
    lambda line: re.match(r"\s*(?:<!--|#)\s*attest:", line) is None
)
BLOCKS = st.lists(LINES, max_size=4)
GAPS = st.lists(BLOCKS, min_size=len(NAMES) + 1, max_size=len(NAMES) + 1)


def refused(edits: str) -> InputError:
    with pytest.raises(InputError) as caught:
        merge(NEW, edits, what="README.md")
    assert caught.value.exit_status == 2
    return caught.value


def with_people(gaps: list[list[str]]) -> str:
    """What people write before, between and behind the generated sections."""
    head, body = FRESH.split("\n---\n", 1)
    parts = re.split(r"(?=^<!-- attest:begin )", body, flags=re.MULTILINE)[1:]
    assert len(parts) == len(NAMES)
    text = "".join(f"{line}\n" for line in gaps[0])
    for part, gap in zip(parts, gaps[1:], strict=True):
        text += part + "".join(f"{line}\n" for line in gap)
    return f"{head}\n---\n{text}"


@given(gaps=GAPS)
@settings(max_examples=100, deadline=None)
def test_every_line_of_people_is_kept_in_order_and_a_second_time_changes_nothing(gaps: list[list[str]]) -> None:
    merged = merge(NEW, with_people(gaps)).text
    theirs = [line for gap in gaps for line in gap if line]
    iterator = iter(merged.split("\n"))
    assert all(line in iterator for line in theirs)
    assert merge(NEW, merged).text == merged


@given(text=st.text(alphabet=st.characters(exclude_characters="\r", codec="utf-8"), max_size=200))
@settings(max_examples=100, deadline=None)
def test_a_text_without_sections_is_kept_whole_below_them(text: str) -> None:
    if text.split("\n", maxsplit=1)[0].rstrip() == "---" or re.search(r"^\s*(?:<!--|#)\s*attest:", text, re.MULTILINE):
        return
    text = text.removeprefix("\ufeff")
    merged = merge(OLD, text).text
    assert merged.endswith(text)
    assert merge(OLD, merged).text == merged
    assert merge(NEW, merged).text.endswith(text)


@given(gaps=GAPS, missing=st.sets(st.sampled_from(NAMES)))
@settings(max_examples=60, deadline=None)
def test_sections_that_were_taken_out_come_back(gaps: list[list[str]], missing: set[str]) -> None:
    text = with_people(gaps)
    for name in missing:
        text = re.sub(rf"<!-- attest:begin {name} .*?<!-- attest:end {name} -->\n", "", text, flags=re.DOTALL)
    merged = merge(NEW, text).text
    found = re.findall(r"^<!-- attest:begin ([a-z-]+) ", merged, re.MULTILINE)
    assert sorted(found) == sorted(NAMES)
    assert merge(NEW, merged).text == merged


def test_a_fresh_card_made_again_is_the_same() -> None:
    assert merge(OLD, FRESH).text == FRESH
    assert merge(OLD).people == ()


def test_whole_sections_of_people_stay_where_they_are() -> None:
    own = "\n## How we use it\n\nOnly on Tuesdays.\n"
    edits = FRESH.replace("<!-- attest:end factors -->\n", f"<!-- attest:end factors -->\n{own}")
    merged = merge(NEW, edits)
    after = merged.text.split("<!-- attest:end factors -->\n", 1)[1]
    assert after.startswith(own)
    assert [text.strip() for text in merged.people] == [own.strip()]
    assert "new words" in merged.text
    assert "old words" not in merged.text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("0.90", "0.99"),
        ("**VERIFIED**", "**VERIFIED BY THE KING**"),
        ("## Factors\n", "## Factors\n\nAdded inside.\n"),
        ("## Lineage\n", ""),
        ("license: other", "license: mit"),
        ("verified: true", "verified: false"),
    ],
)
def test_a_change_inside_a_generated_section_is_noticed(before: str, after: str) -> None:
    assert before in FRESH
    error = refused(FRESH.replace(before, after, 1))
    assert error.code == "card-edited"
    assert "README.md" in error.message


@pytest.mark.parametrize(
    "broken",
    [
        FRESH.replace("<!-- attest:end metrics -->\n", ""),
        FRESH.replace("<!-- attest:end metrics -->", "<!-- attest:end metric -->"),
        FRESH.replace("<!-- attest:begin metrics ", "<!-- attest:begin metrix "),
        FRESH.replace("<!-- attest:begin metrics ", "<!--attest:begin metrics "),
        FRESH + FRESH.split("\n---\n", 1)[1],
        FRESH.replace("# attest:end front-matter\n", ""),
        FRESH.replace("# attest:begin front-matter", "# attest:begin frontmatter"),
        FRESH + "<!-- attest:end metrics -->\n",
        re.sub(r"(attest:begin metrics) sha256=[0-9a-f]+", r"\1", FRESH),
    ],
)
def test_damaged_lines_around_sections_are_refused(broken: str) -> None:
    assert broken != FRESH
    assert refused(broken).code == "card-markers"


def front(*lines: str) -> str:
    """A fresh card with further lines in its front matter."""
    return FRESH.replace("# attest:end front-matter\n", "# attest:end front-matter\n" + "\n".join(lines) + "\n")


def test_keys_of_people_in_the_front_matter_stay() -> None:
    edits = front("language: en  # ours", "tags: [credit, tabular]")
    merged = merge(NEW, edits).text
    assert "language: en  # ours\ntags: [credit, tabular]\n---\n" in merged
    found = loaded(merged)
    assert (found.data.language, found.data.tags) == ("en", ["credit", "tabular"])
    assert merge(NEW, merged).text == merged


@pytest.mark.parametrize(
    "lines",
    [
        ("license: mit",),
        ("attest: {verified: true}",),
        ("model-index: []",),
        ("language: en", "language: de"),
        ("language: no",),
        ("- a list",),
        ("just words",),
        ("a: &x 1", "b: *x"),
        ("a: [",),
    ],
)
def test_front_matter_that_says_what_is_generated_or_two_things_is_refused(lines: tuple[str, ...]) -> None:
    assert refused(front(*lines)).code == "card-front-matter"


def test_somebody_elses_card_is_taken_over_but_for_what_is_generated() -> None:
    theirs = "---\nlanguage: en\n---\n\n# Our model\n\nIt is good.\n"
    merged = merge(NEW, theirs).text
    assert merged.endswith("\n\n# Our model\n\nIt is good.\n")
    assert loaded(merged).data.language == "en"
    error = refused(theirs.replace("language: en", "license: mit\ndatasets: [x]"))
    assert (error.code, "datasets, license" in error.message) == ("card-front-matter", True)


def test_a_file_of_windows_stays_one() -> None:
    edits = FRESH.replace("<!-- attest:end factors -->\n", "<!-- attest:end factors -->\nmine\n").replace("\n", "\r\n")
    merged = merge(OLD, edits).text
    assert merged == edits
    assert "\r\r" not in merge(NEW, edits).text
    assert merge(NEW, "\ufeff" + edits).text == merge(NEW, edits).text
