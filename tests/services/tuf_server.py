"""A TUF repository on loopback: real metadata, signed by keys of its own, and trouble that a test switches on.

The files are what a mirror of Sigstore serves (consistent snapshots, targets by their digest), made with python-tuf's
own classes. Faults are of the server (it is slow, down, or answers something else) or of what is published (expired,
rolled back, signed by others, exchanged).
"""

from __future__ import annotations

import hashlib
import http.server
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

from securesystemslib.signer._crypto_signer import CryptoSigner
from tuf.api._payload import MetaFile, Root, Snapshot, TargetFile, Targets, Timestamp
from tuf.api.metadata import Metadata

from tests.services.patience import SILENT

if TYPE_CHECKING:
    from collections.abc import Mapping

ROLES = ("root", "targets", "snapshot", "timestamp")
_BLOCK = b" " * 65536


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What the server does instead of its work.

    Args:
        kind: `down`, `slow`, `drip`, `endless`, `status`, or `loop` for a redirect to itself.
        only: the end of the paths that it is about; all of them where it is empty.
        status: with `status`.
        body: with `status`.
        seconds: how long `slow` waits, and `drip` goes on.
    """

    kind: str
    only: str = ""
    status: int = 200
    body: bytes = b""
    seconds: float = SILENT


@dataclass(kw_only=True)
class Repository:
    """What is published, and by whom.

    Args:
        signers: role → the key that signs for it.
        files: path → content, as they are served.
        versions: role → its version.
    """

    signers: dict[str, CryptoSigner]
    files: dict[str, bytes] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=lambda: dict.fromkeys(ROLES, 0))

    @classmethod
    def make(cls, targets: Mapping[str, bytes]) -> Self:
        repository = cls(signers={role: CryptoSigner.generate_ecdsa() for role in ROLES})
        repository.publish_root()
        repository.publish(targets)
        return repository

    @property
    def root(self) -> bytes:
        """The root with which it began: what its operator gives out."""
        return self.files["/1.root.json"]

    def publish_root(self, *, also: CryptoSigner | None = None, lives: timedelta = timedelta(days=365)) -> None:
        """Sign the next root. A new key needs the old one's signature too: `also`."""
        version = self._next("root")
        root = Root(version=version, expires=_in(lives), consistent_snapshot=True)
        for role, signer in self.signers.items():
            root.add_key(signer.public_key, role)
        metadata: Metadata[Any] = Metadata(root)
        for signer in filter(None, (self.signers["root"], also)):
            metadata.sign(signer, append=True)
        self.files[f"/{version}.root.json"] = metadata.to_bytes()

    def publish(self, targets: Mapping[str, bytes], *, lives: Mapping[str, timedelta] | None = None) -> None:
        """Sign the next version of everything below the root."""
        lasting = dict.fromkeys(ROLES, timedelta(days=7)) | dict(lives or {})
        described = Targets(version=self._next("targets"), expires=_in(lasting["targets"]))
        for name, data in targets.items():
            described.targets[name] = TargetFile.from_data(name, data, ["sha256"])
            self.files[place(name, data)] = data
        self._sign("targets", described)
        self.publish_snapshot(lives=lasting)

    def publish_snapshot(self, *, version: int | None = None, lives: Mapping[str, timedelta] | None = None) -> None:
        """Sign the next snapshot, or one of this version, and a timestamp that names it."""
        lasting = dict.fromkeys(ROLES, timedelta(days=7)) | dict(lives or {})
        number = self._next("snapshot") if version is None else version
        meta = {"targets.json": MetaFile(version=self.versions["targets"])}
        snapshot = Snapshot(version=number, expires=_in(lasting["snapshot"]), meta=meta)
        self._sign("snapshot", snapshot)
        stamp = Timestamp(
            version=self._next("timestamp"),
            expires=_in(lasting["timestamp"]),
            snapshot_meta=MetaFile(version=number),
        )
        self._sign("timestamp", stamp)

    def _next(self, role: str) -> int:
        self.versions[role] += 1
        return self.versions[role]

    def _sign(self, role: str, document: Any) -> None:
        metadata: Metadata[Any] = Metadata(document)
        metadata.sign(self.signers[role])
        name = "timestamp.json" if role == "timestamp" else f"{document.version}.{role}.json"
        self.files[f"/{name}"] = metadata.to_bytes()


class TufServer:
    """Serves a repository on a free port, until the `with` block ends."""

    def __init__(self, repository: Repository) -> None:
        self.repository = repository
        self.fault: Fault | None = None
        self.asked: list[str] = []
        self.over = threading.Event()
        self._server = _Server(("127.0.0.1", 0), type("_OwnHandler", (_Handler,), {"owner": self}))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self._server.shutdown()
        self._server.server_close()


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, *_: Any) -> None:
        """A client that has left is no error here."""


class _Handler(http.server.BaseHTTPRequestHandler):
    owner: TufServer

    def do_GET(self) -> None:
        self.owner.asked.append(self.path)
        fault = self.owner.fault
        if fault is not None and self.path.endswith(fault.only):
            self._fail(fault)
        else:
            self._serve()

    def _serve(self) -> None:
        found = self.owner.repository.files.get(self.path)
        self._send(404 if found is None else 200, found or b"{}")

    def _send(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _fail(self, fault: Fault) -> None:
        match fault.kind:
            case "down":
                self.close_connection = True
            case "slow":
                self.owner.over.wait(fault.seconds)
                self._serve()
            case "status":
                self._send(fault.status, fault.body)
            case "loop":
                self._send(302, b"", Location=f"{self.owner.url}{self.path}")
            case "drip":
                self._pour(b" ", 0.05, fault.seconds)
            case _:
                self._pour(_BLOCK, 0, fault.seconds)

    def _pour(self, block: bytes, pause: float, seconds: float) -> None:
        self.send_response(200)
        self.end_headers()
        end = time.monotonic() + seconds
        while time.monotonic() < end and not self.owner.over.wait(pause):
            self.wfile.write(block)

    def log_message(self, *_: Any) -> None:
        """Say nothing on the test's stderr."""


def place(name: str, data: bytes) -> str:
    """The path of a target in a repository with consistent snapshots."""
    return f"/targets/{hashlib.sha256(data).hexdigest()}.{name}"


def _in(span: timedelta) -> datetime:
    return datetime.now(UTC).replace(microsecond=0) + span
