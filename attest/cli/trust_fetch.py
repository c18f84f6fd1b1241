"""`attest trust fetch`: the trusted root of a Sigstore, from its TUF mirror, verified and then pinned."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import click

from attest.cli import options, trust_change
from attest.errors import InputError
from attest.settings import Settings
from attest.written_path import written_path

if TYPE_CHECKING:
    from pathlib import Path

_MOST_BYTES: Final = 1024 * 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class _Mirror:
    """Where to fetch from.

    Args:
        url: the mirror's address.
        root: the root.json that it has to begin with; `None` for the one that is built in.
    """

    url: str
    root: bytes | None = None


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
    chosen = _choose(settings, mirror=mirror, root=root, staging=staging)
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


def _choose(settings: Settings, *, mirror: str | None, root: str | None, staging: bool) -> _Mirror:
    """The mirror that was named, or the pinned root's own, or the public one where nothing is pinned."""
    from attest.trust.tuf_mirror import PUBLIC_GOOD, STAGING  # noqa: PLC0415

    if staging and mirror is not None:
        raise InputError("--staging and --mirror exclude each other", code="usage", hint="attest trust fetch --help")
    if root is not None and mirror is None:
        raise InputError(
            "--root belongs to a mirror", code="usage", expected="--mirror URL --root ROOT.json", found="only --root"
        )
    if mirror is not None:
        return _Mirror(url=mirror.rstrip("/"), root=None if root is None else _read(written_path(root)))
    return _Mirror(url=STAGING) if staging else _pinned_mirror(settings) or _Mirror(url=PUBLIC_GOOD)


def _pinned_mirror(settings: Settings) -> _Mirror | None:
    """Where the pinned root came from; a root of another origin is not replaced by the public one without a word."""
    from attest.signing_key import tilde  # noqa: PLC0415

    pinned = trust_change.earlier_at(settings.trusted_root)
    if pinned is None:
        return None
    if pinned.origin is None or pinned.origin.mirror is None:
        where = "an unknown place" if pinned.origin is None else pinned.origin.place
        raise InputError(
            f"nothing says which mirror has the root that is pinned in {tilde(pinned.path)}",
            code="tuf-mirror-missing",
            expected="--mirror URL --root ROOT.json, or --staging",
            found=f"it came from {where}",
            hint="attest trust fetch --mirror https://tuf-repo-cdn.sigstore.dev     Sigstore's public instance\n"
            "attest trust pin FILE                                             a newer file that you were given",
        )
    return _Mirror(url=pinned.origin.mirror, root=pinned.origin.mirror_root)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_MOST_BYTES)
    except OSError as error:
        raise InputError(
            f"{path} cannot be read: {(error.strerror or 'unknown reason').lower()}",
            code="tuf-root-missing",
            expected="the mirror's root.json, from its operator",
        ) from error
