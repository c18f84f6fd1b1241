"""What a training script can say about itself while it runs: `with attest.training("credit-risk") as run: …`.

The code's commit is read when the block begins, because that is the code that runs: a commit made meanwhile is not it.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from attest.claims.record import (
    Overrides,
    TrainingRecord,
    load_record,
    merge,
    parse_dataset,
    parse_metric,
    parse_models,
    parse_parameter,
)
from attest.claims.training import Role
from attest.source import surroundings
from attest.written_path import written_path

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from attest.claims.record import RecordedInput
    from attest.claims.training import Metric, Source
    from attest.pushing import Pushed


def training(
    reference: str, *, operation: str = "train", record: str | Path | None = None, outputs: Sequence[str | Path] = ()
) -> TrainingRun:
    """Gather what a training is about to say about itself.

    Args:
        reference: what the model will be pushed as.
        operation: train, fine-tune, distill, merge, quantize, convert, import or assemble.
        record: a training record to start from.
        outputs: files and folders that the script writes; they do not make the commit unclean.
    """
    return TrainingRun(reference=reference, operation=operation, record=record, outputs=outputs)


class TrainingRun:
    """One run of a training script. Made by `attest.training`.

    Args:
        reference: what the model will be pushed as.
        operation: what is done.
        record: a training record to start from.
        outputs: files and folders that the script writes.
    """

    def __init__(
        self, *, reference: str, operation: str, record: str | Path | None, outputs: Sequence[str | Path]
    ) -> None:
        self.reference = reference
        self.started: str | None = None
        self.finished: str | None = None
        self.source: Source | None = None
        self._outputs = [Path(path) for path in outputs]
        self._start = TrainingRecord() if record is None else load_record(written_path(record))
        self._texts: dict[str, str] = {"operation": operation}
        self._inputs: list[RecordedInput] = []
        self._parameters: dict[str, str] = {}
        self._metrics: dict[tuple[str, str | None], Metric] = {}

    def __enter__(self) -> Self:
        self.started = _now()
        self.source = surroundings(Path.cwd(), environment=os.environ, outputs=self._outputs).source
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.finished = _now()

    def param(self, name: str, value: Any) -> None:
        """A hyperparameter; the last value of a name counts."""
        key, text = parse_parameter(f"{name}={value}")
        self._parameters[key] = text

    def params(self, **values: Any) -> None:
        """Several hyperparameters."""
        for name, value in values.items():
            self.param(name, value)

    def metric(self, name: str, value: Any, *, dataset: str | None = None) -> None:
        """A number that you state; a gate reads signed evaluations instead.

        Args:
            name: what was measured.
            value: a decimal number.
            dataset: name of the dataset that it was measured on.
        """
        from msgspec.structs import replace  # noqa: PLC0415

        parsed = replace(parse_metric(f"{name}={value}"), dataset=dataset)
        self._metrics[parsed.name, dataset] = parsed

    def dataset(self, name: str, where: str | Path) -> None:
        """A dataset: a path (hashed when pushed), `URI@sha256:…`, or `unknown`."""
        self._inputs.append(parse_dataset(f"{name}={where}"))

    def base(self, reference: str) -> None:
        """The model that it is made from."""
        self._inputs.extend(parse_models(Role.BASE_MODEL, [reference]))

    def teacher(self, reference: str) -> None:
        """The model that it learns from."""
        self._inputs.extend(parse_models(Role.TEACHER_MODEL, [reference]))

    def licence(self, expression: str) -> None:
        """The model's licence, an SPDX expression."""
        self._texts["model.licence"] = expression

    def record(self) -> TrainingRecord:
        """What was said so far."""
        return merge(
            self._start,
            Overrides(
                texts=self._texts,
                inputs=tuple(self._inputs),
                parameters=self._parameters,
                metrics=tuple(self._metrics.values()),
            ),
        )

    def push(self, folder: str | Path, **options: Any) -> Pushed:
        """`attest.push` of what the run wrote, with everything that it said; `options` are those of `attest.push`."""
        from attest.pushing import push  # noqa: PLC0415

        return push(folder, self.reference, record=self, **options)


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
