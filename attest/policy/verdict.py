"""The verdict: one finding per rule, frozen, and rendered by everybody who shows it."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from attest.errors import Refusal

if TYPE_CHECKING:
    from attest.verify.proven import ProvenTime
    from attest_registry.digest import Digest


class Status(StrEnum):
    """How a rule came out. `UNKNOWN` is never `PASSED`."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_REACHED = "not-reached"
    NOT_APPLICABLE = "not-applicable"
    UNKNOWN = "unknown"


class Step(StrEnum):
    """Where on the read line it was decided (`attest.admit`)."""

    RESOLVE = "resolve"
    COLLECT = "collect"  # evidence is not there
    VERIFY = "verify"  # it is there, and did not become a fact that counts
    EVALUATE = "evaluate"
    READ = "read"  # the bytes themselves


class Finding(Struct, frozen=True, kw_only=True):
    """One rule, judged.

    Args:
        rule: its name: reference, signature, provenance, ml-bom, formats, lineage, bytes, time …
        status: how it came out.
        summary: what holds, in words, when it passed; why it was not judged, when it was not.
        code: the stable code of a failure.
        exit_status: 1 or 3: what this failure would end with.
        expected: what should have been there.
        found: what was there.
        evidence: digest of the bundle that decided it.
        signer: name and fingerprint of who signed that.
        hint: a command or edit that helps, where it failed.
        step: where it was decided.
        path: the ancestor that it is about, from the version that was asked for down to it, each as people should see
            it; empty where it is about that version itself.
        exception: name of the exception by which it passed.
    """

    rule: str
    status: Status
    summary: str = ""
    code: str | None = None
    exit_status: int = 1
    expected: str | None = None
    found: str | None = None
    evidence: Digest | None = None
    signer: str | None = None
    hint: str | None = None
    step: Step = Step.EVALUATE
    path: tuple[str, ...] = ()
    exception: str | None = None

    @property
    def stands_in_the_way(self) -> bool:
        """Whether nothing is allowed because of it."""
        return self.status in {Status.FAILED, Status.UNKNOWN}

    def to_json(self) -> dict[str, Any]:
        """The finding as JSON values."""
        return {
            "rule": self.rule,
            "status": self.status.value,
            "summary": self.summary or None,
            "code": self.code,
            "expected": self.expected,
            "found": self.found,
            "evidence": None if self.evidence is None else str(self.evidence),
            "signer": self.signer,
            "hint": self.hint,
            "step": self.step.value,
            "path": list(self.path),
            "exception": self.exception,
        }


class Verdict(Struct, frozen=True, kw_only=True):
    """Policy × facts.

    Args:
        digest: the manifest digest that was judged.
        policy_name: the policy, for people.
        policy_digest: digest of the composed policy document.
        findings: one per rule, in the policy's order.
        proven_time: when all that was demanded existed, by whose word; `None` where that is not proven.
    """

    digest: Digest
    policy_name: str
    policy_digest: Digest
    findings: tuple[Finding, ...]
    proven_time: ProvenTime | None = None

    @property
    def allowed(self) -> bool:
        """Whether at least one rule was judged and none failed or stayed unknown."""
        judged = [finding for finding in self.findings if finding.status is Status.PASSED or finding.stands_in_the_way]
        return bool(judged) and not any(finding.stands_in_the_way for finding in judged)

    @property
    def exit_status(self) -> int:
        """0, or the worst of the failures: 3 before 1."""
        if self.allowed:
            return 0
        return max(
            (finding.exit_status for finding in self.findings if finding.status is Status.FAILED),
            default=1,
        )

    @property
    def word(self) -> str:
        """The one word in capitals that ends a verdict on screen."""
        if self.allowed:
            return "ALLOWED"
        if any(finding.status is Status.FAILED for finding in self.findings):
            return "TAMPERED" if self.exit_status == 3 else "DENIED"  # noqa: PLR2004
        return "UNDECIDED"

    @property
    def hints(self) -> tuple[str, ...]:
        """What helps against the failures, each once."""
        stopping = [finding for finding in self.findings if finding.stands_in_the_way]
        return tuple(dict.fromkeys(finding.hint for finding in stopping if finding.hint))

    def to_json(self) -> dict[str, Any]:
        """The findings as JSON values, without the reference: see `attest.cli.render`."""
        return {
            "verdict": self.word.lower(),
            "digest": str(self.digest),
            "policy": {"name": self.policy_name, "digest": str(self.policy_digest)},
            "proven_time": None if self.proven_time is None else self.proven_time.to_json(),
            "findings": [finding.to_json() for finding in self.findings],
        }


class Denied(Refusal):
    """A verdict that allows nothing.

    Args:
        verdict: the verdict.
        reference: what was asked for.
        shown: whether the verdict is on the screen already.
    """

    code = "denied"

    def __init__(self, verdict: Verdict, *, reference: str, shown: bool = False) -> None:
        failed = [finding for finding in verdict.findings if finding.stands_in_the_way and finding.code]
        first = failed[0] if failed else None
        super().__init__(
            f"{reference} is refused by {verdict.policy_name}",
            code=first.code if first else None,
            expected=first.expected if first else None,
            found=first.found if first else None,
            hint=first.hint if first else None,
            shown=shown,
        )
        self.verdict = verdict
        self.reference = reference
        self.exit_status = verdict.exit_status  # type: ignore[misc]  # a verdict knows better than its class
