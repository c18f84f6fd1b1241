"""`attest bom export`: the bare CycloneDX document of a version, alone or with all its ancestors."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from attest.cli import options, render
from attest.cli.references import REFERENCE
from attest.errors import InputError, MalformedEvidence, Refusal
from attest.settings import Settings
from attest.stores import Reach, repository_for, version_meant
from attest.written_path import written_path
from attest_registry.digest import written_whole
from attest_registry.reference import Reference

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from attest.boms import VersionBOM
    from attest.policy.document import Policy
    from attest.whom import Whom
    from attest_registry.oci.content import Repository


@click.command(
    epilog=options.examples(
        "attest bom export credit-risk:3 --key alice.pub > bom.cdx.json",
        "attest bom export credit-risk:3 --policy policy.yaml --with-ancestors --spec 1.7 --out bom.cdx.json",
    )
)
@click.argument("reference", metavar="REF", type=REFERENCE)
@click.option("--spec", metavar="VERSION", help="CycloneDX 1.6 or 1.7. [default: as it was signed]")
@click.option("--with-ancestors", is_flag=True, help="With the ML-BOMs of all that it was made from, in one document.")
@click.option("--out", metavar="FILE", help="Where to write it. [default: standard output]")
@options.trust()
@options.reach()
def export(
    *,
    reference: str,
    spec: str | None,
    with_ancestors: bool,
    out: str | None,
    whom: Whom,
    plain_http: bool,
    ca_file: str | None,
) -> None:
    """Write the bare CycloneDX ML-BOM of a version: what was signed, without the signature.

    Only what was verified is written, of ancestors too: name --key, --policy or --identity. An ancestor whose ML-BOM
    is not to be had stays as its descendants state it, and is named. The same evidence gives the same bytes.
    Whether the version may be used, `attest verify` says.
    """
    from attest.boms import bom_of  # noqa: PLC0415
    from attest.claims.mlbom_merge import in_spec  # noqa: PLC0415
    from attest.trusting import policy_in_force  # noqa: PLC0415

    _check_spec(spec)
    settings, now = Settings.load(), datetime.now(UTC)
    policy = policy_in_force(settings, whom, asked_for=reference, verb="bom export")
    parsed, reach = Reference.parse(reference), Reach(plain_http=plain_http, ca_file=ca_file)

    def repository_of(each: Reference) -> Repository:
        return repository_for(each, settings, reach)

    meant, repository = version_meant(parsed, settings, reach, now=now)
    version = bom_of(meant, repository, policy=policy, now=now)
    wanted = spec or str(version.document["specVersion"])
    _check(version.document, version, str(version.document["specVersion"]), merged=False)
    if with_ancestors:
        document = _merged(version, repository_of, policy=policy, spec=wanted, now=now)
    else:
        document = in_spec(version.document, wanted)
    _check(document, version, wanted, merged=with_ancestors)
    _write(document, out)
    render.note(render.clean(f"ML-BOM of {version.reference}, verified with {policy.name}, signed by {version.signer}"))


def _check_spec(spec: str | None) -> None:
    from attest.claims.mlbom import SPECS  # noqa: PLC0415

    if spec is not None and spec not in SPECS:
        raise InputError(f"--spec {spec[:20]} is not written", code="bom-version", expected=" or ".join(SPECS))


def _merged(
    version: VersionBOM,
    repository_of: Callable[[Reference], Repository],
    *,
    policy: Policy,
    spec: str,
    now: datetime,
) -> dict[str, Any]:
    from attest.boms import ancestors_of  # noqa: PLC0415
    from attest.claims.mlbom_merge import merge  # noqa: PLC0415

    above, unresolved = ancestors_of(version, repository_of, policy=policy, now=now)
    names = {each.digest: str(each.reference) for each in above}
    merged = merge(
        version.document, digest=version.digest, ancestors={each.digest: each.document for each in above}, spec=spec
    )
    for each in unresolved:
        text = f"{each.role} {each.name} of {each.below} stays as stated there: {each.why}"
        render.warning("bom-ancestor-left-out", render.clean(text))
    for digest, why in merged.left_out.items():
        render.warning("bom-ancestor-left-out", render.clean(f"{names[digest]} stays as stated: {why}"))
    for digest, rest in merged.partly.items():
        render.warning("bom-parts-left-out", render.clean(f"of {names[digest]} is left out: {', '.join(rest)}"))
    count = len(above) - len(merged.left_out)
    render.note(f"{render.plural(count, 'ancestor')} taken in" if above else "no ancestors taken in")
    return merged.document


def _check(document: Mapping[str, Any], version: VersionBOM, spec: str, *, merged: bool) -> None:
    """Nothing is written that we would not read."""
    from attest.claims.mlbom import check_schema, read  # noqa: PLC0415

    try:
        check_schema(document)
        read(document)
    except MalformedEvidence as error:
        what = "with its ancestors " if merged else ""
        raise Refusal(
            f"the ML-BOM of {version.reference} {what}cannot be said in CycloneDX {spec}: {error.message}",
            code="bom-not-exportable",
            expected=error.expected,
            found=error.found,
            hint=f"attest bom check {version.reference}",
        ) from error


def _write(document: Mapping[str, Any], out: str | None) -> None:
    if out is None:
        render.document(dict(document))
        return
    with written_whole(written_path(out)) as write:
        write((json.dumps(document, indent=2) + "\n").encode("ascii"))
    render.result(render.clean(out))
