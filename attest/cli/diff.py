"""`attest diff`: what two versions, or a version and a folder, hold and say differently."""

from __future__ import annotations

import re
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import click

from attest.cli import options, render
from attest.cli.bom_source import FILE_OR_REFERENCE
from attest.cli.progress import Bars
from attest.errors import InputError, NoTrust
from attest.settings import Settings
from attest.stores import Reach, surroundings_for
from attest.written_path import written_path
from attest_registry.reference import Reference

if TYPE_CHECKING:
    from attest.policy.document import Policy
    from attest.version_diff import Comparison, Difference, Side
    from attest.whom import Whom

_HEADER: Final = ("PART", "CHANGE", "NAME", "BEFORE", "AFTER", "DELTA")
_DIGEST: Final = re.compile(r"(sha256:[0-9a-f]{12})[0-9a-f]{52}")
_COMMIT: Final = re.compile(r"\b([0-9a-f]{12})[0-9a-f]{28}(?:[0-9a-f]{24})?\b")
_WIDEST: Final = 48
_MOST_FILES: Final = 40


@click.command(
    epilog=options.examples(
        "attest diff credit-risk:2 credit-risk:3 --key alice.pub",
        "attest diff credit-risk:3 ./model --exit-code",
        "attest diff credit-risk:3 credit-risk:4 --policy production.yaml --json",
    )
)
@click.argument("before", metavar="REF|DIR", type=FILE_OR_REFERENCE)
@click.argument("after", metavar="REF|DIR", type=FILE_OR_REFERENCE)
@click.option("--exit-code", is_flag=True, help="End with 1 where they differ, as git does.")
@click.option("--exclude", multiple=True, metavar="PATTERN", help="For a folder: files that you leave out.")
@options.trust()
@options.as_json()
@options.reach()
@options.progress()
def command(
    *,
    before: str,
    after: str,
    exit_code: bool,
    exclude: tuple[str, ...],
    whom: Whom,
    as_json: bool,
    plain_http: bool,
    ca_file: str | None,
    no_progress: bool,
) -> int:
    """Show what differs: files, metrics, licences, lineage, packages, code, card; and the verdict on each.

    A folder is written ./DIR; it can be compared by its files and what their headers say. Without --key or --policy
    claims are shown as stated. Exit status: 0, whether they differ or not.
    """
    from attest.version_diff import compare  # noqa: PLC0415

    texts = (before, after)
    if exclude and not any(map(_is_path, texts)):
        raise InputError("--exclude is for folders", code="usage", expected="a folder, such as ./model")
    settings, reach = Settings.load(), Reach(plain_http=plain_http, ca_file=ca_file)
    policy = _policy(texts, settings, whom)
    now = datetime.now(UTC)
    sides = []
    for text in texts:
        if _is_path(text):
            sides.append(_folder(text, exclude, shown=not no_progress and not as_json))
        else:
            sides.append(_version(text, settings, reach, policy=policy, now=now))
    comparison = compare(*sides)
    if as_json:
        render.document(_document(sides, comparison, verified=policy is not None))
    else:
        _show(sides, comparison, policy)
    return 1 if exit_code and comparison.found else 0


def _is_path(text: str) -> bool:
    return text.startswith((".", "/", "~"))


def _policy(texts: tuple[str, str], settings: Settings, whom: Whom) -> Policy | None:
    from attest.trusting import policy_in_force  # noqa: PLC0415

    versions = [text for text in texts if not _is_path(text)]
    typed = whom.short_form or whom.policy is not None
    if not versions:
        if typed:
            raise InputError("a folder has no signature to hold against a key or policy", code="usage")
        return None
    try:
        return policy_in_force(settings, whom, asked_for=versions[0], verb="diff")
    except NoTrust:
        if typed:
            raise
        return None


def _folder(text: str, exclude: tuple[str, ...], *, shown: bool) -> Side:
    from attest.version_sides import folder_side  # noqa: PLC0415

    with Bars(shown=shown) as bars:
        return folder_side(written_path(text), title=text, exclude=exclude, progress=bars)


def _version(text: str, settings: Settings, reach: Reach, *, policy: Policy | None, now: datetime) -> Side:
    from attest.version_sides import version_side  # noqa: PLC0415

    reference = Reference.parse(text)
    surroundings = surroundings_for(reference, settings, reach)
    return version_side(reference, surroundings=surroundings, policy=policy, now=now)


def _show(sides: list[Side], comparison: Comparison, policy: Policy | None) -> None:
    for word, side in zip(("before", "after "), sides, strict=True):
        render.note(f"{word}   {render.clean(side.title)}   {_standing(side, policy)}")
    for why in dict.fromkeys(comparison.left_out.values()):
        parts = ", ".join(part for part, reason in comparison.left_out.items() if reason == why)
        render.note(f"not compared: {parts} ({render.clean(why)})")
    if not comparison.found:
        render.result("no difference")
        return
    rows = [_row(each) for each in _few_files(comparison.found)]
    for line in render.columns([_HEADER, *rows], indent=""):
        render.result(line)
    left = len(comparison.found) - len(rows)
    if left:
        render.note(f"… {left:,} more files: --json has all")


def _few_files(found: tuple[Difference, ...]) -> list[Difference]:
    """Everything but files, and as many of those as a screen holds, their sum last."""
    files = [each for each in found if each.part == "files"]
    kept = {id(each) for each in (*files[:_MOST_FILES], *files[-1:])}
    return [each for each in found if each.part != "files" or id(each) in kept]


def _standing(side: Side, policy: Policy | None) -> str:
    if side.is_folder:
        return "a folder, not signed"
    if policy is None or side.verdict is None:
        return render.paint("NOT VERIFIED: no policy or key given", "yellow", sys.stderr)
    colour = "green" if side.verdict.allowed else "red"
    return f"{render.paint(side.verdict.word, colour, sys.stderr)} by {policy.name}"


def _row(each: Difference) -> tuple[str, ...]:
    before, after = _apart(each.before or "–", each.after or "–")
    return (each.part, each.kind.value, _cut(render.clean(each.name)), before, after, each.delta or "")


def _apart(before: str, after: str) -> tuple[str, str]:
    """Digests are cut where a person reads them; long texts too, to the place where they begin to differ."""
    texts = [_COMMIT.sub(r"\1", _DIGEST.sub(r"\1", render.clean(text))) for text in (before, after)]
    if max(map(len, texts)) <= _WIDEST:
        return texts[0], texts[1]
    same = next((at for at, (a, b) in enumerate(zip(*texts, strict=False)) if a != b), min(map(len, texts)))
    start = max(0, same - _WIDEST // 3)
    begin = "…" if start else ""
    return _cut(begin + texts[0][start:]), _cut(begin + texts[1][start:])


def _cut(text: str) -> str:
    return text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…"


def _document(sides: list[Side], comparison: Comparison, *, verified: bool) -> dict[str, Any]:
    older, newer = (
        {
            "of": side.title,
            "kind": "folder" if side.is_folder else "version",
            "verified": verified and not side.is_folder and side.bom is not None,
            "verdict": None if side.verdict is None else side.verdict.to_json(),
        }
        for side in sides
    )
    return {
        "schema": "attest/diff/v1",
        "before": older,
        "after": newer,
        "same": not comparison.found,
        "not_compared": dict(comparison.left_out),
        "changes": [
            {
                "part": each.part,
                "name": each.name,
                "change": each.kind.value,
                "before": each.before,
                "after": each.after,
                "delta": each.delta,
            }
            for each in comparison.found
        ],
    }
