"""`attest trust pin`: a trusted root that somebody gave you, checked and then pinned."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import click

from attest.cli import options, trust_change
from attest.errors import InputError
from attest.settings import Settings
from attest.written_path import written_path

if TYPE_CHECKING:
    from pathlib import Path

_MOST_BYTES: Final = 4 * 1024 * 1024


@click.command(epilog=options.examples("attest trust pin trusted_root.json", "attest trust pin acme-root.json --yes"))
@click.argument("file", metavar="FILE")
@click.option("--out", metavar="FILE", help="Write it there instead of where verification looks.")
@click.option("--yes", is_flag=True, help="Do not ask, whatever has changed.")
@options.as_json()
def pin(*, file: str, out: str | None, yes: bool, as_json: bool) -> None:
    """Check a trusted_root.json, show what has changed, and make it the pinned one.

    Nothing proves where FILE is from: get it, or its digest, from the operator on another way.
    """
    from attest.trust.pinned import Origin  # noqa: PLC0415

    settings = Settings.load()
    source = written_path(file)
    path = settings.trusted_root if out is None else written_path(out)
    raw = _read(source)
    _check_kind(source, raw)
    now = datetime.now(UTC)
    trust_change.take(
        raw,
        path=path,
        earlier=trust_change.earlier_at(path),
        origin=Origin(pinned=now, confirmed=now, file=str(source.absolute())),
        answer=trust_change.Answer(yes=yes, as_json=as_json),
    )


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise InputError(
            f"{path} cannot be read: {(error.strerror or 'unknown reason').lower()}",
            code="trusted-root-not-found",
            expected="a trusted_root.json",
        ) from error


def _check_kind(path: Path, raw: bytes) -> None:
    """Name the two files that are taken for a trusted root; what else is wrong, reading it says."""
    from attest.errors import AttestError  # noqa: PLC0415
    from attest_registry.strict_json import parse_object  # noqa: PLC0415

    try:
        document = parse_object(raw, what=str(path), limit=_MOST_BYTES)
    except AttestError:
        return
    if "signed" in document and "signatures" in document:
        raise InputError(
            f"{path} is TUF metadata, not a trusted root",
            code="bad-trusted-root",
            expected="a trusted_root.json",
            hint=f"attest trust fetch --mirror URL --root {path}     if it is the mirror's root.json",
        )
    if "trustedRoot" in document:
        raise InputError(
            f"{path} is a client trust configuration, not a trusted root",
            code="bad-trusted-root",
            expected="a trusted_root.json",
            hint="pin what stands in it under trustedRoot, as a file of its own; "
            "attest push --keyless --trust-config takes it whole",
        )
