"""The rule about scans: a scanner whom the policy accepts looked at the version, and found little enough.

require:
  scans:
    - by: [scan-bot]
      scanner: picklescan
      minimum-version: 1.0.5
      findings: {critical: 0, high: 0, medium: 3}
      max-age: 30d
      at: use

A number is for findings of that severity or worse; one of which nobody says how bad it is counts as the worst. What
any scan by one of them found counts, whichever scanner it was and however old it is. Scanners can be evaded: this
demand stands beside `formats`, never for it.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from msgspec import field

from attest.claims import scan
from attest.claims.predicates import SCAN
from attest.claims.scan import KINDS, Severity
from attest.errors import MalformedEvidence
from attest.policy import entries
from attest.policy.case import Problem, failed
from attest.policy.key_rows import TABLE
from attest.policy.moments import age_problem, read_most_age
from attest.policy.requirements import ClaimDemand
from attest.strict_yaml import dotted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from attest.claims.scan import Scan
    from attest.policy.case import Case
    from attest.policy.moments import MostAge
    from attest.policy.requirements import Identity
    from attest.policy.verdict import Finding
    from attest.strict_yaml import Document, NodePath
    from attest.verify.facts import Fact

RULE: Final = "scans"
_VERSION: Final = re.compile(r"v?(\d{1,9}(?:\.\d{1,9}){0,7})", re.ASCII)
_MOST_FINDINGS: Final = 100_000
_SEVERITIES: Final = tuple(each for each in Severity if each is not Severity.UNKNOWN)
"""Worst first."""


class ScanDemand(ClaimDemand, frozen=True, kw_only=True):
    """A scan.

    Args:
        scanner: name of the tool, or its URI without a version; `None` for any.
        minimum_version: the oldest that will do, as it was written.
        findings: severity → how many of them there may be.
        most_age: how old it may be.
    """

    scanner: str | None = None
    minimum_version: str | None = None
    findings: Mapping[Severity, int] = field(default_factory=lambda: MappingProxyType({}))
    most_age: MostAge | None = None

    @property
    def types(self) -> tuple[str, ...]:
        """Other tools' reports too."""
        return KINDS

    @property
    def title(self) -> str:
        """What is asked, for people."""
        version = f" {self.minimum_version} or newer" if self.minimum_version else ""
        return f"a scan by {self.scanner or 'any scanner'}{version}"


def read(document: Document, path: NodePath, value: Any, known: Mapping[str, Identity]) -> tuple[ScanDemand, ...]:
    """The key `require.scans`.

    Raises:
        PolicyError: anything about it is not understood.
    """
    return tuple(_read_one(document, where, item, known) for where, item in entries.listed(document, path, value))


def _read_one(document: Document, path: NodePath, item: dict[str, Any], known: Mapping[str, Identity]) -> ScanDemand:
    if "minimum-version" in item and "scanner" not in item:
        raise document.error(
            (*path, "minimum-version"), "a version of what?", code="missing-key", expected="scanner: … beside it"
        )
    version = entries.text(document, path, item, "minimum-version") if "minimum-version" in item else None
    if version is not None and version_of(version) is None:
        raise document.error(
            (*path, "minimum-version"),
            f"'{version[:80]}' is no version that can be compared",
            code="bad-number",
            expected="1.0.5",
        )
    return ScanDemand(
        predicate_type=SCAN,
        by=entries.by(document, path, item, known),
        scanner=entries.text(document, path, item, "scanner") if "scanner" in item else None,
        minimum_version=version,
        findings=_read_findings(document, path, item),
        most_age=read_most_age(document, path, item),
    )


def _read_findings(document: Document, path: NodePath, item: dict[str, Any]) -> Mapping[Severity, int]:
    if "findings" not in item:
        return MappingProxyType({})
    where: NodePath = (*path, "findings")
    value = TABLE.checked(document, where, item["findings"])
    if not value:
        raise document.error(where, f"{dotted(where)} demands nothing", code="empty-list", expected="{critical: 0}")
    counts = {
        Severity(key): entries.whole(document, where, value, key, least=0, most=_MOST_FINDINGS) or 0 for key in value
    }
    return MappingProxyType(counts)


def version_of(text: str) -> tuple[int, ...] | None:
    """A version that can be compared: numbers with points; `None` for anything else, such as a release candidate."""
    found = _VERSION.fullmatch(text)
    if found is None:
        return None
    numbers = [int(part) for part in found[1].split(".")]
    while len(numbers) > 1 and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)


def judge(case: Case, demand: ScanDemand) -> Finding:
    """Nothing that they found is too much, and one of their scans is by the right tool, new enough and of all files."""
    facts = case.accepted(demand)
    if not facts:
        return case.missing(RULE, demand)
    read_facts: list[tuple[Fact, Scan]] = []
    problems: list[Problem] = []
    against: list[Fact] = []
    for fact in facts:
        before = len(problems)
        try:
            said = scan.parse(fact.statement)
        except MalformedEvidence as error:
            found = "; ".join(part for part in (error.message, error.found) if part)
            expected = error.expected or "a scan that can be read in one way"
            problems.append(Problem(code=error.code, expected=expected, found=found, exit_status=error.exit_status))
        else:
            read_facts.append((fact, said))
            problems += _too_much(demand, said)
        against += [fact] if len(problems) > before else []
    short = [_shortcoming(case, demand, fact, said) for fact, said in read_facts]
    if all(problem is not None for problem in short):
        problems += [problem for problem in short if problem is not None]
    if problems:
        decisive = against or facts
        signer = case.policy.describe(decisive[0].signer)
        return failed(RULE, list(dict.fromkeys(problems)), decisive, signer=signer)
    support = [each for each, problem in zip(read_facts, short, strict=True) if problem is None]
    return case.passed(RULE, _summary([said for _, said in support]), [fact for fact, _ in support])


def _too_much(demand: ScanDemand, said: Scan) -> list[Problem]:
    problems = []
    for severity, most in demand.findings.items():
        counting = {Severity.UNKNOWN, *_SEVERITIES[: _SEVERITIES.index(severity) + 1]}
        named = [f"{each.id} ({each.severity})" for each in said.findings if each.severity in counting]
        if len(named) > most:
            expected = f"at most {most} findings that are {severity} or worse"
            found = f"{len(named)} by {said.scanner}: {', '.join(named[:3])}"
            problems.append(Problem(code="scan-findings", expected=expected, found=found[:200]))
    return problems


def _shortcoming(case: Case, demand: ScanDemand, fact: Fact, said: Scan) -> Problem | None:
    """Why a scan is not the one that is asked for; `None` where it is."""
    name = f"{said.scanner} {said.version or 'of unknown version'}"
    if demand.scanner is not None and demand.scanner not in {said.scanner, said.scanner.rpartition("@")[0]}:
        return Problem(code="scanner-not-accepted", expected=demand.title, found=f"a scan by {name}")
    if demand.minimum_version is not None:
        least, version = version_of(demand.minimum_version), version_of(said.version or "")
        if version is None or least is None or version < least:
            return Problem(code="scanner-too-old", expected=demand.title, found=name)
    if said.files is not None:
        seen = set(said.files.values())
        missed = sorted(path for path, digest in case.files.items() if digest not in seen)
        if missed:
            found = f"{len(missed)} not scanned: {', '.join(missed[:3])}"
            return Problem(code="scan-incomplete", expected="every file scanned", found=found[:200])
    if demand.most_age is not None:
        return age_problem(case, demand.most_age, fact, said.finished)
    return None


def supporting(case: Case, demand: ScanDemand) -> tuple[Fact, ...]:
    """The claims that each would do for this demand."""
    found = []
    for fact in case.accepted(demand):
        try:
            said = scan.parse(fact.statement)
        except MalformedEvidence:
            continue
        if _shortcoming(case, demand, fact, said) is None:
            found.append(fact)
    return tuple(found)


def _summary(scans: Sequence[Scan]) -> str:
    named = [f"{each.scanner} {each.version}" if each.version else each.scanner for each in scans]
    names = ", ".join(dict.fromkeys(named))
    most = max(len(each.findings) for each in scans)
    return f"{names}: {'nothing found' if not most else '1 finding' if most == 1 else f'{most} findings'}"


def explain(demand: ScanDemand, *, by: str) -> list[str]:
    """The demand in sentences.

    Args:
        demand: the demand.
        by: "signed by …", as elsewhere.
    """
    age = f", {demand.most_age}" if demand.most_age else ""
    found = [f"there is {demand.title}{age}, {by}"]
    if demand.findings:
        bounds = [f"{most or 'nothing'} {severity} or worse" for severity, most in demand.findings.items()]
        found.append(f"each scan of theirs found at most: {', '.join(bounds)}")
    return found
