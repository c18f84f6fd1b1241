"""`attest ls`: the models of a store, or the versions of one."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click
from msgspec.structs import replace

from attest.cli import options, render
from attest.cli.references import REFERENCE
from attest.errors import AttestError
from attest.settings import Settings
from attest.stores import Reach, default_place, repository_for
from attest_registry.reference import Reference

if TYPE_CHECKING:
    from collections.abc import Sequence

    from attest.lifecycle.log import Log
    from attest_registry.oci.content import Repository


@click.command(
    epilog=options.examples(
        "attest ls", "attest ls credit-risk", "attest ls ghcr.io/acme/credit-risk --json", "attest ls --role prompt"
    )
)
@click.argument("model", metavar="[NAME]", required=False, type=REFERENCE)
@click.option("-q", "--quiet", is_flag=True, help="References only, one a line.")
@click.option("--limit", default=50, show_default=True, help="Rows at the most; 0 for all.")
@click.option("--role", metavar="ROLE", help="Versions with files or inputs of this role: prompt, index, …")
@options.as_json()
@options.reach()
def command(
    *,
    model: str | None,
    quiet: bool,
    limit: int,
    role: str | None,
    as_json: bool,
    plain_http: bool,
    ca_file: str | None,
) -> None:
    """List the models of the store of this machine, or the versions of one model. Nothing is verified here."""
    settings = Settings.load()
    reach = Reach(plain_http=plain_http, ca_file=ca_file)
    if role is not None:
        names = [model] if model is not None else [row["reference"] for row in _models(settings)]
        rows = [row for name in names for row in _with_role(name, role, settings, reach)]
    else:
        rows = _models(settings) if model is None else _versions(model, settings, reach)
    shown = rows[:limit] if limit > 0 else rows
    if as_json:
        render.document({"schema": "attest/list/v1", "items": shown, "next": None if shown == rows else len(shown)})
        return
    if quiet:
        for row in shown:
            render.result(row["reference"])
        return
    if not rows:
        render.note("no models yet     hint: attest push ./model NAME" if role is None else f"none has the role {role}")
        return
    render.table([_cells(row) for row in shown], header=_header(rows[0]))
    if len(shown) < len(rows):
        render.note(f"… {len(rows) - len(shown)} more: --limit 0")


def _header(row: dict[str, Any]) -> list[str]:
    if "versions" in row:
        return ["MODEL", "VERSIONS", "NEWEST"]
    names = ["ALIASES", "STAGE"] if "aliases" in row else []
    return [
        "VERSION",
        "LABELS",
        *names,
        "DIGEST",
        "FILES",
        "SIZE",
        *(["NAMES (as stated)"] if "with_role" in row else []),
    ]


def _cells(row: dict[str, Any]) -> list[str]:
    if "versions" in row:
        return [row["reference"], str(row["versions"]), str(row["newest"] or "–")]
    digest = row["digest"] if sys.stdout is None or not sys.stdout.isatty() else row["digest"][:19] + "…"
    names = []
    if "aliases" in row:
        names = [", ".join(row["aliases"]) or "–", "revoked" if row["revoked"] else row["stage"]]
    labels = [*row["labels"], *(f"{tag} (not registered)" for tag in row.get("unregistered", ()))]
    cells = [row["reference"], ", ".join(labels) or "–", *names, digest]
    cells += [str(row["files"]), render.size(row["size"])]
    return [*cells, ", ".join(row["with_role"])] if "with_role" in row else cells


def _models(settings: Settings) -> list[dict[str, Any]]:
    from attest_registry.oci.locate import local_models  # noqa: PLC0415

    _, folder = default_place(settings)
    rows = []
    for name in local_models(folder):
        reference = Reference.parse(name)
        tags = repository_for(reference, settings).tags()
        if not tags:
            continue  # a first push that was interrupted
        numbers = [int(tag) for tag in tags if tag.isdecimal()]
        rows.append({"reference": name, "versions": len(numbers), "newest": max(numbers, default=None)})
    return rows


def _with_role(model: str, role: str, settings: Settings, reach: Reach) -> list[dict[str, Any]]:
    from attest.roles import with_role  # noqa: PLC0415
    from attest_registry.digest import Digest  # noqa: PLC0415

    repository = repository_for(Reference.parse(model), settings, reach)
    rows = _versions(model, settings, reach)
    found = [row | {"with_role": list(with_role(repository, Digest.parse(row["digest"]), role))} for row in rows]
    return [row for row in found if row["with_role"]]


def _versions(model: str, settings: Settings, reach: Reach) -> list[dict[str, Any]]:
    from attest_registry.oci.manifest import Manifest  # noqa: PLC0415

    reference = Reference.parse(model)
    repository = repository_for(reference, settings, reach)
    tags = repository.tags()
    if not tags:
        from attest.unknown_version import version_missing  # noqa: PLC0415

        raise version_missing(replace(reference, version=None, alias=None, digest=None), repository)
    digests = {tag: repository.resolve(tag).digest for tag in tags}
    log = _log_of(reference, repository, settings)
    rows = []
    for number in sorted((int(tag) for tag in tags if tag.isdecimal()), reverse=True):
        registered = None if log is None else log.place.registered(number)
        digest = digests[str(number)] if registered is None else registered.manifest
        tagged = sorted(tag for tag, found in digests.items() if found == digest and not tag.isdecimal())
        manifest = Manifest.parse(repository.fetch_manifest(digest), what=f"version {number}")
        rows.append(
            {
                "reference": str(reference.with_version(str(number))),
                "number": number,
                "labels": tagged if log is None else [registered.label] if registered and registered.label else [],
                "digest": str(digest),
                "files": len(manifest.layers),
                "size": sum(layer.size for layer in manifest.layers),
                **({} if log is None else _said(log, number, tagged)),
            }
        )
    return rows


def _log_of(reference: Reference, repository: Repository, settings: Settings) -> Log | None:
    """The model's log, where there is one that holds; a list goes on without one that does not."""
    from attest.cli import changing  # noqa: PLC0415
    from attest.lifecycle.opening import open_log  # noqa: PLC0415

    try:
        return open_log(reference, repository, settings, now=changing.now())
    except AttestError as error:
        render.warning(error.code, f"aliases are not shown: {error.message}")
        return None


def _said(log: Log, number: int, tagged: Sequence[str]) -> dict[str, Any]:
    """What the log says of a version, and which tags of it have no label of the log's."""
    state = log.state
    stages = [stage for stage, listed in state.stages.items() if number in listed]
    return {
        "aliases": sorted(alias for alias, held in state.aliases.items() if held.number == number),
        "stage": stages[0] if stages else "none",
        "revoked": number in state.revoked,
        "unregistered": [tag for tag in tagged if log.place.number_of(tag) is None],
    }
