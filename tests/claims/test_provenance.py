from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from attest._version import __version__
from attest.claims import provenance
from attest.claims.predicates import BUILD_TYPE, COSIGN_SIGN, PROVENANCE
from attest.claims.statement import Statement, check_with_library
from attest.claims.training import Build, Environment, Input, Operation, Role, Source, Standing, Training
from attest.errors import MalformedEvidence
from attest_registry.digest import Digest

if TYPE_CHECKING:
    from collections.abc import Callable

EXAMPLE = Path(__file__).parents[2] / "../shared/vectors/intoto/gha-buildtype/workflow_v1_example.json"
MANIFEST, ROOT = Digest.of(b"manifest"), Digest.of(b"root")
COMMIT = "41c9d2e" + "0" * 33
LOCK, METRICS, DATA, TEACHER = (Digest.of(word) for word in (b"lock", b"metrics", b"data", b"teacher"))
BUILD = Build(
    builder="https://github.com/acme/train/.github/workflows/train.yml@refs/heads/main",
    invocation="https://github.com/acme/train/actions/runs/1/attempts/1",
    started="2026-11-20T20:00:00Z",
    finished="2026-11-20T21:00:00Z",
)
TRAINING = Training(
    build=BUILD,
    operation=Operation.DISTILL,
    source=Source(
        uri="git+https://github.com/acme/train",
        commit=COMMIT,
        clean=False,
        changes=2,
        ref="refs/heads/main",
        entry_point="train.py",
        config="configs/fraud.yaml",
    ),
    inputs=(
        Input(role=Role.DATASET, name="train", standing=Standing.HASHED, digest=DATA, split="train"),
        Input(role=Role.TEACHER_MODEL, name="teacher", standing=Standing.ADMITTED, digest=TEACHER, uri="oci://r/big"),
        Input(role=Role.DATASET, name="legacy", standing=Standing.UNKNOWN),
    ),
    parameters={"learning_rate": "1e-4", "epochs": "3"},
    environment=Environment(
        requirements=LOCK,
        requirements_name="requirements.lock",
        image=f"oci://img@{DATA}",
        hardware="8xH200",
        framework="torch 2.9.0",
    ),
    byproducts={"metrics.json": METRICS},
)
BARE = Training(build=Build(builder="urn:attest:builders:local:v1"))


def build(training: Training, excluded: tuple[str, ...] = ()) -> Statement:
    return provenance.build(training, model="acme/fraud", manifest_digest=MANIFEST, oms_root=ROOT, excluded=excluded)


def changed(change: Callable[[dict[str, Any]], object], training: Training = TRAINING) -> Statement:
    document = copy.deepcopy(json.loads(build(training).raw))
    change(document["predicate"])
    return Statement.parse(json.dumps(document).encode())


def test_the_predicate_is_what_the_build_type_says() -> None:
    statement = build(TRAINING, excluded=("*.pkl",))
    check_with_library(statement)
    assert statement.predicate == {
        "buildDefinition": {
            "buildType": BUILD_TYPE,
            "externalParameters": {
                "operation": "distill",
                "source": {
                    "uri": "git+https://github.com/acme/train",
                    "ref": "refs/heads/main",
                    "entryPoint": "train.py",
                    "config": "configs/fraud.yaml",
                },
                "parameters": {"learning_rate": "1e-4", "epochs": "3"},
                "inputs": {"train": str(DATA), "teacher": "oci://r/big", "legacy": "unknown"},
            },
            "internalParameters": {
                "attest_framework": "torch 2.9.0",
                "attest_hardware": "8xH200",
                "attest_excluded": ["*.pkl"],
            },
            "resolvedDependencies": [
                {
                    "name": "source",
                    "uri": "git+https://github.com/acme/train@refs/heads/main",
                    "digest": {"gitCommit": COMMIT},
                    "annotations": {"role": "source", "dirty": "true", "changes": "2"},
                },
                {
                    "name": "train",
                    "digest": {"sha256": DATA.hex},
                    "annotations": {"role": "dataset", "standing": "hashed", "split": "train"},
                },
                {
                    "name": "teacher",
                    "uri": "oci://r/big",
                    "digest": {"sha256": TEACHER.hex},
                    "annotations": {"role": "teacher-model", "standing": "admitted"},
                },
                {
                    "name": "legacy",
                    "annotations": {"role": "dataset", "standing": "unknown", "provenance": "unknown"},
                },
                {
                    "name": "environment",
                    "uri": "oci://img",
                    "digest": {"sha256": DATA.hex},
                    "annotations": {"role": "environment"},
                },
            ],
        },
        "runDetails": {
            "builder": {"id": BUILD.builder, "version": {"attest": __version__}},
            "metadata": {
                "invocationId": BUILD.invocation,
                "startedOn": BUILD.started,
                "finishedOn": BUILD.finished,
            },
            "byproducts": [
                {"name": "metrics.json", "digest": {"sha256": METRICS.hex}},
                {"name": "requirements.lock", "digest": {"sha256": LOCK.hex}},
            ],
        },
    }


def test_two_subjects_so_that_an_artefact_and_a_bare_folder_can_be_matched() -> None:
    statement = build(BARE)
    assert [(subject.name, subject.digest) for subject in statement.subjects] == [
        ("acme/fraud", MANIFEST),
        ("acme/fraud (OMS root)", ROOT),
    ]


def test_what_is_written_is_read_back() -> None:
    parsed = provenance.parse(build(TRAINING, excluded=("*.pkl",)))
    assert parsed.operation is Operation.DISTILL
    assert parsed.source == TRAINING.source
    assert parsed.inputs == TRAINING.inputs
    assert parsed.parameters == TRAINING.parameters
    assert (parsed.builder, parsed.invocation) == (BUILD.builder, BUILD.invocation)
    assert (parsed.started, parsed.finished) == (BUILD.started, BUILD.finished)
    assert parsed.excluded == ("*.pkl",)
    assert parsed.image == f"oci://img@{DATA}"
    assert parsed.byproducts == {"metrics.json": METRICS, "requirements.lock": LOCK}


def test_what_nobody_said_is_absent_not_empty() -> None:
    statement = build(BARE)
    assert statement.predicate == {
        "buildDefinition": {
            "buildType": BUILD_TYPE,
            "externalParameters": {"operation": "unspecified", "parameters": {}, "inputs": {}},
            "internalParameters": {},
            "resolvedDependencies": [],
        },
        "runDetails": {"builder": {"id": "urn:attest:builders:local:v1", "version": {"attest": __version__}}},
    }
    parsed = provenance.parse(statement)
    assert (parsed.source, parsed.operation, parsed.invocation) == (None, Operation.UNSPECIFIED, None)


def test_equal_trainings_give_equal_bytes() -> None:
    shuffled = replace(TRAINING, parameters={"epochs": "3", "learning_rate": "1e-4"})
    assert build(TRAINING).raw == build(shuffled).raw


@pytest.mark.parametrize("clean", [True, False, None])
@pytest.mark.parametrize("uri", ["git+https://h/p", None])
@pytest.mark.parametrize("ref", ["refs/heads/main", None])
@pytest.mark.parametrize("commit", [COMMIT, "a" * 64, None])
def test_a_source_is_read_back_as_far_as_it_is_known(
    clean: bool | None, uri: str | None, ref: str | None, commit: str | None
) -> None:
    source = Source(uri=uri, ref=ref, commit=commit, clean=clean if commit else None)
    expected = None if source == Source() else source
    assert provenance.parse(build(replace(BARE, source=source))).source == expected


def _dependency(predicate: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(
        item for item in predicate["buildDefinition"]["resolvedDependencies"] if item["name"] == name
    )
    return found


def _external(predicate: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = predicate["buildDefinition"]["externalParameters"]
    return found


def _drop(predicate: dict[str, Any], name: str) -> None:
    dependencies = predicate["buildDefinition"]["resolvedDependencies"]
    dependencies.remove(_dependency(predicate, name))


def _add(predicate: dict[str, Any], **dependency: Any) -> None:
    predicate["buildDefinition"]["resolvedDependencies"].append(dependency)


REFUSED: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "an unknown external parameter": (lambda p: _external(p).update(post_process="x"), "unknown-parameter"),
    "an unknown source parameter": (lambda p: _external(p)["source"].update(patch="x"), "unknown-parameter"),
    "an input that is not resolved": (lambda p: _external(p)["inputs"].update(more="unknown"), "inputs-disagree"),
    "a dependency that no parameter names": (
        lambda p: _add(p, name="hidden", digest={"sha256": "0" * 64},
                       annotations={"role": "dataset", "standing": "stated"}),
        "inputs-disagree",
    ),
    "an input that is resolved twice": (lambda p: _add(p, **_dependency(p, "train")), "inputs-disagree"),
    "a dependency left out": (lambda p: _drop(p, "teacher"), "inputs-disagree"),
    "an input told in two ways": (lambda p: _external(p)["inputs"].update(teacher="oci://r/other"), "inputs-disagree"),
    "a digest told in two ways": (lambda p: _external(p)["inputs"].update(train="unknown"), "inputs-disagree"),
    "an unknown operation": (lambda p: _external(p).update(operation="improve"), "malformed-evidence"),
    "no operation": (lambda p: _external(p).pop("operation"), "malformed-evidence"),
    "a parameter that is a number": (lambda p: _external(p)["parameters"].update(epochs=3), "malformed-evidence"),
    "an input that lost its digest": (lambda p: _dependency(p, "train").pop("digest"), "malformed-evidence"),
    "an unknown input with a digest": (
        lambda p: _dependency(p, "legacy").update(digest={"sha256": "0" * 64}), "malformed-evidence"),
    "an input without a standing": (
        lambda p: _dependency(p, "train")["annotations"].pop("standing"), "malformed-evidence"),
    "a standing nobody knows": (
        lambda p: _dependency(p, "train")["annotations"].update(standing="certain"), "malformed-evidence"),
    "a role nobody knows": (lambda p: _dependency(p, "train")["annotations"].update(role="pet"), "malformed-evidence"),
    "a digest that is none": (lambda p: _dependency(p, "train").update(digest={"sha256": "zz"}), "malformed-evidence"),
    "a weaker digest alone": (lambda p: _dependency(p, "train").update(digest={"md5": "00"}), "malformed-evidence"),
    "another repository than the parameter": (
        lambda p: _dependency(p, "source").update(uri="git+https://github.com/evil/train@refs/heads/main"),
        "malformed-evidence",
    ),
    "a short commit": (
        lambda p: _dependency(p, "source").update(digest={"gitCommit": "41c9d2e"}), "malformed-evidence"),
    "no commit": (lambda p: _dependency(p, "source").update(digest={"sha1": COMMIT}), "malformed-evidence"),
    "neither clean nor not": (
        lambda p: _dependency(p, "source")["annotations"].update(dirty="maybe"), "malformed-evidence"),
    "changes in words": (lambda p: _dependency(p, "source")["annotations"].update(changes="-1"), "malformed-evidence"),
    "two sources": (lambda p: _add(p, **_dependency(p, "source")), "malformed-evidence"),
    "two environments": (lambda p: _add(p, **_dependency(p, "environment")), "malformed-evidence"),
    "no builder": (lambda p: p["runDetails"].pop("builder"), "malformed-evidence"),
    "a builder without an id": (lambda p: p["runDetails"].update(builder={"id": ""}), "malformed-evidence"),
    "no run": (lambda p: p.pop("runDetails"), "malformed-evidence"),
    "no definition": (lambda p: p.pop("buildDefinition"), "malformed-evidence"),
    "dependencies that are an object": (
        lambda p: p["buildDefinition"].update(resolvedDependencies={}), "malformed-evidence"),
    "endless dependencies": (
        lambda p: p["buildDefinition"].update(resolvedDependencies=[{}] * 2_001), "malformed-evidence"),
    "excluded patterns that are text": (
        lambda p: p["buildDefinition"]["internalParameters"].update(attest_excluded="*"), "malformed-evidence"),
    "a time that is a number": (lambda p: p["runDetails"]["metadata"].update(startedOn=1), "malformed-evidence"),
}  # fmt: skip


@pytest.mark.parametrize(("change", "expected"), REFUSED.values(), ids=REFUSED)
def test_a_provenance_of_ours_that_does_not_add_up_is_refused(
    change: Callable[[dict[str, Any]], object], expected: str
) -> None:
    with pytest.raises(MalformedEvidence) as caught:
        provenance.parse(changed(change))
    assert caught.value.code == expected


def test_another_claim_is_no_provenance() -> None:
    good = build(BARE)
    other = Statement.build(subjects=good.subjects, predicate_type=COSIGN_SIGN, predicate=good.predicate)
    with pytest.raises(MalformedEvidence) as caught:
        provenance.parse(other)
    assert caught.value.expected == PROVENANCE


GITHUB = {
    "buildDefinition": {
        "buildType": "https://actions.github.io/buildtypes/workflow/v1",
        "externalParameters": {"workflow": {"ref": "refs/heads/main", "path": ".github/workflows/x.yml"}},
        "internalParameters": {"github": {"event_name": "push"}},
        "resolvedDependencies": [
            {"uri": "git+https://github.com/acme/train@refs/heads/main", "digest": {"gitCommit": COMMIT}},
            {"name": "d", "digest": {"sha256": DATA.hex}, "annotations": {"role": "dataset", "standing": "admitted"}},
            {"name": "e", "digest": {"sha256": DATA.hex}, "annotations": {"role": "elsewhere"}},
        ],
    },
    "runDetails": {
        "builder": {"id": "https://github.com/acme/train/.github/workflows/x.yml@refs/heads/main"},
        "metadata": {"invocationId": "https://github.com/acme/train/actions/runs/1/attempts/1"},
    },
}


def foreign(predicate: dict[str, Any]) -> Statement:
    return Statement.build(subjects=build(BARE).subjects, predicate_type=PROVENANCE, predicate=predicate)


def test_another_builders_provenance_is_read_as_far_as_it_goes() -> None:
    parsed = provenance.parse(foreign(GITHUB))
    assert parsed.operation is Operation.UNSPECIFIED
    assert parsed.source == Source(uri="git+https://github.com/acme/train", commit=COMMIT, ref="refs/heads/main")
    assert parsed.builder == GITHUB["runDetails"]["builder"]["id"]  # type: ignore[index]
    assert parsed.parameters == {}


def test_another_builder_cannot_say_that_we_admitted_an_input() -> None:
    (found,) = provenance.parse(foreign(GITHUB)).inputs
    assert (found.name, found.standing) == ("d", Standing.STATED)


@pytest.mark.parametrize("role", [None, 1, [], {}, ["dataset"], {"role": "dataset"}], ids=str)
def test_another_builders_role_that_is_no_text_makes_no_input(role: Any) -> None:
    predicate = copy.deepcopy(GITHUB)
    predicate["buildDefinition"]["resolvedDependencies"][1]["annotations"]["role"] = role  # type: ignore[index]
    assert provenance.parse(foreign(predicate)).inputs == ()


@given(
    st.recursive(
        st.none() | st.integers(-9, 9) | st.text(max_size=5),
        lambda v: (
            st.lists(v, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["buildDefinition", "runDetails", "buildType", "builder", "id", "digest", "resolvedDependencies"]
                ),
                v,
                max_size=3,
            )
        ),
    )
)
def test_any_predicate_is_malformed_and_nothing_else_happens(value: Any) -> None:
    predicate = value if isinstance(value, dict) else {"buildDefinition": value}
    with pytest.raises(MalformedEvidence):
        provenance.parse(foreign(predicate))
