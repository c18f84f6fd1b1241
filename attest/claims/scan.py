"""Scans: what a tool looked for in a version, and found (docs/formats.md, `scan:v1`).

in-toto's vulnerability reports are read too: vulns/v0.1, whose specification and example differ in where an id stands,
and vulns/v0.2. A scan is evidence, never proof: scanners can be evaded.
"""

from __future__ import annotations

from datetime import UTC
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from attest.claims import fields
from attest.claims.decimals import read_decimal
from attest.claims.predicates import SCAN, VULNS_V0_1, VULNS_V0_2
from attest.claims.statement import Statement, Subject
from attest.errors import MalformedEvidence
from attest.trust.times import read_time, shown

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from attest.claims.signer_name import SignerName
    from attest_registry.digest import Digest

KINDS: Final = (SCAN, VULNS_V0_2, VULNS_V0_1)
"""Predicate types that are scans."""

_FIELDS: Final = {"by", "scanner", "started", "finished", "files", "findings"}
_SCANNER_FIELDS: Final = {"name", "version", "database"}
_DATABASE_FIELDS: Final = {"uri", "version", "updated"}
_FINDING_FIELDS: Final = {"id", "severity", "file", "title"}


class Severity(StrEnum):
    """How bad a finding is; worst first."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    NONE = "none"
    UNKNOWN = "unknown"  # nobody said: as bad as can be


_WORDS: Final[Mapping[str, Severity]] = {
    **{each.value: each for each in Severity},
    "moderate": Severity.MEDIUM,
    "important": Severity.HIGH,
    "negligible": Severity.LOW,
    "informational": Severity.NONE,
}
_ORDER: Final = (
    Severity.UNKNOWN, Severity.NONE, Severity.LOW, Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL,
)  # fmt: skip
_BANDS: Final = (
    (Decimal(9), Severity.CRITICAL),
    (Decimal(7), Severity.HIGH),
    (Decimal(4), Severity.MEDIUM),
    (Decimal("0.1"), Severity.LOW),
    (Decimal(0), Severity.NONE),
)
"""CVSS v3.1, table 14: from which base score on it is called what."""

_HIGHEST_SCORE: Final = 10


class ScanFinding(Struct, frozen=True, kw_only=True):
    """Something that was found.

    Args:
        id: what the scanner calls it, such as a CVE.
        severity: how bad it is.
        file: in which file, where said.
        title: for people.
    """

    id: str
    severity: Severity
    file: str | None = None
    title: str | None = None


class Scan(Struct, frozen=True, kw_only=True):
    """A scan.

    Args:
        scanner: name of the tool, or its URI.
        finished: when.
        findings: everything that was found.
        version: of the tool.
        database: when what it knows was last updated.
        files: digests of what it looked at; `None` where it does not say.
    """

    scanner: str
    finished: datetime
    findings: tuple[ScanFinding, ...]
    version: str | None = None
    database: datetime | None = None
    files: Mapping[str, Digest] | None = None


def build(
    scan: Scan, *, by: SignerName, model: str, manifest_digest: Digest, oms_root: Digest | None = None
) -> Statement:
    """The claim "this is what the scanner found".

    Args:
        scan: what is said.
        by: whoever will sign it.
        model: the model's name without host.
        manifest_digest: the version.
        oms_root: its OMS root, for those who have the bare folder.

    Raises:
        MalformedEvidence: it could not be read again.
    """
    scanner: dict[str, Any] = {"name": scan.scanner}
    if scan.version is not None:
        scanner["version"] = scan.version
    if scan.database is not None:
        scanner["database"] = {"updated": shown(scan.database.astimezone(UTC))}
    predicate: dict[str, Any] = {
        "by": by.to_json(),
        "scanner": scanner,
        "finished": shown(scan.finished.astimezone(UTC)),
        "findings": [_written(each) for each in scan.findings],
    }
    if scan.files is not None:
        predicate["files"] = [
            {"name": name, "digest": {"sha256": digest.hex}} for name, digest in sorted(scan.files.items())
        ]
    subjects = [Subject(name=model, digest=manifest_digest)]
    if oms_root is not None:
        subjects.append(Subject(name="oms-root", digest=oms_root))
    statement = Statement.build(subjects=subjects, predicate_type=SCAN, predicate=predicate)
    parse(statement)
    return statement


def _written(found: ScanFinding) -> dict[str, str]:
    said = {"id": found.id, "severity": found.severity.value, "file": found.file, "title": found.title}
    return {key: text for key, text in said.items() if text is not None}


def parse(statement: Statement) -> Scan:
    """What a scan says; its signature is not looked at.

    Raises:
        MalformedEvidence: it is none, or what decides in it is not understood.
    """
    if statement.predicate_type == SCAN:
        return _own(statement.predicate)
    if statement.predicate_type in KINDS:
        return _vulns(statement.predicate)
    raise MalformedEvidence("the claim is no scan", expected=SCAN, found=statement.predicate_type[:120])


def _own(said: Mapping[str, Any]) -> Scan:
    fields.only(said, _FIELDS, "fields")
    fields.mapping(said, "by")
    scanner = fields.mapping(said, "scanner")
    fields.only(scanner, _SCANNER_FIELDS, "fields of a scanner")
    database = fields.optional_mapping(scanner, "database")
    fields.only(database, _DATABASE_FIELDS, "fields of a scanner's database")
    if "findings" not in said:
        raise MalformedEvidence("the scan needs a list of findings", expected="findings: […], which may be empty")
    return Scan(
        scanner=fields.text(scanner, "name"),
        version=fields.optional_text(scanner, "version"),
        database=read_time(fields.text(database, "updated"), what="updated") if "updated" in database else None,
        finished=read_time(fields.text(said, "finished"), what="finished"),
        findings=tuple(_finding(item) for item in fields.objects(said, "findings")),
        files=_files(said) if "files" in said else None,
    )


def _finding(item: Mapping[str, Any]) -> ScanFinding:
    fields.only(item, _FINDING_FIELDS, "fields of a finding")
    word = fields.text(item, "severity")
    if word not in set(Severity):
        raise MalformedEvidence("a finding has another severity", expected=", ".join(Severity), found=word[:80])
    return ScanFinding(
        id=fields.text(item, "id"),
        severity=Severity(word),
        file=fields.optional_text(item, "file"),
        title=fields.optional_text(item, "title"),
    )


def _files(said: Mapping[str, Any]) -> Mapping[str, Digest]:
    found: dict[str, Digest] = {}
    for item in fields.objects(said, "files"):
        name, digest = fields.text(item, "name"), fields.sha256(item)
        if digest is None or name in found:
            raise MalformedEvidence("the scan names each file once, with its digest", found=name[:80])
        found[name] = digest
    return found


def _vulns(said: Mapping[str, Any]) -> Scan:
    """Its unknown fields are ignored, as the framework's parsing rules want it."""
    scanner = fields.mapping(said, "scanner")
    metadata = fields.mapping(said, "metadata")
    updated = fields.optional_text(fields.optional_mapping(scanner, "db"), "lastUpdate")
    if "result" not in scanner:
        raise MalformedEvidence("the scan needs a list of vulnerabilities", expected="scanner.result: […]")
    return Scan(
        scanner=fields.text(scanner, "uri"),
        version=fields.optional_text(scanner, "version"),
        database=None if updated is None else read_time(updated, what="lastUpdate"),
        finished=read_time(fields.text(metadata, "scanFinishedOn"), what="scanFinishedOn"),
        findings=tuple(_vulnerability(item) for item in fields.objects(scanner, "result")),
    )


def _vulnerability(item: Mapping[str, Any]) -> ScanFinding:
    told = fields.mapping(item, "vulnerability") if "vulnerability" in item else item
    severity = told.get("severity", [])
    scores = [severity] if isinstance(severity, dict) else fields.objects(told, "severity")
    rated = [_rated(score.get("score")) for score in scores]
    return ScanFinding(id=fields.text(told, "id"), severity=max(rated, key=_ORDER.index, default=Severity.UNKNOWN))


def _rated(score: object) -> Severity:
    """A word, or a CVSS base score; the worst of several methods counts."""
    if not isinstance(score, str):
        return Severity.UNKNOWN
    number = read_decimal(score)
    if number is None or not 0 <= number <= _HIGHEST_SCORE:
        return _WORDS.get(score.strip().lower(), Severity.UNKNOWN)
    return next(word for least, word in _BANDS if number >= least)
