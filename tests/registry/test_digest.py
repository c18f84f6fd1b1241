"""The two doors for addressed bytes: nothing wrong gets through, nothing half-written is left."""

import hashlib
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attest_registry.digest import CheckingReader, Digest, read_checked, write_checked, written_whole
from attest_registry.errors import BadReference, ContentMismatch, StoreRefused

DATA = b"weights" * 1000
DIGEST = Digest.of(DATA)


def test_parse_round_trips() -> None:
    assert str(Digest.parse(str(DIGEST))) == str(DIGEST)
    assert DIGEST.raw == hashlib.sha256(DATA).digest()
    assert DIGEST.short == f"sha256:{DIGEST.hex[:12]}"


@given(st.text(max_size=90))
def test_no_other_text_is_a_digest(text: str) -> None:
    """CVE-2024-37032: a digest string used as a path. Only the one form exists."""
    if len(text) == 71 and text.startswith("sha256:") and all(c in "0123456789abcdef" for c in text[7:]):
        return
    with pytest.raises(BadReference):
        Digest.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "sha256:" + "A" * 64,
        "sha256:" + "a" * 63,
        "sha256:" + "a" * 65,
        "sha512:" + "a" * 128,
        "md5:" + "a" * 32,
        "sha256:../../../etc/passwd",
        "sha256:" + "a" * 64 + "\n",
        " sha256:" + "a" * 64,
        "sha256:" + "\u0660" * 64,
        "",
    ],
)
def test_near_misses_are_refused(text: str) -> None:
    with pytest.raises(BadReference) as refused:
        Digest.parse(text)
    assert refused.value.code == "bad-reference"


def test_a_digest_cannot_be_built_from_a_path() -> None:
    with pytest.raises(BadReference):
        Digest(hex="../" * 10)


def read(source: bytes, size: int = len(DATA), digest: Digest = DIGEST, limit: int = 10**6) -> bytes:
    return read_checked(io.BytesIO(source), digest=digest, size=size, limit=limit, what="blob")


def test_right_bytes_come_through() -> None:
    assert read(DATA) == DATA


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (DATA[:-1], "shorter"),
        (DATA + b"x", "longer"),
        (b"X" + DATA[1:], "not the content"),
        (b"", "shorter"),
    ],
)
def test_wrong_bytes_do_not(source: bytes, words: str) -> None:
    with pytest.raises(ContentMismatch, match=words) as refused:
        read(source)
    assert refused.value.exit_status == 3


def test_a_size_over_the_limit_is_refused_before_reading() -> None:
    with pytest.raises(ContentMismatch) as refused:
        read(DATA, limit=10)
    assert refused.value.code == "content-too-large"


def test_an_endless_source_is_stopped_at_the_first_byte_too_many() -> None:
    class Endless:
        given = 0

        def read(self, size: int, /) -> bytes:
            self.given += size
            return b"x" * size

    source = Endless()
    reader = CheckingReader(source, digest=DIGEST, size=100, what="blob")
    with pytest.raises(ContentMismatch, match="longer"):
        reader.finish()
    assert source.given == 101


def test_write_leaves_the_file_when_right(tmp_path: Path) -> None:
    write_checked(io.BytesIO(DATA), tmp_path / "f", digest=DIGEST, size=len(DATA), what="blob")
    assert (tmp_path / "f").read_bytes() == DATA
    assert [p.name for p in tmp_path.iterdir()] == ["f"]


@pytest.mark.parametrize("source", [DATA[:-1], DATA + b"x", b"X" + DATA[1:]])
def test_write_leaves_nothing_when_wrong(tmp_path: Path, source: bytes) -> None:
    with pytest.raises(ContentMismatch):
        write_checked(io.BytesIO(source), tmp_path / "f", digest=DIGEST, size=len(DATA), what="blob")
    assert list(tmp_path.iterdir()) == []


def test_write_keeps_the_old_file_when_the_new_one_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"old")
    with pytest.raises(ContentMismatch):
        write_checked(io.BytesIO(b"bad"), tmp_path / "f", digest=DIGEST, size=len(DATA), what="blob")
    assert (tmp_path / "f").read_bytes() == b"old"


def test_a_full_disk_is_said_and_leaves_nothing() -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("no /dev/full here")
    with pytest.raises(StoreRefused) as refused, written_whole(Path("/proc/attest-test")) as write:
        write(b"x")
    assert refused.value.code == "cannot-write"


def test_an_interrupted_write_leaves_nothing(tmp_path: Path) -> None:
    def interrupted() -> None:
        with written_whole(tmp_path / "f") as write:
            write(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert list(tmp_path.iterdir()) == []
