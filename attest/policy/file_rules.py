"""The rule about files: what each is, by the signed ML-BOM, and whether that may be loaded.

The ML-BOM is held against the version's own list of files: what it does not list, nobody has said anything about.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from attest.claims.mlbom import MLBOM
from attest.model.manifest import FileKind
from attest.policy import patterns
from attest.policy.case import Problem, failed
from attest.policy.verdict import Finding, Status

if TYPE_CHECKING:
    from collections.abc import Mapping

    from attest.claims.mlbom import BOMFile
    from attest.policy.case import Case
    from attest.policy.requirements import FormatDemand
    from attest_registry.digest import Digest

_ALWAYS_CODE: Final = frozenset({FileKind.PICKLE, FileKind.PYTHON, FileKind.NATIVE_CODE})
"""Kinds that run code whatever a BOM says of them."""

_INCIDENT: Final = 3
_SHOWN: Final = 200


def judge_formats(case: Case, demand: FormatDemand) -> Finding:
    """Every file of the version is listed in every accepted ML-BOM, as it is, and may be loaded."""
    if case.policy.ml_bom is None:  # the reader of policies refuses this; a policy built otherwise gets no further
        return Finding(rule="formats", status=Status.UNKNOWN, code="evidence-missing", found="no ML-BOM is required")
    facts = case.accepted(case.policy.ml_bom)
    boms = case.claims(case.policy.ml_bom, MLBOM)
    if not boms:
        return Finding(
            rule="formats",
            status=Status.NOT_REACHED,
            summary="not known: there is no ML-BOM that holds",
        )
    there = case.files
    problems: list[Problem] = []
    for bom in boms:
        listed = {file.path: file for file in bom.files}
        problems += _list_problems(listed, bom, there)
        problems += [
            problem
            for path in sorted(there.keys() & listed.keys())
            for problem in _kind_problems(listed[path], demand, given=_is_given(case))
        ]
    if problems:
        return failed("formats", _together(problems), facts)
    return case.passed("formats", _summary(boms[0]), ())


def _is_given(case: Case) -> bool:
    return any(identity.given for identity in case.policy.identities.values())


def _list_problems(listed: Mapping[str, BOMFile], bom: MLBOM, there: Mapping[str, Digest]) -> list[Problem]:
    problems = []
    if len(listed) != len(bom.files):
        problems.append(
            Problem(code="claims-disagree", expected="each file once in the ML-BOM", found="a file listed twice")
        )
    for path, digest in sorted(there.items()):
        stated = listed[path].digest if path in listed else None
        if stated is None:
            what = f"{path}, which the ML-BOM does not list" + (" with a digest" if path in listed else "")
            problems.append(Problem(code="file-not-in-bom", expected="every file in the ML-BOM", found=what))
        elif not stated.matches(digest):
            problems.append(
                Problem(
                    code="digest-mismatch",
                    expected=f"{path} {stated.short}, by the ML-BOM",
                    found=f"{path} {digest.short}",
                    exit_status=_INCIDENT,
                )
            )
    problems += [
        Problem(
            code="file-missing",
            expected=f"{path}, which the ML-BOM lists",
            found=f"no {path}",
            exit_status=_INCIDENT,
        )
        for path in sorted(listed.keys() - there.keys())
    ]
    return problems


def _kind_problems(file: BOMFile, demand: FormatDemand, *, given: bool) -> list[Problem]:
    if any(patterns.matches(pattern, file.path) for pattern in demand.code_bearing):
        return []
    kind = file.format
    if kind is None:
        return [
            Problem(
                code="format-not-allowed", expected="a format for every file", found=f"{file.path}: nobody says what"
            )
        ]
    where = f"--allow-code {file.path}" if given else f"formats: {{code-bearing: [{file.path}]}} in the policy"
    if file.code_bearing is not False or kind in _ALWAYS_CODE:
        return [
            Problem(
                code="code-bearing-file",
                expected="no file that can run code when it is loaded, unless it is named",
                found=f"{file.path} ({kind})",
                hint=where,
            )
        ]
    if file.outside is not None:
        return [
            Problem(
                code="reference-outside",
                expected="only references to files of the model, unless the file is named",
                found=f"{file.path}: {file.outside[:_SHOWN]}",
                hint=where,
            )
        ]
    if demand.allow is not None and kind not in demand.allow:
        allowed = ", ".join(allowed.value for allowed in demand.allow)
        return [Problem(code="format-not-allowed", expected=f"only {allowed}", found=f"{file.path} ({kind})")]
    return []


def _together(problems: list[Problem]) -> list[Problem]:
    """Each problem once, though several ML-BOMs may have shown it."""
    return list(dict.fromkeys(problems))


def _summary(bom: MLBOM) -> str:
    order = {kind.value: index for index, kind in enumerate(FileKind)}
    named: dict[str, list[str]] = {}
    for file in bom.files:
        code = file.code_bearing is not False or file.format in _ALWAYS_CODE
        named.setdefault(str(file.format), []).extend([file.path] if code else [])
    kinds = sorted(named, key=lambda kind: (order.get(kind, len(order)), kind))
    return ", ".join(
        f"{kind} ({', '.join(named[kind])}: named, can run code)" if named[kind] else kind for kind in kinds
    )
