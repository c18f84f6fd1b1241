"""The key `lineage` of a policy: what has to be known of what a version was made from, and of what that was made from.

lineage:
  datasets: known                                  # stated, each with its digest; or any
  base-model: signed                               # known, and signed by those who may sign a version
  teacher-model: {must: signed, by: [vendor], depth: roots}
  adapter-base: {satisfies: same}                  # allowed by this very policy, to the roots
  base-model: {satisfies: base.yaml, depth: 2}     # allowed by another policy file, two generations up
  source: clean
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from attest.policy.key_rows import TABLE
from attest.policy.reading import read_by, read_text, read_word
from attest.policy.requirements import LINEAGE_WORDS, AncestorDemand, Lineage, LineageDemand, SourceState
from attest.strict_yaml import dotted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from attest.policy.requirements import ClaimDemand, Policy
    from attest.strict_yaml import Document, NodePath
    from attest_registry.digest import Digest

ROOTS: Final = "roots"
SAME: Final = "same"
MOST_DEPTH: Final = 100


class Must(StrEnum):
    """The words for one kind of input."""

    ANY = "any"
    KNOWN = "known"
    SIGNED = "signed"


class Around(Struct, frozen=True, kw_only=True):
    """What else of the policy the reader needs.

    Args:
        identities: the names of those whom it defines.
        signature: its demand for a model signature.
        has_source: whether it asks for provenance or ML-BOM, in which lineage is stated.
        load: reads another policy: a file, relative to this one, or the document itself where it stands inside.
        inline: whether it stands inside.
    """

    identities: Iterable[str]
    signature: ClaimDemand | None
    has_source: bool
    load: Callable[[Any], Policy]
    inline: bool = False


def read_lineage(document: Document, around: Around) -> LineageDemand:
    """Read it.

    Args:
        document: the policy.
        around: the rest of it.

    Raises:
        PolicyError: a word is unknown, a demand rests on nothing, or neither provenance nor ML-BOM is required to read
            lineage from.
    """
    path: NodePath = ("lineage",)
    if "lineage" not in document.value:
        return LineageDemand()
    value = TABLE.checked(document, path, document.value["lineage"])
    if not value:
        raise document.error(path, "lineage demands nothing: name an input, or leave it out", code="empty-list")
    inputs, ancestors = {}, {}
    for key in value:
        if key == "source":
            continue
        role = LINEAGE_WORDS[key]
        word, demand = _read_input(document, (*path, key), value[key], around)
        inputs[role] = word
        if demand is not None:
            ancestors[role] = demand
    source = SourceState.ANY
    if "source" in value:
        source = read_word(document, (*path, "source"), value["source"], SourceState)
    lineage = LineageDemand(inputs=MappingProxyType(inputs), source=source, ancestors=MappingProxyType(ancestors))
    if lineage.asks and not around.has_source:
        raise no_source(document, path, "where lineage is read from")
    return lineage


def no_source(document: Document, path: NodePath, what: str) -> Exception:
    """The error for a demand about lineage in a policy that asks for no claim that states it."""
    return document.error(
        path,
        f"the policy does not say {what}",
        code="missing-key",
        expected="provenance: {by: […]} or ml-bom: {by: […]} under require",
    )


def _read_input(
    document: Document, path: NodePath, value: Any, around: Around
) -> tuple[Lineage, AncestorDemand | None]:
    if not isinstance(value, dict):
        word = read_word(document, path, value, Must)
        if word is not Must.SIGNED:
            return Lineage(word.value), None
        return Lineage.KNOWN, AncestorDemand(signed_by=_signers(document, path, {}, around), depth=1)
    TABLE.checked(document, path, value)
    if "must" not in value and "satisfies" not in value:
        raise document.error(
            path, f"{dotted(path)} demands nothing", code="missing-key", expected="must: known or signed; satisfies: …"
        )
    word = read_word(document, (*path, "must"), value["must"], Must) if "must" in value else Must.KNOWN
    if word is Must.ANY:
        raise document.error((*path, "must"), "'any' demands nothing", code="unknown-word", expected="known, signed")
    if "by" in value and word is not Must.SIGNED:
        raise document.error(
            (*path, "by"),
            "`by` says who has to have signed, which is not asked",
            code="missing-key",
            expected="must: signed",
            at_key=True,
        )
    satisfies = None
    if "satisfies" in value:
        satisfies = value["satisfies"]
        if not (around.inline and isinstance(satisfies, dict)):
            satisfies = read_text(document, (*path, "satisfies"), satisfies)
    return Lineage.KNOWN, AncestorDemand(
        signed_by=_signers(document, path, value, around) if word is Must.SIGNED else (),
        same=satisfies == SAME,
        satisfies=None if satisfies in (None, SAME) else _other(document, (*path, "satisfies"), satisfies, around),
        depth=_depth(document, (*path, "depth"), value, default=None if satisfies == SAME else 1),
    )


def _signers(document: Document, path: NodePath, value: Mapping[str, Any], around: Around) -> tuple[str, ...]:
    if "by" in value:
        return read_by(document, path, value, around.identities)
    if around.signature is None:
        raise document.error(
            path,
            f"{dotted(path)} does not say by whom",
            code="missing-key",
            expected="{must: signed, by: […]}, or signature: {by: […]} under require",
        )
    return around.signature.by


def _other(document: Document, path: NodePath, named: Any, around: Around) -> Policy:
    from attest.errors import AttestError, PolicyError  # noqa: PLC0415

    title = named[:80] if isinstance(named, str) else "inside it"
    try:
        return around.load(named)
    except PolicyError as error:
        raise document.error(
            path,
            f"the policy {title} for ancestors cannot be used: {error.message}",
            code="bad-ancestor-policy",
            expected=error.expected,
            hint=error.hint,
        ) from error
    except AttestError as error:
        raise document.error(path, error.message, code="bad-ancestor-policy", expected=error.expected) from error


def _depth(document: Document, path: NodePath, value: Mapping[str, Any], *, default: int | None) -> int | None:
    if "depth" not in value:
        return default
    depth = value["depth"]
    if depth == ROOTS:
        return None
    if type(depth) is not int or not 1 <= depth <= MOST_DEPTH:
        raise document.error(
            path, f"{dotted(path)} counts generations", code="wrong-type", expected=f"1 to {MOST_DEPTH}, or roots"
        )
    return depth


def composed(value: Any, demand: LineageDemand) -> Any:
    """The key `lineage` for the policy's digest: another policy stands in it by its digest, not by its path."""
    if not isinstance(value, dict):
        return value
    others: dict[str, Digest] = {
        word: demand.ancestors[role].satisfies.digest  # type: ignore[union-attr]  # the condition says it
        for word, role in LINEAGE_WORDS.items()
        if role in demand.ancestors and demand.ancestors[role].satisfies is not None
    }
    return {key: item | {"satisfies": str(others[key])} if key in others else item for key, item in value.items()}
