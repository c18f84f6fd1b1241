from __future__ import annotations

import json

import pytest

from attest.claims import cosign
from attest.claims.predicates import COSIGN_SIGN, PROVENANCE
from attest.claims.statement import Statement, Subject, check_with_library
from attest.errors import MalformedEvidence, SubjectMismatch
from attest_registry.digest import Digest

MANIFEST = Digest.of(b"manifest")


def test_one_subject_and_no_words() -> None:
    statement = cosign.build(model="acme/m", manifest_digest=MANIFEST)
    check_with_library(statement)
    assert json.loads(statement.raw) == {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "acme/m", "digest": {"sha256": MANIFEST.hex}}],
        "predicateType": "https://sigstore.dev/cosign/sign/v1",
        "predicate": {},
    }
    assert cosign.parse(statement) == MANIFEST


def test_another_claim_is_no_cosign_signature() -> None:
    other = Statement.build(subjects=[Subject(name="m", digest=MANIFEST)], predicate_type=PROVENANCE, predicate={})
    with pytest.raises(MalformedEvidence) as caught:
        cosign.parse(other)
    assert caught.value.expected == COSIGN_SIGN


def test_a_signature_over_several_things_is_refused() -> None:
    subjects = [Subject(name="m", digest=MANIFEST), Subject(name="n", digest=Digest.of(b"other"))]
    with pytest.raises(SubjectMismatch) as caught:
        cosign.parse(Statement.build(subjects=subjects, predicate_type=COSIGN_SIGN, predicate={}))
    assert caught.value.code == "subject-mismatch"
