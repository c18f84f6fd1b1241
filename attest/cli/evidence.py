"""`attest evidence`: take the signed bundles of a version out, or attach some."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from attest.cli import options, render
from attest.cli.references import REFERENCE
from attest.errors import InputError
from attest.settings import Settings
from attest.stores import Reach, version_meant
from attest_registry import limits
from attest_registry.digest import written_whole
from attest_registry.reference import Reference

if TYPE_CHECKING:
    from attest.evidence.evidence import Evidence


@click.group()
def command() -> None:
    """Take evidence out of a store, or attach it to a version."""


@command.command(
    epilog=options.examples("attest evidence export credit-risk:1 ./evidence", "model_signing verify key --signature …")
)
@click.argument("reference", metavar="REF", type=REFERENCE)
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@options.as_json()
@options.reach()
def export(*, reference: str, folder: Path, as_json: bool, plain_http: bool, ca_file: str | None) -> None:
    """Write every bundle of a version to DIR, named for what it claims. Nothing is verified here.

    The OMS model signature becomes model-signature.sigstore.json, which `model_signing verify key` reads.
    """
    from attest.admit import locate_version  # noqa: PLC0415
    from attest.evidence.collect import collect  # noqa: PLC0415

    meant, repository = version_meant(
        Reference.parse(reference), Settings.load(), Reach(plain_http=plain_http, ca_file=ca_file)
    )
    pinned, artefact = locate_version(meant, repository)
    collected = collect(repository, artefact.digest)
    for damaged in collected.damaged:
        render.warning("evidence-damaged", f"{damaged.origin[:19]}: {damaged.error.message}")
    folder.mkdir(parents=True, exist_ok=True)
    written = [_write(folder, piece) for piece in sorted(collected.evidence, key=lambda piece: piece.origin)]
    if as_json:
        items = [{"file": str(path), "predicate_type": kind} for path, kind in written]
        render.document({"schema": "attest/evidence/v1", "reference": str(pinned), "items": items})
        return
    for path, kind in written:
        render.result(f"{path}\t{render.clean(kind)}")
    render.note(f"{render.plural(len(written), 'bundle')} of {pinned}, not verified")


def _write(folder: Path, piece: Evidence) -> tuple[Path, str]:
    kind = _predicate_type(piece.raw)
    from attest.claims.predicates import word_for  # noqa: PLC0415

    word = word_for(kind).lower().replace(" ", "-") if kind else "unreadable"
    stem = "".join(letter if letter.isascii() and (letter.isalnum() or letter in "-.") else "-" for letter in word)[:80]
    path = folder / f"{stem}.sigstore.json"
    if path.exists() and path.read_bytes() != piece.raw:
        path = folder / f"{stem}-{piece.digest.hex[:12]}.sigstore.json"
    with written_whole(path) as write:
        write(piece.raw)
    return path, kind or "unreadable"


def _predicate_type(raw: bytes) -> str | None:
    """What a bundle claims to say; only for names of files and annotations."""
    from attest.claims.statement import Statement  # noqa: PLC0415
    from attest.errors import AttestError  # noqa: PLC0415
    from attest.signing.bundle import Bundle  # noqa: PLC0415

    try:
        return Statement.parse(Bundle.parse(raw).payload).predicate_type
    except AttestError:
        return None


@command.command(epilog=options.examples("attest evidence attach credit-risk:1 review.sigstore.json"))
@click.argument("reference", metavar="REF", type=REFERENCE)
@click.argument("files", metavar="FILE…", nargs=-1, required=True, type=click.Path(path_type=Path))
@options.reach()
def attach(*, reference: str, files: tuple[Path, ...], plain_http: bool, ca_file: str | None) -> None:
    """Attach Sigstore bundles (v0.3, DSSE) to a version. What they are worth, a policy decides later."""
    from attest.admit import locate_version  # noqa: PLC0415
    from attest.evidence.attach import attach as store  # noqa: PLC0415

    meant, repository = version_meant(
        Reference.parse(reference), Settings.load(), Reach(plain_http=plain_http, ca_file=ca_file)
    )
    pinned, artefact = locate_version(meant, repository)
    bundles = [read_bundle(path) for path in files]
    store(repository, bundles, subject=artefact.manifest.descriptor, created=None)
    render.note(f"attached {render.plural(len(bundles), 'bundle')}")
    render.result(str(pinned))


def read_bundle(path: Path) -> tuple[bytes, str]:
    """A bundle from a file, and the type of its claim; nothing is verified.

    Raises:
        InputError: it is too large, or no bundle with a claim.
    """
    from attest.claims.statement import Statement  # noqa: PLC0415
    from attest.errors import AttestError  # noqa: PLC0415
    from attest.signing.bundle import Bundle  # noqa: PLC0415

    if path.stat().st_size > limits.BUNDLE_BYTES:
        raise InputError(
            f"{path} is too large for a bundle",
            code="content-too-large",
            expected=f"at most {limits.BUNDLE_BYTES} bytes",
            found=f"{path.stat().st_size} bytes",
        )
    raw = path.read_bytes()
    try:
        kind = Statement.parse(Bundle.parse(raw).payload).predicate_type
    except AttestError as error:
        raise InputError(
            f"{path} is no Sigstore bundle with a claim: {error.message}",
            code="malformed-evidence",
            expected=error.expected or "a bundle v0.3 with a DSSE envelope that holds an in-toto statement",
            found=error.found,
            hint=error.hint,
        ) from error
    return raw, kind
