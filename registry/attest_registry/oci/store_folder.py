"""Which models a store folder holds."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from attest_registry.errors import NotFound
from attest_registry.oci.layout_files import refuse_read

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def models_in(store: Path) -> list[str]:
    """Names of the models, sorted. Links are not followed; a store that does not exist holds none.

    Raises:
        StoreRefused: the folder cannot be read.
    """

    def refuse(error: OSError) -> None:
        if not isinstance(error, FileNotFoundError):
            refuse_read(error, store)

    found = []
    for folder, folders, files in os.walk(store, onerror=refuse):
        folders[:] = [name for name in folders if not name.startswith(".") and name != "blobs"]
        if "oci-layout" in files and folder != str(store):
            found.append(os.path.relpath(folder, store).replace(os.sep, "/"))
    return sorted(found)


def unknown_model(store: Path, model: str) -> NotFound:
    """The error for a model that is not there, with the names that are nearest to it."""
    known = models_in(store)
    hint = near_names(model, known)
    if hint is None and known:
        hint = "attest ls        lists the models that are there"
    elif hint is None:
        hint = "attest push DIR NAME        stores a first one"
    return NotFound(f"{model} is not in the store of this machine", looked_in=str(store), hint=hint)


def near_names(name: str, known: Sequence[str]) -> str | None:
    """A hint that names what is nearest."""
    import difflib  # noqa: PLC0415  # only on the way to an error

    near = difflib.get_close_matches(name, known, n=3, cutoff=0.6)
    return f"did you mean {' or '.join(near)}?" if near else None
