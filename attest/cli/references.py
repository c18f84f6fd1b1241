"""Arguments that name a version, completed from the store of this machine: no network, never an error."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from attest.errors import AttestError

if TYPE_CHECKING:
    from pathlib import Path

    from click.shell_completion import CompletionItem


class ReferenceArgument(click.ParamType):  # type: ignore[type-arg]  # generic only in newer clicks
    """The text of a reference; parsing is the verb's business."""

    name = "reference"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG002
        """Models of the store, and versions once a model is typed."""
        from click.shell_completion import CompletionItem  # noqa: PLC0415  # people verify more often than they complete

        try:
            return [CompletionItem(text) for text in _candidates(incomplete)]
        except (AttestError, OSError):
            return []


def _candidates(incomplete: str) -> list[str]:
    from attest.settings import Settings  # noqa: PLC0415
    from attest.stores import default_place  # noqa: PLC0415
    from attest_registry.oci.locate import local_models  # noqa: PLC0415

    host, store = default_place(Settings.load())
    if host is not None:
        return []
    model, colon, _ = incomplete.partition(":")
    found = local_models(store)
    if colon or model in found:
        found = _versions(store, model) if model in found else []
    return [text for text in found if text.startswith(incomplete)]


def _versions(store: Path, model: str) -> list[str]:
    from attest_registry.oci.layout import LayoutRepository  # noqa: PLC0415

    tags = LayoutRepository(store, model).tags()
    numbers = sorted((int(tag) for tag in tags if tag.isdecimal()), reverse=True)
    labels = sorted(tag for tag in tags if not tag.isdecimal())
    return [f"{model}:{tag}" for tag in (*map(str, numbers), *labels)]


REFERENCE = ReferenceArgument()
