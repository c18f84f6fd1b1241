"""The door: verbs loaded when they are used; `ending.py` maps every way out to one exit status."""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import os
import signal
import sys
from typing import TYPE_CHECKING, Final, NoReturn

import click

from attest._version import __version__
from attest.cli import render

if TYPE_CHECKING:
    from collections.abc import Sequence

GROUPS: Final[dict[str, dict[str, str]]] = {
    "Daily": {
        "keygen": "make a signing key (once)",
        "push": "sign a folder, store it as the next version",
        "verify": "check a version, or a folder against one",
        "pull": "verify, then fetch",
        "card": "the model card of a version: generated, merged with edits, signed",
        "show": "what a version is, what is claimed about it, what it came from",
        "diff": "what differs between two versions, or a version and a folder",
        "ls": "models, or the versions of one",
        "sign": "sign a folder into a bundle beside it, without a registry",
    },
    "Registry": {
        "promote": "point a name at a version, through its gate",
        "rollback": "point a name at the version that held it before",
        "demote": "take a name away",
        "resolve": "the version that a name means, by the verified log",
        "history": "what happened to a model, and what was the case at a time",
        "evaluate": "record a signed evaluation of a version",
        "approve": "sign that you reviewed a version and approve it",
        "reject": "sign that you reviewed a version and reject it",
        "archive": "take a version out of use",
        "revoke": "have a version refused from now on",
        "rm": "delete a model: its name is never used again",
        "alias": "names that point at versions, and the policies that guard them",
        "role": "who may do what to a model",
        "log": "look at a model's log, check it whole, end a fork",
        "copy": "take a version to another registry, with its evidence",
        "lineage": "what a version came from, and what was made from it",
        "checkpoint": "sign how far a model's log goes, for readers without memory",
        "search": "find versions by metrics, aliases, lineage, people and times",
        "tag": "free notes about a model or version, unsigned",
        "annotate": "a description in free words, unsigned",
        "whoami": "who you are, and what you may do",
        "login": "keep a registry's credentials",
        "logout": "forget them",
    },
    "Serving": {
        "exec": "verify, then run a server on the verified files",
    },
    "Policy and trust": {
        "policy": "write, check and explain policies",
        "revocations": "issue the signed feed of what no longer counts",
        "trust": "pin, refresh and look at the trusted root",
        "key": "look at keys",
        "record": "write and check training records",
        "bom": "look at CycloneDX ML-BOMs, compare and export them",
        "evidence": "take evidence out, or attach it",
    },
    "Upkeep": {
        "info": "versions, folders and settings, for bug reports",
        "cache": "look at and clear fetched models",
        "catalogue": "make the index of models again, check it, migrate it; clear garbage",
        "explain": "what an error code means and what to do",
        "completion": "completion for bash, zsh or fish",
        "help": "help on a topic: references, registry, policy, exit-codes, environment, glossary, offline",
    },
}
HIDDEN: Final = ("register",)
"""Verbs that the list of all commands leaves out: push does what they do."""
_OTHER_NAMES: Final = {"inspect": "show", "catalog": "catalogue"}
_INTERNAL: Final = 5
_GARBAGE_AFTER: Final = 50_000
"""New objects before Python looks for cycles. Its own 700 make it look sixty times while the modules of one short
command are imported, and each time it finds nothing: a twentieth of the start."""

WELCOME: Final = f"""attest {__version__}: sign models, prove where they come from, load nothing else

  attest keygen                                  make a signing key (once)
  attest push ./model credit-risk                sign a folder, store it as the next version
  attest verify credit-risk:1 --key PUBLIC_KEY   check a version
  attest promote credit-risk:1 --to production   point a name at it, through its gate
  attest pull credit-risk@production ./model …   verify, then fetch
  attest exec --model credit-risk:1 -- CMD       verify, then run CMD on the verified files

All commands: attest help      How references look: attest help references
"""


class Verbs(click.Group):
    """The verbs, each imported when it is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """All verbs in the order of the help."""
        return [name for verbs in GROUPS.values() for name in verbs]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import a verb's file."""
        name = _OTHER_NAMES.get(cmd_name, cmd_name)
        if not any(name in verbs for verbs in (*GROUPS.values(), HIDDEN)):
            return None
        module = importlib.import_module(f"attest.cli.{_module(name)}")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the verb; where there is none, name those that are near."""
        try:
            return super().resolve_command(ctx, args)
        except click.NoSuchCommand as error:
            known = [*self.list_commands(ctx), *_OTHER_NAMES]
            raise click.NoSuchCommand(error.command_name, possibilities=known, ctx=ctx) from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List verbs by group without importing any."""
        for group, verbs in GROUPS.items():
            with formatter.section(group):
                formatter.write_dl(list(verbs.items()))


def _module(name: str) -> str:
    return {"exec": "exec_", "help": "help_"}.get(name, name)


@click.group(
    cls=Verbs,
    invoke_without_command=True,
    no_args_is_help=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="attest", message="%(prog)s %(version)s")
@click.option("--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="When to use colour.")
@click.pass_context
def cli(ctx: click.Context, color: str) -> None:
    """Sign models, prove where they come from, load nothing else."""
    render.colour_choice = color
    if ctx.invoked_subcommand is None:
        click.echo(WELCOME, nl=False)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    verb = _verb(given)
    try:
        ended = cli.main(args=given, prog_name="attest", standalone_mode=False)
    except SystemExit as left:
        return _left(left, given, verb)
    except (Exception, KeyboardInterrupt) as problem:  # noqa: BLE001  # the last door
        if isinstance(problem, (KeyboardInterrupt, click.Abort)):
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C changes nothing any more
        from attest.cli.ending import end  # noqa: PLC0415

        return end(problem, given, verb=verb)
    return ended if isinstance(ended, int) else 0  # click hands back what ctx.exit was given


def _verb(given: Sequence[str]) -> str | None:
    """The verb that was typed, wherever the options of the main command stand."""
    return next(
        (word for word in given if any(word in verbs for verbs in (*GROUPS.values(), _OTHER_NAMES, HIDDEN))), None
    )


def _left(left: SystemExit, given: Sequence[str], verb: str | None) -> int:
    """Click leaves like this after a completion, and with 1 where the reader of its own help has left."""
    only_help = verb in {None, "help"} or bool({"-h", "--help", "--version"} & set(given))
    return 0 if only_help or left.code in {0, None} else _INTERNAL


def run() -> NoReturn:
    """The console script.

    It ends without taking Python apart, as mypy's `hard_exit` does: freeing three hundred modules one by one took a
    tenth of `attest verify`, and a transfer may go on waiting for a silent host for a minute; a person does not.
    """
    gc.set_threshold(_GARBAGE_AFTER)
    status = main()
    atexit._run_exitfuncs()  # noqa: SLF001  # what libraries want to have done; nothing public does it
    for stream in filter(None, (sys.stdout, sys.stderr)):
        with contextlib.suppress(OSError):
            stream.flush()
    os._exit(status)
