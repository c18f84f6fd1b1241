"""Completes the library's JSON with what it cannot write: modelCard, component data, files, compositions.

Everything is joined on bom-ref, never on a name: two things may be called the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from attest.claims import mlbom_terms as terms
from attest.claims.mlbom_address import as_address
from attest.claims.mlbom_facts import architectures, families, file_facts
from attest.claims.training import Operation, Role, Standing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from attest.claims.training import Card, Input, Metric, TensorSpec, Training
    from attest.model.manifest import ModelFile, ModelManifest

_DATA_TYPES: Final = {Role.DATASET: "dataset", Role.INDEX: "other", Role.PROMPTS: "configuration"}
_GOVERNANCE: Final = {"owner": "owners", "steward": "stewards", "custodian": "custodians"}


def complete(document: dict[str, Any], training: Training, manifest: ModelManifest) -> None:
    """Add to `document`, in place, what cyclonedx-python-lib has no words for."""
    model = document["metadata"]["component"]
    model["modelCard"] = _card(training, manifest)
    inputs = {f"input:{item.name}": item for item in training.inputs}
    components = document["components"]
    for component in components:
        item = inputs.get(component["bom-ref"])
        if item is not None and item.role in _DATA_TYPES:
            component["data"] = [_data(item)]
    files = [_file(file) for file in manifest.files]
    components[:0] = files
    _depend_on_files(document["dependencies"], [file["bom-ref"] for file in files])
    document["compositions"] = _compositions(training)


def _depend_on_files(dependencies: list[dict[str, Any]], files: list[str]) -> None:
    """The library does this in quadratic time (`Bom.register_dependency` searches): 20 s for 8,000 files."""
    model = next(dependency for dependency in dependencies if dependency["ref"] == terms.MODEL_REF)
    model["dependsOn"] = [*files, *model.get("dependsOn", ())]
    dependencies.extend({"ref": file} for file in files)


def _file(file: ModelFile) -> dict[str, Any]:
    return {
        "bom-ref": f"file:{file.path}",
        "type": "file",
        "name": file.path,
        "hashes": [{"alg": "SHA-256", "content": file.digest.hex}],
        "properties": _properties(file_facts(file)),
    }


def _data(item: Input) -> dict[str, Any]:
    address = as_address(item.uri)
    governance = {
        field: [{"organization": {"name": item.governance[name]}}]
        for name, field in _GOVERNANCE.items()
        if name in item.governance
    }
    return _filled(
        {
            "bom-ref": f"data:{item.name}",
            "type": _DATA_TYPES[item.role],
            "name": item.name,
            "contents": {"url": address} if address else None,
            "classification": item.classification,
            "sensitiveData": ["personal data"] if item.personal_data else None,
            "description": item.description,
            "governance": governance,
        },
    )


def _card(training: Training, manifest: ModelManifest) -> dict[str, Any]:
    datasets = [{"ref": f"input:{item.name}"} for item in training.inputs if item.role is Role.DATASET]
    parameters = _filled(
        {
            "task": training.task,
            "architectureFamily": families(manifest),
            "modelArchitecture": architectures(manifest),
            "datasets": datasets,
            "inputs": [{"format": _tensor(spec)} for spec in training.inputs_spec],
            "outputs": [{"format": _tensor(spec)} for spec in training.outputs_spec],
        },
    )
    return _filled(
        {
            "bom-ref": terms.CARD_REF,
            "modelParameters": parameters,
            "quantitativeAnalysis": _filled({"performanceMetrics": [_metric(metric) for metric in training.metrics]}),
            "considerations": _considerations(training.card),
            "properties": _properties(_card_facts(training)),
        },
    )


def _card_facts(training: Training) -> dict[str, str]:
    """CycloneDX allows no properties inside modelParameters, whatever CycloneDX's property taxonomy shows."""
    facts = {f"{terms.HYPERPARAMETER}{name}": value for name, value in sorted(training.parameters.items())}
    for index, metric in enumerate(training.metrics):
        if metric.dataset is not None:
            facts[terms.METRIC_DATASET.format(index=index)] = metric.dataset
    if training.card.out_of_scope is not None:
        facts[terms.OUT_OF_SCOPE] = training.card.out_of_scope
    return facts


def _metric(metric: Metric) -> dict[str, Any]:
    return _filled({"type": metric.name, "value": metric.value, "slice": metric.slice})


def _considerations(card: Card) -> dict[str, Any]:
    return _filled(
        {
            "useCases": [card.intended_use] if card.intended_use else None,
            "technicalLimitations": [card.limitations] if card.limitations else None,
            "ethicalConsiderations": [{"name": card.ethical_considerations}] if card.ethical_considerations else None,
            "fairnessAssessments": [{"groupAtRisk": card.subgroups}] if card.subgroups else None,
        },
    )


def _tensor(spec: TensorSpec) -> str:
    shape = ", ".join(str(length) for length in spec.shape)
    return f"{spec.name}: {spec.dtype}[{shape}]"


def _compositions(training: Training) -> list[dict[str, Any]]:
    """How complete the BOM is: all its files, and as much of its lineage as was said."""
    unknown = [f"input:{item.name}" for item in training.inputs if item.standing is Standing.UNKNOWN]
    compositions: list[dict[str, Any]] = [
        {"aggregate": "complete", "assemblies": [terms.MODEL_REF]},
        {"aggregate": _lineage_completeness(training, known=not unknown), "dependencies": [terms.MODEL_REF]},
    ]
    if unknown:
        compositions.append({"aggregate": "unknown", "assemblies": unknown})
    return compositions


def _lineage_completeness(training: Training, *, known: bool) -> str:
    environment = training.environment
    if training.operation is Operation.UNSPECIFIED:
        return "unknown"
    has_all_kinds = bool(training.inputs and training.source and (environment.packages or environment.image))
    return "complete" if known and has_all_kinds else "incomplete"


def _properties(facts: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in facts.items()]


def _filled(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in (None, [], {})}
