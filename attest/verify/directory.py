"""A bare folder against evidence files: no store, no manifest, so the model signature has to carry everything.

The folder is what the signer signed if the full list of a trusted model signature equals the full list of its files.
Other claims are then matched by the OMS root digest in `subject[1]`; alone that digest decides nothing, since it does
not bind file names (docs/threats.md row 32).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from attest.claims import signature
from attest.claims.predicates import word_for
from attest.errors import AttestError, EvidenceMissing, MalformedEvidence, SubjectMismatch, Tampered
from attest.verify import binding, sharded
from attest.verify.binding import FileFinding, FileStatus
from attest.verify.verifier import (
    Signed,
    authenticate,
    check_amount,
    establish,
    in_order,
    is_model_signature,
    keep,
    read_claim,
    reject,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from attest.claims.signature import ModelSignature
    from attest.evidence.evidence import Evidence
    from attest.model.manifest import ModelManifest
    from attest.model.ranges import Cut
    from attest.trust.signatory import Signatory
    from attest.verify.facts import Fact, Rejected
    from attest_registry.digest import Digest


class FolderFindings(Struct, frozen=True, kw_only=True):
    """A folder compared with what was signed.

    Args:
        files: every path of either side, in code-point order.
        signer: who signed the list; `None` where the list came from an admitted version.
        facts: the model signature and the claims that go with it; empty unless the folder is what was signed.
        rejected: evidence that did not hold, and why.
        over_shards: whether the list was signed over shards, which cannot name empty files.
    """

    files: tuple[FileFinding, ...]
    signer: Signatory | None = None
    facts: tuple[Fact, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    over_shards: bool = False

    @property
    def wrong(self) -> tuple[FileFinding, ...]:
        """The files that differ, are missing or are not signed."""
        return tuple(finding for finding in self.files if finding.status is not FileStatus.SAME)

    @property
    def is_what_was_signed(self) -> bool:
        """Whether there are files and all of them are the signed ones."""
        return bool(self.files) and not self.wrong

    @property
    def word(self) -> str:
        """The one word in capitals that ends it on screen."""
        return "ALLOWED" if self.is_what_was_signed else "TAMPERED"

    @property
    def exit_status(self) -> int:
        """0, or 3: files that are not the signed ones are an incident."""
        return 0 if self.is_what_was_signed else Tampered.exit_status


class _Listed(Struct, frozen=True, kw_only=True):
    """An authentic model signature with its list."""

    signed: Signed
    claim: ModelSignature
    files: tuple[FileFinding, ...]

    @property
    def differences(self) -> int:
        return sum(finding.status is not FileStatus.SAME for finding in self.files)

    @property
    def has_time(self) -> bool:
        return self.signed.proven is not None and bool(self.signed.proven.times)


def files_of(manifest: ModelManifest) -> dict[str, Digest]:
    """Path → digest of a folder that was hashed."""
    return {file.path: file.digest for file in manifest.files}


def compare_with_version(manifest: ModelManifest, files: Mapping[str, Digest]) -> FolderFindings:
    """A folder against the files of an admitted version.

    Args:
        manifest: the folder, hashed.
        files: path → digest of the version's files; they count only if the version was admitted.
    """
    return FolderFindings(files=binding.compare(files, files_of(manifest)))


class SignedLists(Struct, frozen=True, kw_only=True):
    """What trusted people signed, before the folder's bytes are read.

    Args:
        listed: authentic model signatures.
        others: authentic claims of other kinds.
        rejected: evidence that did not hold, and why.
    """

    listed: tuple[tuple[Signed, ModelSignature], ...]
    others: tuple[Signed, ...]
    rejected: tuple[Rejected, ...]

    def cuts(self) -> dict[str, list[Cut]]:
        """The byte ranges that hashing has to give digests of."""
        return sharded.cuts(claim for _, claim in self.listed)


def verify_directory(
    manifest: ModelManifest,
    evidence: Sequence[Evidence],
    keys: Sequence[Signatory],
    *,
    single_file: bool = False,
) -> FolderFindings:
    """A folder against evidence files. Signatures over shards need its `SignedLists.cuts` beforehand.

    Args:
        manifest: the folder, hashed.
        evidence: bundles from anywhere.
        keys: whom the operator named.
        single_file: whether the model is a file and no folder: only then may a signature call it `.`.

    Raises:
        EvidenceMissing: there is no model signature at all.
        AttestError: there is one, and it does not hold: what is wrong with it, by its own code.
    """
    lists = read_lists(evidence, keys, only=manifest.files[0].path if single_file else None)
    return compare_with_lists(manifest, lists)


def read_lists(evidence: Sequence[Evidence], keys: Sequence[Signatory], *, only: str | None) -> SignedLists:
    """What trusted people signed.

    Args:
        evidence: bundles from anywhere.
        keys: whom the operator named.
        only: the name of the model's file, where it is a file and no folder: only then may a signature call it `.`.

    Raises:
        EvidenceMissing: there is no model signature at all.
        AttestError: there is one, and it does not hold: what is wrong with it, by its own code.
    """
    check_amount(evidence)
    listed: list[tuple[Signed, ModelSignature]] = []
    others: list[Signed] = []
    rejected: list[Rejected] = []
    for piece in in_order(evidence):
        try:
            signed = authenticate(piece, keys)
            if is_model_signature(signed.statement.predicate_type):
                claim = signature.parse(signed.statement)
                listed.append((signed, claim if only is None else claim.of_file(only)))
            else:
                others.append(signed)
        except AttestError as error:
            rejected.append(_named(reject(piece, error)))
    if not listed:
        raise _no_signature(rejected)
    return SignedLists(listed=tuple(listed), others=tuple(others), rejected=tuple(rejected))


def compare_with_lists(manifest: ModelManifest, lists: SignedLists) -> FolderFindings:
    """A folder against what was signed; of several model signatures the one that fits best is shown.

    Args:
        manifest: the folder, hashed with the `cuts` of the lists.
        lists: what trusted people signed.

    Raises:
        Refusal: `shards-need-bytes`: it was hashed without.
    """
    listed = [_Listed(signed=signed, claim=claim, files=_compare(claim, manifest)) for signed, claim in lists.listed]
    rejected = list(lists.rejected)
    best = min(listed, key=lambda each: (each.differences, not each.has_time))
    facts: tuple[Fact, ...] = ()
    if best.files and not best.differences:
        facts, wrong = _with_others(best, lists.others, manifest.oms_root)
        rejected += wrong
    return FolderFindings(
        files=best.files,
        signer=best.signed.signer,
        facts=facts,
        rejected=tuple(rejected),
        over_shards=best.claim.shard_size is not None,
    )


def _compare(claim: ModelSignature, manifest: ModelManifest) -> tuple[FileFinding, ...]:
    if claim.shard_size is not None:
        return sharded.compare(claim, manifest.files, size=claim.shard_size)
    return binding.compare({resource.path: resource.digest for resource in claim.resources}, files_of(manifest))


def _named(rejected: Rejected) -> Rejected:
    """What model_signing 0.2 wrote, by name: no key verifies it, so nothing else would say what is wrong with it.

    Its pre-authentication encoding holds the payload as Python prints bytes, so that other words have the same one.
    """
    if rejected.predicate_type != signature.OLDEST or rejected.error.code == "signature-too-old":
        return rejected
    error = MalformedEvidence(
        "this is a model signature of model_signing 0.2, over a broken pre-authentication encoding",
        code="signature-encoding-broken",
        expected="a bundle of model_signing 0.3.1 or later (OMS v1.0)",
        found=signature.OLDEST,
        hint="ask whoever signed it to sign the model again",
    )
    return replace(rejected, error=error)


def _with_others(
    best: _Listed, others: Sequence[Signed], root: Digest
) -> tuple[tuple[Fact, ...], tuple[Rejected, ...]]:
    """The signature as a fact, with the claims whose second subject is the root of the very files that it covers."""
    facts = {(best.signed.statement.raw, best.signed.signer.fingerprint.hex): establish(best.signed, best.claim)}
    rejected: list[Rejected] = []
    for signed in others:
        try:
            _bind_second_subject(signed, root)
            fact = establish(signed, read_claim(signed.statement))
        except AttestError as error:
            rejected.append(reject(signed.evidence, error))
        else:
            keep(facts, fact)
    return tuple(facts.values()), tuple(rejected)


def _bind_second_subject(signed: Signed, root: Digest) -> None:
    subjects = signed.statement.subjects
    if len(subjects) < 2 or not subjects[1].digest.matches(root):  # noqa: PLR2004  # subject[0] is the manifest
        raise SubjectMismatch(
            f"the {word_for(signed.statement.predicate_type)} is not about this folder",
            expected=f"a second subject with the OMS root {root}",
            found=str(subjects[1].digest) if len(subjects) > 1 else "a manifest digest only",
            hint="a folder without its manifest can be matched by the OMS root only; verify the reference instead",
        )


def _no_signature(rejected: Sequence[Rejected]) -> AttestError:
    candidates = [each for each in rejected if each.predicate_type is None or is_model_signature(each.predicate_type)]
    if candidates:
        worst = max(candidates, key=lambda each: each.error.exit_status)
        worst.error.message = f"{worst.evidence.origin}: {worst.error.message}"
        return worst.error
    return EvidenceMissing(
        "there is no model signature among the evidence",
        expected="a bundle with an OMS model signature by a trusted key",
        found="none",
    )
