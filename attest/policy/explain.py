"""A policy in words: what has to hold before a version may be used, one numbered sentence per demand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attest.claims.predicates import word_for
from attest.policy.requirements import LINEAGE_WORDS, Lineage, SourceState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from attest.policy.requirements import FormatDemand, LineageDemand, Policy, ProvenanceDemand

_ROLE_WORDS = {role: word for word, role in LINEAGE_WORDS.items()}
_ANY_OF_SEVERAL = 2


def sentences(policy: Policy) -> tuple[str, ...]:
    """What the policy demands, in the order in which a verdict shows it."""
    found = []
    if policy.signature is not None:
        found.append(f"its model signature covers exactly its files and is {_by(policy, policy.signature.by)}")
    if policy.provenance is not None:
        found.append(f"a provenance says how it came to be, {_by(policy, policy.provenance.by)}")
        found += _provenance(policy.provenance)
    if policy.ml_bom is not None:
        agreeing = " and contradicts no provenance" if policy.ml_bom.consistent else ""
        found.append(f"an ML-BOM says what is in it{agreeing}, {_by(policy, policy.ml_bom.by)}")
    found += _formats(policy.formats)
    found += _lineage(policy.lineage)
    found += [
        f"there is a claim of the kind {word_for(demand.predicate_type)}, {_by(policy, demand.by)}"
        for demand in policy.claims
    ]
    names = ", ".join(policy.other_names)
    found.append(f"every claim names the model as it was asked for{f', or as {names}' if names else ''}")
    return tuple(found)


def identities(policy: Policy) -> tuple[tuple[str, str], ...]:
    """Name and key of everybody who is named."""
    return tuple(
        (name, ", ".join(f"key {key.fingerprint}" for key in identity.keys) or "the key given after --key")
        for name, identity in policy.identities.items()
    )


def _by(policy: Policy, names: Sequence[str]) -> str:
    quoted = [f'"{name}"' for name in names]
    if any(policy.identities[name].given for name in names):
        return "signed with the key given on the command line"
    if len(quoted) < _ANY_OF_SEVERAL:
        return f"signed by {quoted[0]}"
    return f"signed by {', '.join(quoted[:-1])} or {quoted[-1]}"


def _provenance(demand: ProvenanceDemand) -> list[str]:
    found = []
    if demand.builders:
        found.append(f"it was built by {' or '.join(demand.builders)}")
    if demand.operations:
        found.append(f"what was done is {' or '.join(operation.value for operation in demand.operations)}")
    if demand.repositories or demand.clean:
        state = "a clean commit" if demand.clean else "a commit"
        where = f" of {' or '.join(demand.repositories)}" if demand.repositories else ""
        found.append(f"it was built from {state}{where}")
    return found


def _formats(demand: FormatDemand | None) -> list[str]:
    if demand is None:
        return ["its files may be of any kind, also those that run code when they are loaded"]
    kinds = "files of any kind" if demand.allow is None else f"{', '.join(kind.value for kind in demand.allow)} files"
    found = [f"it holds only {kinds}, by the ML-BOM"]
    if demand.code_bearing:
        found.append(f"no file can run code when it is loaded, but for {', '.join(demand.code_bearing)}")
    else:
        found.append("no file can run code when it is loaded")
    return found


def _lineage(demand: LineageDemand) -> list[str]:
    found = [
        f"{_ROLE_WORDS[role]}: each is stated with its digest, and none is missing for what was done"
        for role, word in demand.inputs.items()
        if word is Lineage.KNOWN
    ]
    if demand.source is SourceState.KNOWN:
        found.append("the code is known by its commit")
    if demand.source is SourceState.CLEAN:
        found.append("the code is known by its commit, with nothing uncommitted beside it")
    return found
