"""bom-refs of a CycloneDX document: which there are, and the document with other ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from attest.claims.mlbom_check import REFERENCE_KEYS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_SIGNATURE: Final = "signature"
_PROPERTIES: Final = "properties"
_EDGES: Final = ("dependsOn", "provides")


def defined(value: Any) -> Iterator[str]:
    """Every bom-ref that something in `value` has, signatures and properties aside, as the check walks."""
    if isinstance(value, list):
        for item in value:
            yield from defined(item)
    elif isinstance(value, dict):
        if isinstance(value.get("bom-ref"), str):
            yield value["bom-ref"]
        for key, inner in value.items():
            if key not in (_SIGNATURE, _PROPERTIES):
                yield from defined(inner)


def renamed(value: Any, names: Mapping[str, str], *, define: bool = True) -> Any:
    """A copy of `value` with other bom-refs, each list of references without repetitions.

    Signatures inside it (JSF) are left out: they would not cover the copy.

    Args:
        value: a document or a part of one.
        names: old bom-ref → new one; others stay.
        define: whether what has such a bom-ref gets the new one, too; else only what refers to it.
    """
    if isinstance(value, list):
        return [renamed(item, names, define=define) for item in value]
    if not isinstance(value, dict):
        return value
    return {key: _renamed_under(key, inner, names, define=define) for key, inner in value.items() if key != _SIGNATURE}


def _renamed_under(key: str, value: Any, names: Mapping[str, str], *, define: bool) -> Any:
    if key == _PROPERTIES:
        return list(value) if isinstance(value, list) else value
    if key == "bom-ref":
        return names.get(value, value) if define else value
    if key in REFERENCE_KEYS and isinstance(value, str):
        return names.get(value, value)
    if key in REFERENCE_KEYS and isinstance(value, list) and all(isinstance(item, str) for item in value):
        return list(dict.fromkeys(names.get(item, item) for item in value))
    return renamed(value, names, define=define)


def combined(dependencies: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """One entry for each thing, with everything that any of its entries lists; none depends on itself."""
    found: dict[str, dict[str, Any]] = {}
    for entry in dependencies:
        one = found.setdefault(entry["ref"], {"ref": entry["ref"]})
        for key in _EDGES:
            together = [*one.get(key, ()), *entry.get(key, ())]
            if together:
                one[key] = [each for each in dict.fromkeys(together) if each != entry["ref"]]
    return list(found.values())
