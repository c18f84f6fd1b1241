"""Codes about what evaluators, reviewers and scanners said of a version, and what a policy asks of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_AGAIN: Final = "have the version evaluated anew, by somebody whom the policy names"
_SCAN: Final = "have the version scanned by the tool that the policy names, and attach the signed report"

CLAIMS: Final[Mapping[str, tuple[str, str, int]]] = {
    "policy-bad-number": (
        "a number in the policy is none, or none that makes sense there",
        "write it as a decimal number such as 0.92, without exponent, or within the bounds that the message names",
        2,
    ),
    "policy-too-few-people": (
        "the policy asks for approvals by more people than it names, so that nothing could ever meet it",
        "name more people under `by`, or a pattern that stands for several, or ask for fewer",
        2,
    ),
    "build-type-not-accepted": (
        "the model was built in a way that the policy does not name",
        "build it as the policy asks, or have the policy's owner add the type under provenance.build-type",
        1,
    ),
    "source-ref-not-accepted": (
        "the training code is of another branch or tag than those that the policy names, or nobody says of which",
        "train from a branch or tag that the policy names, and push again",
        1,
    ),
    "build-level-too-low": (
        "whoever signed the provenance gives the build a lower SLSA level than the policy asks for",
        "build and sign in a hosted workflow, with --keyless; level 3 takes a reusable workflow",
        1,
    ),
    "bom-incomplete": (
        "the ML-BOM does not fill in every field of the profile that the policy names",
        "attest bom check REF --profile NAME lists what is missing and how to say it",
        1,
    ),
    "licence-not-allowed": (
        "the licence of the model or of a dataset is not one that the policy allows",
        "use other data, or have the policy's owner add the licence under ml-bom.licences.allow",
        1,
    ),
    "licence-unknown": (
        "nobody knows the licence of the model or of a dataset: it is not said, or no SPDX expression",
        "say it with --licence, or with licence at the input in the training record; LicenseRef-… for your own text",
        1,
    ),
    "dataset-not-governed": (
        "a dataset lacks a licence, somebody who answers for it, or a statement on personal data",
        "say licence, governance and personal_data at the input in the training record",
        1,
    ),
    "evaluation-failed": (
        "somebody whom the policy names evaluated the version and says that it failed; no later success undoes it",
        "make a better version; only an exception in the policy lets this one pass",
        1,
    ),
    "metric-too-low": ("a number that was measured of the version is below the policy's minimum", _AGAIN, 1),
    "metric-too-high": ("a number that was measured of the version is above the policy's maximum", _AGAIN, 1),
    "metric-missing": (
        "nobody whom the policy names measured the number that it asks for, on those data",
        "have it measured on the dataset of that very digest, and attach the evaluation",
        1,
    ),
    "metric-regressed": (
        "the version is worse than the one that it is compared with, by more than the policy allows",
        "make a better version, or have the policy's owner change what it may lose",
        1,
    ),
    "metric-direction": (
        "nobody says whether the number gets better when it is higher or lower, or two evaluations differ in it",
        "write better: higher or better: lower under no-regression in the policy",
        1,
    ),
    "reference-unknown": (
        "the version that this one is to be compared with, or its evaluation, is not at hand",
        "have that version evaluated by the same evaluators, and make it reachable",
        1,
    ),
    "claim-stale": ("the youngest claim of its kind is older than the policy allows", _AGAIN, 1),
    "claim-time": (
        "a claim does not say when it was made, or says a time that cannot be",
        "have it made again with the right clock, and with a timestamp",
        1,
    ),
    "scan-findings": (
        "a scan of the version found more than the policy allows",
        "look at what was found; take the file out or convert it, and publish a new version",
        1,
    ),
    "scanner-not-accepted": ("the version was scanned, but not by the tool that the policy names", _SCAN, 1),
    "scanner-too-old": (
        "the version was scanned by an older version of the tool than the policy asks for, or by nobody knows which",
        _SCAN,
        1,
    ),
    "scan-incomplete": ("the scan names its files, and some of the version's are not among them", _SCAN, 1),
    "approvals-too-few": (
        "fewer people approved the version than the policy asks for",
        "ask another reviewer whom the policy names; nobody counts twice",
        1,
    ),
    "rejected": (
        "somebody who may approve the version rejected it; approvals by others do not undo that",
        "talk to whoever rejected it; only an exception in the policy lets this version pass",
        1,
    ),
    "approver-is-publisher": (
        "the version was approved by nobody but those who made it",
        "ask a reviewer who signed neither its model signature nor its provenance nor its ML-BOM",
        1,
    ),
    "publisher-unknown": (
        "nobody knows who made the version, so nobody knows whether the reviewer is somebody else",
        "add signature: {by: [publisher]} to the policy",
        1,
    ),
    "approval-meaning": (
        "the version was approved in other words than those that the policy asks for",
        "have the approval signed with the policy's words as its meaning",
        1,
    ),
    "approval-scope": ("the version was approved for another use alone", "ask for an approval for this use", 1),
    "approval-expired": ("the approval of the version has run out", "ask the reviewer for a new one", 1),
    "approval-not-covering": (
        "the reviewer approved the version without a claim that the policy rests on, which came later or was not shown",
        "have the reviewer look at it, and sign an approval that lists it",
        1,
    ),
}
