"""A policy document → the values of `requirements.py`. What is not understood whole is not used at all.

apiVersion: attest/v1
kind: Policy
name: production
description: …
identities: {publisher: {key: publisher.pub}, ci: {issuer: https://…, subject: https://…}}
roles: {approver: [alice, bob]}
trust: {root: trusted_root.json}
names: [acme/credit-risk]
require:
  signature: {by: [publisher]}
  provenance: {by: [publisher], builder: …, source: {repository: …, clean: true}, operation: […]}
  ml-bom: {by: [publisher], consistent: true}
  claims: [{type: test-result, by: [publisher]}]
formats: {allow: [safetensors, json, text], code-bearing: [scaler.pkl]}
lineage: {datasets: known, base-model: known, teacher-model: known, adapter-base: known, source: clean}
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, TypeVar

from msgspec.structs import replace

from attest.claims.predicates import ML_BOM, MODEL_SIGNATURE, PROVENANCE, WORDS
from attest.claims.training import Operation
from attest.model.manifest import FileKind
from attest.policy import claim_demands, patterns
from attest.policy.key_rows import API_VERSION, KIND, NAME_PATTERN, TABLE
from attest.policy.requirements import (
    BOMDemand,
    ClaimDemand,
    FormatDemand,
    ProvenanceDemand,
)
from attest.strict_yaml import NodePath, dotted, suggestion

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from enum import StrEnum

    from attest.policy.requirements import Identity
    from attest.strict_yaml import Document

ANY: Final = "any"
_MOST_TEXT: Final = 4_000
_TYPES: Final = MappingProxyType({word.lower().replace(" ", "-"): uri for uri, word in WORDS.items()})

Word = TypeVar("Word", bound="StrEnum")


def check_head(document: Document) -> None:
    """That it is a policy of this version, and holds no key that this version does not know.

    Raises:
        PolicyError: it is something else (`policy-wrong-kind`), or a key is unknown or missing.
    """
    TABLE.checked(document, (), document.value)
    for key, expected in (("apiVersion", API_VERSION), ("kind", KIND)):
        if document.value[key] != expected:
            raise document.error(
                (key,), f"this is no policy that attest reads: {key}", code="wrong-kind", expected=expected
            )


def read_text(document: Document, path: NodePath, value: Any) -> str:
    """Text that says something.

    Raises:
        PolicyError: it is no text, or empty (`policy-wrong-type`).
    """
    if not isinstance(value, str) or not value.strip() or len(value) > _MOST_TEXT:
        raise document.error(path, f"{dotted(path)} must be text", code="wrong-type")
    return value.strip()


def read_texts(document: Document, path: NodePath, value: Any) -> tuple[str, ...]:
    """One text or a list of them, each once.

    Raises:
        PolicyError: the list is empty (`policy-empty-list`), holds something else, or one thing twice.
    """
    if not isinstance(value, list):
        return (read_text(document, path, value),)
    if not value:
        raise document.error(
            path, f"{dotted(path)} is empty: leave it out, or name something", code="empty-list", expected="1 or more"
        )
    found = tuple(read_text(document, (*path, index), item) for index, item in enumerate(value))
    for index, item in enumerate(found):
        if item in found[:index]:
            raise document.error((*path, index), f"'{item[:80]}' is listed twice", code="listed-twice")
    return found


def read_word(document: Document, path: NodePath, value: Any, known: type[Word]) -> Word:
    """One of the words of an enumeration.

    Raises:
        PolicyError: it is none of them (`policy-unknown-word`), with the nearest one as hint.
    """
    words = [word.value for word in known]
    if value not in words:
        raise document.error(
            path,
            f"{dotted(path)} cannot be '{str(value)[:80]}'",
            code="unknown-word",
            expected=", ".join(words),
            hint=suggestion(str(value), words),
        )
    return known(value)


def read_other_names(document: Document) -> tuple[str, ...]:
    """The key `names`: other names of the model, compared as they stand.

    Raises:
        PolicyError: a pattern (`policy-pattern`) or no list of text.
    """
    if "names" not in document.value:
        return ()
    names = read_texts(document, ("names",), document.value["names"])
    for index, name in enumerate(names):
        if set(name) & set("*?[] "):
            raise document.error(
                ("names", index), f"'{name[:80]}' is a pattern; names are compared as they stand", code="pattern"
            )
    return names


def read_requirements(document: Document, identities: Mapping[str, Identity]) -> dict[str, Any]:
    """The key `require`, as arguments of `Policy`.

    Raises:
        PolicyError: nothing is demanded (`policy-empty`), or a demand is wrong.
    """
    path: NodePath = ("require",)
    value = TABLE.checked(document, path, document.value["require"])
    if not value:
        raise document.error(path, "a policy demands something", code="empty", expected="signature: {by: […]}")
    found: dict[str, Any] = {}
    if "signature" in value:
        TABLE.checked(document, (*path, "signature"), value["signature"])
        by = read_by(document, (*path, "signature"), value["signature"], identities)
        found["signature"] = ClaimDemand(predicate_type=MODEL_SIGNATURE, by=by)
    if "provenance" in value:
        found["provenance"] = _provenance(document, (*path, "provenance"), value["provenance"], identities)
    if "ml-bom" in value:
        found["ml_bom"] = _ml_bom(document, (*path, "ml-bom"), value["ml-bom"], identities)
        if found["ml_bom"].consistent and "provenance" not in found:
            raise document.error(
                (*path, "ml-bom", "consistent"),
                "an ML-BOM is compared with the provenance, which is not required",
                code="missing-key",
                expected="provenance: {by: […]} under require",
                at_key=True,
            )
    found["proven_time"] = _only_true(document, (*path, "proven-time"), value, "proven-time")
    if "claims" in value:
        found["claims"] = _claims(document, (*path, "claims"), value["claims"], identities)
    return found | claim_demands.read(document, path, value, identities)


def read_by(document: Document, path: NodePath, value: Mapping[str, Any], known: Iterable[str]) -> tuple[str, ...]:
    """The key `by` of a demand: identities that the policy defines, or roles that it gives to some of them.

    Returns:
        Names of identities, each once.

    Raises:
        PolicyError: one of them is not defined (`policy-unknown-identity`).
    """
    return read_persons(document, (*path, "by"), value["by"], known)


def read_persons(document: Document, path: NodePath, value: Any, known: Iterable[str]) -> tuple[str, ...]:
    """Identities or roles, wherever they are named; see `read_by`."""
    roles: Mapping[str, Any] = document.value.get("roles", {})
    people = tuple(known)
    found: list[str] = []
    for index, name in enumerate(read_texts(document, path, value)):
        if name in people:
            found.append(name)
        elif name in roles:
            found += [roles[name]] if isinstance(roles[name], str) else roles[name]
        else:
            raise document.error(
                (*path, index) if isinstance(value, list) else path,
                f"'{name[:80]}' is none of the identities" + (" or roles" if roles else ""),
                code="unknown-identity",
                expected=", ".join((*people, *roles)),
                hint=suggestion(name, (*people, *roles)),
            )
    return tuple(dict.fromkeys(found))


def read_roles(document: Document, identities: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The key `roles`: which identities act as what. Everything that reads `by` rests on its having been read.

    Raises:
        PolicyError: a role is called like an identity (`policy-same-name`) or cannot be called so (`policy-bad-name`),
            or names somebody who is not defined (`policy-unknown-identity`).
    """
    if "roles" not in document.value:
        return {}
    value = document.value["roles"]
    path: NodePath = ("roles",)
    if not isinstance(value, dict) or not value:
        raise document.error(path, "roles gives no role", code="wrong-type", expected="approver: [alice, bob]")
    known = tuple(identities)
    for role in value:
        _check_role(document, role, known)
    without = replace(document, value={key: item for key, item in document.value.items() if key != "roles"})
    return {role: read_persons(without, (*path, role), value[role], known) for role in value}


def _check_role(document: Document, role: str, known: Iterable[str]) -> None:
    if not re.fullmatch(NAME_PATTERN, role, re.ASCII):
        raise document.error(
            ("roles", role),
            f"'{role[:80]}' cannot name a role",
            code="bad-name",
            expected="letters, digits and . _ -",
            at_key=True,
        )
    if role in known:
        raise document.error(
            ("roles", role),
            f"'{role}' is an identity and a role, so that `by: {role}` could mean either",
            code="same-name",
            expected="another name for one of the two",
            at_key=True,
        )


def _provenance(document: Document, path: NodePath, value: Any, known: Iterable[str]) -> ProvenanceDemand:
    TABLE.checked(document, path, value)
    source = value.get("source", {})
    if "source" in value:
        TABLE.checked(document, (*path, "source"), source)
        if not source:
            raise document.error(
                (*path, "source"),
                "source demands nothing",
                code="empty-list",
                expected="repository, branch, tag, clean",
            )
    operations = read_texts(document, (*path, "operation"), value["operation"]) if "operation" in value else ()
    return ProvenanceDemand(
        predicate_type=PROVENANCE,
        by=read_by(document, path, value, known),
        builders=read_texts(document, (*path, "builder"), value["builder"]) if "builder" in value else (),
        repositories=_repositories(document, (*path, "source", "repository"), source),
        clean=_only_true(document, (*path, "source", "clean"), source, "clean"),
        operations=tuple(read_word(document, (*path, "operation"), word, Operation) for word in operations),
        **claim_demands.read_build(document, path, value),
    )


def _repositories(document: Document, path: NodePath, source: Mapping[str, Any]) -> tuple[str, ...]:
    if "repository" not in source:
        return ()
    found = read_texts(document, path, source["repository"])
    if any("*" in repository for repository in found):
        raise document.error(path, "a repository is compared whole; patterns are not used", code="pattern")
    return found


def _only_true(document: Document, path: NodePath, value: Mapping[str, Any], key: str) -> bool:
    """A demand is made or left out; `false` would read as if the opposite were demanded."""
    if key not in value:
        return False
    if value[key] is not True:
        raise document.error(path, f"{dotted(path)} can only be true: leave it out to not ask", code="wrong-type")
    return True


def _ml_bom(document: Document, path: NodePath, value: Any, known: Iterable[str]) -> BOMDemand:
    TABLE.checked(document, path, value)
    consistent = _only_true(document, (*path, "consistent"), value, "consistent")
    return BOMDemand(
        predicate_type=ML_BOM,
        by=read_by(document, path, value, known),
        consistent=consistent,
        **claim_demands.read_bom(document, path, value),
    )


def _claims(document: Document, path: NodePath, value: Any, known: Iterable[str]) -> tuple[ClaimDemand, ...]:
    if not isinstance(value, list) or not value:
        raise document.error(path, f"{dotted(path)} lists at least one claim", code="empty-list", expected="{type, by}")
    found = []
    for index, item in enumerate(value):
        where: NodePath = (*path, index)
        TABLE.checked(document, where, item)
        found.append(
            ClaimDemand(
                predicate_type=read_predicate_type(document, (*where, "type"), item["type"]),
                by=read_by(document, where, item, known),
            )
        )
    return tuple(found)


def read_predicate_type(document: Document, path: NodePath, value: Any) -> str:
    """A kind of claim: its word, or the URI of its predicate type.

    Raises:
        PolicyError: it is neither (`policy-unknown-word`).
    """
    text = read_text(document, path, value)
    if ":" in text:
        return text
    if text not in _TYPES:
        raise document.error(
            path,
            f"'{text[:80]}' is no kind of claim",
            code="unknown-word",
            expected=f"{', '.join(_TYPES)}, or the URI of a predicate type",
            hint=suggestion(text, _TYPES),
        )
    return _TYPES[text]


def read_formats(document: Document, *, has_ml_bom: bool) -> FormatDemand | None:
    """The key `formats`. What files are is read from the signed ML-BOM, so one has to be required.

    Raises:
        PolicyError: there is no ML-BOM to read from (`policy-missing-key`), or a kind or pattern is wrong.
    """
    value = document.value.get("formats", {})
    if value == ANY:
        return None
    path: NodePath = ("formats",)
    if not has_ml_bom:
        raise document.error(
            path,
            "the policy does not say how to know what the files are",
            code="missing-key",
            expected="ml-bom: {by: […]} under require",
            hint="formats: any        accepts every file, also those that run code when they are loaded",
        )
    TABLE.checked(document, path, value)
    if "formats" in document.value and not value:
        raise document.error(path, "formats demands nothing: name kinds, or leave it out", code="empty-list")
    kinds = read_texts(document, (*path, "allow"), value["allow"]) if "allow" in value else None
    named = read_texts(document, (*path, "code-bearing"), value["code-bearing"]) if "code-bearing" in value else ()
    for index, pattern in enumerate(named):
        if not patterns.names_something(pattern):
            raise document.error(
                (*path, "code-bearing", index),
                f"'{pattern[:80]}' names every file and so none",
                code="pattern",
                expected="a file, or a pattern such as models/*.pkl",
            )
    allow = None if kinds is None else tuple(read_word(document, (*path, "allow"), kind, FileKind) for kind in kinds)
    return FormatDemand(allow=allow, code_bearing=named)
