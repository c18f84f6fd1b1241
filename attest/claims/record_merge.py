"""What was said besides the record, and how it is put over what the record says."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from msgspec import Struct, field
from msgspec.structs import force_setattr, replace

from attest.claims.record_places import PLACES, UNKNOWN, NotAllowed
from attest.claims.training import Role
from attest.errors import InputError
from attest.strict_yaml import suggestion

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from attest.claims.record_values import RecordedInput, TrainingRecord
    from attest.claims.training import Metric

_MODEL_ROLES: Final = (Role.BASE_MODEL, Role.TEACHER_MODEL, Role.ADAPTER_BASE)


class Overrides(Struct, frozen=True, kw_only=True):
    """What was said besides the record; each part replaces the record's part of that name.

    Args:
        texts: place (`model.licence`) → text.
        inputs: datasets replace those of their name; base models, teachers and adapter bases replace all of their role.
        parameters: name → text.
        metrics: replace those of their name.
    """

    texts: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    inputs: tuple[RecordedInput, ...] = ()
    parameters: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    metrics: tuple[Metric, ...] = ()

    def __post_init__(self) -> None:
        """Check the texts as the record's are checked."""
        checked = {place: _text(place, text) for place, text in self.texts.items()}
        force_setattr(self, "texts", MappingProxyType(checked))


def merge(record: TrainingRecord, overrides: Overrides) -> TrainingRecord:
    """The record with the overrides in it.

    Raises:
        InputError: two inputs end up with one name.
    """
    texts = {**record.texts, **overrides.texts}
    unknown = {place for place in overrides.texts if texts[place] == UNKNOWN}
    texts = {place: text for place, text in texts.items() if text != UNKNOWN}
    named = {metric.name for metric in overrides.metrics}
    return replace(
        record,
        texts=MappingProxyType(texts),
        unknown=(record.unknown - set(texts)) | unknown,
        inputs=_merged_inputs(record.inputs, overrides.inputs),
        parameters=MappingProxyType({**record.parameters, **overrides.parameters}),
        metrics=(*(metric for metric in record.metrics if metric.name not in named), *overrides.metrics),
    )


def _merged_inputs(recorded: Sequence[RecordedInput], stated: Sequence[RecordedInput]) -> tuple[RecordedInput, ...]:
    replaced_roles = {item.role for item in stated if item.role in _MODEL_ROLES}
    kept = {item.name: item for item in recorded if item.role not in replaced_roles}
    for item in stated:
        before = kept.get(item.name)
        if before is not None and (before.role is not item.role or item.role in _MODEL_ROLES):
            raise InputError(
                f"two inputs are called {item.name!r}", code="duplicate-name", hint="write NAME=… in front"
            )
        kept[item.name] = item if before is None else _known_anew(before, item)
    return tuple(kept.values())


def _known_anew(before: RecordedInput, item: RecordedInput) -> RecordedInput:
    """The recorded dataset with another way to know its digest; what else is said about it stays."""
    uri = item.uri or (before.uri if item.path else None)
    return replace(before, path=item.path, digest=item.digest, ref=item.ref, unknown=item.unknown, uri=uri)


def allowed(check: Callable[[str], str], text: str, what: str, code: str) -> str:
    """The text in its one form.

    Args:
        check: what may stand there.
        text: what was typed.
        what: where, for messages.
        code: of the error.

    Raises:
        InputError: it cannot stand there.
    """
    try:
        return check(text)
    except NotAllowed as error:
        raise InputError(
            f"{what} cannot be {text[:80]!r}", code=code, expected=error.expected, hint=error.hint
        ) from error


def _text(place: str, text: str) -> str:
    if place not in PLACES:
        raise InputError(
            f"a record has no place {place[:80]!r}", code="record-unknown-key", hint=suggestion(place, PLACES)
        )
    return text if text == UNKNOWN else allowed(PLACES[place], text, place, "record-bad-value")
