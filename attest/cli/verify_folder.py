"""`attest verify ./DIR`: is this folder what was signed?"""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING, Any

from attest.claims.predicates import word_for
from attest.cli import render
from attest.errors import InputError, Refusal, Tampered
from attest.verify.binding import FileStatus
from attest.written_path import written_path

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from attest.cli.progress import Bars
    from attest.cli.verdicts import Shape
    from attest.model.manifest import ModelManifest
    from attest.policy.document import Policy
    from attest.settings import Settings
    from attest.stores import Reach
    from attest.verify.directory import FolderFindings
    from attest.whom import Whom

_WORDS = {
    FileStatus.DIFFERS: ("differs", ""),
    FileStatus.MISSING: ("missing", "signed, and not in the folder"),
    FileStatus.NOT_SIGNED: ("not signed", "in the folder, and not signed"),
}
_MOST_ROWS = 40


def verify_folder(
    folder: str,
    *,
    against: str | None,
    evidence: Sequence[Path],
    whom: Whom,
    settings: Settings,
    reach: Reach,
    shape: Shape,
    progress: Bars,
) -> None:
    """Compare a folder with a version, or with the model signature among some evidence.

    Args:
        folder: the folder or file, as typed.
        against: reference of the version that it should be.
        evidence: bundles to judge it by instead.
        whom: whom to trust, as typed.
        settings: what configuration and environment say.
        reach: how to reach the version's store.
        shape: how to answer.
        progress: told of every file.

    Raises:
        Tampered: files differ, are missing, or are not signed.
        AttestError: it could not be judged.
    """
    from attest.model.hashing import hash_tree  # noqa: PLC0415
    from attest.model.tree import walk  # noqa: PLC0415

    if (against is None) == (not evidence):
        raise InputError(
            f"{'nothing says' if not evidence else 'two options say'} what {folder} should be",
            code="usage",
            expected="either --against REF or --evidence FILE",
            hint=f"attest verify {folder} --against NAME:VERSION --key PUBLIC_KEY",
        )
    if against is not None:
        reference, policy, compare = _version(against, folder, whom, settings, reach)
    else:
        reference, policy, compare = _evidence(evidence, folder, whom, settings)
    with progress:
        manifest = hash_tree(walk(written_path(folder)), progress=progress)
    findings = compare(manifest)
    if evidence and not _is_short_form(policy):
        _judge(folder, findings, manifest, policy)
    unnamed = _unnamed_code(manifest, policy)
    _render(folder, findings, reference=reference, policy=policy, unnamed=unnamed, shape=shape)


def _version(against: str, folder: str, whom: Whom, settings: Settings, reach: Reach) -> tuple[str | None, Policy, Any]:
    from attest.verbs import admitted  # noqa: PLC0415
    from attest.verify.directory import compare_with_version  # noqa: PLC0415

    verb = f"verify {folder} --against"
    admission = admitted(against, settings=settings, reach=reach, verb=verb, whom=whom)
    files = {file.path: file.digest for file in admission.artefact.files}
    return str(admission.reference), admission.policy, lambda manifest: compare_with_version(manifest, files)


def _evidence(paths: Sequence[Path], folder: str, whom: Whom, settings: Settings) -> tuple[str | None, Policy, Any]:
    from attest.evidence.evidence import Evidence  # noqa: PLC0415
    from attest.trusting import policy_in_force  # noqa: PLC0415
    from attest.verify.directory import verify_directory  # noqa: PLC0415
    from attest_registry import limits  # noqa: PLC0415

    named = " ".join(f"--evidence {path}" for path in paths)
    policy = policy_in_force(settings, whom, asked_for=folder, rest=named)
    pieces = []
    for path in paths:
        try:
            with written_path(path).open("rb") as file:
                raw = file.read(limits.BUNDLE_BYTES + 1)
        except OSError as error:
            why = (error.strerror or "unknown reason").lower()
            raise InputError(
                f"the evidence {path} cannot be read: {why}", code="cannot-read", expected="a Sigstore bundle"
            ) from error
        if len(raw) > limits.BUNDLE_BYTES:
            raise InputError(
                f"{path} is too large for a bundle",
                code="content-too-large",
                expected=f"at most {limits.BUNDLE_BYTES} bytes",
            )
        pieces.append(Evidence(raw=raw, origin=str(path)))
    return None, policy, lambda manifest: verify_directory(manifest, pieces, policy.keys)


def _is_short_form(policy: Policy) -> bool:
    """Whether the policy is one key: then the model signature decides, as OMS has it, and the verdict says so."""
    return any(identity.given for identity in policy.identities.values())


def _judge(folder: str, findings: FolderFindings, manifest: ModelManifest, policy: Policy) -> None:
    """Hold the folder to everything that a policy document demands.

    Raises:
        Denied: something it demands is not there.
    """
    from datetime import UTC, datetime  # noqa: PLC0415

    from attest.policy.evaluate import evaluate_folder  # noqa: PLC0415
    from attest.policy.verdict import Denied  # noqa: PLC0415

    verdict = evaluate_folder(policy, findings, manifest, name=folder, now=datetime.now(UTC))
    if not verdict.allowed and findings.is_what_was_signed:
        raise Denied(verdict, reference=folder)


def _unnamed_code(manifest: ModelManifest, policy: Policy) -> list[str]:
    """Files that can run code and that the policy does not name; read from their bytes, whatever a claim says."""
    from attest.policy import patterns  # noqa: PLC0415

    named = policy.formats.code_bearing if policy.formats is not None else ()
    return [
        file.path
        for file in manifest.files
        if file.format.code_bearing and not any(patterns.matches(pattern, file.path) for pattern in named)
    ]


def _render(
    folder: str,
    findings: FolderFindings,
    *,
    reference: str | None,
    policy: Policy,
    unnamed: list[str],
    shape: Shape,
) -> None:
    good = findings.is_what_was_signed
    word = findings.word if not good or not unnamed else "DENIED"
    if shape.as_json:
        render.document(_document(findings, word=word, reference=reference, policy=policy, unnamed=unnamed))
    elif not shape.quiet or word != "ALLOWED":
        _show(folder, findings, word=word, reference=reference, policy=policy, unnamed=unnamed)
    if not good:
        raise Tampered(f"{folder} is not what was signed", shown=True)
    if unnamed:
        raise Refusal(f"{folder} holds files that can run code", code="code-bearing-file", shown=True)


def _show(
    folder: str,
    findings: FolderFindings,
    *,
    word: str,
    reference: str | None,
    policy: Policy,
    unnamed: list[str],
) -> None:
    if reference is not None:
        render.result(f"{folder} against {reference}")
    elif findings.signer is not None:
        render.result(f"{folder} against a model signature by {findings.signer.name}")
    _show_wrong(findings)
    same = len(findings.files) - len(findings.wrong)
    if same:
        other = "other " if findings.wrong else ""
        render.result(f"  {render.mark('✓', sys.stdout)} {render.plural(same, f'{other}file')}, every byte read")
    listed = {wrong.path for wrong in findings.wrong}
    for path in [path for path in unnamed if path not in listed][:_MOST_ROWS]:
        render.result(f"  {render.mark('✗', sys.stdout)} {render.clean(path)}   can run code and is not named")
    if reference is None and not findings.wrong and _is_short_form(policy):
        said = sorted({word_for(fact.statement.predicate_type) for fact in findings.facts})
        render.result(
            f"  {render.mark('–', sys.stdout)} judged by the model signature alone; claims given: {', '.join(said)}"
        )
    colour = "green" if word == "ALLOWED" else "red"
    ending = f"by {policy.name}" if word != "TAMPERED" else f"do not load {folder}"
    render.result(f"{render.paint(word, colour, sys.stdout)}  {ending}")
    if word == "TAMPERED" and reference is not None:
        render.note(f"hint: attest pull {reference.partition('@')[0]} ./fresh …     fetches the signed files")
    elif word == "DENIED":
        render.hint("\n".join(f"--allow-code {shlex.quote(path)}" for path in unnamed))


def _show_wrong(findings: FolderFindings) -> None:
    rows = []
    for wrong in findings.wrong[:_MOST_ROWS]:
        name, text = _WORDS[wrong.status]
        if wrong.expected is not None and wrong.found is not None:
            text = f"expected {wrong.expected.short}   found {wrong.found.short}"
        rows.append((f"✗ {render.clean(wrong.path)}", name, text))
    for line in render.columns(rows):
        render.result(line.replace("✗", render.mark("✗", sys.stdout), 1))
    if len(findings.wrong) > _MOST_ROWS:
        render.result(f"  … {len(findings.wrong) - _MOST_ROWS:,} more")


def _document(
    findings: FolderFindings, *, word: str, reference: str | None, policy: Policy, unnamed: list[str]
) -> dict[str, Any]:
    return {
        "schema": "attest/folder-verdict/v1",
        "verdict": word.lower(),
        "reference": reference,
        "policy": {"name": policy.name, "digest": str(policy.digest)},
        "findings": [
            {
                "path": finding.path,
                "status": finding.status.value,
                "expected": None if finding.expected is None else str(finding.expected),
                "found": None if finding.found is None else str(finding.found),
                "code_bearing_not_named": finding.path in unnamed,
            }
            for finding in findings.files
        ],
    }
