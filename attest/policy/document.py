"""Policies: a YAML file that is understood whole, or the short form of one key, which is such a file as well.

The digest is over the composed document in RFC 8785 form, with every key replaced by its fingerprint: the same rules
and the same keys give the same digest wherever the key files lie and however the YAML is laid out.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from attest.claims.canonical import canonical_digest
from attest.errors import InputError, NoTrust, PolicyError
from attest.policy import (
    denial_reading,
    key_profile,
    lineage_reading,
    patterns,
    reading,
    shipped,
)
from attest.policy.composing import EXTENDS, load_composed
from attest.policy.identities import read_identities
from attest.policy.requirements import Identity as Identity  # noqa: PLC0414  # public here
from attest.policy.requirements import Policy as Policy  # noqa: PLC0414
from attest.strict_yaml import Document
from attest.trust.identity import TrustedKey
from attest.trust.trusted_holder import PkiHolder, TrustedHolder
from attest.written_path import written_path

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from attest.policy.free_rules import FreeRule
    from attest.policy.log_demand import LogDemand
    from attest.policy.requirements import LineageDemand
    from attest.policy.summaries import SummaryDemand
    from attest.trust.signatory import Signatory
    from attest_registry.digest import Digest

_PREFIX: Final = "policy"
_MOST_NESTED: Final = 8


def load_policy(path: Path) -> Policy:
    """Read a policy file.

    Args:
        path: a place that the operator named; never one inside a model.

    Raises:
        PolicyError: anything about it is not understood; the message has the place, the code begins with `policy-`.
    """
    return _load(path, above=())


def load_unfilled(path: Path) -> Policy:
    """Read a policy file that may still wait for keys (`key: given`): to be shown and tried out, it allows nothing.

    Raises:
        PolicyError: as `load_policy`.
    """
    return _load(path, above=(), given=())


def _load(path: Path, *, above: tuple[Path, ...], given: Sequence[Signatory] | None = None) -> Policy:
    """A file that other ones may name for their ancestors; none of them may lead back to itself."""
    own = Path(os.path.realpath(path))  # `resolve` raises where links go round
    if own in above or len(above) >= _MOST_NESTED:
        raise PolicyError(
            f"{path} is reached from itself" if own in above else f"{path} is nested too deep",
            code="policy-nested",
            expected="a policy for ancestors that does not lead back; `same` stands for the policy itself",
        )
    document = load_composed(path, prefix=_PREFIX)
    return _read(document, folder=path.parent, given=given, above=(*above, own))


def read_inline(value: Any, *, what: str, above: tuple[Path, ...] = ()) -> Policy:
    """Read a policy in which everything stands that a file would name (`portable.py`). No file is opened.

    Args:
        value: the composed document: keys and certificates as text, policies for ancestors as documents.
        what: its name for messages.
        above: one entry for each policy that it stands in.

    Raises:
        PolicyError: anything about it is not understood, or would be in a file.
    """
    document = Document(value=value, what=what, text="", prefix=_PREFIX, failure=PolicyError, values={}, keys={})
    if not isinstance(value, dict) or EXTENDS in value or len(above) >= _MOST_NESTED:
        raise document.error(
            (),
            "it is not whole, or nested too deep",
            code="not-portable",
            expected="one composed document, with the policies for ancestors inside it",
        )
    return _read(document, folder=None, given=None, above=(*above, Path(what)))


def load_shipped(name: str, *, keys: Sequence[Signatory] = ()) -> Policy:
    """Read a shipped policy, with the given keys in place of `key: given`.

    Args:
        name: which one.
        keys: the keys. Without any, the policy can be shown, and allows nothing.

    Raises:
        PolicyError: there is none of that name, or this installation is damaged.
    """
    path = shipped.path_of(name)
    document = load_composed(path, prefix=_PREFIX)
    return _read(document, folder=path.parent, given=keys)


def policy_for_keys(keys: Sequence[Signatory], *, allow_code: Sequence[str] = ()) -> Policy:
    """The short form: signature, provenance and ML-BOM, each by one of the given keys.

    Args:
        keys: what `--key` named.
        allow_code: what `--allow-code` named: code-bearing files that are accepted.

    Raises:
        NoTrust: no key.
        InputError: `allow_code` holds a pattern that names every file (`code-not-named`).
    """
    if not keys:
        raise NoTrust("no key is given to verify against", expected="--key PUBLIC_KEY")
    for pattern in allow_code:
        if not patterns.names_something(pattern):
            raise InputError(
                f"--allow-code {pattern!r} names every file and so none",
                code="code-not-named",
                expected="a file of the model, or a pattern such as 'models/*.pkl'",
            )
    document = key_profile.document()
    if allow_code:
        document.value["formats"]["code-bearing"] = sorted(set(allow_code))
    policy = _read(document, folder=shipped.folder(), given=keys)
    flag = "--identity" if any(isinstance(key, TrustedHolder | PkiHolder) for key in keys) else "--key"
    return replace(policy, name=f"{flag} {', '.join(key.name for key in keys)}")


def _read(
    document: Document, *, folder: Path | None, given: Sequence[Signatory] | None, above: tuple[Path, ...] = ()
) -> Policy:
    reading.check_head(document)
    identities = read_identities(document, folder=folder, given=given)
    roles = reading.read_roles(document, identities)
    demands = reading.read_requirements(document, identities)
    lineage = lineage_reading.read_lineage(
        document,
        lineage_reading.Around(
            identities=identities,
            signature=demands.get("signature"),
            has_source=bool({"provenance", "ml_bom"} & demands.keys()),
            load=lambda other: (
                read_inline(other, what=document.what, above=above)
                if folder is None
                else _load(folder / written_path(other), above=above, given=given)
            ),
            inline=folder is None,
        ),
    )
    beyond = denial_reading.read_beyond(
        document,
        identities=identities,
        folder=folder,
        has_source=bool({"provenance", "ml_bom"} & demands.keys()),
    )
    if given is None and demands["proven_time"]:
        _check_witness(document, identities)
    value = document.value
    description = value.get("description")
    return Policy(
        name=reading.read_text(document, ("name",), value["name"]),
        description="" if description is None else reading.read_text(document, ("description",), description),
        identities=identities,
        roles=roles,
        other_names=reading.read_other_names(document),
        **demands,
        formats=reading.read_formats(document, has_ml_bom="ml_bom" in demands),
        lineage=lineage,
        rules=_rules(document),
        summary=_summary(document, identities),
        log=_log(document, identities),
        deny=beyond.deny,
        revocations=beyond.revocations,
        exceptions=beyond.exceptions,
        digest=_digest(value, identities, lineage),
        origin=document.what,
    )


def _check_witness(document: Document, identities: Mapping[str, Identity]) -> None:
    """Where nobody is believed about times, a proven time can never be had."""
    if all(getattr(key, "root", None) is None for identity in identities.values() for key in identity.keys):
        raise document.error(
            ("require", "proven-time"),
            "the policy asks for proven times and names nobody who proves them",
            code="no-root",
            expected="trust: {root: trusted_root.json}, or {tsa-chain: tsa.pem}",
            at_key=True,
        )


def _rules(document: Document) -> tuple[FreeRule, ...]:
    if "rules" not in document.value:
        return ()
    from attest.policy.free_rules import read_rules  # noqa: PLC0415  # a key's policy has none

    return read_rules(document)


def _summary(document: Document, identities: Mapping[str, Identity]) -> SummaryDemand | None:
    if "vsa" not in document.value:
        return None
    from attest.policy.summaries import read_summary  # noqa: PLC0415  # a key's policy has none

    return read_summary(document, identities)


def _log(document: Document, identities: Mapping[str, Identity]) -> LogDemand | None:
    if "log" not in document.value:
        return None
    from attest.policy.log_demand import read_log  # noqa: PLC0415  # a key's policy has none

    return read_log(document, identities)


def _digest(value: Mapping[str, Any], identities: Mapping[str, Identity], lineage: LineageDemand) -> Digest:
    composed = dict(value)
    if "lineage" in value:
        composed["lineage"] = lineage_reading.composed(value["lineage"], lineage)
    composed["identities"] = {name: _composed(identity) for name, identity in identities.items()}
    if "revocations" in value:  # by whom, not where
        composed["revocations"] = {key: value["revocations"][key] for key in value["revocations"] if key != "file"}
    composed.pop("trust", None)  # the roots are in what stands for those whom they vouch for
    return canonical_digest(composed)


def _composed(identity: Identity) -> dict[str, Any]:
    """An identity without paths: by its fingerprints, and by when and with which root its key counts."""
    found: dict[str, Any] = {"key": sorted(str(key.fingerprint) for key in identity.keys)}
    managed = [key.to_json() for key in identity.keys if not isinstance(key, TrustedKey | TrustedHolder | PkiHolder)]
    return found | ({"managed": managed} if managed else {})
