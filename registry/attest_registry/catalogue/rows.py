"""What goes into a catalogue and comes out of it. Values only; nothing here knows a database.

`model` is everywhere the canonical name of a repository: `acme/credit-risk` in the store of this machine,
`HOST[:PORT]/acme/credit-risk` in a registry. People and keys are opaque text (`key sha256:HEX`, `ISSUER SUBJECT`).
Times are in UTC.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from attest_registry.digest import Digest

Item_co = TypeVar("Item_co", covariant=True)


class EventRow(Struct, frozen=True, kw_only=True):
    """One event of a model's log.

    Args:
        sequence: its position, from 1 on.
        digest: of its payload.
        previous: digest of the event before it; `None` for the first.
        action: what it does, such as `promote`.
        time: what it says about when.
        proven: when it is proven to have existed, where something proves that.
        by: who signed it.
        number: of the version that it is about.
        manifest: of that version.
        label: of that version.
        alias: that it moves.
        stage: that it moves.
        reason: in the signer's words.
    """

    sequence: int
    digest: Digest
    previous: Digest | None
    action: str
    time: datetime
    proven: datetime | None = None
    by: str
    number: int | None = None
    manifest: Digest | None = None
    label: str | None = None
    alias: str | None = None
    stage: str | None = None
    reason: str | None = None


class StateRow(Struct, frozen=True, kw_only=True):
    """The complete state of a model after an event.

    Args:
        aliases: alias → number.
        stages: stage → numbers.
        revoked: numbers.
        next_number: of the next version.
        deleted: whether the model is closed.
        environment: that the log is for.
    """

    aliases: Mapping[str, int]
    stages: Mapping[str, tuple[int, ...]]
    revoked: tuple[int, ...]
    next_number: int
    deleted: bool = False
    environment: str | None = None


class MetricRow(Struct, frozen=True, kw_only=True):
    """One value of one metric.

    Args:
        name: of the metric.
        value: decimal text, as it was signed.
        dataset: name of what it was measured on.
        dataset_digest: of that.
        slice: the part of the dataset, as canonical JSON; empty for all of it.
        stated: whether it is the publisher's own word in the ML-BOM; otherwise it is from a signed evaluation.
        by: who says so.
    """

    name: str
    value: str
    dataset: str | None = None
    dataset_digest: Digest | None = None
    slice: str = ""
    stated: bool
    by: str


class LineageRow(Struct, frozen=True, kw_only=True):
    """Something that a version was made from.

    Args:
        role: `dataset`, `base-model`, `teacher-model`, `adapter-base`, `source` …
        name: what it is called.
        digest: of a dataset's content, or of a model's manifest.
        uri: where it came from.
    """

    role: str
    name: str
    digest: Digest | None = None
    uri: str | None = None


class ClaimRow(Struct, frozen=True, kw_only=True):
    """A claim about a version.

    Args:
        claim: digest of its payload.
        predicate_type: what kind of claim it is.
        by: who signed it.
        time: when, as far as it says.
        verdict: `approve`, `reject`, `passed`, `failed` … where it has one.
    """

    claim: Digest
    predicate_type: str
    by: str
    time: datetime | None = None
    verdict: str | None = None


class VersionRow(Struct, frozen=True, kw_only=True):
    """What is known of a version.

    Args:
        number: of the version.
        manifest: digest of its manifest.
        label: another name of it.
        created: when it was registered.
        by: who registered it.
        run: identifier of the training run.
        description: in words.
        owner: who answers for it.
        task: what it is for.
        licence: SPDX expression.
        size: of all files, in bytes.
        files: how many.
        metrics: values that somebody signed.
        parameters: names and values.
        lineage: what it was made from.
        claims: what was said about it.
    """

    number: int
    manifest: Digest
    label: str | None = None
    created: datetime
    by: str
    run: str | None = None
    description: str | None = None
    owner: str | None = None
    task: str | None = None
    licence: str | None = None
    size: int = 0
    files: int = 0
    metrics: tuple[MetricRow, ...] = ()
    parameters: tuple[tuple[str, str], ...] = ()
    lineage: tuple[LineageRow, ...] = ()
    claims: tuple[ClaimRow, ...] = ()


class VersionSummary(Struct, frozen=True, kw_only=True):
    """A version as a line of a listing.

    Args:
        model: the model's name.
        number: of the version.
        label: another name of it.
        manifest: digest of its manifest.
        stage: that it is in.
        aliases: that point at it, sorted.
        created: when it was registered.
        by: who registered it.
        revoked: whether the log revokes it.
    """

    model: str
    number: int
    label: str | None
    manifest: Digest
    stage: str | None
    aliases: tuple[str, ...]
    created: datetime
    by: str
    revoked: bool


class ModelRow(Struct, frozen=True, kw_only=True):
    """A model as a line of a listing.

    Args:
        model: its name.
        log: digest of the first event; `None` where there are versions and no log.
        head: sequence of the last event; 0 where there is none.
        versions: how many.
        aliases: alias → number.
        deleted: whether it is closed.
        environment: that its log is for.
    """

    model: str
    log: Digest | None
    head: int
    versions: int
    aliases: Mapping[str, int]
    deleted: bool
    environment: str | None


class Holding(Struct, frozen=True, kw_only=True):
    """A version that holds, or held, an alias.

    Args:
        alias: the alias.
        number: of the version.
        manifest: of the version.
        since: time of the event that gave it the alias.
        until: time of the event that took it away; `None` while it holds it.
        sequence: of the event that gave it the alias.
        event: digest of that event, which proves this.
        by: who signed it.
        proven: when it is proven to have existed.
    """

    alias: str
    number: int
    manifest: Digest
    since: datetime
    until: datetime | None
    sequence: int
    event: Digest
    by: str
    proven: datetime | None


class Note(Struct, frozen=True, kw_only=True):
    """An unsigned tag or annotation, of a version or of a model.

    Args:
        key: its name.
        value: its text.
        by: who wrote it, as far as the catalogue was told.
        time: when.
        number: of the version; `None` for the model.
    """

    key: str
    value: str
    by: str
    time: datetime
    number: int | None = None


class Reservation(Struct, frozen=True, kw_only=True):
    """The right to write the next event of a log.

    Args:
        model: whose log.
        sequence: of that event.
        token: tells this reservation from others.
    """

    model: str
    sequence: int
    token: str


class Page(Struct, Generic[Item_co], frozen=True, kw_only=True):
    """A part of a listing.

    Args:
        items: the lines.
        next: the token that asks for what follows; `None` at the end.
    """

    items: tuple[Item_co, ...]
    next: str | None = None
