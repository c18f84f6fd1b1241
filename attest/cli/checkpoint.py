"""`attest checkpoint`: sign how far a model's log goes, for readers without memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from attest.cli import changing, options, render, signers
from attest.cli.references import REFERENCE
from attest.errors import InputError
from attest.settings import Settings
from attest.stores import Reach, repository_for
from attest_registry.errors import NotFound
from attest_registry.reference import Reference

if TYPE_CHECKING:
    from datetime import timedelta

    from attest.lifecycle.checkpoints import Written
    from attest.lifecycle.log import Log
    from attest.signing.bundle_signer import BundleSigner


@click.command(
    epilog=options.examples(
        "attest checkpoint credit-risk",
        "attest checkpoint ghcr.io/acme/credit-risk --valid 24h --key ops.key",
    )
)
@click.argument("reference", metavar="NAME", type=REFERENCE)
@click.option("--valid", metavar="LENGTH", default="24h", show_default=True, help="How long it counts: 6h, 24h, 7d.")
@changing.common(dry_run=False)
def command(*, reference: str, valid: str, **values: Any) -> None:
    """Sign where the log of a model ends, and put that beside it.

    A host that remembers nothing cannot tell an old log from the newest one: policies ask for a checkpoint by somebody
    whom they name. Run it regularly, where ATTEST_STATE is kept: what has gone back since the last run is not signed.
    """
    from attest.lifecycle import checkpoints  # noqa: PLC0415

    length, parsed = _length(valid), _model(reference)
    settings = Settings.load()
    signer = signers.choose(values, settings).open()
    log = _log(parsed, settings, Reach(plain_http=values["plain_http"], ca_file=values["ca_file"]), signer)
    if log.first_use:
        text = "this machine had never seen the log, so that an older one that a store shows would be signed as well"
        render.warning("checkpoint-first-use", text)
    written = checkpoints.write(log, signer=signer, now=changing.now(), valid=length)
    _report(written, signer, values)


def _length(text: str) -> timedelta:
    from attest.policy import durations  # noqa: PLC0415

    found = durations.parse(text)
    if found is None:
        raise InputError(f"--valid {text[:40]!r} is no length of time", code="usage", expected=durations.EXPECTED)
    return found


def _model(text: str) -> Reference:
    parsed = Reference.parse(text)
    if parsed.names_version:
        raise InputError(f"{text} names a version; a log is of a model", code="usage", expected=parsed.name)
    return parsed


def _log(reference: Reference, settings: Settings, reach: Reach, signer: BundleSigner) -> Log:
    from attest.lifecycle.opening import open_log  # noqa: PLC0415

    repository = repository_for(reference, settings, reach)
    log = open_log(reference, repository, settings, now=changing.now(), named=(signer.trusted,))
    if log is None:
        raise NotFound(
            f"{reference.name} has no log yet",
            code="log-unknown",
            hint=f"attest push ./model {reference.name}     registers a version, and so begins it",
        )
    return log


def _report(written: Written, signer: BundleSigner, values: dict[str, Any]) -> None:
    said = written.checkpoint
    if values["as_json"]:
        render.document(
            {
                "schema": "attest/checkpoint/v1",
                "model": said.model,
                "log": str(said.log),
                "sequence": said.sequence,
                "head": str(said.head),
                "state": str(said.state),
                "issued": render.utc_json(said.issued),
                "expires": render.utc_json(said.expires),
                "bundle": str(written.fact.evidence.digest),
                "key": str(signer.trusted.fingerprint),
                "signer": signer.description,
            }
        )
        return
    if not values["quiet"]:
        render.note(f"signed   event {said.sequence} as the newest of the log {said.log.short}   {signer.description}")
        render.note(f"until    {render.utc(said.expires)}")
    render.result(str(said.head))
