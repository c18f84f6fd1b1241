from __future__ import annotations

import ast
import functools
import re

import click
import pytest

from attest.cli.codes import CODES
from attest.cli.main import GROUPS, HIDDEN, cli, main
from attest.cli.topics import TOPICS
from tests.cli.stated_codes import KEBAB, Reader, modules

STATED = Reader().read()
COMMAND = re.compile(r"\battest ([a-z][a-z-]*)(?: ([a-z][a-z-]*)\b)?")
OPTION = re.compile(r"(?<![\\w-])--[a-z][a-z-]*")
EXIT_STATUSES = {0, 1, 2, 3, 4, 5, 126, 127, 130}


@functools.cache
def commands() -> dict[str, set[str]]:
    """Verb → its subcommands; empty for verbs that have none."""
    context = click.Context(cli)
    found = {}
    for name in {"inspect", *HIDDEN, *(verb for verbs in GROUPS.values() for verb in verbs)}:
        verb = cli.get_command(context, name)
        found[name] = set(verb.commands) if isinstance(verb, click.Group) else set()
    return found


@functools.cache
def own_options() -> frozenset[str]:
    """Every option of every command."""
    context = click.Context(cli)
    found, waiting = {"--help"}, [cli.get_command(context, verb) for verb in commands()]
    while waiting:
        command = waiting.pop()
        waiting += command.commands.values() if isinstance(command, click.Group) else []
        found |= {name for each in (command.params if command else ()) for name in (*each.opts, *each.secondary_opts)}
    return frozenset(found)


def hints() -> list[tuple[str, str]]:
    """Every text in a `hint` of the source, with its place; what stands in braces is left out."""
    found = []
    for module in modules():
        for node in module.nodes:
            named: list[ast.expr] = []
            if isinstance(node, ast.Call):
                named = [each.value for each in node.keywords if each.arg == "hint"]
            elif isinstance(node, ast.Assign) and any(ast.unparse(target).endswith("hint") for target in node.targets):
                named = [node.value]
            for value in named:
                texts = [text.value for text in ast.walk(value) if isinstance(text, ast.Constant)]
                found += [(f"{module.path}:{value.lineno}", text) for text in texts if isinstance(text, str)]
    return found


def unknown_commands(text: str, known: dict[str, set[str]]) -> list[str]:
    wrong = []
    for verb, following in COMMAND.findall(text):
        if verb not in known:
            wrong.append(f"attest {verb}")
        elif known[verb] and following not in known[verb]:
            wrong.append(f"attest {verb} {following}")
        elif verb == "help" and following and following not in {*known, *TOPICS, "lists"}:
            wrong.append(f"attest help {following}")
    return wrong


def test_every_code_of_the_source_can_be_read() -> None:
    assert not STATED.unread, "write the code where the error is raised"


def test_every_code_of_the_source_is_explained() -> None:
    assert not STATED.statuses.keys() - CODES.keys()


def test_every_explained_code_is_in_the_source() -> None:
    assert not CODES.keys() - STATED.statuses.keys()


@pytest.mark.parametrize("code", sorted(CODES))
def test_a_code_is_explained_in_sentences_and_ends_as_its_errors_do(code: str) -> None:
    meaning, advice, status = CODES[code]
    assert KEBAB.fullmatch(code)
    for text in (meaning, advice):
        assert text.strip() == text
        assert not text.endswith(".")
        assert len(text) >= 12
        assert "\n" not in text
    assert status in EXIT_STATUSES
    stated = STATED.statuses.get(code)
    assert not stated or status in stated


@pytest.mark.parametrize("code", sorted(CODES))
def test_an_advice_names_only_commands_that_exist(code: str) -> None:
    assert not unknown_commands(CODES[code][1], commands())


def test_hints_name_only_commands_that_exist() -> None:
    known = commands()
    assert not [(place, wrong) for place, text in hints() if (wrong := unknown_commands(text, known))]


def test_hints_and_advices_name_only_options_that_exist() -> None:
    """Those of `exec` are about the options of the servers that it starts."""
    texts = [(code, text[1]) for code, text in CODES.items()]
    texts += [(place, text) for place, text in hints() if not place.startswith("attest/serving/")]
    unknown = [(place, name) for place, text in texts for name in OPTION.findall(text) if name not in own_options()]
    assert not unknown


def test_the_check_of_commands_notices_what_does_not_exist() -> None:
    known = commands()
    assert unknown_commands("attest frobnicate x", known) == ["attest frobnicate"]
    assert unknown_commands("attest policy frobnicate", known) == ["attest policy frobnicate"]
    assert unknown_commands("attest help frobnication", known) == ["attest help frobnication"]


def test_an_unknown_code_is_answered_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "digest-mismach"]) == 2
    error = capsys.readouterr().err
    assert "error[code-unknown]" in error
    assert "attest explain digest-mismatch" in error


def test_explain_says_meaning_advice_and_exit_status(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "tampered"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"tampered: {CODES['tampered'][0]}"
    assert lines[1].startswith("  what to do   do not load")
    assert lines[2] == "  exit status  3"


def test_explain_without_a_code_lists_all(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == sorted(CODES)
