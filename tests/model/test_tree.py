from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from attest.errors import ModelError
from attest.model.hashing import hash_tree
from attest.model.tree import walk
from attest_registry import limits


def refused(root: Path, **options: object) -> ModelError:
    with pytest.raises(ModelError) as caught:
        walk(root, **options)  # type: ignore[arg-type]
    return caught.value


def paths(root: Path, **options: object) -> list[str]:
    return [entry.path for entry in walk(root, **options).entries]  # type: ignore[arg-type]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "model"
    (root / "sub").mkdir(parents=True)
    (root / "a.json").write_bytes(b"{}")
    (root / "sub/b.bin").write_bytes(b"b" * 10)
    return root


def test_every_file_belongs_to_the_model_hidden_ones_too_in_code_point_order(models: dict[str, Path]) -> None:
    assert paths(models["nested"]) == [
        ".hidden", "a/b/c/d/e.txt", "empty", "modèle.txt", "unet/diffusion_model.safetensors", "vae-extra", "vae.json",
        "vae/x.json", "with space.txt",
    ]  # fmt: skip


def test_one_file_is_a_model_under_its_own_name(models: dict[str, Path]) -> None:
    tree = walk(models["single"])
    assert [(entry.path, entry.size) for entry in tree.entries] == [("model.safetensors", tree.size)]


def test_excluding_from_one_file_is_noticed_and_cannot_leave_nothing(models: dict[str, Path]) -> None:
    tree = walk(models["single"], exclude=["x"])
    assert tree.excluded == ("x",)
    assert tree.notices == ("--exclude x matches nothing in model.safetensors",)
    assert refused(models["single"], exclude=["*.safetensors"]).code == "no-files"


def test_what_is_excluded_is_recorded_and_left_out(folder: Path) -> None:
    tree = walk(folder, exclude=["sub", "sub"])
    assert [entry.path for entry in tree.entries] == ["a.json"]
    assert tree.excluded == ("sub",)
    assert tree.notices == ()


@pytest.mark.parametrize(
    "pattern", ["sub", "sub/", "./sub", "sub/*", "sub/**", "sub/b.bin", "*.bin", "**/*.bin", "s?b/[b].bin"]
)
def test_patterns_that_leave_out_the_file(folder: Path, pattern: str) -> None:
    assert paths(folder, exclude=[pattern]) == ["a.json"]


@pytest.mark.parametrize("pattern", ["b.bin", "su", "SUB", "a.json/*", "/sub"])
def test_a_pattern_that_matches_nothing_is_a_notice(folder: Path, pattern: str) -> None:
    tree = walk(folder, exclude=[pattern])
    assert len(tree.entries) == 2
    assert tree.notices == (f"--exclude {pattern} matches nothing in model",)


@pytest.mark.parametrize("pattern", ["", "/", "\x1b[2J"])
def test_a_pattern_that_names_nothing_is_refused(folder: Path, pattern: str) -> None:
    assert refused(folder, exclude=[pattern]).code == "bad-exclude"


@pytest.mark.parametrize("place", [".git", "sub/.git", ".GIT"])
def test_a_git_folder_is_refused_with_the_way_out(folder: Path, place: str) -> None:
    (folder / place).mkdir()
    (folder / place / "config").write_bytes(b"")
    error = refused(folder)
    assert (error.code, error.hint) == ("git-folder", f"--exclude {place}")
    assert paths(folder, exclude=[place]) == ["a.json", "sub/b.bin"]


def test_the_git_file_of_a_worktree_is_refused_as_well(folder: Path) -> None:
    (folder / ".git").write_text("gitdir: /elsewhere")
    assert refused(folder).code == "git-folder"


def test_an_empty_folder_inside_is_said_not_dropped_silently(folder: Path) -> None:
    (folder / "nothing").mkdir()
    assert walk(folder).notices == ("nothing/ is empty and will not be part of the version",)


def test_what_looks_unintended_is_listed(folder: Path) -> None:
    unlikely = [
        ".DS_Store", ".ipynb_checkpoints/a.json", "__pycache__/m.pyc", "a.json.swp", "checkpoint-500/w.bin",
        "optimizer.pt", "sub/training_args.bin", "w.tmp", "x.json~",
    ]  # fmt: skip
    for path in unlikely:
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_bytes(b"")
    assert list(walk(folder).unlikely) == unlikely


def test_hard_links_are_files(folder: Path) -> None:
    os.link(folder / "a.json", folder / "again.json")
    assert paths(folder) == ["a.json", "again.json", "sub/b.bin"]


def test_a_link_inside_the_folder_is_stored_as_its_file_and_said(folder: Path) -> None:
    (folder / "link").symlink_to("sub/b.bin")
    tree = walk(folder)
    assert [(entry.path, entry.size) for entry in tree.entries] == [("a.json", 2), ("link", 10), ("sub/b.bin", 10)]
    assert tree.notices == ("link is a link; the file that it points to ('sub/b.bin') is stored",)
    files = {file.path: file.digest for file in hash_tree(tree).files}
    assert files["link"] == files["sub/b.bin"]


def test_a_hugging_face_snapshot_is_its_files(models: dict[str, Path]) -> None:
    tree = walk(models["snapshot"])
    assert [entry.path for entry in tree.entries] == ["config.json", "model.safetensors", "unet/config.json"]
    assert len(tree.notices) == 3
    assert not any(entry.source.is_symlink() for entry in tree.entries)


@pytest.mark.parametrize("blob", ["../../blobs/../../../outside", "/etc/passwd", "../../blobs/" + "z" * 64])
def test_a_snapshot_cannot_carry_in_other_files(
    models: dict[str, Path], tmp_path: Path, maker: object, blob: str
) -> None:
    snapshot = maker.make_snapshot(tmp_path)  # type: ignore[attr-defined]
    (tmp_path / "outside").write_bytes(b"secret")
    (snapshot.parents[1] / "blobs" / ("z" * 64)).write_bytes(b"no digest for a name")
    (snapshot / "x").symlink_to(blob)
    assert refused(snapshot).code == "symlink"


@pytest.mark.parametrize("target", ["../outside.txt", "../outside", "sub", "gone", "loop", "/etc/hostname"])
def test_other_links_are_refused(folder: Path, target: str) -> None:
    (folder.parent / "outside.txt").write_bytes(b"o")
    (folder.parent / "outside").mkdir()
    (folder / "loop").symlink_to("loop2")
    (folder / "loop2").symlink_to("loop")
    (folder / "link").symlink_to(target)
    error = refused(folder, exclude=["loop", "loop2"])
    assert error.code == "symlink"
    assert "--exclude" in (error.hint or "")
    assert paths(folder, exclude=["loop", "loop2", "link"]) == ["a.json", "sub/b.bin"]


def test_links_out_of_the_folder_are_followed_when_asked(folder: Path) -> None:
    outside = folder.parent / "outside"
    (outside / "deep").mkdir(parents=True)
    (outside / "deep/x").write_bytes(b"x")
    (folder / "dir").symlink_to("../outside")
    (folder / "file").symlink_to("../outside/deep/x")
    tree = walk(folder, dereference=True)
    assert [entry.path for entry in tree.entries] == ["a.json", "dir/deep/x", "file", "sub/b.bin"]
    assert len(tree.notices) == 2
    assert len(hash_tree(tree).files) == 4


def test_a_link_to_a_folder_above_is_a_loop_even_when_asked(folder: Path) -> None:
    (folder / "sub/up").symlink_to("..")
    assert refused(folder).code == "symlink"
    assert refused(folder, dereference=True).code == "symlink"


def test_a_link_to_what_is_no_file_is_refused_even_when_asked(folder: Path) -> None:
    (folder / "null").symlink_to("/dev/null")
    assert refused(folder, dereference=True).code == "special-file"


def test_a_fifo_is_refused_without_waiting_for_a_writer(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    error = refused(folder)
    assert error.code == "special-file"
    assert "named pipe" in error.message
    assert refused(folder / "pipe").code == "special-file"


def test_a_socket_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("s")
        assert refused(folder).code == "special-file"


def test_a_fifo_that_takes_a_files_place_after_the_walk_does_not_hang(folder: Path) -> None:
    tree = walk(folder)
    (folder / "a.json").unlink()
    os.mkfifo(folder / "a.json")
    with pytest.raises(ModelError) as caught:
        hash_tree(tree)
    assert caught.value.code == "file-changed"


def test_a_link_that_takes_a_files_place_after_the_walk_is_not_followed(folder: Path) -> None:
    tree = walk(folder)
    (folder / "a.json").unlink()
    (folder / "a.json").symlink_to("/etc/hostname")
    with pytest.raises(ModelError) as caught:
        hash_tree(tree)
    assert caught.value.code in {"file-changed", "unreadable"}


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path / "gone").code == "no-such-folder"
    assert refused(Path("with\0null")).code == "unreadable"


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path).code == "no-files"
    (tmp_path / "x").write_bytes(b"")
    assert refused(tmp_path, exclude=["*"]).code == "no-files"


def test_too_many_files_are_refused_with_advice(folder: Path) -> None:
    error = refused(folder, most=1)
    assert error.code == "too-many-files"
    assert "pack" in (error.hint or "")


@pytest.mark.parametrize("name", [b"\xff.bin", b"a\nb", b"e\xcc\x81", b"nul", b"a\\b", b"x ", "a\u202eb".encode()])
def test_a_file_with_an_unsafe_name_is_refused_by_its_name(folder: Path, name: bytes) -> None:
    (folder / os.fsdecode(name)).write_bytes(b"")
    error = refused(folder)
    assert error.code == "unsafe-name"
    assert error.message.isprintable()


def test_two_files_that_differ_in_case_are_refused(folder: Path) -> None:
    (folder / "A.JSON").write_bytes(b"")
    assert refused(folder).code == "name-collision"


def test_a_path_that_is_too_long_is_refused(folder: Path) -> None:
    deep = folder
    os.chdir(folder)
    try:
        for _ in range(6):
            Path("d" * 200).mkdir()
            os.chdir("d" * 200)
        Path("f").write_bytes(b"")
    finally:
        os.chdir(deep)
    assert refused(folder).code == "unsafe-name"


def test_folders_as_deep_as_a_path_may_be_are_read(folder: Path) -> None:
    deepest = folder / "/".join("d" * (limits.PATH_PARTS - 1))
    deepest.mkdir(parents=True)
    (deepest / "f").write_bytes(b"")
    assert len(paths(folder)) == 3
    (deepest / "e").mkdir()
    (deepest / "e" / "f").write_bytes(b"")
    with pytest.raises(ModelError) as refused:
        paths(folder)
    assert refused.value.code == "unsafe-name"


_AS_NOBODY = """
import os, sys
from pathlib import Path
from attest.errors import ModelError
from attest.model.hashing import hash_tree
from attest.model.tree import walk
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
try:
    hash_tree(walk(Path(sys.argv[1])))
except ModelError as error:
    print(error.code, error.message)
"""


@pytest.mark.parametrize("place", ["a.json", "sub"])
def test_what_may_not_be_read_is_refused_by_its_name(place: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        root = Path(name) / "model"
        (root / "sub").mkdir(parents=True)
        (root / "a.json").write_bytes(b"{}")
        (root / "sub/b").write_bytes(b"")
        root.parent.chmod(0o755)
        (root / place).chmod(0)
        done = subprocess.run([sys.executable, "-c", _AS_NOBODY, str(root)], capture_output=True, text=True, check=True)
        (root / place).chmod(0o700)
    assert done.stdout.startswith("unreadable")
    assert place in done.stdout
