"""A reference that means no version: which ones there are, and which is near."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Final

from attest.errors import AttestError, InputError, StoreError
from attest_registry.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Sequence

    from attest_registry.oci.content import Repository
    from attest_registry.reference import Reference

_SHOWN_NUMBERS: Final = 6
_SHOWN_LABELS: Final = 12


def version_missing(reference: Reference, repository: Repository) -> AttestError:
    """The error for a reference that names a model only.

    Raises:
        StoreError: the store could not be asked.
    """
    tags = repository.tags()
    if not tags:
        return _no_versions(reference, repository)
    numbers, labels = _sorted(tags)
    count = f"{len(numbers)} version{'' if len(numbers) == 1 else 's'}" if numbers else "labels only"
    newest = str(numbers[-1]) if numbers else labels[-1]
    return InputError(
        f"{reference.name} has {count}; name one",
        code="version-missing",
        found=_listed(numbers, labels),
        hint=f"attest show {reference.name}:{newest}",
    )


def version_unknown(reference: Reference, repository: Repository, error: NotFound) -> NotFound:
    """The error for a version that is not there.

    Args:
        reference: what was asked for.
        repository: where.
        error: what the store said.
    """
    try:
        tags = repository.tags()
    except StoreError:
        return error
    if not tags:
        return _no_versions(reference, repository)
    numbers, labels = _sorted(tags)
    near = [] if reference.number else difflib.get_close_matches(str(reference.version), labels, n=1)
    kind = "version" if reference.number else "label"
    return NotFound(
        f"{reference.name} has no {kind} {reference.version}",
        found=_listed(numbers, labels),
        looked_in=error.looked_in,
        hint=f"did you mean {reference.name}:{near[0]}?" if near else f"attest ls {reference.name}        lists them",
    )


def _no_versions(reference: Reference, repository: Repository) -> NotFound:
    """The store knows best what is near; a registry cannot be asked what it has."""
    try:
        repository.resolve("1")
    except NotFound as error:
        hint = error.hint
        if hint is None and "/" in reference.model:
            hint = "check the name; nothing was ever pushed to it, or it may not be seen without a login"
        message = f"{reference.model} is not in {repository.place}"
        return NotFound(message, found=error.found, looked_in=error.looked_in, hint=hint)
    return NotFound(f"{reference.model} is not in {repository.place}")


def _sorted(tags: Sequence[str]) -> tuple[list[int], list[str]]:
    return sorted(int(tag) for tag in tags if tag.isdecimal()), sorted(tag for tag in tags if not tag.isdecimal())


def _listed(numbers: Sequence[int], labels: Sequence[str]) -> str:
    """`1, 2, 3, spring`, or `1 … 412, spring, summer …`."""
    many = len(numbers) > _SHOWN_NUMBERS
    parts = [f"{numbers[0]} … {numbers[-1]}"] if many else [str(number) for number in numbers]
    return ", ".join([*parts, *labels[:_SHOWN_LABELS]]) + (" …" if len(labels) > _SHOWN_LABELS else "")
