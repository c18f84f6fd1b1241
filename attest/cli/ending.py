"""Every way out of a command: one error of ours, one exit status, shown once. No default of click or Python survives.

Python and click end with 1 after a traceback, Ctrl-C, a declined question or a closed pipe; here 1 means that something
was judged and refused, so none of those may keep it.
"""

from __future__ import annotations

import errno
import os
import sys
from typing import TYPE_CHECKING, Final

import click

from attest._version import __version__
from attest.cli import render
from attest.errors import InputError, Interrupted
from attest_registry.errors import AttestError, StoreError, StoreRefused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from attest.cli.verdicts import Shape
    from attest.policy.verdict import Denied

_NOT_STARTED: Final = 120
_NEAR: Final = 0.2
"""How much less alike than the nearest word another one may be and still be offered."""
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
_HINTS: Final = {
    errno.EACCES: "check who may read and write there",
    errno.EPERM: "check who may read and write there",
    errno.EROFS: "name a place that can be written to",
    errno.EMFILE: "ulimit -n 4096        lets more files be open",
}


def end(problem: BaseException, given: Sequence[str], *, verb: str | None) -> int:
    """Show why a command ended.

    Args:
        problem: what it raised.
        given: the command line.
        verb: the verb in it.

    Returns:
        the exit status.
    """
    error = _translated(problem, given, verb)
    try:
        if verb == "exec":
            return _not_started(error)
        _show(error, shape=_shape(own(given), verb))
    except StoreError as unwritten:  # the answer could not be written
        render.error(unwritten)
    _debug(problem)
    return error.exit_status


def _shape(given: Sequence[str], verb: str | None) -> Shape:
    """How the answer was asked for; also where the command line could not be parsed."""
    from attest.cli.options import is_asked_for  # noqa: PLC0415
    from attest.cli.verdicts import Shape  # noqa: PLC0415

    asked = {form: verb == "verify" and is_asked_for(given, form) for form in ("json", "sarif")}
    return Shape(as_json="--json" in given or asked["json"], as_sarif=asked["sarif"])


def own(given: Sequence[str]) -> list[str]:
    """The arguments that are ours: what follows `--` belongs to the command that `exec` runs."""
    return list(given[: given.index("--")] if "--" in given else given)


def _not_started(error: AttestError) -> int:
    """The refusal of a command comes last, and short: container platforms keep the end of a log only."""
    from attest.cli import last_words  # noqa: PLC0415
    from attest.cli.verdicts import Shape  # noqa: PLC0415

    with render.gathered() as lines:
        _show(error, shape=Shape())
        render.note("the command was not started")
    last_words.say(lines)
    _debug(error)
    return _NOT_STARTED + error.exit_status if error.exit_status < _NOT_STARTED else error.exit_status


def _show(error: AttestError, *, shape: Shape) -> None:
    from attest.policy.verdict import Denied  # noqa: PLC0415

    if isinstance(error, Denied):
        _show_denied(error, shape=shape)
    elif error.shown:
        return
    elif shape.as_sarif:
        from attest.cli import sarif  # noqa: PLC0415

        render.document(sarif.of_error(error))
    elif shape.as_json:
        render.document(render.error_document(error))
    elif error.code == "interrupted":
        render.note(f"{error.message}; {error.hint}")
    else:
        render.error(error)


def _show_denied(problem: Denied, *, shape: Shape) -> None:
    """The verdict is the answer: on stdout where it was asked for, on stderr where it stops something else."""
    from attest.cli.verdicts import show_verdict, verdict_document  # noqa: PLC0415

    if shape.is_document:
        render.document(verdict_document(problem.verdict, reference=problem.reference, shape=shape))
    elif not problem.shown:
        show_verdict(problem.verdict, reference=problem.reference, by=problem.verdict.policy_name, refused=True)
    for hint in problem.verdict.hints:
        render.hint(hint)


def _translated(problem: BaseException, given: Sequence[str], verb: str | None) -> AttestError:
    match problem:
        case AttestError():
            return problem
        case KeyboardInterrupt() | click.Abort():
            return Interrupted("interrupted", hint="the same command can be run again")
        case click.ClickException():
            return _usage(problem, verb)
        case OSError():
            return _system(problem)
        case _:
            return _internal(problem, given)


def _nearest(problem: click.ClickException) -> list[str]:
    """What was probably meant, of all that click finds near: letters in the wrong order before other letters."""
    from difflib import SequenceMatcher  # noqa: PLC0415

    typed = str(getattr(problem, "option_name", None) or getattr(problem, "command_name", None) or "")
    near: list[str] = list(getattr(problem, "possibilities", None) or [])
    scores = {
        each: SequenceMatcher(None, typed, each).ratio() + (sorted(each) == sorted(typed)) for each in near if typed
    }
    return [each for each in near if scores.get(each, 1) >= max(scores.values(), default=0) - _NEAR]


def _usage(problem: click.ClickException, verb: str | None) -> InputError:
    """Click's words in our form: lower case, no full stop, what is near as a hint."""
    near = _nearest(problem)
    message = problem.message if near else problem.format_message()
    found = expected = None
    if isinstance(problem, click.BadParameter) and not isinstance(problem, click.MissingParameter):
        message, _, found = problem.format_message().partition(": ")
    message = message.rstrip(".").replace("\n", " ")
    hints = [f"did you mean {' or '.join(near)}?"] if near else []
    context = getattr(problem, "ctx", None)
    path = context.command_path if context is not None else " ".join(filter(None, ("attest", verb)))
    hints.append(f"{path} --help")
    if context is not None and type(problem) in {click.UsageError, click.MissingParameter}:
        expected = " ".join([path, *context.command.collect_usage_pieces(context)])
    return InputError(
        message[:1].lower() + message[1:],
        code="usage",
        expected=expected,
        found=(found or "").rstrip(".") or None,
        hint="\n".join(hints),
    )


def _system(problem: OSError) -> AttestError:
    named = f"{problem.filename}: " if problem.filename else ""
    if problem.errno in _FULL:
        hint = "free some space and run the same command again"
        return StoreRefused(f"{named}no space is left", code="disk-full", hint=hint)
    words = (problem.strerror or str(problem)).lower()
    return InputError(f"{named}{words}", code="system-error", hint=_HINTS.get(problem.errno or 0))


def _internal(problem: BaseException, given: Sequence[str]) -> AttestError:
    report = _write_report(problem, given)
    return AttestError(
        f"attest itself failed: {type(problem).__name__}",
        code="internal",
        found=str(problem)[:200] or None,
        hint=f"please report this with {report}" if report else "ATTEST_DEBUG=1 shows where",
    )


def _debug(problem: BaseException) -> None:
    if os.environ.get("ATTEST_DEBUG") == "1":
        import traceback  # noqa: PLC0415

        render.note("".join(traceback.format_exception(problem)).rstrip())


def _write_report(problem: BaseException, given: Sequence[str]) -> str | None:
    import tempfile  # noqa: PLC0415
    import traceback  # noqa: PLC0415

    try:
        with tempfile.NamedTemporaryFile("w", prefix="attest-report-", suffix=".txt", delete=False) as file:
            file.write(f"attest {__version__}, Python {sys.version}\ncommand: {next(iter(given), '')}\n\n")
            file.write("".join(traceback.format_exception(problem)).encode("utf-8", "backslashreplace").decode())
            return file.name
    except OSError:
        return None
