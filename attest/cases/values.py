"""Cases as values, before anything is made of them."""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from attest.claims.record_values import TrainingRecord
    from attest.model.manifest import ModelManifest
    from attest_registry.digest import Digest


class About(StrEnum):
    """What a claim is about."""

    VERSION = "version"
    OTHER_VERSION = "other-version"
    OTHER_MODEL = "other-model"


class Commit(StrEnum):
    """How the code stands."""

    CLEAN = "clean"
    CHANGED = "changed"
    UNKNOWN = "unknown"


class Built(Struct, frozen=True, kw_only=True):
    """Who ran it.

    Args:
        builder: URI; the local builder when left out.
        commit: how the code stands.
        finished: when it was done, by the builder's words.
    """

    builder: str
    commit: Commit
    finished: str


class SaidClaim(Struct, frozen=True, kw_only=True):
    """Somebody says something.

    Args:
        name: what the case calls it.
        predicate_type: which kind of claim.
        by: identity or role of the policy, or a stranger.
        proven: when that is proven; `None` where it is not.
        about: what it is about.
        spoilt: whether its signature does not fit.
        version: what it says of the version, where that differs from what the version is.
        reviews: the claims that a reviewer lists, by their names in the case; `None` for all others.
        says: its predicate, for kinds that are written down as they stand.
    """

    name: str
    predicate_type: str
    by: str
    proven: datetime | None
    about: About
    spoilt: bool
    version: Said
    reviews: tuple[str, ...] | None
    says: Mapping[str, Any]


class Said(Struct, frozen=True, kw_only=True):
    """What there is, or what a claim says that there is.

    Args:
        model: the model's name.
        manifest: the files.
        record: what a training record would say.
        built: who ran it.
    """

    model: str
    manifest: ModelManifest
    record: TrainingRecord
    built: Built


class Version(Struct, frozen=True, kw_only=True):
    """A version with its claims.

    Args:
        said: what there is.
        claims: what is said about it.
    """

    said: Said
    claims: tuple[SaidClaim, ...]


class Feed(Struct, frozen=True, kw_only=True):
    """An issue of the revocation feed.

    Args:
        by: who signs it.
        sequence: its number.
        issued: from when it is.
        expires: until when it goes.
        revoked: names of ancestors, or `version`, that it revokes.
    """

    by: str
    sequence: int
    issued: datetime
    expires: datetime
    revoked: tuple[str, ...]


class SaidCheckpoint(Struct, frozen=True, kw_only=True):
    """A checkpoint of the log.

    Args:
        by: who signs it.
        sequence: of which event.
        issued: from when it is.
        expires: until when it goes.
        other_branch: whether it is of another branch than the log that is shown.
    """

    by: str
    sequence: int
    issued: datetime
    expires: datetime
    other_branch: bool


class SaidLog(Struct, frozen=True, kw_only=True):
    """The log of the model.

    Args:
        alias: the alias that led to the version; `None` where it was named otherwise.
        begun_by: who signed its first event.
        admins: who are its admins now.
        digest: of its first event; `None` for any.
        environment: which registry it is of.
        sequence: number of its newest event.
        first_use: whether the host had never seen it.
        checkpoint: the checkpoint beside it.
    """

    alias: str | None
    begun_by: str
    admins: tuple[str, ...]
    digest: Digest | None
    environment: str | None
    sequence: int
    first_use: bool
    checkpoint: SaidCheckpoint | None


class PolicyCase(Struct, frozen=True, kw_only=True):
    """One case.

    Args:
        name: what it shows.
        codes: the codes with which it is denied; empty where it is allowed.
        now: when it is judged.
        version: what is judged.
        ancestors: name → version that others were made from.
        feed: what is revoked; `None` where there is no feed.
        promoted: when it was promoted; `None` where that is not known.
        aliases: alias → the ancestor that it points at.
        log: the log of the model; `None` where there is none, or nobody looked.
        at: its place in the file, for messages.
    """

    name: str
    codes: tuple[str, ...]
    now: datetime
    version: Version
    ancestors: Mapping[str, Version] = field(default_factory=lambda: MappingProxyType({}))
    feed: Feed | None = None
    promoted: datetime | None = None
    aliases: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    log: SaidLog | None = None
    at: str = ""


class CaseFile(Struct, frozen=True, kw_only=True):
    """A file of cases.

    Args:
        path: the file.
        policy: the policy that they are about.
        cases: the cases.
    """

    path: Path
    policy: Path
    cases: tuple[PolicyCase, ...]
