"""SLSA verification summaries, v1: what somebody's policy said of a version (slsa.dev/spec/v1.2/verification_summary).

Reading is strict about types and about what a decision rests on; fields that the specification does not name are left
alone, as in-toto asks. Writing binds the summary to the manifest digest, the model's name and the policy's digest.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from msgspec import Struct

from attest.claims import fields
from attest.claims.predicates import OWN_NAMESPACE, VERIFICATION_SUMMARY
from attest.claims.statement import Statement, Subject
from attest.errors import AttestError, MalformedEvidence
from attest.trust.times import read_time, shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from attest_registry.digest import Digest

PASSED: Final = "PASSED"
FAILED: Final = "FAILED"
SLSA_VERSION: Final = "1.2"
UNEVALUATED: Final = "SLSA_BUILD_LEVEL_UNEVALUATED"
"""The level of a version whose build track nobody judged: a signed provenance alone is no build level."""

_MOST_LEVELS: Final = 64


class Summary(Struct, frozen=True, kw_only=True):
    """A verification summary as its signer states it.

    Args:
        verifier: URI of who verified; it is the signature that says who that really is.
        verified: when, by the verifier's own clock.
        resource: URI of what was asked for.
        policy_uri: URI of the policy.
        policy_digest: SHA-256 of the policy; `None` where none is stated.
        inputs: SHA-256 of the evidence that it rests on.
        passed: whether the policy held.
        levels: what was verified, in SLSA's words or others.
    """

    verifier: str
    verified: datetime
    resource: str
    policy_uri: str
    policy_digest: Digest | None
    passed: bool
    inputs: tuple[Digest, ...] = ()
    levels: tuple[str, ...] = ()


def resource_uri(model: str, digest: Digest) -> str:
    """What identifies a version in summaries: without a host, so that a copy elsewhere is the same version."""
    return f"{OWN_NAMESPACE}model:{model}@{digest}"


def policy_uri(name: str) -> str:
    """What names a policy; its digest is what counts."""
    return f"{OWN_NAMESPACE}policy:{quote(name, safe='')}"


def key_verifier(fingerprint: Digest) -> str:
    """The verifier's URI where nobody chose one: who signs is who verified."""
    return f"{OWN_NAMESPACE}verifier:{fingerprint}"


def build(summary: Summary, *, model: str, manifest_digest: Digest) -> Statement:
    """The claim "this version was held against this policy, and that came of it".

    Args:
        summary: what is said.
        model: the model's name without host.
        manifest_digest: the version.

    Raises:
        MalformedEvidence: the policy has no digest, or what would be written could not be read.
    """
    if summary.policy_digest is None:
        raise MalformedEvidence("a summary of ours states the digest of its policy")
    predicate: dict[str, Any] = {
        "verifier": {"id": summary.verifier},
        "timeVerified": shown(summary.verified),
        "resourceUri": summary.resource,
        "policy": {"uri": summary.policy_uri, "digest": {"sha256": summary.policy_digest.hex}},
        "inputAttestations": [{"digest": {"sha256": digest.hex}} for digest in sorted(set(summary.inputs))],
        "verificationResult": PASSED if summary.passed else FAILED,
        "verifiedLevels": list(summary.levels) if summary.passed else [FAILED],
        "slsaVersion": SLSA_VERSION,
    }
    subject = Subject(name=model, digest=manifest_digest)
    statement = Statement.build(subjects=[subject], predicate_type=VERIFICATION_SUMMARY, predicate=predicate)
    parse(statement)
    return statement


def parse(statement: Statement) -> Summary:
    """Read one.

    Raises:
        MalformedEvidence: another predicate type, or a field is missing or not what the specification says.
    """
    if statement.predicate_type != VERIFICATION_SUMMARY:
        raise MalformedEvidence(
            "this is no verification summary", expected=VERIFICATION_SUMMARY, found=statement.predicate_type[:120]
        )
    predicate = statement.predicate
    policy = fields.mapping(predicate, "policy")
    passed = _passed(predicate)
    return Summary(
        verifier=fields.text(fields.mapping(predicate, "verifier"), "id"),
        verified=_time(fields.text(predicate, "timeVerified")),
        resource=fields.text(predicate, "resourceUri"),
        policy_uri=fields.text(policy, "uri"),
        policy_digest=fields.sha256(policy),
        inputs=_inputs(predicate),
        passed=passed,
        levels=_levels(predicate, passed=passed),
    )


def _passed(predicate: Mapping[str, Any]) -> bool:
    result = fields.text(predicate, "verificationResult")
    if result not in {PASSED, FAILED}:
        raise MalformedEvidence(
            "the summary has another result",
            expected=f"{PASSED} or {FAILED}",
            found=f"verificationResult {result[:80]}",
        )
    return result == PASSED


def _time(text: str) -> datetime:
    try:
        return read_time(text, what="timeVerified").astimezone(UTC)
    except (AttestError, OverflowError) as error:
        raise MalformedEvidence(
            "the summary's timeVerified is no time with a zone", expected="RFC 3339", found=text[:80]
        ) from error


def _inputs(predicate: Mapping[str, Any]) -> tuple[Digest, ...]:
    found = [fields.sha256(item) for item in fields.objects(predicate, "inputAttestations")]
    return tuple(digest for digest in found if digest is not None)


def _levels(predicate: Mapping[str, Any], *, passed: bool) -> tuple[str, ...]:
    """What was verified; a summary that passed and says FAILED here, or the reverse, says two things."""
    levels: Sequence[Any] = predicate.get("verifiedLevels", [])
    texts = isinstance(levels, list) and all(isinstance(level, str) and level for level in levels)
    if not texts or len(levels) > _MOST_LEVELS:
        raise MalformedEvidence("the claim needs a list of texts as verifiedLevels", expected=f"at most {_MOST_LEVELS}")
    if passed and FAILED in levels:
        raise MalformedEvidence(
            "the summary contradicts itself", expected=f"no {FAILED} among its levels", found=f"{PASSED}, {FAILED}"
        )
    return tuple(levels)
