"""Whose words a claim is, and what it is about: this version, under this name, and exactly these files.

The OMS root digest does not bind file names (docs/threats.md row 32), and a signer's ignore list hides whatever he
likes (row 10). So a model signature is compared resource by resource with every file there is, and nothing is skipped.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

from attest.claims.predicates import COSIGN_SIGN, OWN_NAMESPACE, word_for
from attest.errors import Refusal, SignatureInvalid, SubjectMismatch, Tampered

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from attest.claims.signature import ModelSignature
    from attest.claims.statement import Statement
    from attest.model.artefact import Artefact
    from attest.trust.signatory import Signatory
    from attest.verify.proven import VerifiedBundle
    from attest_registry.digest import Digest


class FileStatus(StrEnum):
    """How a file compares with the signed list."""

    SAME = "same"
    DIFFERS = "differs"
    MISSING = "missing"
    NOT_SIGNED = "not-signed"


class FileFinding(Struct, frozen=True, kw_only=True):
    """One file, compared.

    Args:
        path: its path inside the model.
        status: how it compares.
        expected: the signed digest, where it is on the list.
        found: the digest of what is there.
        span: first byte and end of the range that the two digests are of; `None` for the whole file.
    """

    path: str
    status: FileStatus
    expected: Digest | None = None
    found: Digest | None = None
    span: tuple[int, int] | None = None


def bind_signer(statement: Statement, *, signer: Signatory, proven: VerifiedBundle | None = None) -> None:
    """Step 6: words of our own kinds name whoever says them, so that nobody passes on somebody else's (row 71).

    Raises:
        SignatureInvalid: `signer-mismatch`: they name somebody else, or nobody.
    """
    if not statement.predicate_type.startswith(f"{OWN_NAMESPACE}predicate:"):
        return
    said = statement.predicate.get("by")
    own = own_name(signer, proven)
    if said != own:
        raise SignatureInvalid(
            f"the {word_for(statement.predicate_type)} is in somebody else's name than its signer's",
            code="signer-mismatch",
            expected=f"by: {own}",
            found="by: nobody" if said is None else f"by: {said}"[:200],
        )


def own_name(signer: Signatory, proven: VerifiedBundle | None) -> dict[str, object]:
    """How a signer names himself: his key, or what the issuer of his login says of him (docs/formats.md)."""
    if proven is not None and proven.certificate is not None:
        from attest.verify.fulcio import CertificateSigner  # noqa: PLC0415  # only where X.509 was loaded anyway
        from attest.verify.proven import PkiSigner  # noqa: PLC0415

        if isinstance(proven.signer, CertificateSigner):
            return {"issuer": proven.signer.issuer, "subject": proven.signer.subject}
        if isinstance(proven.signer, PkiSigner):  # nobody vouched for a login: his certificate's key is who he is
            return {"key": {"sha256": proven.signer.key.hex}}
    return {"key": {"sha256": signer.fingerprint.hex}}


def bind_version(statement: Statement, *, artefact: Artefact, names: Sequence[str]) -> None:
    """Step 7: `subject[0]` is this version, under a name that it may have.

    Args:
        statement: any claim but the model signature.
        artefact: the version in question.
        names: the model's name, then other names that the operator accepts.

    Raises:
        SubjectMismatch: it is about something else (`subject-mismatch`) or another model (`name-mismatch`).
    """
    subject = statement.subjects[0]
    word = word_for(statement.predicate_type)
    if not subject.digest.matches(artefact.digest):
        raise SubjectMismatch(
            f"the {word} is about another version", expected=str(artefact.digest), found=str(subject.digest)
        )
    # cosign names the repository with its host, or nothing: its claim says no more than "this digest"
    if statement.predicate_type != COSIGN_SIGN:
        bind_name(statement, names=names)


def bind_name(statement: Statement, *, names: Sequence[str]) -> None:
    """The model is called as it was asked for: another one of the same signer does not stand in for it (row 5).

    Raises:
        SubjectMismatch: `name-mismatch`.
    """
    name = statement.subjects[0].name
    if name not in names:
        raise SubjectMismatch(
            f"the {word_for(statement.predicate_type)} is about a model of another name",
            code="name-mismatch",
            expected=" or ".join(names),
            found=name[:200] or "no name",
            hint="a copy under another name: list the signed name under `names` in the policy",
        )


def compare(signed: Mapping[str, Digest], there: Mapping[str, Digest]) -> tuple[FileFinding, ...]:
    """Closed world: every path of either side, in code-point order."""
    return tuple(_compare_one(path, signed.get(path), there.get(path)) for path in sorted(signed.keys() | there.keys()))


def _compare_one(path: str, expected: Digest | None, found: Digest | None) -> FileFinding:
    if found is None:
        status = FileStatus.MISSING
    elif expected is None:
        status = FileStatus.NOT_SIGNED
    else:
        status = FileStatus.SAME if expected.matches(found) else FileStatus.DIFFERS
    return FileFinding(path=path, status=status, expected=expected, found=found)


def bind_files(signature: ModelSignature, *, artefact: Artefact) -> None:
    """Step 8: the list is the version's files, no more and no fewer. No ignore list is honoured.

    Raises:
        Tampered: another digest (`digest-mismatch`), a file too many (`unsigned-file`) or too few (`file-missing`).
        Refusal: `shards-need-bytes`: it is over shards, and some file is more than one.
    """
    findings = compare(_whole_files(signature), {file.path: file.digest for file in artefact.files})
    wrong = [finding for finding in findings if finding.status is not FileStatus.SAME]
    for status in (FileStatus.DIFFERS, FileStatus.NOT_SIGNED, FileStatus.MISSING):
        first = next((finding for finding in wrong if finding.status is status), None)
        if first is not None:
            raise _tampered(first, others=len(wrong) - 1)
    _bind_sizes(signature, artefact)


def _whole_files(signature: ModelSignature) -> dict[str, Digest]:
    """Path → SHA-256 of the file: what a version knows without its bytes. A file's only shard is all of it."""
    for file in signature.sharded:
        if len(file.digests) > 1:
            raise Refusal(
                f"the model signature is over {len(file.digests)} shards of {file.path}, "
                "and a version has the digests of whole files",
                code="shards-need-bytes",
                expected="a signature over files, or over files that are one shard each",
                found=f"shards of {signature.shard_size} bytes",
                hint="attest verify ./DIR --bundle FILE --key PUBLIC_KEY     reads the bytes of a folder",
            )
    whole = {resource.path: resource.digest for resource in signature.resources}
    return whole | {file.path: file.digests[0] for file in signature.sharded}


def _bind_sizes(signature: ModelSignature, artefact: Artefact) -> None:
    """Shards say where a file ends."""
    sizes = {file.path: file.size for file in artefact.files}
    for file in signature.sharded:
        if sizes[file.path] != file.size:
            raise Tampered(
                f"{file.path} has another size than was signed",
                code="digest-mismatch",
                expected=f"{file.size} bytes",
                found=f"{sizes[file.path]} bytes",
            )


def _tampered(finding: FileFinding, *, others: int) -> Tampered:
    more = f" (and {others} more)" if others else ""
    match finding.status:
        case FileStatus.DIFFERS:
            return Tampered(
                f"{finding.path} is not the signed file{more}",
                code="digest-mismatch",
                expected=str(finding.expected),
                found=str(finding.found),
            )
        case FileStatus.NOT_SIGNED:
            return Tampered(
                f"{finding.path} is not signed{more}",
                code="unsigned-file",
                expected="the signed files and nothing else",
                found=f"{finding.path} {finding.found}",
            )
        case _:
            return Tampered(
                f"{finding.path} is signed and missing{more}",
                code="file-missing",
                expected=f"{finding.path} {finding.expected}",
                found="no such file",
            )
