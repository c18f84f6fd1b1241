"""Facts → verdict: every rule that can be judged is judged, in one fixed order, and gives one finding.

Pure and deterministic: the same policy, facts and time give the same verdict, byte for byte.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from attest.claims.predicates import ML_BOM, PROVENANCE, word_for
from attest.policy import adapters, claim_demands, file_rules, lineage, rules
from attest.policy.ancestry import NOTHING
from attest.policy.case import Case
from attest.policy.in_force import in_force
from attest.policy.verdict import Finding, Status, Step, Verdict
from attest.verify.binding import FileStatus
from attest.verify.facts import Judged
from attest_registry.errors import BadReference
from attest_registry.reference import Reference

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from attest.model.artefact import Artefact
    from attest.model.manifest import ModelManifest
    from attest.policy.ancestry import Gathered
    from attest.policy.requirements import Policy
    from attest.verify.directory import FolderFindings
    from attest.verify.proven import ProvenTime

_BYTES_NOT_READ: Final = "not read (pull, load and exec check every byte; here: --full)"
_AHEAD: Final = timedelta(minutes=5)
_INCIDENT: Final = 3
_FILE_CODES: Final[Mapping[FileStatus, str]] = {
    FileStatus.DIFFERS: "digest-mismatch",
    FileStatus.NOT_SIGNED: "unsigned-file",
    FileStatus.MISSING: "file-missing",
}


def evaluate(
    policy: Policy,
    judged: Judged,
    *,
    artefact: Artefact,
    reference: str,
    now: datetime,
    gathered: Gathered = NOTHING,
) -> Verdict:
    """Judge a version.

    Args:
        policy: what is asked.
        judged: its evidence after verification.
        artefact: the version itself; its manifest was checked against its digest.
        reference: what was asked for, pinned.
        now: the time to judge at, with its zone.
        gathered: what was found of its ancestors and of revocations, where the policy asks for that.
    """
    files = {file.path: file.digest for file in artefact.files}
    judged = in_force(judged, now=now)
    case = Case(
        policy=policy,
        judged=judged,
        digest=artefact.digest,
        files=files,
        reference=reference,
        now=now,
        gathered=gathered,
    )
    not_read = Finding(rule="bytes", status=Status.NOT_REACHED, summary=_BYTES_NOT_READ, step=Step.READ)
    case, demanded = _judge_all(case, _stood_in)
    base = adapters.judge_base(case)
    return _verdict(case, [judge_reference(case), *_judge_log(case), *demanded, *base, not_read, judge_time(case)])


def _judge_log(case: Case) -> list[Finding]:
    """Whether it was reached through the log that the policy means, and what that log holds against it."""
    given, found = case.gathered.log, []
    if case.policy.log is not None or (given is not None and given.alias is not None):
        from attest.policy import log_rules  # noqa: PLC0415  # a key's policy over a version needs none of it

        found.append(log_rules.judge_log(case))
    if case.gathered.in_log is not None:
        from attest.policy import log_standing  # noqa: PLC0415  # most versions are judged before they have a log

        found += log_standing.judge(case)
    return found


def _judge_all(case: Case, stood_in: Callable[[Case], tuple[Case, list[Finding]]]) -> tuple[Case, list[Finding]]:
    """The rules about the version's own claims, and those about all that is beyond them, where there are any."""
    if not case.policy.goes_beyond:
        return stood_in(case)
    from attest.policy import beyond  # noqa: PLC0415  # most policies need none of it

    outcome = beyond.judge(case, stood_in=stood_in, demands=_judge_demands)
    return outcome.case, list(outcome.findings)


def _stood_in(case: Case) -> tuple[Case, list[Finding]]:
    """What is demanded, judged; or a fresh verdict of somebody named in its place, where the policy accepts one."""
    if case.policy.summary is None:
        return case, _judge_demands(case)
    from attest.policy import summaries  # noqa: PLC0415  # few policies have one

    finding, fact = summaries.standing_in(case, case.policy.summary)
    if fact is not None:
        return replace(case, stands_in=fact), [finding]
    return case, [finding, *_judge_demands(case)]


def evaluate_folder(
    policy: Policy,
    findings: FolderFindings,
    manifest: ModelManifest,
    *,
    name: str,
    now: datetime,
    gathered: Gathered = NOTHING,
) -> Verdict:
    """Judge a bare folder by all that a policy demands, not by its model signature alone.

    Args:
        policy: what is asked. Without a manifest only a model signature binds file names, so it has to ask for one.
        findings: the folder compared with what was signed.
        manifest: the folder, hashed.
        name: the folder, for people.
        now: the time to judge at, with its zone.
        gathered: what was found of its ancestors and of revocations, where the policy asks for that.
    """
    case = Case(
        policy=policy,
        judged=in_force(Judged(facts=findings.facts, rejected=findings.rejected), now=now),
        digest=manifest.oms_root,
        files={file.path: file.digest for file in manifest.files},
        reference=name,
        now=now,
        gathered=gathered,
    )
    if not findings.is_what_was_signed:
        return _verdict(case, [_judge_folder(findings)])
    case, demanded = _judge_all(case, lambda each: (each, _judge_demands(each)))
    judged = [_judge_folder(findings), *demanded, judge_time(case)]
    if policy.signature is None:
        expected = "a policy that demands a model signature: nothing else binds the names of a folder's files"
        judged.append(
            Finding(rule="signature", status=Status.UNKNOWN, code="signature-not-demanded", expected=expected)
        )
    return _verdict(case, judged)


def _judge_folder(findings: FolderFindings) -> Finding:
    """Every byte of the folder was read to compare it."""
    count = len(findings.files)
    if findings.is_what_was_signed:
        summary = f"all {count} files are the signed ones"
        return Finding(rule="bytes", status=Status.PASSED, summary=summary, step=Step.READ)
    first = next(iter(findings.wrong), None)
    return Finding(
        rule="bytes",
        status=Status.FAILED,
        code="evidence-missing" if first is None else _FILE_CODES[first.status],
        exit_status=_INCIDENT,
        expected="the signed files and nothing else",
        found="no files" if first is None else f"{first.path} {first.status.value}, {len(findings.wrong)} of {count}",
        step=Step.READ,
    )


def _verdict(case: Case, findings: list[Finding]) -> Verdict:
    policy = case.policy
    return Verdict(
        digest=case.digest,
        policy_name=policy.name,
        policy_digest=policy.digest,
        findings=tuple(findings),
        proven_time=_proven_time(case),
    )


def _judge_demands(case: Case) -> list[Finding]:
    policy = case.policy
    findings = []
    if policy.signature is not None:
        findings.append(rules.judge_signature(case, policy.signature))
    if policy.provenance is not None:
        findings.append(rules.judge_provenance(case, policy.provenance))
    if policy.ml_bom is not None:
        findings.append(rules.judge_ml_bom(case, policy.ml_bom))
    if policy.formats is not None:
        findings.append(file_rules.judge_formats(case, policy.formats))
    if policy.lineage.asks:
        findings.append(lineage.judge_lineage(case, policy.lineage))
    findings += adapters.judge_adapter(case)
    findings += [rules.judge_claim(case, demand) for demand in policy.claims]
    findings += claim_demands.judge(case)
    if policy.rules:
        from attest.policy import free_rules  # noqa: PLC0415  # few policies have any

        findings += free_rules.judge_rules(case, policy.rules)
    return findings


def judge_reference(case: Case) -> Finding:
    """The reference means this very manifest."""
    try:
        reference = Reference.parse(case.reference)
    except BadReference:
        return Finding(rule="reference", status=Status.NOT_APPLICABLE, summary=case.reference, step=Step.RESOLVE)
    if reference.digest is not None and not reference.digest.matches(case.digest):
        return Finding(
            rule="reference",
            status=Status.FAILED,
            code="digest-mismatch",
            exit_status=_INCIDENT,
            expected=str(reference.digest),
            found=str(case.digest),
            step=Step.RESOLVE,
        )
    if reference.version is None:
        summary = f"a version of {reference.name}, named by its digest"
    else:
        kind = "version" if reference.number is not None else "label"
        summary = f"{kind} {reference.version} of {reference.name}"
    return Finding(rule="reference", status=Status.PASSED, summary=summary, step=Step.RESOLVE)


def judge_time(case: Case) -> Finding:
    """When it was signed: proven by a log or timestamp authority, or claimed by the signer alone."""
    proven = _proven_time(case)
    if proven is not None:
        return Finding(rule="time", status=Status.PASSED, summary=f"proven: {proven}")
    if case.policy.proven_time:
        return _without_time(case)
    stated = _stated_time(case)
    if stated is None:
        summary = "not claimed by the signer, not proven"
    else:
        ahead = ", in the future" if stated > case.now + _AHEAD else ""
        summary = f"{stated:%Y-%m-%d %H:%M} UTC{ahead}, claimed by the signer, not proven"
    return Finding(rule="time", status=Status.NOT_REACHED, summary=summary + _unchecked(case))


def _without_time(case: Case) -> Finding:
    """The policy asks for a proven time, and not all that it rests on has one."""
    without = [fact for fact in case.decisive if not fact.times]
    what = ", ".join(dict.fromkeys(word_for(fact.statement.predicate_type) for fact in without)) or "anything"
    return Finding(
        rule="time",
        status=Status.FAILED,
        code="time-missing",
        expected="a proven time of signing for every claim that the policy asks for",
        found=f"none for {what}{_unchecked(case)}",
        hint="sign with --tsa or --rekor, and name in the policy who is believed: trust: {root: trusted_root.json}",
    )


def _unchecked(case: Case) -> str:
    """Log entries and timestamps that nothing was there to check against are said, and prove nothing."""
    count = sum(fact.unchecked for fact in case.decisive)
    if not count:
        return ""
    what = "1 log entry or timestamp" if count == 1 else f"{count} log entries and timestamps"
    return f"; {what} not checked, because no trusted root is named"


def _proven_time(case: Case) -> ProvenTime | None:
    """The latest of the times at which the demanded claims existed; only where each of them has one."""
    facts = case.decisive
    times = [fact.times[0] for fact in facts if fact.times]
    if not facts or len(times) < len(facts):
        return None
    return max(times, key=lambda time: time.moment)


def _stated_time(case: Case) -> datetime | None:
    if case.stands_in is not None:
        return _moment(case.stands_in.claimed_time)
    by_type = {fact.statement.predicate_type: fact.claimed_time for fact in case.judged.facts if fact.claimed_time}
    return _moment(by_type.get(ML_BOM)) or _moment(by_type.get(PROVENANCE))


def _moment(text: str | None) -> datetime | None:
    try:
        time = datetime.fromisoformat(text) if text else None
        return time.astimezone(UTC) if time is not None and time.tzinfo is not None else None
    except (ValueError, OverflowError):  # the year 1 with a zone to its east begins before all years
        return None
