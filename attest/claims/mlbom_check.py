"""What the CycloneDX schema does not notice and a reader must: checked in plain Python, without imports.

The official schema accepts references to nothing, two things with one bom-ref, a modelCard on a library, `data` on a
model and digests of the wrong length. Each lets two readers see two different BOMs.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from urllib.parse import unquote

from attest.claims.mlbom_terms import MODEL_TYPE, SPECS
from attest.errors import MalformedEvidence

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

Place: TypeAlias = "tuple[Place, str | int] | None"
"""Where something stands: where what it is in stands, and its key or index there; `None` for the document."""

REFERENCE_KEYS: Final = frozenset(
    {
        *("ref", "dependsOn", "provides", "dependencies", "assemblies", "vulnerabilities", "subjects", "tools"),
        *("assessor", "requirement", "requirements", "parent", "claims", "counterClaims", "mitigationStrategies"),
        *("target", "evidence", "counterEvidence"),
        *("signatureAlgorithmRef", "subjectPublicKeyRef", "algorithmRef", "algorithms", "algorithm"),
        *("cryptoRefArray", "encr", "prf", "integ", "ke", "auth"),
        *("members", "patentRefs", "asserter", "attributedTo", "process"),
    },
)
"""Keys whose strings name a bom-ref (schemas 1.6 and 1.7; a test derives the list from them). Objects are walked."""

_ONLY_INSIDE: Final = frozenset({"dependsOn", "provides"})
"""Where the schema allows no link to another BOM."""

_COMPONENT_LISTS: Final = frozenset({"components", "ancestors", "descendants", "variants"})

_OPAQUE: Final = frozenset({"signature", "properties"})
"""JSF signatures, whose `algorithm` is no reference, and name-value pairs, which hold none and are half of a BOM."""

_LINK: Final = re.compile(r"urn:cdx:([0-9a-f-]{36})/[0-9]+(?:#(.+))?", re.ASCII)
_HEX_DIGITS: Final = MappingProxyType(
    {
        name: (digits, re.compile(f"[0-9a-fA-F]{{{digits}}}", re.ASCII))
        for digits, names in (
            (32, "MD5"),
            (40, "SHA-1"),
            (64, "SHA-256 SHA3-256 BLAKE2b-256 BLAKE3 Streebog-256"),
            (96, "SHA-384 SHA3-384 BLAKE2b-384"),
            (128, "SHA-512 SHA3-512 BLAKE2b-512 Streebog-512"),
        )
        for name in names.split()
    },
)
_UNKNOWN: Final = (None, None)


def check_meaning(document: Mapping[str, Any]) -> None:
    """Refuse a BOM that contradicts itself.

    Args:
        document: the BOM as parsed JSON; any JSON, valid or not.

    Raises:
        MalformedEvidence: `bom-version`, `bom-duplicate-ref`, `bom-dangling-reference`, `bom-misplaced` (modelCard or
            data on the wrong type of component) or `bom-hash`; the message says where.
    """
    spec_of(document)
    defined: dict[str, Place] = {}
    named: list[tuple[Place, str]] = []
    for place, thing in _objects(document):
        if "bom-ref" in thing:
            _define(thing["bom-ref"], place, defined)
        if "modelCard" in thing or "data" in thing:
            _check_pairing(thing, place)
        if "alg" in thing:
            _check_hash(thing, place)
        if not REFERENCE_KEYS.isdisjoint(thing):
            named.extend(_references(thing, place))
    for place, reference in named:
        _resolve(reference, place, defined, document.get("serialNumber"))


def spec_of(document: Mapping[str, Any]) -> str:
    """The CycloneDX version that a BOM claims, in all the places where it claims one.

    Raises:
        MalformedEvidence: none, one that is not read here, or two different ones (`bom-version`). The schema
            itself does not notice: it accepts any text as version.
    """
    spec = document.get("specVersion")
    if document.get("bomFormat") != "CycloneDX" or spec not in SPECS:
        raise MalformedEvidence(
            "the ML-BOM is in a format that is not read here",
            code="bom-version",
            expected=f"CycloneDX {' or '.join(SPECS)}",
            found=f"{str(document.get('bomFormat'))[:40]} {str(spec)[:40]}",
        )
    named = document.get("$schema")
    if named not in (
        None,
        *(f"{scheme}://cyclonedx.org/schema/bom-{spec}.schema.json" for scheme in ("http", "https")),
    ):
        raise MalformedEvidence(
            "the ML-BOM names the schema of another version",
            code="bom-version",
            expected=f"that of {spec}",
            found=str(named)[:120],
        )
    return str(spec)


def _objects(document: Mapping[str, Any]) -> Iterator[tuple[Place, Mapping[str, Any]]]:
    """Every object of the document, signatures and properties aside, in no particular order."""
    waiting: list[tuple[Place, Any]] = [(None, document)]
    while waiting:
        place, value = waiting.pop()
        if isinstance(value, dict):
            yield place, value
            inside: Iterable[tuple[str | int, Any]] = value.items()
        else:
            inside = enumerate(value)
        for key, inner in inside:  # most of a BOM is text, and text is not kept waiting
            if isinstance(inner, (dict, list)) and key not in _OPAQUE:
                waiting.append(((place, key), inner))


def _define(reference: Any, place: Place, defined: dict[str, Place]) -> None:
    if reference is None:
        return
    if not isinstance(reference, str) or not reference:
        raise MalformedEvidence(f"the ML-BOM has a bom-ref that is no text at {_where(place)}", code="bom-schema")
    if reference in defined:
        raise MalformedEvidence(
            f"the ML-BOM uses the bom-ref {reference[:80]!r} twice",
            code="bom-duplicate-ref",
            expected="one thing for each bom-ref",
            found=f"{_where(defined[reference])} and {_where(place)}",
        )
    defined[reference] = place


def _check_pairing(thing: Mapping[str, Any], place: Place) -> None:
    kind = thing.get("type")
    if "modelCard" in thing and kind != MODEL_TYPE:
        raise MalformedEvidence(
            f"the ML-BOM has a modelCard at {_where(place)}, which is no model",
            code="bom-misplaced",
            expected=MODEL_TYPE,
            found=str(kind)[:40],
        )
    if "data" in thing and _is_component(place) and kind != "data":
        raise MalformedEvidence(
            f"the ML-BOM has data at {_where(place)}, which is no data component",
            code="bom-misplaced",
            expected="data",
            found=str(kind)[:40],
        )


def _is_component(place: Place) -> bool:
    """Services and declared evidence have a `data` of their own."""
    return place is not None and (place[1] == "component" or _key(place[0]) in _COMPONENT_LISTS)


def _key(place: Place) -> str | int | None:
    return None if place is None else place[1]


def _check_hash(thing: Mapping[str, Any], place: Place) -> None:
    if place is None or "content" not in thing or _key(place[0]) != "hashes":
        return
    algorithm, content = thing["alg"], thing["content"]
    digits, form = _HEX_DIGITS.get(algorithm, _UNKNOWN) if isinstance(algorithm, str) else _UNKNOWN
    if form is None or not isinstance(content, str) or not form.fullmatch(content):
        raise MalformedEvidence(
            f"the ML-BOM has a wrong digest at {_where(place)}",
            code="bom-hash",
            expected=f"{digits} hexadecimal digits for {algorithm}" if digits else "an algorithm that CycloneDX knows",
            found=f"{str(algorithm)[:20]} {str(content)[:80]}",
        )


def _references(thing: Mapping[str, Any], place: Place) -> Iterator[tuple[Place, str]]:
    for key in REFERENCE_KEYS.intersection(thing):
        value = thing[key]
        if isinstance(value, str):
            yield (place, key), value
        elif isinstance(value, list):
            yield from (((place, key), item) for item in value if isinstance(item, str))


def _resolve(reference: str, place: Place, defined: Mapping[str, Place], serial: Any) -> None:
    if reference in defined:
        return
    link = _LINK.fullmatch(reference)
    if link is not None and _key(place) not in _ONLY_INSIDE:
        into_this = serial == f"urn:uuid:{link.group(1)}"
        if not into_this or link.group(2) is None or unquote(link.group(2)) in defined:
            return
    raise MalformedEvidence(
        f"the ML-BOM refers to {reference[:80]!r}, which it does not hold",
        code="bom-dangling-reference",
        expected="a bom-ref of this BOM",
        found=f"at {_where(place)}",
    )


def _where(place: Place) -> str:
    parts = []
    while place is not None:
        place, key = place
        parts.append(str(key))
    return "/".join(reversed(parts))[:200] or "the document"
