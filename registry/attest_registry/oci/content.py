"""What a store can do, as protocols of one or two methods. Both stores have all of them, bound to one repository.

Everything that comes out is untrusted: whoever reads a blob wraps it in a `CheckingReader`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from attest_registry.digest import Digest, Readable
    from attest_registry.oci.descriptor import Descriptor
    from attest_registry.oci.manifest import Manifest

_NUMBER: Final = re.compile(r"[1-9][0-9]{0,17}", re.ASCII)


def may_move(held: Digest | None, target: Digest, *, replace: bool | Digest) -> bool:
    """Whether a tag may be pointed at a manifest, as `Tagger.tag` promises.

    Args:
        held: what it points at now.
        target: what it is to point at.
        replace: as there.
    """
    if held == target:
        return True
    if isinstance(replace, bool):
        return replace or held is None
    return held == replace


def numbers_of(tags: Iterable[str], most: int) -> list[int]:
    """Those of the tags that are version numbers, the highest first, at most `most`."""
    return sorted((int(tag) for tag in tags if _NUMBER.fullmatch(tag)), reverse=True)[:most]


class Fetcher(Protocol):
    """Gives out content by digest."""

    def fetch_manifest(self, digest: Digest) -> bytes:
        """The raw bytes of a manifest or index, their digest checked.

        Raises:
            NotFound: there is no such manifest.
            ContentMismatch: the store answered with other bytes, or too many.
        """
        ...

    def open_blob(self, blob: Descriptor, *, offset: int = 0) -> AbstractContextManager[Readable]:
        """A blob's bytes from `offset` on, unchecked.

        A store that cannot start at `offset` raises `RangeUnsupported`; it never silently starts at 0.

        Raises:
            NotFound: there is no such blob.
        """
        ...


class Resolver(Protocol):
    """Turns a tag into a descriptor."""

    def resolve(self, tag: str) -> Descriptor:
        """What the tag points at now; digest and size are those of the bytes that were received.

        Raises:
            NotFound: there is no such tag.
        """
        ...


class Pusher(Protocol):
    """Takes content."""

    def has_blob(self, blob: Descriptor) -> bool:
        """Whether the blob is there already, as far as the store can tell without sending it."""
        ...

    def push_blob(
        self,
        blob: Descriptor,
        source: Path | bytes,
        *,
        advance: Callable[[int], None] | None = None,
    ) -> None:
        """Store a blob from a file or from memory; nothing appears under its digest unless the bytes are right.

        Args:
            blob: its descriptor.
            source: where the bytes are.
            advance: told how many bytes went, as they go.

        Raises:
            ContentMismatch: the file no longer holds what the descriptor says.
        """
        ...

    def push_manifest(self, raw: bytes, media_type: str) -> Descriptor:
        """Store a manifest or index under its digest. One with a `subject` is listed among that one's referrers."""
        ...

    def push_referrers(self, subject: Digest, manifests: Sequence[Manifest]) -> None:
        """As `push_manifest` for several that refer to one subject, which are listed in one step."""
        ...


class Tagger(Protocol):
    """Names content."""

    def tags(self) -> Sequence[str]:
        """All tags that people see, in no promised order; the store's own bookkeeping is left out."""
        ...

    def numbers(self, most: int) -> Sequence[int]:
        """The highest version numbers among the tags, the highest first, at most `most`."""
        ...

    def tag(self, tag: str, target: Descriptor, *, replace: bool | Digest = False) -> None:
        """Point a tag at a manifest that is already there.

        Args:
            tag: the name.
            target: the manifest.
            replace: whether it may point at something else until now; a digest: at nothing else than this manifest.

        Raises:
            Conflict: the tag points at something else than it may, or another writer was faster.
        """
        ...


class ReferrerLister(Protocol):
    """Lists what refers to a manifest."""

    def referrers(self, subject: Digest) -> Sequence[Descriptor]:
        """Manifests that claim `subject` as their subject; at most REFERRERS_PER_ARTEFACT. The claim is not checked."""
        ...


class Repository(Fetcher, Resolver, Pusher, Tagger, ReferrerLister, Protocol):
    """All of it, for one repository of one store."""

    @property
    def model(self) -> str:
        """The model's name without host."""
        ...

    @property
    def place(self) -> str:
        """Which store this is, for people: `the store of this machine`, `ghcr.io`."""
        ...

    @property
    def nearby(self) -> bool:
        """Whether it answers at once, so that asking for several small things at a time gains nothing."""
        ...

    @property
    def compares(self) -> bool:
        """Whether no other writer can move a tag between the look at where it points and its move."""
        ...
