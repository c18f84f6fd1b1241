"""Whether provenance and ML-BOM tell the same story. The provenance is authoritative; the BOM must agree with it.

Another builder's provenance (GitHub, Tekton) does not name datasets or teachers, so there only contradictions count;
ours is a closed list, so there what stands in one and not in the other counts as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attest.claims.predicates import BUILD_TYPE
from attest.claims.training import Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from attest.claims.mlbom_terms import MLBOM
    from attest.claims.provenance import Provenance
    from attest.claims.training import Input
    from attest.model.artefact import ArtefactFile
    from attest_registry.digest import Digest

    Key = tuple[Role, str]


def disagreements(provenance: Provenance, bom: MLBOM) -> tuple[str, ...]:
    """What the two tell differently, one sentence each; empty where they agree.

    Args:
        provenance: what the build says.
        bom: what the bill of materials says about the same version.
    """
    closed = provenance.build_type == BUILD_TYPE
    return (
        *_operation(provenance, bom, closed=closed),
        *_commit(provenance, bom, closed=closed),
        *_image(provenance, bom),
        *_inputs(_by_key(provenance.inputs), _by_key(bom.inputs), closed=closed),
    )


def file_disagreements(files: Sequence[ArtefactFile], bom: MLBOM) -> tuple[str, ...]:
    """Where the BOM's list of files is not the version's, one sentence each. A BOM without files says nothing.

    Args:
        files: the version's files.
        bom: its bill of materials.
    """
    if not bom.files:
        return ()
    actual = {file.path: file.digest for file in files}
    listed = {file.path: file.digest for file in bom.files}
    return (
        *(f"the ML-BOM does not list the file {_name(path)}" for path in sorted(actual.keys() - listed.keys())),
        *(
            f"the ML-BOM lists the file {_name(path)}, which the version does not hold"
            for path in sorted(listed.keys() - actual.keys())
        ),
        *(
            f"the ML-BOM has the file {_name(path)} as {_digest(listed[path])}, the version as {_digest(actual[path])}"
            for path in sorted(actual.keys() & listed.keys())
            if listed[path] not in (actual[path], None)
        ),
    )


def _operation(provenance: Provenance, bom: MLBOM, *, closed: bool) -> Iterator[str]:
    if closed and bom.operation is not None and bom.operation is not provenance.operation:
        yield f"the ML-BOM calls the operation {bom.operation.value}, the provenance {provenance.operation.value}"


def _commit(provenance: Provenance, bom: MLBOM, *, closed: bool) -> Iterator[str]:
    built = provenance.source.commit if provenance.source else None
    listed = bom.source.commit if bom.source else None
    if built == listed or (not closed and (built is None or listed is None)):
        return
    yield f"the ML-BOM names {_text(listed, 'commit')} as the source, the provenance {_text(built, 'commit')}"


def _image(provenance: Provenance, bom: MLBOM) -> Iterator[str]:
    if provenance.image is not None and bom.image is not None and provenance.image != bom.image:
        yield f"the ML-BOM names the image {_name(bom.image)}, the provenance {_name(provenance.image)}"


def _inputs(built: Mapping[Key, Input], listed: Mapping[Key, Input], *, closed: bool) -> Iterator[str]:
    for key in sorted(built.keys() & listed.keys()):
        yield from _digests(built[key], listed[key])
    only_built, only_listed = sorted(built.keys() - listed.keys()), sorted(listed.keys() - built.keys())
    renamed = {name for _, name in only_built} & {name for _, name in only_listed}
    roles_built, roles_listed = ({name: role for role, name in keys} for keys in (only_built, only_listed))
    for name in sorted(renamed):
        listed_as, built_as = _word(roles_listed[name]), _word(roles_built[name])
        yield f"the ML-BOM has {_name(name)} as {listed_as}, the provenance as {built_as}"
    if not closed:
        return
    for role, name in only_built:
        if name not in renamed:
            yield f"the provenance names the {_word(role)} {_name(name)}, the ML-BOM does not"
    for role, name in only_listed:
        if name not in renamed:
            yield f"the ML-BOM names the {_word(role)} {_name(name)}, the provenance does not"


def _digests(built: Input, listed: Input) -> Iterator[str]:
    if built.digest != listed.digest:
        what = f"the {_word(built.role)} {_name(built.name)}"
        yield f"the ML-BOM gives {what} as {_digest(listed.digest)}, the provenance as {_digest(built.digest)}"


def _by_key(inputs: Iterable[Input]) -> dict[Key, Input]:
    """The container image has a field of its own in the provenance and is no part of the lineage."""
    return {(item.role, item.name): item for item in inputs if item.role is not Role.ENVIRONMENT}


def _word(role: Role) -> str:
    return role.value.replace("-", " ")


def _name(name: str) -> str:
    return repr(name[:80])


def _digest(digest: Digest | None) -> str:
    return "unknown" if digest is None else str(digest)


def _text(value: str | None, what: str) -> str:
    return f"{what} {value[:64]}" if value else f"no {what}"
