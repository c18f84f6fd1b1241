from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attest.claims.record import (
    Overrides,
    RecordedInput,
    TrainingRecord,
    from_environment,
    merge,
    parse_dataset,
    parse_metric,
    parse_models,
    parse_parameter,
    parse_source,
)
from attest.claims.training import Metric, Role
from attest.errors import AttestError, InputError
from attest_registry.digest import Digest

DATA = Digest.of(b"data")
COMMIT = "c27d339ee6075c1f744c5d4b200f7901aad2c369"


def dataset(name: str, **known: object) -> RecordedInput:
    return RecordedInput(role=Role.DATASET, name=name, **known)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tx=data/tx.parquet", dataset("tx", path="data/tx.parquet")),
        ("tx=./unknown", dataset("tx", path="./unknown")),
        ("tx=a=b.csv", dataset("tx", path="a=b.csv")),
        ("tx=unknown", dataset("tx", unknown=True)),
        (f"tx={DATA}", dataset("tx", digest=DATA)),
        (f"tx=s3://b/tx-2026@{DATA}", dataset("tx", digest=DATA, uri="s3://b/tx-2026")),
        (f"tx=https://h/tx?v=1@{DATA}", dataset("tx", digest=DATA, uri="https://h/tx?v=1")),
        ("tx=attest://acme/tx:3", dataset("tx", ref="attest://acme/tx:3")),
        (f"tx=acme/tx@{DATA}", dataset("tx", ref=f"acme/tx@{DATA}")),
        (f"tx=h.example:5000/acme/tx@{DATA}", dataset("tx", ref=f"h.example:5000/acme/tx@{DATA}")),
    ],
)
def test_a_dataset_says_by_its_form_how_its_digest_is_known(text: str, expected: RecordedInput) -> None:
    assert parse_dataset(text) == expected


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "bad-dataset"),
        ("tx", "bad-dataset"),
        ("tx=", "bad-dataset"),
        ("=x", "bad-dataset"),
        ("source=x", "bad-dataset"),
        ("environment=x", "bad-dataset"),
        ("a\nb=x", "bad-dataset"),
        (" tx=x", "bad-dataset"),
        ("tx=s3://b/tx", "bad-dataset"),
        ("tx=s3://b/tx@sha256:abc", "bad-dataset"),
        (f"tx=s3://b/tx@{str(DATA).upper()}", "bad-dataset"),
        (f"tx=https://alice:secret@h/tx@{DATA}", "bad-uri"),
        (f"tx=file:///home/alice/tx@{DATA}", "bad-uri"),
    ],
)
def test_a_dataset_that_nobody_could_check_is_refused(text: str, code: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_dataset(text)
    assert caught.value.code == code
    assert caught.value.exit_status == 2


def test_models_are_named_by_their_role_unless_somebody_names_them() -> None:
    found = parse_models(
        Role.TEACHER_MODEL, ["acme/large:7", "small=acme/small@champion", f"oci://h/m@{DATA}", "unknown"]
    )
    assert [(item.name, item.ref, item.digest, item.unknown) for item in found] == [
        ("teacher", "acme/large:7", None, False),
        ("small", "acme/small@champion", None, False),
        ("teacher-3", None, DATA, False),
        ("teacher-4", None, None, True),
    ]
    assert found[2].uri == "oci://h/m"


@pytest.mark.parametrize("text", ["", "name=", "https://h/m", "hf://acme/m"])
def test_what_names_no_model_is_refused(text: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_models(Role.BASE_MODEL, [text])
    assert caught.value.code == "bad-model-input"


def test_parameters_and_metrics() -> None:
    assert parse_parameter("lr=1e-4") == ("lr", "1e-4")
    assert parse_parameter("formula=a=b") == ("formula", "a=b")
    assert parse_metric("auc=0.9130") == Metric(name="auc", value="0.9130")


@pytest.mark.parametrize(
    "text", ["auc", "auc=", "=1", "auc=high", "auc=nan", "auc=inf", "auc=1,5", "auc=0x10", "auc=\u0661"]
)
def test_a_metric_without_a_number_is_refused(text: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_metric(text)
    assert caught.value.code == "bad-metric"


@pytest.mark.parametrize("text", ["lr", "lr=", "=1", "a\tb=1"])
def test_a_parameter_without_a_value_is_refused(text: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_parameter(text)
    assert caught.value.code == "bad-param"


def test_a_source_with_and_without_a_commit() -> None:
    assert parse_source(f"git+https://h/p.git@{COMMIT}") == {"source.uri": "git+https://h/p", "source.commit": COMMIT}
    assert parse_source("git+https://alice@h/p") == {"source.uri": "git+https://h/p", "source.commit": "auto"}
    assert parse_source("git+ssh://git@h/p") == {"source.uri": "git+https://h/p", "source.commit": "auto"}


@pytest.mark.parametrize(
    "text",
    ["", "https://h/p@" + COMMIT, "git+https://h/p@main", "git+https://h/p@41c9d2e", "git+/home/alice/p", "git+"],
)
def test_a_source_without_a_whole_commit_is_refused(text: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_source(text)
    assert caught.value.code == "bad-source"


def test_flags_win_over_the_record_and_leave_the_rest() -> None:
    record = TrainingRecord(
        texts={"model.licence": "MIT", "model.task": "x"},
        unknown=frozenset({"card.limitations"}),
        parameters={"lr": "1", "seed": "2"},
        metrics=(Metric(name="auc", value="1"), Metric(name="f1", value="2")),
    )
    found = merge(
        record,
        Overrides(
            texts={"model.licence": "Apache-2.0", "card.limitations": "many", "model.task": "unknown"},
            parameters={"lr": "3"},
            metrics=(Metric(name="auc", value="0.5"),),
        ),
    )
    assert found.texts == {"model.licence": "Apache-2.0", "card.limitations": "many"}
    assert found.unknown == {"model.task"}
    assert found.parameters == {"lr": "3", "seed": "2"}
    assert found.metrics == (Metric(name="f1", value="2"), Metric(name="auc", value="0.5"))


def test_a_dataset_flag_changes_how_the_digest_is_known_and_keeps_what_else_was_said() -> None:
    record = TrainingRecord(inputs=(dataset("tx", digest=DATA, uri="s3://b/k", licence="MIT", split="train"),))
    hashed = merge(record, Overrides(inputs=(parse_dataset("tx=data.csv"),)))
    assert hashed.inputs == (dataset("tx", path="data.csv", uri="s3://b/k", licence="MIT", split="train"),)
    unknown = merge(record, Overrides(inputs=(parse_dataset("tx=unknown"),)))
    assert unknown.inputs == (dataset("tx", unknown=True, licence="MIT", split="train"),)


def test_a_base_flag_replaces_the_bases_of_the_record_and_nothing_else() -> None:
    record = TrainingRecord(
        inputs=(
            RecordedInput(role=Role.BASE_MODEL, name="old", ref="a:1"),
            RecordedInput(role=Role.TEACHER_MODEL, name="teacher", ref="b:1"),
            dataset("tx", unknown=True),
        )
    )
    found = merge(record, Overrides(inputs=parse_models(Role.BASE_MODEL, ["c:1"])))
    assert [(item.role.value, item.name) for item in found.inputs] == [
        ("teacher-model", "teacher"),
        ("dataset", "tx"),
        ("base-model", "base"),
    ]


def test_two_inputs_of_one_name_are_refused() -> None:
    record = TrainingRecord(inputs=(dataset("base", unknown=True),))
    with pytest.raises(InputError) as caught:
        merge(record, Overrides(inputs=parse_models(Role.BASE_MODEL, ["c:1"])))
    assert caught.value.code == "duplicate-name"


@pytest.mark.parametrize(
    ("place", "text", "code"),
    [
        ("model.licens", "MIT", "record-unknown-key"),
        ("operation", "improve", "record-bad-value"),
        ("source.uri", "/home/alice", "record-bad-value"),
        ("environment.image", "oci://x:latest", "record-bad-value"),
    ],
)
def test_an_override_is_checked_as_the_record_is(place: str, text: str, code: str) -> None:
    with pytest.raises(InputError) as caught:
        Overrides(texts={place: text})
    assert caught.value.code == code


def test_variables_say_what_flags_say() -> None:
    found = from_environment(
        {
            "ATTEST_RECORD_MODEL_LICENSE": "MIT",
            "ATTEST_RECORD_OPERATION": "quantise",
            "ATTEST_RECORD_CARD_INTENDED_USE": "scoring",
            "ATTEST_RECORD_SOURCE_ENTRY_POINT": "train.py",
            "ATTEST_RECORD_MODEL_TASK": "",
            "ATTEST_RECORD_DATASETS": f"tx=unknown\n\n  golden={DATA}  \n",
            "ATTEST_RECORD_BASES": "acme/base:3",
            "ATTEST_RECORD_PARAMETERS": "lr=1e-4\nseed=1",
            "ATTEST_RECORD_METRICS": "auc=0.9",
            "ATTEST_KEY": "x",
        }
    )
    assert found.texts == {
        "model.licence": "MIT",
        "operation": "quantize",
        "card.intended_use": "scoring",
        "source.entry_point": "train.py",
    }
    assert [item.name for item in found.inputs] == ["tx", "golden", "base"]
    assert found.parameters == {"lr": "1e-4", "seed": "1"}
    assert found.metrics == (Metric(name="auc", value="0.9"),)


def test_a_variable_that_means_nothing_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(InputError) as caught:
        from_environment({"ATTEST_RECORD_MODEL_LICENS": "MIT"})
    assert caught.value.code == "record-unknown-key"
    assert caught.value.hint is not None
    assert "ATTEST_RECORD_MODEL_LICEN" in caught.value.hint


@given(st.text(max_size=30))
def test_any_flag_is_understood_or_refused_and_nothing_else_happens(text: str) -> None:
    for parse in (parse_dataset, parse_metric, parse_parameter, parse_source):
        try:
            parse(text)
        except AttestError as error:
            assert error.exit_status == 2  # noqa: PT017
