"""Which versions have files or inputs of a role: read from the ML-BOMs of a store, as stated, nothing verified."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attest.boms import stated
from attest.claims import mlbom
from attest.errors import AttestError
from attest.evidence.collect import collect

if TYPE_CHECKING:
    from attest_registry.digest import Digest
    from attest_registry.oci.content import Repository


def with_role(repository: Repository, version: Digest, role: str) -> tuple[str, ...]:
    """The files of a version that have a role, and the inputs; empty where no ML-BOM of it says so.

    Args:
        repository: where the version is.
        version: its manifest digest.
        role: of files, such as `prompt`, or of inputs, such as `index`.

    Raises:
        StoreError: the store could not be asked.
    """
    found: dict[str, None] = {}
    for statement in stated(collect(repository, version).evidence):
        try:
            bom = mlbom.parse(statement)
        except AttestError:
            continue  # a list to look for things in decides nothing
        found |= dict.fromkeys(file.path for file in bom.files if file.role == role)
        found |= dict.fromkeys(item.title for item in bom.inputs if item.role == role)
    return tuple(found)
