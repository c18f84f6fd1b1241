"""`attest verify`: what a policy says of a version, or of a folder."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from msgspec import Struct

from attest.cli import options, render, verdict_signing
from attest.cli.progress import Bars
from attest.cli.references import REFERENCE
from attest.cli.verdict_signing import Order  # noqa: TC001  # the signature says it
from attest.cli.verdicts import Shape, show_verdict, verdict_document
from attest.errors import AttestError, InputError
from attest.settings import Settings
from attest.stores import Reach
from attest.whom import Whom  # noqa: TC001  # the signature says it

if TYPE_CHECKING:
    from attest.admit import Judgement
    from attest_registry.digest import Digest


@click.command(
    epilog=options.examples(
        "attest verify credit-risk:1 --key alice.pub",
        "attest verify ghcr.io/acme/credit-risk:5 --policy production.yaml --json",
        "attest verify credit-risk:5 --policy production.yaml --format sarif > attest.sarif",
        "attest verify credit-risk:5 --policy production.yaml --attest-verdict --signing-key gate.key",
        "attest verify ./copy --against credit-risk:1 --key alice.pub",
        "attest verify ./copy --bundle model.sig --key alice.pub",
        "attest verify ./copy --bundle model.sig --identity release@acme.example --root ca.pem --tsa-chain tsa.pem",
    )
)
@click.argument("what", metavar="REF|DIR|FILE", type=REFERENCE)
@options.trust()
@options.private_authority()
@verdict_signing.of_verdict()
@click.option("--full", is_flag=True, help="Read and check every byte too.")
@click.option("--base", metavar="REF", help="For an adapter: the version that it will be used with.")
@click.option("--against", metavar="REF", help="For a folder: the version that it should be.")
@click.option("--bundle", metavar="FILE", help="For a folder: its OMS bundle, by attest sign or model_signing.")
@click.option("--evidence", multiple=True, metavar="FILE", help="For a folder: several bundles to judge it by.")
@click.option("--exclude", multiple=True, metavar="PATTERN", help="For a folder: files that you leave out.")
@click.option("-q", "--quiet", is_flag=True, help="Print the pinned reference only, and only if allowed.")
@options.as_json()
@options.format_of_answer()
@options.reach()
@options.progress()
def command(
    *,
    what: str,
    whom: Whom,
    order: Order | None,
    full: bool,
    base: str | None,
    against: str | None,
    bundle: str | None,
    evidence: tuple[str, ...],
    exclude: tuple[str, ...],
    shape: Shape,
    plain_http: bool,
    ca_file: str | None,
    no_progress: bool,
) -> None:
    """Check a version against a key or a policy; or a folder or file (./DIR) against a version or a bundle.

    Exit status: 0 allowed, 1 denied, 2 usage, 3 tampered, 4 not reached.
    """
    settings = Settings.load()
    reach = Reach(plain_http=plain_http, ca_file=ca_file)
    bars = Bars(shown=not no_progress and not shape.is_document and not shape.quiet)
    if _is_path(what):
        if base is not None:
            raise InputError("--base is for versions", code="usage", expected="an adapter's NAME:VERSION")
        if order is not None:
            raise InputError("--attest-verdict is for versions: a folder has no place to attach it to", code="usage")
        from attest.cli.verify_folder import Question, verify_folder  # noqa: PLC0415

        question = Question(
            against=against,
            bundle=None if bundle is None else Path(bundle),
            evidence=tuple(Path(name) for name in evidence),
            exclude=exclude,
        )
        verify_folder(what, question, whom=whom, settings=settings, reach=reach, shape=shape, progress=bars)
        return
    if against or bundle or evidence or exclude:
        raise InputError(
            "--against, --bundle, --evidence and --exclude are for folders and files",
            code="usage",
            hint=f"for the folder write ./{what}",
        )
    try:
        asked = _Asked(text=what, whom=whom, order=order, full=full, base=base, shape=shape)
        _verify_reference(asked, settings=settings, reach=reach, progress=bars)
    except AttestError as error:
        if error.exit_status == InputError.exit_status and os.path.exists(what):  # noqa: PTH110  # never raises
            error.hint = f"for the folder write ./{what}"
        raise


def _is_path(text: str) -> bool:
    """A path starts with `.`, `/` or `~`; a bare word is a reference."""
    return text.startswith((".", "/", "~"))


class _Asked(Struct, frozen=True, kw_only=True):
    """What was typed about a version."""

    text: str
    whom: Whom
    order: Order | None
    full: bool
    base: str | None
    shape: Shape


def _verify_reference(asked: _Asked, *, settings: Settings, reach: Reach, progress: Bars) -> None:
    from attest.policy.verdict import Denied  # noqa: PLC0415

    order, shape = asked.order, asked.shape
    choice = None if order is None else order.choose(settings)
    now = datetime.now(UTC)
    judgement = _judge(asked, settings=settings, reach=reach, now=now, progress=progress)
    said: dict[str, Any] = {}
    if order is not None and choice is not None:
        attested = verdict_signing.sign(order, choice, judgement, now=now, quiet=shape.quiet)
        said = {} if shape.as_sarif else verdict_signing.document(attested)
    pinned, denied = str(judgement.reference), not judgement.verdict.allowed
    if denied and (shape.is_document or shape.quiet):
        raise Denied(judgement.verdict, reference=pinned)
    if shape.quiet:
        render.result(pinned)
    elif shape.is_document:
        render.document(verdict_document(judgement.verdict, reference=pinned, shape=shape) | said)
    else:
        show_verdict(judgement.verdict, reference=pinned, judged=judgement.judged, by=judgement.policy.name)
    if denied:
        raise Denied(judgement.verdict, reference=pinned, shown=True)


def _judge(asked: _Asked, *, settings: Settings, reach: Reach, now: datetime, progress: Bars) -> Judgement:
    from attest.admit import judge_version  # noqa: PLC0415
    from attest.stores import repository_for, surroundings_for  # noqa: PLC0415
    from attest.trusting import policy_in_force  # noqa: PLC0415
    from attest_registry.reference import Reference  # noqa: PLC0415

    reference = Reference.parse(asked.text)
    policy = policy_in_force(settings, asked.whom, asked_for=asked.text)
    if asked.order is not None:
        from attest.attested_verdict import evaluated_whole  # noqa: PLC0415

        policy = evaluated_whole(policy)
    judgement = judge_version(
        reference,
        repository_for(reference, settings, reach),
        policy,
        now=now,
        surroundings=surroundings_for(reference, settings, reach),
        base=None if asked.base is None else _digest_of(asked.base, settings, reach),
    )
    if not asked.full or not judgement.verdict.allowed:
        return judgement
    from attest.load.whole import with_bytes_read  # noqa: PLC0415

    with progress:
        return with_bytes_read(judgement, progress=progress)


def _digest_of(text: str, settings: Settings, reach: Reach) -> Digest:
    from attest.admit import locate_version  # noqa: PLC0415
    from attest.stores import version_meant  # noqa: PLC0415
    from attest_registry.reference import Reference  # noqa: PLC0415

    meant, repository = version_meant(Reference.parse(text), settings, reach)
    return locate_version(meant, repository)[1].digest
