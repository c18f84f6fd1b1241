"""What two ML-BOMs say differently about the same things. Pure; neither is believed more than the other."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from attest.claims.training import MODEL_ROLES, Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from attest.claims.mlbom_terms import MLBOM, BOMFile
    from attest.claims.training import Input

PARTS: Final = ("model", "licences", "lineage", "datasets", "source", "hyperparameters", "metrics", "files", "packages")
"""What is compared, in the order in which it is shown."""


class Kind(StrEnum):
    """How something differs."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


class Change(Struct, frozen=True, kw_only=True):
    """One thing that two ML-BOMs say differently.

    Args:
        part: one of `PARTS`.
        name: of what: a file, an input, a metric.
        before: what the first says; `None` where it says nothing.
        after: what the second says; `None` where it says nothing.
    """

    part: str
    name: str
    before: str | None
    after: str | None

    @property
    def kind(self) -> Kind:
        """How it differs."""
        if self.before is None:
            return Kind.ADDED
        return Kind.REMOVED if self.after is None else Kind.CHANGED


def differences(before: MLBOM, after: MLBOM) -> tuple[Change, ...]:
    """What the second says differently; empty where both say the same of everything that is compared.

    Not compared: when and with which serial number each was written, which CycloneDX it is, and the digest of the
    version itself, which follows from the files.

    Args:
        before: the first, usually the older version.
        after: the second.
    """
    older, newer = _said(before), _said(after)
    return tuple(change for part in PARTS for change in _changes(part, older[part], newer[part]))


def _changes(part: str, before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Change]:
    for name in dict.fromkeys((*before, *after)):
        if before.get(name) != after.get(name):
            yield Change(part=part, name=name, before=before.get(name), after=after.get(name))


def _said(bom: MLBOM) -> dict[str, dict[str, str]]:
    models = [item for item in bom.inputs if item.role in MODEL_ROLES]
    data = [item for item in bom.inputs if item.role not in MODEL_ROLES]
    return {
        "model": _model(bom),
        "licences": _filled({"model": bom.licence} | {f"{item.role} {item.name}": item.licence for item in bom.inputs}),
        "lineage": dict(_inputs(models)),
        "datasets": dict(_inputs(data)),
        "source": _source(bom),
        "hyperparameters": dict(bom.hyperparameters),
        "metrics": {_metric_name(each.name, each.dataset, each.slice): each.value for each in bom.metrics},
        "files": {file.path: _file(file) for file in bom.files},
        "packages": _packages(bom),
    }


def _model(bom: MLBOM) -> dict[str, str]:
    card = bom.card
    return _filled(
        {
            "name": bom.model or None,
            "label": bom.label,
            "operation": bom.operation.value if bom.operation else None,
            "task": bom.task,
            "architecture": bom.architecture,
            "parameters": str(bom.parameters) if bom.parameters is not None else None,
            "quantisation": bom.quantisation,
            "owner": bom.owner,
            "description": bom.description,
            "image": bom.image,
            "excluded": ", ".join(bom.excluded) or None,
            "lineage": bom.lineage_completeness,
            "intended use": card.intended_use,
            "out of scope": card.out_of_scope,
            "limitations": card.limitations,
            "ethical considerations": card.ethical_considerations,
            "subgroups": card.subgroups,
        }
    )


def _inputs(items: Iterable[Input]) -> Iterator[tuple[str, str]]:
    for item in items:
        known = f"{item.digest} {item.standing}" if item.digest is not None else "unknown"
        facts = {
            "split": item.split,
            "uri": item.uri,
            "classification": item.classification,
            "personal data": None if item.personal_data is None else str(item.personal_data).lower(),
            "size": str(item.size) if item.size is not None else None,
            "description": item.description,
        } | dict(item.governance)
        name = item.name if item.role is Role.DATASET else f"{item.role} {item.name}"
        yield name, known
        yield from ((f"{name}, {what}", text) for what, text in facts.items() if text)


def _source(bom: MLBOM) -> dict[str, str]:
    source = bom.source
    if source is None:
        return {}
    return _filled(
        {
            "repository": source.uri,
            "commit": source.commit,
            "clean": None if source.clean is None else str(source.clean).lower(),
            "changes": str(source.changes) if source.changes is not None else None,
            "ref": source.ref,
            "entry point": source.entry_point,
            "config": source.config,
        }
    )


def _metric_name(name: str, dataset: str | None, part: str | None) -> str:
    """A metric is another one on another dataset or slice."""
    return " ".join([name, *([f"on {dataset}"] if dataset else []), *([f"for {part}"] if part else [])])


def _file(file: BOMFile) -> str:
    known = str(file.digest) if file.digest is not None else "no digest"
    code = {True: "can run code", False: None, None: None}[file.code_bearing]
    return ", ".join(word for word in (known, file.format, code, file.role) if word)


def _packages(bom: MLBOM) -> dict[str, str]:
    """Several versions of one package are one entry, so that a change of one is a change."""
    found: dict[str, list[str]] = {}
    for package in bom.packages:
        found.setdefault(package.name, []).append(package.version)
    return {name: ", ".join(sorted(versions)) or "no version" for name, versions in found.items()}


def _filled(facts: Mapping[str, str | None]) -> dict[str, str]:
    return {name: text for name, text in facts.items() if text is not None}
