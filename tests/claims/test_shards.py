"""Signatures over shards: what is read, and what would leave bytes out, cover them twice, or be read in two ways."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attest.claims import signature
from attest.errors import AttestError
from attest_registry import limits
from tests.claims.test_signature import claim, resource

if TYPE_CHECKING:
    from attest.claims.statement import Statement

WHOLE = ["w.bin:0:10", "w.bin:10:20", "w.bin:20:25"]


def sharded(names: list[str], *, size: Any = 10, algorithm: str = "sha256", **others: Any) -> Statement:
    serialisation = {"method": "shards", "hash_type": "sha256", "allow_symlinks": False, "shard_size": size, **others}
    return claim([resource(name, algorithm=algorithm) for name in names], serialization=serialisation)


def code(statement: Statement) -> str:
    with pytest.raises(AttestError) as caught:
        signature.parse(statement)
    assert caught.value.exit_status == 3
    return caught.value.code


def test_the_ranges_of_a_file_are_joined_in_the_order_of_their_bytes() -> None:
    names = sorted(["ab:c.bin:0:3", "w.bin:0:10", *(f"w.bin:{at}:{at + 10}" for at in range(10, 110, 10))])
    assert names.index("w.bin:100:110") < names.index("w.bin:20:30")
    found = signature.parse(sharded(names))
    assert [(file.path, file.size, len(file.digests)) for file in found.sharded] == [
        ("ab:c.bin", 3, 1),
        ("w.bin", 110, 11),
    ]
    assert [digest.hex for digest in found.sharded[1].digests] == [
        resource(f"w.bin:{at}:{at + 10}")["digest"] for at in range(0, 110, 10)
    ]
    assert (found.paths, found.resources, found.shard_size) == (("ab:c.bin", "w.bin"), (), 10)


@pytest.mark.parametrize("size", [10, 10.0])
@pytest.mark.parametrize("algorithm", ["sha256", "sha256-sharded-10"])
def test_both_spellings_are_read(size: float, algorithm: str) -> None:
    assert signature.parse(sharded(WHOLE, size=size, algorithm=algorithm)).shard_size == 10


def test_the_only_file_of_a_model_gets_its_name_from_whoever_asks() -> None:
    found = signature.parse(sharded([".:0:10", ".:10:11"]))
    assert found.of_file("model.bin").paths == ("model.bin",)
    assert signature.parse(sharded(WHOLE)).of_file("model.bin").paths == ("w.bin",)


REFUSED = {
    "no shards": (sharded([]), "no-resources"),
    "no first shard": (sharded(["w:10:20", "w:20:25"]), "shard-gap"),
    "a gap": (sharded(["w:0:10", "w:20:25"]), "shard-gap"),
    "a gap behind a short shard": (sharded(["w:0:7", "w:10:20"]), "shard-size"),
    "two shards from one byte": (sharded(["w:0:10", "w:0:5"]), "shard-size"),
    "a shard from within another": (sharded(["w:0:10", "w:10:20", "w:15:25"]), "shard-overlap"),
    "shards that overlap": (sharded(["w:0:10", "w:5:15"]), "shard-overlap"),
    "a short shard that is not the last": (sharded(["w:0:7", "w:7:17"]), "shard-size"),
    "a long shard": (sharded(["w:0:10", "w:10:21"]), "shard-size"),
    "one file by another size": (sharded(["a:0:10", "a:10:20", "w:0:5", "w:5:10"]), "shard-size"),
    "an empty shard": (sharded(["w:0:10", "w:10:10"]), "shard-size"),
    "a shard that ends before it starts": (sharded(["w:0:10", "w:10:5"]), "shard-size"),
    "a whole file among shards": (sharded(["a", *WHOLE]), "malformed-evidence"),
    "a range without a file": (sharded(["0:10"]), "malformed-evidence"),
    "a file with an empty name": (sharded([":0:10"]), "malformed-evidence"),
    "a number with a sign": (sharded(["w:+0:10"]), "malformed-evidence"),
    "a number with a zero in front": (sharded(["w:00:10"]), "malformed-evidence"),
    "a number in other digits": (sharded(["w:0:\u0661\u0660"]), "malformed-evidence"),
    "a number without end": (sharded([f"w:0:{'9' * 5000}"]), "malformed-evidence"),
    "a number with a space": (sharded(["w:0:10 "]), "malformed-evidence"),
    "a number with a line feed": (sharded(["w:0:10\n"]), "malformed-evidence"),
    "a name twice": (sharded(["w:0:10", "w:0:10"]), "duplicate-name"),
    "a name that climbs": (sharded(["../w:0:10"]), "unsafe-name"),
    "two spellings of one path": (sharded(["./w:0:10", "w:0:10"]), "unsafe-name"),
    "a file in two lines": (sharded(["w\n:0:10"]), "unsafe-name"),
    "the folder itself besides": (sharded([".:0:10", "w:0:10"]), "unsafe-name"),
    "names that differ in case only": (sharded(["W:0:10", "w:0:10"]), "name-collision"),
    "a file below a file": (sharded(["w/x:0:10", "w:0:10"]), "name-collision"),
    "no known order": (sharded(["w:10:20", "w:0:10"]), "unordered-names"),
    "half one order, half the other": (
        sharded([*(f"a:{at}:{at + 10}" for at in range(0, 110, 10)), *sorted(
            f"b:{at}:{at + 10}" for at in range(0, 110, 10)
        )]),
        "unordered-names",
    ),
    "another size in the algorithm": (sharded(WHOLE, algorithm="sha256-sharded-11"), "malformed-evidence"),
    "another algorithm": (sharded(WHOLE, algorithm="blake2b"), "malformed-evidence"),
    **{
        f"shards of {size!r} bytes": (sharded(WHOLE, size=size), "shard-size")
        for size in (0, -1, 0.5, 10.5, True, "10", None, [10], 10**17, limits.MODEL_BYTES + 1)
    },
    "an unknown field": (sharded(WHOLE, chunk_size=1), "malformed-evidence"),
    "a wide ignored path": (sharded(WHOLE, ignore_paths=["."]), "ignore-too-wide"),
}  # fmt: skip


@pytest.mark.parametrize(("statement", "expected"), REFUSED.values(), ids=REFUSED)
def test_shards_that_do_not_make_up_whole_files_are_refused(statement: Statement, expected: str) -> None:
    assert code(statement) == expected


def test_two_spellings_in_one_signature_are_refused() -> None:
    mixed = [resource("w:0:10"), resource("w:10:20", algorithm="sha256-sharded-10")]
    serialisation = {"method": "shards", "hash_type": "sha256", "allow_symlinks": False, "shard_size": 10}
    for resources in (mixed, [{**one, "algorithm": mixed[1 - at]["algorithm"]} for at, one in enumerate(mixed)]):
        assert code(claim(resources, serialization=serialisation)) == "malformed-evidence"


def test_files_have_no_shard_size() -> None:
    serialisation = {"method": "files", "hash_type": "sha256", "allow_symlinks": False, "shard_size": 10}
    assert code(claim([resource("a")], serialization=serialisation)) == "malformed-evidence"


def test_a_signature_with_more_shards_than_are_kept_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SHARDS_PER_SIGNATURE", 2)
    assert code(sharded(WHOLE)) == "content-too-large"
    assert signature.parse(sharded(WHOLE[:2])).paths == ("w.bin",)


FILES = st.dictionaries(st.sampled_from(["a", "b-c", "b.d", "b/e", "yy:z"]), st.integers(1, 130), min_size=1)


@given(FILES, st.integers(1, 40), st.data())
def test_any_files_are_read_back_whole_and_never_without_one_of_their_inner_shards(
    sizes: dict[str, int], size: int, data: st.DataObject
) -> None:
    ranges = [
        (path, start, min(start + size, length))
        for path, length in sorted(sizes.items(), key=lambda item: PurePosixPath(item[0]))
        for start in range(0, length, size)
    ]
    numeric = [f"{path}:{start}:{end}" for path, start, end in ranges]
    for names in (numeric, sorted(numeric)):
        found = signature.parse(sharded(names, size=size))
        assert {file.path: file.size for file in found.sharded} == sizes
    inner = [f"{path}:{start}:{end}" for path, start, end in ranges if end < sizes[path]]
    if inner:
        lost = data.draw(st.sampled_from(inner))
        assert code(sharded([name for name in numeric if name != lost], size=size)) == "shard-gap"
