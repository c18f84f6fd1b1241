"""Where a feed is, as it was typed, and what this machine remembers of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from click.shell_completion import CompletionItem

from attest.claims.revocations import Kind
from attest.cli.references import ReferenceArgument
from attest.errors import InputError
from attest.stores import Reach, repository_for
from attest.written_path import written_path
from attest_registry.reference import Reference

if TYPE_CHECKING:
    import click

    from attest.feed_places import FeedPlace
    from attest.revocation_feed import FeedMemory
    from attest.settings import Settings

_PATHS = (".", "/", "~")


class PlaceArgument(ReferenceArgument):
    """A file or the name of a repository, which is completed from the store of this machine."""

    name = "place"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Files once a path is begun, else names."""
        if incomplete.startswith(_PATHS):
            return [CompletionItem(incomplete, type="file")]
        return super().shell_complete(ctx, param, incomplete)


class ValueArgument(ReferenceArgument):
    """What is revoked, by the kind that stands before it."""

    name = "value"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Versions for `manifest`, files for what is given as a file."""
        match ctx.params.get("kind"):
            case Kind.MANIFEST:
                return super().shell_complete(ctx, param, incomplete)
            case Kind.DATASET | Kind.KEY | Kind.CLAIM:
                return [CompletionItem(incomplete, type="file")]
            case _:
                return []


PLACE = PlaceArgument()
VALUE = ValueArgument()


def place_of(text: str, settings: Settings, reach: Reach) -> FeedPlace:
    """A file (`./FILE`, or a name that ends with .json), or a name in a store.

    Raises:
        BadReference: it is neither.
        InputError: it names a version (`usage`).
    """
    from attest.feed_places import FeedFile, FeedTag  # noqa: PLC0415

    if text.startswith(_PATHS) or text.endswith(".json"):
        return FeedFile(path=written_path(text))
    reference = Reference.parse(text)
    if reference.names_version:
        raise InputError(
            f"{text[:80]!r} names a version; a feed is under a tag of its own",
            code="usage",
            expected=f"{reference.name}, or ./FILE",
        )
    return FeedTag(reference=reference, repository=repository_for(reference, settings, reach))


def memory_of(settings: Settings) -> FeedMemory:
    """What this machine remembers of feeds."""
    from attest.revocation_feed import FeedMemory  # noqa: PLC0415

    return FeedMemory(folder=settings.state / "revocations")
