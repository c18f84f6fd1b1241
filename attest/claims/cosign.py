"""cosign's own signature claim, so that `cosign verify` works on a version: one subject, no words.

The shape is what cosign 3 signs by default: the manifest digest and an empty predicate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attest.claims.predicates import COSIGN_SIGN
from attest.claims.statement import Statement, Subject
from attest.errors import MalformedEvidence, SubjectMismatch

if TYPE_CHECKING:
    from attest_registry.digest import Digest


def build(*, model: str, manifest_digest: Digest) -> Statement:
    """The claim "I signed this artefact".

    Args:
        model: the model's name without host.
        manifest_digest: the version.
    """
    subject = Subject(name=model, digest=manifest_digest)
    return Statement.build(subjects=[subject], predicate_type=COSIGN_SIGN, predicate={})


def parse(statement: Statement) -> Digest:
    """The manifest digest that was signed.

    Raises:
        MalformedEvidence: another predicate type.
        SubjectMismatch: several subjects, so that it is not about one artefact.
    """
    if statement.predicate_type != COSIGN_SIGN:
        raise MalformedEvidence(
            "this is no cosign signature", expected=COSIGN_SIGN, found=statement.predicate_type[:120]
        )
    if len(statement.subjects) != 1:
        raise SubjectMismatch("a cosign signature is about one artefact", found=f"{len(statement.subjects)} subjects")
    return statement.subjects[0].digest
