"""`attest show`: the one window on a version."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from attest.cli import options, render, show_log
from attest.cli.references import REFERENCE
from attest.errors import NoTrust
from attest.settings import Settings
from attest.stores import Reach, repository_for
from attest_registry.reference import Reference

if TYPE_CHECKING:
    from attest.describe import Ancestor, Description, EvidenceRow
    from attest.policy.document import Policy
    from attest.whom import Whom


@click.command(
    epilog=options.examples(
        "attest show credit-risk:1",
        "attest show credit-risk:1 --key alice.pub --json",
        "attest show credit-risk@production --at 2026-03-08T14:32Z",
    )
)
@click.argument("reference", metavar="REF", type=REFERENCE)
@options.trust()
@click.option("--files", is_flag=True, help="List every file with its digest.")
@click.option("--at", "moment", metavar="TIME", help="With NAME@ALIAS: what it pointed at then; RFC 3339, or 30d, 6h.")
@options.as_json()
@options.reach()
def command(
    *,
    reference: str,
    whom: Whom,
    files: bool,
    moment: str | None,
    as_json: bool,
    plain_http: bool,
    ca_file: str | None,
) -> None:
    """Show what a version is, what is claimed about it by whom, and what it came from.

    Without --key or --policy everything is shown as not verified. Nothing is decided here: see `attest verify`.
    """
    from attest.describe import describe  # noqa: PLC0415

    settings = Settings.load()
    reach = Reach(plain_http=plain_http, ca_file=ca_file)
    in_force = policy_or_none(settings, whom, asked_for=reference)
    parsed = Reference.parse(reference)
    stands = show_log.standing_of(parsed, settings, reach, policy=in_force, moment=moment)
    if stands is not None:
        parsed = parsed.with_version(str(stands.version.number)).pinned(stands.version.manifest)
    found = describe(parsed, lambda ref: repository_for(ref, settings, reach), policy=in_force)
    tags = show_log.tags_of(parsed, settings)
    if as_json:
        render.document(_document(found) | show_log.document(stands, tags))
    else:
        _show(found, in_force, files=files, log=show_log.lines(stands, tags))


def policy_or_none(settings: Settings, whom: Whom, *, asked_for: str) -> Policy | None:
    """The policy in force; `None` where nothing says whom to trust, and nothing is verified."""
    from attest.trusting import policy_in_force  # noqa: PLC0415

    try:
        return policy_in_force(settings, whom, asked_for=asked_for)
    except NoTrust:
        return None


_UNCHECKED = "log entries and timestamps not checked, because no trusted root is named"
_SECTIONS = (("lineage", "none stated"), ("evidence", "none"))


def _show(found: Description, policy: Policy | None, *, files: bool, log: list[tuple[str, str]]) -> None:
    if policy is None:
        standing = render.paint("NOT VERIFIED: no policy or key given", "yellow", sys.stdout)
    elif found.verified:
        standing = f"verified with {policy.name}; whether it may be used, `attest verify` says"
    else:
        standing = render.paint(f"NOT VERIFIED with {policy.name}", "red", sys.stdout)
    render.result(str(found.reference))
    render.result(f"  {standing}")
    absent = [(name, word) for name, word in _SECTIONS if not getattr(found, name)]
    for line in render.columns([*log, *_facts(found), *absent]):
        render.result(line)
    if files:
        render.result("  files")
        roles = _roles(found)
        rows = [
            (file.path, render.size(file.size), str(file.digest), roles.get(file.path, ""))
            for file in found.artefact.files
        ]
        for line in render.columns([tuple(map(render.clean, row)) for row in rows], indent="    "):
            render.result(line)
    if found.lineage:
        render.result("  lineage")
        show_tree(found.lineage, "    ")
    if found.evidence:
        _show_evidence(found, judged=policy is not None)


def _show_evidence(found: Description, *, judged: bool) -> None:
    render.result("  evidence")
    header = ("CLAIM", "VERIFIED", "SIGNER", "TIME (claimed)")
    for line in render.columns([header, *(_row(row) for row in found.evidence)], indent="    "):
        render.result(line)
    for row in found.evidence:
        if row.why_not is not None and judged:
            render.result(f"    {render.mark('✗', sys.stdout)} {row.claim}: {render.clean(row.why_not)}")
        elif row.proven is not None:
            proven = render.clean(str(row.proven))
            render.result(f"    {render.mark('✓', sys.stdout)} {row.claim}: time proven, {proven}")
        elif row.unchecked and judged:
            render.result(f"    {render.mark('–', sys.stdout)} {row.claim}: {_UNCHECKED}")


def _facts(found: Description) -> list[tuple[str, str]]:
    total = sum(file.size for file in found.artefact.files)
    text = f"{len(found.artefact.files):,}, {render.size(total)}"
    rows = [("files", ", ".join([text, *_weights(found)]))]
    if found.bom is not None:
        from attest.claims.behaviour import by_role  # noqa: PLC0415

        named = [f"{role}: {', '.join(paths)}" for role, paths in by_role(found.bom.files).items()]
        rows += [("roles" if index == 0 else "", render.clean(text)) for index, text in enumerate(named)]
    if found.provenance is not None:
        rows.append(("operation", found.provenance.operation.value))
        if found.provenance.parameters:
            pairs = [f"{name}={value}" for name, value in sorted(found.provenance.parameters.items())]
            rows.append(("parameters", render.clean(", ".join(pairs))))
    if found.bom is not None:
        metrics = [f"{metric.name}={metric.value}" for metric in found.bom.metrics]
        if metrics:
            rows.append(("metrics", render.clean(", ".join(metrics)) + " (stated by the publisher)"))
        rows.append(("licence", render.clean(found.bom.licence or "not stated")))
    return rows


def _roles(found: Description) -> dict[str, str]:
    """Path → what the file is for, as the ML-BOM has it."""
    files = () if found.bom is None else found.bom.files
    return {file.path: file.role for file in files if file.role is not None}


def _weights(found: Description) -> list[str]:
    if found.bom is None:
        return []
    from attest.claims.behaviour import holds_weights  # noqa: PLC0415

    if not holds_weights(found.bom.files):
        return ["no weights: prompts and configuration only"]
    words = sorted({str(file.format) for file in found.bom.files if file.format is not None})
    texts = [", ".join(words)] if words else []
    if found.bom.parameters is not None:
        texts.append(f"{found.bom.parameters:,} parameters")
    if found.bom.architecture:
        texts.append(render.clean(found.bom.architecture))
    return texts


def _row(row: EvidenceRow) -> tuple[str, str, str, str]:
    return (
        render.clean(row.claim),
        "✓ yes" if row.verified else "– no",
        render.clean(row.signer),
        render.clean(row.time or "–"),
    )


def show_tree(nodes: tuple[Ancestor, ...], indent: str) -> None:
    """A lineage on stdout."""
    for index, node in enumerate(nodes):
        last = index == len(nodes) - 1
        digest = "unknown" if node.digest is None else node.digest[:19]
        known = "" if node.standing in {"clean", "hashed", "admitted"} or node.digest is None else f"   {node.standing}"
        text = f"{node.role:<15} {render.clean(node.name)}   {render.clean(digest)}{known}"
        render.result(f"{indent}{'└─' if last else '├─'} {text}")
        show_tree(node.parents, indent + ("   " if last else "│  "))


def _document(found: Description) -> dict[str, Any]:
    roles = _roles(found)
    return {
        "schema": "attest/show/v1",
        "reference": str(found.reference),
        "digest": str(found.artefact.digest),
        "verified": found.verified,
        "files": [
            {"path": file.path, "size": file.size, "digest": str(file.digest), "role": roles.get(file.path)}
            for file in found.artefact.files
        ],
        "model": None
        if found.bom is None
        else {
            "architecture": found.bom.architecture,
            "parameters": found.bom.parameters,
            "licence": found.bom.licence,
            "metrics": [{"name": metric.name, "value": metric.value} for metric in found.bom.metrics],
        },
        "lineage": [node_document(node) for node in found.lineage],
        "evidence": [
            {
                "claim": row.claim,
                "predicate_type": row.predicate_type,
                "signer": row.signer,
                "verified": row.verified,
                "why_not": row.why_not,
                "time": row.time,
                "proven_time": None if row.proven is None else row.proven.to_json(),
                "digest": row.digest,
            }
            for row in found.evidence
        ],
    }


def node_document(node: Ancestor) -> dict[str, Any]:
    """A node of a lineage, for `--json`."""
    return {
        "role": node.role,
        "name": node.name,
        "digest": node.digest,
        "standing": node.standing,
        "verified": node.verified,
        "parents": [node_document(parent) for parent in node.parents],
    }
