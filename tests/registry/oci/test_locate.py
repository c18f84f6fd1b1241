"""Which store a reference means, and what the embedded one holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from attest_registry.errors import BadReference
from attest_registry.oci.layout import LayoutRepository
from attest_registry.oci.locate import local_models, open_repository
from attest_registry.reference import Reference

if TYPE_CHECKING:
    from pathlib import Path


def remote_options(**values: Any) -> Any:
    remote = pytest.importorskip("attest_registry.oci.remote", reason="the store over HTTP is not built yet")
    return remote.RemoteOptions(**values)


def make(store: Path, model: str) -> None:
    LayoutRepository(store, model)._folder.prepare()


def test_a_name_without_host_is_on_this_machine(tmp_path: Path) -> None:
    opened = open_repository(Reference.parse("acme/credit-risk:1"), store=tmp_path, remote=remote_options())
    assert isinstance(opened, LayoutRepository)
    assert (opened.model, opened.place) == ("acme/credit-risk", "the store of this machine")
    assert opened.folder == tmp_path / "acme" / "credit-risk"


def test_a_name_with_host_is_there(tmp_path: Path) -> None:
    opened = open_repository(Reference.parse("ghcr.io/acme/m:1"), store=tmp_path / "store", remote=remote_options())
    assert (opened.model, opened.place) == ("acme/m", "ghcr.io")
    assert not (tmp_path / "store").exists()


def test_models_are_listed_with_those_below_them(tmp_path: Path) -> None:
    store = tmp_path / "store"
    for model in ("b", "a/x", "a", "a/x/deep"):
        make(store, model)
    (store / "notes").mkdir()
    (store / ".pool").mkdir(exist_ok=True)
    (store / "link").symlink_to(store / "b")
    assert local_models(store) == ["a", "a/x", "a/x/deep", "b"]


def test_a_store_that_does_not_exist_holds_nothing(tmp_path: Path) -> None:
    assert local_models(tmp_path / "missing") == []


@pytest.mark.parametrize(
    "name", ["blobs", "acme/blobs", "acme/index.json", "oci-layout/x", "../x", ".pool", "a/.lock", "a/../b"]
)
def test_a_model_cannot_have_the_name_of_a_part_of_the_store(name: str) -> None:
    with pytest.raises(BadReference) as caught:
        Reference.parse(f"{name}:1")
    assert caught.value.code in {"bad-reference", "name-reserved"}
