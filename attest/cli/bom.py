"""`attest bom`: look at a CycloneDX ML-BOM on disk, ours or another tool's."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from attest.cli import options, render
from attest.errors import AttestError, InputError, MalformedEvidence, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from attest.claims.mlbom import MLBOM
    from attest.claims.training import Input

_SHOWN_FILES: Final = 12


@click.group()
def command() -> None:
    """Look at CycloneDX ML-BOMs. Nothing here says who wrote one: `attest verify` does."""


@command.command(epilog=options.examples("attest bom check bom.cdx.json", "attest bom check bom.cdx.json --json"))
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@options.as_json()
def check(*, file: Path, as_json: bool) -> None:
    """Check an ML-BOM against the official CycloneDX schema, and for what the schema does not notice.

    Exit status: 0 valid, 1 not valid, 2 not readable.
    """
    from attest.claims.mlbom import check_schema, read  # noqa: PLC0415

    document = _load(file)
    problems = {"schema": _problem(check_schema, document), "meaning": _problem(read, document)}
    spec = str(document.get("specVersion"))[:20]
    if not as_json:
        _show_check(file, spec, problems)
    for problem in problems.values():
        if problem is not None:
            raise Refusal(
                problem.message,
                code=problem.code,
                expected=problem.expected,
                found=problem.found,
            ) from problem
    if as_json:
        render.document({"schema": "attest/bom-check/v1", "file": str(file), "spec": spec, "valid": True})


@command.command(epilog=options.examples("attest bom show bom.cdx.json"))
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@options.as_json()
def show(*, file: Path, as_json: bool) -> None:
    """Show what an ML-BOM says: the model, what it was made from, its files. Nobody vouches for it here."""
    from attest.claims.mlbom import read  # noqa: PLC0415

    document = _load(file)
    try:
        bom = read(document)
    except MalformedEvidence as error:
        raise InputError(
            error.message,
            code=error.code,
            expected=error.expected,
            found=error.found,
            hint=f"attest bom check {file}",
        ) from error
    if as_json:
        render.document(_as_document(bom))
    else:
        _show(bom)


def _load(file: Path) -> dict[str, Any]:
    from attest_registry import limits  # noqa: PLC0415
    from attest_registry.strict_json import parse_object  # noqa: PLC0415

    try:
        with file.open("rb") as stream:
            data = stream.read(limits.BUNDLE_BYTES + 1)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError(f"{file} cannot be read: {reason}", code="cannot-read") from error
    try:
        return parse_object(data, what=str(file), limit=limits.BUNDLE_BYTES)
    except AttestError as error:
        hint = "only CycloneDX JSON is read; convert XML with a CycloneDX tool first" if data[:1] == b"<" else None
        raise InputError(
            error.message, code=error.code, expected=error.expected, found=error.found, hint=hint
        ) from error


def _problem(look: Callable[[Mapping[str, Any]], object], document: Mapping[str, Any]) -> MalformedEvidence | None:
    try:
        look(document)
    except MalformedEvidence as error:
        return error
    return None


def _show_check(file: Path, spec: str, problems: Mapping[str, MalformedEvidence | None]) -> None:
    good = {"schema": f"valid CycloneDX {spec}", "meaning": "references, bom-refs, digests and types fit together"}
    render.result(str(file))
    for name, problem in problems.items():
        symbol = render.mark("✓" if problem is None else "✗", sys.stdout)
        text = good[name] if problem is None else f"{problem.message}  [{problem.code}]"
        render.result(f"  {symbol} {name.ljust(7)}  {render.clean(text)}")
        for label, detail in () if problem is None else (("expected", problem.expected), ("found", problem.found)):
            if detail:
                render.result(f"             {label.ljust(8)}  {render.clean(detail)}")
    word, colour = ("INVALID", "red") if any(problems.values()) else ("VALID", "green")
    render.result(render.paint(word, colour, sys.stdout))


def _show(bom: MLBOM) -> None:
    render.result(render.clean(f"{bom.model or '(no name)'}   CycloneDX {bom.spec}, not verified"))
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
    rows = [(file.path, file.format or "?", file.digest.short if file.digest else "?") for file in bom.files]
    for line in render.columns([tuple(map(render.clean, row)) for row in rows[:_SHOWN_FILES]], indent="    "):
        render.result(line)
    if len(rows) > _SHOWN_FILES:
        render.result(f"    … and {len(rows) - _SHOWN_FILES:,} more")


def _row(item: Input) -> tuple[str, ...]:
    digest = item.digest.short if item.digest else "unknown"
    return (item.role.value, item.name, digest, item.standing.value, item.licence or "licence not stated")


def _as_document(bom: MLBOM) -> dict[str, Any]:
    return {
        "schema": "attest/bom/v1",
        "verified": False,
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
        "files": [{"path": file.path, "digest": str(file.digest) if file.digest else None} for file in bom.files],
        "metrics": [{"name": metric.name, "value": metric.value} for metric in bom.metrics],
        "licence": bom.licence,
        "architecture": bom.architecture,
        "parameters": bom.parameters,
        "lineage_completeness": bom.lineage_completeness,
    }
