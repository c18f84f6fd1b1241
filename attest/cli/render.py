"""What a person sees: marks, tables, errors. The result goes to stdout, everything else to stderr.

Rich is imported only when a table or a progress bar goes to a terminal; colour never carries meaning alone.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import sys
from typing import TYPE_CHECKING, Any, Final, TextIO

from attest.sizes import size as size  # noqa: PLC0414  # people's words for sizes stand with the other ones

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from attest.errors import AttestError

_OURS: Final = re.compile(r"(\x1b\[\d{1,2}m)")
_CODES: Final = {"red": "31", "green": "32", "yellow": "33", "bold": "1", "dim": "2"}
_PLAIN_MARKS: Final = {"✓": "ok", "✗": "FAIL", "–": "-", "…": "...", "·": "-", "└": "`", "├": "|", "─": "-", "│": "|"}
_WIDEST: Final = 100
_DIGEST_HEX: Final = 64
_MOST_HINTS: Final = 5

colour_choice = "auto"
"""`auto`, `always` or `never`; set once by the main command."""

_gathered: list[str] | None = None


def has_colour(stream: TextIO | None) -> bool:
    """Whether escape codes may go to `stream` (NO_COLOR, CLICOLOR_FORCE, TERM=dumb)."""
    if stream is None:  # it was closed by whoever started us
        return False
    if colour_choice != "auto":
        return colour_choice == "always"
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return bool(os.environ.get("CLICOLOR_FORCE", "0") not in {"", "0"} or stream.isatty())


def paint(text: str, colour: str, stream: TextIO | None) -> str:
    """`text` in a colour, where `stream` shows colours."""
    return f"\x1b[{_CODES[colour]}m{text}\x1b[0m" if has_colour(stream) else text


def is_unicode(stream: TextIO | None) -> bool:
    """Whether `stream` can show our marks."""
    return stream is not None and (stream.encoding or "").lower().startswith("utf")


def _printable(text: str, stream: TextIO) -> str:
    """Only what the stream can show; no control character reaches a terminal but the colours that we put there."""
    parts = _OURS.split(text) if has_colour(stream) else [text]
    safe = "".join(part if index % 2 else _escaped(part, keep="\n\t") for index, part in enumerate(parts))
    if is_unicode(stream):
        return safe
    encoding = stream.encoding or "ascii"
    return _plain(safe).encode(encoding, "backslashreplace").decode(encoding)


def _plain(text: str) -> str:
    for mark, plain in _PLAIN_MARKS.items():
        text = text.replace(mark, plain)
    return text


def clean(text: str) -> str:
    """Untrusted text without control or escape characters."""
    return _escaped(text, keep="")


def _escaped(text: str, *, keep: str) -> str:
    return "".join(c if c.isprintable() or c in keep else f"\\x{ord(c):02x}" for c in text)


def _write(stream: TextIO | None, text: str) -> None:
    """Write a line. A reader who has left changes nothing about what was decided, and so not the exit status."""
    if stream is None:
        return
    with _reported(stream):
        stream.write(_printable(text, stream) + "\n")
        stream.flush()


@contextlib.contextmanager
def _reported(stream: TextIO) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())  # or Python would try once more at its end
        if stream is sys.stdout and error.errno != errno.EPIPE:
            from attest_registry.errors import StoreRefused  # noqa: PLC0415

            why = (error.strerror or "unknown reason").lower()
            raise StoreRefused(
                f"the result could not be written to standard output: {why}",
                code="disk-full" if error.errno == errno.ENOSPC else "cannot-write",
            ) from error


def result(text: str) -> None:
    """A line of the result: stdout."""
    _write(sys.stdout, text)


def content(data: bytes) -> None:
    """A file as the result: its very bytes, or what a terminal can show of them."""
    if sys.stdout is None:
        return
    if sys.stdout.isatty():
        result(data.decode("utf-8", "replace").replace("\r\n", "\n").removesuffix("\n"))
        return
    with _reported(sys.stdout):
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()


def note(text: str) -> None:
    """Anything else a person reads: stderr."""
    if _gathered is not None:
        _gathered.append(text)
    else:
        _write(sys.stderr, f"attest: {text}" if _in_container() else text)


@contextlib.contextmanager
def gathered() -> Iterator[list[str]]:
    """Keep notes instead of writing them."""
    global _gathered  # noqa: PLW0603  # there is one stderr
    kept: list[str] = []
    _gathered = kept
    try:
        yield kept
    finally:
        _gathered = None


def _in_container() -> bool:
    return os.environ.get("ATTEST_LOG_PREFIX") == "1" and sys.stderr is not None and not sys.stderr.isatty()


def warning(code: str, text: str) -> None:
    """A warning: what could go wrong, and what to do about it."""
    note(f"{paint(f'warning[{code}]', 'yellow', sys.stderr)}: {text}")


def document(value: dict[str, Any]) -> None:
    """The one JSON document of `--json`."""
    _write(sys.stdout, json.dumps(value, indent=2))  # ASCII: the names in it are untrusted and it may go to a terminal


def mark(symbol: str, stream: TextIO | None) -> str:
    """A mark in its colour: ✓ passed, ✗ failed, – not asked, ? unknown; as a word where those cannot be shown."""
    colours = {"✓": "green", "✗": "red", "?": "yellow", "–": "dim"}
    shown = symbol if is_unicode(stream) else _PLAIN_MARKS.get(symbol, symbol)
    return paint(shown, colours[symbol], stream) + " " * (mark_width(stream) - len(shown))


def mark_width(stream: TextIO | None) -> int:
    """Columns that a mark takes."""
    return 1 if is_unicode(stream) else max(map(len, _PLAIN_MARKS.values()))


def error(problem: AttestError) -> None:
    """An error: code and message, what was expected and found, and what helps."""
    note(f"{paint(f'error[{problem.code}]', 'red', sys.stderr)}: {clean(problem.message)}")
    width = max((len(name) for name, _ in _details(problem)), default=0)
    for name, text in _details(problem):
        lines = [clean(line) for line in text.splitlines()]
        note(f"  {name.ljust(width)}  {lines[0]}")
        for line in lines[1:]:
            note(f"  {' ' * width}  {line}")
    if problem.hint:
        hint(problem.hint)


def hint(text: str) -> None:
    """What helps: a line to type, or several."""
    first, *rest = text.splitlines()
    note(f"{paint('hint', 'bold', sys.stderr)}: {clean(first)}")
    for line in rest[:_MOST_HINTS]:
        note(f"      {clean(line)}")
    if len(rest) > _MOST_HINTS:
        note(f"      … {len(rest) - _MOST_HINTS} more")


def _details(problem: AttestError) -> list[tuple[str, str]]:
    pairs = [
        ("expected", problem.expected),
        ("found", problem.found),
        ("looked in", problem.looked_in),
        ("cause", _cause(problem)),
    ]
    return [(name, text) for name, text in pairs if text]


def _cause(problem: AttestError) -> str | None:
    """What a library said, where nothing of ours says more."""
    cause = problem.__cause__
    if cause is None or problem.found or problem.expected or problem.hint or hasattr(cause, "code"):
        return None
    if isinstance(cause, OSError):  # its other words repeat the path
        words = (cause.strerror or str(cause)).lower()
        return None if words in problem.message.lower() or isinstance(cause, FileNotFoundError) else words
    return f"{type(cause).__name__}: {cause}".splitlines()[0][:300]


def error_document(problem: AttestError) -> dict[str, Any]:
    """An error as `attest/error/v1`."""
    return {
        "schema": "attest/error/v1",
        "code": problem.code,
        "message": problem.message,
        "expected": problem.expected,
        "found": problem.found,
        "looked_in": problem.looked_in,
        "hint": problem.hint,
        "exit_status": problem.exit_status,
    }


def utc(moment: datetime) -> str:
    """A time for people: `2026-03-08 14:32 UTC`."""
    return moment.strftime("%Y-%m-%d %H:%M UTC")


def utc_json(moment: datetime) -> str:
    """A time for machines: RFC 3339."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def plural(count: int, word: str) -> str:
    """`1 file`, `3 files`."""
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"


def columns(rows: Sequence[Sequence[str]], *, indent: str = "  ", gap: int = 3) -> list[str]:
    """Rows as aligned lines; the last column is not padded."""
    if not is_unicode(sys.stdout):
        rows = [tuple(map(_plain, row)) for row in rows]
    if not rows:
        return []
    widths = [0] * max(map(len, rows))
    for row in rows:
        for index, cell in enumerate(row[:-1]):
            widths[index] = max(widths[index], len(cell))
    lines = []
    for row in rows:
        cells = [cell.ljust(widths[index]) for index, cell in enumerate(row[:-1])]
        lines.append((indent + (" " * gap).join([*cells, row[-1]])).rstrip())
    return lines


def table(rows: Iterable[Sequence[str]], *, header: Sequence[str]) -> None:
    """A table on stdout: aligned for a terminal, tabs when piped."""
    body = [list(map(clean, row)) for row in rows]
    if sys.stdout is not None and sys.stdout.isatty():
        import shutil  # noqa: PLC0415  # brings three compression libraries along

        for line in columns([list(header), *body], indent=""):
            result(line[: max(shutil.get_terminal_size().columns, _WIDEST)])
    else:
        for row in [list(header), *body]:
            result("\t".join(row))


def confirm(question: str) -> bool:
    """Ask on a terminal; the default is no."""
    sys.stderr.write(f"{_printable(question, sys.stderr)} [y/N] ")
    sys.stderr.flush()
    with contextlib.suppress(EOFError):
        return sys.stdin.readline().strip().lower() in {"y", "yes"}
    return False


def on_terminal() -> bool:
    """Whether a question would reach a person."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))
