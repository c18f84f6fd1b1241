"""A training record as values: what a person said, before digests are known."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct, field

if TYPE_CHECKING:
    from collections.abc import Mapping

    from attest.claims.training import Metric, Role, Standing, TensorSpec
    from attest_registry.digest import Digest

_NO_TEXT: Mapping[str, str] = MappingProxyType({})


class RecordedInput(Struct, frozen=True, kw_only=True):
    """Something that the model was made from, and one way to know its digest: path, digest, ref or unknown.

    Args:
        role: what it was to the model.
        name: unique among the inputs.
        path: file or folder of this machine that is hashed; never part of a claim.
        digest: as the person states it.
        ref: reference of a stored version, to be resolved.
        unknown: the person says that nobody knows.
        uri: where it is for others.
        split: train, validation, test …
        licence: SPDX expression.
        personal_data: whether it holds any; `None` where nobody said.
        classification: how sensitive it is.
        governance: owner, steward, custodian → name.
        description: free text.
    """

    role: Role
    name: str
    path: str | None = None
    digest: Digest | None = None
    ref: str | None = None
    unknown: bool = False
    uri: str | None = None
    split: str | None = None
    licence: str | None = None
    personal_data: bool | None = None
    classification: str | None = None
    governance: Mapping[str, str] = field(default_factory=lambda: _NO_TEXT)
    description: str | None = None


class TrainingRecord(Struct, frozen=True, kw_only=True):
    """What a person said about a training.

    Args:
        texts: place (`model.licence`) → text; the places are those of `record_places.PLACES`.
        unknown: places that the person marked as unknown.
        inputs: what the model was made from.
        parameters: hyperparameters as text.
        metrics: numbers as the person states them.
        inputs_spec: what the model takes.
        outputs_spec: what it gives.
        roles: pattern → what files of that name are for.
        origin: the file it was read from, for messages.
    """

    texts: Mapping[str, str] = field(default_factory=lambda: _NO_TEXT)
    unknown: frozenset[str] = frozenset()
    inputs: tuple[RecordedInput, ...] = ()
    parameters: Mapping[str, str] = field(default_factory=lambda: _NO_TEXT)
    metrics: tuple[Metric, ...] = ()
    inputs_spec: tuple[TensorSpec, ...] = ()
    outputs_spec: tuple[TensorSpec, ...] = ()
    roles: Mapping[str, str] = field(default_factory=lambda: _NO_TEXT)
    origin: str | None = None


class Resolved(NamedTuple):
    """What a reference turned out to be.

    Args:
        digest: the manifest digest.
        uri: where it is for others; `None` for the store of this machine.
        standing: admitted or unverified.
    """

    digest: Digest
    uri: str | None
    standing: Standing


class Measured(NamedTuple):
    """What was read from a path of this machine.

    Args:
        digest: of the file's bytes, or the OMS root of a folder.
        size: bytes.
    """

    digest: Digest
    size: int
