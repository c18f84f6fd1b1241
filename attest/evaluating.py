"""What somebody measured, from a file, a command's output or flags, as an evaluation that can be signed.

Two forms of JSON are read: the predicate of docs/formats.md without `by`, and a short one for scripts:

    {"suite": "golden", "metrics": {"auc": 0.913, "latency_p99": {"value": "412", "unit": "ms", "better": "lower"}},
     "dataset": "golden=golden.parquet", "result": "passed"}

Numbers become decimals as they are written; a double becomes the shortest decimal that means it.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct
from msgspec.structs import replace

from attest.claims import evaluation as evaluations
from attest.claims.decimals import shown
from attest.claims.evaluation import FAILED, PASSED, Better
from attest.claims.predicates import EVALUATION
from attest.claims.statement import Statement, Subject
from attest.errors import InputError, MalformedEvidence
from attest.trust.window import shown as shown_time
from attest_registry import limits
from attest_registry.digest import Digest
from attest_registry.errors import ContentMismatch
from attest_registry.strict_json import parse_object

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from attest.claims.evaluation import Evaluation

_SHORT: Final = frozenset({"suite", "uri", "result", "metrics", "dataset", "better", "started", "finished"})
_NOBODY: Final = {"key": {"sha256": "0" * 64}}
_ANYTHING: Final = Subject(name="any", digest=Digest.of(b""))
_EXPECTED: Final = (
    '{"suite": "golden", "metrics": {"auc": "0.913"}, "dataset": "golden=FILE"}, or docs/formats.md\'s form'
)


class Typed(Struct, frozen=True, kw_only=True):
    """What was said on the command line, which goes before what a document says.

    Args:
        metrics: `NAME=VALUE[:UNIT]`, besides those of the document.
        dataset: `NAME=PATH`, `NAME=sha256:…` or `sha256:…`, for metrics that name none.
        suite: name of what was run.
        better: `higher` or `lower`, for metrics that say nothing.
        result: `passed` or `failed`.
    """

    metrics: Sequence[str] = ()
    dataset: str | None = None
    suite: str | None = None
    better: str | None = None
    result: str | None = None


def read_file(name: str) -> tuple[bytes, datetime]:
    """The bytes of a document, and when it was written: no later was the evaluation finished.

    Raises:
        InputError: it cannot be read (`cannot-read`).
    """
    from attest.written_path import written_path  # noqa: PLC0415

    try:
        with written_path(name).open("rb") as file:
            written = datetime.fromtimestamp(int(os.fstat(file.fileno()).st_mtime), tz=UTC)
            return file.read(limits.CONFIG_BYTES + 1), written
    except OSError as error:
        why = (error.strerror or "unknown reason").lower()
        raise InputError(f"{name[:200]} cannot be read: {why}", code="cannot-read") from error


def read_document(raw: bytes, *, what: str) -> dict[str, Any]:
    """A document in either form, as the predicate that it means.

    Args:
        raw: JSON.
        what: where it comes from, for messages.

    Raises:
        InputError: it is neither (`bad-evaluation`).
    """
    try:
        said = parse_object(raw, what=what, limit=limits.CONFIG_BYTES)
    except ContentMismatch as error:
        raise _bad(what, error.message, found=error.found) from error
    if "by" in said:
        raise _bad(what, "`by` is whoever signs, and is written by attest", found="by")
    if not isinstance(said.get("metrics", {}), dict):
        return said | {"metrics": [_plain(metric) for metric in said["metrics"]]} if _is_list(said) else said
    return _lengthened(said, what)


def _is_list(said: Mapping[str, Any]) -> bool:
    return isinstance(said["metrics"], list)


def _plain(metric: Any) -> Any:
    """A metric of the long form; its number may be one of JSON's."""
    return metric | {"value": _text(metric["value"])} if isinstance(metric, dict) and "value" in metric else metric


def _text(value: Any) -> Any:
    return shown(Decimal(repr(value))) if type(value) in {int, float} else value


def _lengthened(said: dict[str, Any], what: str) -> dict[str, Any]:
    unknown = sorted(said.keys() - _SHORT)
    if unknown:
        raise _bad(what, "it holds something that is not understood", found=", ".join(unknown)[:120])
    suite = said.get("suite")
    named: dict[str, Any] = suite if isinstance(suite, dict) else {}
    if not named:
        named = {key: said[at] for key, at in (("name", "suite"), ("uri", "uri")) if at in said}
    dataset = _dataset(said["dataset"], what) if "dataset" in said else {}
    metrics: list[dict[str, Any]] = []
    for name, value in said.get("metrics", {}).items():
        metric: dict[str, Any] = dict(value) if isinstance(value, dict) else {"value": value}
        if "better" in said:
            metric.setdefault("better", said["better"])
        plain: dict[str, Any] = _plain(metric)
        metrics.append({"name": name, **plain})
    kept: dict[str, Any] = {key: said[key] for key in ("result", "started", "finished") if key in said}
    predicate: dict[str, Any] = {"result": PASSED, "metrics": metrics}
    predicate.update(kept)
    if named:
        predicate["suite"] = named
    return with_dataset(predicate, dataset)


def _dataset(text: Any, what: str) -> dict[str, Any]:
    if not isinstance(text, str):
        raise _bad(what, "a dataset is a text", found=repr(text)[:80])
    return read_dataset(text)


def read_dataset(text: str) -> dict[str, Any]:
    """A dataset as claims name it; a file or folder of this machine is hashed.

    Args:
        text: `NAME=PATH`, `NAME=URI@sha256:…`, `NAME=sha256:…` or `sha256:…`.

    Raises:
        InputError: none of these (`bad-dataset`).
        RecordError: there is no such file.
    """
    from attest.claims.record_flags import parse_dataset  # noqa: PLC0415
    from attest.training_inputs import measure  # noqa: PLC0415
    from attest.written_path import written_path  # noqa: PLC0415

    if text.startswith("sha256:"):
        return {"digest": {"sha256": Digest.parse(text).hex}}
    item = parse_dataset(text)
    digest = item.digest if item.path is None else measure(written_path(item.path)).digest
    if digest is None:
        raise InputError(
            f"the dataset {item.name!r} has no digest, and a gate compares digests",
            code="bad-dataset",
            expected=f"{item.name}=PATH or {item.name}=sha256:…",
        )
    return {"name": item.name, "digest": {"sha256": digest.hex}}


def with_dataset(predicate: dict[str, Any], dataset: dict[str, Any]) -> dict[str, Any]:
    """The same, where metrics that name no data were measured on these."""
    if not dataset:
        return predicate
    return predicate | {"metrics": [{"dataset": dataset, **metric} for metric in predicate["metrics"]]}


def completed(predicate: dict[str, Any], typed: Typed) -> dict[str, Any]:
    """A predicate with everything that was typed.

    Raises:
        InputError: a flag cannot be read, or the document's metrics are no list.
    """
    metrics = list(predicate.get("metrics", []))
    metrics += [_metric(text) for text in typed.metrics]
    if not all(isinstance(metric, dict) for metric in metrics):
        raise _bad("the evaluation", "its metrics are no objects", found=str(metrics)[:80])
    if typed.better is not None:
        metrics = [{"better": typed.better, **metric} for metric in metrics]
    found = {"result": PASSED, **predicate, "metrics": metrics}
    if typed.suite is not None:
        found["suite"] = {"name": typed.suite}
    if typed.result is not None:
        found["result"] = typed.result
    return with_dataset(found, {} if typed.dataset is None else read_dataset(typed.dataset))


def _metric(text: str) -> dict[str, Any]:
    name, equals, rest = text.partition("=")
    value, _, unit = rest.partition(":")
    if not name or not equals or not value:
        raise InputError(f"{text[:120]!r} is no metric", code="bad-metric", expected="NAME=VALUE or NAME=VALUE:UNIT")
    return {"name": name, "value": value} | ({"unit": unit} if unit else {})


def evaluation_of(
    predicate: Mapping[str, Any], *, what: str, finished: datetime, started: datetime | None = None
) -> Evaluation:
    """What a predicate means, read as a verifier reads it.

    Args:
        predicate: all but `by`.
        what: where it comes from, for messages.
        finished: when it was finished, where it does not say so itself.
        started: when it began; with it, both times were measured and go before what is said.

    Raises:
        InputError: it is no evaluation (`bad-evaluation`), or measures nothing.
    """
    said = {"finished": shown_time(finished), **predicate, "by": _NOBODY}
    try:
        statement = Statement.build(subjects=[_ANYTHING], predicate_type=EVALUATION, predicate=said)
        found = evaluations.parse(statement)
    except MalformedEvidence as error:
        raise _bad(what, error.message, found=error.found, expected=error.expected) from error
    except (TypeError, ValueError) as error:
        raise _bad(what, "it cannot be written as a claim", found=str(error)[:120]) from error
    if not found.metrics and found.suite is None:
        raise _bad(what, "it measures nothing, and names nothing that was run")
    return found if started is None else replace(found, started=started, finished=finished)


def _bad(what: str, why: str, *, found: str | None = None, expected: str | None = None) -> InputError:
    return InputError(
        f"{what} is no evaluation: {why}", code="bad-evaluation", expected=expected or _EXPECTED, found=found
    )


BETTER: Final = tuple(word.value for word in Better)
RESULTS: Final = (PASSED, FAILED)
