"""`pkcs11:` URIs (RFC 7512), read strictly: what is not understood is refused, never left out of the search."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote_to_bytes

from attest.errors import KeyFileError

if TYPE_CHECKING:
    from collections.abc import Mapping

_MARKS: Final = r"A-Za-z0-9._~:\[\]@!$'()*+,=\-"
_PATH_VALUE: Final = re.compile(rf"(?:[{_MARKS}&]|%[0-9A-Fa-f]{{2}})+", re.ASCII)
_QUERY_VALUE: Final = re.compile(rf"(?:[{_MARKS}/?|]|%[0-9A-Fa-f]{{2}})+", re.ASCII)
_OF_TOKEN: Final = frozenset({"token", "manufacturer", "model", "serial", "slot-id"})
_IN_PATH: Final = _OF_TOKEN | {"object", "id", "type"}
_IN_QUERY: Final = frozenset({"module-path", "pin-source", "pin-value"})
_TYPES: Final = frozenset({b"private", b"public"})
_MOST: Final = 4096
"""Characters of a URI: labels are at most 32 bytes, so this is far beyond any real one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TokenURI:
    """Which key of which token is meant, and how to get at it.

    Args:
        token: what the token has to be: `token` (its label), `manufacturer`, `model`, `serial`.
        slot: number of its slot.
        label: label of the key.
        identifier: CKA_ID of the key.
        module_path: the library that speaks to the token.
        pin: the PIN itself; never shown.
        pin_source: where the PIN can be read.
    """

    token: Mapping[str, str] = field(default_factory=dict)
    slot: int | None = None
    label: str | None = None
    identifier: bytes | None = None
    module_path: str | None = None
    pin: bytes | None = field(default=None, repr=False)
    pin_source: str | None = None

    @property
    def token_shown(self) -> str:
        """The token for messages."""
        slot = () if self.slot is None else (f"slot-id={self.slot}",)
        return ";".join((*(f"{name}={value}" for name, value in self.token.items()), *slot)) or "any token"

    @property
    def key_shown(self) -> str:
        """The key for messages."""
        identifier = None if self.identifier is None else f"id={shown_identifier(self.identifier)}"
        return ";".join(part for part in (self.label and f"object={self.label}", identifier) if part) or "any key"


def shown_identifier(identifier: bytes) -> str:
    """A CKA_ID as it is written in a URI."""
    return "".join(f"%{byte:02x}" for byte in identifier)


def parse(rest: str) -> TokenURI:
    """Read what stands behind `pkcs11:`.

    Raises:
        KeyFileError: it breaks the rules of RFC 7512 or says something that is not understood (code
            `key-uri-malformed`); the message never holds a PIN.
    """
    if len(rest) > _MOST:
        raise _malformed("it is too long", expected=f"at most {_MOST} characters")
    path, _, query = rest.partition("?")
    of_path = _attributes(path, separator=";", known=_IN_PATH, value=_PATH_VALUE)
    of_query = _attributes(query, separator="&", known=_IN_QUERY, value=_QUERY_VALUE)
    if of_path.get("type", b"private") not in _TYPES:
        raise _malformed("its type is no key that signs", expected="type=private or type=public")
    if {"pin-value", "pin-source"} <= of_query.keys():
        raise _malformed("it gives the PIN twice", expected="pin-source or pin-value, not both")
    slot = of_path.get("slot-id")
    if slot is not None and not re.fullmatch(rb"[0-9]{1,18}", slot):
        raise _malformed("its slot-id is no number")
    return TokenURI(
        token={name: _text(of_path[name], name) for name in sorted(_OF_TOKEN - {"slot-id"}) if name in of_path},
        slot=None if slot is None else int(slot),
        label=_text(of_path["object"], "object") if "object" in of_path else None,
        identifier=of_path.get("id"),
        module_path=_text(of_query["module-path"], "module-path") if "module-path" in of_query else None,
        pin=of_query.get("pin-value"),
        pin_source=_text(of_query["pin-source"], "pin-source") if "pin-source" in of_query else None,
    )


def _attributes(part: str, *, separator: str, known: frozenset[str], value: re.Pattern[str]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for position, attribute in enumerate(part.split(separator) if part else (), 1):
        name, equals, text = attribute.partition("=")
        if not equals or name not in known:
            raise _malformed(
                f"attribute {position} {'in front of' if separator == ';' else 'behind'} the ? is not understood",
                expected=", ".join(sorted(known)),
                found=name if re.fullmatch(r"[A-Za-z0-9_-]{1,40}", name) else None,
            )
        if name in found:
            raise _malformed(f"{name} is there twice")
        if not value.fullmatch(text):
            raise _malformed(
                f"{name} is empty or holds a character that has to be written as %HH",
                hint="a space is %20, a slash in front of the ? is %2F, an & behind it is %26",
            )
        found[name] = unquote_to_bytes(text)
    return found


def _text(value: bytes, name: str) -> str:
    try:
        text = value.decode()
    except UnicodeDecodeError as error:
        raise _malformed(f"{name} is not UTF-8") from error
    if not text.isprintable():
        raise _malformed(f"{name} holds a control character")
    return text


def _malformed(
    why: str,
    *,
    expected: str | None = None,
    found: str | None = None,
    hint: str | None = None,
) -> KeyFileError:
    return KeyFileError(
        f"the pkcs11: URI cannot be used: {why}",
        code="key-uri-malformed",
        expected=expected,
        found=found,
        hint=hint or "pkcs11:token=LABEL;object=LABEL?module-path=/path/to/module.so",
    )
