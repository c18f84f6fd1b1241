"""What a layout lists: `index.json` and the evidence that waits for its subject. One writer at a time."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from attest_registry import limits
from attest_registry.digest import Digest
from attest_registry.errors import Conflict
from attest_registry.oci import layout_files as files
from attest_registry.oci.content import may_move
from attest_registry.oci.descriptor import REF_NAME, Descriptor
from attest_registry.oci.layout_index import IndexLines
from attest_registry.oci.layout_referrers import ReferrerTree, descriptors, with_entries

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from attest_registry.oci.layout_folder import LayoutFolder

_INDEX_MODE: Final = 0o644


class LayoutListing:
    """The lists of one layout.

    Args:
        folder: the layout.
    """

    def __init__(self, folder: LayoutFolder) -> None:
        self._folder = folder
        self._seen: tuple[tuple[int, ...], IndexLines, bool] | None = None
        self.what = f"index.json of {folder.model}"

    def find(self, tag: str) -> Descriptor | None:
        """What `index.json` says of a tag.

        Raises:
            ContentMismatch: it is damaged, or lists the tag twice.
        """
        return self._index()[0].find(REF_NAME, tag, what=self.what)

    def names(self) -> list[str]:
        """All names that `index.json` gives to manifests, of whatever form."""
        return self._index()[0].names()

    def point(self, tag: str, target: Descriptor, *, replace: bool | Digest) -> None:
        """Point a tag at a manifest, and list the evidence that waited for it.

        Raises:
            Conflict: the tag points at something else than `replace` says that it may.
        """
        with files.locked(self._folder.lock):
            tree = self._tree()
            held = tree.root.find(REF_NAME, tag, what=self.what)
            there = None if held is None else held.digest
            if not may_move(there, target.digest, replace=replace):
                seen = isinstance(replace, Digest)
                raise Conflict(
                    f"{self._folder.model}:{tag} exists and holds other content",
                    expected=str(replace if seen else there),
                    found=str((there or "nothing") if seen else target.digest),
                )
            entry = Descriptor(
                media_type=target.media_type,
                digest=target.digest,
                size=target.size,
                annotations={REF_NAME: tag},
            )
            tree.root = tree.root.put(REF_NAME, tag, entry, what=self.what)
            tree.attach(target.digest, self.waiting(target.digest))
            self._write(tree)
            self._folder.pending(target.digest).unlink(missing_ok=True)

    def add(self, subject: Digest, entry: Descriptor) -> None:
        """List a referrer: in `index.json` when its subject is here, else where the subject's tag will find it.

        Raises:
            StoreRefused: there would be more than a reader looks at, or the disk would not take it.
        """
        pending = self._folder.pending(subject)
        with files.locked(self._folder.lock):
            together = [*self.waiting(subject), entry]
            if os.path.lexists(self._folder.blob(subject)):
                tree = self._tree()
                tree.attach(subject, together)
                self._write(tree)
                pending.unlink(missing_ok=True)
            else:
                listed = with_entries(IndexLines.empty(), together, subject)
                files.store_file(pending, [listed.raw], ingest=self._folder.ingest, mode=_INDEX_MODE)

    def listed(self, subject: Digest) -> Iterator[Descriptor]:
        """Referrers that `index.json` leads to.

        Raises:
            NotFound: a nested index is gone: another process has just replaced it.
            ContentMismatch: one is damaged.
        """
        lines, ours = self._index()
        tree = ReferrerTree(root=lines, fetch=self._folder.fetch, store=self._folder.store_small)
        yield from tree.of(subject)
        if not ours:
            yield from (entry for found, entry in tree.foreign() if found == subject)

    def waiting(self, subject: Digest) -> Sequence[Descriptor]:
        """Referrers whose subject has no tag yet.

        Raises:
            ContentMismatch: the list is damaged.
        """
        what = f"evidence that waits for {subject.short}"
        try:
            raw = files.read_bounded(self._folder.pending(subject), limits.MANIFEST_BYTES)
        except FileNotFoundError:
            return ()
        return descriptors(IndexLines.parse(raw, what=what, limit=limits.MANIFEST_BYTES)[0], what=what)

    def _index(self) -> tuple[IndexLines, bool]:
        """`index.json` as lines, and whether it was in our form; read again only when another file has its name."""
        path = self._folder.index
        try:
            now = path.lstat()
            mark = (now.st_dev, now.st_ino, now.st_mtime_ns, now.st_ctime_ns, now.st_size)
            if self._seen is None or self._seen[0] != mark:
                raw = files.read_bounded(path, limits.LAYOUT_INDEX_BYTES)
                self._seen = (mark, *IndexLines.parse(raw, what=self.what, limit=limits.LAYOUT_INDEX_BYTES))
        except FileNotFoundError:
            return IndexLines.empty(), True
        except OSError as error:
            files.refuse_read(error, path)
        return self._seen[1], self._seen[2]

    def _tree(self) -> ReferrerTree:
        """The nested indexes, with `index.json` brought into our form where another tool wrote it."""
        lines, ours = self._index()
        tree = ReferrerTree(root=lines, fetch=self._folder.fetch, store=self._folder.store_small)
        if not ours:
            tree.adopt()
        return tree

    def _write(self, tree: ReferrerTree) -> None:
        """Put the next `index.json` in place; the names that it leads to outlast a power failure before it does."""
        lines, ours = self._index()
        if ours and lines.raw == tree.root.raw:
            return
        try:
            files.sync_folder(self._folder.blobs)
            files.store_file(self._folder.index, [tree.root.raw], ingest=self._folder.ingest, mode=_INDEX_MODE)
            files.sync_folder(self._folder.path)
            for digest in tree.superseded:
                self._folder.blob(digest).unlink(missing_ok=True)
        except OSError as error:
            files.refuse_write(error, self._folder.path)
