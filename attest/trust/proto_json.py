"""Protobuf messages in their JSON form, read with one spelling per value: what Sigstore writes its documents in.

Protobuf's own readers take numbers as text or as numbers, two base64 alphabets, enums by name or number, and unknown
fields. Here integers are decimal text, base64 is standard, padded and canonical, and unknown fields are refused, so
that two programs cannot read two documents from the same bytes. `null` is an absent field, as protobuf says, and an
absent number is zero, since that is how its writers write a zero: cosign does for the first entry of a log.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, Self

from msgspec import Struct

from attest.errors import MalformedEvidence
from attest.signing.dsse import decode_base64

if TYPE_CHECKING:
    from collections.abc import Mapping

_INTEGER: Final = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
_LARGEST: Final = 2**63 - 1


class Message(Struct, frozen=True, kw_only=True):
    """One JSON object whose fields are asked for by name and kind.

    Args:
        fields: what it holds, without its nulls.
        what: its name for messages.
    """

    fields: Mapping[str, Any]
    what: str

    @classmethod
    def of(cls, value: Any, *, what: str, known: frozenset[str]) -> Self:
        """The object `value`, once it is one and has no other fields than the known ones.

        Raises:
            MalformedEvidence: it is not, or has.
        """
        if not isinstance(value, dict):
            raise MalformedEvidence(f"{what} is no object", found=type(value).__name__)
        if not known >= value.keys():
            unknown = min(value.keys() - known)
            raise MalformedEvidence(f"{what} has unknown fields", expected=", ".join(sorted(known)), found=unknown[:80])
        return cls(fields={key: field for key, field in value.items() if field is not None}, what=what)

    def __contains__(self, key: str) -> bool:
        return key in self.fields

    def text(self, key: str, *, longest: int = 4096) -> str:
        """A field that must hold text.

        Raises:
            MalformedEvidence: it does not, is empty, or longer than `longest` characters.
        """
        found = self.fields.get(key)
        if not isinstance(found, str) or not found:
            raise MalformedEvidence(f"{self.what} has no {key}", expected="text", found=type(found).__name__)
        if len(found) > longest:
            raise MalformedEvidence(f"{key} of {self.what} is too long", expected=f"at most {longest} characters")
        return found

    def data(self, key: str, *, longest: int) -> bytes:
        """A field that must hold bytes, at most `longest` of them.

        Raises:
            MalformedEvidence: it does not.
        """
        encoded = self.text(key, longest=longest * 4 // 3 + 4)
        return decode_base64(encoded, what=f"{key} of {self.what}")

    def integer(self, key: str) -> int:
        """A field that holds a number that is not negative, written as decimal text; 0 where it is absent.

        Raises:
            MalformedEvidence: it holds something else.
        """
        found = self.fields.get(key, "0")
        if not isinstance(found, str) or not _INTEGER.fullmatch(found) or int(found) > _LARGEST:
            raise MalformedEvidence(
                f"{key} of {self.what} is no number", expected="decimal text from 0 to 2^63 - 1", found=repr(found)[:40]
            )
        return int(found)

    def message(self, key: str, known: frozenset[str]) -> Message:
        """A field that must hold an object with the `known` fields.

        Raises:
            MalformedEvidence: it does not.
        """
        if key not in self.fields:
            raise MalformedEvidence(f"{self.what} has no {key}", expected="an object")
        return Message.of(self.fields[key], what=f"{key} of {self.what}", known=known)

    def several(self, key: str, *, most: int) -> list[Any]:
        """A field that may hold a list; empty where it is absent.

        Raises:
            MalformedEvidence: it holds something else, or more than `most`.
        """
        found = self.fields.get(key, [])
        if not isinstance(found, list) or len(found) > most:
            raise MalformedEvidence(f"{key} of {self.what} is no short list", expected=f"at most {most}")
        return found

    def messages(self, key: str, known: frozenset[str], *, most: int) -> list[Message]:
        """A field that may hold a list of objects with the `known` fields; empty where it is absent.

        Raises:
            MalformedEvidence: it holds something else, or more than `most`.
        """
        what = f"{key} of {self.what}"
        return [Message.of(value, what=what, known=known) for value in self.several(key, most=most)]
