"""`attest.yaml` → `TrainingRecord`: every key known, every value of its type, every error with its place."""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from attest.claims import record_places
from attest.claims.provenance import RESERVED_NAMES
from attest.claims.record_places import PLACES, UNKNOWN
from attest.claims.record_reading import Reading
from attest.claims.record_values import RecordedInput, TrainingRecord
from attest.claims.training import Metric, Role, TensorSpec
from attest.strict_yaml import suggestion
from attest_registry.digest import Digest
from attest_registry.errors import BadReference

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from attest.strict_yaml import Document, NodePath

API_VERSION: Final = "attest/v1"
KIND: Final = "TrainingRecord"
_TOP: Final = (
    "apiVersion", "kind", "model", "operation", "source", "inputs", "parameters", "environment", "metrics",
    "interface", "card", "files",
)  # fmt: skip
_SECTIONS: Final = ("model", "source", "environment", "card")
_SPELLINGS: Final = {"license": "licence"}
_INPUT: Final = (
    "role", "name", "path", "digest", "ref", "provenance", "uri", "split", "licence", "license", "personal_data",
    "classification", "governance", "description",
)  # fmt: skip
_WAYS: Final = ("path", "digest", "ref", "provenance")
_ROLES: Final = tuple(role.value for role in Role if role is not Role.ENVIRONMENT)


def read(document: Document, *, folder: Path) -> TrainingRecord:
    """The record that a document holds.

    Args:
        document: the YAML document.
        folder: what paths in it are relative to.

    Raises:
        RecordError: an unknown key (code `record-unknown-key`, with the nearest known one), a value of the wrong type
            or form, an input without a digest that does not say `unknown`, or a name that is used twice.
    """
    return _Reader(document, folder).record()


class _Reader:
    def __init__(self, document: Document, folder: Path) -> None:
        self._document = document
        self._reading = Reading(document)
        self._folder = folder
        self._texts: dict[str, str] = {}
        self._unknown: set[str] = set()

    def record(self) -> TrainingRecord:
        top = self._document.check_keys((), self._document.value, _TOP, required=("apiVersion", "kind"))
        for key, wanted in (("apiVersion", API_VERSION), ("kind", KIND)):
            if top[key] != wanted:
                raise self._document.error((key,), f"this is no {KIND} that attest reads", expected=f"{key}: {wanted}")
        if top.get("operation") is not None:
            self._place("operation", ("operation",), top["operation"])
        for section in _SECTIONS:
            self._section(section, top.get(section))
        if "environment.requirements" in self._texts:
            self._texts["environment.requirements"] = str(self._folder / self._texts["environment.requirements"])
        interface = self._reading.mapping(("interface",), top.get("interface"), ("inputs", "outputs"))
        files = self._reading.mapping(("files",), top.get("files"), ("roles",))
        return TrainingRecord(
            texts=MappingProxyType(self._texts),
            unknown=frozenset(self._unknown),
            inputs=self._inputs(top.get("inputs")),
            parameters=MappingProxyType(self._parameters(("parameters",), top.get("parameters"))),
            metrics=tuple(self._metric(*item) for item in self._reading.items(("metrics",), top.get("metrics"))),
            inputs_spec=self._tensors(("interface", "inputs"), interface.get("inputs")),
            outputs_spec=self._tensors(("interface", "outputs"), interface.get("outputs")),
            roles=MappingProxyType(self._reading.free_texts(("files", "roles"), files.get("roles"))),
            origin=self._document.what,
        )

    def _section(self, section: str, value: Any) -> None:
        if value is None or value == UNKNOWN:
            if value == UNKNOWN:
                self._unknown.add(section)
            return
        known = [place.partition(".")[2] for place in PLACES if place.startswith(f"{section}.")]
        if "licence" in known:
            known.append("license")
        for key, item in self._document.check_keys((section,), value, known).items():
            place = f"{section}.{_SPELLINGS.get(key, key)}"
            if place in self._texts:
                raise self._document.error((section, key), f"{place} stands twice", code="duplicate-key", at_key=True)
            if item is not None:
                self._place(place, (section, key), item)

    def _place(self, place: str, path: NodePath, value: Any) -> None:
        if value == UNKNOWN:
            self._unknown.add(place)
        else:
            self._texts[place] = self._reading.checked(PLACES[place], path, value)

    def _inputs(self, value: Any) -> tuple[RecordedInput, ...]:
        inputs = tuple(self._input(path, item) for path, item in self._reading.items(("inputs",), value))
        names: set[str] = set()
        for position, item in enumerate(inputs):
            if item.name in names or item.name in RESERVED_NAMES:
                why = "is used twice" if item.name in names else "has a meaning of its own in the provenance"
                raise self._document.error(
                    ("inputs", position, "name"), f"the input name {item.name!r} {why}", code="duplicate-name"
                )
            names.add(item.name)
        return inputs

    def _input(self, path: NodePath, value: Any) -> RecordedInput:
        entry = self._document.check_keys(path, value, _INPUT, required=("role", "name"))
        if entry["role"] not in _ROLES:
            raise self._document.error(
                (*path, "role"),
                f"unknown role {str(entry['role'])[:60]!r}",
                code="bad-value",
                expected=", ".join(_ROLES),
                hint=suggestion(str(entry["role"]), _ROLES),
            )
        if "licence" in entry and "license" in entry:
            raise self._document.error((*path, "license"), "licence stands twice", code="duplicate-key", at_key=True)
        licence = "license" if "license" in entry else "licence"
        local = self._reading.optional(entry, path, "path")
        return RecordedInput(
            role=Role(entry["role"]),
            name=self._reading.checked(record_places.input_name, (*path, "name"), entry["name"]),
            path=None if local is None else str(self._folder / local),
            digest=self._digest((*path, "digest"), entry.get("digest")),
            ref=self._reading.optional(entry, path, "ref"),
            unknown=self._way(path, entry) == "provenance",
            uri=self._reading.optional(entry, path, "uri", record_places.uri),
            split=self._reading.optional(entry, path, "split"),
            licence=self._reading.optional(entry, path, licence),
            personal_data=self._reading.flag((*path, "personal_data"), entry.get("personal_data")),
            classification=self._reading.optional(entry, path, "classification"),
            governance=MappingProxyType(self._reading.free_texts((*path, "governance"), entry.get("governance"))),
            description=self._reading.optional(entry, path, "description"),
        )

    def _way(self, path: NodePath, entry: Mapping[str, Any]) -> str:
        """The one way in which the digest of an input is known."""
        given = [key for key in _WAYS if entry.get(key) is not None]
        if len(given) != 1:
            found = f"has {' and '.join(given)}" if given else "has no digest and does not say that it is unknown"
            raise self._document.error(
                path,
                f"the input {str(entry['name'])[:60]!r} {found}",
                code="input-without-digest" if not given else "bad-value",
                expected="one of: digest: sha256:…, path: …, ref: …, provenance: unknown",
            )
        if given == ["provenance"] and entry["provenance"] != UNKNOWN:
            raise self._document.error(
                (*path, "provenance"), "provenance says unknown or is left out", code="bad-value"
            )
        if given == ["ref"] and entry.get("uri") is not None:
            raise self._document.error(
                (*path, "uri"), "a ref names its own place", code="bad-value", hint="drop the uri"
            )
        return given[0]

    def _digest(self, path: NodePath, value: Any) -> Digest | None:
        if value is None:
            return None
        try:
            return Digest.parse(str(value))
        except BadReference as error:
            raise self._document.error(path, error.message, code="bad-value", expected=error.expected) from error

    def _metric(self, path: NodePath, value: Any) -> Metric:
        entry = self._document.check_keys(
            path, value, ("name", "value", "dataset", "slice"), required=("name", "value")
        )
        return Metric(
            name=self._reading.checked(record_places.input_name, (*path, "name"), entry["name"]),
            value=self._reading.checked(record_places.number, (*path, "value"), entry["value"]),
            dataset=self._reading.optional(entry, path, "dataset"),
            slice=self._reading.optional(entry, path, "slice"),
        )

    def _tensors(self, path: NodePath, value: Any) -> tuple[TensorSpec, ...]:
        return tuple(self._tensor(*item) for item in self._reading.items(path, value))

    def _tensor(self, path: NodePath, value: Any) -> TensorSpec:
        entry = self._document.check_keys(path, value, ("name", "dtype", "shape"), required=("name", "dtype"))
        shape = entry.get("shape") or []
        whole = isinstance(shape, list) and all(
            isinstance(n, int) and not isinstance(n, bool) and n >= -1 for n in shape
        )
        if not whole:
            raise self._document.error((*path, "shape"), "a shape is a list of whole numbers", code="bad-value")
        return TensorSpec(
            name=self._reading.checked(record_places.input_name, (*path, "name"), entry["name"]),
            dtype=self._reading.checked(record_places.words, (*path, "dtype"), entry["dtype"]),
            shape=tuple(shape),
        )

    def _parameters(self, path: NodePath, value: Any, prefix: str = "") -> dict[str, str]:
        """Nested names are joined by dots; lists become one text; what was typed stays as it was typed."""
        found: dict[str, str] = {}
        for key, item in self._reading.any_mapping(path, value).items():
            here = (*path, key)
            name = self._reading.checked(record_places.input_name, here, prefix + key)
            added = self._parameters(here, item, f"{name}.") if isinstance(item, dict) else {name: _plain(item)}
            if twice := sorted(set(added) & set(found)):
                raise self._document.error(here, f"the parameter {twice[0]} stands twice", code="duplicate-key")
            found |= added
        return found


def _plain(value: Any) -> str:
    """What was typed; a list as `[a, b]`."""
    if isinstance(value, list):
        return f"[{', '.join(_plain(item) for item in value)}]"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
