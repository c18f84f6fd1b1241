"""Small changes to signed things: what every verifier has to refuse."""

from __future__ import annotations

import base64
import json
import shutil
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def copy_of(folder: Path, target: Path) -> Path:
    """A folder that may be spoilt."""
    shutil.copytree(folder, target, symlinks=True)
    return target


def flip_byte(path: Path, at: int = 0) -> None:
    """Change one bit of one byte."""
    path.chmod(0o644)
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


def edited(bundle: Path, target: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    """A bundle with something changed in it."""
    document = json.loads(bundle.read_bytes())
    change(document)
    target.write_text(json.dumps(document))
    return target


def payload_of(bundle: Path) -> dict[str, Any]:
    """The statement of a bundle."""
    document = json.loads(bundle.read_bytes())
    found: dict[str, Any] = json.loads(base64.b64decode(document["dsseEnvelope"]["payload"]))
    return found


def other_payload(document: dict[str, Any]) -> None:
    """The same statement about something else: the first digit of the first subject's digest."""
    statement = json.loads(base64.b64decode(document["dsseEnvelope"]["payload"]))
    digest = statement["subject"][0]["digest"]["sha256"]
    statement["subject"][0]["digest"]["sha256"] = ("0" if digest[0] != "0" else "1") + digest[1:]
    document["dsseEnvelope"]["payload"] = base64.b64encode(json.dumps(statement).encode()).decode()


def other_signature(document: dict[str, Any]) -> None:
    """The last byte of the signature."""
    signature = bytearray(base64.b64decode(document["dsseEnvelope"]["signatures"][0]["sig"]))
    signature[-1] ^= 1
    document["dsseEnvelope"]["signatures"][0]["sig"] = base64.b64encode(signature).decode()


def other_payload_type(document: dict[str, Any]) -> None:
    """The same bytes, said to be something else."""
    document["dsseEnvelope"]["payloadType"] = "application/json"
