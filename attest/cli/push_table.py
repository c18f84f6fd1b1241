"""What a push is about to store: the table that people see before anything is stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attest.claims.behaviour import only_behaviour
from attest.claims.training import Role, Standing
from attest.cli import render

if TYPE_CHECKING:
    from attest.claims.training import Input, Training
    from attest.model.manifest import FileFormat, ModelFile
    from attest.publish import ReadFolder

_MOST_ROWS = 40
_ROLE_WORDS = (
    (Role.DATASET, "dataset"),
    (Role.BASE_MODEL, "base"),
    (Role.TEACHER_MODEL, "teacher"),
    (Role.ADAPTER_BASE, "adapter of"),
    (Role.EMBEDDING_MODEL, "embeds with"),
    (Role.INDEX, "looks up in"),
    (Role.PROMPTS, "prompts"),
)
_ALWAYS_SHOWN = {Role.DATASET, Role.BASE_MODEL, Role.TEACHER_MODEL}
_DESCRIPTIONS = {
    Standing.HASHED: "hashed now",
    Standing.ADMITTED: "admitted by your policy",
    Standing.UNVERIFIED: "not verified: --trust-key or --policy would check it",
    Standing.STATED: "as you state it",
    Standing.UNKNOWN: "",
}


def show_files(shown: str, folder: ReadFolder) -> None:
    """Every file with what it is."""
    manifest = folder.manifest
    render.note(f"{shown}: {render.plural(len(manifest.files), 'file')}, {render.size(manifest.size)}")
    unlikely = set(folder.tree.unlikely)
    rows = [_row(file, unlikely=file.path in unlikely) for file in manifest.files[:_MOST_ROWS]]
    for line in render.columns(rows):
        render.note(line)
    if len(manifest.files) > _MOST_ROWS:
        render.note(f"  … {len(manifest.files) - _MOST_ROWS:,} more")
    if only_behaviour(manifest.files):
        render.note("no weights: prompts and configuration only")
    for notice in manifest.notices:
        render.note(f"note: {render.clean(notice)}")


def _row(file: ModelFile, *, unlikely: bool) -> tuple[str, str, str]:
    words = describe_format(file.format)
    if file.role:
        words += f", {file.role}"
    if unlikely:
        words += ", looks unintended"
    return render.clean(file.path), render.size(file.size), render.clean(words)


def describe_format(found: FileFormat) -> str:
    """A format in words: `safetensors, 1,071,104 parameters, float32`."""
    words = [found.kind.value]
    if found.code_bearing:
        words = [f"{found.kind.value}: can run code when loaded"]
    elif found.outside:
        words = [f"{found.kind.value}: leads outside the model"]
    if found.parameters is not None:
        words.append(f"{found.parameters:,} parameters")
    if found.architecture:
        words.append(found.architecture)
    if found.dtypes:
        words.append(", ".join(sorted(found.dtypes, key=lambda name: -found.dtypes[name])[:3]))
    if found.quantisation:
        words.append(found.quantisation)
    return ", ".join(words)


def show_training(training: Training) -> None:
    """What will be said about it."""
    rows: list[tuple[str, ...]] = [("code", _code(training))]
    for role, word in _ROLE_WORDS:
        found = [item for item in training.inputs if item.role is role]
        rows += [_input_row(word, item) for item in found]
        if not found and role in _ALWAYS_SHOWN:
            rows.append((word, "none stated"))
    for metric in training.metrics:
        text = f"{render.clean(metric.name)}={metric.value}"
        rows.append(("metric", text, "stated by you; a gate needs a signed evaluation"))
    for line in render.columns(rows, indent=""):
        render.note(line)


def _code(training: Training) -> str:
    source = training.source
    if source is None or source.commit is None:
        return "none: no git repository here, and none stated"
    return f"git {source.commit[:7]}{_cleanness(source.clean, source.changes)}"


def _input_row(word: str, item: Input) -> tuple[str, str, str, str]:
    digest = "unknown" if item.digest is None else item.digest.short
    size = "" if item.size is None else f"{render.size(item.size)}, "
    return word, render.clean(item.title), digest, f"{size}{_DESCRIPTIONS[item.standing]}"


def _cleanness(clean: bool | None, changes: int | None) -> str:  # noqa: FBT001  # what git says, or nothing
    if clean is None:
        return ""
    if clean:
        return ", clean"
    return f" with {render.plural(changes or 0, 'uncommitted change')} (recorded as not clean)"


def warn(folder: ReadFolder) -> list[str]:
    """Warnings about the files; the patterns that would leave those files out."""
    excludes: list[str] = []
    for file in folder.manifest.files:
        if file.format.code_bearing:
            render.warning(
                "code-bearing-file", f"{file.path} can run code when loaded; policies refuse it unless they name it"
            )
            excludes.append(file.path)
        elif file.format.outside:
            render.warning("reference-outside", f"{file.path}: {file.format.outside}; policies refuse that")
    for path in folder.tree.unlikely:
        render.warning("unlikely-file", f"{path} would belong to this version for ever")
        excludes.append(path)
    return excludes
