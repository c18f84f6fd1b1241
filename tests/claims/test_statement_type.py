"""Statement v1 is read for every kind of claim, v0.1 for those that are not ours; for ours, the way out is told."""

from __future__ import annotations

import json

import pytest

from attest.claims.statement import Statement
from attest.errors import MalformedEvidence

OLD = "https://in-toto.io/Statement/v0.1"
SUBJECT = [{"name": "m", "digest": {"sha256": "a" * 64}}]


def statement(kind: object, predicate_type: object) -> bytes:
    document = {"_type": kind, "subject": SUBJECT, "predicateType": predicate_type, "predicate": {"n": 1}}
    return json.dumps(document).encode()


@pytest.mark.parametrize(
    "kind", ["https://in-toto.io/Statement/v2", "https://in-toto.io/Statement/v0.1 ", f"{OLD}.0", "", 1, None]
)
def test_other_types_of_statement_are_refused(kind: object) -> None:
    with pytest.raises(MalformedEvidence) as caught:
        Statement.parse(statement(kind, "urn:x"))
    assert caught.value.code == "malformed-evidence"
    assert caught.value.found == str(kind)
    assert caught.value.hint is None


@pytest.mark.parametrize(
    "predicate_type",
    ["https://example.com/review/v1", "https://in-toto.io/attestation/test-result/v0.1", "https://spdx.dev/Document"],
)
def test_the_old_type_is_read_for_claims_of_others(predicate_type: str) -> None:
    read = Statement.parse(statement(OLD, predicate_type))
    assert (read.predicate_type, read.predicate, str(read.subjects[0].digest)) == (
        predicate_type,
        {"n": 1},
        f"sha256:{'a' * 64}",
    )


@pytest.mark.parametrize(
    "predicate_type",
    [
        "https://model_signing/signature/v1.0",
        "https://model_signing/Digests/v0.1",
        "https://slsa.dev/provenance/v1",
        "https://slsa.dev/provenance/v0.2",
        "https://cyclonedx.org/bom",
        "https://cyclonedx.org/bom/v1.4",
        "https://sigstore.dev/cosign/sign/v1",
        "urn:attest:predicate:approval:v1",
    ],
)
def test_the_old_type_is_refused_for_ours_with_the_way_out(predicate_type: str) -> None:
    with pytest.raises(MalformedEvidence) as caught:
        Statement.parse(statement(OLD, predicate_type))
    assert (caught.value.code, caught.value.found) == ("malformed-evidence", OLD)
    assert "--statement" in str(caught.value.hint)


@pytest.mark.parametrize("predicate_type", [None, 1, ["urn:x"], {}])
def test_the_old_type_excuses_nothing_else(predicate_type: object) -> None:
    with pytest.raises(MalformedEvidence):
        Statement.parse(statement(OLD, predicate_type))
