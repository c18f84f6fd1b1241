"""`Training` and files → CycloneDX, with cyclonedx-python-lib for what it does right. Imported only to write (0.2 s).

The library (11.12.0) has no modelCard and no component `data` (its issues #912, #913), cannot be subclassed for them,
and takes time that grows with the square of the number of components. So it makes the model, its inputs, licences,
package URLs, pedigree and dependencies; mlbom_card.py completes its JSON, joined on bom-ref. Peers that joined on names
put cards on the wrong models.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, Property, XsUri
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Commit, Component, ComponentType, Pedigree
from cyclonedx.model.contact import OrganizationalEntity
from cyclonedx.model.dependency import Dependency
from cyclonedx.model.lifecycle import LifecyclePhase, PredefinedLifecycle
from cyclonedx.model.tool import ToolRepository
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from packageurl import PackageURL

from attest._version import __version__
from attest.claims import mlbom_terms as terms
from attest.claims.mlbom_address import as_address
from attest.claims.mlbom_card import complete
from attest.claims.mlbom_facts import environment_facts, input_facts, model_facts, source_facts
from attest.claims.training import Role
from attest.errors import RecordError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from attest.claims.training import Input, Package, Source, Training
    from attest.model.manifest import ModelManifest
    from attest_registry.digest import Digest

_TYPES: Final = {
    Role.DATASET: ComponentType.DATA,
    Role.INDEX: ComponentType.DATA,
    Role.PROMPTS: ComponentType.DATA,
    Role.ENVIRONMENT: ComponentType.CONTAINER,
}
_VERSIONS: Final = {"1.6": SchemaVersion.V1_6, "1.7": SchemaVersion.V1_7}


def build_document(
    training: Training,
    manifest: ModelManifest,
    *,
    model: str,
    manifest_digest: Digest,
    oms_root: Digest,
    timestamp: str,
    serial: str,
    spec: str,
) -> dict[str, Any]:
    """The BOM as JSON, complete but not yet checked. The same arguments give the same document.

    Raises:
        RecordError: something that the person said cannot be said in CycloneDX.
    """
    _check_names(training.inputs)
    try:
        core = _model(training, manifest, model, manifest_digest, oms_root)
        parts = _parts(training)
        bom = Bom(
            serial_number=UUID(serial),
            metadata=_metadata(core, timestamp),
            components=parts,
            dependencies=[
                Dependency(ref=core.bom_ref, dependencies=[Dependency(ref=part.bom_ref) for part in parts]),
                *(Dependency(ref=part.bom_ref) for part in parts),
            ],
        )
        text = make_outputter(bom, OutputFormat.JSON, _VERSIONS[spec]).output_as_string()
    except ValueError as error:  # the library's own errors are ValueErrors, and so are UUID's and datetime's
        raise RecordError("the training cannot be said in CycloneDX", found=str(error)[:200]) from error
    document: dict[str, Any] = json.loads(text)
    document["metadata"]["timestamp"] = timestamp  # the library would write another spelling of it
    order = {part.bom_ref.value: index for index, part in enumerate(parts)}
    document["components"] = sorted(document.get("components", ()), key=lambda part: order[part["bom-ref"]])
    complete(document, training, manifest)
    return document


def _metadata(core: Component, timestamp: str) -> BomMetaData:
    return BomMetaData(
        component=core,
        timestamp=datetime.fromisoformat(timestamp),
        lifecycles=[PredefinedLifecycle(LifecyclePhase.BUILD)],
        tools=ToolRepository(
            components=[Component(name="attest", type=ComponentType.APPLICATION, version=__version__, bom_ref="tool")],
        ),
    )


def _model(
    training: Training,
    manifest: ModelManifest,
    model: str,
    manifest_digest: Digest,
    oms_root: Digest,
) -> Component:
    namespace, _, name = model.rpartition("/")
    return Component(
        name=model,
        type=ComponentType.MACHINE_LEARNING_MODEL,
        bom_ref=terms.MODEL_REF,
        version=training.label,
        description=training.description,
        supplier=OrganizationalEntity(name=training.owner) if training.owner else None,
        hashes=_hashes(manifest_digest),
        licenses=_licences(training.licence),
        purl=PackageURL("oci", namespace or None, name, str(manifest_digest)),
        pedigree=_pedigree(training),
        properties=_properties(
            model_facts(training, manifest, oms_root=oms_root) | environment_facts(training.environment),
            (terms.EXCLUDED, manifest.excluded),
        ),
    )


def _pedigree(training: Training) -> Pedigree | None:
    source = training.source
    commits = []
    if source is not None and source.commit is not None:
        commits.append(Commit(uid=source.commit, url=_address(source.uri)))
    ancestors = [
        Component(
            name=item.name,
            type=ComponentType.MACHINE_LEARNING_MODEL,
            bom_ref=f"ancestor:{item.name}",
            hashes=_hashes(item.digest),
            purl=_purl(item),
            properties=_properties({terms.RELATION: terms.relation_for(item.role, training.operation)}),
        )
        for item in training.inputs
        if item.role in terms.ANCESTORS
    ]
    return Pedigree(ancestors=ancestors, commits=commits) if ancestors or commits else None


def _parts(training: Training) -> list[Component]:
    """What the model depends on, in the order in which it was said; the library would sort by name."""
    parts = [_input(item, training) for item in training.inputs]
    if training.source is not None and (training.source.uri or training.source.commit):
        parts.append(_source(training.source))
    parts.extend(_package(package) for package in sorted(set(training.environment.packages), key=_package_order))
    return parts


def _input(item: Input, training: Training) -> Component:
    address = _address(item.uri)
    return Component(
        name=item.name,
        type=_TYPES.get(item.role, ComponentType.MACHINE_LEARNING_MODEL),
        bom_ref=f"input:{item.name}",
        description=item.description,
        hashes=_hashes(item.digest),
        licenses=_licences(item.licence),
        purl=_purl(item),
        external_references=[ExternalReference(type=ExternalReferenceType.DISTRIBUTION, url=address)]
        if address
        else [],
        properties=_properties(input_facts(item, training.operation)),
    )


def _source(source: Source) -> Component:
    address = _address(source.uri)
    return Component(
        name=(source.uri or "source").removesuffix(".git").rpartition("/")[2] or "source",
        type=ComponentType.APPLICATION,
        bom_ref=terms.SOURCE_REF,
        version=source.commit,
        external_references=[ExternalReference(type=ExternalReferenceType.VCS, url=address)] if address else [],
        properties=_properties(source_facts(source)),
    )


def _package(package: Package) -> Component:
    return Component(
        name=package.name,
        type=ComponentType.LIBRARY,
        bom_ref=f"package:{package.name}@{package.version}",
        version=package.version,
        purl=_package_url(package),
    )


def _package_url(package: Package) -> PackageURL | None:
    """The package's address on PyPI; none for a name that the purl form for PyPI has no letters of."""
    url = PackageURL("pypi", None, package.name, package.version or None)
    return url if url.name else None


def _package_order(package: Package) -> tuple[str, str]:
    return (package.name, package.version)


def _hashes(digest: Digest | None) -> list[HashType]:
    return [HashType(alg=HashAlgorithm.SHA_256, content=digest.hex)] if digest is not None else []


def _licences(text: str | None) -> Iterable[Any]:
    """An SPDX id in its registered spelling, an expression, or the words as a name where SPDX knows neither."""
    return [LicenseFactory().make_from_string(text.strip())] if text and text.strip() else []


def _purl(item: Input) -> PackageURL | None:
    """A package URL for a model in an OCI store; nothing is guessed for other places."""
    if item.digest is None or item.uri is None or not item.uri.startswith("oci://"):
        return None
    place = item.uri.removeprefix("oci://").partition("@")[0]
    _, _, name = place.rpartition("/")
    name = name.partition(":")[0]
    return PackageURL("oci", None, name, str(item.digest), {"repository_url": place}) if name else None


def _address(uri: str | None) -> XsUri | None:
    address = as_address(uri)
    return XsUri(address) if address is not None else None


def _properties(facts: Mapping[str, str], *lists: tuple[str, tuple[str, ...]]) -> list[Property]:
    return [
        *(Property(name=name, value=value) for name, value in facts.items()),
        *(Property(name=name, value=value) for name, values in lists for value in values),
    ]


def _check_names(inputs: tuple[Input, ...]) -> None:
    """The library gives random bom-refs to what it thinks is one thing twice."""
    seen = set()
    for item in inputs:
        if item.name in seen:
            raise RecordError(
                f"two inputs are called {item.name[:80]!r}",
                code="duplicate-input",
                hint="give each input a name of its own",
            )
        seen.add(item.name)
