"""Versions compared as values: what differs, by how much, and what nobody can compare."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from types import MappingProxyType

import pytest
from msgspec.structs import replace

from attest.cards.facts import Said, Source
from attest.claims.evaluation import Evaluation, Measured
from attest.claims.mlbom_terms import MLBOM
from attest.claims.training import Card, Input, Metric, Package, Role, Standing
from attest.claims.training import Source as Code
from attest.policy.verdict import Finding, Status, Verdict
from attest.version_diff import PARTS, Comparison, Side, SideFile, compare, delta
from attest_registry.digest import Digest

BOT = Source(signer="eval-bot", verified=True, evidence=Digest.of(b"e"), words=Digest.of(b"w"))


def file(content: bytes, **more: object) -> SideFile:
    known = {"format": "json", "code_bearing": False, **more}
    return SideFile(digest=Digest.of(content), size=len(content), **known)  # type: ignore[arg-type]  # by name


def measured(value: str, *, passed: bool = True) -> Said[Evaluation]:
    metric = Measured(
        name="accuracy", value=Decimal(value), dataset_name="golden", slice=MappingProxyType({"region": "eu"})
    )
    said = Evaluation(passed=passed, metrics=(metric,), finished=datetime(2026, 11, 20, tzinfo=UTC))
    return Said(value=said, source=BOT)


def verdict(code: str | None) -> Verdict:
    finding = Finding(rule="approvals", status=Status.FAILED if code else Status.PASSED, code=code)
    return Verdict(digest=Digest.of(b"v"), policy_name="gate", policy_digest=Digest.of(b"p"), findings=(finding,))


OLD = Side(
    title="m:1",
    files={"a.json": file(b"a"), "b.json": file(b"b")},
    bom=MLBOM(
        spec="1.6",
        model="m",
        licence="MIT",
        parameters=100,
        metrics=(Metric(name="auc", value="0.9"),),
        packages=(Package(name="torch", version="2.1"),),
        source=Code(commit="1" * 40),
        inputs=(Input(role=Role.BASE_MODEL, name="base", standing=Standing.STATED, digest=Digest.of(b"base")),),
        card=Card(limitations="One country."),
    ),
    evaluations=(measured("0.93"),),
    verdict=verdict(None),
)
assert OLD.bom is not None


def rows(found: Comparison) -> list[tuple[str, str, str | None, str | None, str | None]]:
    return [(each.part, each.name, each.before, each.after, each.delta) for each in found.found]


def test_the_same_twice_differs_in_nothing() -> None:
    assert compare(OLD, OLD) == Comparison(found=())


def test_each_part_says_what_differs_and_by_how_much() -> None:
    bom = replace(
        OLD.bom,  # type: ignore[type-var]  # there is one
        licence="Apache-2.0",
        parameters=90,
        metrics=(Metric(name="auc", value="0.915"),),
        packages=(Package(name="torch", version="2.2"),),
        source=Code(commit="2" * 40),
        inputs=(Input(role=Role.BASE_MODEL, name="base", standing=Standing.STATED, digest=Digest.of(b"other")),),
        card=Card(limitations="Two countries."),
    )
    new = replace(OLD, bom=bom, evaluations=(measured("0.925"),), verdict=verdict("approvals-missing"))
    found = {(part, name): values for part, name, *values in rows(compare(OLD, new))}
    assert found["verdict", "gate"] == ["ALLOWED", "DENIED", None]
    assert found["verdict", "approvals"] == ["holds", "approvals-missing", None]
    assert found["metrics", "auc"] == ["0.9", "0.915", "+0.015"]
    assert found["evaluations", "accuracy on golden for region=eu, by eval-bot"] == [
        "0.93 (passed)",
        "0.925 (passed)",
        "-0.005",
    ]
    assert found["model", "parameters"] == ["100", "90", "-10"]
    assert found["licences", "model"][:2] == ["MIT", "Apache-2.0"]
    assert found["packages", "torch"][:2] == ["2.1", "2.2"]
    assert found["source", "commit"][:2] == ["1" * 40, "2" * 40]
    assert found["card", "limitations"][:2] == ["One country.", "Two countries."]
    assert ("lineage", "base-model base") in found
    parts = [part for part, *_ in rows(compare(OLD, new))]
    assert parts == sorted(parts, key=PARTS.index)


def test_files_are_compared_by_digest_with_size_format_and_role() -> None:
    files = {"b.json": file(b"bbb"), "c.pkl": file(b"c", format="pickle", code_bearing=True, role="scaler")}
    found = {name: values for part, name, *values in rows(compare(OLD, replace(OLD, files=files))) if part == "files"}
    assert found["a.json"][1] is None
    assert found["b.json"][2] == "+2 B"
    assert found["c.pkl"] == [None, f"{Digest.of(b'c')}, 1 B, pickle, can run code, scaler", None]
    assert found["(all)"] == ["2 files, 2 B", "2 files, 4 B", "+2 B"]
    assert ("model", "formats", "json", "json, pickle", None) in rows(compare(OLD, replace(OLD, files=files)))


def test_a_role_that_changes_is_a_difference_and_an_unknown_format_is_none() -> None:
    with_role = replace(OLD, files={**OLD.files, "a.json": file(b"a", role="prompt")})
    assert [row[:2] for row in rows(compare(OLD, with_role))] == [("files", "a.json")]
    unlisted = replace(OLD, files={path: replace(each, format=None) for path, each in OLD.files.items()})
    assert rows(compare(OLD, unlisted)) == []


def test_of_a_folder_only_files_and_headers_are_compared() -> None:
    folder = Side(
        title="./m",
        files={path: replace(each, role=None) for path, each in OLD.files.items()},
        bom=MLBOM(spec="", model="./m", parameters=101),
        is_folder=True,
    )
    found = compare(replace(OLD, files={path: replace(each, role="x") for path, each in OLD.files.items()}), folder)
    assert rows(found) == [("model", "parameters", "100", "101", "+1")]
    assert set(found.left_out) == set(PARTS) - {"model", "files"}


@pytest.mark.parametrize("first", [True, False])
def test_claims_that_do_not_count_are_named_and_not_compared(first: bool) -> None:
    bare = replace(OLD, bom=None, problems=("no ML-BOM counts: it is not by somebody",))
    found = compare(bare, OLD) if first else compare(OLD, bare)
    assert rows(found) == []
    assert set(found.left_out) == set(PARTS) - {"verdict", "files", "evaluations"}
    assert all("no ML-BOM counts" in why for why in found.left_out.values())


def test_an_evaluation_that_failed_is_another_answer() -> None:
    found = rows(compare(OLD, replace(OLD, evaluations=(measured("0.93", passed=False),))))
    assert [row[2:] for row in found] == [("0.93 (passed)", "0.93 (failed)", "+0.00")]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("0.1", "0.3", "+0.2"),
        ("412", "400", "-12"),
        ("1e-3", "2e-3", "+0.001"),
        ("0.9", "good", None),
        (None, "1", None),
        ("1", "NaN", None),
        ("1", "1e9999", None),
    ],
)
def test_differences_of_numbers_are_exact(before: str | None, after: str | None, expected: str | None) -> None:
    assert delta(before, after) == expected
