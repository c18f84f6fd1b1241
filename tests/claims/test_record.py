from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attest.claims.record import Measured, Resolved, TrainingRecord, load_record, to_training
from attest.claims.training import (
    Build,
    Card,
    Input,
    Metric,
    Operation,
    Package,
    Role,
    Source,
    Standing,
    TensorSpec,
    Training,
)
from attest.errors import AttestError, RecordError
from attest_registry.digest import Digest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HEAD = "apiVersion: attest/v1\nkind: TrainingRecord\n"
COMMIT = "c27d339ee6075c1f744c5d4b200f7901aad2c369"
DATA, BASE = Digest.of(b"data"), Digest.of(b"base")
BUILD = Build(builder="urn:attest:builders:local:v1")
FACTS = Source(uri="git+https://h/p", commit=COMMIT, clean=False, changes=2, ref="refs/heads/main")

WHOLE = f"""\
apiVersion: attest/v1
kind: TrainingRecord
model: {{name: acme/credit-risk, label: 1.4.0, licence: Apache-2.0, task: scoring, owner: risk-ml@example.com}}
operation: distill
source: {{uri: git+https://git.example.com/acme/train, commit: auto, entry_point: train.py, config: conf/credit.yaml}}
inputs:
  - {{role: dataset, name: transactions, uri: s3://bucket/tx-2026-q1, digest: {DATA}, split: train, licence: CC-BY-4.0,
     personal_data: false, classification: internal, governance: {{owner: risk}}}}
  - {{role: base-model, name: base, ref: acme/credit-base@production}}
  - {{role: teacher-model, name: teacher, ref: acme/credit-large/7}}
  - {{role: dataset, name: local, path: data/local.csv}}
  - {{role: dataset, name: legacy, provenance: unknown}}
parameters: {{learning_rate: 1e-4, rate: 0.10, epochs: 3, seed: "42", bf16: true,
  optimizer: {{name: adam, betas: [0.9, 0.95]}}}}
environment: {{requirements: requirements.lock, image: oci://img@{DATA}, hardware: 8xH200, packages: auto}}
metrics: [{{name: accuracy, value: 0.9230, dataset: golden}}]
interface:
  inputs: [{{name: features, dtype: float32, shape: [-1, 20]}}]
  outputs: [{{name: score, dtype: float32, shape: [-1]}}]
card: {{intended_use: scoring, limitations: unknown}}
files: {{roles: {{"prompts/*": prompt, few_shot.json: examples}}}}
"""


@pytest.fixture
def load(tmp_path: Path) -> Callable[[str], TrainingRecord]:
    def read(text: str) -> TrainingRecord:
        path = tmp_path / "attest.yaml"
        path.write_text(text)
        return load_record(path)

    return read


def training(record: TrainingRecord, source: Source | None = FACTS) -> Training:
    return to_training(
        record,
        build=BUILD,
        source=source,
        resolve=lambda ref: Resolved(BASE, f"oci://r/{ref}", Standing.ADMITTED),
        measure=lambda path: Measured(Digest.of(path.rpartition("/")[2].encode()), len(path)),
        packages=lambda: [Package(name="torch", version="2.9.0")],
    )


def test_the_documented_example_says_everything(load: Callable[[str], TrainingRecord], tmp_path: Path) -> None:
    record = load(WHOLE)
    found = training(record)
    assert found.operation is Operation.DISTILL
    assert (found.licence, found.label, found.owner) == ("Apache-2.0", "1.4.0", "risk-ml@example.com")
    assert found.source == Source(
        uri="git+https://git.example.com/acme/train",
        commit=COMMIT,
        clean=False,
        changes=2,
        ref="refs/heads/main",
        entry_point="train.py",
        config="conf/credit.yaml",
    )
    assert found.inputs == (
        Input(
            role=Role.DATASET,
            name="transactions",
            standing=Standing.STATED,
            digest=DATA,
            uri="s3://bucket/tx-2026-q1",
            split="train",
            licence="CC-BY-4.0",
            personal_data=False,
            classification="internal",
            governance={"owner": "risk"},
        ),
        Input(
            role=Role.BASE_MODEL,
            name="base",
            standing=Standing.ADMITTED,
            digest=BASE,
            uri="oci://r/acme/credit-base@production",
        ),
        Input(
            role=Role.TEACHER_MODEL,
            name="teacher",
            standing=Standing.ADMITTED,
            digest=BASE,
            uri="oci://r/acme/credit-large/7",
        ),
        Input(
            role=Role.DATASET,
            name="local",
            standing=Standing.HASHED,
            digest=Digest.of(b"local.csv"),
            size=len(str(tmp_path / "data/local.csv")),
        ),
        Input(role=Role.DATASET, name="legacy", standing=Standing.UNKNOWN),
    )
    assert found.parameters == {
        "learning_rate": "1e-4",
        "rate": "0.10",
        "epochs": "3",
        "seed": "42",
        "bf16": "true",
        "optimizer.name": "adam",
        "optimizer.betas": "[0.9, 0.95]",
    }
    assert found.environment.requirements == Digest.of(b"requirements.lock")
    assert found.environment.requirements_name == "requirements.lock"
    assert found.environment.packages == (Package(name="torch", version="2.9.0"),)
    assert found.metrics == (Metric(name="accuracy", value="0.9230", dataset="golden"),)
    assert found.inputs_spec == (TensorSpec(name="features", dtype="float32", shape=(-1, 20)),)
    assert found.card == Card(intended_use="scoring")
    assert record.unknown == {"card.limitations"}
    assert record.roles == {"prompts/*": "prompt", "few_shot.json": "examples"}


def test_no_path_of_this_machine_gets_into_what_is_signed(
    load: Callable[[str], TrainingRecord], tmp_path: Path
) -> None:
    assert str(tmp_path) not in repr(training(load(WHOLE)))


def test_nothing_said_is_nothing_claimed(load: Callable[[str], TrainingRecord]) -> None:
    assert training(load(HEAD), source=None) == Training(build=BUILD)


def test_git_speaks_where_the_record_does_not(load: Callable[[str], TrainingRecord]) -> None:
    assert training(load(HEAD)).source == FACTS


def test_unknown_anywhere_means_that_nobody_said(load: Callable[[str], TrainingRecord]) -> None:
    text = HEAD + "model: {licence: unknown, task: unknown}\noperation: unknown\nsource: unknown\n"
    record = load(text)
    assert record.unknown == {"model.licence", "model.task", "operation", "source"}
    assert training(record) == Training(build=BUILD)


def test_places_left_open_are_read(load: Callable[[str], TrainingRecord]) -> None:
    text = HEAD + "model:\n  licence:   # say it or write unknown\noperation:\nsource:\ninputs: []\ncard:\n"
    assert training(load(text), source=None) == Training(build=BUILD)


@pytest.mark.parametrize("spelling", ["licence", "license"])
def test_both_spellings_are_read_and_one_comes_out(load: Callable[[str], TrainingRecord], spelling: str) -> None:
    record = load(
        f"{HEAD}model: {{{spelling}: MIT}}\ninputs: [{{role: dataset, name: d, digest: {DATA}, {spelling}: MIT}}]"
    )
    assert record.texts["model.licence"] == "MIT"
    assert record.inputs[0].licence == "MIT"


@pytest.mark.parametrize(("word", "operation"), [("quantise", "quantize"), ("finetune", "fine-tune")])
def test_other_spellings_of_an_operation(load: Callable[[str], TrainingRecord], word: str, operation: str) -> None:
    assert training(load(f"{HEAD}operation: {word}")).operation == operation


def test_another_commit_than_the_working_trees_is_not_called_clean_or_not(
    load: Callable[[str], TrainingRecord],
) -> None:
    stated = "a" * 40
    found = training(load(f"{HEAD}source: {{uri: git+https://h/p, commit: {stated}}}")).source
    assert found == Source(uri="git+https://h/p", commit=stated)
    same = training(load(f"{HEAD}source: {{commit: {COMMIT}}}")).source
    assert same == FACTS


def test_an_imported_model_was_not_made_by_the_code_of_this_folder(load: Callable[[str], TrainingRecord]) -> None:
    assert training(load(f"{HEAD}operation: import")).source is None
    assert training(load(f"{HEAD}operation: import\nsource: {{commit: auto}}")).source == FACTS


def test_auto_without_git_is_refused(load: Callable[[str], TrainingRecord]) -> None:
    with pytest.raises(RecordError) as caught:
        training(load(f"{HEAD}source: {{commit: auto}}"), source=None)
    assert caught.value.code == "record-no-commit"


def test_packages_are_listed_only_when_asked_for(load: Callable[[str], TrainingRecord]) -> None:
    def never(*_: object) -> NoReturn:
        raise AssertionError

    found = to_training(load(HEAD), build=BUILD, source=None, resolve=never, measure=never, packages=never)
    assert found.environment.packages == ()


REFUSED = {
    "an unknown key": ("aprovals: 1", "record-unknown-key"),
    "an unknown key of the model": ("model: {licens: MIT}", "record-unknown-key"),
    "an unknown key of an input": ("inputs: [{role: dataset, name: d, digst: x}]", "record-unknown-key"),
    "an unknown key of the source": ("source: {comit: auto}", "record-unknown-key"),
    "an unknown key of a metric": ("metrics: [{name: a, value: 1, unit: s}]", "record-unknown-key"),
    "an unknown key of a tensor": ("interface: {inputs: [{name: a, dtype: b, size: 1}]}", "record-unknown-key"),
    "an unknown key of the files": ("files: {role: {}}", "record-unknown-key"),
    "a key twice": ("model: {task: a, task: b}", "record-duplicate-key"),
    "a key in both spellings": ("model: {licence: MIT, license: MIT}", "record-duplicate-key"),
    "both spellings in an input": (
        f"inputs: [{{role: dataset, name: d, digest: {DATA}, licence: a, license: a}}]", "record-duplicate-key"),
    "an anchor": ("parameters: {a: &x 1, b: *x}", "record-not-strict"),
    "a tag": ("parameters: {a: !!python/object:os.system 1}", "record-not-strict"),
    "no YAML": ("a: ]", "record-not-yaml"),
    "a section that is a list": ("model: [a]", "record-wrong-type"),
    "a text that is a list": ("model: {task: [a]}", "record-wrong-type"),
    "a text that is true": ("model: {task: true}", "record-wrong-type"),
    "inputs that are a mapping": ("inputs: {a: b}", "record-wrong-type"),
    "an input that is text": ("inputs: [a]", "record-wrong-type"),
    "an input without a role": ("inputs: [{name: d, provenance: unknown}]", "record-missing-key"),
    "an input without a name": ("inputs: [{role: dataset, provenance: unknown}]", "record-missing-key"),
    "an unknown role": ("inputs: [{role: datset, name: d, provenance: unknown}]", "record-bad-value"),
    "the environment as an input": ("inputs: [{role: environment, name: d, provenance: unknown}]", "record-bad-value"),
    "an input without a digest": ("inputs: [{role: dataset, name: d, uri: s3://b/k}]", "record-input-without-digest"),
    "two ways to a digest": (f"inputs: [{{role: dataset, name: d, path: x, digest: {DATA}}}]", "record-bad-value"),
    "a known provenance": ("inputs: [{role: dataset, name: d, provenance: mine}]", "record-bad-value"),
    "a weak digest": ("inputs: [{role: dataset, name: d, digest: 'md5:00'}]", "record-bad-value"),
    "a short digest": ("inputs: [{role: dataset, name: d, digest: 'sha256:00'}]", "record-bad-value"),
    "a ref with a uri": ("inputs: [{role: dataset, name: d, ref: a:1, uri: 's3://b'}]", "record-bad-value"),
    "a name twice": (
        "inputs: [{role: dataset, name: d, path: a}, {role: base-model, name: d, path: b}]", "record-duplicate-name"),
    "a reserved name": ("inputs: [{role: dataset, name: source, path: a}]", "record-duplicate-name"),
    "a name over two lines": ('inputs: [{role: dataset, name: "a\\nb", path: a}]', "record-bad-value"),
    "a path of this machine as address": (
        "inputs: [{role: dataset, name: d, uri: '/home/alice/x', path: a}]", "record-bad-value"),
    "a file address": ("inputs: [{role: dataset, name: d, uri: 'file:///x', path: a}]", "record-bad-value"),
    "a password in an address": (
        f"inputs: [{{role: dataset, name: d, uri: 'https://a:b@h/x', digest: {DATA}}}]", "record-bad-value"),
    "a token in an address": (
        f"inputs: [{{role: dataset, name: d, uri: 'https://token@h/x', digest: {DATA}}}]", "record-bad-value"),
    "personal data in words": (
        "inputs: [{role: dataset, name: d, path: a, personal_data: some}]", "record-wrong-type"),
    "an unknown operation": ("operation: improve", "record-bad-value"),
    "a short commit": ("source: {commit: 41c9d2e}", "record-bad-value"),
    "a branch as commit": ("source: {commit: main}", "record-bad-value"),
    "a source on this machine": ("source: {uri: /home/alice/train}", "record-bad-value"),
    "an entry point on this machine": ("source: {entry_point: /home/alice/train.py}", "record-bad-value"),
    "an entry point outside": ("source: {config: ../../x.yaml}", "record-bad-value"),
    "an image without a digest": ("environment: {image: 'oci://img:latest'}", "record-bad-value"),
    "packages in words": ("environment: {packages: some}", "record-bad-value"),
    "a metric that is no number": ("metrics: [{name: a, value: good}]", "record-bad-value"),
    "a metric that is not a number": ("metrics: [{name: a, value: .nan}]", "record-bad-value"),
    "a metric without a value": ("metrics: [{name: a}]", "record-missing-key"),
    "a shape in words": ("interface: {inputs: [{name: a, dtype: b, shape: [many]}]}", "record-bad-value"),
    "a shape below -1": ("interface: {inputs: [{name: a, dtype: b, shape: [-2]}]}", "record-bad-value"),
    "parameters that collide": ('parameters: {a: {b: 1}, "a.b": 2}', "record-duplicate-key"),
    "parameters that are a list": ("parameters: [a]", "record-wrong-type"),
    "a role of files that is a list": ("files: {roles: {a: [b]}}", "record-wrong-type"),
    "control characters": ('model: {task: "a\\eb"}', "record-bad-value"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "code"), REFUSED.values(), ids=REFUSED)
def test_a_record_that_is_not_understood_whole_is_refused(
    load: Callable[[str], TrainingRecord], text: str, code: str
) -> None:
    with pytest.raises(RecordError) as caught:
        load(HEAD + text)
    assert caught.value.code == code
    assert caught.value.exit_status == 2
    assert "attest.yaml:3:" in caught.value.message


@pytest.mark.parametrize("text", ["apiVersion: attest/v2\nkind: TrainingRecord", "apiVersion: attest/v1\nkind: Policy"])
def test_another_document_is_refused(load: Callable[[str], TrainingRecord], text: str) -> None:
    with pytest.raises(RecordError) as caught:
        load(text)
    assert caught.value.code == "bad-record"


@pytest.mark.parametrize("text", ["", "apiVersion: attest/v1\n", "[]", "kind: TrainingRecord"])
def test_half_a_document_is_refused(load: Callable[[str], TrainingRecord], text: str) -> None:
    with pytest.raises(RecordError):
        load(text)


def test_an_unknown_key_is_shown_with_its_place_and_the_nearest_one(load: Callable[[str], TrainingRecord]) -> None:
    with pytest.raises(RecordError) as caught:
        load(HEAD + "inputs:\n  - role: dataset\n    name: d\n    provenence: unknown\n")
    error = caught.value
    assert error.message.endswith("attest.yaml:6:5: unknown key 'provenence'")
    assert error.hint == "did you mean 'provenance'?"
    assert error.found == "provenence: unknown"


def test_a_missing_record_is_said(tmp_path: Path) -> None:
    with pytest.raises(RecordError) as caught:
        load_record(tmp_path / "none.yaml")
    assert caught.value.code == "record-unreadable"


@given(st.text(alphabet="abc: {}[],-'\"\n0.?&*!|>#%", max_size=60))
def test_any_text_is_refused_as_a_record_and_nothing_else_happens(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_text(HEAD + text)
    try:
        load_record(path)
    except AttestError as error:
        assert isinstance(error, RecordError)  # noqa: PT017
