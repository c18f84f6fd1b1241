"""Rekor in memory, in both its versions: entries, promises, proofs and checkpoints."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from attest.signing.dsse import encode_base64
from tests.verify.private_authority import NOON
from tests.verify.private_keys import new_ed25519_key, new_key, sign, spki

if TYPE_CHECKING:
    from datetime import datetime


def tree(leaves: list[bytes], index: int) -> tuple[bytes, list[bytes]]:
    """Root hash and audit path by RFC 6962's own recursion: not how the verifier does it."""
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest(), []
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    left, right = leaves[:split], leaves[split:]
    if index < split:
        (root, path), (other, _) = tree(left, index), tree(right, 0)
        return hashlib.sha256(b"\1" + root + other).digest(), [*path, other]
    (other, _), (root, path) = tree(left, 0), tree(right, index - split)
    return hashlib.sha256(b"\1" + other + root).digest(), [*path, other]


class Rekor:
    """Both versions: v1 promises with ECDSA and a tree id, v2 is one Ed25519 key with its host's name."""

    def __init__(self, version: int, host: str) -> None:
        self.version = version
        self.host = host
        self.before = 3  # entries that are there already
        self.key: Any = new_key() if version == 1 else new_ed25519_key()
        self.spki = spki(self.key.public_key())
        noted = host.encode() + b"\n\x01" + self.spki[-32:]
        self.log_id = hashlib.sha256(self.spki if version == 1 else noted).digest()

    def sign(self, data: bytes) -> bytes:
        found: bytes = sign(self.key, data) if self.version == 1 else self.key.sign(data)
        return found

    def checkpoint(self, size: int, root: bytes, *, origin: str | None = None) -> str:
        name = origin or self.host
        first = f"{name} - 4711" if self.version == 1 else name
        note = f"{first}\n{size}\n{encode_base64(root)}\n"
        line = encode_base64(self.log_id[:4] + self.sign(note.encode()))
        return f"{note}\n\u2014 {name} {line}\n"

    def log(self, kind: tuple[str, str], body: dict[str, Any], *, moment: datetime = NOON) -> dict[str, Any]:
        raw = json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
        leaves = [*(b"one", b"two", b"three")[: self.before], raw, b"five", b"six", b"seven"]
        index, shift = self.before, 1000 if self.version == 1 else 0
        root, path = tree(leaves, index)
        entry: dict[str, Any] = {
            "logIndex": str(index + shift),
            "logId": {"keyId": encode_base64(self.log_id)},
            "kindVersion": {"kind": kind[0], "version": kind[1]},
            "inclusionProof": {
                "logIndex": str(index),
                "rootHash": encode_base64(root),
                "treeSize": str(len(leaves)),
                "hashes": [encode_base64(each) for each in path],
                "checkpoint": {"envelope": self.checkpoint(len(leaves), root)},
            },
            "canonicalizedBody": encode_base64(raw),
        }
        if self.version == 1:
            seconds = int(moment.timestamp())
            promised = (
                f'{{"body":"{encode_base64(raw)}","integratedTime":{seconds},'
                f'"logID":"{self.log_id.hex()}","logIndex":{index + shift}}}'
            )
            entry["integratedTime"] = str(seconds)
            entry["inclusionPromise"] = {"signedEntryTimestamp": encode_base64(self.sign(promised.encode()))}
        return entry
