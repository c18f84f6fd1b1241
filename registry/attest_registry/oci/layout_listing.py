"""What a layout lists: `index.json` and the evidence that waits for its subject. One writer at a time."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from attest_registry import limits
from attest_registry.digest import Digest
from attest_registry.errors import Conflict
from attest_registry.oci import layout_files as files
from attest_registry.oci.content import may_move
from attest_registry.oci.descriptor import REF_NAME, Descriptor
from attest_registry.oci.layout_bookkeeping import PREFIX, OwnTags
from attest_registry.oci.layout_index import IndexLines
from attest_registry.oci.layout_referrers import ReferrerTree, descriptors, with_entries
from attest_registry.oci.layout_window import FileBytes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from attest_registry.oci.layout_folder import LayoutFolder

_INDEX_MODE: Final = 0o644
_LARGE: Final = 128 * 1024


class LayoutListing:
    """The lists of one layout.

    Args:
        folder: the layout.
    """

    def __init__(self, folder: LayoutFolder) -> None:
        self._folder = folder
        self._own = OwnTags(folder)
        self._seen: tuple[tuple[int, ...], IndexLines, bool] | None = None
        self.what = f"index.json of {folder.model}"

    def find(self, tag: str) -> Descriptor | None:
        """What a tag points at.

        Raises:
            ContentMismatch: what says so is damaged, or lists the tag twice.
        """
        if tag.startswith(PREFIX) and (own := self._own.find(tag)) is not None:
            return own
        with self._reading() as (lines, _):
            return lines.find(REF_NAME, tag, what=self.what)

    def names(self) -> list[str]:
        """All names that `index.json` gives to manifests, of whatever form."""
        return self._index()[0].names()

    def numbers(self, most: int) -> list[int]:
        """The highest numbers among the names, the highest first.

        Raises:
            ContentMismatch: `index.json` is damaged.
        """
        with self._reading() as (lines, _):
            return lines.numbers(most, what=self.what)

    def point(self, tag: str, target: Descriptor, *, replace: bool | Digest) -> None:
        """Point a tag at a manifest, and list the evidence that waited for it.

        Raises:
            Conflict: the tag points at something else than `replace` says that it may.
        """
        with files.locked(self._folder.lock):
            if tag.startswith(PREFIX):
                self._point_own(tag, target, replace=replace)
                return
            with self._changing() as change:
                held = change.tree.root.find(REF_NAME, tag, what=self.what)
                self._check_move(tag, held, target, replace=replace)
                change.tree.entries[REF_NAME, tag] = Descriptor(
                    media_type=target.media_type, digest=target.digest, size=target.size, annotations={REF_NAME: tag}
                )
                change.tree.attach(target.digest, self.waiting(target.digest))
                self._write(change)
            self._folder.pending(target.digest).unlink(missing_ok=True)

    def _point_own(self, tag: str, target: Descriptor, *, replace: bool | Digest) -> None:
        """The same for a tag of our own books, which has `index.json` changed in two cases only."""
        held, earlier = self._own.find(tag), None
        if held is None:
            with self._reading() as (lines, _):
                held = earlier = lines.find(REF_NAME, tag, what=self.what)
        self._check_move(tag, held, target, replace=replace)
        self._own.put(tag, target)
        waiting = self.waiting(target.digest)
        if earlier is not None or waiting:
            with self._changing() as change:
                change.leave_out(tag, what=self.what)
                change.tree.attach(target.digest, waiting)
                self._write(change)
            self._folder.pending(target.digest).unlink(missing_ok=True)

    def _check_move(self, tag: str, held: Descriptor | None, target: Descriptor, *, replace: bool | Digest) -> None:
        there = None if held is None else held.digest
        if not may_move(there, target.digest, replace=replace):
            seen = isinstance(replace, Digest)
            raise Conflict(
                f"{self._folder.model}:{tag} exists and holds other content",
                expected=str(replace if seen else there),
                found=str((there or "nothing") if seen else target.digest),
            )

    def add(self, subject: Digest, entry: Descriptor) -> None:
        """List a referrer: in `index.json` when its subject is here, else where the subject's tag will find it.

        Raises:
            StoreRefused: there would be more than a reader looks at, or the disk would not take it.
        """
        pending = self._folder.pending(subject)
        with files.locked(self._folder.lock):
            together = [*self.waiting(subject), entry]
            if os.path.lexists(self._folder.blob(subject)):
                with self._changing() as change:
                    change.tree.attach(subject, together)
                    self._write(change)
                pending.unlink(missing_ok=True)
            else:
                listed = with_entries(IndexLines.empty(), together, subject)
                files.store_file(pending, listed.blocks(()), ingest=self._folder.ingest, mode=_INDEX_MODE)

    def listed(self, subject: Digest) -> Iterator[Descriptor]:
        """Referrers that `index.json` leads to.

        Raises:
            NotFound: a nested index is gone: another process has just replaced it.
            ContentMismatch: one is damaged.
        """
        with self._reading() as (lines, ours):
            tree = self._tree(lines)
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

    @contextlib.contextmanager
    def _reading(self) -> Iterator[tuple[IndexLines, bool]]:
        """`index.json` as lines, and whether it was in our form; a large one that is in order is not read whole."""
        with contextlib.ExitStack() as stack:
            found = None if self._seen else self._window(stack)
            yield found or self._index()

    def _window(self, stack: contextlib.ExitStack) -> tuple[IndexLines, bool] | None:
        try:
            file = stack.enter_context(files.open_regular(self._folder.index))
        except FileNotFoundError:
            return None
        size = os.fstat(file.fileno()).st_size
        if not _LARGE < size <= limits.LAYOUT_INDEX_BYTES:
            return None
        lines = IndexLines(data=FileBytes(file.fileno(), size))
        return (lines, True) if lines.is_ours(what=self.what) and lines.ordered else None

    def _index(self) -> tuple[IndexLines, bool]:
        """`index.json` as lines, and whether it was in our form; read again only when another file has its name."""
        path = self._folder.index
        try:
            mark = files.mark(path.lstat())
            if self._seen is None or self._seen[0] != mark:
                raw = files.read_bounded(path, limits.LAYOUT_INDEX_BYTES)
                self._seen = (mark, *IndexLines.parse(raw, what=self.what, limit=limits.LAYOUT_INDEX_BYTES))
        except FileNotFoundError:
            return IndexLines.empty(), True
        except OSError as error:
            files.refuse_read(error, path)
        return self._seen[1], self._seen[2]

    def _tree(self, lines: IndexLines) -> ReferrerTree:
        return ReferrerTree(root=lines, fetch=self._folder.fetch, store=self._folder.store_small)

    @contextlib.contextmanager
    def _changing(self) -> Iterator[_Change]:
        """The nested indexes, with `index.json` brought into our form where another tool wrote it."""
        with self._reading() as (lines, ours):
            tree = self._tree(lines)
            if not ours:
                tree.adopt()
            if not tree.root.ordered:
                tree.root = tree.root.in_order(what=self.what)
            yield _Change(tree=tree, whole=not ours or tree.root is not lines)

    def _write(self, change: _Change) -> None:
        """Put the next `index.json` in place; the names that it leads to outlast a power failure before it does."""
        root = change.tree.root
        edits = root.edits(change.tree.entries, what=self.what)
        if not (edits or change.whole):
            return
        try:
            files.sync_folder(self._folder.blobs)
            files.store_file(self._folder.index, root.blocks(edits), ingest=self._folder.ingest, mode=_INDEX_MODE)
            files.sync_folder(self._folder.path)
            for digest in change.tree.superseded:
                self._folder.blob(digest).unlink(missing_ok=True)
        except OSError as error:
            files.refuse_write(error, self._folder.path)


class _Change(Struct, kw_only=True):
    """The next `index.json`.

    Args:
        tree: what it will have.
        whole: whether more than the entries of `tree` changes.
    """

    tree: ReferrerTree
    whole: bool

    def leave_out(self, tag: str, *, what: str) -> None:
        """Without the entry of a tag."""
        root = self.tree.root.without_name(tag, what=what)
        self.whole = self.whole or root is not self.tree.root
        self.tree.root = root
