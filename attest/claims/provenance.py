"""SLSA provenance v1 of a training: buildType model-training/v1 (written and read strictly), others read tolerantly.

What the build type means (SLSA asks each to document it):

- `externalParameters`: `operation`, `source`, `parameters` (text → text) and `inputs` (name → where it came from: a
  URI, a digest, or `unknown`). Nothing else: unknown keys are refused, as SLSA's verifiers SHOULD.
- each name in `inputs` stands once in `resolvedDependencies`, with its digest and, as annotations, its `role` and
  `standing` (how the digest is known). Where nobody knows the digest there is none, and `provenance: unknown` says so.
- `source` and `environment` are dependencies of that name; no input is called so.
- `internalParameters` are `attest_…`; `attest_excluded` lists the patterns that were left out of the model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from attest._version import __version__
from attest.claims.predicates import BUILD_TYPE, PROVENANCE
from attest.claims.provenance_reading import ENVIRONMENT, SOURCE, Provenance, parse
from attest.claims.statement import Statement, Subject
from attest.claims.training import Standing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from attest.claims.training import Environment, Input, Source, Training
    from attest_registry.digest import Digest

__all__ = ["RESERVED_NAMES", "Provenance", "build", "parse"]

RESERVED_NAMES: Final = frozenset({SOURCE, ENVIRONMENT})
"""What no input may be called."""


def build(
    training: Training, *, model: str, manifest_digest: Digest, oms_root: Digest, excluded: Sequence[str] = ()
) -> Statement:
    """The claim "this is how the version came to be".

    Args:
        training: what is said about it.
        model: the model's name without host.
        manifest_digest: the version.
        oms_root: so that a bare folder can be matched too.
        excluded: patterns that were left out of the model.
    """
    return Statement.build(
        subjects=[
            Subject(name=model, digest=manifest_digest),
            Subject(name=f"{model} (OMS root)", digest=oms_root),
        ],
        predicate_type=PROVENANCE,
        predicate={
            "buildDefinition": {
                "buildType": BUILD_TYPE,
                "externalParameters": _external(training),
                "internalParameters": _internal(training.environment, excluded),
                "resolvedDependencies": _dependencies(training),
            },
            "runDetails": _run(training),
        },
    )


def _present(**values: Any) -> dict[str, Any]:
    """Only what is known: an absent field says "nobody said", an empty one would say "nothing"."""
    return {key: value for key, value in values.items() if value is not None}


def _external(training: Training) -> dict[str, Any]:
    source = training.source
    where = source and _present(uri=source.uri, ref=source.ref, entryPoint=source.entry_point, config=source.config)
    return _present(
        operation=training.operation.value,
        source=where or None,
        parameters=dict(training.parameters),
        inputs={item.name: _whence(item) for item in training.inputs},
    )


def _whence(item: Input) -> str:
    return item.uri or (str(item.digest) if item.digest else "unknown")


def _internal(environment: Environment, excluded: Sequence[str]) -> dict[str, Any]:
    return _present(
        attest_framework=environment.framework,
        attest_hardware=environment.hardware,
        attest_excluded=list(excluded) or None,
    )


def _dependencies(training: Training) -> list[dict[str, Any]]:
    found = [_source(training.source)] if training.source and training.source.commit else []
    found += [_input(item) for item in training.inputs]
    image = training.environment.image
    if image is not None:
        uri, _, digest = image.partition("@sha256:")
        found.append(
            _present(
                name=ENVIRONMENT,
                uri=uri,
                digest={"sha256": digest} if digest else None,
                annotations={"role": ENVIRONMENT, **({} if digest else {"provenance": "unknown"})},
            )
        )
    return found


def _source(source: Source) -> dict[str, Any]:
    uri = f"{source.uri}@{source.ref}" if source.uri and source.ref else source.uri
    dirty = None if source.clean is None else str(not source.clean).lower()
    changes = None if source.changes is None else str(source.changes)
    return _present(
        name=SOURCE,
        uri=uri,
        digest={"gitCommit": source.commit},
        annotations=_present(role=SOURCE, dirty=dirty, changes=changes),
    )


def _input(item: Input) -> dict[str, Any]:
    unknown = "unknown" if item.standing is Standing.UNKNOWN else None
    return _present(
        name=item.name,
        uri=item.uri,
        digest={"sha256": item.digest.hex} if item.digest else None,
        annotations=_present(role=item.role.value, standing=item.standing.value, split=item.split, provenance=unknown),
    )


def _run(training: Training) -> dict[str, Any]:
    build_ = training.build
    environment = training.environment
    products = dict(training.byproducts)
    if environment.requirements is not None:
        products[environment.requirements_name or "requirements"] = environment.requirements
    times = _present(invocationId=build_.invocation, startedOn=build_.started, finishedOn=build_.finished)
    return _present(
        builder={"id": build_.builder, "version": {"attest": __version__}},
        metadata=times or None,
        byproducts=[{"name": name, "digest": {"sha256": products[name].hex}} for name in sorted(products)] or None,
    )
