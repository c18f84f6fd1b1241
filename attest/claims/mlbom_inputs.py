"""What a model was made from, as a CycloneDX BOM says it in up to three places that have to agree."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from attest.claims import mlbom_terms as terms
from attest.claims.mlbom_fields import Fields, Properties
from attest.claims.training import Input, Role, Standing
from attest.errors import MalformedEvidence

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_ROLE_OF_TYPE: Final = MappingProxyType({"data": Role.DATASET, terms.MODEL_TYPE: Role.BASE_MODEL})
"""For BOMs without our relation: the guide lists datasets as `data` and base models as models."""

_STANDINGS: Final = MappingProxyType({each.value: each for each in Standing})
_OWNERS: Final = MappingProxyType({"owners": "owner", "stewards": "steward", "custodians": "custodian"})


def read_inputs(model: Fields, parts: Sequence[tuple[Fields, Properties]]) -> tuple[Input, ...]:
    """Components, pedigree and inline datasets, each thing once.

    Nothing named in any of the three is left out: a base that stood only in the pedigree would escape each
    rule about lineage.

    Args:
        model: the model's component.
        parts: the other components, each with its properties.

    Raises:
        MalformedEvidence: one thing with two digests (`bom-contradiction`), or a standing, relation or digest that is
            none.
    """
    found: dict[tuple[Role, str], Input] = {}
    for item in _named(model, parts):
        key = (item.role, item.name)
        found[key] = _agreed(found[key], item) if key in found else item
    return tuple(found.values())


def _named(model: Fields, parts: Sequence[tuple[Fields, Properties]]) -> Iterator[Input]:
    ancestors = model.child("pedigree").children("ancestors")
    merged = []
    for part, facts in (*parts, *((entry, Properties.of(entry)) for entry in ancestors)):
        if facts.one(terms.RELATION) == terms.ANCESTOR:
            merged.append(part)
            continue
        role = _role(part, facts)
        if role is not None:
            yield _input(part, facts, role)
    _check_accounted_for(ancestors, merged)
    for dataset in model.child("modelCard").child("modelParameters").children("datasets"):
        if "ref" not in dataset.values and dataset.text("type") == "dataset":
            yield from _described(dataset)


def _check_accounted_for(ancestors: Sequence[Fields], merged: Sequence[Fields]) -> None:
    """In a merged BOM, each ancestor is named in the pedigree of the model or of another one that is.

    Without that, the word would hide a base model from each rule about lineage.
    """
    unnamed = {part.sha256(): part for part in merged}
    waiting = [entry.sha256() for entry in ancestors] if unnamed else []
    while waiting:
        digest = waiting.pop()
        named = unnamed.pop(digest, None) if digest is not None else None
        if named is not None:
            waiting += [entry.sha256() for entry in named.child("pedigree").children("ancestors")]
    for part in unnamed.values():
        raise MalformedEvidence(
            f"the ML-BOM calls {(part.text('name') or '')[:80]!r} an ancestor, and no pedigree names it",
            code="bom-contradiction",
            expected="its digest in the pedigree of what was made from it",
            found=f"at {part.place}",
        )


def _role(part: Fields, facts: Properties) -> Role | None:
    word = facts.one(terms.RELATION)
    if word is None:
        return _ROLE_OF_TYPE.get(part.text("type") or "")
    if word not in terms.ROLES:
        raise facts.wrong(terms.RELATION, ", ".join(terms.ROLES), word)
    return terms.ROLES[word]


def _input(part: Fields, facts: Properties, role: Role) -> Input:
    digest = part.sha256()
    described = next(_described(*part.children("data")[:1]), None)
    places = [link.text("url") for link in part.children("externalReferences") if link.text("type") == "distribution"]
    governance = dict(described.governance) if described else {}
    personal = facts.boolean(terms.PERSONAL_DATA)
    return Input(
        role=role,
        name=part.text("name") or "",
        standing=_standing(facts, has_digest=digest is not None),
        digest=digest,
        uri=facts.one(terms.URI) or next(iter(places), None) or (described.uri if described else None),
        split=facts.one(terms.SPLIT),
        licence=licence_of(part),
        personal_data=described.personal_data if personal is None and described else personal,
        classification=described.classification if described else None,
        governance=MappingProxyType(governance | facts.under(terms.GOVERNANCE)),
        description=part.text("description") or (described.description if described else None),
        size=facts.count(terms.SIZE),
    )


def _standing(facts: Properties, *, has_digest: bool) -> Standing:
    """Ours say it. In others a digest is what somebody stated, and no digest means that nobody knows."""
    word = facts.one(terms.STANDING)
    if word is None:
        return Standing.STATED if has_digest else Standing.UNKNOWN
    standing = _STANDINGS.get(word)
    if standing is None:
        raise facts.wrong(terms.STANDING, ", ".join(Standing), word)
    if has_digest == (standing is Standing.UNKNOWN):
        raise MalformedEvidence(
            f"the ML-BOM calls an input {word} at {facts.place}",
            code="bom-contradiction",
            expected="no digest where it is unknown, and a digest where it is not",
            found="a digest" if has_digest else "no digest",
        )
    return standing


def _described(*datasets: Fields) -> Iterator[Input]:
    """CycloneDX componentData: it has no digest, so by itself it is of unknown provenance."""
    for dataset in datasets:
        governance = dataset.child("governance")
        yield Input(
            role=Role.DATASET,
            name=dataset.text("name") or "",
            standing=Standing.UNKNOWN,
            uri=dataset.child("contents").text("url"),
            personal_data=True if dataset.texts("sensitiveData") else None,
            classification=dataset.text("classification"),
            governance=MappingProxyType(
                {role: name for field, role in _OWNERS.items() if (name := _party(governance, field)) is not None},
            ),
            description=dataset.text("description"),
        )


def _party(governance: Fields, field: str) -> str | None:
    parties = governance.children(field)
    if not parties:
        return None
    contact = parties[0].child("contact")
    return parties[0].child("organization").text("name") or contact.text("name") or contact.text("email")


def _agreed(first: Input, second: Input) -> Input:
    """One thing named twice: where both have a digest it must be the same; the one that says more stays."""
    if first.digest is None or second.digest is None:
        known = first if second.digest is None else second
        return replace(known, uri=first.uri or second.uri)
    if first.digest != second.digest:
        raise MalformedEvidence(
            f"the ML-BOM gives {first.name[:80]!r} two digests",
            code="bom-contradiction",
            expected=str(first.digest),
            found=str(second.digest),
        )
    return first


def licence_of(component: Fields) -> str | None:
    """The licence as SPDX expression, or the words used instead. Several together: all of them hold."""
    found = []
    for choice in component.children("licenses"):
        inner = choice.child("license")
        found.append(choice.text("expression") or inner.text("id") or inner.text("name"))
    names = [name for name in found if name]
    if len(names) > 1:
        return " AND ".join(f"({name})" if " " in name else name for name in names)
    return names[0] if names else None
