"""`attest exec`: verify, hand over, start the command. On refusal the command never starts."""

from __future__ import annotations

import shlex
import sys

import click

from attest.cli import options, render
from attest.cli.progress import Bars
from attest.cli.references import REFERENCE
from attest.errors import InputError
from attest.settings import Settings
from attest.stores import Reach
from attest.verbs import admitted
from attest.whom import Whom  # noqa: TC001  # the signature says it


@click.command(
    context_settings={"allow_interspersed_args": False},
    epilog=options.examples(
        "attest exec --model credit-risk:1 --key alice.pub -- python serve.py {model}",
        "attest exec --model ghcr.io/acme/chat:7 --policy production.yaml -- vllm serve {model}",
        "attest exec --model a=encoder:2 --model b=ranker:5 --policy p.yaml -- serve {a} {b}",
    ),
)
@click.option(
    "--model", "models", multiple=True, required=True, type=REFERENCE, metavar="[NAME=]REF", help="A version to verify."
)
@options.trust()
@click.option("--from-cache", is_flag=True, help="Use the copy of an earlier fetch, checked again, where there is one.")
@click.option("--dry-run", is_flag=True, help="Verify, and do not start the command.")
@options.reach()
@options.progress()
@click.argument("arguments", nargs=-1, required=True, type=click.UNPROCESSED, metavar="-- COMMAND…")
def command(
    *,
    models: tuple[str, ...],
    whom: Whom,
    from_cache: bool,
    dry_run: bool,
    plain_http: bool,
    ca_file: str | None,
    no_progress: bool,
    arguments: tuple[str, ...],
) -> None:
    """Run COMMAND with the verified folder's path in place of {model}.

    The files are fetched and checked for this start alone, so that a damaged store is noticed; --from-cache saves that.

    Exit status: the command's own; or 120 + the status of verify when the command was not started.
    """
    from attest.load.cache import cached  # noqa: PLC0415
    from attest.load.handover import hand_over  # noqa: PLC0415
    from attest.serving.run import advice, check_command, check_present, run  # noqa: PLC0415

    settings = Settings.load()
    named = [_named(text) for text in models]
    check_command(arguments, [name for name, _ in named])
    reach = Reach(plain_http=plain_http, ca_file=ca_file)
    wanted = {"verb": "exec --model", "rest": f"-- {shlex.join(arguments)}"}
    admissions = {
        name: admitted(reference, settings=settings, reach=reach, whom=whom, **wanted) for name, reference in named
    }
    check_present(arguments)
    folders = {}
    for name, admission in admissions.items():
        with Bars(shown=not no_progress) as bars:
            give = cached if from_cache else hand_over
            folders[name] = give(admission, cache=settings.cache, progress=bars)
        render.note(f"attest: allowed {admission.reference} by {admission.policy.name} {admission.policy.digest.short}")
        render.note(f"attest: {render.plural(len(admission.artefact.files), 'file')} checked, read-only")
    found = advice(arguments)
    if found is not None:
        render.note(f"attest: {found}")
    if dry_run:
        render.note("dry run: the command was not started")
        return
    if sys.stdout is not None:
        sys.stdout.flush()
    run(arguments, folders)


def _named(text: str) -> tuple[str, str]:
    name, equals, reference = text.partition("=")
    if equals and name.isidentifier():
        return name, reference
    if equals:
        raise InputError(f"{name!r} cannot name a model", code="usage", expected="a word, as in --model tok=REF")
    return "model", text
