"""The identities of a policy document: a public key (a file beside the policy, or PEM text), or a certificate's holder.

identities:
  risk-ml: {key: risk-ml.pub}
  ci: {issuer: "https://token.actions.githubusercontent.com", subject: "https://github.com/acme/…@refs/heads/main"}
  people: {issuer: "https://accounts.example.com", subject-glob: "*@acme.example", kind: email}
trust: {root: trusted_root.json}     # who vouches for certificates; pinned, beside the policy
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from attest.errors import AttestError, InputError, KeyFileError, PolicyError
from attest.policy.requirements import Identity
from attest.signing.algorithms import supported_public_key
from attest.trust.identity import TrustedKey, fingerprint, load_trusted_key
from attest.written_path import written_path

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from attest.strict_yaml import Document
    from attest.trust.roots import TrustedRoot
    from attest.trust.trusted_holder import TrustedHolder

GIVEN: Final = "given"
"""The word for "the key given on the command line", in the shipped policies."""

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
_PEM: Final = "-----BEGIN "
_PATH: Final = ("identities",)
_HOLDER_KEYS: Final = ("issuer", "subject", "subject-glob", "kind", "extensions")


def read_identities(
    document: Document, *, folder: Path, given: Sequence[TrustedKey | TrustedHolder] | None
) -> dict[str, Identity]:
    """Who is named.

    Args:
        document: the policy.
        folder: what key paths are relative to.
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
        identity = _read_one(document, name, value[name], folder, given)
        _refuse_shared_key(document, identity, found)
        found[name] = identity
    return found


def _read_one(
    document: Document, name: str, value: Any, folder: Path, given: Sequence[TrustedKey | TrustedHolder] | None
) -> Identity:
    path = (*_PATH, name)
    if isinstance(value, dict) and "key" not in value and value.keys() & set(_HOLDER_KEYS):
        return Identity(name=name, keys=(_read_holder(document, name, value, folder),))
    document.check_keys(path, value, ("key",), required=("key",))
    key = value["key"]
    if not isinstance(key, str) or not key.strip():
        raise document.error((*path, "key"), "a key is the path of a public key, or PEM text", code="wrong-type")
    if key == GIVEN:
        if given is None:
            raise document.error(
                (*path, "key"),
                "'given' stands for the key on the command line, which a policy file does not have",
                code="key-given",
                expected="the path of a public key, or PEM text",
                hint="a file of that name: ./given",
            )
        return Identity(name=name, keys=tuple(given), given=True)
    try:
        trusted = _from_text(key, name=name, origin=document.what) if _PEM in key else _from_file(key, name, folder)
    except InputError as error:
        raise document.error(
            (*path, "key"), error.message, code="bad-key", expected=error.expected, hint=error.hint
        ) from error
    return Identity(name=name, keys=(trusted,))


def _read_holder(document: Document, name: str, value: dict[str, Any], folder: Path) -> TrustedHolder:
    """Somebody who signs with certificates; the root that vouches for him is named once, under `trust`."""
    from attest.trust.certificate_identity import CertificateIdentity, SubjectKind  # noqa: PLC0415
    from attest.trust.trusted_holder import TrustedHolder  # noqa: PLC0415

    path = (*_PATH, name)
    document.check_keys(path, value, _HOLDER_KEYS, required=("issuer",))
    texts = {key: _text(document, (*path, key), value[key]) for key in value if key != "extensions"}
    kind = texts.get("kind")
    if kind is not None and kind not in set(SubjectKind):
        raise document.error(
            (*path, "kind"), f"'{kind[:40]}' is no kind of subject", code="bad-value", expected=", ".join(SubjectKind)
        )
    extensions = value.get("extensions", {})
    if not isinstance(extensions, dict):
        raise document.error((*path, "extensions"), "extensions are names with one value each", code="wrong-type")
    pairs = {key.replace("-", "_"): _text(document, (*path, "extensions", key), extensions[key]) for key in extensions}
    try:
        identity = CertificateIdentity(
            issuer=texts["issuer"],
            subject=texts.get("subject"),
            subject_glob=texts.get("subject-glob"),
            kind=None if kind is None else SubjectKind(kind),
            extensions=tuple(sorted(pairs.items())),
        )
    except PolicyError as error:
        raise document.error(path, error.message, code="bad-identity", expected=error.expected) from error
    root, origin = _read_root(document, folder)
    return TrustedHolder(name=name, identity=identity, root=root, origin=origin)


def _read_root(document: Document, folder: Path) -> tuple[TrustedRoot, str]:
    from attest.trust.roots import TrustedRoot  # noqa: PLC0415

    trust = document.value.get("trust")
    if trust is None:
        raise document.error(
            _PATH,
            "an identity with an issuer needs a trusted root",
            code="no-root",
            expected="trust: {root: trusted_root.json}",
        )
    document.check_keys(("trust",), trust, ("root",), required=("root",))
    try:
        path = folder / written_path(_text(document, ("trust", "root"), trust["root"]))
        return TrustedRoot.load(path), str(path)
    except AttestError as error:
        raise document.error(
            ("trust", "root"), error.message, code="bad-root", expected=error.expected, hint=error.hint
        ) from error


def _text(document: Document, path: tuple[str, ...], value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise document.error(path, f"{path[-1]} has to be text", code="wrong-type")
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
