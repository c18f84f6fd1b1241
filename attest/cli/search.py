"""`attest search`: find versions by what is known of them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from attest.cli import options, render
from attest.settings import Settings

if TYPE_CHECKING:
    from attest_registry.catalogue.rows import VersionSummary


@click.command(
    epilog=options.examples(
        "attest search \"metrics.accuracy > 0.95 and alias = 'production'\"",
        "attest search \"lineage.dataset = 'tx-2026-q1'\" --order-by 'created DESC'",
        "attest search \"evaluated.safety >= 0.95 and stage = 'staging'\" --json",
    )
)
@click.argument("query", metavar="[FILTER]", default="")
@click.option("--order-by", "order", multiple=True, metavar="FIELD [DESC]", help="How to sort; several go one by one.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 10_000), help="Rows at the most.")
@click.option("--page", "token", metavar="TOKEN", help="Go on where the last page ended.")
@click.option("-q", "--quiet", is_flag=True, help="References only, one a line.")
@options.as_json()
def command(*, query: str, order: tuple[str, ...], limit: int, token: str | None, quiet: bool, as_json: bool) -> None:
    r"""Find versions in the catalogue, in MLflow's filter language and a little more.

    \b
    name, number, label, digest, alias, stage, revoked, created (times, 30d), created_by, run_id, owner, task, licence,
    description, metrics.NAME (numbers; also the publisher's own), evaluated.NAME (signed evaluations alone),
    params.NAME, tags.NAME, lineage.dataset, lineage.base, lineage.teacher, lineage.source, approved_by, rejected_by
    = != < <= > >= LIKE ILIKE IN AND OR NOT and parentheses

    The catalogue is an index: what it finds is verified by whoever uses it.
    """
    from attest_registry.catalogue.store import Catalogue  # noqa: PLC0415

    with Catalogue.open(Settings.load().catalogue) as catalogue:
        page = catalogue.search_versions(query, order_by=order, limit=limit, token=token)
    if as_json:
        items = [document(row) for row in page.items]
        render.document({"schema": "attest/search/v1", "verified": False, "items": items, "next": page.next})
        return
    if quiet:
        for row in page.items:
            render.result(f"{row.model}:{row.number}@{row.manifest}")
        return
    if page.items:
        render.table([_cells(row) for row in page.items], header=["VERSION", "ALIASES", "STAGE", "CREATED", "DIGEST"])
    else:
        render.note("no version fits")
    if page.next is not None:
        render.note(f"… more: --page {page.next}")
    if page.items:
        render.note("as the catalogue says, which is an index and proves nothing: attest show VERSION judges one")


def _cells(row: VersionSummary) -> list[str]:
    on_terminal = sys.stdout is not None and sys.stdout.isatty()
    return [
        f"{row.model}:{row.number}" + (f" ({row.label})" if row.label else ""),
        ", ".join(row.aliases) or "–",
        "revoked" if row.revoked else row.stage or "none",
        render.utc(row.created) if on_terminal else render.utc_json(row.created),
        f"sha256:{row.manifest.hex[:12]}" if on_terminal else str(row.manifest),
    ]


def document(row: VersionSummary) -> dict[str, Any]:
    """A version of a listing, for `--json`."""
    return {
        "reference": f"{row.model}:{row.number}@{row.manifest}",
        "model": row.model,
        "number": row.number,
        "label": row.label,
        "digest": str(row.manifest),
        "stage": row.stage,
        "aliases": list(row.aliases),
        "created": render.utc_json(row.created),
        "by": row.by,
        "revoked": row.revoked,
    }
