from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from attest.claims.mlbom import parse
from attest.claims.mlbom_diff import PARTS, Change, Kind, differences
from attest.claims.training import Metric, Package, Standing
from tests.claims.bom_samples import FILES, TRAINING, build, digest

if TYPE_CHECKING:
    from attest.claims.training import Training

TRANSACTIONS, BIG, LEGACY = TRAINING.inputs


def changed(training: Training) -> list[tuple[str, str, Kind]]:
    found = differences(parse(build()), parse(build(training)))
    assert found, "nothing was noticed"
    return [(each.part, each.name, each.kind) for each in found]


def test_a_bom_differs_in_nothing_from_itself() -> None:
    assert differences(parse(build()), parse(build())) == ()


def test_the_two_versions_of_cyclonedx_say_the_same() -> None:
    assert differences(parse(build(spec="1.6")), parse(build(spec="1.7"))) == ()


@pytest.mark.parametrize(
    ("training", "expected"),
    [
        (replace(TRAINING, licence="MIT"), [("licences", "model", Kind.CHANGED)]),
        (replace(TRAINING, licence=None), [("licences", "model", Kind.REMOVED)]),
        (replace(TRAINING, task="ranking"), [("model", "task", Kind.CHANGED)]),
        (replace(TRAINING, inputs=(TRANSACTIONS, LEGACY)), [("lineage", "teacher-model big", Kind.REMOVED)]),
        (replace(TRAINING, parameters={"learning_rate": "1e-4"}), [("hyperparameters", "epochs", Kind.REMOVED)]),
        (
            replace(TRAINING, parameters=dict(TRAINING.parameters) | {"seed": "1"}),
            [("hyperparameters", "seed", Kind.ADDED)],
        ),
        (
            replace(TRAINING, metrics=(*TRAINING.metrics, Metric(name="f1", value="0.8", slice="us"))),
            [("metrics", "f1 for us", Kind.ADDED)],
        ),
    ],
)
def test_one_change_is_one_line(training: Training, expected: list[tuple[str, str, Kind]]) -> None:
    known = [each for each in changed(training) if each[0] != "lineage" or "uri" not in each[1]]
    assert known == expected


def test_other_bytes_of_a_dataset_are_a_change_and_named_with_their_digests() -> None:
    other = replace(TRANSACTIONS, digest=digest("others"))
    (found,) = differences(parse(build()), parse(build(replace(TRAINING, inputs=(other, BIG, LEGACY)))))
    assert (found.part, found.name, found.kind) == ("datasets", "transactions", Kind.CHANGED)
    assert found.before == f"{digest('transactions')} hashed"
    assert found.after == f"{digest('others')} hashed"


def test_a_dataset_that_is_known_now_is_a_change() -> None:
    known = replace(LEGACY, digest=digest("legacy"), standing=Standing.STATED)
    whole, found = differences(parse(build()), parse(build(replace(TRAINING, inputs=(TRANSACTIONS, BIG, known)))))
    assert whole == Change(part="model", name="lineage", before="incomplete", after="complete")
    assert found == Change(part="datasets", name="legacy", before="unknown", after=f"{digest('legacy')} stated")


def test_files_packages_and_code_are_compared() -> None:
    files = replace(FILES, files=(replace(FILES.files[0], digest=digest("x")), *FILES.files[2:]))
    assert TRAINING.source is not None
    training = replace(
        TRAINING,
        environment=replace(TRAINING.environment, packages=(Package(name="torch", version="2.9.1"),)),
        source=replace(TRAINING.source, commit="d" * 40),
    )
    found = differences(parse(build()), parse(build(training, files)))
    assert [(each.part, each.name, each.kind) for each in found] == [
        ("source", "commit", Kind.CHANGED),
        ("files", "config.json", Kind.CHANGED),
        ("files", "extra/hook.pkl", Kind.REMOVED),
        ("packages", "numpy", Kind.REMOVED),
        ("packages", "torch", Kind.CHANGED),
    ]


def test_the_other_way_round_says_the_opposite() -> None:
    more = replace(TRAINING, parameters=dict(TRAINING.parameters) | {"seed": "1"}, licence=None)
    there = differences(parse(build()), parse(build(more)))
    back = differences(parse(build(more)), parse(build()))
    assert {(each.name, each.before, each.after) for each in there} == {
        (each.name, each.after, each.before) for each in back
    }
    assert {each.part for each in there} <= set(PARTS)
