"""A TUF mirror of an instance's trust documents; the instance serves the folder at /tuf."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Self

from securesystemslib.signer._crypto_signer import CryptoSigner
from tuf.api._payload import MetaFile, Root, Snapshot, TargetFile, Targets, Timestamp
from tuf.api.metadata import Metadata

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.services.sigstore.instance import Sigstore

_DAY = timedelta(days=1)
_NOTHING: Mapping[str, bytes] = MappingProxyType({})
_NAMES = {"trusted_root.json": "trusted_root.json", "signing_config.v0.2.json": "signing_config.v2.json"}


@dataclass(frozen=True, kw_only=True)
class Mirror:
    """A mirror whose one key this test keeps."""

    sigstore: Sigstore
    signer: CryptoSigner
    folder: Path
    root: bytes

    @classmethod
    def make(cls, sigstore: Sigstore, *, left_out: str = "", instead: Mapping[str, bytes] = _NOTHING) -> Self:
        folder = sigstore.folder / "tuf"
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "targets").mkdir(parents=True)
        signer = CryptoSigner.generate_ecdsa()
        root = Root(expires=_in(365 * _DAY), consistent_snapshot=True)
        for role in ("root", "targets", "snapshot", "timestamp"):
            root.add_key(signer.public_key, role)
        raw = _signed(root, signer)
        (folder / "1.root.json").write_bytes(raw)
        mirror = cls(sigstore=sigstore, signer=signer, folder=folder, root=raw)
        mirror.publish(1, left_out=left_out, instead=instead)
        return mirror

    @property
    def url(self) -> str:
        return f"{self.sigstore.url}/tuf"

    def publish(
        self,
        version: int,
        *,
        lives: timedelta = 30 * _DAY,
        left_out: str = "",
        instead: Mapping[str, bytes] = _NOTHING,
    ) -> None:
        """Sign targets, snapshot and timestamp of this version: the instance's files, or others in their place."""
        targets = Targets(version=version, expires=_in(lives))
        for name, source in _NAMES.items():
            data = instead.get(name) or (self.sigstore.folder / source).read_bytes()
            (self.folder / "targets" / f"{hashlib.sha256(data).hexdigest()}.{name}").write_bytes(data)
            if name != left_out:
                targets.targets[name] = TargetFile.from_data(name, data, ["sha256"])
        snapshot = Snapshot(version=version, expires=_in(lives), meta={"targets.json": MetaFile(version=version)})
        timestamp = Timestamp(version=version, expires=_in(lives), snapshot_meta=MetaFile(version=version))
        for name, document in (
            (f"{version}.targets.json", targets),
            (f"{version}.snapshot.json", snapshot),
            ("timestamp.json", timestamp),
        ):
            (self.folder / name).write_bytes(_signed(document, self.signer))


def _in(span: timedelta) -> datetime:
    return datetime.now(UTC).replace(microsecond=0) + span


def _signed(document: Any, signer: CryptoSigner) -> bytes:
    metadata: Metadata[Any] = Metadata(document)
    metadata.sign(signer)
    return metadata.to_bytes()
