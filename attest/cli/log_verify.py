"""`attest log verify`: everything that can be checked about a log, from its first event on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
from msgspec.structs import replace

from attest.cli import changing, options, render, verdicts
from attest.cli.references import REFERENCE
from attest.errors import InputError
from attest.policy.verdict import Status
from attest.written_path import written_path
from attest_registry.reference import Reference

if TYPE_CHECKING:
    from attest.lifecycle.examining import Walked
    from attest.policy.document import Policy
    from attest.policy.verdict import Finding
    from attest.trust.signatory import Signatory

_INCIDENT = 3


@click.command(
    epilog=options.examples(
        "attest log verify credit-risk",
        "attest log verify ghcr.io/acme/credit-risk --key alice.pub --key bob.pub",
        "attest log verify credit-risk --policy production.yaml --json",
    )
)
@click.argument("reference", metavar="NAME", type=REFERENCE)
@click.option("--key", "keys", multiple=True, metavar="PUBLIC_KEY", help="An admin's public key; may be repeated.")
@click.option("--policy", metavar="FILE", help="It says which log it means: log: {admins: …}, or its digest.")
@options.as_json()
@options.reach()
@click.pass_context
def verify(ctx: click.Context, /, *, reference: str, keys: tuple[str, ...], policy: str | None, **values: Any) -> None:
    """Verify a model's whole log: signatures, order, times, roles, states, gates, recorded claims, memory, catalogue.

    Whether it is the right log only you can say: name all of its admins with --key, or a policy that pins the log.
    Exit status: 0 everything holds, 1 something is refused, 3 the log contradicts itself or what was seen of it.
    """
    from attest.lifecycle.examination import examine  # noqa: PLC0415
    from attest.lifecycle.examining import walk_whole  # noqa: PLC0415
    from attest.lifecycle.opening import keyring_for  # noqa: PLC0415

    parsed = Reference.parse(reference)
    named, judge = _named(keys, policy)
    with changing.reading(parsed, plain_http=values["plain_http"], ca_file=values["ca_file"]) as opened:
        session = replace(opened, keyring=keyring_for(opened.settings, named or ()))
        walked = walk_whole(session)
        findings = examine(session, walked, named=named, policy=judge)
        if not any(finding.stands_in_the_way for finding in findings):
            session.read()  # what holds is remembered
    status = _status(findings)
    if values["as_json"]:
        _document(parsed, walked, findings)
    else:
        _show(parsed, walked, findings)
    ctx.exit(status)


def _named(keys: tuple[str, ...], policy: str | None) -> tuple[list[Signatory] | None, Policy | None]:
    """Whom the operator named, and the policy by which he did."""
    from attest.policy.document import load_policy  # noqa: PLC0415
    from attest.trust.identity import load_trusted_key  # noqa: PLC0415

    if keys and policy is not None:
        raise InputError("--key and --policy exclude each other", code="usage", hint="a policy names its own signers")
    if policy is not None:
        judge = load_policy(written_path(policy))
        return list(judge.keys), judge
    return [load_trusted_key(written_path(key)) for key in keys] or None, None


def _status(findings: list[Finding]) -> int:
    failed = [finding.exit_status for finding in findings if finding.status is Status.FAILED]
    return max(failed, default=0)


def _word(findings: list[Finding]) -> tuple[str, str]:
    status = _status(findings)
    return ("TAMPERED", "red") if status == _INCIDENT else ("DENIED", "red") if status else ("VERIFIED", "green")


def _show(reference: Reference, walked: Walked, findings: list[Finding]) -> None:
    import sys  # noqa: PLC0415

    render.result(f"the log of {reference.name}")
    verdicts.show_lines(findings, render.result)
    word, colour = _word(findings)
    last = f"events 1 to {walked.last}, head {walked.digest(walked.last)}" if walked.last else "no event"
    render.result(f"{render.paint(word, colour, sys.stdout)}  {last}")
    for hint in dict.fromkeys(finding.hint for finding in findings if finding.stands_in_the_way and finding.hint):
        render.hint(hint)


def _document(reference: Reference, walked: Walked, findings: list[Finding]) -> None:
    keys = ("rule", "status", "summary", "code", "expected", "found", "hint")
    render.document(
        {
            "schema": "attest/log-verification/v1",
            "model": reference.name,
            "verdict": _word(findings)[0].lower(),
            "log": str(walked.digest(1)) if walked.last else None,
            "sequence": walked.last,
            "head": str(walked.digest(walked.last)) if walked.last else None,
            "findings": [{key: finding.to_json()[key] for key in keys} for finding in findings],
        }
    )
