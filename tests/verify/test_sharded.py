"""Signatures over shards against folders, and against versions of a registry, which know whole files only."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attest.claims.predicates import MODEL_SIGNATURE, PROVENANCE
from attest.claims.statement import Statement, Subject
from attest.errors import AttestError
from attest.model.hashing import hash_tree
from attest.model.tree import walk
from attest.verify.directory import FolderFindings, compare_with_lists, read_lists, verify_directory
from attest.verify.verifier import verify
from attest_registry.digest import Digest
from tests.verify.evidence import SAFE, Person, Version, bundle, model_files

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

FILES = {"config.json": b"{}", "sub/a.bin": bytes(range(25)), "w.bin": bytes(range(100, 130))}
"""With shards of 10 bytes: less than one, two and a half, and three."""


def signed(files: Mapping[str, bytes], *, size: int = 10, name: str = "acme/m") -> Statement:
    """The signature of a person who shards these files; empty ones have no shard."""
    resources = sorted(
        (
            {
                "name": f"{path}:{start}:{min(start + size, len(data))}",
                "algorithm": "sha256",
                "digest": hashlib.sha256(data[start : start + size]).hexdigest(),
            }
            for path, data in files.items()
            for start in range(0, len(data), size)
        ),
        key=lambda resource: resource["name"],
    )
    root = hashlib.sha256(b"".join(bytes.fromhex(resource["digest"]) for resource in resources)).hexdigest()
    serialisation = {"method": "shards", "hash_type": "sha256", "allow_symlinks": False, "shard_size": size}
    return Statement.build(
        subjects=[Subject(name=name, digest=Digest(hex=root))],
        predicate_type=MODEL_SIGNATURE,
        predicate={"resources": resources, "serialization": serialisation},
    )


def written(folder: Path, files: Mapping[str, bytes]) -> Path:
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return folder


def judged(folder: Path, person: Person, *statements: Statement) -> FolderFindings:
    """As the command line does it: lists, one pass over the bytes, comparison."""
    lists = read_lists([bundle(each, person) for each in statements], [person.key], only=None)
    return compare_with_lists(hash_tree(walk(folder), cuts=lists.cuts()), lists)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return written(tmp_path / "m", FILES)


@pytest.mark.parametrize("size", [1, 7, 10, 25, 30, 31, 10**9])
def test_the_signed_folder_is_allowed_at_every_size_of_shards(size: int, folder: Path, alice: Person) -> None:
    found = judged(folder, alice, signed(FILES, size=size))
    assert (found.word, len(found.files), len(found.facts)) == ("ALLOWED", 3, 1)
    assert [each.found for each in found.files] == [Digest.of(FILES[path]) for path in sorted(FILES)]


def test_claims_that_go_with_the_files_count_beside_a_signature_over_shards(tmp_path: Path, alice: Person) -> None:
    version = Version.of(model_files({path: (data, SAFE) for path, data in FILES.items()}))
    found = judged(written(tmp_path, FILES), alice, signed(FILES), version.provenance)
    assert {fact.statement.predicate_type for fact in found.facts} == {MODEL_SIGNATURE, PROVENANCE}


def swap(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[10:20] + data[:10] + data[20:])


CHANGES: dict[str, tuple[Callable[[Path], object], str, str, tuple[int, int] | None]] = {
    "a byte of the first shard": (
        lambda m: (m / "w.bin").write_bytes(b"!" + FILES["w.bin"][1:]), "w.bin", "differs", (0, 10)),
    "a byte of the last shard": (
        lambda m: (m / "w.bin").write_bytes(FILES["w.bin"][:-1] + b"!"), "w.bin", "differs", (20, 30)),
    "two shards swapped": (lambda m: swap(m / "w.bin"), "w.bin", "differs", (0, 10)),
    "the last shard cut off": (
        lambda m: (m / "w.bin").write_bytes(FILES["w.bin"][:20]), "w.bin", "differs", (20, 30)),
    "the last byte cut off": (
        lambda m: (m / "sub/a.bin").write_bytes(FILES["sub/a.bin"][:-1]), "sub/a.bin", "differs", (20, 25)),
    "everything cut off": (lambda m: (m / "w.bin").write_bytes(b""), "w.bin", "differs", (0, 10)),
    "a shard more": (
        lambda m: (m / "w.bin").write_bytes(FILES["w.bin"] + b"more"), "w.bin", "differs", (30, 34)),
    "a byte more": (
        lambda m: (m / "sub/a.bin").write_bytes(FILES["sub/a.bin"] + b"!"), "sub/a.bin", "differs", (20, 26)),
    "a file more": (lambda m: (m / "z.py").write_bytes(b"1"), "z.py", "not-signed", None),
    "an empty file more": (lambda m: (m / "sub/__init__.py").touch(), "sub/__init__.py", "not-signed", None),
    "a file fewer": (lambda m: (m / "w.bin").unlink(), "w.bin", "missing", None),
    "another name": (lambda m: (m / "w.bin").rename(m / "v.bin"), "v.bin", "not-signed", None),
}  # fmt: skip


@pytest.mark.parametrize(("change", "expected"), [(each[0], each[1:]) for each in CHANGES.values()], ids=CHANGES)
def test_a_folder_that_was_changed_is_refused_and_the_bytes_are_named(
    change: Callable[[Path], object], expected: tuple[str, str, tuple[int, int] | None], folder: Path, alice: Person
) -> None:
    change(folder)
    found = judged(folder, alice, signed(FILES))
    assert (found.word, found.exit_status, found.facts) == ("TAMPERED", 3, ())
    assert (found.wrong[0].path, found.wrong[0].status.value, found.wrong[0].span) == expected


def test_a_signature_that_leaves_out_the_last_shard_does_not_cover_the_file(folder: Path, alice: Person) -> None:
    found = judged(folder, alice, signed(FILES | {"w.bin": FILES["w.bin"][:20]}))
    assert [(each.path, each.span) for each in found.wrong] == [("w.bin", (20, 30))]


def test_a_last_shard_that_claims_fewer_bytes_than_it_hashes_is_refused(folder: Path, alice: Person) -> None:
    """Its digest fits the bytes and its range does not."""
    good = signed(FILES, size=100)
    resources = [{**each, "name": each["name"].replace(":0:30", ":0:29")} for each in good.predicate["resources"]]
    lying = Statement.build(
        subjects=good.subjects, predicate_type=MODEL_SIGNATURE, predicate={**good.predicate, "resources": resources}
    )
    found = judged(folder, alice, lying)
    assert [(each.path, each.span) for each in found.wrong] == [("w.bin", (29, 30))]
    version = Version.of(model_files({path: (data, SAFE) for path, data in FILES.items()}))
    assert refusal(version, lying, alice) == ("digest-mismatch", 3)


def test_several_sizes_are_compared_in_one_pass(folder: Path, alice: Person) -> None:
    other = signed(FILES | {"w.bin": b"older"}, size=7)
    assert judged(folder, alice, other, signed(FILES)).word == "ALLOWED"
    assert judged(folder, alice, other, signed(FILES | {"w.bin": b"older"}, size=9)).word == "TAMPERED"


def test_a_stranger_s_shards_are_not_even_hashed(folder: Path, alice: Person, mallory: Person) -> None:
    evidence = [bundle(signed(FILES, size=1), mallory), bundle(signed(FILES), alice)]
    lists = read_lists(evidence, [alice.key], only=None)
    assert {cut.size for cuts in lists.cuts().values() for cut in cuts} == {10}


def test_what_was_hashed_whole_is_refused_by_name(folder: Path, alice: Person) -> None:
    with pytest.raises(AttestError) as caught:
        verify_directory(hash_tree(walk(folder)), [bundle(signed(FILES), alice)], [alice.key])
    assert (caught.value.code, caught.value.exit_status) == ("shards-need-bytes", 1)


@settings(max_examples=30)  # each writes a folder, and waits until it is old enough
@given(
    st.dictionaries(st.sampled_from(["a", "b/c", "b.d"]), st.binary(min_size=1, max_size=60), min_size=1),
    st.integers(1, 65),
    st.data(),
)
def test_any_single_change_of_any_file_is_found(
    alice: Person, tmp_path_factory: pytest.TempPathFactory, files: dict[str, bytes], size: int, data: st.DataObject
) -> None:
    folder = written(tmp_path_factory.mktemp("m"), files)
    assert judged(folder, alice, signed(files, size=size)).word == "ALLOWED"
    path = data.draw(st.sampled_from(sorted(files)))
    changed = data.draw(st.binary(max_size=70).filter(lambda other: other != files[path]))
    (folder / path).write_bytes(changed)
    found = judged(folder, alice, signed(files, size=size))
    assert [(each.path, each.status.value) for each in found.wrong] == [(path, "differs")]
    start, end = found.wrong[0].span or (0, 0)
    assert start < end <= max(len(changed), len(files[path]))
    assert changed[start:end] != files[path][start:end]


# ---- versions of a registry


def refusal(version: Version, statement: Statement, person: Person) -> tuple[str, int]:
    with pytest.raises(AttestError) as caught:
        verify(bundle(statement, person), artefact=version.artefact, model="acme/m", keys=[person.key])
    return caught.value.code, caught.value.exit_status


def test_a_version_whose_files_are_one_shard_each_needs_no_bytes(alice: Person) -> None:
    version = Version.of(model_files({path: (data, SAFE) for path, data in FILES.items()}))
    fact = verify(bundle(signed(FILES, size=30), alice), artefact=version.artefact, model="acme/m", keys=[alice.key])
    assert fact.claim is not None


def test_a_version_is_refused_by_name_where_a_file_is_several_shards(alice: Person) -> None:
    version = Version.of(model_files({path: (data, SAFE) for path, data in FILES.items()}))
    assert refusal(version, signed(FILES, size=29), alice) == ("shards-need-bytes", 1)


@pytest.mark.parametrize(
    ("files", "code"),
    [
        (FILES | {"w.bin": b"other"}, "digest-mismatch"),
        (FILES | {"z.py": b"1"}, "file-missing"),
        ({"w.bin": FILES["w.bin"]}, "unsigned-file"),
    ],
)
def test_shards_of_other_files_are_refused(files: dict[str, bytes], code: str, alice: Person) -> None:
    version = Version.of(model_files({path: (data, SAFE) for path, data in FILES.items()}))
    assert refusal(version, signed(files, size=30), alice) == (code, 3)


def test_shards_in_the_name_of_another_model_are_refused(alice: Person) -> None:
    version = Version.of(model_files({path: (data, SAFE) for path, data in FILES.items()}))
    assert refusal(version, signed(FILES, size=30, name="acme/other"), alice) == ("name-mismatch", 3)
