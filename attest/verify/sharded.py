"""A folder's files against a signature over shards.

The world is as closed as for whole files: what the signature does not list is not signed. That goes for empty files,
which have no shard; whoever skipped them would let anybody add an `__init__.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attest.errors import Refusal
from attest.verify.binding import FileFinding, FileStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from attest.claims.shards import ShardedFile
    from attest.claims.signature import ModelSignature
    from attest.model.manifest import ModelFile
    from attest.model.ranges import Cut
    from attest_registry.digest import Digest


def cuts(claims: Iterable[ModelSignature]) -> dict[str, list[Cut]]:
    """The byte ranges whose digests `compare` needs: no more of a file than somebody signed of it.

    Args:
        claims: authentic model signatures.
    """
    from attest.model.ranges import Cut  # noqa: PLC0415  # signatures over whole files need none

    counts: dict[str, dict[int, int]] = {}
    for size, file in ((claim.shard_size, file) for claim in claims for file in claim.sharded):
        if size is not None:
            sizes = counts.setdefault(file.path, {})
            sizes[size] = max(sizes.get(size, 0), len(file.digests))
    return {path: [Cut(size=size, count=count) for size, count in sizes.items()] for path, sizes in counts.items()}


def compare(claim: ModelSignature, files: Sequence[ModelFile], *, size: int) -> tuple[FileFinding, ...]:
    """Every path of either side, in code-point order.

    Args:
        claim: a signature over shards.
        files: the folder's, hashed with the `cuts` of this signature.
        size: its bytes for each shard but a file's last.

    Raises:
        Refusal: `shards-need-bytes`: they were hashed without.
    """
    signed = {file.path: file for file in claim.sharded}
    there = {file.path: file for file in files}
    return tuple(
        _compare_one(path, signed.get(path), there.get(path), size) for path in sorted(signed.keys() | there.keys())
    )


def _compare_one(path: str, signed: ShardedFile | None, there: ModelFile | None, size: int) -> FileFinding:
    if signed is None or there is None:
        status = FileStatus.MISSING if there is None else FileStatus.NOT_SIGNED
        return FileFinding(path=path, status=status, found=None if there is None else there.digest)
    found = _digests(there, size)
    for number in range(max(len(signed.digests), len(found))):
        expected_one = signed.digests[number] if number < len(signed.digests) else None
        found_one = found[number] if number < len(found) else None
        if expected_one is None or found_one is None or not expected_one.matches(found_one):
            start = number * size
            end = min(start + size, max(signed.size, there.size))
            return FileFinding(
                path=path, status=FileStatus.DIFFERS, expected=expected_one, found=found_one, span=(start, end)
            )
    if signed.size != there.size:  # more bytes than anybody signed, from the end of the last shard on
        span = (min(signed.size, there.size), max(signed.size, there.size))
        return FileFinding(path=path, status=FileStatus.DIFFERS, span=span)
    return FileFinding(path=path, status=FileStatus.SAME, found=there.digest)


def _digests(file: ModelFile, size: int) -> tuple[Digest, ...]:
    """Those of its ranges; the digest of a file that is one range is the file's own."""
    if file.size <= size:
        return (file.digest,) if file.size else ()
    if file.ranges is None or size not in file.ranges:
        raise Refusal(
            f"{file.path} was hashed whole, and the model signature is over shards of it",
            code="shards-need-bytes",
            expected=f"digests of every {size} bytes",
        )
    return file.ranges[size]
