"""`attest revocations show`: what a feed says, verified where somebody is trusted."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click
from msgspec import Struct

from attest.claims import revocations
from attest.cli import options, render
from attest.cli.revocations_place import PLACE, memory_of, place_of
from attest.errors import EvidenceMissing, NoTrust, Refusal
from attest.policy.verdict import Status
from attest.settings import Settings
from attest.stores import Reach
from attest.trust.times import shown

if TYPE_CHECKING:
    from attest.claims.revocations import Revocations
    from attest.evidence.evidence import Evidence
    from attest.feed_issues import JudgedFeed
    from attest.policy.document import Policy
    from attest.whom import Whom

_HEADER = ("KIND", "VALUE", "SINCE", "SCOPE", "REASON")


class _Found(Struct, frozen=True, kw_only=True):
    """What was found, and what is to be said of it."""

    place: str
    said: Revocations
    signer: str
    policy: Policy | None
    judged: JudgedFeed | None

    @property
    def in_force(self) -> bool:
        return self.judged is not None and self.judged.finding.status is Status.PASSED


@click.command(
    epilog=options.examples(
        "attest revocations show ./revocations.json --key security.pub",
        "attest revocations show ghcr.io/acme/security --policy production.yaml --json",
    )
)
@click.argument("place", metavar="PLACE", type=PLACE)
@options.trust()
@options.private_authority()
@options.as_json()
@options.reach()
def show(*, place: str, whom: Whom, as_json: bool, plain_http: bool, ca_file: str | None) -> None:
    """Show the newest issue of the feed at PLACE: number, times, entries.

    Without --key or --policy it is shown as not verified. Exit status: 0 in force or not verified, 1 refused.
    """
    settings = Settings.load()
    where = place_of(place, settings, Reach(plain_http=plain_http, ca_file=ca_file))
    policy = _policy(settings, whom, place)
    standing = where.find()
    if standing is None:
        raise EvidenceMissing(
            f"there is no revocation feed at {where}",
            code="revocations-missing",
            hint=f"attest revocations init {where}     begins one",
        )
    seen = memory_of(settings).recall(where.key) if policy is not None else None
    found = _judged(standing.evidence, str(where), policy, seen)
    if as_json:
        render.document(_document(found))
    else:
        _show(found)
    if policy is not None and found.judged is not None and not found.in_force:
        wrong = found.judged.finding
        raise Refusal(
            "this feed may not be gone by",
            code=wrong.code,
            expected=wrong.expected,
            found=wrong.found,
            hint=wrong.hint,
            shown=as_json,
        )


def _policy(settings: Settings, whom: Whom, place: str) -> Policy | None:
    """Who is trusted with feeds; a policy of the settings that names none leaves it unverified."""
    from attest.feed_issues import demand_of  # noqa: PLC0415
    from attest.trusting import policy_in_force  # noqa: PLC0415

    try:
        policy = policy_in_force(settings, whom, asked_for=place, verb="revocations show")
        demand_of(policy)
    except NoTrust:
        if whom.short_form or whom.policy is not None:
            raise
        return None
    return policy


def _judged(evidence: Evidence, place: str, policy: Policy | None, seen: Any) -> _Found:
    from attest.feed_issues import judged_feed  # noqa: PLC0415

    if policy is None:
        said, signer = _unverified(evidence)
        return _Found(place=place, said=said, signer=signer, policy=None, judged=None)
    judged = judged_feed(evidence, place, policy=policy, seen=seen, now=datetime.now(UTC))
    if judged.issue is None:
        raise _refused(judged)
    signer = policy.describe(judged.issue.fact.signer)
    return _Found(place=place, said=judged.issue.said, signer=signer, policy=policy, judged=judged)


def _refused(judged: JudgedFeed) -> Exception:
    """Words that nobody trusted has signed are not shown beside a name."""
    if judged.error is not None and judged.error.exit_status > Refusal.exit_status:
        return judged.error
    wrong = judged.finding
    return Refusal(
        "this feed may not be gone by", code=wrong.code, expected=wrong.expected, found=wrong.found, hint=wrong.hint
    )


def _unverified(evidence: Evidence) -> tuple[Revocations, str]:
    from attest.claims.statement import Statement  # noqa: PLC0415
    from attest.signing.bundle import Bundle  # noqa: PLC0415

    statement = Statement.parse(Bundle.parse(evidence.raw).payload)
    return revocations.parse(statement), _named(statement.predicate.get("by"))


def _named(by: object) -> str:
    """The signer as the feed states him."""
    from attest.claims.signer_name import SignerName  # noqa: PLC0415
    from attest.errors import MalformedEvidence  # noqa: PLC0415

    try:
        name = SignerName.parse(by if isinstance(by, dict) else {})
    except MalformedEvidence:
        return "nobody"
    return f"key {name.key.short}" if name.key is not None else f"{name.subject} of {name.issuer}"


def _show(found: _Found) -> None:
    said = found.said
    render.result(f"{render.clean(found.place)}   number {said.sequence}")
    if found.policy is None:
        standing = render.paint("NOT VERIFIED: no policy or key given", "yellow", sys.stdout)
    elif found.in_force:
        standing = f"verified with {found.policy.name}"
    else:
        standing = render.paint(f"NOT IN FORCE under {found.policy.name}", "red", sys.stdout)
    render.result(f"  {standing}")
    facts = [
        ("signer", render.clean(found.signer) + ("" if found.policy else " (as stated)")),
        ("issued", f"{said.issued:%Y-%m-%d %H:%M} UTC"),
        ("expires", f"{said.expires:%Y-%m-%d %H:%M} UTC"),
    ]
    for line in render.columns(facts):
        render.result(line)
    if not said.entries:
        render.result("  nothing is revoked")
    else:
        rows = [
            (each.kind.value, str(each.value), f"{each.since:%Y-%m-%d %H:%M} UTC", each.scope.value, each.reason)
            for each in said.entries
        ]
        render.table(rows, header=_HEADER)
    for each in said.withdrawn:
        text = f"withdrawn {each.at:%Y-%m-%d %H:%M} UTC: {each.kind} {each.value}: {each.reason}"
        render.result(f"  {render.clean(text)}")


def _document(found: _Found) -> dict[str, Any]:
    said = found.said
    return {
        "schema": "attest/revocations/v1",
        "place": found.place,
        "verified": found.judged is not None,
        "in_force": found.in_force,
        "signer": found.signer,
        "finding": None if found.judged is None else found.judged.finding.to_json(),
        "sequence": said.sequence,
        "issued": shown(said.issued),
        "expires": shown(said.expires),
        "previous": str(said.previous),
        "entries": [revocations.entry_document(each) for each in said.entries],
        "withdrawn": [revocations.withdrawal_document(each) for each in said.withdrawn],
    }
