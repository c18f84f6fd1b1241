"""`attest logout`: forget a registry's credentials."""

from __future__ import annotations

import os

import click

from attest.cli import options, render


@click.command(epilog=options.examples("attest logout ghcr.io"))
@click.argument("host", metavar="HOST")
def command(*, host: str) -> None:
    """Forget a registry's credentials, in every file and credential helper that docker and podman keep them in."""
    from attest_registry.oci import login  # noqa: PLC0415

    host = host.removeprefix("https://").removeprefix("http://").rstrip("/")
    places = login.forget(host)
    if places:
        render.note(f"logged out of {host} (removed from {', '.join(places)})")
    else:
        render.note(f"there was no login to {host}")
    if os.environ.get("ATTEST_REGISTRY_USER"):
        render.warning("login-in-environment", "$ATTEST_REGISTRY_USER is still set")
