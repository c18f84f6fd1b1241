"""Which TUF mirror is asked: the one that was typed, else the pinned root's own, else Sigstore's public one.

`attest trust fetch` and whoever signs with an identity follow one rule, in the same words. Where a root is pinned and
nobody knows from which mirror, the public one is not taken in its place: a company's root would be replaced by it, and
a company's signature would go into its log, by a flag that was forgotten.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from attest.cli import trust_change
from attest.errors import InputError
from attest.written_path import written_path

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from attest.settings import Settings

_MOST_BYTES: Final = 1024 * 1024


class Mirror(Struct, frozen=True, kw_only=True):
    """Where to fetch from.

    Args:
        url: the mirror's address.
        root: the root.json that it has to begin with; `None` for the one that is built in.
        remembered: nobody typed it: it is where the pinned root came from.
    """

    url: str
    root: bytes | None = None
    remembered: bool = False

    @property
    def public(self) -> bool:
        """Whether it is one of Sigstore's own two."""
        from attest.trust.tuf_mirror import PUBLIC_GOOD, STAGING  # noqa: PLC0415

        return self.url in {PUBLIC_GOOD, STAGING}


def choose(settings: Settings, typed: Mapping[str, Any], *, verb: str, others: str, hint: str) -> Mirror:
    """The mirror that was typed, or the pinned root's own, or the public one where nothing is pinned.

    Args:
        settings: where the pinned root is.
        typed: the options by name: `mirror`, `root`, `staging`.
        verb: the command, for messages.
        others: what else may be typed where nothing says which mirror it is.
        hint: what to type then.

    Raises:
        InputError: `usage`; `tuf-root-missing`; `tuf-mirror-missing`: a root of another origin is pinned;
            `bad-trusted-root`: what is pinned cannot be read.
    """
    from attest.trust.tuf_mirror import PUBLIC_GOOD, STAGING  # noqa: PLC0415

    mirror, root = typed["mirror"], typed["root"]
    if typed["staging"] and mirror is not None:
        raise InputError("--staging and --mirror exclude each other", code="usage", hint=f"{verb} --help")
    if root is not None and mirror is None:
        raise InputError(
            "--root belongs to a mirror", code="usage", expected="--mirror URL --root ROOT.json", found="only --root"
        )
    if mirror is not None:
        return Mirror(url=mirror.rstrip("/"), root=None if root is None else _read(written_path(root)))
    if typed["staging"]:
        return Mirror(url=STAGING)
    return _remembered(settings, others, hint) or Mirror(url=PUBLIC_GOOD)


def _remembered(settings: Settings, others: str, hint: str) -> Mirror | None:
    """Where the pinned root came from."""
    from attest.signing_key import tilde  # noqa: PLC0415

    pinned = trust_change.earlier_at(settings.trusted_root)
    if pinned is None:
        return None
    if pinned.origin is None or pinned.origin.mirror is None:
        where = "an unknown place" if pinned.origin is None else pinned.origin.place
        raise InputError(
            f"nothing says which mirror has the root that is pinned in {tilde(pinned.path)}",
            code="tuf-mirror-missing",
            expected=f"--mirror URL --root ROOT.json, {others}",
            found=f"it came from {where}",
            hint=hint,
        )
    return Mirror(url=pinned.origin.mirror, root=pinned.origin.mirror_root, remembered=True)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_MOST_BYTES)
    except OSError as error:
        raise InputError(
            f"{path} cannot be read: {(error.strerror or 'unknown reason').lower()}",
            code="tuf-root-missing",
            expected="the mirror's root.json, from its operator",
        ) from error
