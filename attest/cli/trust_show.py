"""`attest trust show`: what the pinned root believes in, where it came from, and how old it is."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import click

from attest.cli import options, render
from attest.errors import NoTrust
from attest.settings import Settings
from attest.written_path import written_path

if TYPE_CHECKING:
    from pathlib import Path

    from attest.trust.contents import Instance
    from attest.trust.pinned import Pinned

_HEADER: Final = ["KIND", "NAME", "FINGERPRINT", "FROM", "UNTIL", "IN FORCE"]


@click.command(epilog=options.examples("attest trust show", "attest trust show trusted_root.json --json"))
@click.argument("file", metavar="[FILE]", required=False)
@options.as_json()
def show(*, file: str | None, as_json: bool) -> None:
    """Show a trusted root: the pinned one, or FILE."""
    from attest.trust.contents import instances  # noqa: PLC0415
    from attest.trust.pinned import Pinned  # noqa: PLC0415

    settings = Settings.load()
    path = settings.trusted_root if file is None else written_path(file)
    if file is None and not path.exists():
        raise _nothing(settings)
    pinned, now = Pinned.load(path), datetime.now(UTC)
    rows = instances(pinned.root)
    if as_json:
        render.document(_document(pinned, rows, now))
        return
    _say_origin(pinned, now)
    _table([_cells(row, now) for row in rows])
    if pinned.root.unsupported:
        named = ", ".join(pinned.root.unsupported)
        render.warning("trust-unsupported", f"counts for nothing, of an algorithm that is not known: {named}")


def _nothing(settings: Settings) -> NoTrust:
    from attest.signing_key import tilde  # noqa: PLC0415

    return NoTrust(
        "no trusted root is pinned",
        code="no-trusted-root",
        found=f"no {tilde(settings.trusted_root)}",
        hint="attest trust fetch          pins that of Sigstore's public instance\n"
        "attest trust pin FILE       pins one that you were given",
    )


def _say_origin(pinned: Pinned, now: datetime) -> None:
    from attest.signing_key import tilde  # noqa: PLC0415

    old = age(now - pinned.confirmed)
    origin = pinned.origin
    render.note(f"{tilde(pinned.path)}   {pinned.root.digest}")
    if origin is None:
        render.note(f"from an unknown place: not pinned by attest, or changed since; the file is {old} old")
    elif origin.mirror is not None:
        render.note(f"from {render.clean(origin.mirror)}, verified by TUF; confirmed {old} ago")
    else:
        render.note(f"from {render.clean(origin.place)}; pinned {old} ago")
    if pinned.is_old(now):
        what = "fetch it again: attest trust fetch" if origin and origin.mirror else "ask its operator for a newer one"
        render.warning("trusted-root-old", f"nobody has confirmed this root for {old}; {what}")


def _table(cells: list[list[str]]) -> None:
    """On a terminal nothing is cut off: what would be, is what matters."""
    if sys.stdout is not None and sys.stdout.isatty():
        for line in render.columns([_HEADER, *cells], indent=""):
            render.result(line)
    else:
        render.table(cells, header=_HEADER)


def _cells(row: Instance, now: datetime) -> list[str]:
    window = row.window
    return [
        row.part.value,
        render.clean(row.name),
        row.fingerprint.short,
        _day(window.start),
        "no end" if window.end is None else _day(window.end),
        row.standing(now),
    ]


def _document(pinned: Pinned, rows: tuple[Instance, ...], now: datetime) -> dict[str, Any]:
    origin = pinned.origin
    return {
        "schema": "attest/trusted-root/v1",
        "file": str(pinned.path),
        "digest": str(pinned.root.digest),
        "origin": None if origin is None else origin.place,
        "verified": origin is not None and origin.mirror is not None,
        "pinned": None if origin is None else origin.pinned.isoformat(),
        "confirmed": pinned.confirmed.isoformat(),
        "old": pinned.is_old(now),
        "items": [
            {
                "kind": row.part.value,
                "name": row.name,
                "fingerprint": str(row.fingerprint),
                "from": row.window.start.isoformat(),
                "until": None if row.window.end is None else row.window.end.isoformat(),
                "in_force": now in row.window,
            }
            for row in rows
        ],
        "unsupported": list(pinned.root.unsupported),
        "next": None,
    }


def said(path: Path) -> str:
    """One line about the root that is pinned in this file."""
    from attest.errors import InputError  # noqa: PLC0415
    from attest.trust.pinned import Pinned  # noqa: PLC0415

    try:
        pinned = Pinned.find(path)
    except InputError as error:
        return f"{path} cannot be used: {error.message}"
    if pinned is None:
        return "none     hint: attest trust fetch"
    old = age(datetime.now(UTC) - pinned.confirmed)
    return f"{path} {pinned.root.digest.short}, confirmed {old} ago"


def _day(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d")


def age(span: timedelta) -> str:
    """A span for people, in its largest whole unit: `3 days`."""
    seconds = max(0, int(span.total_seconds()))
    for length, word in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= length:
            return render.plural(seconds // length, word)
    return render.plural(seconds, "second")
