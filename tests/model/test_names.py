from __future__ import annotations

import posixpath
import unicodedata
from typing import TYPE_CHECKING

import pytest

from attest_registry import limits

if TYPE_CHECKING:
    from collections.abc import Callable
from hypothesis import given
from hypothesis import strategies as st

from attest.errors import ModelError
from attest.model.names import check_path, check_paths

HOSTILE = [
    "", "/", ".", "..", "./a", "a/.", "a/./b", "a//b", "a/", "/a", "//a", "../a", "a/..", "a/../b", "a/../../b",
    "..\\a", "a\\b", "\\\\host\\share", "C:", "C:a", "c:/a", "C:\\a", "a/D:b",
    "a\x00", "a\nb", "a\rb", "a\tb", "\x1b[2Ja", "a\x7f", "a\x85b", "a\u2028b", "a\u2029b",
    "a\u202egnp.exe", "a\u2066b", "\u200ba", "a\u200d", "\ufeffa", "a\u00adb", "a\u061cb", "\u3164", "a\u115fb",
    "a\ufe0f", "a\u034fb", "a\U000e0041", "a\ue000", "a\u0378", "a\u00a0b", "a\u2003b",
    "a\udcff", "\ud800",
    "e\u0301", "a/Å\u0323", "\u212a", "ﬀ\u0301\u0323",
    "a.", "a ", "a./b", "a /b", "...", ". ", " /a",
    "con", "CON", "nul.txt", "a/AUX", "com1", "LPT9.tar.gz", "a/prn.json", "com¹", "CONIN$", "aux .txt",
    "x" * (limits.NAME_BYTES + 1), "é" * 128, "/".join(["a" * 200] * 6), "é/" * 400 + "a",
]  # fmt: skip

HARMLESS = [
    "a", "model.safetensors", "a/b/c.json", ".hidden", "-rf", "--help", "a b", "a+b=c,d;e", "modèle.txt",
    "模型/权重.bin", "..a", "a..b", "a...b/c", "~", "$HOME",
    "'", '"', "*", "?", "[x]", "ab:c", "console", "com", "com10", "nul_", "lpt",
    "x" * limits.NAME_BYTES, "/".join(["a" * 200] * 5), "é" * 127, "©", "ﬀ", "`id`", "a&b", "🤖.bin",
]  # fmt: skip


@pytest.mark.parametrize("path", HOSTILE, ids=ascii)
def test_a_hostile_name_is_refused(path: str) -> None:
    with pytest.raises(ModelError) as caught:
        check_path(path)
    assert caught.value.code == "unsafe-name"
    assert caught.value.message.isprintable()


@pytest.mark.parametrize("path", HARMLESS, ids=ascii)
def test_an_ordinary_name_is_kept_as_it_is(path: str) -> None:
    assert check_path(path) == path


@pytest.mark.parametrize(
    "paths",
    [
        ("a", "a"),
        ("a", "A"),
        ("model.bin", "Model.BIN"),
        ("d/a", "D/b"),
        ("straße", "STRASSE"),
        ("ﬀ", "ff"),
        ("é", "É"),
        ("Σ", "ς"),
        ("\u017f", "s"),
        ("a", "a/b"),
        ("a/b/c", "a/b"),
        ("A", "a/b"),
        ("a/b/c", "A/B"),
        ("x", "d/a/b", "d/A/c"),
    ],
    ids=ascii,
)
def test_names_that_become_one_are_refused(paths: tuple[str, ...]) -> None:
    for order in (paths, paths[::-1]):
        with pytest.raises(ModelError) as caught:
            check_paths(order)
        assert caught.value.code == "name-collision"


def test_a_hostile_name_among_many_is_refused() -> None:
    with pytest.raises(ModelError) as caught:
        check_paths(["a", "b", "../c"])
    assert caught.value.code == "unsafe-name"


def test_a_path_of_more_folders_than_any_model_has_is_refused() -> None:
    """Comparing 4 MiB of paths of one-letter folders with one another took 2 GiB, before anything was verified."""
    check_path("/".join("a" * limits.PATH_PARTS))
    assert refusal(lambda: check_path("/".join("a" * (limits.PATH_PARTS + 1)))) == "unsafe-name"


def test_names_that_stay_apart_are_fine() -> None:
    check_paths(["vae/x.bin", "vae-extra", "vae.json", "a/b", "a/c/d", "ab", "é", "e"])


def refusal(check: Callable[[], object]) -> str | None:
    try:
        check()
    except ModelError as error:
        return error.code
    return None


@given(st.text(max_size=40))
def test_what_passes_stays_below_the_folder_and_is_what_it_looks_like(path: str) -> None:
    if refusal(lambda: check_path(path)) == "unsafe-name":
        return
    assert posixpath.normpath(f"/m/{path}") == f"/m/{path}"
    assert unicodedata.normalize("NFC", path) == path
    assert path.isprintable()
    assert len(path.encode()) <= limits.PATH_BYTES


@given(st.lists(st.text(alphabet="aAbBéÉ/ßs\u017f", min_size=1, max_size=5), max_size=6))
def test_sets_of_names_that_pass_stay_apart_without_case(paths: list[str]) -> None:
    if refusal(lambda: check_paths(paths)) in {"unsafe-name", "name-collision"}:
        return
    folded = [unicodedata.normalize("NFC", path.casefold()) for path in paths]
    assert len(set(folded)) == len(paths)
    assert not any(other.startswith(f"{path}/") for path in folded for other in folded)
