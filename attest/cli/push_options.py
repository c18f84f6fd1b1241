"""What may be said about a training on the command line, and how it becomes a record."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from attest.claims.training import Operation, Role
from attest.written_path import written_path

if TYPE_CHECKING:
    from collections.abc import Callable

    from attest.claims.record import TrainingRecord

F = TypeVar("F", bound="Callable[..., Any]")
RECORD_NAME = "attest.yaml"

_OPTIONS = (
    click.option("--record", metavar="FILE", help=f"The training record. [default: ./{RECORD_NAME} where it exists]"),
    click.option("--operation", type=click.Choice([one.value for one in Operation]), help="What was done."),
    click.option("--dataset", "datasets", multiple=True, metavar="NAME=…", help="PATH, URI@sha256:… or unknown."),
    click.option("--base", "bases", multiple=True, metavar="REF", help="The model it was made from."),
    click.option("--teacher", "teachers", multiple=True, metavar="REF", help="The model it learnt from."),
    click.option("--adapter-of", "adapter_bases", multiple=True, metavar="REF", help="The model it is an adapter for."),
    click.option("--source", metavar="git+URL@COMMIT", help="The code, where git here does not know it."),
    click.option("--param", "params", multiple=True, metavar="NAME=VALUE", help="A hyperparameter."),
    click.option("--metric", "metrics", multiple=True, metavar="NAME=VALUE", help="A number you state."),
    click.option("--licence", "--license", "licence", metavar="SPDX", help="The model's licence."),
    click.option("--label", metavar="TEXT", help="A name for this version beside its number, such as 1.4.0."),
)


def said() -> Callable[[F], F]:
    """The options."""

    def decorate(function: F) -> F:
        for option in reversed(_OPTIONS):
            function = option(function)
        return function

    return decorate


def record_in_force(values: dict[str, Any]) -> tuple[TrainingRecord, str | None]:
    """The record with everything typed put over it, and the file it came from.

    Args:
        values: the options by name.

    Raises:
        RecordError: the file is not sound.
        InputError: an option is not.
    """
    from attest.claims.record import (  # noqa: PLC0415
        Overrides,
        TrainingRecord,
        from_environment,
        load_record,
        merge,
        parse_dataset,
        parse_metric,
        parse_models,
        parse_parameter,
        parse_source,
    )

    path = _record_path(values["record"])
    record = TrainingRecord() if path is None else load_record(path)
    texts: dict[str, str] = dict(parse_source(values["source"])) if values["source"] else {}
    for place, name in (("operation", "operation"), ("model.licence", "licence"), ("model.label", "label")):
        if values[name] is not None:
            texts[place] = values[name]
    inputs = [parse_dataset(text) for text in values["datasets"]]
    inputs += parse_models(Role.BASE_MODEL, values["bases"])
    inputs += parse_models(Role.TEACHER_MODEL, values["teachers"])
    inputs += parse_models(Role.ADAPTER_BASE, values["adapter_bases"])
    typed = Overrides(
        texts=texts,
        inputs=tuple(inputs),
        parameters=dict(parse_parameter(text) for text in values["params"]),
        metrics=tuple(parse_metric(text) for text in values["metrics"]),
    )
    return merge(merge(record, from_environment(os.environ)), typed), None if path is None else str(path)


def _record_path(typed: str | None) -> Path | None:
    if typed is not None:
        return written_path(typed)
    beside = Path(RECORD_NAME)
    return beside if beside.is_file() else None
