"""`attest bom show`: what an ML-BOM says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from attest.cli import bom_source, options, render

if TYPE_CHECKING:
    from attest.claims.mlbom import MLBOM
    from attest.claims.mlbom_terms import BOMFile
    from attest.claims.training import Input
    from attest.cli.bom_source import Given
    from attest.whom import Whom

_SHOWN_FILES: Final = 12


@click.command(epilog=options.examples("attest bom show bom.cdx.json", "attest bom show credit-risk:3 --key alice.pub"))
@click.argument("what", metavar="FILE|REF", type=bom_source.FILE_OR_REFERENCE)
@options.trust()
@options.as_json()
@options.reach()
def show(*, what: str, whom: Whom, as_json: bool, plain_http: bool, ca_file: str | None) -> None:
    """Show what an ML-BOM says: the model, what it was made from, its files.

    Of a version, --key or --policy has the claim verified. Without them, and of a file, nobody vouches for it.
    """
    asking = bom_source.Asking.typed(whom=whom, plain_http=plain_http, ca_file=ca_file)
    (given,) = bom_source.load_all((what,), asking)
    bom = given.read()
    if as_json:
        render.document(_as_document(bom, given))
    else:
        _show(bom, given)


def _show(bom: MLBOM, given: Given) -> None:
    render.result(render.clean(f"{bom.model or '(no name)'}   CycloneDX {bom.spec}, {given.standing}"))
    if given.reference is not None:
        render.result(f"  {given.reference}")
    facts = {
        "label": bom.label,
        "digest": str(bom.digest) if bom.digest else None,
        "operation": bom.operation.value if bom.operation else None,
        "task": bom.task,
        "licence": bom.licence or "not stated",
        "architecture": bom.architecture,
        "parameters": f"{bom.parameters:,}" if bom.parameters is not None else None,
        "commit": bom.source.commit if bom.source else None,
        "metrics": "  ".join(f"{metric.name}={metric.value}" for metric in bom.metrics) or None,
        "lineage": bom.lineage_completeness,
        "packages": str(len(bom.packages)) if bom.packages else None,
    }
    for line in render.columns([(name, render.clean(value)) for name, value in facts.items() if value]):
        render.result(line)
    render.result("  made from" if bom.inputs else "  made from    nothing stated")
    for line in render.columns([tuple(map(render.clean, _row(item))) for item in bom.inputs], indent="    "):
        render.result(line)
    render.result(f"  files        {len(bom.files)}")
    rows = [_file_row(file) for file in bom.files]
    for line in render.columns([tuple(map(render.clean, row)) for row in rows[:_SHOWN_FILES]], indent="    "):
        render.result(line)
    if len(rows) > _SHOWN_FILES:
        render.result(f"    … and {len(rows) - _SHOWN_FILES:,} more")


def _file_row(file: BOMFile) -> tuple[str, ...]:
    return (file.path, file.format or "?", file.digest.short if file.digest else "?", file.role or "")


def _row(item: Input) -> tuple[str, ...]:
    digest = item.digest.short if item.digest else "unknown"
    return (item.role.value, item.name, digest, item.standing.value, item.licence or "licence not stated")


def _as_document(bom: MLBOM, given: Given) -> dict[str, Any]:
    return {
        "schema": "attest/bom/v1",
        "reference": given.reference,
        "verified": given.verified,
        "spec": bom.spec,
        "model": bom.model,
        "label": bom.label,
        "digest": str(bom.digest) if bom.digest else None,
        "operation": bom.operation.value if bom.operation else None,
        "source": {"uri": bom.source.uri, "commit": bom.source.commit} if bom.source else None,
        "inputs": [
            {
                "role": item.role.value,
                "name": item.name,
                "digest": str(item.digest) if item.digest else None,
                "standing": item.standing.value,
                "licence": item.licence,
            }
            for item in bom.inputs
        ],
        "files": [
            {"path": file.path, "digest": str(file.digest) if file.digest else None, "role": file.role}
            for file in bom.files
        ],
        "metrics": [{"name": metric.name, "value": metric.value} for metric in bom.metrics],
        "licence": bom.licence,
        "architecture": bom.architecture,
        "parameters": bom.parameters,
        "lineage_completeness": bom.lineage_completeness,
    }
