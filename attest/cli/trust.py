"""`attest trust`: the pinned root that vouches for certificates, logs and timestamps."""

from __future__ import annotations

import click

from attest.cli import options, trust_fetch, trust_pin, trust_show


@click.group(
    epilog=options.examples(
        "attest trust fetch",
        "attest trust fetch --mirror https://tuf.acme.example --root root.json",
        "attest trust pin trusted_root.json",
        "attest trust show",
    )
)
def command() -> None:
    """Pin, refresh and look at the trusted root.

    Whoever verifies an identity believes the authorities and logs of one file, trusted_root.json. It is read from
    where these commands put it, and never fetched by itself.
    """


command.add_command(trust_fetch.fetch)
command.add_command(trust_show.show)
command.add_command(trust_pin.pin)
