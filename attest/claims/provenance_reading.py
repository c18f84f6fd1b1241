"""SLSA provenance v1, read: our build type with every field accounted for, other builders' as far as they go.

The predicate's own unknown fields are ignored (SLSA wants that, so that it can grow); what decides, the external
parameters and inputs of our build type, is closed.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct, field

from attest.claims import fields
from attest.claims.predicates import BUILD_TYPE, PROVENANCE
from attest.claims.training import Input, Operation, Role, Source, Standing
from attest.errors import MalformedEvidence

if TYPE_CHECKING:
    from collections.abc import Mapping

    from attest.claims.statement import Statement
    from attest_registry.digest import Digest

SOURCE: Final = "source"
ENVIRONMENT: Final = "environment"
_COMMIT: Final = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}", re.ASCII)
_ROLES: Final = MappingProxyType({role.value: role for role in Role if role is not Role.ENVIRONMENT})
_INPUT_ROLES: Final = tuple(_ROLES)  # looked for with any JSON
_STANDINGS: Final = MappingProxyType({standing.value: standing for standing in Standing})


class Provenance(Struct, frozen=True, kw_only=True):
    """What a provenance says.

    Args:
        build_type: URI of the build type.
        operation: what was done; unspecified where another builder wrote it.
        source: the code, where it is named.
        inputs: what the model was made from, in the writer's order.
        parameters: hyperparameters as text.
        builder: URI of who ran it, in the signer's words.
        invocation: URI or id of the run.
        started: RFC 3339, as claimed.
        finished: RFC 3339, as claimed.
        image: container image that it ran in.
        framework: name and version.
        hardware: free text.
        excluded: patterns that were left out of the model.
        byproducts: name → digest of files that the run also produced.
    """

    build_type: str
    operation: Operation
    source: Source | None
    inputs: tuple[Input, ...]
    parameters: Mapping[str, str]
    builder: str
    invocation: str | None = None
    started: str | None = None
    finished: str | None = None
    image: str | None = None
    framework: str | None = None
    hardware: str | None = None
    excluded: tuple[str, ...] = ()
    byproducts: Mapping[str, Digest] = field(default_factory=lambda: MappingProxyType({}))


def parse(statement: Statement) -> Provenance:
    """Read one.

    Raises:
        MalformedEvidence: another predicate type, required fields missing or of the wrong type; for our build type
            also unknown external parameters (code `unknown-parameter`) and inputs that the two lists tell differently
            (code `inputs-disagree`).
    """
    if statement.predicate_type != PROVENANCE:
        raise MalformedEvidence("this is no provenance", expected=PROVENANCE, found=statement.predicate_type[:120])
    definition = fields.mapping(statement.predicate, "buildDefinition")
    run = fields.mapping(statement.predicate, "runDetails")
    metadata = fields.optional_mapping(run, "metadata")
    build_type = fields.text(definition, "buildType")
    external = fields.mapping(definition, "externalParameters")
    dependencies = fields.objects(definition, "resolvedDependencies")
    ours = build_type == BUILD_TYPE
    internal = fields.optional_mapping(definition, "internalParameters") if ours else {}
    return Provenance(
        build_type=build_type,
        operation=_operation(external) if ours else Operation.UNSPECIFIED,
        source=_source(external, dependencies) if ours else _foreign_source(dependencies),
        inputs=_inputs(external, dependencies) if ours else _foreign_inputs(dependencies),
        parameters=fields.texts(external, "parameters") if ours else MappingProxyType({}),
        builder=fields.text(fields.mapping(run, "builder"), "id"),
        invocation=fields.optional_text(metadata, "invocationId"),
        started=fields.optional_text(metadata, "startedOn"),
        finished=fields.optional_text(metadata, "finishedOn"),
        image=_image(dependencies) if ours else None,
        framework=fields.optional_text(internal, "attest_framework"),
        hardware=fields.optional_text(internal, "attest_hardware"),
        excluded=_excluded(internal),
        byproducts=_byproducts(run),
    )


def _operation(external: Mapping[str, Any]) -> Operation:
    fields.only(external, {"operation", "source", "parameters", "inputs"}, "externalParameters")
    word = fields.text(external, "operation")
    try:
        return Operation(word)
    except ValueError as error:
        raise MalformedEvidence("the provenance names an unknown operation", found=word[:80]) from error


def _source(external: Mapping[str, Any], dependencies: list[Mapping[str, Any]]) -> Source | None:
    told = fields.optional_mapping(external, "source")
    fields.only(told, {"uri", "ref", "entryPoint", "config"}, "externalParameters.source")
    uri, ref = fields.optional_text(told, "uri"), fields.optional_text(told, "ref")
    resolved = [item for item in dependencies if item.get("name") == SOURCE]
    if len(resolved) > 1:
        raise MalformedEvidence("the provenance names two sources")
    commit = clean = changes = None
    if resolved:
        if fields.optional_text(resolved[0], "uri") != (f"{uri}@{ref}" if uri and ref else uri):
            raise MalformedEvidence(
                "the provenance tells its source in two ways", found=str(resolved[0].get("uri"))[:120]
            )
        commit = _commit(resolved[0])
        clean, changes = _cleanness(fields.optional_mapping(resolved[0], "annotations"))
    if not told and not resolved:
        return None
    entry, config = fields.optional_text(told, "entryPoint"), fields.optional_text(told, "config")
    return Source(uri=uri, ref=ref, commit=commit, clean=clean, changes=changes, entry_point=entry, config=config)


def _commit(dependency: Mapping[str, Any]) -> str:
    commit = fields.text(fields.mapping(dependency, "digest"), "gitCommit")
    if not _COMMIT.fullmatch(commit):
        raise MalformedEvidence(
            "the source's commit is none", expected="40 or 64 hexadecimal digits", found=commit[:80]
        )
    return commit


def _cleanness(annotations: Mapping[str, Any]) -> tuple[bool | None, int | None]:
    dirty, changes = fields.optional_text(annotations, "dirty"), fields.optional_text(annotations, "changes")
    if dirty not in (None, "true", "false") or (changes is not None and not re.fullmatch("[0-9]{1,9}", changes)):
        raise MalformedEvidence(
            "the source is neither clean nor not", expected="dirty: true or false", found=str(dirty)
        )
    return (None if dirty is None else dirty == "false"), (None if changes is None else int(changes))


def _inputs(external: Mapping[str, Any], dependencies: list[Mapping[str, Any]]) -> tuple[Input, ...]:
    told = fields.texts(external, "inputs")
    inputs = tuple(_input(item) for item in dependencies if item.get("name") not in (SOURCE, ENVIRONMENT))
    names = [item.name for item in inputs]
    if sorted(names) != sorted(told):
        raise MalformedEvidence(
            "the provenance lists other inputs than it resolves",
            code="inputs-disagree",
            expected=", ".join(sorted(told))[:200],
            found=", ".join(sorted(names))[:200],
        )
    for item in inputs:
        whence = item.uri or (str(item.digest) if item.digest else "unknown")
        if told[item.name] != whence:
            raise MalformedEvidence(
                f"the provenance tells the input {item.name[:80]!r} in two ways",
                code="inputs-disagree",
                expected=told[item.name][:200],
                found=whence[:200],
            )
    return inputs


def _input(item: Mapping[str, Any]) -> Input:
    name = fields.text(item, "name")
    annotations = fields.mapping(item, "annotations")
    told_role, told_standing = fields.text(annotations, "role"), fields.text(annotations, "standing")
    role, standing, digest = _ROLES.get(told_role), _STANDINGS.get(told_standing), fields.sha256(item)
    if role is None or standing is None or (digest is None) != (standing is Standing.UNKNOWN):
        raise MalformedEvidence(
            f"the input {name[:80]!r} has no role and standing that fit",
            expected="a known role, and a digest unless its standing is unknown",
            found=f"{told_role}, {told_standing}, {'no ' if digest is None else ''}digest"[:120],
        )
    return Input(
        role=role,
        name=name,
        standing=standing,
        digest=digest,
        uri=fields.optional_text(item, "uri"),
        split=fields.optional_text(annotations, "split"),
    )


def _foreign_source(dependencies: list[Mapping[str, Any]]) -> Source | None:
    for item in dependencies:
        digest = item.get("digest")
        if isinstance(digest, dict) and _COMMIT.fullmatch(str(digest.get("gitCommit"))):
            uri, _, ref = (fields.optional_text(item, "uri") or "").partition("@refs/")
            return Source(uri=uri or None, commit=str(digest["gitCommit"]), ref=f"refs/{ref}" if ref else None)
    return None


def _foreign_inputs(dependencies: list[Mapping[str, Any]]) -> tuple[Input, ...]:
    """Another builder's dependencies count as inputs where they carry a role of ours; as stated, whatever they say."""
    found = []
    for item in dependencies:
        annotations = item.get("annotations")
        role = annotations.get("role") if isinstance(annotations, dict) else None
        digest = fields.sha256(item)
        if role in _INPUT_ROLES and digest is not None and isinstance(item.get("name"), str):
            uri = fields.optional_text(item, "uri")
            found.append(Input(role=Role(role), name=item["name"], standing=Standing.STATED, digest=digest, uri=uri))
    return tuple(found)


def _image(dependencies: list[Mapping[str, Any]]) -> str | None:
    images = [item for item in dependencies if item.get("name") == ENVIRONMENT]
    if len(images) > 1:
        raise MalformedEvidence("the provenance names two environments")
    if not images:
        return None
    digest = fields.sha256(images[0])
    return fields.text(images[0], "uri") + (f"@{digest}" if digest else "")


def _excluded(internal: Mapping[str, Any]) -> tuple[str, ...]:
    value = internal.get("attest_excluded", [])
    if not isinstance(value, list) or not all(isinstance(pattern, str) for pattern in value):
        raise MalformedEvidence("attest_excluded is no list of text")
    return tuple(value)


def _byproducts(run: Mapping[str, Any]) -> Mapping[str, Digest]:
    found = {}
    for item in fields.objects(run, "byproducts"):
        digest = fields.sha256(item)
        if digest is not None and isinstance(item.get("name"), str):
            found[item["name"]] = digest
    return MappingProxyType(found)
