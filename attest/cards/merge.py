"""Generated sections and what people wrote, in one Markdown document.

Each generated section lies between two lines that nothing renders:

    <!-- attest:begin metrics sha256=… -->
    …
    <!-- attest:end metrics -->

and the generated keys of the front matter between two comments of YAML. The digest is over the lines between. What
stands outside is people's: it is kept byte for byte and in its place when the card is made anew. What people changed
inside is noticed by the digest and refused: nothing of theirs is lost, and nothing of theirs passes for generated.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from attest.cards.front_matter import generated_keys
from attest.cards.sections import NAMES
from attest.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

FRONT: Final = "front-matter"
_DASHES: Final = "---"
_DIGEST: Final = r"sha256=(?P<digest>[0-9a-f]{64})"
_BEGIN: Final = re.compile(rf"<!-- attest:begin (?P<name>[a-z-]+) {_DIGEST} -->", re.ASCII)
_END: Final = re.compile(r"<!-- attest:end (?P<name>[a-z-]+) -->", re.ASCII)
_FRONT_BEGIN: Final = re.compile(rf"# attest:begin (?P<name>{FRONT}) {_DIGEST}", re.ASCII)
_FRONT_END: Final = re.compile(rf"# attest:end (?P<name>{FRONT})", re.ASCII)
_ALMOST: Final = re.compile(r"\s*(?:<!--|#)\s*attest:(?:begin|end)\b")


class Generated(Struct, frozen=True, kw_only=True):
    """What a card says by itself.

    Args:
        front: keys of the front matter, as YAML.
        bodies: name of a section → its Markdown, in order.
    """

    front: str
    bodies: Mapping[str, str]


class Merged(Struct, frozen=True, kw_only=True):
    """A whole document.

    Args:
        text: all of it.
        people: what people wrote outside the generated sections, in order; front matter aside.
    """

    text: str
    people: tuple[str, ...] = ()


class _Part(Struct, frozen=True, kw_only=True):
    """Some lines: of a generated section where it has a name, else of people."""

    lines: tuple[str, ...]
    name: str | None = None


def merge(generated: Generated, edits: str | None = None, *, what: str = "the card") -> Merged:
    """The document with everything generated anew and everything of people kept.

    Args:
        generated: what the card says now.
        edits: an earlier document with what people wrote in it; `None` for none.
        what: its name, for messages.

    Raises:
        InputError: `card-edited`: somebody changed a generated section; `card-markers`: the lines around one are not
            whole; `card-front-matter`: people's front matter cannot be read one way, or says what is generated.
    """
    text = (edits or "").removeprefix("\ufeff")
    lines = text.split("\n")
    windows = len(lines) > 1 and all(line.endswith("\r") for line in lines[:-1])
    if windows:
        lines = [line.removesuffix("\r") for line in lines]
    head, body = _split(lines)
    keys = [line for part in _parts(head, _FRONT_BEGIN, _FRONT_END, what, 2) for line in part.lines]
    parts = list(_parts(body, _BEGIN, _END, what, len(lines) - len(body) + 1)) if text else []
    written = [_DASHES, *_marked_front(generated.front), *keys, _DASHES, *_woven(generated.bodies, parts)]
    _check_front(keys, what)
    people = tuple("\n".join(part.lines) for part in parts if part.name is None and any(map(str.strip, part.lines)))
    return Merged(text=("\r\n" if windows else "\n").join(written), people=people)


def _split(lines: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
    """Lines of the front matter, and the rest."""
    if lines[0].rstrip() != _DASHES:
        return [], lines
    end = next((number for number, line in enumerate(lines) if number and line.rstrip() == _DASHES), None)
    return ([], lines) if end is None else (lines[1:end], lines[end + 1 :])


def _parts(
    lines: Sequence[str], begin: re.Pattern[str], end: re.Pattern[str], what: str, first: int
) -> Iterator[_Part]:
    """People's lines and generated sections, in order, each section as it was generated."""
    own: list[str] = []
    open_at: int | None = None
    name = digest = ""
    seen: set[str] = set()
    for number, line in enumerate(lines):
        found = begin.fullmatch(line.rstrip())
        if open_at is None and found:
            yield _Part(lines=tuple(own))
            own, open_at, name, digest = [], number, found["name"], found["digest"]
            _check_section(name, seen, what, first + number)
        elif open_at is not None and (closing := end.fullmatch(line.rstrip())) and closing["name"] == name:
            _check_untouched(lines[open_at + 1 : number], digest, name, what, first + open_at)
            yield _Part(lines=(), name=name)
            open_at = None
        elif _ALMOST.match(line):
            raise _broken(f"{what} has a damaged line around a generated section", first + number, line)
        elif open_at is None:
            own.append(line)
    if open_at is not None:
        raise _broken(f"the generated section {name} of {what} has no end", first + open_at, lines[open_at])
    yield _Part(lines=tuple(own))


def _check_section(name: str, seen: set[str], what: str, line: int) -> None:
    if name not in (*NAMES, FRONT):
        raise _broken(f"{what} has a section that is not generated here", line, name)
    if name in seen:
        raise _broken(f"{what} has the section {name} twice", line, name)
    seen.add(name)


def _broken(message: str, line: int, found: str) -> InputError:
    return InputError(
        message,
        code="card-markers",
        expected="<!-- attest:begin NAME sha256=… --> and <!-- attest:end NAME -->, as they were written",
        found=f"line {line}: {found.strip()[:80]}",
        hint="write the lines as they were, or take the section out with both of them: it is written anew",
    )


def _check_untouched(lines: Sequence[str], digest: str, name: str, what: str, line: int) -> None:
    if _digest(lines) != digest:
        raise InputError(
            f"the generated section {name} of {what} was changed by hand",
            code="card-edited",
            expected="what people write to stand outside the lines <!-- attest:begin … --> and <!-- attest:end … -->",
            found=f"a change below line {line}",
            hint=f"move it below <!-- attest:end {name} -->, and take the section out: it is written anew",
        )


def _digest(lines: Sequence[str]) -> str:
    """Of the lines, however they end: editors change that without being asked."""
    return hashlib.sha256("\n".join(line.rstrip("\r") for line in lines).encode("utf-8", "surrogatepass")).hexdigest()


def _marked(name: str, body: str) -> list[str]:
    lines = body.split("\n")
    return [f"<!-- attest:begin {name} sha256={_digest(lines)} -->", *lines, f"<!-- attest:end {name} -->"]


def _marked_front(front: str) -> list[str]:
    lines = front.split("\n")
    return [f"# attest:begin {FRONT} sha256={_digest(lines)}", *lines, f"# attest:end {FRONT}"]


def _woven(bodies: Mapping[str, str], parts: Sequence[_Part]) -> Iterator[str]:
    """People's lines and sections where they were; a section that is not there comes after its forerunner."""
    there = {part.name for part in parts}
    after: dict[str | None, list[str]] = {None: []}
    forerunner: str | None = None
    for name in bodies:
        if name in there:
            forerunner = name
        else:
            after.setdefault(forerunner, []).append(name)
    for name in after[None]:
        yield from (*_marked(name, bodies[name]), "")
    for part in parts:
        if part.name is None:
            yield from part.lines
            continue
        yield from _marked(part.name, bodies[part.name])
        for name in after.get(part.name, ()):
            yield from ("", *_marked(name, bodies[name]))


def _check_front(lines: Sequence[str], what: str) -> None:
    """People's keys of the front matter can be read one way, and none of them is a generated one."""
    if not any(map(str.strip, lines)):
        return
    from attest import strict_yaml  # noqa: PLC0415  # most cards have none of their own

    try:
        value = strict_yaml.load("\n".join(lines), what=f"the front matter of {what}").value
    except InputError as error:
        raise InputError(
            error.message, code="card-front-matter", expected=error.expected, found=error.found, hint=error.hint
        ) from error
    if value is None:
        return
    if not isinstance(value, dict):
        raise InputError(f"the front matter of {what} has no keys", code="card-front-matter", expected="KEY: VALUE")
    if ours := generated_keys(value):
        raise InputError(
            f"the front matter of {what} says {', '.join(ours)}, which is generated",
            code="card-front-matter",
            expected="keys of your own, such as language or tags",
            hint="take it out: what the signed claims say is written there",
        )
