"""Typed looks into untrusted JSON: a field is absent, or what it should be, or the BOM is refused with the place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Self

from msgspec import Struct

from attest.errors import MalformedEvidence
from attest_registry.digest import Digest
from attest_registry.errors import BadReference

if TYPE_CHECKING:
    from collections.abc import Mapping

_COUNT_DIGITS: Final = 18


class Fields(Struct, frozen=True, kw_only=True):
    """One JSON object and where it stands in the BOM.

    Args:
        values: the object.
        place: its path, for messages.
    """

    values: Mapping[str, Any]
    place: str

    def text(self, name: str) -> str | None:
        """A string; `None` where absent or empty."""
        value = self.values.get(name)
        if not isinstance(value, str | None):
            raise self.wrong(name, "text")
        return value or None

    def child(self, name: str) -> Self:
        """An object; an empty one where absent."""
        value = self.values.get(name, {})
        if not isinstance(value, dict):
            raise self.wrong(name, "an object")
        return type(self)(values=value, place=self._at(name))

    def children(self, name: str) -> list[Self]:
        """A list of objects; empty where absent."""
        if name not in self.values:
            return []
        place = self._at(name)
        return [type(self)(values=item, place=f"{place}/{index}") for index, item in enumerate(self.objects(name))]

    def objects(self, name: str) -> list[dict[str, Any]]:
        """The same, bare."""
        if name not in self.values:
            return []
        value = self.values[name]
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise self.wrong(name, "a list of objects")
        return value

    def texts(self, name: str) -> list[str]:
        """A list of strings; empty where absent."""
        value = self.values.get(name, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.wrong(name, "a list of texts")
        return value

    def sha256(self) -> Digest | None:
        """The SHA-256 among `hashes`; other algorithms are not looked at.

        Raises:
            MalformedEvidence: two different ones (`bom-contradiction`), or one that is none (`bom-hash`).
        """
        if "hashes" not in self.values:
            return None
        found = {item.text("content") or "" for item in self.children("hashes") if item.text("alg") == "SHA-256"}
        if len(found) > 1:
            raise MalformedEvidence(f"the ML-BOM gives two SHA-256 digests at {self.place}", code="bom-contradiction")
        return self.digest("hashes", f"sha256:{found.pop().lower()}") if found else None

    def digest(self, name: str, text: str | None) -> Digest | None:
        """What `sha256:…` says; `None` for `None`."""
        try:
            return Digest.parse(text) if text is not None else None
        except BadReference as error:
            raise self.wrong(name, "a SHA-256 digest", code="bom-hash") from error

    def wrong(self, name: str, expected: str, *, code: str = "bom-schema") -> MalformedEvidence:
        """The error for a field that is not what it should be."""
        found = repr(self.values.get(name))[:80]
        return MalformedEvidence(f"the ML-BOM is wrong at {self._at(name)}", code=code, expected=expected, found=found)

    def _at(self, name: str) -> str:
        return f"{self.place}/{name}" if self.place else name


class Properties(Struct, frozen=True, kw_only=True):
    """The `properties` of one object. CycloneDX lets a name stand several times; the names that we read may not.

    Args:
        values: name → values, in order.
        place: the object's path, for messages.
    """

    values: Mapping[str, list[str]]
    place: str

    @classmethod
    def of(cls, fields: Fields) -> Self:
        """Read them, once."""
        values: dict[str, list[str]] = {}
        for position, item in enumerate(fields.objects("properties")):
            name, value = item.get("name", ""), item.get("value", "")
            if not (isinstance(name, str | None) and isinstance(value, str | None)):
                wrong = Fields(values=item, place=f"{fields.place}/properties/{position}")
                raise wrong.wrong("value" if isinstance(name, str | None) else "name", "text")
            values.setdefault(name or "", []).append(value or "")
        return cls(values=values, place=fields.place)

    def all(self, name: str) -> tuple[str, ...]:
        """Every value under `name`."""
        return tuple(self.values.get(name, ()))

    def one(self, name: str) -> str | None:
        """The value under `name`; `None` where absent.

        Raises:
            MalformedEvidence: it stands twice (`bom-property`); two readers could take either.
        """
        found = self.values.get(name)
        if found is None:
            return None
        if len(found) > 1:
            raise self.wrong(name, "one value", ", ".join(found))
        return found[0]

    def under(self, prefix: str) -> dict[str, str]:
        """Rest of the name after `prefix` → value."""
        return {name.removeprefix(prefix): self.one(name) or "" for name in self.values if name.startswith(prefix)}

    def boolean(self, name: str) -> bool | None:
        """`true` or `false`."""
        value = self.one(name)
        if value not in ("true", "false", None):
            raise self.wrong(name, "true or false", str(value))
        return None if value is None else value == "true"

    def count(self, name: str) -> int | None:
        """A whole number, not negative."""
        value = self.one(name)
        if value is None:
            return None
        if not (value.isascii() and value.isdecimal() and len(value) <= _COUNT_DIGITS):
            raise self.wrong(name, "a whole number", value)
        return int(value)

    def wrong(self, name: str, expected: str, found: str) -> MalformedEvidence:
        """The error for a property that is not what it should be."""
        return MalformedEvidence(
            f"the ML-BOM's property {name[:80]} is wrong at {self.place}",
            code="bom-property",
            expected=expected,
            found=found[:80],
        )
