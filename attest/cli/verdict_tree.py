"""The lineage part of a verdict on screen: a tree of the ancestors that findings are about, each with its mark."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct, field

from attest.policy.verdict import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from attest.policy.verdict import Finding

_WORST_FIRST: Final = (Status.FAILED, Status.UNKNOWN, Status.PASSED, Status.NOT_REACHED, Status.NOT_APPLICABLE)


class _Ancestor(Struct):
    findings: list[Finding] = field(default_factory=list)
    below: dict[str, _Ancestor] = field(default_factory=dict)

    @property
    def status(self) -> Status:
        """The worst of what was found about this one; those below it have marks of their own."""
        found = {finding.status for finding in self.findings}
        return next((status for status in _WORST_FIRST if status in found), Status.NOT_APPLICABLE)


def lines(
    findings: Iterable[Finding], *, mark: Callable[[Status], str], said: Callable[[Finding], list[str]]
) -> Iterator[str]:
    """One line per ancestor, and under it what stands in its way.

    Args:
        findings: those with a path; others are left out.
        mark: a status as the stream can show it.
        said: the lines of one finding, clean.
    """
    top = _Ancestor()
    for finding in findings:
        place = top
        for name in finding.path:
            place = place.below.setdefault(name, _Ancestor())
        if finding.path:
            place.findings.append(finding)
    yield from _below(top, "", mark, said)


def _below(
    ancestor: _Ancestor, indent: str, mark: Callable[[Status], str], said: Callable[[Finding], list[str]]
) -> Iterator[str]:
    for count, (name, each) in enumerate(ancestor.below.items(), 1):
        last = count == len(ancestor.below)
        quiet = [line for finding in each.findings if not finding.stands_in_the_way for line in said(finding)]
        summary = "   " + "; ".join(dict.fromkeys(quiet)) if quiet and not _stopped(each) else ""
        yield f"{indent}{'└─' if last else '├─'} {mark(each.status)} {name}{summary}"
        rest = f"{indent}{' ' if last else '│'}  "
        for finding in _stopped(each):
            yield from (f"{rest}  {line}" for line in said(finding))
        yield from _below(each, rest, mark, said)


def _stopped(ancestor: _Ancestor) -> list[Finding]:
    return [finding for finding in ancestor.findings if finding.stands_in_the_way]
