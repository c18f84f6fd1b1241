"""`attest catalogue`: the index over the logs: make it again, check it, bring it to a newer form, clean up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from attest.cli import changing, options, render, times
from attest.errors import InputError, Refusal
from attest.settings import Settings
from attest.stores import Reach, default_place
from attest_registry.reference import Reference

if TYPE_CHECKING:
    from collections.abc import Sequence

    from attest.lifecycle.session import Session


@click.group(
    epilog=options.examples(
        "attest catalogue rebuild",
        "attest catalogue rebuild ghcr.io/acme/credit-risk",
        "attest catalogue check",
        "attest catalogue migrate",
        "attest catalogue gc --dry-run",
    )
)
def command() -> None:
    """Look after the catalogue, which indexes the models' logs.

    It is never a source of trust: everything in it can be made again from the stores, except unsigned notes.
    """


@command.command("rebuild")
@click.argument("names", metavar="[NAME]…", nargs=-1)
@options.as_json()
@options.reach()
def rebuild(*, names: tuple[str, ...], as_json: bool, plain_http: bool, ca_file: str | None) -> None:
    """Make the catalogue again: of all models of the store of this machine, or of the named ones."""
    from attest.lifecycle.rebuilding import index_model  # noqa: PLC0415

    settings, reach = Settings.load(), Reach(plain_http=plain_http, ca_file=ca_file)
    done = []
    for reference in _references(names, settings):
        with _session(reference, settings, reach) as session:
            if session.read() is None:
                continue
            done.append(index_model(session))
    if as_json:
        items = [{"model": each.name, "events": each.events, "versions": each.versions} for each in done]
        render.document({"schema": "attest/rebuild/v1", "items": items})
        return
    for each in done:
        render.result(f"{each.name}\t{render.plural(each.versions, 'version')}, {render.plural(each.events, 'event')}")
    if not done:
        render.note("no model here has a log yet")


@command.command("check")
@click.argument("names", metavar="[NAME]…", nargs=-1)
@options.as_json()
@options.reach()
def check(*, names: tuple[str, ...], as_json: bool, plain_http: bool, ca_file: str | None) -> None:
    """Compare the catalogue with what the stores say, and name every difference. Nothing is changed."""
    from attest.lifecycle.rebuilding import differences  # noqa: PLC0415

    settings, reach = Settings.load(), Reach(plain_http=plain_http, ca_file=ca_file)
    found: list[tuple[str, str]] = []
    checked = 0
    for reference in _references(names, settings):
        with _session(reference, settings, reach) as session:
            if session.read() is None:
                continue
            checked += 1
            found += [(session.name, str(each)) for each in differences(session)]
    if as_json:
        items = [{"model": name, "difference": line} for name, line in found]
        render.document({"schema": "attest/catalogue-check/v1", "checked": checked, "differences": items})
    else:
        for name, line in found:
            render.result(f"{name}\t{render.clean(line)}")
        if not found:
            render.result(f"{render.plural(checked, 'model')}: the catalogue says what the stores say")
    if found:
        raise Refusal(
            f"the catalogue differs from the stores in {render.plural(len(found), 'place')}",
            code="catalogue-differs",
            hint="attest catalogue rebuild     makes it again; then look for who changed it",
            shown=False,
        )


@command.command("migrate")
@options.as_json()
def migrate(*, as_json: bool) -> None:
    """Bring the catalogue to the form that this attest reads."""
    from attest_registry.catalogue.store import Catalogue  # noqa: PLC0415

    before, after = Catalogue.migrate(Settings.load().catalogue)
    if as_json:
        render.document({"schema": "attest/migration/v1", "before": before, "after": after})
    else:
        render.result(f"{before} -> {after}" if before != after else f"{after}, nothing to do")


@command.command("gc")
@click.option("--older-than", "age", default="24h", show_default=True, help="Only what nobody touched for so long.")
@click.option("--dry-run", is_flag=True, help="Say what would be removed; remove nothing.")
@options.as_json()
def collect_garbage(*, age: str, dry_run: bool, as_json: bool) -> None:
    """Remove from the store of this machine what no version, evidence, event or policy leads to.

    Registries have their own garbage collection; tags keep logs and versions there.
    """
    from attest_registry.oci import layout_gc  # noqa: PLC0415

    now = changing.now()
    older = now - times.moment(age, option="--older-than", now=now)
    host, folder = default_place(Settings.load())
    if host is not None:
        raise InputError(f"{host} collects its own garbage", code="usage", expected="a store of this machine")
    found = layout_gc.collect(folder, older_than=older.total_seconds(), now=now.timestamp(), remove=not dry_run)
    total = sum(each.size for each in found)
    if as_json:
        items = [{"model": each.model, "blob": f"sha256:{each.path.name}", "size": each.size} for each in found]
        render.document({"schema": "attest/garbage/v1", "items": items, "size": total, "dry_run": dry_run})
        return
    for each in found:
        render.result(f"sha256:{each.path.name}\t{render.size(each.size)}\t{each.model or 'pool'}")
    word = "would be removed" if dry_run else "removed"
    render.note(f"{render.plural(len(found), 'blob')}, {render.size(total)} {word}")
    if dry_run:
        render.note("dry run: nothing was changed")


def _session(reference: Reference, settings: Settings, reach: Reach) -> Session:
    from attest.lifecycle.session import open_session  # noqa: PLC0415

    return open_session(reference, settings, reach, clock=changing.now)


def _references(names: Sequence[str], settings: Settings) -> list[Reference]:
    if names:
        return [_model(name) for name in names]
    host, folder = default_place(settings)
    if host is not None:
        raise InputError(
            f"{host} cannot be asked which models it has", code="usage", expected="attest catalogue rebuild NAME…"
        )
    from attest_registry.oci.locate import local_models  # noqa: PLC0415

    return [Reference.parse(name) for name in local_models(folder)]


def _model(name: str) -> Reference:
    reference = Reference.parse(name)
    if reference.names_version:
        raise InputError(f"{name} names a version", code="usage", expected=reference.name)
    return reference
