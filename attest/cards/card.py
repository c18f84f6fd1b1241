"""A model card as values, in the order of Mitchell et al., "Model Cards for Model Reporting" (2019).

What nobody said is `None` or empty and is shown as not stated; nothing is guessed. Numbers of signed evaluations and
the publisher's own are kept apart.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from msgspec import Struct, field

from attest.claims.training import Card as Considerations

if TYPE_CHECKING:
    from collections.abc import Mapping

    from attest.cards.facts import Source
    from attest.claims.training import Input
    from attest.describe import EvidenceRow
    from attest_registry.digest import Digest


class Standing(Struct, frozen=True, kw_only=True):
    """Whether the card can be relied on.

    Args:
        verified: whether everything in it was signed by those whom somebody named, and their policy allows the version.
        by: the policy, for people; `None` where nobody was named.
        policy: digest of the policy.
        reasons: why it is not verified; empty where it is.
    """

    verified: bool
    by: str | None = None
    policy: Digest | None = None
    reasons: tuple[str, ...] = ()


class Data(Struct, frozen=True, kw_only=True):
    """Data that something was measured on.

    Args:
        name: what the one who measured calls them.
        digest: SHA-256, where it is known.
    """

    name: str | None = None
    digest: Digest | None = None


class Number(Struct, frozen=True, kw_only=True):
    """One metric.

    Args:
        name: what was measured.
        value: decimal as text.
        unit: of the value.
        better: which way it gets better.
        group: the part of the data that it is about; empty for all of them.
        data: on which data; `None` where nobody said.
        passed: the evaluator's own judgement of the whole evaluation; `None` where the publisher states the number.
        finished: when it was measured, as claimed.
        source: who says it; of what the publisher states, who signed the ML-BOM.
        by_publisher: whether that is the one who published the version.
    """

    name: str
    value: str
    unit: str | None = None
    better: str | None = None
    group: str = ""
    data: Data | None = None
    passed: bool | None = None
    finished: str | None = None
    source: Source | None = None
    by_publisher: bool = False


class Made(Struct, frozen=True, kw_only=True):
    """Something that the version was made from, or works with.

    Args:
        depth: how far up; 0 is what the version itself names.
        role: what it was to what stands below it.
        name: its name.
        digest: `sha256:…` or `git …`; `None` where unknown.
        standing: how the digest is known.
        verified: whether the claim that names it was verified.
    """

    depth: int
    role: str
    name: str
    digest: str | None
    standing: str
    verified: bool


class Card(Struct, frozen=True, kw_only=True):
    """A model card.

    Args:
        reference: the version, pinned.
        model: its name without host.
        digest: the manifest digest.
        standing: whether it can be relied on.
        publisher: who signed the ML-BOM, from which most of it is taken.
        description: free text.
        details: label → text, of the kind of facts that have one value each.
        licence: SPDX expression, or the words used instead.
        task: what it does.
        operation: how it was made.
        weights: whether any file may hold learned parameters; `None` where nothing lists the files.
        considerations: intended use, limits and what else people wrote in the training record.
        groups: parts of the data of which signed evaluations give numbers.
        measured: numbers of signed evaluations.
        stated: numbers that the publisher states.
        datasets: what it was trained on.
        lineage: everything that it was made from or works with.
        roles: role → files.
        claims: every piece of evidence but signed cards.
    """

    reference: str
    model: str
    digest: Digest
    standing: Standing
    publisher: Source | None = None
    description: str | None = None
    details: Mapping[str, str | None] = field(default_factory=lambda: MappingProxyType({}))
    licence: str | None = None
    task: str | None = None
    operation: str | None = None
    weights: bool | None = None
    considerations: Considerations = field(default_factory=Considerations)
    groups: tuple[str, ...] = ()
    measured: tuple[Number, ...] = ()
    stated: tuple[Number, ...] = ()
    datasets: tuple[Input, ...] = ()
    lineage: tuple[Made, ...] = ()
    roles: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    claims: tuple[EvidenceRow, ...] = ()
