"""What was gathered outside about the ancestors of a version, as values that a policy can be evaluated over.

Nothing here reaches anything. An ancestor is what its digest names, as the store answered and the verifier left it;
one that was not found says why, and is never taken for one that holds.
"""

from __future__ import annotations

from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct, field

from attest_registry.errors import AttestError
from attest_registry.reference import Reference

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from attest.claims.approval import Reviewed
    from attest.claims.signer_name import SignerName
    from attest.claims.training import Input
    from attest.policy.feed import GivenFeed
    from attest.verify.facts import Fact, Judged
    from attest_registry.digest import Digest

_SCHEMES = ("oci://", "attest:")


class Sought(Struct, frozen=True, kw_only=True):
    """An ancestor as one policy looks at it: whose words count differs from policy to policy.

    Args:
        reference: model and digest, and the host of its store.
        policy: digest of the policy whose identities its evidence is verified against.
    """

    reference: Reference
    policy: Digest


class Ancestor(Struct, frozen=True, kw_only=True):
    """An ancestor that was found.

    Args:
        digest: its manifest digest; its manifest was checked against it.
        files: path → digest of its files.
        judged: its evidence after verification.
    """

    digest: Digest
    files: Mapping[str, Digest]
    judged: Judged


class Unreached(Struct, frozen=True, kw_only=True):
    """An ancestor that was not found.

    Args:
        why: for people.
    """

    why: str


class NotHeld(Struct, frozen=True, kw_only=True):
    """An alias that points at nothing yet, as the model's log proves: there is nothing to compare with."""


class InLog(Struct, frozen=True, kw_only=True):
    """What the model's log, which was verified, says of the version.

    Args:
        number: under which number it is registered.
        sequence: the number of the log's newest event.
        revoked: whether it was revoked there.
        recorded: how many claims about it were recorded there, none of which may be missing.
        missing: those that are not in the store as their signers signed them.
        gate: why the gate of the event that brought it to the alias does not hold; `None` where it does, or where it
            was not reached through an alias.
    """

    number: int
    sequence: int
    revoked: bool = False
    recorded: int = 0
    missing: tuple[Reviewed, ...] = ()
    gate: AttestError | None = None


Ancestors: TypeAlias = "Mapping[Sought, Ancestor | Unreached]"


class LogMark(Struct, frozen=True, kw_only=True):
    """An event of the log, as a checkpoint of its number has to have it.

    Args:
        event: digest of its words.
        state: digest of the state after it.
        manifest: the version that it is about.
    """

    event: Digest
    state: Digest
    manifest: Digest


class GivenLog(Struct, frozen=True, kw_only=True):
    """The model's log, after whoever gathered it has verified every event of it; or why it does not hold.

    Args:
        log: digest of its first event; `None` only beside `error`.
        environment: which registry it is of.
        sequence: number of its newest event.
        first: who signed the first event; `None` where the policy pins the log without asking that.
        admins: who are its admins now.
        first_use: whether this host had never seen it.
        alias: the alias through which the version was reached; `None` where it was named otherwise.
        checkpoint: the checkpoint beside it, verified with the policy's own keys; `None` where none holds.
        checkpoint_error: why none does, where there is one.
        mark: what the log has at the checkpoint's number; `None` where it does not go so far.
        error: why it could not be read, or does not hold.
    """

    log: Digest | None = None
    environment: str | None = None
    sequence: int = 0
    first: SignerName | None = None
    admins: tuple[SignerName, ...] = ()
    first_use: bool = False
    alias: str | None = None
    checkpoint: Fact | None = None
    checkpoint_error: AttestError | None = None
    mark: LogMark | None = None
    error: AttestError | None = None


class Gathered(Struct, frozen=True, kw_only=True):
    """All that a verdict needs beside the version itself.

    Args:
        ancestors: what was found of what it was made from.
        feeds: digest of a policy → the revocation feed that it names, as it was found.
        references: alias → the version that it points at, with its evidence, for demands that compare with it.
        promoted: when the version was promoted to the use that is judged, as its log proves; `None` where that is not
            known, so that what is judged at promotion is judged now.
        log: the log of the model; `None` where it has none, or nobody looked.
        base: the version that an adapter is about to be used with; `None` where nobody said.
        in_log: what the model's log says of the version; `None` where there is no log, or nobody looked.
        use: the alias that the version is judged for: it was reached through it, or is about to get it.
        moved: the event by which the alias came to the version, for policies that deny somebody; `None` where no alias
            led to it.
        mover: who is about to give it the alias; `None` where nobody is.
    """

    ancestors: Ancestors = field(default_factory=lambda: MappingProxyType({}))
    feeds: Mapping[Digest, GivenFeed] = field(default_factory=lambda: MappingProxyType({}))
    references: Mapping[str, Ancestor | Unreached | NotHeld] = field(default_factory=lambda: MappingProxyType({}))
    promoted: datetime | None = None
    log: GivenLog | None = None
    base: Digest | None = None
    in_log: InLog | None = None
    use: str | None = None
    moved: Fact | None = None
    mover: SignerName | None = None


NOTHING = Gathered()
"""For policies that need nothing; where one needs something, nothing is never enough."""


def ancestor_reference(item: Input, host: str | None) -> Reference | None:
    """Where an input that is a version can be looked for, from the URI in the claim.

    Args:
        item: the input.
        host: of the store in which the claim was found; `attest:` addresses mean that same store.
    """
    if item.uri is None or item.digest is None:
        return None
    address = _address(item.uri)
    if address is None:
        return None
    scheme, found = address
    return Reference(host=found.host if scheme == "oci://" else host, model=found.model, digest=item.digest)


@lru_cache(maxsize=1024)  # each round of a walk asks for the same ones again
def _address(uri: str) -> tuple[str, Reference] | None:
    for scheme in _SCHEMES:
        if uri.startswith(scheme):
            try:
                return scheme, Reference.parse(uri.removeprefix(scheme).partition("@")[0])
            except AttestError:
                return None
    return None
