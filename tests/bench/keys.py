"""One key for us and for the peers: an unencrypted P-256 key in the form that all of them read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from tests.bench.running import Setting


@dataclass(frozen=True, kw_only=True, slots=True)
class KeyPair:
    """Where the two halves lie."""

    private: Path
    public: Path


def key_pair(setting: Setting, *, name: str = "key") -> KeyPair:
    """A pair of this bench run, made when it is first asked for."""
    folder = setting.folder / name
    pair = KeyPair(private=folder / "attest.key", public=folder / "attest.pub")
    if not pair.private.exists():
        setting.attest("keygen", "--out", folder)
    return pair
