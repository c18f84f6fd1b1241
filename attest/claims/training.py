"""What a person, git and CI say about how a model came to be: neutral values that the claims are written from.

Provenance (SLSA) and ML-BOM (CycloneDX) are two renderings of one `Training`; neither is the source of the other, and
what a format cannot say is not lost here. Nothing is guessed: what nobody said is `None`, `unspecified` or `unknown`.
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from msgspec import Struct, field

if TYPE_CHECKING:
    from collections.abc import Mapping

    from attest_registry.digest import Digest

_NO_TEXT: Mapping[str, str] = MappingProxyType({})


class Operation(StrEnum):
    """What was done (buildType model-training/v1, docs/formats.md)."""

    TRAIN = "train"
    FINE_TUNE = "fine-tune"
    DISTILL = "distill"
    MERGE = "merge"
    QUANTIZE = "quantize"
    CONVERT = "convert"
    IMPORT = "import"
    ASSEMBLE = "assemble"  # put together or written, nothing trained: prompts, configuration
    UNSPECIFIED = "unspecified"


class Role(StrEnum):
    """What an input was to the model."""

    DATASET = "dataset"
    BASE_MODEL = "base-model"
    TEACHER_MODEL = "teacher-model"
    ADAPTER_BASE = "adapter-base"
    EMBEDDING_MODEL = "embedding-model"  # what turns questions into vectors, where documents are looked up
    INDEX = "index"  # what is looked up in
    PROMPTS = "prompts"  # templates and examples that are a version of their own
    ENVIRONMENT = "environment"


MODEL_ROLES: Final = frozenset({Role.BASE_MODEL, Role.TEACHER_MODEL, Role.ADAPTER_BASE, Role.EMBEDDING_MODEL})
"""Inputs that are models: what they were made from goes into what is made from them."""


class Standing(StrEnum):
    """How the digest of an input is known."""

    HASHED = "hashed"  # we read the bytes
    ADMITTED = "admitted"  # resolved in a store and admitted under the pusher's policy
    UNVERIFIED = "unverified"  # resolved in a store, not admitted
    STATED = "stated"  # the person gave the digest
    UNKNOWN = "unknown"  # the person said that nobody knows; there is no digest


class Input(Struct, frozen=True, kw_only=True):
    """Something that the model was made from.

    Args:
        role: what it was to the model.
        name: unique among the inputs of one training.
        standing: how its digest is known.
        digest: SHA-256; `None` only where the standing is unknown.
        uri: where it is, without local paths; `None` where only name and digest are known.
        split: train, validation, test …, for datasets.
        licence: SPDX expression.
        personal_data: whether it holds personal data; `None` where nobody said.
        classification: how sensitive it is, in the owner's words.
        governance: owner, steward, custodian → name.
        description: free text.
        size: bytes, where they were read.
    """

    role: Role
    name: str
    standing: Standing
    digest: Digest | None = None
    uri: str | None = None
    split: str | None = None
    licence: str | None = None
    personal_data: bool | None = None
    classification: str | None = None
    governance: Mapping[str, str] = field(default_factory=lambda: _NO_TEXT)
    description: str | None = None
    size: int | None = None

    @property
    def title(self) -> str:
        """What people call it: the model's name where it is a version with an address, else its own."""
        for scheme in ("attest:", "oci://"):
            if self.uri is not None and self.uri.startswith(scheme):
                return self.uri.removeprefix(scheme).partition("@")[0]
        return self.name


class Source(Struct, frozen=True, kw_only=True):
    """The code.

    Args:
        uri: repository as `git+https://…`; `None` for a repository without a remote.
        commit: 40 or 64 hex digits.
        clean: whether the working tree had no changes; `None` where nobody looked.
        changes: number of uncommitted changes, where somebody looked.
        ref: branch or tag, `refs/heads/main`.
        entry_point: the script.
        config: its configuration file.
    """

    uri: str | None = None
    commit: str | None = None
    clean: bool | None = None
    changes: int | None = None
    ref: str | None = None
    entry_point: str | None = None
    config: str | None = None


class Build(Struct, frozen=True, kw_only=True):
    """Who ran it, and when.

    Args:
        builder: URI of the builder; the local one unless a CI system says otherwise.
        invocation: URI or id of the run.
        started: RFC 3339 UTC.
        finished: RFC 3339 UTC.
    """

    builder: str
    invocation: str | None = None
    started: str | None = None
    finished: str | None = None


class Package(Struct, frozen=True, kw_only=True):
    """One package of the environment."""

    name: str
    version: str


class Environment(Struct, frozen=True, kw_only=True):
    """What it ran in.

    Args:
        packages: what was installed.
        requirements: digest of the lock file, where there is one.
        requirements_name: that file's name.
        image: container image by digest.
        hardware: free text.
        framework: name and version.
    """

    packages: tuple[Package, ...] = ()
    requirements: Digest | None = None
    requirements_name: str | None = None
    image: str | None = None
    hardware: str | None = None
    framework: str | None = None


class Metric(Struct, frozen=True, kw_only=True):
    """A number that the publisher states. A gate does not read it; an evaluation is a claim of its own.

    Args:
        name: what was measured.
        value: decimal as text.
        dataset: name of the dataset it was measured on.
        slice: which part of it.
    """

    name: str
    value: str
    dataset: str | None = None
    slice: str | None = None


class TensorSpec(Struct, frozen=True, kw_only=True):
    """One input or output of the model. `shape` holds -1 for a free dimension."""

    name: str
    dtype: str
    shape: tuple[int, ...] = ()


class Card(Struct, frozen=True, kw_only=True):
    """What the person writes for those who use the model."""

    intended_use: str | None = None
    out_of_scope: str | None = None
    limitations: str | None = None
    ethical_considerations: str | None = None
    subgroups: str | None = None


class Training(Struct, frozen=True, kw_only=True):
    """Everything that is said about how one version came to be.

    Args:
        operation: what was done.
        source: the code; `None` where there is none.
        build: who ran it.
        inputs: what it was made from; names are unique.
        parameters: hyperparameters as text.
        metrics: numbers stated by the publisher.
        environment: what it ran in.
        byproducts: name → digest of files that the run also produced.
        licence: SPDX expression of the model.
        task: what it does, for the card.
        description: free text.
        owner: who answers for it.
        label: the version's label.
        inputs_spec: what the model takes.
        outputs_spec: what it gives.
        card: texts for its users.
    """

    build: Build
    operation: Operation = Operation.UNSPECIFIED
    source: Source | None = None
    inputs: tuple[Input, ...] = ()
    parameters: Mapping[str, str] = field(default_factory=lambda: _NO_TEXT)
    metrics: tuple[Metric, ...] = ()
    environment: Environment = field(default_factory=Environment)
    byproducts: Mapping[str, Digest] = field(default_factory=lambda: MappingProxyType({}))
    licence: str | None = None
    task: str | None = None
    description: str | None = None
    owner: str | None = None
    label: str | None = None
    inputs_spec: tuple[TensorSpec, ...] = ()
    outputs_spec: tuple[TensorSpec, ...] = ()
    card: Card = field(default_factory=Card)
