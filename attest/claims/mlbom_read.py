"""CycloneDX → values, for BOMs of ours and of other tools: strict about contradictions, tolerant of gaps."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from attest.claims import mlbom_terms as terms
from attest.claims.mlbom_check import check_meaning
from attest.claims.mlbom_fields import Fields, Properties
from attest.claims.mlbom_inputs import licence_of, read_inputs
from attest.claims.mlbom_terms import MLBOM, BOMFile
from attest.claims.training import Card, Metric, Operation, Package, Source
from attest.errors import MalformedEvidence, SubjectMismatch

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from attest.claims.statement import Statement

_PREDICATE: Final = re.compile(r"https://cyclonedx\.org/bom(?:/v1\.[0-9]+)?", re.ASCII)
_COMMIT: Final = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}", re.ASCII)


def parse(statement: Statement) -> MLBOM:
    """What the ML-BOM in a claim says. The signature is not looked at, the official schema neither (`check_schema`).

    Raises:
        MalformedEvidence: not an ML-BOM, or one that contradicts itself; codes as `read`.
        SubjectMismatch: its model is another one than the claim is about.
    """
    if not _PREDICATE.fullmatch(statement.predicate_type):
        raise MalformedEvidence(
            "the claim is no ML-BOM",
            expected="https://cyclonedx.org/bom",
            found=statement.predicate_type[:120],
        )
    bom = read(statement.predicate)
    subjects = [subject.digest for subject in statement.subjects]
    for what, digest in (("model", bom.digest), ("OMS root", bom.oms_root)):
        if digest is not None and digest not in subjects:
            raise SubjectMismatch(
                f"the ML-BOM describes another {what} than its claim is about",
                expected=" or ".join(str(subject) for subject in subjects[:2]),
                found=str(digest),
            )
    return bom


def read(document: Mapping[str, Any]) -> MLBOM:
    """What a BOM says.

    Args:
        document: the BOM as strictly parsed JSON.

    Raises:
        MalformedEvidence: it contradicts itself or cannot be read one way: `bom-version`, `bom-duplicate-ref`,
            `bom-dangling-reference`, `bom-misplaced`, `bom-hash`, `bom-schema`, `bom-property`, `bom-contradiction`,
            `bom-no-model`.
    """
    check_meaning(document)
    top = Fields(values=document, place="")
    components = top.children("components")
    model = _model(top, components)
    own = Properties.of(model)
    card = model.child("modelCard")
    card_properties = Properties.of(card)
    parts = [part for part in (*components, *model.children("components")) if part.values is not model.values]
    described = [(part, Properties.of(part)) for part in parts]
    return MLBOM(
        spec=str(document["specVersion"]),
        model=model.text("name") or "",
        digest=model.sha256(),
        oms_root=model.digest(terms.OMS_ROOT, own.one(terms.OMS_ROOT)),
        label=model.text("version"),
        serial=top.text("serialNumber"),
        timestamp=top.child("metadata").text("timestamp"),
        operation=_operation(own),
        source=_source(model, parts),
        inputs=read_inputs(model, described),
        files=_files(described),
        metrics=_metrics(card, card_properties),
        hyperparameters=MappingProxyType(card_properties.under(terms.HYPERPARAMETER)),
        packages=_packages(parts),
        image=own.one(terms.IMAGE),
        licence=licence_of(model),
        architecture=card.child("modelParameters").text("modelArchitecture"),
        parameters=own.count(terms.PARAMETERS),
        quantisation=own.one(terms.QUANTISATION),
        task=card.child("modelParameters").text("task"),
        description=model.text("description"),
        owner=model.child("supplier").text("name") or model.child("manufacturer").text("name"),
        excluded=own.all(terms.EXCLUDED),
        lineage_completeness=_completeness(top, model),
        card=_card(card, card_properties),
    )


def _model(top: Fields, components: Sequence[Fields]) -> Fields:
    """The model: what the BOM is about, or the only model in it where it is about an application."""
    subject = top.child("metadata").child("component")
    if subject.text("type") == terms.MODEL_TYPE:
        return subject
    models = [component for component in components if component.text("type") == terms.MODEL_TYPE]
    if len(models) != 1:
        raise MalformedEvidence(
            "the ML-BOM does not say which model it is about",
            code="bom-no-model",
            expected=f"a metadata/component of type {terms.MODEL_TYPE}",
            found=f"{len(models)} models among its components",
        )
    return models[0]


def _operation(own: Properties) -> Operation | None:
    word = own.one(terms.OPERATION)
    if word is None:
        return None
    if word not in set(Operation):
        raise own.wrong(terms.OPERATION, ", ".join(Operation), word)
    return Operation(word)


def _source(model: Fields, parts: Sequence[Fields]) -> Source | None:
    """Our own component for it, or the model's pedigree and vcs reference."""
    ours = next((part for part in parts if part.text("bom-ref") == terms.SOURCE_REF), None)
    commits = {commit.text("uid"): commit.text("url") for commit in model.child("pedigree").children("commits")}
    if len(commits) > 1:
        commits = {}  # a history, not the state that was trained from
    commit, address = next(iter(commits.items()), (None, None))
    if ours is None:
        commit = commit if commit and _COMMIT.fullmatch(commit) else None
        address = address or _vcs(model)
        return Source(uri=address, commit=commit) if commit or address else None
    if commit is not None and ours.text("version") != commit:
        raise MalformedEvidence(
            "the ML-BOM names two source commits",
            code="bom-contradiction",
            expected=f"{commit[:64]} (pedigree)",
            found=f"{str(ours.text('version'))[:64]} (source)",
        )
    facts = Properties.of(ours)
    return Source(
        uri=facts.one(terms.URI) or _vcs(ours),
        commit=ours.text("version"),
        clean=facts.boolean(terms.SOURCE_CLEAN),
        changes=facts.count(terms.SOURCE_CHANGES),
        ref=facts.one(terms.SOURCE_REVISION),
        entry_point=facts.one(terms.SOURCE_ENTRY),
        config=facts.one(terms.SOURCE_CONFIG),
    )


def _vcs(component: Fields) -> str | None:
    places = [link.text("url") for link in component.children("externalReferences") if link.text("type") == "vcs"]
    return places[0] if len(places) == 1 else None


def _files(parts: Sequence[tuple[Fields, Properties]]) -> tuple[BOMFile, ...]:
    files: dict[str, BOMFile] = {}
    for part, facts in parts:
        if part.text("type") != "file":
            continue
        file = BOMFile(
            path=part.text("name") or "",
            digest=part.sha256(),
            format=facts.one(terms.FILE_FORMAT),
            code_bearing=facts.boolean(terms.FILE_CODE),
            role=facts.one(terms.FILE_ROLE),
            size=facts.count(terms.FILE_SIZE),
            outside=facts.one(terms.FILE_OUTSIDE),
        )
        if files.setdefault(file.path, file) is not file:
            raise MalformedEvidence(f"the ML-BOM lists the file {file.path[:80]!r} twice", code="bom-contradiction")
    return tuple(files.values())


def _packages(parts: Sequence[Fields]) -> tuple[Package, ...]:
    libraries = [part for part in parts if part.text("type") in ("library", "framework")]
    return tuple(Package(name=part.text("name") or "", version=part.text("version") or "") for part in libraries)


def _metrics(card: Fields, facts: Properties) -> tuple[Metric, ...]:
    found = card.child("quantitativeAnalysis").children("performanceMetrics")
    return tuple(
        Metric(
            name=metric.text("type") or "",
            value=metric.text("value") or "",
            dataset=facts.one(terms.METRIC_DATASET.format(index=index)),
            slice=metric.text("slice"),
        )
        for index, metric in enumerate(found)
    )


def _card(card: Fields, facts: Properties) -> Card:
    said = card.child("considerations")
    concerns = [concern.text("name") for concern in said.children("ethicalConsiderations")]
    groups = [group.text("groupAtRisk") for group in said.children("fairnessAssessments")]
    return Card(
        intended_use="\n".join(said.texts("useCases")) or None,
        out_of_scope=facts.one(terms.OUT_OF_SCOPE),
        limitations="\n".join(said.texts("technicalLimitations")) or None,
        ethical_considerations="\n".join(concern for concern in concerns if concern) or None,
        subgroups="\n".join(group for group in groups if group) or None,
    )


def _completeness(top: Fields, model: Fields) -> str | None:
    """The weakest word that the BOM has for the model's dependencies."""
    reference = model.text("bom-ref")
    words = [
        composition.text("aggregate")
        for composition in top.children("compositions")
        if reference is not None and reference in composition.texts("dependencies")
    ]
    return next((word for word in words if word != "complete"), words[0] if words else None)
