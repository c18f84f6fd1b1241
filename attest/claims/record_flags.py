"""What flags and environment variables say about a training, as `Overrides`."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, Final

from attest.claims import record_places
from attest.claims.provenance import RESERVED_NAMES
from attest.claims.record_merge import Overrides, allowed
from attest.claims.record_places import PLACES, UNKNOWN
from attest.claims.record_values import RecordedInput
from attest.claims.training import Metric, Role
from attest.errors import InputError
from attest_registry.digest import Digest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_STATED: Final = re.compile(r"(?:(?P<uri>[a-z][a-z0-9+.-]*://[^\s]+)@)?(?P<digest>sha256:[0-9a-f]{64})", re.ASCII)
_REFERENCE: Final = re.compile(r"(?:attest://|models:/).+|[^\s:]+(?::[0-9]+/[^\s]+)?@sha256:[0-9a-f]{64}", re.ASCII)
_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]*://", re.ASCII)
_PREFIX: Final = "ATTEST_RECORD_"
_NAMES: Final = {Role.BASE_MODEL: "base", Role.TEACHER_MODEL: "teacher", Role.ADAPTER_BASE: "adapter-base"}


def parse_dataset(text: str) -> RecordedInput:
    """`NAME=PATH`, `NAME=URI@sha256:…`, `NAME=attest://REF`, `NAME=sha256:…` or `NAME=unknown`.

    Raises:
        InputError: none of these (code `bad-dataset`); a URI without a digest is none.
    """
    name, value = _pair(text, "dataset", "NAME=PATH, NAME=URI@sha256:… or NAME=unknown")
    item = _known(Role.DATASET, name, value)
    if item is not None:
        return item
    if _SCHEME.match(value):
        raise InputError(
            f"the dataset {name!r} has no digest",
            code="bad-dataset",
            expected="URI@sha256:…, or a file or folder of this machine, which is hashed here",
            found=value[:120],
            hint=f"--dataset {name}=unknown        says that nobody knows its digest",
        )
    return RecordedInput(role=Role.DATASET, name=name, path=value)


def parse_models(role: Role, texts: Sequence[str]) -> tuple[RecordedInput, ...]:
    """The values of `--base`, `--teacher` or `--adapter-of`: `[NAME=]REF`, `[NAME=]URI@sha256:…` or `[NAME=]unknown`.

    Without a name they are called base, teacher or adapter-base, further ones base-2 and so on.

    Args:
        role: base model, teacher model or adapter base.
        texts: the values, in order.

    Raises:
        InputError: an empty or unusable value (code `bad-model-input`).
    """
    found = []
    for position, text in enumerate(texts):
        name, equals, value = text.rpartition("=")
        if not equals:
            name = _NAMES[role] if position == 0 else f"{_NAMES[role]}-{position + 1}"
        _check_name(name, "model-input")
        item = _known(role, name, value)
        if item is None and (not value or (_SCHEME.match(value) and not value.startswith("attest://"))):
            raise InputError(
                f"{text[:120]!r} names no model",
                code="bad-model-input",
                expected="a reference such as acme/base:3, URI@sha256:… or unknown",
            )
        found.append(item or RecordedInput(role=role, name=name, ref=value))
    return tuple(found)


def parse_parameter(text: str) -> tuple[str, str]:
    """`K=V`.

    Raises:
        InputError: no such pair (code `bad-param`).
    """
    return _pair(text, "param", "NAME=VALUE")


def parse_metric(text: str) -> Metric:
    """`NAME=VALUE`, where the value is a decimal number.

    Raises:
        InputError: no such pair, or no number (code `bad-metric`).
    """
    name, value = _pair(text, "metric", "NAME=NUMBER")
    return Metric(name=name, value=allowed(record_places.number, value, f"the metric {name!r}", "bad-metric"))


def parse_source(text: str) -> Mapping[str, str]:
    """`git+URL@COMMIT` or `git+URL`, as texts for `Overrides`.

    Raises:
        InputError: no repository, or no whole commit (code `bad-source`).
    """
    address, at, commit = text.rpartition("@")
    if not at or "/" in commit or ":" in commit:
        address, commit = text, record_places.AUTO
    if not text.startswith("git+"):
        raise InputError(f"{text[:120]!r} names no source", code="bad-source", expected="git+https://HOST/PATH@COMMIT")
    return {
        "source.uri": allowed(PLACES["source.uri"], address, "the source", "bad-source"),
        "source.commit": allowed(PLACES["source.commit"], commit, "the source's commit", "bad-source"),
    }


def from_environment(environment: Mapping[str, str]) -> Overrides:
    """What variables say.

    `ATTEST_RECORD_MODEL_LICENCE` and so on hold what stands at a place; `ATTEST_RECORD_DATASETS`, `_BASES`,
    `_TEACHERS`, `_ADAPTERS_OF`, `_PARAMETERS` and `_METRICS` hold one value a line, as the flags take them.

    Raises:
        InputError: a variable of that prefix that means nothing (code `record-unknown-key`), or a bad value.
    """
    places = {f"{_PREFIX}{place.replace('.', '_').upper()}": place for place in PLACES}
    places[f"{_PREFIX}MODEL_LICENSE"] = "model.licence"
    texts: dict[str, str] = {}
    lists: dict[str, list[str]] = {name: [] for name in _LISTS}
    for variable in sorted(name for name in environment if name.startswith(_PREFIX) and environment[name]):
        value = environment[variable]
        if variable in places:
            texts[places[variable]] = value
        elif variable in lists:
            lists[variable] = [line.strip() for line in value.splitlines() if line.strip()]
        else:
            raise InputError(
                f"the variable {variable[:120]} means nothing",
                code="record-unknown-key",
                hint=_nearest(variable, (*places, *_LISTS)),
            )
    return Overrides(
        texts=texts,
        inputs=tuple(item for name, read in _LISTS.items() for item in read(lists[name])),
        parameters=dict(parse_parameter(text) for text in lists[f"{_PREFIX}PARAMETERS"]),
        metrics=tuple(parse_metric(text) for text in lists[f"{_PREFIX}METRICS"]),
    )


_LISTS: Final[Mapping[str, Callable[[list[str]], Sequence[RecordedInput]]]] = {
    f"{_PREFIX}DATASETS": lambda texts: [parse_dataset(text) for text in texts],
    f"{_PREFIX}BASES": lambda texts: parse_models(Role.BASE_MODEL, texts),
    f"{_PREFIX}TEACHERS": lambda texts: parse_models(Role.TEACHER_MODEL, texts),
    f"{_PREFIX}ADAPTERS_OF": lambda texts: parse_models(Role.ADAPTER_BASE, texts),
    f"{_PREFIX}PARAMETERS": lambda _: [],
    f"{_PREFIX}METRICS": lambda _: [],
}


def _nearest(variable: str, known: Sequence[str]) -> str | None:
    found = difflib.get_close_matches(variable, known, n=1)
    return f"did you mean {found[0]}?" if found else None


def _known(role: Role, name: str, value: str) -> RecordedInput | None:
    """An input whose value says by its form how the digest is known."""
    if value == UNKNOWN:
        return RecordedInput(role=role, name=name, unknown=True)
    if match := _STATED.fullmatch(value):
        where = match["uri"]
        if where is None or not where.startswith("attest:"):
            address = None if where is None else allowed(record_places.uri, where, f"the input {name!r}", "bad-uri")
            return RecordedInput(role=role, name=name, digest=Digest.parse(match["digest"]), uri=address)
    return RecordedInput(role=role, name=name, ref=value) if _REFERENCE.fullmatch(value) else None


def _pair(text: str, kind: str, expected: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not value:
        raise InputError(f"{text[:120]!r} is no {kind}", code=f"bad-{kind}", expected=expected)
    return _check_name(name, kind), value


def _check_name(name: str, kind: str) -> str:
    allowed(record_places.input_name, name, f"the name {name[:60]!r}", f"bad-{kind}")
    if kind != "param" and name in RESERVED_NAMES:
        raise InputError(f"no input can be called {name!r}", code=f"bad-{kind}", hint="choose another name")
    return name
