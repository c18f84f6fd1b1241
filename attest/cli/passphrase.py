"""Where a passphrase comes from: a file, `ATTEST_PASSPHRASE`, or a person at a terminal."""

from __future__ import annotations

import getpass
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from attest.cli import render
from attest.errors import InputError, KeyFileError
from attest.settings import Settings

if TYPE_CHECKING:
    from attest.signing.algorithms import PublicKey
    from attest.signing.signer import Signer

_TRIES: Final = 3
_VARIABLE: Final = "ATTEST_PASSPHRASE"


def given(file: str | None) -> bytes | None:
    """The passphrase that needs no person; `None` where there is none, empty where somebody chose that.

    Args:
        file: what `--passphrase-file` names; one trailing newline is not part of the passphrase.

    Raises:
        InputError: the file cannot be read.
    """
    if file is not None:
        try:
            data = Path(file).read_bytes()
        except OSError as error:
            why = (error.strerror or "unknown reason").lower()
            raise InputError(f"the passphrase file {file} cannot be read: {why}", code="passphrase-file") from error
        return data.removesuffix(b"\n").removesuffix(b"\r")
    text = os.environ.get(_VARIABLE)
    return None if text is None else os.fsencode(text)


class _Person(Exception):
    """Somebody has to be asked."""


def without_asking(uri: str, *, passphrase_file: str | None) -> Signer | None:
    """Whoever signs with the key at `uri`, or `None` where a person has to type the passphrase first.

    Args:
        uri: a path, or a URI of any technology that `attest help keys` names.
        passphrase_file: what `--passphrase-file` names.

    Raises:
        KeyFileError: the key cannot be used, or there is no or a wrong passphrase.
    """
    from attest.signing import uri as uris  # noqa: PLC0415  # only where something is signed

    known = given(passphrase_file)
    person = known is None and render.on_terminal()

    def answer(_: str) -> bytes | None:
        if person:
            raise _Person
        return known

    try:
        return _noticed(uris.open_signer(uri, passphrase=answer, offline=Settings.load().offline))
    except _Person:
        return None


def open_signer(uri: str, *, passphrase_file: str | None = None) -> Signer:
    """Whoever signs with the key at `uri`; a person has three tries. What is noticed about the key is said.

    Args:
        uri: a path, or a URI of any technology that `attest help keys` names.
        passphrase_file: what `--passphrase-file` names.

    Raises:
        KeyFileError: the key cannot be used, or there is no or a wrong passphrase.
    """
    from attest.signing import uri as uris  # noqa: PLC0415

    signer = without_asking(uri, passphrase_file=passphrase_file)
    for attempt in range(_TRIES):
        if signer is not None:
            break
        try:
            signer = _noticed(uris.open_signer(uri, passphrase=_ask, offline=Settings.load().offline))
        except KeyFileError as error:
            if error.code != "wrong-passphrase" or attempt == _TRIES - 1:
                raise
            render.note("that is not the passphrase; try again")
    if signer is None:
        raise KeyFileError("no passphrase was typed", code="passphrase-missing")
    return signer


def read_public(uri: str, *, passphrase_file: str | None = None) -> PublicKey:
    """The public half of the key at `uri`; a passphrase is asked for only where it cannot be had without.

    Args:
        uri: as for `open_signer`.
        passphrase_file: as for `open_signer`.

    Raises:
        KeyFileError: the key cannot be used, or there is no or a wrong passphrase.
        KeyServiceError: whoever keeps the key was not reached or did not let us in.
    """
    from attest.signing import uri as uris  # noqa: PLC0415

    known = given(passphrase_file)

    def answer(name: str) -> bytes | None:
        return _ask(name) if known is None and render.on_terminal() else known

    return uris.read_public(uri, passphrase=answer, offline=Settings.load().offline)


def _noticed(signer: Signer) -> Signer:
    for warning in signer.warnings:
        render.warning(warning.code, warning.text)
    return signer


def new() -> bytes | None:
    """A passphrase for a new key, typed twice; `None` for none.

    Raises:
        InputError: the two differ three times.
    """
    for _ in range(_TRIES):
        first = _read("Passphrase (empty for none): ")
        if not first or _read("Repeat: ") == first:
            return first or None
        render.note("the two differ; try again")
    raise InputError("the two passphrases differ", code="passphrase-mismatch")


def _ask(name: str) -> bytes:
    return _read(f"Passphrase for {name}: ")


def _read(prompt: str) -> bytes:
    try:
        return os.fsencode(getpass.getpass(prompt, stream=sys.stderr))
    except EOFError as error:
        raise KeyFileError("no passphrase was typed", code="passphrase-missing") from error
