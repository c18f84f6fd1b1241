"""What G7 and the EU's AI Act ask an ML-BOM to say: one table of fields, each with its places and with who supplies it.

`g7` is "Software Bill of Materials for AI - Minimum Elements" (G7 Cybersecurity Working Group, 12 May 2026), all 50
elements in its seven clusters; `eu-annex-iv` is the technical documentation of Annex IV to Regulation (EU) 2024/1689.
A profile says what is filled in, never that a law is obeyed: most of Annex IV is text that no BOM holds.

A place is a path into the CycloneDX document: `model/` starts at the model, `dataset/` at each dataset (all of them
have to say it), anything else at the document. Lists are walked; `[word]` takes the items whose name or type it is, or
that have it as a key; a `*` at its end stands for any rest. A place after `?` answers nothing, but can say "unknown".
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Mapping

G7: Final = "g7"
EU_ANNEX_IV: Final = "eu-annex-iv"

TITLES: Final[Mapping[str, str]] = MappingProxyType(
    {G7: "G7 SBOM for AI, minimum elements (12 May 2026)", EU_ANNEX_IV: "Regulation (EU) 2024/1689, Annex IV"}
)
"""Profile → what it is taken from."""


class ProfileField(Struct, frozen=True, kw_only=True):
    """One thing that somebody asks for.

    Args:
        name: stable; what policies and JSON call it.
        title: for people.
        places: where CycloneDX has it; one of them is enough.
        supply: how whoever pushes says it: an option, or a key of the training record.
        g7: the cluster of G7's paper; empty where it does not ask.
        annex: the point of Annex IV; empty where it does not ask.
        asked: whether the ML-BOM of one model can be expected to say it; what belongs to the system around the model,
            or into other claims, cannot, and is only shown.
    """

    name: str
    title: str
    places: tuple[str, ...]
    supply: str
    g7: str = ""
    annex: str = ""
    asked: bool = True

    def clause(self, profile: str) -> str:
        """Where `profile` asks for it; empty where it does not."""
        return {G7: self.g7, EU_ANNEX_IV: self.annex}[profile]


def _field(name: str, title: str, places: str, supply: str, *, g7: str = "", annex: str = "") -> ProfileField:
    return ProfileField(name=name, title=title, places=tuple(places.split()), supply=supply, g7=g7, annex=annex)


def _outside(name: str, title: str, places: str, supply: str, *, g7: str = "", annex: str = "") -> ProfileField:
    return ProfileField(
        name=name, title=title, places=tuple(places.split()), supply=supply, g7=g7, annex=annex, asked=False
    )


_PUSH: Final = "attest push writes it"
_SYSTEM: Final = "the SBOM of the system that uses the model says it"
_OTHERS: Final = "other claims and documents say it"
_OWNER: Final = "model.owner in the training record"
_LABEL: Final = "--label"
_HYPERPARAMETERS: Final = "model/modelCard/properties[attest:hyperparameter:*]"
_METRICS: Final = "model/modelCard/quantitativeAnalysis/performanceMetrics/value"
_PARAMETERS: Final = "model/modelCard/modelParameters"
_INTERFACE: Final = f"{_PARAMETERS}/inputs {_PARAMETERS}/outputs"
_CONSIDERATIONS: Final = "model/modelCard/considerations"

_METADATA: Final = (
    _field(
        "bom-author",
        "who answers for the BOM",
        "model/supplier/name metadata/authors metadata/manufacturer/name metadata/supplier/name",
        _OWNER,
        g7="Metadata",
    ),
    _field("bom-version", "serial number or version of the BOM", "serialNumber", _PUSH, g7="Metadata"),
    _field("bom-format", "name of its format", "bomFormat", _PUSH, g7="Metadata"),
    _field("bom-format-version", "version of its format", "specVersion", _PUSH, g7="Metadata"),
    _outside(
        "bom-signature",
        "the author's signature",
        "signature",
        "attest push signs the ML-BOM: check the version instead of a file, with --key",
        g7="Metadata",
    ),
    _field(
        "tool-name", "tool that wrote it", "metadata/tools/components/name metadata/tools/name", _PUSH, g7="Metadata"
    ),
    _field(
        "tool-version",
        "version of the tool",
        "metadata/tools/components/version metadata/tools/version",
        _PUSH,
        g7="Metadata",
    ),
    _field("bom-context", "when in the life cycle it was made", "metadata/lifecycles", _PUSH, g7="Metadata"),
    _field("bom-timestamp", "when it was made", "metadata/timestamp", _PUSH, g7="Metadata"),
    _field("dependencies", "what depends on what", "dependencies/dependsOn", _PUSH, g7="Metadata"),
)

_SYSTEM_LEVEL: Final = (
    _field("system-name", "name of what it describes", "metadata/component/name", _PUSH, g7="System level"),
    _field(
        "system-producer",
        "its producer",
        "metadata/component/supplier/name metadata/component/manufacturer/name metadata/component/publisher",
        _OWNER,
        g7="System level",
    ),
    _field("system-version", "its version", "metadata/component/version", _LABEL, g7="System level"),
    _field("system-components", "its components", "components/name", _PUSH, g7="System level"),
    _field("system-timestamp", "when that was so", "metadata/timestamp", _PUSH, g7="System level"),
    _outside("system-data-flow", "how data flow", "services/data/flow", _SYSTEM, g7="System level"),
    _outside("system-data-usage", "how data are used", "services/data/governance", _SYSTEM, g7="System level"),
    _field(
        "system-interface",
        "what it takes and gives",
        _INTERFACE,
        "interface.inputs and interface.outputs in the training record",
        g7="System level",
    ),
    _field(
        "intended-use",
        "intended purpose",
        f"{_CONSIDERATIONS}/useCases",
        "card.intended_use in the training record",
        g7="System level",
        annex="1(a)",
    ),
)

_MODEL: Final = (
    _field("model-name", "name of the model", "model/name", _PUSH, g7="Models", annex="1(a)"),
    _field("model-identifier", "identifier", "model/purl model/cpe model/swid model/omniborId", _PUSH, g7="Models"),
    _field("model-version", "version", "model/version", _LABEL, g7="Models", annex="1(a)"),
    _field("model-timestamp", "when it was made", "metadata/timestamp", _PUSH, g7="Models"),
    _field(
        "model-producer",
        "producer or provider",
        "model/supplier/name model/manufacturer/name model/publisher",
        _OWNER,
        g7="Models",
        annex="1(a)",
    ),
    _field(
        "model-description",
        "description",
        "model/description model/modelCard/modelParameters/task",
        "model.description in the training record",
        g7="Models",
        annex="2(b)",
    ),
    _field("model-hash", "digest", "model/hashes/content", _PUSH, g7="Models"),
    _field("model-hash-algorithm", "algorithm of the digest", "model/hashes/alg", _PUSH, g7="Models"),
    _field(
        "model-properties",
        "architecture and size",
        f"{_PARAMETERS}/modelArchitecture {_PARAMETERS}/architectureFamily "
        "model/properties[attest:model:parameters] model/properties[cdx:ai-ml:model:parameter:count]",
        "a config.json with model_type or architectures, or weights in safetensors or GGUF",
        g7="Models",
        annex="2(b)",
    ),
    _field(
        "model-interface",
        "what it takes and gives",
        _INTERFACE,
        "interface.inputs and interface.outputs in the training record",
        g7="Models",
        annex="3",
    ),
    _field(
        "model-training",
        "how it was trained",
        f"model/properties[attest:operation] {_PARAMETERS}/approach/type",
        "--operation",
        g7="Models",
        annex="2(a)",
    ),
    _field("hyperparameters", "parameters of the training", _HYPERPARAMETERS, "--param", annex="2(b)"),
    _field("model-licence", "licence", "model/licenses", "--licence", g7="Models"),
    _field(
        "model-references",
        "references to where it comes from",
        "model/externalReferences/url components/externalReferences/url",
        "--source, or uri at an input of the training record",
        g7="Models",
    ),
    _field("files", "the files of which it consists", "components[file]/hashes/content", _PUSH, annex="1(d)"),
    _field(
        "source-code",
        "the code that made it",
        "model/pedigree/commits/uid components[application]/version",
        "--source",
        annex="2(a)",
    ),
    _field(
        "lineage",
        "whether everything that it was made from is named",
        "compositions[dependencies]/aggregate",
        "--operation, --dataset, --base, --teacher and --source; environment.packages in the training record",
        annex="2(a)",
    ),
    _outside(
        "pre-trained",
        "pre-trained models that went in",
        "model/pedigree/ancestors/name",
        "--base, --teacher or --adapter-of",
        annex="2(a)",
    ),
)

_DATASET: Final = (
    _field("dataset-name", "name", "dataset/name", "--dataset", g7="Datasets", annex="2(d)"),
    _field(
        "dataset-description",
        "description",
        "dataset/description dataset/data/description",
        "description at the input of the training record",
        g7="Datasets",
        annex="2(d)",
    ),
    _field("dataset-content", "what it holds", "dataset/data/contents dataset/data/type", "--dataset", g7="Datasets"),
    _field(
        "dataset-identifier",
        "identifier or address",
        "dataset/externalReferences/url dataset/purl dataset/data/contents/url dataset/properties[attest:uri] "
        "dataset/hashes/content ?dataset/properties[attest:provenance]",
        "uri at the input of the training record",
        g7="Datasets",
    ),
    _field(
        "dataset-hash",
        "digest",
        "dataset/hashes/content ?dataset/properties[attest:provenance]",
        "--dataset NAME=PATH",
        g7="Datasets",
        annex="2(d)",
    ),
    _field(
        "dataset-provenance",
        "where it comes from",
        "dataset/externalReferences/url dataset/data/contents/url dataset/properties[attest:uri] "
        "dataset/pedigree/notes ?dataset/properties[attest:provenance]",
        "uri at the input of the training record",
        g7="Datasets",
        annex="2(d)",
    ),
    _field(
        "dataset-statistics",
        "how much it is",
        "dataset/properties[attest:size] dataset/data/graphics dataset/data/contents/properties/value",
        "--dataset NAME=PATH",
        g7="Datasets",
        annex="2(d)",
    ),
    _field(
        "dataset-sensitivity",
        "sensitivity",
        "dataset/data/sensitiveData dataset/data/classification dataset/properties[attest:dataset:personal-data]",
        "personal_data or classification at the input of the training record",
        g7="Datasets",
    ),
    _field(
        "dataset-dependency",
        "what it was to the model",
        f"dataset/properties[attest:lineage:relation] {_PARAMETERS}/datasets",
        "--dataset",
        g7="Datasets",
    ),
    _field(
        "dataset-licence", "licence", "dataset/licenses", "licence at the input of the training record", g7="Datasets"
    ),
    _field(
        "dataset-split",
        "training, validation or test",
        "dataset/properties[attest:dataset:split]",
        "split at the input of the training record",
        annex="2(g)",
    ),
    _field(
        "dataset-governance",
        "who answers for it",
        "dataset/data/governance dataset/properties[attest:governance:*]",
        "governance at the input of the training record",
        annex="2(d)",
    ),
    _outside("dataset-labelling", "labelling and cleaning", "dataset/data/contents/attachment", _OTHERS, annex="2(d)"),
)

_REST: Final = (
    _field(
        "software",
        "software that it was made with",
        "components[library]/version components[framework]/version components[container]/hashes "
        "model/properties[attest:environment:framework] model/properties[attest:environment:image]",
        "environment.packages in the training record",
        g7="Infrastructure",
        annex="1(c)",
    ),
    _field(
        "hardware",
        "hardware that it was made on",
        f"model/properties[attest:environment:hardware] components[device]/name "
        f"{_CONSIDERATIONS}/environmentalConsiderations/energyConsumptions",
        "environment.hardware in the training record",
        g7="Infrastructure",
        annex="2(c)",
    ),
    _outside("security-controls", "security controls", "declarations/claims", _OTHERS, g7="Security"),
    _outside("security-compliance", "standards", "definitions/standards/name", _OTHERS, g7="Security"),
    _outside("security-policy", "policy", "model/externalReferences[security-contact]", _OTHERS, g7="Security"),
    _outside("vulnerabilities", "vulnerabilities", "vulnerabilities/id", _OTHERS, g7="Security"),
    _field("performance", "operational performance", _METRICS, "--metric", g7="KPI", annex="2(g)"),
    _outside("security-metrics", "security metrics", "declarations/evidence", _OTHERS, g7="KPI"),
    _field(
        "limitations",
        "limits of what it can do",
        f"{_CONSIDERATIONS}/technicalLimitations {_CONSIDERATIONS}/performanceTradeoffs",
        "card.limitations in the training record",
        annex="3",
    ),
    _field(
        "out-of-scope",
        "uses that are not intended",
        "model/modelCard/properties[attest:card:out-of-scope]",
        "card.out_of_scope in the training record",
        annex="3",
    ),
    _field(
        "subgroups",
        "performance for groups of persons",
        f"{_CONSIDERATIONS}/fairnessAssessments {_METRICS.removesuffix('value')}slice",
        "card.subgroups in the training record",
        annex="3",
    ),
    _field(
        "risks",
        "foreseeable risks",
        f"{_CONSIDERATIONS}/ethicalConsiderations",
        "card.ethical_considerations in the training record",
        annex="3",
    ),
    _outside("hardware-to-run-on", "hardware that it is to run on", "formulation", _SYSTEM, annex="1(e)"),
    _outside("instructions", "instructions for use", "model/externalReferences[documentation]", _OTHERS, annex="1(h)"),
    _outside("oversight", "human oversight", "declarations/claims", _OTHERS, annex="2(e)"),
    _outside("planned-changes", "changes that are planned", "model/releaseNotes", _OTHERS, annex="2(f)"),
    _outside("test-reports", "test reports, dated and signed", "declarations/evidence", _OTHERS, annex="2(g)"),
    _outside("cybersecurity", "cybersecurity measures", "declarations/claims", _OTHERS, annex="2(h)"),
    _outside("metrics-chosen", "why these metrics", "declarations/claims", _OTHERS, annex="4"),
    _outside("risk-management", "risk management", "declarations/claims", _OTHERS, annex="5"),
    _outside("changes", "changes through its life", "model/releaseNotes", "attest bom diff OLD NEW", annex="6"),
    _outside("standards", "harmonised standards", "definitions/standards/name", _OTHERS, annex="7"),
    _outside("conformity", "declaration of conformity", "declarations/affirmation", _OTHERS, annex="8"),
    _outside("monitoring", "monitoring after the market", "declarations/claims", _OTHERS, annex="9"),
)

FIELDS: Final = (*_METADATA, *_SYSTEM_LEVEL, *_MODEL, *_DATASET, *_REST)
"""Every field, in the order in which they are shown."""


def fields_of(profile: str) -> tuple[ProfileField, ...]:
    """What a profile asks for.

    Args:
        profile: one of `TITLES`.
    """
    return tuple(field for field in FIELDS if field.clause(profile))
