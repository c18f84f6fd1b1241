"""A version of a store, or a folder of this machine, as a side of a comparison."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attest.claims.mlbom_facts import architectures, parameter_count
from attest.claims.mlbom_terms import MLBOM
from attest.model.hashing import hash_tree
from attest.model.tree import walk
from attest.model_cards import facts_of
from attest.progress import SILENT
from attest.version_diff import Side, SideFile

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from attest.policy.document import Policy
    from attest.progress import Progress
    from attest.stores import Surroundings
    from attest_registry.reference import Reference


def version_side(reference: Reference, *, surroundings: Surroundings, policy: Policy | None, now: datetime) -> Side:
    """A version: its files, and its claims as far as they count.

    Args:
        reference: which version.
        surroundings: where it and its ancestors are looked for.
        policy: whose words count; without one, nothing is verified.
        now: the time to judge at.

    Raises:
        AttestError: as `attest.model_cards.facts_of`.
    """
    facts, found = facts_of(reference, surroundings=surroundings, policy=policy, now=now)
    bom = None if facts.bom is None else facts.bom.value
    listed = {file.path: file for file in bom.files} if bom is not None else {}
    files = {}
    for file in found.artefact.files:
        said = listed.get(file.path)
        about = said if said is not None and said.digest == file.digest else None
        files[file.path] = SideFile(
            digest=file.digest,
            size=file.size,
            format=about.format if about else None,
            code_bearing=about.code_bearing if about else None,
            role=about.role if about else None,
        )
    return Side(
        title=facts.reference,
        files=files,
        bom=bom,
        provenance=None if facts.provenance is None else facts.provenance.value,
        evaluations=facts.evaluations,
        verdict=facts.verdict,
        problems=facts.problems,
    )


def folder_side(root: Path, *, title: str, exclude: Sequence[str] = (), progress: Progress = SILENT) -> Side:
    """A folder or a single file, read now.

    Args:
        root: where it is.
        title: what the person calls it.
        exclude: patterns of files that are left out.
        progress: told of every large file.

    Raises:
        ModelError: it cannot be read as a model.
    """
    manifest = hash_tree(walk(root, exclude=exclude), progress=progress)
    quantisations = sorted({file.format.quantisation for file in manifest.files if file.format.quantisation})
    return Side(
        title=title,
        files={
            file.path: SideFile(
                digest=file.digest,
                size=file.size,
                format=file.format.kind.value,
                code_bearing=file.format.code_bearing,
            )
            for file in manifest.files
        },
        bom=MLBOM(
            spec="",
            model=title,
            architecture=architectures(manifest),
            parameters=parameter_count(manifest),
            quantisation=", ".join(quantisations) or None,
        ),
        is_folder=True,
    )
