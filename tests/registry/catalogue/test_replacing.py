"""A rebuild of one model is one transaction: afterwards the catalogue says the old or the new, and never a part."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from attest_registry.catalogue.store import Catalogue
from attest_registry.errors import Conflict
from tests.registry.catalogue.facts_for_tests import filled_log, version
from tests.registry.catalogue.killed_writer import was_killed
from tests.registry.catalogue.logs import busy_log

if TYPE_CHECKING:
    from pathlib import Path

MODEL = "acme/credit-risk"


def edited(catalogue: Catalogue) -> list[str]:
    """What a catalogue says that knows half of the log, and something else of version 1."""
    log = filled_log(MODEL)
    catalogue.commit(None, MODEL, log.events[:4], log=log.digest)
    catalogue.put_versions(MODEL, [replace(version(log, 1), owner="somebody else")])
    return list(catalogue.dump())


def right(folder: Path) -> list[str]:
    """What it should say."""
    log = filled_log(MODEL)
    with Catalogue.open(str(folder / "right.db")) as catalogue:
        log.commit_all(catalogue)
        catalogue.put_versions(MODEL, [version(log, number) for number in range(1, 6)])
        return list(catalogue.dump())


def test_everything_is_put_in_the_place_of_what_was_there(catalogue: Catalogue, tmp_path: Path) -> None:
    before, log = edited(catalogue), filled_log(MODEL)
    catalogue.replace(MODEL, log.events, [version(log, number) for number in range(1, 6)], log=log.digest)
    assert list(catalogue.dump()) == right(tmp_path) != before


def test_what_does_not_fit_leaves_everything_as_it_was(catalogue: Catalogue) -> None:
    before, log = edited(catalogue), filled_log(MODEL)
    rows = [version(log, number) for number in range(1, 6)]
    with pytest.raises(Conflict) as caught:
        catalogue.replace(MODEL, log.events, [*rows, replace(rows[0], manifest=rows[1].manifest)], log=log.digest)
    assert caught.value.code == "catalogue-version-differs"
    assert list(catalogue.dump()) == before
    with pytest.raises(Conflict) as caught:
        catalogue.replace(MODEL, [*log.events[:3], *log.events[4:]], rows, log=log.digest)
    assert caught.value.code == "catalogue-behind"
    assert list(catalogue.dump()) == before


def test_other_models_are_left_alone(catalogue: Catalogue) -> None:
    other = busy_log("acme/other")
    other.commit_all(catalogue)
    before = list(catalogue.dump(model="acme/other"))
    log = filled_log(MODEL)
    catalogue.replace(MODEL, log.events, [], log=log.digest)
    assert list(catalogue.dump(model="acme/other")) == before


PREPARE = (
    "from tests.registry.catalogue.facts_for_tests import filled_log, version\nlog = filled_log('acme/credit-risk')"
)
WRITE = "catalogue.replace(log.model, log.events, [version(log, each) for each in range(1, 6)], log=log.digest)"


def test_killed_at_statements_of_all_kinds(tmp_path: Path) -> None:
    new, step, killed = right(tmp_path), 1, 0
    while True:
        path = tmp_path / f"{step}.db"
        with Catalogue.open(str(path)) as catalogue:
            old = edited(catalogue)
        stopped = was_killed(path, step, prepare=PREPARE, write=WRITE)
        with Catalogue.open(str(path)) as catalogue:
            assert list(catalogue.dump()) == (old if stopped else new), step
        if not stopped:
            break
        killed += 1
        step += 9  # each ninth: every one costs a process
    assert killed > 3
