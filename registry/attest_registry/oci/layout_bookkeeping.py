"""Tags of our own books (`attest-log`, `attest-checkpoint`, …): a small file each, so that they cost what they cost.

    LAYOUT/.attest/tags/attest-log      one line: the descriptor of the manifest

Every promotion moves such a tag, and in `index.json` it would be among 10,000 versions. Whatever these files name is as
reachable as what `index.json` names. Stores that were written earlier have them there: they are found, and moved when
they are next written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from attest_registry.errors import ContentMismatch
from attest_registry.oci import layout_files as files
from attest_registry.oci.descriptor import Descriptor
from attest_registry.strict_json import parse_object, to_compact_json

if TYPE_CHECKING:
    from pathlib import Path

    from attest_registry.oci.layout_folder import LayoutFolder

PREFIX: Final = "attest-"
"""What the names of such tags begin with; no version and no label has one like that."""

_LINE_BYTES: Final = 4096
_MODE: Final = 0o644


class OwnTags:
    """The tags of a layout that are in files of their own.

    Args:
        folder: the layout.
    """

    def __init__(self, folder: LayoutFolder) -> None:
        self._folder = folder
        self._above = folder.path / ".attest"
        self._tags = self._above / "tags"

    def find(self, tag: str) -> Descriptor | None:
        """What a tag points at.

        Raises:
            ContentMismatch: its file is damaged or no regular file, or a folder on the way is none.
            StoreRefused: the file system would not let us look.
        """
        if not files.check_folders(self._above, self._tags):
            return None
        what = f"the tag {tag} of {self._folder.model}"
        try:
            raw = files.read_bounded(self._path(tag), _LINE_BYTES)
        except FileNotFoundError:
            return None
        return Descriptor.from_json(parse_object(raw, what=what, limit=_LINE_BYTES), what=what)

    def put(self, tag: str, target: Descriptor) -> None:
        """Point a tag at a manifest; whoever calls this holds the layout's lock.

        Raises:
            ContentMismatch: a folder on the way is none.
            StoreRefused: the disk would not take it.
        """
        try:
            self._tags.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            files.check_folders(self._above, self._tags)  # names a link or a file that stands in the way
            files.refuse_write(error, self._tags)
        if not files.check_folders(self._above, self._tags):
            raise ContentMismatch(f"{self._tags} is no folder", code="not-a-folder", expected="a folder of the store")
        line = to_compact_json(
            Descriptor(media_type=target.media_type, digest=target.digest, size=target.size).to_json()
        )
        try:
            files.sync_folder(self._folder.blobs)
            files.store_file(self._path(tag), [line, b"\n"], ingest=self._folder.ingest, mode=_MODE)
            files.sync_folder(self._tags)
        except OSError as error:
            files.refuse_write(error, self._tags)

    def _path(self, tag: str) -> Path:
        return self._tags / tag
