"""`attest copy`: a version to another registry or environment, with its evidence."""

from __future__ import annotations

from typing import Any

import click

from attest.cli import changing, options, render
from attest.cli.progress import Bars
from attest.cli.references import REFERENCE
from attest.errors import InputError
from attest.settings import Settings
from attest.stores import Reach, repository_for, surroundings_for
from attest_registry.reference import Reference


@click.command(
    epilog=options.examples(
        "attest copy credit-risk:3 ghcr.io/acme/credit-risk",
        "attest copy staging.example.com/acme/credit-risk@champion prod.example.com/acme/credit-risk",
    )
)
@click.argument("source", metavar="REF", type=REFERENCE)
@click.argument("target", metavar="NAME", type=REFERENCE)
@options.progress()
@changing.common(dry_run=False)
def command(*, source: str, target: str, **values: Any) -> None:
    """Copy a version with its evidence. Its digest stays; it gets the next number there, and no alias.

    The log that it comes from goes along and stays readable. Where the model has no log yet, one begins there, with
    whoever signs as its admin.
    """
    from attest.lifecycle.copying import copy  # noqa: PLC0415

    wanted, given = Reference.parse(target), Reference.parse(source)
    if wanted.names_version:
        raise InputError(f"{target} names a version; it gets the next number", code="usage", expected=wanted.name)
    if wanted.model != given.model:
        raise InputError(
            f"{source} would be called {wanted.model} there, and its claims are about {given.model}",
            code="name-mismatch",
            expected=f"a place for {given.model}",
            found=wanted.model,
        )
    settings, reach = Settings.load(), Reach(plain_http=values["plain_http"], ca_file=values["ca_file"])
    surroundings = surroundings_for(given, settings, reach)
    repository = repository_for(given, settings, reach)
    look = surroundings.log_of
    log = None if look is None else look(given, repository, (), changing.now())
    from attest.lifecycle.admission import meant_by  # noqa: PLC0415

    with (
        changing.session(values, wanted, alone=True) as session,
        Bars(shown=not values["no_progress"] and not values["quiet"] and not values["as_json"]) as bars,
    ):
        done = copy(repository, meant_by(given, log), log, session, progress=bars)
        pinned = wanted.with_version(str(done.version.number)).pinned(done.version.manifest)
        if values["as_json"]:
            render.document(
                {
                    "schema": "attest/copy/v1",
                    "reference": str(pinned),
                    "digest": str(done.version.manifest),
                    "number": done.version.number,
                    "evidence": done.evidence,
                    "already": done.already,
                    "log": str(done.log.head.log),
                    "origin": None if log is None else str(log.head.log),
                }
            )
            return
        if not values["quiet"]:
            word = "already there as" if done.already else "copied   to"
            what = f"{word} {wanted.name} version {done.version.number}, {render.plural(done.evidence, 'bundle')}"
            render.note(what)
            if done.begun:
                who = session.writer.signer.description
                render.note(f"admin    first event of {wanted.name}: {who} is its admin from now on")
        render.result(str(pinned))
