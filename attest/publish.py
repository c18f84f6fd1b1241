"""The write line: files → manifest → claims → sign → check → push → attach → name.

    1  the folder is read once: names checked, every file hashed and recognised, secrets refused
    2  the claims are written from one `Training` and bound to the manifest digest
    3  each claim is signed
    4  our own verifier has to accept every bundle, under the signing key alone
    5  blobs are pushed, then evidence, then the manifest, then its names; so nobody can pull what is not yet attested,
       and every step can be repeated: what is already there is skipped

Nothing is sent before step 5.
"""

from __future__ import annotations

import uuid
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from attest.admit import judge_evidence
from attest.claims import cosign, mlbom, provenance, signature
from attest.claims.predicates import PROVENANCE
from attest.claims.statement import check_with_library
from attest.errors import InputError
from attest.evidence.attach import attach
from attest.evidence.evidence import Evidence
from attest.model import packaging
from attest.model.hashing import hash_tree
from attest.model.secrets import refuse_secrets
from attest.model.tree import walk
from attest.policy.document import policy_for_keys
from attest.policy.evaluate import evaluate
from attest.policy.verdict import Denied
from attest.progress import SILENT
from attest.verify.verifier import judge
from attest_registry.errors import Conflict, NotFound
from attest_registry.oci.transfer import push_blobs
from attest_registry.reference import can_be_label

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from attest.claims.statement import Statement
    from attest.claims.training import Training
    from attest.model.artefact import Artefact
    from attest.model.manifest import ModelManifest
    from attest.model.tree import Tree
    from attest.progress import Progress
    from attest.signing.bundle_signer import BundleSigner
    from attest_registry.digest import Digest
    from attest_registry.oci.content import Repository
    from attest_registry.oci.descriptor import Descriptor
    from attest_registry.reference import Reference

_TRIES = 5
_COMPARED = 32


class ReadFolder(Struct, frozen=True, kw_only=True):
    """Step 1: what lies in the folder.

    Args:
        tree: where each file is.
        manifest: what each file is.
        artefact: the version that they make.
    """

    tree: Tree
    manifest: ModelManifest
    artefact: Artefact


class Signed(Struct, frozen=True, kw_only=True):
    """Steps 2 to 4: the version with its evidence, checked, not yet sent.

    Args:
        folder: the files.
        training: what was said about them.
        statements: the claims, in order.
        bundles: one per claim.
        fingerprint: the key or identity that signed.
        created: RFC 3339 UTC.
    """

    folder: ReadFolder
    training: Training
    statements: tuple[Statement, ...]
    bundles: tuple[bytes, ...]
    fingerprint: Digest
    created: str


class Published(Struct, frozen=True, kw_only=True):
    """Step 5: where it is now.

    Args:
        reference: number and digest: what goes to standard output.
        number: the version's number.
        label: its label, if it has one.
        already: whether the very same content was there before, with evidence of this key.
        says_otherwise: whether this push said something else about it than was signed then; that was not stored.
        replaced: the digest that the label pointed at before, where `force` moved it.
        sent: bytes that went to the store.
    """

    reference: Reference
    number: int
    label: str | None
    already: bool
    says_otherwise: bool
    replaced: Digest | None
    sent: int


def read_folder(
    root: Path,
    *,
    exclude: Sequence[str] = (),
    dereference: bool = False,
    roles: Mapping[str, str] | None = None,
    progress: Progress = SILENT,
) -> ReadFolder:
    """Step 1.

    Args:
        root: a folder or a single file.
        exclude: patterns left out; they become part of the claim.
        dereference: store what links outside the folder point at.
        roles: pattern → role, from the training record.
        progress: told of every large file.

    Raises:
        ModelError: the folder cannot become a version; names the file and what to do.
    """
    tree = walk(root, exclude=exclude, dereference=dereference)
    refuse_secrets(tree)
    manifest = hash_tree(tree, roles=roles or {}, progress=progress)
    return ReadFolder(tree=tree, manifest=manifest, artefact=packaging.pack(manifest))


def sign_claims(
    folder: ReadFolder, training: Training, *, model: str, signer: BundleSigner, now: datetime | None = None
) -> Signed:
    """Steps 2 to 4.

    Args:
        folder: what step 1 read.
        training: what is said about it.
        model: the model's name without host; signed as the subject's name.
        signer: a key, or an identity.
        now: the time that the claims carry; the present when left out.

    Raises:
        Denied: our own verifier does not accept what we just signed; nothing was sent.
    """
    created = (now or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")
    digest, root = folder.artefact.digest, folder.manifest.oms_root
    statements = (
        signature.build(folder.manifest, name=model),
        provenance.build(
            training, model=model, manifest_digest=digest, oms_root=root, excluded=folder.manifest.excluded
        ),
        mlbom.build(
            training,
            folder.manifest,
            model=model,
            manifest_digest=digest,
            oms_root=root,
            timestamp=created,
            serial=f"urn:uuid:{uuid.uuid4()}",
        ),
        cosign.build(model=model, manifest_digest=digest),
    )
    for statement in statements:
        check_with_library(statement)
    bundles = tuple(signer.sign_statement(statement) for statement in statements)
    signed = Signed(
        folder=folder,
        training=training,
        statements=statements,
        bundles=bundles,
        fingerprint=signer.trusted.fingerprint,
        created=created,
    )
    _check_own(signed, model=model, signer=signer)
    return signed


def _check_own(signed: Signed, *, model: str, signer: BundleSigner) -> None:
    """Step 4: nobody else should be the first to find out that a bundle is wrong."""
    artefact = signed.folder.artefact
    key = signer.trusted
    evidence = [Evidence(raw=raw, origin="just signed") for raw in signed.bundles]
    judged = judge(evidence, artefact=artefact, model=model, keys=[key])
    for rejected in judged.rejected:
        raise rejected.error
    policy = policy_for_keys([key], allow_code=_code_bearing(signed.folder.manifest))
    verdict = evaluate(policy, judged, artefact=artefact, reference=model, now=datetime.now(UTC))
    if not verdict.allowed:
        raise Denied(verdict, reference=model)


def _code_bearing(manifest: ModelManifest) -> list[str]:
    return [file.path for file in manifest.files if file.format.code_bearing]


def store(
    signed: Signed,
    repository: Repository,
    reference: Reference,
    *,
    signer: BundleSigner,
    force: bool = False,
    jobs: int | None = None,
    progress: Progress = SILENT,
) -> Published:
    """Step 5.

    Args:
        signed: what step 4 accepted.
        repository: where it goes.
        reference: the model, with the number or label that was asked for.
        signer: the key, to see whether evidence of it is already there.
        force: move a label that points at other content.
        jobs: blobs moved at a time.
        progress: told of every blob.

    Raises:
        Conflict: the number or label belongs to other content.
        StoreError: the store could not do it; the same call can be repeated.
    """
    artefact = signed.folder.artefact
    label = _label(signed, reference)
    names = _names(repository)
    already = _number_of(names, artefact.digest)
    _check_number(reference, names, already, artefact.digest)
    replaced = _label_holder(repository, label, artefact.digest, reference, force=force)
    before = None if already is None else _complete(signed, repository, reference, signer)
    complete = before is not None
    sent = 0 if complete else _push(signed, repository, jobs=jobs, progress=progress)
    number = already or _take_number(repository, artefact.manifest.descriptor, reference, names)
    if label is not None:
        repository.tag(label, artefact.manifest.descriptor, replace=force)
    return Published(
        reference=reference.with_version(str(number)).pinned(artefact.digest),
        number=number,
        label=label,
        already=complete,
        says_otherwise=before is not None and _said(before) != _said(signed.statements),
        replaced=replaced,
        sent=sent,
    )


def _push(signed: Signed, repository: Repository, *, jobs: int | None, progress: Progress) -> int:
    """Blobs, then evidence, then the manifest by digest."""
    artefact = signed.folder.artefact
    sources = {entry.path: entry.source for entry in signed.folder.tree.entries}
    blobs: dict[Digest, tuple[Descriptor, Path | bytes]] = {
        file.digest: (file.blob, sources[file.path]) for file in artefact.files
    }
    if artefact.config is not None:
        blobs.setdefault(artefact.manifest.config.digest, (artefact.manifest.config, artefact.config))
    count = push_blobs(repository, list(blobs.values()), track=_tracker(progress), **({"jobs": jobs} if jobs else {}))
    attach(
        repository,
        [(raw, claim.predicate_type) for raw, claim in zip(signed.bundles, signed.statements, strict=True)],
        subject=artefact.manifest.descriptor,
        created=signed.created,
    )
    repository.push_manifest(artefact.manifest.raw, artefact.manifest.descriptor.media_type)
    return count.bytes_sent


def _tracker(progress: Progress) -> Callable[[str, int], AbstractContextManager[Callable[[int], None]]]:
    return lambda name, total: progress.task("pushing", name, total)


def _complete(
    signed: Signed, repository: Repository, reference: Reference, signer: BundleSigner
) -> tuple[Statement, ...] | None:
    """The claims of this key that are there already, where our verifier accepts them: then nothing is to be done."""
    key = signer.trusted
    policy = policy_for_keys([key], allow_code=_code_bearing(signed.folder.manifest))
    artefact = signed.folder.artefact
    judged = judge_evidence(artefact, repository, reference=reference, policy=policy)
    verdict = evaluate(policy, judged, artefact=artefact, reference=str(reference), now=datetime.now(UTC))
    if not verdict.allowed or not all(repository.has_blob(file.blob) for file in artefact.files):
        return None
    return tuple(fact.statement for fact in judged.facts)


def _said(statements: Sequence[Statement]) -> Any:
    """What provenance says about the training, without the times of the run."""
    return next(
        (claim.predicate.get("buildDefinition") for claim in statements if claim.predicate_type == PROVENANCE), None
    )


def _names(repository: Repository) -> dict[int, Digest]:
    """Number → digest of the newest versions: as many as are compared by content, so that a push stays flat."""
    return {number: repository.resolve(str(number)).digest for number in repository.numbers(_COMPARED)}


def _label(signed: Signed, reference: Reference) -> str | None:
    if reference.version is not None and reference.number is None:
        return reference.version
    label = signed.training.label
    if label is not None and not can_be_label(label):  # it would become a tag: a number's, or the log's
        raise InputError(
            f"{label[:80]!r} cannot be a label",
            code="bad-label",
            expected="letters, digits and . _ -, with something besides digits; latest, v and digits, attest-… and "
            "sha256-… are reserved",
        )
    return label


def _check_number(reference: Reference, names: Mapping[int, Digest], already: int | None, digest: Digest) -> None:
    """A number is given once, in order."""
    asked = reference.number
    if asked is None or asked == already:
        return
    following = max(names, default=0) + 1
    held = names.get(asked)
    if held is not None and not held.matches(digest):
        raise Conflict(
            f"{reference.name}:{asked} exists and holds other content; a number never changes its content",
            expected=str(held),
            found=str(digest),
            hint=f"push to {reference.name} and it becomes version {following}",
        )
    if already is not None or asked != following:
        where = f"these files are version {already}" if already is not None else f"the next number is {following}"
        raise Conflict(
            f"{reference.name}:{asked} is not the next version",
            code="version-out-of-order",
            found=where,
            hint=f"push to {reference.name} and the number is chosen for you",
        )


def _label_holder(
    repository: Repository, label: str | None, digest: Digest, reference: Reference, *, force: bool
) -> Digest | None:
    if label is None:
        return None
    try:
        held = repository.resolve(label).digest
    except NotFound:
        return None
    if held.matches(digest):
        return None
    if not force:
        raise Conflict(
            f"{reference.name}:{label} exists and holds other content",
            expected=str(held),
            found=str(digest),
            hint="choose another label, or --force to move this one (the old version keeps its number)",
        )
    return held


def _take_number(repository: Repository, target: Descriptor, reference: Reference, names: Mapping[int, Digest]) -> int:
    """The next free number; somebody else may be pushing too, and then the one after, unless it is for these files."""
    number = reference.number or max(names, default=0) + 1
    for attempt in range(_TRIES):
        try:
            repository.tag(str(number), target)
        except Conflict:
            if reference.number is not None or attempt == _TRIES - 1:
                raise
            # registries have no compare-and-swap: a tag that another push of the same files has just written may be
            # reported as somebody else's, or as none
            with suppress(NotFound):  # a tag that is just being written: the next try sees it
                taken = _names(repository)
                number = _number_of(taken, target.digest) or max(taken, default=number) + 1
        else:
            return number
    raise InputError("no free version number was found", code="version-exists")


def _number_of(names: Mapping[int, Digest], digest: Digest) -> int | None:
    return next((number for number, found in names.items() if found.matches(digest)), None)
