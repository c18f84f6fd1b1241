"""What was made from a version or a dataset: a tree downwards. The catalogue found it; nothing is decided by it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from msgspec import Struct

if TYPE_CHECKING:
    from attest_registry.catalogue.store import Catalogue
    from attest_registry.digest import Digest

_DEEPEST: Final = 32
_MOST: Final = 10_000


class Descendant(Struct, frozen=True, kw_only=True):
    """A version that was made from another one, or on a dataset.

    Args:
        model: its model.
        number: its number.
        manifest: its digest.
        role: what the other one was to it.
        aliases: what points at it now.
        children: what was made from it in turn; nothing where it stands in the tree already.
    """

    model: str
    number: int
    manifest: Digest
    role: str
    aliases: tuple[str, ...]
    children: tuple[Descendant, ...] = ()


def descendants(catalogue: Catalogue, digest: Digest) -> tuple[Descendant, ...]:
    """What was made from it, each version once.

    Args:
        catalogue: the index.
        digest: of a version's manifest, or of a dataset.
    """
    return _below(catalogue, digest, seen={digest}, depth=0)


def _below(catalogue: Catalogue, digest: Digest, *, seen: set[Digest], depth: int) -> tuple[Descendant, ...]:
    if depth >= _DEEPEST:
        return ()
    found = []
    for model, number, role in catalogue.made_from(digest):
        version = catalogue.version(model, number)
        if version is None or len(seen) >= _MOST:
            continue
        fresh = version.manifest not in seen
        seen.add(version.manifest)
        found.append(
            Descendant(
                model=model,
                number=number,
                manifest=version.manifest,
                role=role,
                aliases=_aliases(catalogue, model, number),
                children=_below(catalogue, version.manifest, seen=seen, depth=depth + 1) if fresh else (),
            )
        )
    return tuple(found)


def _aliases(catalogue: Catalogue, model: str, number: int) -> tuple[str, ...]:
    now = datetime.max.replace(tzinfo=UTC)
    return tuple(holding.alias for holding in catalogue.state_at(model, now) if holding.number == number)
