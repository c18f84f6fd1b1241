"""Only Statement v1 is read; who brings the old one is told how to make a new one."""

from __future__ import annotations

import json

import pytest

from attest.claims.statement import Statement
from attest.errors import MalformedEvidence

DOCUMENT = {"subject": [{"name": "m", "digest": {"sha256": "a" * 64}}], "predicateType": "urn:x", "predicate": {}}


@pytest.mark.parametrize("kind", ["https://in-toto.io/Statement/v0.1", "https://in-toto.io/Statement/v2", 1, None])
def test_other_types_of_statement_are_refused(kind: object) -> None:
    with pytest.raises(MalformedEvidence) as caught:
        Statement.parse(json.dumps({"_type": kind, **DOCUMENT}).encode())
    assert caught.value.code == "malformed-evidence"
    assert caught.value.found == str(kind)
    assert (caught.value.hint is not None) == (kind == "https://in-toto.io/Statement/v0.1")
