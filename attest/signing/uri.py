"""A key is a URI, or a bare path. One table says which module knows the technology; it is imported when it is used.

Another key management service is one module with the two functions of `KeyTechnology` and one row here.
"""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from msgspec import Struct

from attest.errors import KeyFileError
from attest.signing.technology import KeyAccess
from attest.written_path import written_path

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from attest.signing.algorithms import PublicKey
    from attest.signing.signer import Signer
    from attest.signing.technology import KeyTechnology

_SCHEME: Final = re.compile(r"([a-z][a-z0-9+.-]*):(.*)", re.ASCII | re.DOTALL)
_SECRET: Final = re.compile(r"(pin-value=)[^&]*", re.IGNORECASE)


class _Row(Struct, frozen=True, kw_only=True):
    """A technology.

    Args:
        module: the module that knows it.
        form: how its URIs look, for people.
    """

    module: str
    form: str


TECHNOLOGIES: Final[Mapping[str, _Row]] = {
    "file": _Row(module="attest.signing.in_file", form="file:PATH"),
    "env": _Row(module="attest.signing.in_variable", form="env:NAME"),
    "pkcs11": _Row(module="attest.signing.pkcs11", form="pkcs11:token=LABEL;object=LABEL"),
    "awskms": _Row(module="attest.signing.awskms", form="awskms:///alias/NAME"),
}
"""Scheme → who knows such keys."""


def open_signer(uri: str, *, passphrase: Callable[[str], bytes | None], offline: bool = False) -> Signer:
    """Whoever signs with the key at `uri`.

    Args:
        uri: a path, or a URI of one of the `TECHNOLOGIES`.
        passphrase: asked, with the key's or token's name, only when a secret is needed.
        offline: reach no other host.

    Raises:
        KeyFileError: no such scheme, or the key cannot be used.
        KeyServiceError: the service that holds the key was not reached or did not let us in.
        InputError: a part of attest is not installed (code `extra-missing`).
    """
    module, rest = _dispatch(uri)
    return module.open_signer(rest, KeyAccess(passphrase=passphrase, offline=offline))


def read_public(uri: str, *, passphrase: Callable[[str], bytes | None], offline: bool = False) -> PublicKey:
    """The public half of the key at `uri`; a passphrase is asked for only where it cannot be had otherwise.

    Args:
        uri: as for `open_signer`; a file may hold the public half.
        passphrase: as for `open_signer`.
        offline: as for `open_signer`.

    Raises:
        KeyFileError: as for `open_signer`.
        KeyServiceError: as for `open_signer`.
        InputError: as for `open_signer`.
    """
    module, rest = _dispatch(uri)
    return module.read_public(rest, KeyAccess(passphrase=passphrase, offline=offline))


def file_of(uri: str) -> Path | None:
    """The file that `uri` names; `None` where the key is kept elsewhere."""
    match = _SCHEME.fullmatch(uri)
    if match is None:
        return written_path(uri)
    return written_path(match.group(2).removeprefix("//")) if match.group(1) == "file" else None


def shown(uri: str) -> str:
    """A key's URI for messages: short, and without the PIN that it may hold."""
    return _SECRET.sub(r"\1…", uri)[:200]


def _dispatch(uri: str) -> tuple[KeyTechnology, str]:
    match = _SCHEME.fullmatch(uri)
    scheme, rest = match.groups() if match else ("file", uri)
    row = TECHNOLOGIES.get(scheme)
    if row is None or not rest:
        raise KeyFileError(
            f"{shown(uri)!r} names no key",
            code="key-uri-unknown",
            expected=f"a path, {', '.join(each.form for each in TECHNOLOGIES.values())}",
            hint=f"for a file of that name write file:{uri[:120]}" if uri and Path(uri).exists() else None,
        )
    return cast("KeyTechnology", import_module(row.module)), rest
