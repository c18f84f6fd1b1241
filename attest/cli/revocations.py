"""`attest revocations`: issue and look at the signed feed of what no longer counts."""

from __future__ import annotations

import click

from attest.cli import (
    options,
    revocations_add,
    revocations_init,
    revocations_remove,
    revocations_renew,
    revocations_show,
)


@click.group(
    epilog=options.examples(
        "attest revocations init ./revocations.json",
        "attest revocations add ./revocations.json manifest credit-risk:3 -m 'trained on leaked data'",
        "attest revocations add ghcr.io/acme/security key mallory.pub --since 2026-10-15T08:00Z -m 'laptop stolen'",
        "attest revocations renew ghcr.io/acme/security",
        "attest revocations show ghcr.io/acme/security --policy production.yaml",
    )
)
def command() -> None:
    """Issue the signed feed of what no longer counts, and look at it.

    A policy names it under `revocations`, and allows nothing without a feed that has not run out. PLACE is a file
    (./FILE, or a name that ends with .json) or a NAME in a store.
    """


command.add_command(revocations_init.init)
command.add_command(revocations_add.add)
command.add_command(revocations_renew.renew)
command.add_command(revocations_remove.remove)
command.add_command(revocations_show.show)
