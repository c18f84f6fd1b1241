"""The identities of a policy document: a public key (a file beside the policy, or PEM text), or a certificate's holder.

identities:
  risk-ml: {key: risk-ml.pub}
  last-year: {key: last-year.pub, not-before: 2025-01-01, not-after: 2025-12-31, time: required}
  ci: {issuer: "https://token.actions.githubusercontent.com", subject: "https://github.com/acme/…@refs/heads/main"}
  people: {issuer: "https://accounts.example.com", subject-glob: "*@acme.example", kind: email}
  release: {root: acme-ca.pem, subject: release@acme.example}
trust: {root: trusted_root.json}     # who vouches for certificates and times; pinned, beside the policy
trust: {tsa-chain: tsa.pem}          # or a timestamp authority alone, without any Sigstore
trust: {root: trusted_root.json, roots: {acme: acme_root.json}}     # another one, for identities with `trust: acme`

Holders of certificates are read in `holders.py`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct, field
from msgspec.structs import replace

from attest.errors import AttestError, InputError, KeyFileError, PolicyError
from attest.policy.key_rows import NAME_PATTERN, TABLE
from attest.policy.reading import read_word
from attest.policy.requirements import Identity
from attest.signing.algorithms import supported_public_key
from attest.strict_yaml import dotted, suggestion
from attest.trust.identity import TrustedKey, fingerprint, load_trusted_key
from attest.written_path import written_path

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from attest.strict_yaml import Document, NodePath
    from attest.trust.managed_key import TimeDemand
    from attest.trust.roots import TrustedRoot
    from attest.trust.signatory import KeyHolder, Signatory

GIVEN: Final = "given"
"""The word for "the key given on the command line", in the shipped policies."""

_NAME: Final = re.compile(NAME_PATTERN, re.ASCII)
_PEM: Final = "-----BEGIN "
_PATH: Final = ("identities",)
_SPAN_KEYS: Final = ("not-before", "not-after", "time")
_KEY_KEYS: Final = ("key", *_SPAN_KEYS, "trust")
SIGSTORE_KEYS: Final = ("issuer", "subject", "subject-glob", "kind", "extensions", "trust")
PKI_KEYS: Final = ("root", "subject", "subject-glob", "kind", "usage", "time", "trust")
_SHAPES: Final = "key: FILE; issuer: URL with a subject; or root: FILE with a subject"
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


class Beside(Struct, frozen=True, kw_only=True):
    """What stands beside the identities.

    Args:
        folder: what paths are relative to; `None` where no file is read, and what would be in one stands there itself.
        root: the pinned root that the document names under `trust`.
        origin: its path.
        roots: the others that it names, with their paths, for identities that ask for one.
    """

    folder: Path | None
    root: TrustedRoot | None = None
    origin: str = ""
    roots: Mapping[str, tuple[TrustedRoot, str]] = field(default_factory=dict)


def read_identities(
    document: Document, *, folder: Path | None, given: Sequence[Signatory] | None
) -> dict[str, Identity]:
    """Who is named.

    Args:
        document: the policy.
        folder: what key paths are relative to; `None` where no file is read.
        given: keys from the command line for `key: given`; `None` where a document has to bring its own.

    Raises:
        PolicyError: nobody is named (`policy-no-identities`), a name cannot be one, two identities share a key
            (`policy-same-key`), or a key cannot be used (`policy-bad-key`).
    """
    value = document.value.get("identities")
    if not isinstance(value, dict) or not value:
        raise document.error(
            _PATH,
            "a policy names at least one identity",
            code="no-identities",
            expected="identities: {publisher: {key: publisher.pub}}",
        )
    beside = _read_beside(document, folder)
    found: dict[str, Identity] = {}
    for name in value:
        if not _NAME.fullmatch(name):
            raise document.error(
                (*_PATH, name),
                f"'{name[:80]}' cannot name an identity",
                code="bad-name",
                expected="letters, digits and . _ -",
                at_key=True,
            )
        identity = _read_one(document, name, value[name], beside, given)
        _refuse_shared_key(document, identity, found)
        found[name] = identity
    return found


def _read_one(document: Document, name: str, value: Any, beside: Beside, given: Sequence[Signatory] | None) -> Identity:
    path = (*_PATH, name)
    TABLE.checked(document, path, value)
    beside = _believing(document, path, value, beside)
    if "key" not in value:
        if not value.keys() & set(SIGSTORE_KEYS + PKI_KEYS) - {*_SPAN_KEYS, "trust"}:
            raise document.error(path, f"{dotted(path)} names nobody", code="missing-key", expected=_SHAPES)
        from attest.policy.holders import read_holder  # noqa: PLC0415  # X.509 costs a key's policy nothing

        return Identity(name=name, keys=(read_holder(document, name, value, beside),))
    document.check_keys(path, value, _KEY_KEYS)
    key = value["key"]
    if not isinstance(key, str) or not key.strip():
        raise document.error((*path, "key"), "a key is the path of a public key, or PEM text", code="wrong-type")
    if key == GIVEN:
        return Identity(name=name, keys=_given(document, path, value, given), given=True)
    try:
        if beside.folder is None or _PEM in key:
            trusted = _from_text(key, name=name, origin=document.what)
        else:
            trusted = _from_file(key, name, beside.folder)
    except InputError as error:
        raise document.error(
            (*path, "key"), error.message, code="bad-key", expected=error.expected, hint=error.hint
        ) from error
    return Identity(name=name, keys=(_managed(document, path, value, trusted, beside),))


def _believing(document: Document, path: tuple[str, ...], value: dict[str, Any], beside: Beside) -> Beside:
    """What stands beside an identity, with the root that it asks for by name."""
    if "trust" not in value:
        return beside
    name = read_plain(document, (*path, "trust"), value["trust"])
    if name not in beside.roots:
        raise document.error(
            (*path, "trust"),
            f"'{name[:80]}' is none of the roots that the policy names",
            code="unknown-root",
            expected=", ".join(sorted(beside.roots)) or "trust: {roots: {NAME: trusted_root.json}}",
            hint=suggestion(name, beside.roots),
        )
    root, origin = beside.roots[name]
    return replace(beside, root=root, origin=origin)


def _given(
    document: Document, path: tuple[str, ...], value: dict[str, Any], given: Sequence[Signatory] | None
) -> tuple[Signatory, ...]:
    if given is None:
        raise document.error(
            (*path, "key"),
            "'given' stands for the key on the command line, which a policy file does not have",
            code="key-given",
            expected="the path of a public key, or PEM text",
            hint="attest policy init --profile NAME --key PUBLIC_KEY     writes a policy with its keys in it",
        )
    document.check_keys(path, value, ("key",))
    return tuple(given)


def _managed(
    document: Document, path: tuple[str, ...], value: dict[str, Any], key: TrustedKey, beside: Beside
) -> KeyHolder:
    """The key, with when it counts and whose proofs of time are believed, where the document says either."""
    if beside.root is None and not value.keys() & set(_SPAN_KEYS):
        return key
    from attest.trust.managed_key import ManagedKey, TimeDemand  # noqa: PLC0415  # only where a policy needs it

    time = read_time_demand(document, path, value)
    try:
        managed = ManagedKey(
            key=key,
            not_before=read_moment(document, (*path, "not-before"), value, last=False),
            not_after=read_moment(document, (*path, "not-after"), value, last=True),
            time=time,
            root=beside.root,
        )
    except PolicyError as error:
        if error.code != PolicyError.code:
            raise
        raise document.error((*path, "not-after"), error.message, code="bad-span", expected=error.expected) from error
    if time is TimeDemand.NOT_REQUIRED and not managed.is_limited:
        raise document.error(
            (*path, "time"),
            "'not-required' says nothing about a key without not-before or not-after",
            code="missing-key",
            expected="not-before or not-after beside it, or no `time`",
        )
    if managed.needs_time and beside.root is None:
        raise no_root(document, (*path, "time" if time else "not-after"), "a proven time")
    return managed


def read_time_demand(document: Document, path: tuple[str, ...], value: dict[str, Any]) -> TimeDemand | None:
    """The key `time` of an identity; `None` where it is left out.

    Raises:
        PolicyError: `policy-unknown-word`.
    """
    from attest.trust.managed_key import TimeDemand  # noqa: PLC0415  # only where a policy needs it

    return read_word(document, (*path, "time"), value["time"], TimeDemand) if "time" in value else None


def no_root(document: Document, path: tuple[str, ...], needing: str) -> InputError:
    """The error for what cannot be checked without a trusted root."""
    return document.error(
        path,
        f"{needing} needs a trusted root",
        code="no-root",
        expected="trust: {root: trusted_root.json}",
        hint="time: not-required     on the identity accepts signatures without a proven time, while it counts"
        if "time" in needing
        else None,
    )


def read_moment(document: Document, path: NodePath, value: dict[str, Any], *, last: bool) -> datetime | None:
    """A time with its zone, or a day in UTC: from its first moment, until its last; `None` where the key is left out.

    Raises:
        PolicyError: it is no time (`policy-bad-time`).
    """
    from attest.trust.times import read_time  # noqa: PLC0415

    key = str(path[-1])
    if key not in value:
        return None
    text = value[key]
    if isinstance(text, str) and _DAY.fullmatch(text):
        text += "T23:59:59.999999Z" if last else "T00:00:00Z"
    try:
        return read_time(text if isinstance(text, str) else "", what=key)
    except AttestError as error:
        raise document.error(
            path,
            f"{dotted(path)} is no time",
            code="bad-time",
            expected="a day such as 2026-12-31 (UTC), or a time with its zone such as 2026-12-31T18:00:00Z",
        ) from error


def _read_beside(document: Document, folder: Path | None) -> Beside:
    """The key `trust`. What it names has to be sound even where nobody needs it."""
    trust = document.value.get("trust")
    if trust is None:
        return Beside(folder=folder)
    TABLE.checked(document, ("trust",), trust)
    if not trust or {"root", "tsa-chain"} <= trust.keys():
        raise document.error(
            ("trust",),
            "trust names one file: a Sigstore's root, or the certificates of a timestamp authority",
            code="missing-key" if not trust else "bad-root",
            expected="root: trusted_root.json, or tsa-chain: tsa.pem",
        )
    roots = {name: _root_at(document, ("trust", "roots", name), folder) for name in _names(document, trust)}
    for key in ("root", "tsa-chain"):
        if key in trust:
            root, origin = _root_at(document, ("trust", key), folder)
            return Beside(folder=folder, root=root, origin=origin, roots=roots)
    return Beside(folder=folder, roots=roots)


def _names(document: Document, trust: dict[str, Any]) -> list[str]:
    """The names of further roots."""
    if "roots" not in trust:
        return []
    if not isinstance(trust["roots"], dict) or not trust["roots"]:
        raise document.error(
            ("trust", "roots"),
            "trust.roots names at least one root",
            code="empty-list" if trust["roots"] in ({}, []) else "wrong-type",
            expected="roots: {acme: acme_root.json}",
        )
    for name in trust["roots"]:
        if not _NAME.fullmatch(name):
            raise document.error(
                ("trust", "roots", name),
                f"'{name[:80]}' cannot name a root",
                code="bad-name",
                expected="letters, digits and . _ -",
                at_key=True,
            )
    return list(trust["roots"])


def _root_at(document: Document, where: tuple[str, ...], folder: Path | None) -> tuple[TrustedRoot, str]:
    value = document.value
    for key in where:
        value = value[key]
    key, text = where[-1] if where[-2] == "trust" else "root", read_plain(document, where, value)
    try:
        if folder is None:
            return _parse_root(key, text.encode("utf-8"), what=document.what), document.what
        path = folder / written_path(text)
        return _load_root(key, path), str(path)
    except PolicyError:
        raise
    except AttestError as error:
        raise document.error(where, error.message, code="bad-root", expected=error.expected, hint=error.hint) from error


def _load_root(key: str, path: Path) -> TrustedRoot:
    if key == "root":
        from attest.trust.roots import TrustedRoot  # noqa: PLC0415  # X.509 costs a key's policy nothing

        return TrustedRoot.load(path)
    from attest.trust.timestamp_chain import load_timestamp_chain  # noqa: PLC0415

    return load_timestamp_chain(path)


def _parse_root(key: str, raw: bytes, *, what: str) -> TrustedRoot:
    if key == "root":
        from attest.trust.roots import TrustedRoot  # noqa: PLC0415

        return TrustedRoot.parse(raw)
    from attest.trust.timestamp_chain import parse_timestamp_chain  # noqa: PLC0415

    return parse_timestamp_chain(raw, what=what)


def read_plain(document: Document, path: tuple[str, ...], value: object) -> str:
    """Text, as it stands.

    Raises:
        PolicyError: it is none (`policy-wrong-type`).
    """
    if not isinstance(value, str) or not value.strip():
        raise document.error(path, f"{dotted(path)} has to be text", code="wrong-type")
    return value


def _from_file(text: str, name: str, folder: Path) -> TrustedKey:
    return load_trusted_key(folder / written_path(text), name=name)


def _from_text(text: str, *, name: str, origin: str) -> TrustedKey:
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_pem_public_key  # noqa: PLC0415

    if "PRIVATE KEY" in text:
        raise KeyFileError(
            f"identity '{name}' holds a private key", code="private-key-given", hint="put its public half there"
        )
    if text.count(_PEM) != 1:
        raise KeyFileError(f"identity '{name}' holds several keys", expected="one public key for each identity")
    try:
        key = load_pem_public_key(text.encode("utf-8"))
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyFileError(
            f"identity '{name}' holds no public key", expected="PEM with -----BEGIN PUBLIC KEY-----"
        ) from error
    supported = supported_public_key(key, origin=f"identity '{name}'")
    return TrustedKey(name=name, public_key=supported, fingerprint=fingerprint(supported), origin=origin)


def _refuse_shared_key(document: Document, identity: Identity, found: dict[str, Identity]) -> None:
    """One key under two names would let one person pass for two."""
    keys = {key.fingerprint for key in identity.keys}
    for other in found.values():
        if keys & {key.fingerprint for key in other.keys}:
            raise document.error(
                (*_PATH, identity.name),
                f"'{identity.name}' has the same key as '{other.name}'",
                code="same-key",
                expected="one identity for each key",
                at_key=True,
            )
