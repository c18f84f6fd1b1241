"""What CycloneDX has no field for, as properties: name → text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from attest.claims import mlbom_terms as terms
from attest.claims.mlbom_address import as_address
from attest.claims.training import Standing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from attest.claims.training import Environment, Input, Operation, Source, Training
    from attest.model.manifest import ModelFile, ModelManifest
    from attest_registry.digest import Digest

_GOVERNANCE_FIELDS: Final = frozenset({"owner", "steward", "custodian"})
_UNITS: Final = ((10**12, "T"), (10**9, "B"), (10**6, "M"), (10**3, "K"))


def model_facts(training: Training, manifest: ModelManifest, *, oms_root: Digest) -> dict[str, str]:
    """About the model as a whole. Counts come from the files' headers, not from what anybody says."""
    count = parameter_count(manifest)
    quantisations = sorted({file.format.quantisation for file in manifest.files if file.format.quantisation})
    facts = {
        terms.OPERATION: training.operation.value,
        terms.OMS_ROOT: str(oms_root),
        terms.PARAMETERS: str(count) if count is not None else None,
        terms.PARAMETER_COUNT: _rounded(count) if count is not None else None,
        terms.QUANTISATION: ", ".join(quantisations) or None,
    }
    byproducts = {f"{terms.BYPRODUCT}{name}": str(digest) for name, digest in training.byproducts.items()}
    return _said(facts) | byproducts


def parameter_count(manifest: ModelManifest) -> int | None:
    """Learned parameters. The same weights in two formats count once: the format that holds most of them decides."""
    counts: dict[str, int] = {}
    for file in manifest.files:
        if file.format.parameters is not None:
            counts[file.format.kind] = counts.get(file.format.kind, 0) + file.format.parameters
    return max(counts.values(), default=None)


def architectures(manifest: ModelManifest) -> str | None:
    """The architecture as the files' headers name it."""
    return ", ".join(sorted({file.format.architecture for file in manifest.files if file.format.architecture})) or None


def families(manifest: ModelManifest) -> str | None:
    """The architecture's family as configuration files name it (`model_type` of transformers)."""
    return (
        ", ".join(sorted({name for file in manifest.files if (name := file.format.details.get("model_type"))})) or None
    )


def environment_facts(environment: Environment) -> dict[str, str]:
    """About what it ran in."""
    requirements = environment.requirements
    facts = {
        "framework": environment.framework,
        "hardware": environment.hardware,
        "image": environment.image,
        "requirements": str(requirements) if requirements is not None else None,
        "requirements-name": environment.requirements_name,
    }
    return {f"{terms.ENVIRONMENT}{name}": value for name, value in _said(facts).items()}


def input_facts(item: Input, operation: Operation) -> dict[str, str]:
    """About one input. Unknown provenance is said in so many words (SP 800-218A PW.3.2)."""
    facts = {
        terms.RELATION: terms.relation_for(item.role, operation),
        terms.STANDING: item.standing.value,
        terms.PROVENANCE: "unknown" if item.standing is Standing.UNKNOWN else None,
        terms.SPLIT: item.split,
        terms.PERSONAL_DATA: None if item.personal_data is None else _yes(said=item.personal_data),
        terms.SIZE: str(item.size) if item.size is not None else None,
        terms.URI: item.uri if as_address(item.uri) != item.uri else None,
    }
    governance = {
        f"{terms.GOVERNANCE}{name}": value for name, value in item.governance.items() if name not in _GOVERNANCE_FIELDS
    }
    return _said(facts) | governance


def source_facts(source: Source) -> dict[str, str]:
    """About the code."""
    return _said(
        {
            terms.SOURCE_CLEAN: None if source.clean is None else _yes(said=source.clean),
            terms.SOURCE_CHANGES: str(source.changes) if source.changes is not None else None,
            terms.SOURCE_REVISION: source.ref,
            terms.SOURCE_ENTRY: source.entry_point,
            terms.SOURCE_CONFIG: source.config,
            terms.URI: source.uri if as_address(source.uri) != source.uri else None,
        },
    )


def file_facts(file: ModelFile) -> dict[str, str]:
    """About one file of the model."""
    dtypes = ",".join(f"{name}:{count}" for name, count in sorted(file.format.dtypes.items()))
    return _said(
        {
            terms.FILE_FORMAT: file.format.kind.value,
            terms.FILE_CODE: _yes(said=file.format.code_bearing),
            terms.FILE_REASON: file.format.reason or None,
            terms.FILE_OUTSIDE: file.format.outside or None,
            terms.FILE_ROLE: file.role,
            terms.FILE_SIZE: str(file.size),
            terms.FILE_PARAMETERS: str(file.format.parameters) if file.format.parameters is not None else None,
            terms.FILE_DTYPES: dtypes or None,
        },
    )


def _yes(*, said: bool) -> str:
    return "true" if said else "false"


def _said(facts: Mapping[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in facts.items() if value is not None}


def _rounded(count: int) -> str:
    """The taxonomy's spelling: `22.7M`, `8B`."""
    for unit, letter in _UNITS:
        if count >= unit:
            return f"{count / unit:.1f}".removesuffix(".0") + letter
    return str(count)
