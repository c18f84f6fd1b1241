from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from attest.claims.record import Overrides as Said
from attest.claims.record import Resolved, TrainingRecord, load_record, merge, parse_dataset
from attest.claims.training import Role, Standing
from attest.errors import ModelError, RecordError
from attest.model.hashing import hash_tree
from attest.model.tree import walk
from attest.training_inputs import gather, measure
from attest_registry.digest import Digest

if TYPE_CHECKING:
    from pathlib import Path

BASE = Digest.of(b"base")


def resolve(ref: str) -> Resolved:
    return Resolved(BASE, f"oci://r/{ref}", Standing.UNVERIFIED)


def test_a_file_is_measured_by_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "tx.parquet"
    path.write_bytes(b"data" * 1000)
    assert measure(path) == (Digest.of(b"data" * 1000), 4000)


def test_a_folder_is_measured_as_a_model_is(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a/1").write_bytes(b"one")
    (tmp_path / "2").write_bytes(b"two!")
    assert measure(tmp_path) == (hash_tree(walk(tmp_path)).oms_root, 7)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(RecordError) as caught:
        measure(tmp_path / "none.csv")
    assert caught.value.code == "input-not-found"


def test_a_folder_that_no_version_could_hold_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ModelError):
        measure(tmp_path)


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(RecordError) as caught:
        measure(tmp_path / "pipe")
    assert caught.value.code == "input-unreadable"


def test_everything_comes_together(tmp_path: Path) -> None:
    (tmp_path / "tx.csv").write_text("1,2\n")
    (tmp_path / "requirements.lock").write_text("torch==2.9.0\n")
    (tmp_path / "attest.yaml").write_text(
        "apiVersion: attest/v1\nkind: TrainingRecord\nmodel: {licence: MIT}\n"
        "inputs: [{role: base-model, name: base, ref: acme/base:3}, {role: dataset, name: tx, path: tx.csv}]\n"
        "environment: {requirements: requirements.lock}\n"
    )
    found = gather(
        load_record(tmp_path / "attest.yaml"),
        resolve=resolve,
        folder=tmp_path,
        environment={},
        started="2026-11-20T20:00:00Z",
    )
    base, data = found.inputs
    assert (base.digest, base.standing, base.uri) == (BASE, Standing.UNVERIFIED, "oci://r/acme/base:3")
    assert (data.digest, data.standing, data.size, data.uri) == (Digest.of(b"1,2\n"), Standing.HASHED, 4, None)
    assert found.environment.requirements == Digest.of(b"torch==2.9.0\n")
    assert found.build.started == "2026-11-20T20:00:00Z"
    assert str(tmp_path) not in repr(found)


def test_a_flags_path_counts_from_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tx.csv").write_text("1")
    record = merge(TrainingRecord(), Said(inputs=(parse_dataset("tx=tx.csv"),)))
    (found,) = gather(record, resolve=resolve, environment={}).inputs
    assert (found.role, found.digest) == (Role.DATASET, Digest.of(b"1"))


def test_a_missing_dataset_stops_everything(tmp_path: Path) -> None:
    record = merge(TrainingRecord(), Said(inputs=(parse_dataset(f"tx={tmp_path}/none"),)))
    with pytest.raises(RecordError) as caught:
        gather(record, resolve=resolve, folder=tmp_path, environment={})
    assert caught.value.code == "input-not-found"
    assert caught.value.hint is not None
