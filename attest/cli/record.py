"""`attest record`: write and check training records."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from attest.cli import options, render
from attest.errors import RecordError
from attest.written_path import written_path

if TYPE_CHECKING:
    from attest.claims.record import TrainingRecord

NAME: Final = "attest.yaml"


@click.group()
def command() -> None:
    """Write and check training records: what you say about how a model came to be."""


@command.command(epilog=options.examples("attest record init ./out", "attest record init ./out --to training.yaml"))
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--to", metavar="FILE", type=click.Path(path_type=Path), help=f"Write there instead of {NAME} beside DIR."
)
def init(*, folder: Path, to: Path | None) -> None:
    """Write a first record for the model in DIR, beside it, from git and the model card.

    What nobody has said yet is marked. An existing file is never overwritten.
    """
    from attest.git import git_source  # noqa: PLC0415
    from attest.record_template import read_card, write_template  # noqa: PLC0415

    if not folder.is_dir():
        raise RecordError(f"{folder} is no folder", code="record-no-folder", expected="the folder of a model")
    target = to or folder.resolve().parent / NAME
    source = git_source(Path.cwd(), outputs=[folder])
    text = write_template(model=_model_name(folder), source=source, card=read_card(folder))
    record = _write(target, text)
    render.note(f"wrote {_here(target)}: {render.plural(_open(text), 'place')} to fill in, {_told(record)}")
    if target.resolve() != (Path.cwd() / NAME).resolve():
        render.note(f"attest push looks for ./{NAME}; for this one: --record {_here(target)}")
    render.note(f"next: attest record check {_here(target)}")
    render.result(_here(target))


@command.command(epilog=options.examples("attest record check attest.yaml"))
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@options.as_json()
def check(*, file: Path, as_json: bool) -> None:
    """Check a record: every key known, every value in its form, every file that it names there.

    References are looked up at push.
    """
    from attest.claims.record import load_record  # noqa: PLC0415
    from attest.claims.record_places import PLACES  # noqa: PLC0415

    record = load_record(file)
    _check_paths(record)
    unsaid = [place for place in PLACES if place not in record.texts and place not in record.unknown]
    if as_json:
        render.document(
            {
                "schema": "attest/record/v1",
                "file": str(file),
                "said": sorted(record.texts),
                "unknown": sorted(record.unknown) + [item.name for item in record.inputs if item.unknown],
                "unsaid": unsaid,
                "inputs": [
                    {"role": item.role.value, "name": item.name, "known_by": _known_by(item)} for item in record.inputs
                ],
            }
        )
        return
    render.result(f"{file} is sound: {_told(record)}")
    for line in render.columns([(item.role.value, item.name, _known_by(item)) for item in record.inputs]):
        render.result(line)
    if record.unknown:
        render.result(f"  unknown   {', '.join(sorted(record.unknown))}")
    render.note(f"not said: {', '.join(unsaid)}" if unsaid else "nothing is left unsaid")


def _write(target: Path, text: str) -> TrainingRecord:
    """The record as it would be read, then written."""
    from attest import strict_yaml  # noqa: PLC0415
    from attest.claims import record_schema  # noqa: PLC0415

    document = strict_yaml.load(text, what=_here(target), prefix="record", failure=RecordError)
    record = record_schema.read(document, folder=target.parent)
    try:
        with target.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise RecordError(
            f"{_here(target)} exists and is not overwritten",
            code="record-exists",
            hint=f"attest record check {_here(target)}",
        ) from error
    return record


def _check_paths(record: TrainingRecord) -> None:
    named = [(f"the input {item.name!r}", item.path) for item in record.inputs if item.path is not None]
    if "environment.requirements" in record.texts:
        named.append(("environment.requirements", record.texts["environment.requirements"]))
    for what, path in named:
        if not written_path(path).exists():
            raise RecordError(f"{what}: {path} does not exist", code="input-not-found")


def _known_by(item: object) -> str:
    for way in ("path", "ref", "digest"):
        value = getattr(item, way)
        if value is not None:
            return {"path": "hashed at push from", "ref": "looked up at push as", "digest": "stated as"}[
                way
            ] + f" {value}"
    return "unknown"


def _told(record: TrainingRecord) -> str:
    return ", ".join(
        render.plural(len(listed), word)
        for listed, word in ((record.inputs, "input"), (record.parameters, "parameter"), (record.metrics, "metric"))
    )


def _open(text: str) -> int:
    return sum(1 for line in text.splitlines() if "# say it" in line)


def _model_name(folder: Path) -> str:
    """The folder's name as a model's: lower case, with single separators."""
    return re.sub(r"[^a-z0-9]+", "-", folder.resolve().name.lower()).strip("-") or "model"


def _here(path: Path) -> str:
    """A path as short as it can be typed from the working folder."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)
