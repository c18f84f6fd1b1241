"""Finding a PKCS#11 token and getting in, with a code for everything that goes wrong on the way.

The module is native code that runs in this process, so it is named by an absolute path, by whoever runs attest, and
never searched for in the working folder.
"""

from __future__ import annotations

import contextlib
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from attest import extras
from attest.errors import KeyFileError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from attest.signing.pkcs11_uri import TokenURI
    from attest.signing.technology import KeyAccess

MODULE_VARIABLE: Final = "PKCS11_MODULE_PATH"
"""As OpenSSL's PKCS#11 engine calls it, for URIs without `module-path`."""

_ONE_AT_A_TIME: Final = threading.Lock()
_MOST_PIN_BYTES: Final = 1024
_WRONG: Final = frozenset({"PinIncorrect", "PinInvalid", "PinLenRange"})


def library() -> Any:
    """The Python package that loads modules.

    Raises:
        InputError: it is not installed (code `extra-missing`).
    """
    return extras.load("pkcs11", extra="pkcs11", needed_for="a pkcs11: key")


def find_token(uri: TokenURI) -> Any:
    """The one token that `uri` describes.

    Raises:
        KeyFileError: no module (code `pkcs11-module`), no such token (`pkcs11-token-missing`), several
            (`key-ambiguous`), or the module fails (`pkcs11-failed`).
        InputError: `extra-missing`.
    """
    module = _module(uri)
    present = library().TokenFlag.TOKEN_INITIALIZED
    with translated(uri, "the module"):
        tokens = [slot.get_token() for slot in module.get_slots(token_present=True)]
        tokens = [token for token in tokens if present in token.flags]
        matching = [token for token in tokens if _described(token, uri)]
        seen = "; ".join(f"token={token.label} serial={_serial(token)}" for token in tokens[:8])
    if not matching:
        raise KeyFileError(
            "there is no such token", code="pkcs11-token-missing", expected=uri.token_shown, found=seen or "no token"
        )
    if len(matching) > 1:
        raise KeyFileError(
            "several tokens are meant by this URI",
            code="key-ambiguous",
            expected="one",
            found=seen,
            hint="add the serial=… of the one that is meant",
        )
    return matching[0]


def find_pin(uri: TokenURI, token: Any, access: KeyAccess) -> str:
    """The PIN: from the URI, the file that it names, or wherever passphrases come from.

    Raises:
        KeyFileError: the token is locked (code `pin-locked`), there is no PIN (`passphrase-missing`), or the file with
            it cannot be used (`pin-source`).
    """
    if library().TokenFlag.USER_PIN_LOCKED in token.flags:
        raise _locked(uri)
    if uri.pin_source is not None:
        pin = _from_source(uri.pin_source)
    else:
        pin = uri.pin or access.passphrase(f"token {token.label} (PIN)") or b""
    if not pin:
        raise KeyFileError(
            f"{uri.token_shown} needs a PIN and there is none",
            code="passphrase-missing",
            looked_in="pin-source and pin-value of the URI, --passphrase-file, $ATTEST_PASSPHRASE, the terminal",
        )
    try:
        return pin.decode()
    except UnicodeDecodeError as error:
        raise _wrong(uri, "a PIN that is not UTF-8") from error


@contextlib.contextmanager
def session(uri: TokenURI, token: Any, pin: str | None) -> Iterator[Any]:
    """A session with the token that ends with the block; without a PIN it sees public objects only.

    One at a time, and none for longer than it is used: a login belongs to the whole program, so that ending one would
    end them all, and tokens have few sessions to give. A wrong PIN is tried once: tokens count, and lock themselves.

    Raises:
        KeyFileError: wrong PIN (code `wrong-pin`), a locked token (`pin-locked`), or the token fails (`pkcs11-failed`).
    """
    with _ONE_AT_A_TIME:
        with translated(uri, "the token"):
            try:
                opened = token.open(user_pin=pin)
            except library().UserAlreadyLoggedIn:  # by something else in this program, which keeps its login
                opened = token.open()
        try:
            yield opened
        finally:
            with contextlib.suppress(library().PKCS11Error):  # a token that was pulled out has no session to end
                opened.close()


@contextlib.contextmanager
def translated(uri: TokenURI, who: str) -> Iterator[None]:
    """Turn the module's errors into ours.

    Args:
        uri: which token, for the message.
        who: the module, the token or the key, for the message.

    Raises:
        KeyFileError: `wrong-pin`, `pin-locked` or `pkcs11-failed`.
    """
    try:
        yield
    except library().PKCS11Error as error:
        kind = type(error).__name__
        if kind in _WRONG:
            raise _wrong(uri, None) from error
        if kind == "PinLocked":
            raise _locked(uri) from error
        raise KeyFileError(
            f"{who} did not do what it was asked ({uri.token_shown})",
            code="pkcs11-failed",
            found=f"{kind} {error}".strip()[:200],
        ) from error


def _module(uri: TokenURI) -> Any:
    path = uri.module_path or os.environ.get(MODULE_VARIABLE)
    if not path:
        raise KeyFileError(
            "nothing says which PKCS#11 module speaks to the token",
            code="pkcs11-module",
            looked_in=f"module-path of the URI, ${MODULE_VARIABLE}",
            hint="add ?module-path=/path/to/module.so to the URI; the token's maker names the file",
        )
    if not Path(path).is_absolute():
        raise KeyFileError(
            "the PKCS#11 module has to be named by its whole path, since its code will run here",
            code="pkcs11-module",
            expected="an absolute path",
            found=path[:200],
        )
    pkcs11 = library()
    try:
        return pkcs11.lib(path)
    except (pkcs11.PKCS11Error, RuntimeError, OSError) as error:
        raise KeyFileError(
            f"the PKCS#11 module {path[:200]} cannot be loaded", code="pkcs11-module", found=str(error)[:200] or None
        ) from error


def _described(token: Any, uri: TokenURI) -> bool:
    own = {
        "token": token.label,
        "manufacturer": token.manufacturer_id,
        "model": token.model,
        "serial": _serial(token),
    }
    if uri.slot is not None and token.slot.slot_id != uri.slot:
        return False
    return all(own[name] == value for name, value in uri.token.items())


def _serial(token: Any) -> str:
    return str(token.serial.decode(errors="replace")).strip()


def _from_source(source: str) -> bytes:
    path = Path(source.removeprefix("file:").removeprefix("//"))
    if not path.is_absolute():
        raise KeyFileError(
            "the pin-source names no file", code="pin-source", expected="file:/path or /path", found=source[:200]
        )
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_PIN_BYTES + 1)
    except OSError as error:
        why = (error.strerror or "unknown reason").lower()
        raise KeyFileError(f"the pin-source {path} cannot be read: {why}", code="pin-source") from error
    if len(data) > _MOST_PIN_BYTES:
        raise KeyFileError(f"the pin-source {path} is too large for a PIN", code="pin-source")
    return data.removesuffix(b"\n").removesuffix(b"\r")


def _wrong(uri: TokenURI, found: str | None) -> KeyFileError:
    return KeyFileError(
        f"the PIN does not open {uri.token_shown}",
        code="wrong-pin",
        found=found,
        hint="it was tried once; most tokens lock themselves after three wrong ones",
    )


def _locked(uri: TokenURI) -> KeyFileError:
    return KeyFileError(
        f"{uri.token_shown} is locked after too many wrong PINs",
        code="pin-locked",
        hint="its security officer can set a new PIN with the maker's tool",
    )
