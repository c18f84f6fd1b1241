"""The ML-BOMs of a version and of its ancestors as one CycloneDX document; and one BOM in another version of CycloneDX.

Each ancestor becomes one component, however many models were made from it: the model as its own BOM has it, with what
it consists of and was made with nested inside, and a BOM-Link to the document that it came from. What a descendant says
of it moves into that one's pedigree, where relation and standing belong: they differ from descendant to descendant.
bom-refs of an ancestor begin with its digest. The same documents give the same result, byte for byte.
"""

from __future__ import annotations

import json
import re
import uuid
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from attest.claims import mlbom_terms as terms
from attest.claims.mlbom_check import check_meaning
from attest.claims.mlbom_fields import Fields
from attest.claims.mlbom_refs import combined, defined, renamed
from attest.claims.mlbom_schema import check_schema
from attest.errors import MalformedEvidence

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from attest_registry.digest import Digest

_KEPT: Final = ("components", "services", "dependencies", "compositions", "vulnerabilities")
"""What is taken over from an ancestor's document beside its model."""

_OF_THE_DOCUMENT: Final = frozenset({"$schema", "bomFormat", "specVersion", "serialNumber", "version", "metadata"})
_SAID: Final = ("version", "description", "licenses", "purl", "externalReferences")
"""What a descendant may say of an ancestor beside name, digest and properties."""

_SERIAL: Final = re.compile(r"urn:uuid:([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})", re.ASCII)


class Merged(Struct, frozen=True, kw_only=True):
    """What became of the documents.

    Args:
        document: one BOM, not yet held against schema and meaning.
        left_out: ancestor → why its BOM could not be taken in; it stays as its descendants state it.
        partly: ancestor → what of its document was not taken over.
    """

    document: dict[str, Any]
    left_out: Mapping[Digest, str]
    partly: Mapping[Digest, tuple[str, ...]]


def in_spec(document: Mapping[str, Any], spec: str) -> dict[str, Any]:
    """The same BOM in another version of CycloneDX. Not yet checked: an older one may lack words of a newer one.

    Args:
        document: the BOM; in the version that is asked for, it stays as it is.
        spec: the version.
    """
    if document.get("specVersion") == spec:
        return dict(document)
    changed: dict[str, Any] = renamed(document, {})
    changed["specVersion"] = spec
    if "$schema" in changed:
        changed["$schema"] = f"http://cyclonedx.org/schema/bom-{spec}.schema.json"
    return changed


def merge(
    document: Mapping[str, Any], *, digest: Digest, ancestors: Mapping[Digest, Mapping[str, Any]], spec: str
) -> Merged:
    """Put a version's ML-BOM and those of its ancestors together.

    Args:
        document: its ML-BOM, valid; this and the others are accepted by `attest.claims.mlbom.read`.
        digest: its manifest digest, at which a circle ends.
        ancestors: manifest digest → ML-BOM, in the order in which they are to stand.
        spec: CycloneDX version of the result.
    """
    left_out = {each: why for each, theirs in ancestors.items() if (why := _unfit(theirs))}
    sound = {each: _kept(theirs) for each, theirs in ancestors.items() if each not in left_out and each != digest}
    reached = _reached(document, sound)
    taken = {each: theirs for each, theirs in sound.items() if each in reached}
    left_out |= dict.fromkeys(sound.keys() - reached, "nothing that is taken in names it")
    names = _Names()
    own = in_spec(renamed(document, names.of(document, prefix="")), spec)
    model = _model_of(own)
    model.setdefault("bom-ref", names.free(terms.MODEL_REF))
    refs = {digest: str(model["bom-ref"])} | {each: names.free(f"{each}/{terms.MODEL_REF}") for each in taken}
    result = _with_ancestors_joined(own, refs, digest)
    for each, theirs in taken.items():
        part = _ancestor(theirs, each, refs, names)
        for key in _KEPT:
            if part.get(key):
                result[key] = [*result.get(key, ()), *part[key]]
    result["dependencies"] = combined(result.get("dependencies", ()))
    _refer_to(document, result)
    partly = {each: rest for each in taken if (rest := _rest(ancestors[each]))}
    return Merged(document=_numbered(result), left_out=left_out, partly=partly)


class _Names:
    """bom-refs that are given out once."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def of(self, document: Mapping[str, Any], *, prefix: str) -> dict[str, str]:
        """Old → new for everything in a document."""
        return {ref: self.free(f"{prefix}{ref}") for ref in defined(document)}

    def free(self, wanted: str) -> str:
        """`wanted`, or something like it that nothing has."""
        while wanted in self._taken:
            wanted += "'"
        self._taken.add(wanted)
        return wanted


def _unfit(document: Mapping[str, Any]) -> str | None:
    """Why a document is not taken in: it is not valid, or what is taken over of it refers to what is not."""
    try:
        check_schema(document)
        check_meaning(_kept(document))
    except MalformedEvidence as error:
        return error.message
    return None


def _reached(document: Mapping[str, Any], sound: Mapping[Digest, Mapping[str, Any]]) -> set[Digest]:
    """The ancestors that the model names, or one of them: no pedigree in the result would name another."""
    reached: set[Digest] = set()
    waiting = [document]
    while waiting:
        here = waiting.pop()
        model = _model_of(here)
        parts = (*here.get("components", ()), *model.get("components", ()))
        models = [part for part in parts if part.get("type") == terms.MODEL_TYPE and part is not model]
        for part in (*models, *_pedigree(model)):
            above = _sha256(part)
            if above is not None and above in sound and above not in reached:
                reached.add(above)
                waiting.append(sound[above])
    return reached


def _pedigree(model: Mapping[str, Any]) -> Sequence[dict[str, Any]]:
    found: Sequence[dict[str, Any]] = model.get("pedigree", {}).get("ancestors", ())
    return found


def _kept(document: Mapping[str, Any]) -> dict[str, Any]:
    kept = {
        key: document[key] for key in ("bomFormat", "specVersion", "serialNumber", "version", *_KEPT) if key in document
    }
    subject = document.get("metadata", {}).get("component")
    return kept | ({"metadata": {"component": subject}} if subject else {})


def _rest(document: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(sorted(document.keys() - _OF_THE_DOCUMENT - set(_KEPT)))


def _model_of(document: Mapping[str, Any]) -> dict[str, Any]:
    """The same that `read` takes."""
    subject: dict[str, Any] = document.get("metadata", {}).get("component", {})
    if subject.get("type") == terms.MODEL_TYPE:
        return subject
    return next(part for part in document["components"] if part.get("type") == terms.MODEL_TYPE)


def _ancestor(theirs: Mapping[str, Any], digest: Digest, refs: Mapping[Digest, str], names: _Names) -> dict[str, Any]:
    """An ancestor's document with the model and all that belongs to it as its one component."""
    own_ref = _model_of(theirs).get("bom-ref")
    new = {ref: names.free(f"{digest}/{ref}") for ref in defined(theirs) if ref != own_ref}
    if isinstance(own_ref, str):
        new[own_ref] = refs[digest]
    document = renamed(theirs, new)
    _model_of(document)["bom-ref"] = refs[digest]
    document = _with_ancestors_joined(document, refs, digest)
    model = _model_of(document)
    inside = [part for part in document.get("components", ()) if part is not model]
    if inside:
        model["components"] = [*model.get("components", ()), *inside]
    if _sha256(model) is None:
        model["hashes"] = [*model.get("hashes", ()), {"alg": "SHA-256", "content": digest.hex}]
    said = [item for item in model.get("properties", ()) if item.get("name") != terms.RELATION]
    model["properties"] = [*said, {"name": terms.RELATION, "value": terms.ANCESTOR}]
    _refer_to(theirs, model)
    return document | {"components": [model]}


def _with_ancestors_joined(document: dict[str, Any], refs: Mapping[Digest, str], digest: Digest) -> dict[str, Any]:
    """A document in which each known ancestor's stand-in has made room for the ancestor itself."""
    model = _model_of(document)
    stood_for: dict[str, str] = {}
    for holder in (document, model):
        staying = []
        for part in holder.get("components", ()):
            above = _sha256(part)
            if part is model or part.get("type") != terms.MODEL_TYPE or above is None or above not in refs:
                staying.append(part)
                continue
            stood_for |= dict.fromkeys(defined(part), refs[above])
            _say_in_pedigree(model, part)
        if "components" in holder:
            holder["components"] = staying
    digests = [_sha256(entry) for entry in _pedigree(model)]
    edges = [refs[above] for above in digests if above is not None and above in refs]
    joined: dict[str, Any] = renamed(document, stood_for, define=False)
    if edges:
        joined["dependencies"] = [*joined.get("dependencies", ()), {"ref": refs[digest], "dependsOn": edges}]
    return joined


def _say_in_pedigree(model: dict[str, Any], part: Mapping[str, Any]) -> None:
    """Keep what a document says of an ancestor in its model's pedigree."""
    pedigree = model.setdefault("pedigree", {})
    entries: list[dict[str, Any]] = pedigree.setdefault("ancestors", [])
    for entry in entries:
        if (entry.get("name"), _sha256(entry)) == (part.get("name"), _sha256(part)):
            break
    else:
        entry = {key: part[key] for key in ("type", "name", "hashes") if key in part}
        entries.append(entry)
    for key in _SAID:
        if key in part:
            entry.setdefault(key, _without_refs(part[key]))
    known = {item.get("name") for item in entry.get("properties", ())}
    more = [item for item in part.get("properties", ()) if item.get("name") not in known]
    if more:
        entry["properties"] = [*entry.get("properties", ()), *more]


def _without_refs(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_refs(item) for item in value]
    if isinstance(value, dict):
        return {key: _without_refs(inner) for key, inner in value.items() if key != "bom-ref"}
    return value


def _sha256(part: Mapping[str, Any]) -> Digest | None:
    return Fields(values=part, place="").sha256()


def _refer_to(document: Mapping[str, Any], target: dict[str, Any]) -> None:
    """Say from which document something came, as a BOM-Link."""
    serial = _SERIAL.fullmatch(str(document.get("serialNumber")))
    if serial is not None:
        link = {"type": "bom", "url": f"urn:cdx:{serial.group(1)}/{document.get('version', 1)}"}
        target["externalReferences"] = [*target.get("externalReferences", ()), link]


def _numbered(document: dict[str, Any]) -> dict[str, Any]:
    """With a serial number that follows from the rest: another content is another BOM."""
    rest = {key: value for key, value in document.items() if key != "serialNumber"} | {"version": 1}
    text = json.dumps(rest, sort_keys=True, separators=(",", ":"))
    return document | {"version": 1, "serialNumber": uuid.uuid5(uuid.NAMESPACE_OID, text).urn}
