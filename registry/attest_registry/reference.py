"""The forms of references (`attest help references`). Parsing only: nothing here looks anything up.

    [HOST/]NAME                      a model
    [HOST/]NAME:VERSION              a number (bare integer) or a label (holds a non-digit)
    [HOST/]NAME@ALIAS                a name that moves
    [HOST/]NAME@sha256:HEX           bytes
    [HOST/]NAME:VERSION@sha256:HEX   both, both checked

`NAME/3`, `models:/NAME/3`, `models:/NAME@ALIAS` and `attest://…` are read and never printed. The first part is a host
when it holds a `.` or a `:` or is `localhost` (docker's rule).
"""

from __future__ import annotations

import re
from typing import Final, Self

from msgspec import Struct
from msgspec.structs import replace

from attest_registry.digest import Digest
from attest_registry.errors import BadReference

_COMPONENT: Final = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*", re.ASCII)
_VERSION: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}", re.ASCII)
_ALIAS: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,127}", re.ASCII)
_HOST: Final = re.compile(
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|\[[0-9A-Fa-f:]{2,39}\])(?::[0-9]{1,5})?",
    re.ASCII,
)
_RESERVED: Final = re.compile(r"latest|v[0-9]+|attest-.*|sha256-.*", re.ASCII)
_RESERVED_COMPONENTS: Final = frozenset({"blobs", "index.json", "oci-layout"})  # what a layout folder holds
_MODEL_CHARACTERS: Final = 200
_NUMBER_DIGITS: Final = 9
FORMS: Final = "NAME:VERSION, NAME@ALIAS or NAME@sha256:HEX, each with an optional HOST/ in front"


class Reference(Struct, frozen=True, kw_only=True):
    """A parsed reference.

    Args:
        host: where the store is; `None` for the default store.
        model: the model's name without host.
        version: a number or label as text.
        alias: a name that points at a version.
        digest: the manifest digest.
    """

    host: str | None
    model: str
    version: str | None = None
    alias: str | None = None
    digest: Digest | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read any of the forms.

        Raises:
            BadReference: it is none of them, or uses a reserved name.
        """
        rest = _without_scheme(text)
        host, rest = _split_host(rest)
        rest, at, pointer = rest.partition("@")
        model, version = _split_version(rest)
        _check_model(model, text)
        digest = alias = None
        if at and pointer.startswith("sha256:"):
            digest = Digest.parse(pointer)
        elif at:
            alias = pointer
            if version is not None:
                raise BadReference(f"{text[:120]!r} names a version and an alias", expected=FORMS)
            _check_pointer(alias, _ALIAS, "alias", text)
        if version is not None:
            _check_pointer(version, _VERSION, "version", text)
        return cls(host=host, model=model, version=version, alias=alias, digest=digest)

    @property
    def name(self) -> str:
        """Host and model."""
        return f"{self.host}/{self.model}" if self.host else self.model

    @property
    def number(self) -> int | None:
        """The version as a number, where it is one."""
        return int(self.version) if self.version is not None and self.version.isdecimal() else None

    @property
    def names_version(self) -> bool:
        """Whether it says which version, rather than only which model."""
        return bool(self.version or self.alias or self.digest)

    def with_version(self, version: str) -> Self:
        """The same model at another version."""
        return replace(self, version=version, alias=None, digest=None)

    def pinned(self, digest: Digest) -> Self:
        """The same with a digest: what is printed on standard output."""
        return replace(self, digest=digest, alias=None)

    def __str__(self) -> str:
        text = self.name
        if self.version is not None:
            text += f":{self.version}"
        if self.alias is not None:
            text += f"@{self.alias}"
        return f"{text}@{self.digest}" if self.digest is not None else text


def can_be_alias(text: str) -> bool:
    """Whether `NAME@text` would be a reference."""
    return _ALIAS.fullmatch(text) is not None and _RESERVED.fullmatch(text) is None


def can_be_label(text: str) -> bool:
    """Whether `NAME:text` would be a reference that is no number."""
    return _VERSION.fullmatch(text) is not None and _RESERVED.fullmatch(text) is None and not text.isdecimal()


def _without_scheme(text: str) -> str:
    for scheme in ("attest://", "models:/"):
        if text.startswith(scheme):
            return text.removeprefix(scheme)
    return text


def _split_host(text: str) -> tuple[str | None, str]:
    first, slash, rest = text.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        if not _HOST.fullmatch(first):
            raise BadReference(f"{first[:80]!r} is no host", expected="a name or address, with an optional :PORT")
        return first, rest
    return None, text


def _split_version(text: str) -> tuple[str, str | None]:
    model, colon, version = text.partition(":")
    if colon:
        return model, version
    model, slash, last = text.rpartition("/")
    if slash and last.isdecimal():  # NAME/3, as MLflow writes it
        return model, last
    return text, None


def _check_model(model: str, text: str) -> None:
    parts = model.split("/")
    if len(model) > _MODEL_CHARACTERS or not all(_COMPONENT.fullmatch(part) for part in parts):
        hint = f"write {model.lower()!r}" if _COMPONENT.fullmatch(model.lower()) else None
        raise BadReference(
            f"{text[:120]!r} holds no model name",
            expected="lower-case letters, digits and single . _ - between them, parts separated by /",
            hint=hint,
        )
    if _RESERVED_COMPONENTS & set(parts):
        raise BadReference(
            f"{text[:120]!r} uses a reserved name",
            code="name-reserved",
            expected=f"no part called {', '.join(sorted(_RESERVED_COMPONENTS))}",
        )


def _check_pointer(pointer: str, form: re.Pattern[str], kind: str, text: str) -> None:
    if not form.fullmatch(pointer):
        raise BadReference(f"{text[:120]!r} holds no {kind}", expected=FORMS)
    if _RESERVED.fullmatch(pointer):
        raise BadReference(
            f"{pointer!r} is a reserved {kind}",
            code="name-reserved",
            hint="latest is never resolved: name a version or an alias" if pointer == "latest" else None,
        )
    if kind == "version" and pointer.isdecimal() and (pointer.startswith("0") or len(pointer) > _NUMBER_DIGITS):
        raise BadReference(f"{pointer!r} is no version number", expected="1, 2, 3 …")
