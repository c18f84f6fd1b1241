"""`attest cache`: fetched models on this machine."""

from __future__ import annotations

import shutil

import click

from attest.cli import options, render
from attest.settings import Settings


@click.group()
def command() -> None:
    """Look at and clear fetched models. Nothing in the cache is trusted: every use checks it again."""


@command.command(name="ls")
@options.as_json()
def list_entries(*, as_json: bool) -> None:
    """List what is kept."""
    from attest.load.cache import entries  # noqa: PLC0415

    rows = [
        {
            "digest": str(digest),
            "path": str(path),
            "size": sum(f.stat().st_size for f in path.rglob("*") if f.is_file()),
        }
        for digest, path in entries(Settings.load().cache)
    ]
    if as_json:
        render.document({"schema": "attest/cache/v1", "items": rows, "next": None})
        return
    if not rows:
        render.note("the cache is empty")
        return
    render.table(
        [[str(row["digest"]), render.size(int(str(row["size"]))), str(row["path"])] for row in rows],
        header=["DIGEST", "SIZE", "PATH"],
    )


@command.command()
def clear() -> None:
    """Remove every fetched model; they are fetched again when they are needed. Keys and stores are elsewhere."""
    from attest.load.cache import entries  # noqa: PLC0415

    count = 0
    for _, path in entries(Settings.load().cache):
        for folder in [path, *(found for found in path.rglob("*") if found.is_dir())]:
            folder.chmod(0o700)
        shutil.rmtree(path)
        count += 1
    render.note(f"removed {render.plural(count, 'model')} from the cache")
