"""What becomes of the answer when nobody reads it, when it cannot be shown, and when it must not be coloured."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.end_to_end.shell import Shell

KEY, PUBLIC, OTHER = ("--key", "K/attest.key"), ("--key", "K/attest.pub"), ("--key", "other/attest.pub")


@pytest.fixture
def pushed(keyed: Shell) -> Shell:
    keyed.attest("push", "model", "m", *KEY, "-q")
    return keyed


def through_bash(shell: Shell, line: str) -> tuple[list[int], str, str]:
    """The statuses of a pipeline, and what came out of its end."""
    command = " ".join(shell.command)
    script = f'{line.replace("attest ", command + " ")}; echo "${{PIPESTATUS[@]}}" >&3'
    reading, writing = os.pipe()
    with subprocess.Popen(
        ["bash", "-c", f"exec 3>&{writing}; {script}"],
        cwd=shell.folder,
        env=shell.variables(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        pass_fds=[writing],
        text=True,
    ) as process:
        os.close(writing)
        out, err = process.communicate(timeout=120)
        with os.fdopen(reading) as statuses:
            return [int(word) for word in statuses.read().split()], out, err


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("attest ls", 0),
        ("attest ls -q", 0),
        ("attest help", 0),
        ("attest --help", 0),
        ("attest --version", 0),
        ("attest show m:1", 0),
        (f"attest verify m:1 {' '.join(PUBLIC)}", 0),
        (f"attest verify m:1 {' '.join(OTHER)}", 1),
        (f"attest verify m:1 {' '.join(OTHER)} --json", 1),
        ("attest verify m:1 --json", 2),
        (f"attest verify m:9 {' '.join(PUBLIC)} --json", 2),
    ],
)
def test_a_reader_who_left_changes_no_status(pushed: Shell, line: str, status: int) -> None:
    for _ in range(3):  # whether the reader leaves before or after the first line is a race
        statuses, out, err = through_bash(pushed, f"{line} | head -0")
        assert statuses == [status, 0]
        assert out == ""
        assert "error" not in err
        assert "Traceback" not in err


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-", "<&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize(
    ("line", "status"),
    [
        (f"attest verify m:1 {' '.join(PUBLIC)}", 0),
        (f"attest verify m:1 {' '.join(OTHER)}", 1),
        (f"attest verify m:9 {' '.join(PUBLIC)}", 2),
        (f"attest push model m {' '.join(KEY)}", 0),
    ],
)
def test_streams_that_were_closed_change_no_status(pushed: Shell, line: str, status: int, closed: str) -> None:
    statuses, _, err = through_bash(pushed, f"{line} {closed}")
    assert statuses == [status]
    assert "Traceback" not in err


def test_a_result_that_cannot_be_written_is_no_success(pushed: Shell) -> None:
    statuses, _, err = through_bash(pushed, f"attest verify m:1 {' '.join(PUBLIC)} >/dev/full")
    assert statuses == [4]
    assert "error[disk-full]: the result could not be written to standard output" in err


def test_messages_that_cannot_be_written_change_no_status(pushed: Shell) -> None:
    for line, status in ((f"attest verify m:9 {' '.join(PUBLIC)}", 2), (f"attest pull m:1 out {' '.join(OTHER)}", 1)):
        assert through_bash(pushed, f"{line} 2>/dev/full")[0] == [status]


# ---- locales


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "iso-8859-15", "cp1252"])
def test_marks_become_words_where_they_cannot_be_shown(pushed: Shell, encoding: str) -> None:
    shell = replace(pushed, environment={"PYTHONIOENCODING": encoding})
    allowed = shell.attest("verify", "m:1", *PUBLIC).out.splitlines()
    assert "  ok   signature   model signature over 3 files" in allowed[2]
    assert allowed[-3].startswith("  -    bytes       not read")
    denied = shell.attest("verify", "m:1", *OTHER, expect=1).out
    assert denied.isascii()
    lines = denied.splitlines()
    assert lines[2].startswith("  FAIL signature   expected  ")
    assert lines[3].startswith("                   found     ")
    assert lines[2].index("expected") == lines[3].index("found")


def test_the_c_locale(pushed: Shell) -> None:
    environment = {"PYTHONIOENCODING": None, "LC_ALL": "C", "LANG": None, "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    shell = replace(pushed, environment=environment)
    for line in (("verify", "m:1", *PUBLIC), ("show", "m:1", *PUBLIC), ("help",), ("ls", "m"), ("info",)):
        assert shell.attest(*line).out.isascii()
    assert shell.attest("verify", "m:9", *PUBLIC, expect=2).err.isascii()


def test_names_that_a_stream_cannot_show(keyed: Shell) -> None:
    (keyed.folder / "model/größe.json").write_text("{}")
    printed = keyed.attest("push", "model", "m", *KEY, PYTHONIOENCODING="ascii")
    assert "gr\\xf6\\xdfe.json" in printed.err
    assert "größe.json" in keyed.attest("show", "m:1", "--files").out


def test_columns_stay_aligned_without_marks(pushed: Shell) -> None:
    lines = pushed.attest("show", "m:1", *PUBLIC, PYTHONIOENCODING="ascii").out.splitlines()
    head = next(line for line in lines if "CLAIM" in line)
    row = next(line for line in lines if "model signature" in line)
    assert row.index("attest.pub") == head.index("SIGNER")


def test_facts_stay_aligned_where_there_is_no_lineage(pushed: Shell) -> None:
    lines = pushed.attest("show", "m:1").out.splitlines()
    starts = {
        line.index(word) for line in lines for word in ("unspecified", "not stated", "none stated") if word in line
    }
    assert len(starts) == 1


# ---- colour


@pytest.mark.parametrize(
    ("flag", "environment", "coloured"),
    [
        ((), {}, False),
        ((), {"CLICOLOR_FORCE": "1"}, True),
        ((), {"CLICOLOR_FORCE": "0"}, False),
        ((), {"CLICOLOR_FORCE": "1", "NO_COLOR": "1"}, False),
        ((), {"CLICOLOR_FORCE": "1", "TERM": "dumb"}, False),
        (("--color", "always"), {"NO_COLOR": "1"}, True),
        (("--color", "never"), {"CLICOLOR_FORCE": "1"}, False),
        (("--color=never",), {"CLICOLOR_FORCE": "1"}, False),
    ],
)
def test_colour_only_where_it_is_wanted(
    pushed: Shell, flag: tuple[str, ...], environment: dict[str, str], *, coloured: bool
) -> None:
    for line, status in ((("verify", "m:1", *PUBLIC), 0), (("verify", "m:9", *PUBLIC), 2)):
        printed = pushed.attest(*flag, *line, expect=status, **environment)
        assert ("\x1b[" in printed.all) == coloured


def test_colour_carries_no_meaning_alone(pushed: Shell) -> None:
    plain = pushed.attest("verify", "m:1", *OTHER, expect=1).out
    coloured = pushed.attest("--color", "always", "verify", "m:1", *OTHER, expect=1).out
    for code in ("31", "32", "33", "1", "2", "0"):
        coloured = coloured.replace(f"\x1b[{code}m", "")
    assert coloured == plain


def test_a_document_is_never_coloured(pushed: Shell) -> None:
    assert "\x1b" not in pushed.attest("--color", "always", "verify", "m:1", *PUBLIC, "--json").out


def test_output_that_is_no_terminal_has_tabs_and_no_bars(pushed: Shell) -> None:
    printed = pushed.attest("ls", "m")
    header, row = printed.out.splitlines()
    assert header.split("\t") == ["VERSION", "LABELS", "ALIASES", "STAGE", "DIGEST", "FILES", "SIZE"]
    assert len(row.split("\t")[4]) == len("sha256:") + 64, "cut although nobody looks"
    assert "\r" not in pushed.attest("push", "model", "m", *KEY).err


# ---- the last door


def test_a_fault_of_our_own_keeps_its_status_and_writes_a_report(pushed: Shell) -> None:
    script = (
        "import sys, attest.admit\n"
        "def broken(*_, **__): raise ZeroDivisionError('\\x1b[31mred')\n"
        "attest.admit.judge_version = broken\n"
        "from attest.cli.main import main\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    (pushed.folder / "broken.py").write_text(script)
    shell = replace(pushed, command=(pushed.command[0], "-P", "broken.py"), environment={"TMPDIR": str(pushed.folder)})
    printed = shell.attest("verify", "m:1", *PUBLIC, expect=5)
    assert printed.complaint.code == "internal"
    report = next(pushed.folder.glob("attest-report-*.txt"))
    assert str(report) in printed.complaint.hint
    assert "ZeroDivisionError" in report.read_text()
    assert '"code": "internal"' in shell.attest("verify", "m:1", *PUBLIC, "--json", expect=5).out
    shown = subprocess.run(
        [*shell.command, "verify", "m:1", *PUBLIC],
        cwd=shell.folder,
        env=shell.variables(ATTEST_DEBUG="1"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert shown.returncode == 5
    assert "Traceback" in shown.stderr
