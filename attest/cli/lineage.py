"""`attest lineage`: what a version came from, and what was made from it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from attest.cli import options, render, show
from attest.cli.references import REFERENCE
from attest.settings import Settings
from attest.stores import Reach, repository_for, version_meant
from attest_registry.digest import Digest
from attest_registry.reference import Reference

if TYPE_CHECKING:
    from attest.lifecycle.descent import Descendant
    from attest.whom import Whom


@click.command(
    epilog=options.examples(
        "attest lineage credit-risk@production",
        "attest lineage credit-large:7 --down",
        "attest lineage sha256:1f77ac09d3b2… --down     what was trained on this dataset",
    )
)
@click.argument("reference", metavar="REF|sha256:HEX", type=REFERENCE)
@options.trust()
@click.option("--down", is_flag=True, help="What was made from it instead, by the catalogue.")
@options.as_json()
@options.reach()
def command(*, reference: str, whom: Whom, down: bool, as_json: bool, plain_http: bool, ca_file: str | None) -> None:
    """Show the tree of what a version was made from, by the signed provenance of each; with --down, what it went into.

    The way up is read from claims, verified where --key or --policy is given. The way down is found in the catalogue.
    """
    settings, reach = Settings.load(), Reach(plain_http=plain_http, ca_file=ca_file)
    if down:
        _down(reference, settings, reach, as_json=as_json)
        return
    from attest.describe import describe  # noqa: PLC0415

    meant, _ = version_meant(Reference.parse(reference), settings, reach)
    policy = show.policy_or_none(settings, whom, asked_for=reference)
    found = describe(meant, lambda each: repository_for(each, settings, reach), policy=policy)
    if as_json:
        items = [show.node_document(node) for node in found.lineage]
        render.document({"schema": "attest/lineage/v1", "reference": str(found.reference), "up": items})
        return
    render.result(str(found.reference))
    if policy is None:
        render.result(f"  {render.paint('NOT VERIFIED: no policy or key given', 'yellow', sys.stdout)}")
    if found.lineage:
        show.show_tree(found.lineage, "  ")
    else:
        render.result("  nothing stated")


def _down(text: str, settings: Settings, reach: Reach, *, as_json: bool) -> None:
    from attest.lifecycle.descent import descendants  # noqa: PLC0415
    from attest_registry.catalogue.store import Catalogue  # noqa: PLC0415

    if text.startswith("sha256:"):
        name, digest = text, Digest.parse(text)
    else:
        meant, repository = version_meant(Reference.parse(text), settings, reach)
        from attest.admit import locate_version  # noqa: PLC0415

        pinned, artefact = locate_version(meant, repository)
        name, digest = str(pinned), artefact.digest
    with Catalogue.open(settings.catalogue) as catalogue:
        found = descendants(catalogue, digest)
    if as_json:
        render.document({"schema": "attest/lineage/v1", "reference": name, "down": [_document(each) for each in found]})
        return
    render.result(name)
    _tree(found, "  ")
    if not found:
        render.note("nothing that this catalogue knows was made from it")


def _tree(nodes: tuple[Descendant, ...], indent: str) -> None:
    for index, node in enumerate(nodes):
        last = index == len(nodes) - 1
        aliases = "".join(f" @{alias}" for alias in node.aliases)
        text = f"{node.model}:{node.number}{aliases}   as {node.role}"
        render.result(f"{indent}{'└─' if last else '├─'} {render.clean(text)}")
        _tree(node.children, indent + ("   " if last else "│  "))


def _document(node: Descendant) -> dict[str, Any]:
    return {
        "model": node.model,
        "number": node.number,
        "digest": str(node.manifest),
        "role": node.role,
        "aliases": list(node.aliases),
        "down": [_document(child) for child in node.children],
    }
