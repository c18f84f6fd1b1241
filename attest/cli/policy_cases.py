"""`attest policy test` and `attest policy schema`: try policies out, and let editors check them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

import click

from attest.cli import options, render
from attest.written_path import written_path

if TYPE_CHECKING:
    from collections.abc import Sequence

    from attest.cases.running import Outcome
    from attest.cases.values import CaseFile

_FAILED: Final = 1
_ALLOWED: Final = "allowed"


@click.command(
    epilog=options.examples(
        "attest policy test policy.yaml", "attest policy test policies/", "attest policy test production.cases.yaml"
    )
)
@click.argument("paths", metavar="FILE|DIR...", nargs=-1, required=True)
@options.as_json()
def test(*, paths: tuple[str, ...], as_json: bool) -> None:
    """Try policies out on their cases: POLICY.cases.yaml beside POLICY.yaml.

    Each case says who signed what, and whether that is allowed or with which codes it is denied. Nothing is fetched,
    and no key is needed: the cases are signed with throw-away keys, and judged as versions in a store are. Exit status:
    0 when every case came out as expected, 1 when one did not, 2 when a file is not understood.
    """
    from attest.cases.running import case_files, run_file  # noqa: PLC0415

    files = list(dict.fromkeys(file for path in paths for file in case_files(written_path(path))))
    results = [run_file(file) for file in files]
    outcomes = [outcome for _, found in results for outcome in found]
    wrong = [outcome for outcome in outcomes if not outcome.as_expected]
    if as_json:
        _document(results, wrong)
    else:
        for file, found in results:
            _show(file, found)
        summary = f"{render.plural(len(outcomes), 'case')} in {render.plural(len(files), 'file')}"
        render.result(f"{summary}, {len(wrong)} not as expected" if wrong else f"{summary}, all as expected")
    if wrong:
        raise click.exceptions.Exit(_FAILED)


@click.command(epilog=options.examples("attest policy schema > policy.schema.json"))
@click.option("--markdown", is_flag=True, help="A table of all keys for people instead.")
def schema(*, markdown: bool) -> None:
    """Print the JSON Schema of policies, with which editors complete and check them.

    Name it in the first line of a policy: # yaml-language-server: $schema=policy.schema.json
    """
    if markdown:
        from attest.policy.key_page import key_page  # noqa: PLC0415

        render.result(key_page().removesuffix("\n"))
        return
    from attest.policy.schema import policy_schema  # noqa: PLC0415

    render.document(policy_schema())


def _document(results: Sequence[tuple[CaseFile, list[Outcome]]], wrong: Sequence[Outcome]) -> None:
    render.document(
        {
            "schema": "attest/policy-test/v1",
            "as_expected": not wrong,
            "files": [
                {
                    "file": str(file.path),
                    "policy": str(file.policy),
                    "cases": [outcome.to_json() for outcome in found],
                }
                for file, found in results
            ],
        }
    )


def _show(file: CaseFile, outcomes: Sequence[Outcome]) -> None:
    render.result(f"{file.policy}   {render.plural(len(outcomes), 'case')}")
    rows = [
        (
            render.mark("✓" if outcome.as_expected else "✗", sys.stdout),
            render.clean(outcome.case.name),
            ", ".join(outcome.codes) or _ALLOWED,
        )
        for outcome in outcomes
    ]
    for line in render.columns(rows):
        render.result(line)
    for outcome in outcomes:
        if not outcome.as_expected:
            _explain(outcome)


def _explain(outcome: Outcome) -> None:
    case = outcome.case
    render.note(f"{case.at}: {render.clean(case.name)}")
    render.note(f"  expected   {', '.join(case.codes) or _ALLOWED}")
    render.note(f"  found      {', '.join(outcome.codes) or _ALLOWED}")
    for finding in outcome.verdict.findings:
        if finding.stands_in_the_way:
            said = render.clean(finding.found or finding.summary)
            render.note(f"  {finding.rule}: expected {render.clean(finding.expected or 'nothing')}, found {said}")
