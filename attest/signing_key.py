"""Who signs: `--key`, then `ATTEST_KEY`, then the configuration, then the default key. Never who is trusted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from attest.errors import NoSigningKey

if TYPE_CHECKING:
    from attest.settings import Settings


def key_in_force(settings: Settings, flag: str | None) -> str:
    """The key's URI.

    Raises:
        NoSigningKey: nothing names one and there is no default key.
    """
    chosen = settings.choose("key", flag).value
    if chosen is not None:
        return chosen
    if settings.default_key.exists():
        return str(settings.default_key)
    raise NoSigningKey(
        "there is no key to sign with",
        looked_in="--key, $ATTEST_KEY, "
        f"`key` in {tilde(settings.config / 'config.toml')}, {tilde(settings.default_key)}",
        hint="attest keygen        makes one there",
    )


def tilde(path: Path) -> str:
    """A path for people."""
    home = str(Path.home())
    return f"~{str(path)[len(home) :]}" if str(path).startswith(home + "/") else str(path)
