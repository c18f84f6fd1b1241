"""A policy in words: what has to hold before a version may be used, one numbered sentence per demand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attest.claims.predicates import word_for
from attest.policy import claim_demands, explain_beyond, free_rules, key_profile, summaries
from attest.trust.identity import TrustedKey
from attest.trust.trusted_holder import PkiHolder, TrustedHolder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from attest.policy.requirements import FormatDemand, Policy, ProvenanceDemand
    from attest.trust.managed_key import ManagedKey
    from attest.trust.roots import TrustedRoot
    from attest.trust.signatory import Signatory


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
    found += explain_beyond.lineage(policy.lineage, lambda names: _by(policy, names))
    found += [
        f"there is a claim of the kind {word_for(demand.predicate_type)}, {_by(policy, demand.by)}"
        for demand in policy.claims
    ]
    found += claim_demands.explain(policy, lambda names: _by(policy, names))
    found += [free_rules.explain(rule) for rule in policy.rules]
    if policy.proven_time:
        found.append("a log or a timestamp authority proves when each claim was signed that any of this rests on")
    found += explain_beyond.beyond(policy, lambda names: _by(policy, names))
    names = ", ".join(policy.other_names)
    found.append(f"every claim names the model as it was asked for{f', or as {names}' if names else ''}")
    if policy.summary is not None:
        found.append(summaries.explain(policy.summary, by=_by(policy, policy.summary.by)))
    return tuple(found)


def identities(policy: Policy) -> tuple[tuple[str, str], ...]:
    """Name of everybody who is named, with his key or as what his certificates name him, and when he counts."""
    unfilled = "the key given after --key" if _is_short_form(policy) else "a key that is still to be written in"
    return tuple(
        (name, ", or ".join(_who(key) for key in identity.keys) or unfilled)
        for name, identity in policy.identities.items()
    ) + tuple((role, f"role of {', '.join(names)}") for role, names in policy.roles.items())


def _who(signatory: Signatory) -> str:
    if isinstance(signatory, TrustedKey):
        return f"key {signatory.fingerprint}"
    if isinstance(signatory, TrustedHolder):
        return _sigstore(signatory)
    if isinstance(signatory, PkiHolder):
        return _pki(signatory)
    return _managed(signatory)


def _managed(key: ManagedKey) -> str:
    parts = [f"key {key.fingerprint}"]
    if key.is_limited:
        parts.append(f"which counts {key.span}")
    parts.append(_time(required=key.needs_time, ends=key.is_limited))
    return ", ".join([*parts, *_witnesses(key.root)])


def _sigstore(holder: TrustedHolder) -> str:
    identity = holder.identity
    subject = identity.subject or f"anybody like {identity.subject_glob}"
    parts = [f"{subject}{f' ({identity.kind})' if identity.kind else ''}, for whom {identity.issuer} vouches"]
    parts += [f"with {name.replace('_', '-')} {value}" for name, value in identity.extensions]
    return ", ".join([*parts, f"by the trusted root {holder.root.digest.short}"])


def _pki(holder: PkiHolder) -> str:
    identity = holder.identity
    subject = identity.subject or f"anybody like {identity.subject_glob}"
    parts = [f"{subject} ({identity.said_as}), with a certificate of the authority {holder.authority.digest.short}"]
    parts += ["which may name no purpose"] if holder.any_usage else []
    return ", ".join([*parts, _time(required=holder.time_required, ends=True), *_witnesses(holder.root)])


def _time(*, required: bool, ends: bool) -> str:
    if required:
        return "with a proven time of signing"
    return "now where no time of signing is proven" if ends else "whether or not a time of signing is proven"


def _witnesses(root: TrustedRoot | None) -> list[str]:
    return [] if root is None else [f"times by the trusted root {root.digest.short}"]


def _is_short_form(policy: Policy) -> bool:
    """Whether it is for a key of the command line; else a policy without keys waits for them to be written in."""
    (*others, only) = policy.identities.values()
    return not others and only.given and (bool(only.keys) or policy.name == key_profile.NAME)


def _by(policy: Policy, names: Sequence[str]) -> str:
    if _is_short_form(policy):
        return "signed with the key given on the command line"
    return "signed by " + _listed([f'"{name}"' for name in names], "or")


def _listed(words: Sequence[str], last: str) -> str:
    """`a`, `a or b`, `a, b or c`."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"


def _provenance(demand: ProvenanceDemand) -> list[str]:
    found = []
    if demand.builders:
        found.append(f"it was built by {' or '.join(demand.builders)}")
    if demand.operations:
        found.append(f"what was done is {_listed([operation.value for operation in demand.operations], 'or')}")
    if demand.repositories or demand.clean:
        state = "a clean commit" if demand.clean else "a commit"
        where = f" of {' or '.join(demand.repositories)}" if demand.repositories else ""
        found.append(f"it was built from {state}{where}")
    return found


def _formats(demand: FormatDemand | None) -> list[str]:
    if demand is None:
        return ["its files may be of any kind, also those that run code when they are loaded"]
    kinds = "of any kind" if demand.allow is None else f"only of the kinds {_listed(demand.allow, 'and')}"
    found = [f"its files are {kinds}, by its ML-BOM and by their bytes when they are loaded"]
    if demand.code_bearing:
        found.append(f"no file can run code when it is loaded, but for {', '.join(demand.code_bearing)}")
    else:
        found.append("no file can run code when it is loaded")
    return found
