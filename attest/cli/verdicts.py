"""A verdict on screen: pinned reference, one line per rule, one word in capitals."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct
from msgspec.structs import replace

from attest.cli import render
from attest.policy.verdict import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from attest.policy.verdict import Finding, Verdict
    from attest.verify.facts import Judged

MARKS: Final = {
    Status.PASSED: "✓",
    Status.FAILED: "✗",
    Status.NOT_REACHED: "–",
    Status.NOT_APPLICABLE: "–",
    Status.UNKNOWN: "?",
}
_RULE_WORDS: Final = {"ml-bom": "ML-BOM"}
_WHOLE_DIGEST: Final = re.compile(r"(sha256:[0-9a-f]{12})[0-9a-f]{52}")
_WORD_COLOURS: Final = {"ALLOWED": "green", "DENIED": "red", "TAMPERED": "red", "UNDECIDED": "yellow"}


class Shape(Struct, frozen=True, kw_only=True):
    """How an answer was asked for.

    Args:
        as_json: as one document.
        quiet: as the bare value.
        as_sarif: as one document of another kind, for CI.
    """

    as_json: bool = False
    quiet: bool = False
    as_sarif: bool = False

    @property
    def is_document(self) -> bool:
        """Whether a machine reads it."""
        return self.as_json or self.as_sarif


def verdict_document(verdict: Verdict, *, reference: str, shape: Shape) -> dict[str, Any]:
    """A verdict as the one document that was asked for.

    Args:
        verdict: what to show.
        reference: pinned.
        shape: JSON of ours, or SARIF.
    """
    if shape.as_sarif:
        from attest.cli import sarif  # noqa: PLC0415

        return sarif.of_verdict(verdict, reference=reference)
    return {"schema": "attest/verdict/v1", "reference": reference, **verdict.to_json()}


def show_verdict(
    verdict: Verdict, *, reference: str, judged: Judged | None = None, by: str, refused: bool = False
) -> None:
    """Print it: on stdout as the result, on stderr when it is why something else was not done.

    Args:
        verdict: what to show.
        reference: pinned.
        judged: the evidence, to name what was ignored.
        by: which policy or key, for the last line.
        refused: whether it explains a refusal of something else.
    """
    stream = sys.stderr if refused else sys.stdout
    write = render.note if refused else render.result
    write(reference)
    own = [finding for finding in verdict.findings if not finding.path]
    show_lines(own, write)
    if len(own) < len(verdict.findings):
        _show_lineage(verdict, write)
    for rejected in judged.rejected if judged is not None else ():
        if rejected.error.exit_status > 1:  # evidence by somebody else is nothing to worry about, and shown above
            origin, why = rejected.evidence.origin[:19], render.clean(rejected.error.message)
            render.note(f"  note: evidence {origin} did not count: {why}")
    word = render.paint(verdict.word, _WORD_COLOURS[verdict.word], stream)
    write(f"{word}  by {by}")


def show_findings(verdict: Verdict) -> None:
    """The rules of a verdict on stderr, without its head and word: those that failed, and those that held."""
    own = [finding for finding in verdict.findings if not finding.path and finding.status is not Status.NOT_REACHED]
    show_lines(own, render.note)
    if len(own) < len(verdict.findings):
        _show_lineage(verdict, render.note)


def show_lines(findings: Sequence[Finding], write: Callable[[str], None]) -> None:
    """Findings, one line each, with what was expected and found of those that failed."""
    width = max((len(finding.rule) for finding in findings), default=0)
    for finding in findings:
        _show_finding(finding, width, write)


def _show_finding(finding: Finding, width: int, write: Callable[[str], None]) -> None:
    stream = sys.stdout if write is render.result else sys.stderr
    symbol = render.mark(MARKS[finding.status], stream)
    head = f"  {symbol} {_RULE_WORDS.get(finding.rule, finding.rule).ljust(width)}  "
    pad = " " * (width + 5 + render.mark_width(stream))
    if finding.status in {Status.PASSED, Status.NOT_REACHED, Status.NOT_APPLICABLE}:
        signer = f"   {finding.signer}" if finding.signer else ""
        write(f"{head}{render.clean(finding.summary)}{render.clean(signer)}")
        return
    for index, line in enumerate(_lines(finding)):
        write((head if index == 0 else pad) + line)


def _show_lineage(verdict: Verdict, write: Callable[[str], None]) -> None:
    from attest.cli import verdict_tree  # noqa: PLC0415

    stream = sys.stdout if write is render.result else sys.stderr
    marked = [replace(finding, path=tuple(map(render.clean, finding.path))) for finding in verdict.findings]
    for line in verdict_tree.lines(marked, mark=lambda status: render.mark(MARKS[status], stream), said=_lines):
        write(f"    {line}")


def _lines(finding: Finding) -> list[str]:
    """What is said of one finding; of one that holds, its summary and signer alone."""
    lines = []
    if finding.summary:
        lines.append(render.clean(finding.summary))
    if not finding.stands_in_the_way:
        return [*lines, *([render.clean(finding.signer)] if finding.signer else [])]
    if finding.expected:
        lines.append(f"expected  {render.clean(finding.expected)}")
    if finding.found:
        lines.append(f"found     {render.clean(finding.found)}")
    return [_WHOLE_DIGEST.sub(r"\1…", line) for line in lines or [finding.code or "unknown"]]
