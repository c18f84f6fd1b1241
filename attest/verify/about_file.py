"""Whether a verified bundle is about one file: its bare words, or a subject of its statement."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attest.claims.statement import Statement
from attest.errors import SubjectMismatch

if TYPE_CHECKING:
    from attest.verify.proven import VerifiedBundle
    from attest_registry.digest import Digest


def bind_file(verified: VerifiedBundle, digest: Digest) -> Statement | None:
    """The statement about the file; `None` where the file itself was signed.

    Args:
        verified: by certificate or key.
        digest: of the file, computed by the caller.

    Raises:
        SubjectMismatch: it is about something else.
        MalformedEvidence: its words are no statement with SHA-256 subjects.
    """
    if verified.payload is None:
        if verified.message is None or not verified.message.matches(digest):
            raise SubjectMismatch("the bundle is about another file", expected=str(digest), found=str(verified.message))
        return None
    statement = Statement.parse(verified.payload)
    if not any(subject.digest.matches(digest) for subject in statement.subjects):
        raise SubjectMismatch(
            "the statement is about another file",
            expected=str(digest),
            found=", ".join(str(subject.digest) for subject in statement.subjects[:5]),
        )
    return statement
