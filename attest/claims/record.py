"""The training record: what a person says about how a model came to be (`attest.yaml`, docs/training-record.md).

    record   = load_record(path)                         strict YAML, nothing looked up
    record   = merge(record, overrides)                  flags and environment win
    training = to_training(record, resolve=…, …)         digests are looked up by whoever calls

The result, not the file, is what is signed. No path of this machine gets into it.
"""

from __future__ import annotations

from pathlib import PurePath
from types import MappingProxyType
from typing import TYPE_CHECKING

from attest import strict_yaml
from attest.claims import record_schema
from attest.claims.record_flags import (
    from_environment,
    parse_dataset,
    parse_metric,
    parse_models,
    parse_parameter,
    parse_source,
)
from attest.claims.record_merge import Overrides, merge
from attest.claims.record_places import AUTO
from attest.claims.record_values import Measured, RecordedInput, Resolved, TrainingRecord
from attest.claims.training import Build, Card, Environment, Input, Operation, Package, Source, Standing, Training
from attest.errors import RecordError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

__all__ = [
    "Measured",
    "Overrides",
    "RecordedInput",
    "Resolved",
    "TrainingRecord",
    "from_environment",
    "load_record",
    "merge",
    "parse_dataset",
    "parse_metric",
    "parse_models",
    "parse_parameter",
    "parse_source",
    "to_training",
]


def load_record(path: Path) -> TrainingRecord:
    """Read a record; relative paths in it count from its folder.

    Raises:
        RecordError: not strict YAML, an unknown key (code `record-unknown-key`), or a value that cannot stand there;
            with file, line and column.
    """
    return record_schema.read(strict_yaml.load_file(path, prefix="record", failure=RecordError), folder=path.parent)


def to_training(
    record: TrainingRecord,
    *,
    build: Build,
    source: Source | None,
    resolve: Callable[[str], Resolved],
    measure: Callable[[str], Measured],
    packages: Callable[[], Sequence[Package]],
) -> Training:
    """What is signed: the record with every digest known, or said to be unknown.

    Args:
        record: what was said.
        build: who ran it.
        source: what git and CI say about the code; the record's own words win.
        resolve: reference → digest, address and standing.
        measure: path of this machine → digest and size.
        packages: the installed packages; called only when the record asks for them.

    Raises:
        RecordError: `commit: auto` where there is no git to ask (code `record-no-commit`).
    """
    text = record.texts.get
    return Training(
        build=build,
        operation=Operation(text("operation", Operation.UNSPECIFIED)),
        source=_source(record, source),
        inputs=tuple(_input(item, resolve=resolve, measure=measure) for item in record.inputs),
        parameters=MappingProxyType(dict(record.parameters)),
        metrics=record.metrics,
        environment=_environment(record, measure=measure, packages=packages),
        licence=text("model.licence"),
        task=text("model.task"),
        description=text("model.description"),
        owner=text("model.owner"),
        label=text("model.label"),
        inputs_spec=record.inputs_spec,
        outputs_spec=record.outputs_spec,
        card=Card(
            intended_use=text("card.intended_use"),
            out_of_scope=text("card.out_of_scope"),
            limitations=text("card.limitations"),
            ethical_considerations=text("card.ethical_considerations"),
            subgroups=text("card.subgroups"),
        ),
    )


def _source(record: TrainingRecord, facts: Source | None) -> Source | None:
    """The code. Facts count unless the record names another commit, or the model was made elsewhere (import)."""
    text = record.texts.get
    commit = text("source.commit")
    if "source" in record.unknown:
        return None
    if commit is None and facts is not None and text("operation") == Operation.IMPORT:
        facts = None
    if commit == AUTO and facts is None:
        raise RecordError(
            "the commit is auto, and there is no git repository to ask",
            code="record-no-commit",
            hint="run this inside the repository of the code, or write the commit",
        )
    if facts is None or (commit not in (None, AUTO) and facts.commit != commit):
        facts = Source(commit=commit)  # nobody looked at that commit: whether it was clean is not known
    found = Source(
        uri=text("source.uri") or facts.uri,
        commit=facts.commit,
        clean=facts.clean,
        changes=facts.changes,
        ref=text("source.ref") or facts.ref,
        entry_point=text("source.entry_point"),
        config=text("source.config"),
    )
    return None if found == Source() else found


def _input(item: RecordedInput, *, resolve: Callable[[str], Resolved], measure: Callable[[str], Measured]) -> Input:
    digest, uri, size, standing = item.digest, item.uri, None, Standing.STATED
    if item.unknown:
        standing = Standing.UNKNOWN
    elif item.path is not None:
        digest, size = measure(item.path)
        standing = Standing.HASHED
    elif item.ref is not None:
        digest, uri, standing = resolve(item.ref)
    return Input(
        role=item.role,
        name=item.name,
        standing=standing,
        digest=digest,
        uri=uri,
        split=item.split,
        licence=item.licence,
        personal_data=item.personal_data,
        classification=item.classification,
        governance=item.governance,
        description=item.description,
        size=size,
    )


def _environment(
    record: TrainingRecord, *, measure: Callable[[str], Measured], packages: Callable[[], Sequence[Package]]
) -> Environment:
    text = record.texts.get
    lock = text("environment.requirements")
    return Environment(
        packages=tuple(packages()) if text("environment.packages") == AUTO else (),
        requirements=None if lock is None else measure(lock).digest,
        requirements_name=None if lock is None else PurePath(lock).name,
        image=text("environment.image"),
        hardware=text("environment.hardware"),
        framework=text("environment.framework"),
    )
