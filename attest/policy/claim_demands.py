"""The demands over claims that have a module each: evaluations, approvals and what comes after them.

They are imported where a policy has them, since most have none, and `attest verify --key` never has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from attest.policy.case import Case
    from attest.policy.requirements import Identity, Policy
    from attest.policy.verdict import Finding
    from attest.strict_yaml import Document, NodePath


def read(
    document: Document, path: NodePath, value: Mapping[str, Any], people: Mapping[str, Identity]
) -> dict[str, Any]:
    """Those of the keys under `require`, as arguments of `Policy`.

    Raises:
        PolicyError: one of them is wrong.
    """
    found: dict[str, Any] = {}
    if "evaluations" in value:
        from attest.policy import evaluations  # noqa: PLC0415

        found["evaluations"] = evaluations.read(document, (*path, "evaluations"), value["evaluations"], people)
    if "approvals" in value:
        from attest.policy import approvals  # noqa: PLC0415

        found["approvals"] = approvals.read(document, (*path, "approvals"), value["approvals"], people)
    if "scans" in value:
        from attest.policy import scans  # noqa: PLC0415

        found["scans"] = scans.read(document, (*path, "scans"), value["scans"], people)
    return found


def read_build(document: Document, path: NodePath, value: dict[str, Any]) -> dict[str, Any]:
    """Those of the keys under `require.provenance`, as arguments of `ProvenanceDemand`.

    Raises:
        PolicyError: one of them is wrong.
    """
    if not (value.keys() | value.get("source", {}).keys()) & {"build-type", "level", "branch", "tag"}:
        return {}
    from attest.policy import builds  # noqa: PLC0415

    return builds.read(document, path, value)


def read_bom(document: Document, path: NodePath, value: dict[str, Any]) -> dict[str, Any]:
    """Those of the keys under `require.ml-bom`, as arguments of `BOMDemand`.

    Raises:
        PolicyError: one of them is wrong.
    """
    if not value.keys() & {"profile", "licences", "datasets"}:
        return {}
    from attest.policy import bom_demands  # noqa: PLC0415

    return bom_demands.read(document, path, value)


def judge(case: Case) -> list[Finding]:
    """One finding for each of those demands of the policy."""
    policy = case.policy
    findings = []
    if policy.ml_bom is not None and policy.ml_bom.asks_content:
        from attest.policy import bom_rules  # noqa: PLC0415

        findings += bom_rules.judge(case, policy.ml_bom)
    if policy.evaluations:
        from attest.policy import evaluations  # noqa: PLC0415

        findings += [evaluations.judge(case, demand) for demand in policy.evaluations]
    if policy.scans:
        from attest.policy import scans  # noqa: PLC0415

        findings += [scans.judge(case, each) for each in policy.scans]
    if policy.approvals:
        from attest.policy import approvals  # noqa: PLC0415

        findings += [approvals.judge(case, demand) for demand in policy.approvals]
    return findings


def explain(policy: Policy, by: Callable[[tuple[str, ...]], str]) -> list[str]:
    """Those demands in sentences.

    Args:
        policy: the policy.
        by: names of identities → "signed by …".
    """
    found = []
    if policy.provenance is not None and policy.provenance.asks_build:
        from attest.policy import builds  # noqa: PLC0415

        found += builds.explain(policy.provenance)
    if policy.ml_bom is not None and policy.ml_bom.asks_content:
        from attest.policy import bom_rules  # noqa: PLC0415

        found += bom_rules.explain(policy.ml_bom)
    if policy.evaluations:
        from attest.policy import evaluations  # noqa: PLC0415

        for each in policy.evaluations:
            found += evaluations.explain(each, by=by(each.by))
    if policy.scans:
        from attest.policy import scans  # noqa: PLC0415

        for scanned in policy.scans:
            found += scans.explain(scanned, by=by(scanned.by))
    if policy.approvals:
        from attest.policy import approvals  # noqa: PLC0415

        for demand in policy.approvals:
            found += approvals.explain(demand, by=by(demand.by))
    return found
