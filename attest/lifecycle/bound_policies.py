"""Policies that are bound to aliases, carried beside the log: every reader evaluates the very policy that is bound.

A bound policy lies under the tag `attest-policy.` and the first sixteen digits of its digest, so that garbage
collection leaves it alone, as the one layer of a manifest, in its portable form (`attest.policy.portable`). It is found
by its digest and proves nothing by being there: the digest in the log's signed state says which one it has to be, and
is computed again from what it says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from attest.errors import AttestError, EvidenceMissing, LogBroken, StoreError
from attest.policy.portable import MOST_BYTES, load_portable, portable
from attest_registry.digest import read_checked
from attest_registry.errors import NotFound
from attest_registry.oci.descriptor import EMPTY_BYTES, EMPTY_DESCRIPTOR, Descriptor
from attest_registry.oci.manifest import Manifest

if TYPE_CHECKING:
    from pathlib import Path

    from attest.policy.requirements import Policy
    from attest_registry.digest import Digest
    from attest_registry.oci.content import Repository

MEDIA_TYPE: Final = "application/vnd.attest.policy.v1+json"
_TAG: Final = "attest-policy."
_DIGITS: Final = 16


def tag_of(digest: Digest) -> str:
    """Under which tag a policy lies."""
    return _TAG + digest.hex[:_DIGITS]


def store_bound(repository: Repository, path: Path) -> Digest:
    """Put a policy beside the log; done twice, it is there once.

    Args:
        repository: where the model is.
        path: the policy file, from a place that the operator named.

    Returns:
        The policy's digest, for the event that binds it.

    Raises:
        PolicyError: it is not understood whole, or cannot be carried along (`policy-not-portable`).
        StoreError: it could not be stored; the same call can be repeated.
    """
    raw = portable(path)
    digest = load_portable(raw).digest
    layer = Descriptor.of(raw, MEDIA_TYPE)
    manifest = Manifest.build(artifact_type=MEDIA_TYPE, config=EMPTY_DESCRIPTOR, layers=[layer])
    repository.push_blob(EMPTY_DESCRIPTOR, EMPTY_BYTES)
    repository.push_blob(layer, raw)
    repository.push_manifest(manifest.raw, manifest.descriptor.media_type)
    repository.tag(tag_of(digest), manifest.descriptor, replace=True)
    fetch_bound(repository, digest)  # as every reader will
    return digest


def fetch_bound(repository: Repository, digest: Digest) -> Policy:
    """The policy of a digest that the log's state names.

    Args:
        repository: where the model is.
        digest: of the policy, from a verified event.

    Raises:
        EvidenceMissing: it is not there (`bound-policy-missing`).
        LogBroken: another one is, or something that is none (`bound-policy-changed`).
        StoreError: the store could not be asked.
    """
    try:
        raw = _fetch(repository, digest)
        policy = load_portable(raw)
    except NotFound as error:
        raise EvidenceMissing(
            f"the policy that is bound in the log of {repository.model} is not beside it",
            code="bound-policy-missing",
            expected=f"{digest}, under the tag {tag_of(digest)}",
            found="nothing",
            hint=f"attest alias bind {repository.model}@ALIAS --policy FILE     by an admin, puts it back",
        ) from error
    except AttestError as error:
        if error.exit_status == StoreError.exit_status:
            raise
        raise _changed(repository, digest, found=error.message) from error
    if not policy.digest.matches(digest):
        raise _changed(repository, digest, found=f"the policy {policy.name}, {policy.digest}")
    return policy


def _fetch(repository: Repository, digest: Digest) -> bytes:
    what = f"the policy {digest.short}"
    descriptor = repository.resolve(tag_of(digest))
    manifest = Manifest.parse(repository.fetch_manifest(descriptor.digest), what=what)
    if manifest.artifact_type != MEDIA_TYPE or len(manifest.layers) != 1:
        found = f"a manifest of {str(manifest.artifact_type)[:80]} with {len(manifest.layers)} layers"
        raise _changed(repository, digest, found=found)
    (layer,) = manifest.layers
    with repository.open_blob(layer) as source:
        return read_checked(source, digest=layer.digest, size=layer.size, limit=MOST_BYTES, what=what)


def _changed(repository: Repository, digest: Digest, *, found: str) -> AttestError:
    return LogBroken(
        f"the policy that is bound in the log of {repository.model} is another one",
        code="bound-policy-changed",
        expected=str(digest),
        found=found,
    )
