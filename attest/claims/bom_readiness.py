"""How much of a profile an ML-BOM fills in: per field present, missing, said to be unknown, or not a BOM's business.

Pure, over any BOM that could be read. "Unknown" is what somebody says in so many words (SP 800-218A PW.3.2): an honest
answer, and no answer to the question.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from attest.claims import mlbom_terms as terms
from attest.claims.bom_profiles import fields_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from attest.claims.bom_profiles import ProfileField

_UNKNOWN_WORDS: Final = frozenset({"unknown", "noassertion"})
_EMPTY_WORDS: Final = frozenset({"", "unspecified", "not_specified", "incomplete", "incomplete_first_party_only"})
"""Words that stand in a field and answer nothing (CycloneDX's `aggregate` has most of them)."""

_MODEL_ROOT: Final = "model"
_DATASET_ROOT: Final = "dataset"
SIGNATURE: Final = "bom-signature"


class State(StrEnum):
    """What an ML-BOM says to one field of a profile."""

    PRESENT = "present"
    MISSING = "missing"
    UNKNOWN = "unknown"
    OUTSIDE = "outside"  # not asked of the ML-BOM of a model, and not there


class FieldFinding(Struct, frozen=True, kw_only=True):
    """What was found for one field.

    Args:
        field: what was asked for.
        state: what the BOM says.
        place: where it says it, or where it would.
        lacking: the datasets that do not say it, where others may.
    """

    field: ProfileField
    state: State
    place: str
    lacking: tuple[str, ...] = ()


class Readiness(Struct, frozen=True, kw_only=True):
    """How much of a profile is filled in. It says nothing about whether any of it is true.

    Args:
        profile: its name.
        findings: one for each of its fields, in the table's order.
    """

    profile: str
    findings: tuple[FieldFinding, ...]

    @property
    def complete(self) -> bool:
        """Whether everything that is asked of a model's ML-BOM is there."""
        return not self.lacking

    @property
    def lacking(self) -> tuple[FieldFinding, ...]:
        """What is asked for and missing or unknown."""
        return tuple(each for each in self.findings if each.state in {State.MISSING, State.UNKNOWN})


def assess(document: Mapping[str, Any], *, profile: str, signed: bool) -> Readiness:
    """Hold an ML-BOM against a profile.

    Args:
        document: a BOM that `attest.claims.mlbom.read` accepts.
        profile: `g7` or `eu-annex-iv` (`attest.claims.bom_profiles.TITLES`).
        signed: whether it was verified as somebody's signed claim; G7 asks for the author's signature.
    """
    model = _model(document)
    roots = {_MODEL_ROOT: [model], _DATASET_ROOT: list(_datasets(document, model))}
    findings = []
    for field in fields_of(profile):
        finding = _look(field, document, roots)
        if signed and field.name == SIGNATURE:
            finding = FieldFinding(field=field, state=State.PRESENT, place="the claim's signature")
        findings.append(finding)
    return Readiness(profile=profile, findings=tuple(findings))


def _model(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """The same that `read` takes: what the BOM is about, or its only model."""
    subject = document.get("metadata", {}).get("component", {})
    models = (part for part in document.get("components", ()) if part.get("type") == terms.MODEL_TYPE)
    found: Mapping[str, Any] = subject if subject.get("type") == terms.MODEL_TYPE else next(models, {})
    return found


def _datasets(document: Mapping[str, Any], model: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for part in (*document.get("components", ()), *model.get("components", ())):
        relations = list(_walk([part], f"properties[{terms.RELATION}]"))
        if relations == ["dataset"] or (not relations and part.get("type") == "data"):
            yield part
    for item in _walk([model], "modelCard/modelParameters/datasets"):
        if isinstance(item, dict) and "ref" not in item:
            yield {"name": item.get("name"), "data": [item]}


def _look(
    field: ProfileField, document: Mapping[str, Any], roots: Mapping[str, Sequence[Mapping[str, Any]]]
) -> FieldFinding:
    if not field.places[0].startswith(f"{_DATASET_ROOT}/"):
        state, place = _state(field, {"": [document], _MODEL_ROOT: roots[_MODEL_ROOT]})
        return FieldFinding(field=field, state=state, place=place)
    found = {
        index: (str(dataset.get("name") or index), *_state(field, {**roots, "": [document], _DATASET_ROOT: [dataset]}))
        for index, dataset in enumerate(roots[_DATASET_ROOT])
    }
    states = {state for _, state, _ in found.values()}
    worst = next((state for state in (State.MISSING, State.UNKNOWN, State.OUTSIDE) if state in states), None)
    nothing = State.MISSING if field.asked else State.OUTSIDE
    return FieldFinding(
        field=field,
        state=worst or (State.PRESENT if found else nothing),
        place=next((place for _, state, place in found.values() if state is State.PRESENT), field.places[0]),
        lacking=tuple(name for name, state, _ in found.values() if state is not State.PRESENT),
    )


def _state(field: ProfileField, roots: Mapping[str, Iterable[Any]]) -> tuple[State, str]:
    unknown = None
    for place in field.places:
        root, _, rest = place.removeprefix("?").partition("/")
        start, path = (roots[root], rest) if root in roots and rest else (roots[""], place)
        answers = [_answer(value) for value in _walk(start, path)]
        if State.PRESENT in answers and not place.startswith("?"):
            return State.PRESENT, place
        if State.UNKNOWN in answers:
            unknown = unknown or place.removeprefix("?")
    if unknown is not None:
        return State.UNKNOWN, unknown
    return (State.MISSING if field.asked else State.OUTSIDE), field.places[0]


def _answer(value: Any) -> State:
    if isinstance(value, str):
        word = value.strip().lower()
        if word in _UNKNOWN_WORDS:
            return State.UNKNOWN
        return State.MISSING if word in _EMPTY_WORDS else State.PRESENT
    return State.MISSING if value in (None, {}) else State.PRESENT


def _walk(values: Iterable[Any], path: str) -> Iterator[Any]:
    """Every value at `path`; lists are walked, properties give their value."""
    step, _, rest = path.partition("/")
    key, _, word = step.removesuffix("]").partition("[")
    for value in values:
        if not isinstance(value, dict):
            continue
        inner = value.get(key)
        items = inner if isinstance(inner, list) else [] if inner is None else [inner]
        if word:
            items = [item for item in items if isinstance(item, dict) and _is_meant(item, word)]
        if word and key == "properties":
            items = [item.get("value") for item in items]
        if rest:
            yield from _walk(items, rest)
        else:
            yield from items


def _is_meant(item: Mapping[str, Any], word: str) -> bool:
    if word.endswith("*"):
        return str(item.get("name")).startswith(word[:-1])
    return word in (item.get("name"), item.get("type")) or word in item
