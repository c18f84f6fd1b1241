"""A verdict as SARIF 2.1.0 (OASIS), for CI services that collect findings: one result per finding, the passed ones too.

What was not decided is a failure there: consumers look at `level`, and "unknown" is never "passed". Texts in it can
come from evidence, so brackets and braces are escaped (sections 3.11.5 and 3.11.6): nobody gets a link into a report.
No time and no random identifier stands in it: the same verdict gives the same bytes.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from attest._version import __version__
from attest.cli import render
from attest.policy.verdict import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from attest.errors import AttestError
    from attest.policy.verdict import Finding, Verdict
    from attest.verify.binding import FileFinding

_SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_KINDS: Final = {
    Status.PASSED: "pass",
    Status.FAILED: "fail",
    Status.UNKNOWN: "fail",
    Status.NOT_APPLICABLE: "notApplicable",
    Status.NOT_REACHED: "informational",
}
_FIRST_LINE: Final = {"startLine": 1}
"""A model has no lines, and services that show results beside code want one."""

_ESCAPED: Final = str.maketrans({"\\": "\\\\", "[": "\\[", "]": "\\]", "{": "{{", "}": "}}"})


def of_verdict(verdict: Verdict, *, reference: str) -> dict[str, Any]:
    """The log of one judged version.

    Args:
        verdict: the verdict, allowed or not.
        reference: pinned.
    """
    name = reference.partition("@")[0]
    results = [_result(finding, uri=_relative(name), model=name) for finding in verdict.findings]
    artifact = {"location": {"uri": _relative(name)}, "hashes": {"sha-256": verdict.digest.hex}}
    said = {
        "reference": reference,
        "verdict": verdict.word.lower(),
        "policy": {"name": verdict.policy_name, "digest": str(verdict.policy_digest)},
        "provenTime": None if verdict.proven_time is None else verdict.proven_time.to_json(),
    }
    return _log(
        results,
        rules=(finding.rule for finding in verdict.findings),
        exit_status=verdict.exit_status,
        said=said,
        artifacts=[artifact],
    )


def of_folder(document: Mapping[str, Any], files: Sequence[FileFinding], *, folder: str, wrong: int) -> dict[str, Any]:
    """The log of a folder that was compared with what was signed: one result per file.

    Args:
        document: the same answer as `--json` gives it.
        files: the files, in that document's order.
        folder: as typed.
        wrong: the exit status of a file that is not the signed one.
    """
    results, status = [], 0
    for file, said in zip(files, document["findings"], strict=True):
        outside = said["outside_not_named"]
        failed, unnamed = file.status.value != "same", said["code_bearing_not_named"] or outside is not None
        if failed:
            status = wrong
        elif unnamed:
            status = status or 1
        text = f"{file.path}: {file.status.value}"
        why = "can run code" if outside is None else f"leads outside ({outside})"
        results.append(
            {
                "ruleId": "bytes",
                "kind": "fail" if failed or unnamed else "pass",
                "level": "error" if failed or unnamed else "none",
                "message": {"text": _text(f"{text}, {why} and is not named" if unnamed else text)},
                "locations": [_location(_relative(f"{folder.rstrip('/')}/{file.path}"))],
                "partialFingerprints": {"finding/v1": _fingerprint("bytes", file.status.value, file.path)},
                "properties": dict(said),
            }
        )
    said = {key: value for key, value in document.items() if key not in {"findings", "schema"}}
    return _log(results, rules=["bytes"], exit_status=status, said=said)


def of_error(error: AttestError) -> dict[str, Any]:
    """The log of a run that came to no verdict: no results, and the reason as a notification."""
    text = "; ".join(part for part in (error.message, error.expected, error.found) if part)
    notification: dict[str, Any] = {
        "level": "error",
        "descriptor": {"id": error.code},
        "message": {"text": _text(text)},
        "properties": render.error_document(error),
    }
    return _log([], rules=(), exit_status=error.exit_status, said={"verdict": None}, failure=notification)


def _log(
    results: list[dict[str, Any]],
    *,
    rules: Iterable[str],
    exit_status: int,
    said: Mapping[str, Any],
    artifacts: Sequence[dict[str, Any]] = (),
    failure: dict[str, Any] | None = None,
) -> dict[str, Any]:
    invocation: dict[str, Any] = {"executionSuccessful": failure is None, "exitCode": exit_status}
    if failure is not None:
        invocation["toolExecutionNotifications"] = [failure]
    driver = {
        "name": "attest",
        "version": __version__,
        "rules": [_rule(rule) for rule in dict.fromkeys(rules)],
    }
    run: dict[str, Any] = {
        "tool": {"driver": driver},
        "invocations": [invocation],
        "results": results,
        "properties": dict(said),
    }
    if artifacts:
        run["artifacts"] = list(artifacts)
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(name: str) -> dict[str, Any]:
    text = f"the rule {_text(name)} of the policy holds"
    return {"id": name, "shortDescription": {"text": text}, "defaultConfiguration": {"level": "error"}}


def _result(finding: Finding, *, uri: str, model: str) -> dict[str, Any]:
    location = _location(uri)
    location["logicalLocations"] = [
        {"name": name, "fullyQualifiedName": " > ".join((model, *finding.path[: depth + 1])), "kind": "module"}
        for depth, name in enumerate(finding.path)
    ] or [{"name": model, "fullyQualifiedName": model, "kind": "module"}]
    return {
        "ruleId": finding.rule,
        "kind": _KINDS[finding.status],
        "level": "error" if finding.stands_in_the_way else "none",
        "message": {"text": _words(finding)},
        "locations": [location],
        "partialFingerprints": {"finding/v1": _fingerprint(finding.rule, finding.code or "", *finding.path)},
        "properties": finding.to_json(),
    }


def _words(finding: Finding) -> str:
    parts = [finding.summary]
    if finding.stands_in_the_way:
        parts += [f"expected {finding.expected}" if finding.expected else ""]
        parts += [f"found {finding.found}" if finding.found else "", finding.code or ""]
    if finding.path:
        parts.append(f"at {' > '.join(finding.path)}")
    return _text("; ".join(part for part in parts if part) or f"{finding.rule}: {finding.status.value}")


def _location(uri: str) -> dict[str, Any]:
    return {"physicalLocation": {"artifactLocation": {"uri": uri}, "region": _FIRST_LINE}}


def _relative(path: str) -> str:
    """As a relative URI reference, the only form that every service takes; a colon would make a scheme of it."""
    return quote(path.removeprefix("./").lstrip("/"), safe="/")


def _fingerprint(*parts: str) -> str:
    """What one finding is recognised by from run to run: which rule, how it failed, where in the lineage."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def _text(text: str) -> str:
    return render.clean(text).translate(_ESCAPED)
