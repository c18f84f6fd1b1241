"""`attest trust fetch`: the trusted root of a Sigstore, from its TUF mirror, verified and then pinned."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import click

from attest.cli import mirrors, options, trust_change
from attest.settings import Settings
from attest.written_path import written_path

_HINT: Final = """\
attest trust fetch --mirror https://tuf-repo-cdn.sigstore.dev     Sigstore's public instance
attest trust pin FILE                                             a newer file that you were given"""


@click.command(
    epilog=options.examples(
        "attest trust fetch",
        "attest trust fetch --mirror https://tuf.acme.example --root root.json",
        "attest trust fetch --staging --out staging.json",
    )
)
@click.option(
    "--mirror", metavar="URL", help="TUF mirror of a Sigstore; else the pinned one's, or the public instance."
)
@click.option("--root", metavar="ROOT.json", help="With --mirror: the TUF root that it has to begin with.")
@click.option("--staging", is_flag=True, help="Sigstore's staging instance.")
@click.option("--out", metavar="FILE", help="Write it there instead of where verification looks.")
@click.option("--yes", is_flag=True, help="Do not ask, whatever has changed.")
@options.as_json()
def fetch(*, mirror: str | None, root: str | None, staging: bool, out: str | None, yes: bool, as_json: bool) -> None:
    """Fetch a trusted root, verify it, show what has changed, and pin it.

    Without options: from where the pinned one came, or from Sigstore's public instance where nothing is pinned.
    """
    from attest.cli.signers import service_options  # noqa: PLC0415
    from attest.trust import tuf_mirror  # noqa: PLC0415
    from attest.trust.pinned import Origin  # noqa: PLC0415

    settings = Settings.load()
    path = settings.trusted_root if out is None else written_path(out)
    earlier = trust_change.earlier_at(path)
    chosen = mirrors.choose(
        settings,
        {"mirror": mirror, "root": root, "staging": staging},
        verb="attest trust fetch",
        others="or --staging",
        hint=_HINT,
    )
    begin = tuf_mirror.embedded_root(chosen.url) if chosen.root is None else chosen.root
    found = tuf_mirror.fetch(
        chosen.url,
        (tuf_mirror.TRUSTED_ROOT,),
        root=begin,
        folder=settings.state / "tuf",
        options=service_options(settings),
    )
    now = datetime.now(UTC)
    trust_change.take(
        found[tuf_mirror.TRUSTED_ROOT],
        path=path,
        earlier=earlier,
        origin=Origin(pinned=now, confirmed=now, mirror=chosen.url, mirror_root=chosen.root),
        answer=trust_change.Answer(yes=yes, as_json=as_json),
    )
