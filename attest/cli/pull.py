"""`attest pull`: verify, then fetch while checking."""

from __future__ import annotations

from pathlib import Path

import click

from attest.cli import options, render
from attest.cli.progress import Bars
from attest.cli.references import REFERENCE
from attest.errors import InputError
from attest.settings import Settings
from attest.stores import Reach
from attest.verbs import admitted
from attest.whom import Whom  # noqa: TC001  # the signature says it


@click.command(
    epilog=options.examples(
        "attest pull credit-risk:1 ./model --key alice.pub",
        "attest pull ghcr.io/acme/credit-risk:5 ./model --policy production.yaml",
    )
)
@click.argument("reference", metavar="REF", type=REFERENCE)
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@options.trust()
@click.option("-q", "--quiet", is_flag=True, help="Print the pinned reference only.")
@options.as_json()
@options.reach()
@options.progress()
def command(
    *,
    reference: str,
    folder: Path,
    whom: Whom,
    quiet: bool,
    as_json: bool,
    plain_http: bool,
    ca_file: str | None,
    no_progress: bool,
) -> None:
    """Verify a version, then fetch it into a folder that holds exactly the signed files.

    Nothing appears at DIR unless every byte was right. An interrupted pull goes on where it stopped.
    """
    from attest.load.materialise import materialise  # noqa: PLC0415

    if reference.startswith((".", "/", "~")) or (":" in str(folder) and ":" not in reference):
        raise InputError(
            f"{reference} stands where the reference belongs",
            code="usage",
            expected="attest pull REF DIR",
            hint=f"attest pull {folder} {reference} …",
        )
    settings = Settings.load()
    admission = admitted(
        reference,
        settings=settings,
        reach=Reach(plain_http=plain_http, ca_file=ca_file),
        whom=whom,
        verb="pull",
        rest=str(folder),
    )
    with Bars(shown=not no_progress and not quiet) as bars:
        materialise(admission, folder, progress=bars)
    if as_json:
        render.document(
            {
                "schema": "attest/pull/v1",
                "reference": str(admission.reference),
                "digest": str(admission.artefact.digest),
                "path": str(folder),
                "files": len(admission.artefact.files),
            }
        )
        return
    if not quiet:
        total = sum(file.size for file in admission.artefact.files)
        render.note(
            f"verified and fetched {render.plural(len(admission.artefact.files), 'file')}, "
            f"{render.size(total)}, by {admission.policy.name}"
        )
    render.result(str(admission.reference) if quiet else f"{admission.reference}\t{folder}")
