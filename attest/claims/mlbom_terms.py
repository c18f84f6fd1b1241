"""What an ML-BOM says, as values, and the words that say it in CycloneDX: shared by writing, reading and checking.

CycloneDX has no field for much of what counts here (how a digest is known, what a teacher is, which file can run code),
so those facts are properties under `attest:` beside the registered `cdx:ai-ml:` ones (cyclonedx-property-taxonomy).
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from msgspec import Struct, field

from attest.claims.training import Card, Input, Metric, Operation, Package, Role, Source

if TYPE_CHECKING:
    from collections.abc import Mapping

    from attest_registry.digest import Digest

SPECS: Final = ("1.6", "1.7")
"""The versions that are written and read; 1.6 is ECMA-424's first edition and the default."""

MODEL_REF: Final = "model"
CARD_REF: Final = "model-card"
SOURCE_REF: Final = "source"
MODEL_TYPE: Final = "machine-learning-model"

STANDING: Final = "attest:standing"
PROVENANCE: Final = "attest:provenance"
RELATION: Final = "attest:lineage:relation"
OPERATION: Final = "attest:operation"
OMS_ROOT: Final = "attest:oms-root"
EXCLUDED: Final = "attest:excluded"
HYPERPARAMETER: Final = "attest:hyperparameter:"
BYPRODUCT: Final = "attest:byproduct:"
PARAMETERS: Final = "attest:model:parameters"
PARAMETER_COUNT: Final = "cdx:ai-ml:model:parameter:count"
QUANTISATION: Final = "cdx:ai-ml:model:hyperparameter:quantization"
ENVIRONMENT: Final = "attest:environment:"
IMAGE: Final = f"{ENVIRONMENT}image"
METRIC_DATASET: Final = "attest:metric:{index}:dataset"
OUT_OF_SCOPE: Final = "attest:card:out-of-scope"
SPLIT: Final = "attest:dataset:split"
PERSONAL_DATA: Final = "attest:dataset:personal-data"
GOVERNANCE: Final = "attest:governance:"
SIZE: Final = "attest:size"
URI: Final = "attest:uri"
FILE_FORMAT: Final = "attest:file:format"
FILE_CODE: Final = "attest:file:code-bearing"
FILE_REASON: Final = "attest:file:code-reason"
FILE_OUTSIDE: Final = "attest:file:outside"
FILE_ROLE: Final = "attest:file:role"
FILE_SIZE: Final = "attest:file:size"
FILE_PARAMETERS: Final = "attest:file:parameters"
FILE_DTYPES: Final = "attest:file:dtypes"
SOURCE_CLEAN: Final = "attest:source:clean"
SOURCE_CHANGES: Final = "attest:source:changes"
SOURCE_REVISION: Final = "attest:source:ref"
SOURCE_ENTRY: Final = "attest:source:entry-point"
SOURCE_CONFIG: Final = "attest:source:config"

_RELATIONS: Final = MappingProxyType(
    {
        Role.DATASET: "dataset",
        Role.BASE_MODEL: "base",
        Role.TEACHER_MODEL: "teacher",
        Role.ADAPTER_BASE: "adapter-of",
        Role.EMBEDDING_MODEL: "embeds-with",
        Role.INDEX: "retrieves-from",
        Role.PROMPTS: "prompted-by",
        Role.ENVIRONMENT: "environment",
    },
)
_BASE_RELATIONS: Final = MappingProxyType(
    {
        Operation.MERGE: "merged-from",
        Operation.QUANTIZE: "quantized-from",
        Operation.CONVERT: "converted-from",
    },
)
ROLES: Final = MappingProxyType(
    {word: role for role, word in _RELATIONS.items()} | dict.fromkeys(_BASE_RELATIONS.values(), Role.BASE_MODEL),
)
"""Relation word → role, for reading."""

ANCESTOR: Final = "ancestor"
"""Relation of a component that stands in a merged BOM with all it was made from. What it was to which model is said in
that model's pedigree, so this word alone makes it no input."""

ANCESTORS: Final = frozenset({Role.BASE_MODEL, Role.TEACHER_MODEL, Role.ADAPTER_BASE})
"""Roles that CycloneDX's guide puts under `pedigree.ancestors` (guides ML-BOM, first edition revision 1)."""


def relation_for(role: Role, operation: Operation) -> str:
    """The word for what an input was to the model; no BOM format has one for a teacher."""
    if role is Role.BASE_MODEL:
        return _BASE_RELATIONS.get(operation, _RELATIONS[role])
    return _RELATIONS[role]


class BOMFile(Struct, frozen=True, kw_only=True):
    """One file of the model as the ML-BOM lists it.

    Args:
        path: its name in the BOM; ours write the path inside the model.
        digest: SHA-256; `None` where the BOM has none.
        format: the format's word; `None` where the BOM does not say.
        code_bearing: whether loading it can run code; `None` where the BOM does not say.
        role: what it is for, where said.
        size: bytes, where said.
        outside: what it leads to outside of the model, where said.
    """

    path: str
    digest: Digest | None = None
    format: str | None = None
    code_bearing: bool | None = None
    role: str | None = None
    size: int | None = None
    outside: str | None = None


class MLBOM(Struct, frozen=True, kw_only=True):
    """What an ML-BOM says, ours or another tool's. What it does not say is `None` or empty, never a guess.

    Args:
        spec: CycloneDX version.
        model: the model's name.
        digest: manifest digest of the model, where said.
        oms_root: OMS root digest, where said.
        label: the version's label.
        serial: serial number as URN.
        timestamp: when it was made, RFC 3339.
        operation: what was done to make the model; `None` where the BOM is silent.
        source: the code.
        inputs: what the model was made from; one without a digest has the standing `unknown`.
        files: the model's files.
        metrics: numbers that the publisher states.
        hyperparameters: what the training was set to.
        packages: what the environment held.
        image: container image that it ran in.
        licence: SPDX expression, or the words used instead.
        architecture: the model's architecture.
        parameters: number of learned parameters, counted from the files' headers.
        quantisation: how weights are quantised.
        task: what the model does.
        description: free text.
        owner: who answers for it.
        excluded: patterns that were left out when the files were listed.
        lineage_completeness: CycloneDX's word about the model's dependencies: complete, incomplete, unknown …
        card: texts for the model's users.
    """

    spec: str
    model: str
    digest: Digest | None = None
    oms_root: Digest | None = None
    label: str | None = None
    serial: str | None = None
    timestamp: str | None = None
    operation: Operation | None = None
    source: Source | None = None
    inputs: tuple[Input, ...] = ()
    files: tuple[BOMFile, ...] = ()
    metrics: tuple[Metric, ...] = ()
    hyperparameters: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    packages: tuple[Package, ...] = ()
    image: str | None = None
    licence: str | None = None
    architecture: str | None = None
    parameters: int | None = None
    quantisation: str | None = None
    task: str | None = None
    description: str | None = None
    owner: str | None = None
    excluded: tuple[str, ...] = ()
    lineage_completeness: str | None = None
    card: Card = field(default_factory=Card)
