"""In-toto Statement v1: bytes ⇄ a frozen value that keeps the bytes (in-toto attestation spec v1.1, statement.md).

The bytes that were signed are never re-serialised. `in_toto_attestation` is used where it holds: `check_with_library`
validates what we are about to sign with its types. It cannot be the model for reading: its Struct turns integers into
floats and accepts `sha256: "zz"` (in-toto-attestation 0.9.3; guarded in tests/claims).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from msgspec import Struct

from attest.claims.predicates import STATEMENT_V0_1, STATEMENT_V1, is_written_here
from attest.errors import AttestError, MalformedEvidence
from attest_registry import limits
from attest_registry.digest import Digest
from attest_registry.strict_json import parse_object, to_compact_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_MOST_SUBJECTS = 1_000
_OLD_HINT = "cosign attest writes the old type around a predicate; give it the whole statement with --statement"


class Subject(Struct, frozen=True, kw_only=True):
    """What a statement is about.

    Args:
        name: free text, bound to nothing by itself.
        digest: its SHA-256; subjects without one are refused.
    """

    name: str
    digest: Digest


class Statement(Struct, frozen=True, kw_only=True):
    """A claim as parsed. Unverified unless a `Fact` carries it.

    Version 0.1 differs from 1 in its `_type` alone, for readers of SHA-256 subjects, and is what cosign 3 still writes
    around every predicate. So other people's kinds of claim are read in both; those that are written here, in one.

    Args:
        raw: the payload bytes.
        subjects: what it is about, in order.
        predicate_type: the URI of what is said.
        predicate: what is said, as parsed JSON; do not change it.
    """

    raw: bytes
    subjects: tuple[Subject, ...]
    predicate_type: str
    predicate: Mapping[str, Any]

    @classmethod
    def build(cls, *, subjects: Sequence[Subject], predicate_type: str, predicate: Mapping[str, Any]) -> Self:
        """Make one with deterministic bytes."""
        document = {
            "_type": STATEMENT_V1,
            "subject": [{"name": subject.name, "digest": {"sha256": subject.digest.hex}} for subject in subjects],
            "predicateType": predicate_type,
            "predicate": dict(predicate),
        }
        return cls.parse(to_compact_json(document))

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Read one.

        Raises:
            MalformedEvidence: not strict JSON, not a Statement v1 (or v0.1, for kinds that are not written here), no
                subject, or a subject without a valid SHA-256.
        """
        try:
            document = parse_object(raw, what="the statement", limit=limits.BUNDLE_BYTES)
            return cls._from_document(raw, document)
        except MalformedEvidence:
            raise
        except AttestError as error:
            raise MalformedEvidence(error.message, expected=error.expected, found=error.found) from error

    @classmethod
    def _from_document(cls, raw: bytes, document: dict[str, Any]) -> Self:
        subjects = document.get("subject")
        predicate_type = document.get("predicateType")
        predicate = document.get("predicate")
        _check_type(document.get("_type"), predicate_type)
        if not isinstance(subjects, list) or not 1 <= len(subjects) <= _MOST_SUBJECTS:
            raise MalformedEvidence("the statement needs a subject", expected=f"1 to {_MOST_SUBJECTS}")
        if not isinstance(predicate_type, str) or not isinstance(predicate, dict | None):
            raise MalformedEvidence("the statement needs a predicate type and an object as predicate")
        return cls(
            raw=raw,
            subjects=tuple(_subject(value) for value in subjects),
            predicate_type=predicate_type,
            predicate=predicate or {},
        )


def _check_type(kind: Any, predicate_type: Any) -> None:
    if kind == STATEMENT_V1:
        return
    old = kind == STATEMENT_V0_1
    if old and isinstance(predicate_type, str) and not is_written_here(predicate_type):
        return
    raise MalformedEvidence(
        "the statement has another type",
        expected=STATEMENT_V1,
        found=str(kind)[:120],
        hint=_OLD_HINT if old else None,
    )


def _subject(value: Any) -> Subject:
    match value:
        case {"digest": {"sha256": str(digest)}} if isinstance(value.get("name", ""), str):
            return Subject(name=value.get("name", ""), digest=Digest.parse(f"sha256:{digest}"))
        case _:
            raise MalformedEvidence("a subject has no SHA-256 digest")


def check_with_library(statement: Statement) -> None:
    """Let the in-toto project's own types judge a statement before it is signed. Imports protobuf (0.2 s).

    Raises:
        MalformedEvidence: the library would refuse it.
    """
    from google.protobuf.json_format import ParseError  # noqa: PLC0415
    from in_toto_attestation.v1.resource_descriptor import ResourceDescriptor  # noqa: PLC0415
    from in_toto_attestation.v1.statement import Statement as LibraryStatement  # noqa: PLC0415

    subjects = [
        ResourceDescriptor(name=subject.name, digest={"sha256": subject.digest.hex}).pb
        for subject in statement.subjects
    ]
    predicate = dict(statement.predicate) or {"stand-in": ""}  # the spec allows an empty one, the library does not
    try:
        LibraryStatement(subjects, statement.predicate_type, predicate).validate()
    except (ValueError, ParseError, TypeError) as error:
        raise MalformedEvidence("the statement is not valid in-toto", found=str(error)[:200]) from error
