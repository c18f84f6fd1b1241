"""Checkpoints: signed notes in which a log says how large it is and what its root hash is (C2SP tlog-checkpoint).

A key id chooses among keys; only a signature decides. Lines of witnesses and of keys that we do not know are passed
over. A line that names our log's key and does not hold is refused even where another one would, as Go's reader does.

The origin is bound too. A Rekor v2 log is one host with one key, and its log id is a hash over both; a Rekor v1 log
names its tree after its host name, which private instances often leave at a default, so there the signing name has to
be the origin's and the key says the rest.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from msgspec import Struct

from attest.errors import AttestError, ProofInvalid, SignatureInvalid
from attest.signing.dsse import decode_base64

if TYPE_CHECKING:
    from attest.trust.roots import Log

_LINE: Final = re.compile(r"\u2014 ([^\s+]+) ([A-Za-z0-9+/]+={0,2})")
_SIZE: Final = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
_TREE: Final = re.compile(r"(\S+) - ([0-9]{1,20})", re.ASCII)
_MOST_LINES: Final = 100
_KEY_ID: Final = 4
_HASH_BYTES: Final = 32
_LEAST_LINES: Final = 3


class Checkpoint(Struct, frozen=True, kw_only=True):
    """What a log says of itself, and who signed that.

    Args:
        origin: which log, in its own words.
        size: of its tree.
        root: the tree's root hash.
        signed: the bytes that are signed.
        signatures: name, key id and signature of each line.
    """

    origin: str
    size: int
    root: bytes
    signed: bytes
    signatures: tuple[tuple[str, bytes, bytes], ...]

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        """Read one.

        Raises:
            ProofInvalid: `checkpoint-malformed`.
        """
        head, separator, tail = text.rpartition("\n\n")
        lines = head.split("\n")
        if not separator or len(lines) < _LEAST_LINES or not tail.endswith("\n") or "" in lines:
            raise _malformed("has not the form of a signed note", "origin, size, root hash, a blank line, signatures")
        origin, size, root, *_ = lines
        if not _SIZE.fullmatch(size):
            raise _malformed("names no size", size[:40])
        found = _signatures(tail)
        if not found:
            raise _malformed("is not signed", "no signature line")
        return cls(
            origin=origin, size=int(size), root=_root(root), signed=(head + "\n").encode("utf-8"), signatures=found
        )


def check_checkpoint(checkpoint: Checkpoint, *, log: Log) -> None:
    """Return only if `log` signed the checkpoint, as itself.

    Raises:
        ProofInvalid: `checkpoint-signature` or `checkpoint-origin`.
    """
    name = checkpoint.origin
    if tree := _TREE.fullmatch(name):
        name = tree.group(1)
    ours = [line for line in checkpoint.signatures if line[1] == log.checkpoint_id and line[0] == name]
    if not ours:
        raise ProofInvalid(
            "the checkpoint carries no signature of its log",
            code="checkpoint-signature",
            expected=f"a line of {name[:100]} with key id {log.checkpoint_id.hex()}",
            found=", ".join(f"{line[0]} {line[1].hex()}" for line in checkpoint.signatures[:5]),
        )
    for _, _, signature in ours:
        try:
            log.key.check(signature, checkpoint.signed, what="the checkpoint")
        except SignatureInvalid as error:
            raise ProofInvalid("the checkpoint's signature does not fit", code="checkpoint-signature") from error
    if not (tree or name in log.hosts or _note_key_id(name, log) == log.log_id[:_KEY_ID]):
        raise ProofInvalid(
            "the checkpoint is of another log",
            code="checkpoint-origin",
            expected=" or ".join(sorted(log.hosts)),
            found=name[:100],
        )


def _note_key_id(name: str, log: Log) -> bytes | None:
    """The key id of an Ed25519 note signer (C2SP signed-note); other kinds have none that we could compute."""
    if not isinstance(log.key.key, ed25519.Ed25519PublicKey):
        return None
    raw = log.key.key.public_bytes(Encoding.Raw, PublicFormat.Raw)
    return hashlib.sha256(name.encode() + b"\n\x01" + raw).digest()[:_KEY_ID]


def _signatures(tail: str) -> tuple[tuple[str, bytes, bytes], ...]:
    lines = tail[:-1].split("\n") if tail != "\n" else []
    if len(lines) > _MOST_LINES:
        raise _malformed("has too many signatures", f"{len(lines)}")
    found = []
    for line in lines:
        form = _LINE.fullmatch(line)
        if form is None:
            raise _malformed("has a line that is no signature", repr(line)[:60])
        data = _decoded(form.group(2))
        if len(data) <= _KEY_ID:
            raise _malformed("has a signature without content", repr(line)[:60])
        found.append((form.group(1), data[:_KEY_ID], data[_KEY_ID:]))
    return tuple(found)


def _root(text: str) -> bytes:
    root = _decoded(text)
    if len(root) != _HASH_BYTES:
        raise _malformed("names no root hash", repr(text)[:60])
    return root


def _decoded(text: str) -> bytes:
    try:
        return decode_base64(text, what="the checkpoint")
    except AttestError as error:
        raise _malformed("is not base64 where it should be", repr(text)[:60]) from error


def _malformed(what: str, found: str) -> ProofInvalid:
    return ProofInvalid(f"the checkpoint {what}", code="checkpoint-malformed", found=found)
