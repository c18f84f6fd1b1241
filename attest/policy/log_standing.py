"""What a model's log says against a version: it was revoked, a claim was withheld, its gate never held.

The log was verified by whoever gathered it (`attest.lifecycle`). A version that no log speaks of gets no finding here.

    1  a version that was revoked is not used, whatever else holds
    2  every claim that was recorded in the log is there: a registry that leaves out a rejection changes nothing
       (docs/threats.md row 69). One by somebody whom the policy does not name counts for nothing, but has to be there
    3  the gate of the event that brought it to its alias was asked again, and held (rows 66, 68)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attest.policy.verdict import Finding, Status

if TYPE_CHECKING:
    from attest.policy.ancestry import InLog
    from attest.policy.case import Case

RULE = "standing"


def judge(case: Case) -> list[Finding]:
    """The findings; none where the log says nothing against it."""
    found = case.gathered.in_log
    if found is None:
        return []
    return [finding for finding in (_revoked(found), _withheld(found), _gate(found)) if finding is not None]


def _revoked(found: InLog) -> Finding | None:
    if not found.revoked:
        return None
    return Finding(
        rule=RULE,
        status=Status.FAILED,
        code="version-revoked",
        expected="a version that is not revoked",
        found=f"version {found.number} was revoked by an admin of its model (log event {found.sequence} or earlier)",
        hint="attest history NAME     says by whom and why",
    )


def _withheld(found: InLog) -> Finding | None:
    if not found.missing:
        return None
    more = f" (and {len(found.missing) - 1} more)" if len(found.missing) > 1 else ""
    return Finding(
        rule=RULE,
        status=Status.FAILED,
        code="evidence-withheld",
        expected=f"{found.recorded} recorded claims, among them {found.missing[0].claim}",
        found=f"that one is not in the store as it was signed{more}",
        hint="attest evidence attach     puts an exported bundle back; else ask who keeps the store",
    )


def _gate(found: InLog) -> Finding | None:
    if found.gate is None:
        return None
    return Finding(
        rule=RULE,
        status=Status.FAILED,
        code=found.gate.code,
        exit_status=found.gate.exit_status,
        expected=found.gate.expected or "a gate that holds when it is asked again",
        found=found.gate.message,
        hint=found.gate.hint,
    )
