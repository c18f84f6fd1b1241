"""The pinned trusted root: a file of the operator's, and beside it a note of where it came from and when.

The file alone decides what is believed. The note (`trusted_root.origin.json` beside `trusted_root.json`) is for
people, for the next refresh, and for signing where no Sigstore is named; it counts only as long as it is about these
very bytes, and without it the root is as good, of unknown origin. Both lie where only the operator writes, so the
note's TUF root is trusted as the file itself is.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Self

from msgspec import Struct

from attest.errors import AttestError, InputError
from attest.signing.dsse import decode_base64, encode_base64
from attest.trust.roots import TrustedRoot
from attest.trust.times import read_time, shown
from attest_registry.digest import written_whole
from attest_registry.strict_json import parse_object, to_compact_json

if TYPE_CHECKING:
    from pathlib import Path

    from attest_registry.digest import Digest

OLD: Final = timedelta(days=90)
"""Without a refresh for longer than this a root is called old. Sigstore's public instance announces new keys weeks
before it uses them, and its TUF metadata is signed anew at least every six months."""

_SCHEMA: Final = "attest/trusted-root-origin/v1"
_MOST_BYTES: Final = 1024 * 1024


class Origin(Struct, frozen=True, kw_only=True):
    """Where a pinned root came from.

    Args:
        pinned: when these bytes were pinned.
        confirmed: when the mirror, or whoever pinned the file, last said that it is still these bytes.
        mirror: address of the TUF mirror that it was fetched from.
        mirror_root: the root.json with which that mirror began; `None` for the one that is built in.
        file: the file that it was pinned from.
    """

    pinned: datetime
    confirmed: datetime
    mirror: str | None = None
    mirror_root: bytes | None = None
    file: str | None = None

    @property
    def place(self) -> str:
        """The mirror or the file, for people."""
        return self.mirror or self.file or "an unknown place"

    def to_json(self, digest: Digest) -> dict[str, Any]:
        """The note about a root with this digest."""
        document = {
            "schema": _SCHEMA,
            "digest": str(digest),
            "pinned": shown(self.pinned),
            "confirmed": shown(self.confirmed),
            "mirror": self.mirror,
            "mirrorRoot": None if self.mirror_root is None else encode_base64(self.mirror_root),
            "file": self.file,
        }
        return {name: value for name, value in document.items() if value is not None}

    @classmethod
    def beside(cls, path: Path, digest: Digest) -> Self | None:
        """What the note says; `None` where there is none, or where it is about other bytes or not readable."""
        with suppress(OSError, AttestError, KeyError, TypeError):
            with note_of(path).open("rb") as file:
                note = parse_object(file.read(_MOST_BYTES + 1), what="the note", limit=_MOST_BYTES)
            if (note["schema"], note["digest"]) == (_SCHEMA, str(digest)):
                return cls(
                    pinned=read_time(note["pinned"], what="pinned"),
                    confirmed=read_time(note["confirmed"], what="confirmed"),
                    mirror=_text(note.get("mirror")),
                    mirror_root=decode_base64(note["mirrorRoot"], what="mirrorRoot") if "mirrorRoot" in note else None,
                    file=_text(note.get("file")),
                )
        return None


class Pinned(Struct, frozen=True, kw_only=True):
    """A pinned root.

    Args:
        path: its file.
        root: what it says.
        origin: where it came from; `None` where nobody knows.
        written: when the file was last written, by the file system.
    """

    path: Path
    root: TrustedRoot
    origin: Origin | None
    written: datetime

    @property
    def confirmed(self) -> datetime:
        """When it was last known to be what its origin has."""
        return self.written if self.origin is None else self.origin.confirmed

    def is_old(self, now: datetime) -> bool:
        """Whether it should be fetched again."""
        return now - self.confirmed > OLD

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read one.

        Raises:
            InputError: `trusted-root-not-found`, or `bad-trusted-root`.
        """
        root = TrustedRoot.load(path)
        try:
            written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        except OSError as error:
            raise InputError(f"{path} cannot be read: {error.strerror}", code="trusted-root-not-found") from error
        return cls(path=path, root=root, origin=Origin.beside(path, root.digest), written=written)

    @classmethod
    def find(cls, path: Path) -> Self | None:
        """Read one, where there is one.

        Raises:
            InputError: there is a file that is no trusted root. It is not taken for none, lest it be replaced unseen.
        """
        try:
            path.lstat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise InputError(f"{path} cannot be read: {error.strerror}", code="trusted-root-not-found") from error
        return cls.load(path)


def note_of(path: Path) -> Path:
    """The file of the note beside a root."""
    return path.with_name(f"{path.stem}.origin.json")


def pin(raw: bytes, path: Path, origin: Origin) -> Pinned:
    """Make these bytes the pinned root: each of the two files appears whole or not at all, the root first.

    Raises:
        InputError: `bad-trusted-root`; nothing is written.
        StoreRefused: the file system would not.
    """
    root = TrustedRoot.parse(raw)
    path.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(path) as write:
        write(raw)
    confirm(path, root, origin)
    return Pinned.load(path)


def confirm(path: Path, root: TrustedRoot, origin: Origin) -> None:
    """Write the note anew.

    Raises:
        StoreRefused: the file system would not.
    """
    with written_whole(note_of(path)) as write:
        write(to_compact_json(origin.to_json(root.digest)) + b"\n")


def _text(value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        raise TypeError
    return value
