"""Exceptions: one named rule that one version need not meet, for a time, on somebody's account.

exceptions:
  - name: legacy-scaler
    rule: formats
    digest: sha256:…
    owner: alice@acme.example
    reason: the scaler is rewritten by January
    expires: 2026-12-31

Nothing that contradicts its digest or signature is ever excepted, and nothing that was revoked. What an excepted rule
would have looked at and others rest on is then unknown to those, and so they need exceptions of their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from attest.policy.verdict import Finding, Status
from attest.trust.times import shown

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from attest.policy.requirements import Exemption
    from attest_registry.digest import Digest

NEVER: Final = frozenset(
    {"reference", "log", "standing", "signature", "bytes", "time", "base", "denials", "revocations"}
)
"""Rules that nobody can make exceptions from."""

_NEVER_CODES: Final = frozenset({"signer-revoked"})
_ALWAYS_OPEN: Final = frozenset({"bytes", "time"})
"""Rules that are not reached in every verdict about a version that nobody has read whole."""


def apply(
    exemptions: Sequence[Exemption], findings: Sequence[Finding], *, digest: Digest, now: datetime
) -> list[Finding]:
    """The findings, with those turned that an exception goes for.

    Args:
        exemptions: those of the policy.
        findings: what came out.
        digest: of the version that they are about.
        now: the time to judge at.
    """
    turned = [_turned(finding, _for(finding, exemptions, digest), now) for finding in findings]
    if not any(finding.exception for finding in turned):
        return turned
    return [_open(finding, _for(finding, exemptions, digest), now) for finding in turned]


def _for(finding: Finding, exemptions: Sequence[Exemption], digest: Digest) -> list[Exemption]:
    """Those for this rule of the version itself, or of the ancestor that the finding is about."""
    return [
        each
        for each in exemptions
        if each.rule == finding.rule
        and (each.digest == digest or (finding.path and finding.path[-1].endswith(f"@{each.digest}")))
    ]


def _turned(finding: Finding, exemptions: Sequence[Exemption], now: datetime) -> Finding:
    if not exemptions or not finding.stands_in_the_way or finding.rule in NEVER:
        return finding
    if finding.exit_status != 1 or finding.code in _NEVER_CODES:
        return finding
    valid = [each for each in exemptions if now <= each.expires]
    if not valid:
        late = exemptions[0]
        said = f"the exception {late.name} of {late.owner} expired at {shown(late.expires)}"
        return replace(
            finding,
            code="exception-expired",
            found="; ".join(part for part in (finding.code, finding.found, said) if part),
            hint=f"have {late.owner} renew it, or meet the rule",
        )
    return replace(finding, status=Status.PASSED, summary=_words(finding, valid[0]), hint=None, exception=valid[0].name)


def _words(finding: Finding, exemption: Exemption) -> str:
    what = "; ".join(part for part in (finding.code, finding.found or finding.summary) if part)
    until = shown(exemption.expires)
    return f"exception {exemption.name} of {exemption.owner} until {until} ({exemption.reason}), although {what}"


def _open(finding: Finding, exemptions: Sequence[Exemption], now: datetime) -> Finding:
    """A rule that was not reached for want of what was excepted: not knowing is no pass."""
    if finding.status is not Status.NOT_REACHED or finding.rule in _ALWAYS_OPEN:
        return finding
    unknown = replace(
        finding,
        status=Status.UNKNOWN,
        code="evidence-missing",
        expected=f"something to judge {finding.rule} by",
        found=finding.summary,
        summary="",
    )
    return _turned(unknown, exemptions, now)
