"""Defects of in-toto-attestation 0.9.3 that decide why statements are read by our own layer.

Each test shows the library's answer first: when an upgrade mends one, the test fails and says so, and the library may
take over that part.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict, Parse, ParseError
from in_toto_attestation.predicates.vsa.v1 import vsa_pb2
from in_toto_attestation.v1.statement import Statement as LibraryStatement
from in_toto_attestation.v1.statement_pb2 import Statement as LibraryMessage  # type: ignore[attr-defined]

from attest.claims.statement import Statement, Subject, check_with_library
from attest.errors import MalformedEvidence
from attest_registry.digest import Digest

SUBJECT = Subject(name="m", digest=Digest.of(b"m"))


def payload(predicate: str, digest: str = SUBJECT.digest.hex) -> bytes:
    subject = '{"name":"m","digest":{"sha256":"' + digest + '"}}'
    kinds = '"_type":"https://in-toto.io/Statement/v1","predicateType":"https://example.com/p"'
    return f'{{{kinds},"subject":[{subject}],"predicate":{predicate}}}'.encode()


def library(raw: bytes) -> LibraryStatement:
    statement = LibraryStatement.copy_from_pb(Parse(raw, LibraryMessage()))  # type: ignore[no-untyped-call]
    statement.validate()
    return statement


def test_the_library_turns_integers_into_floats_and_ours_keeps_the_bytes() -> None:
    raw = payload('{"epochs":3,"tokens":9007199254740993}')
    told: dict[str, Any] = MessageToDict(library(raw).pb)["predicate"]  # type: ignore[no-untyped-call]
    assert json.dumps(told) != '{"epochs": 3, "tokens": 9007199254740993}'
    assert int(told["tokens"]) == 9007199254740992  # 2**53 + 1 is lost

    statement = Statement.parse(raw)
    assert statement.raw == raw
    assert statement.predicate == {"epochs": 3, "tokens": 9007199254740993}
    assert type(statement.predicate["epochs"]) is int


def test_checking_with_the_library_changes_nothing_of_what_is_signed() -> None:
    statement = Statement.build(subjects=[SUBJECT], predicate_type="https://example.com/p", predicate={"epochs": 3})
    before = statement.raw
    check_with_library(statement)
    assert statement.raw == before
    assert b'"epochs":3}' in before


def test_the_library_accepts_nan_and_ours_refuses_it() -> None:
    raw = payload('{"loss":NaN}')
    assert "loss" in library(raw).pb.predicate
    with pytest.raises(MalformedEvidence) as caught:
        Statement.parse(raw)
    assert caught.value.code == "malformed-evidence"


@pytest.mark.parametrize("digest", ["zz", "zz-not-hex", "", "AB" * 32, "ab"])
def test_the_library_accepts_a_digest_that_is_none_and_ours_refuses_it(digest: str) -> None:
    raw = payload('{"a":"b"}', digest)
    assert library(raw).pb.subject[0].digest["sha256"] == digest
    with pytest.raises(MalformedEvidence) as caught:
        Statement.parse(raw)
    assert caught.value.code == "malformed-evidence"


def test_the_library_takes_other_names_for_fields_and_ours_does_not() -> None:
    raw = payload('{"a":"b"}').replace(b'"predicateType"', b'"predicate_type"')
    assert library(raw).pb.predicate_type == "https://example.com/p"
    with pytest.raises(MalformedEvidence):
        Statement.parse(raw)


def test_the_library_refuses_unknown_fields_that_the_spec_says_to_ignore() -> None:
    raw = payload('{"a":"b"}').replace(b'"_type"', b'"extension":1,"_type"')
    with pytest.raises(ParseError):
        library(raw)
    assert Statement.parse(raw).predicate == {"a": "b"}


def test_the_library_refuses_an_empty_predicate_that_the_spec_allows() -> None:
    raw = payload("{}")
    with pytest.raises(ValueError, match="Predicate object required"):
        library(raw)
    check_with_library(Statement.parse(raw))


def test_the_library_cannot_read_a_vsa_that_follows_the_spec() -> None:
    """`verifiedLevels` is `verified_levels` as a list in the spec; 0.9.3 knows a single message field of that name."""
    vsa = {
        "verifier": {"id": "https://example.com/verifier"},
        "timeVerified": "2026-11-20T21:00:00Z",
        "resourceUri": "pkg:oci/m",
        "policy": {"uri": "https://example.com/policy"},
        "verificationResult": "PASSED",
        "verifiedLevels": ["SLSA_BUILD_LEVEL_2"],
    }
    with pytest.raises(ParseError):
        Parse(json.dumps(vsa), vsa_pb2.VerificationSummary())  # type: ignore[no-untyped-call, attr-defined]
    raw = payload(json.dumps(vsa))
    assert Statement.parse(raw).predicate["verifiedLevels"] == ["SLSA_BUILD_LEVEL_2"]
