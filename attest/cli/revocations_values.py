"""What is revoked, as it is typed: `manifest credit-risk:3`, `key mallory.pub`, `identity ISSUER SUBJECT`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from attest.claims.revocations import Holder, Kind
from attest.errors import InputError
from attest.written_path import written_path
from attest_registry.digest import Digest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from attest_registry.oci.content import Repository
    from attest_registry.reference import Reference

_MOST_INDEX: Final = 2**53 - 1
_EXPECTED: Final = {
    Kind.MANIFEST: "NAME:VERSION or sha256:…",
    Kind.DATASET: "a file or folder, or sha256:…",
    Kind.KEY: "a public key file, or its fingerprint sha256:…",
    Kind.IDENTITY: "ISSUER SUBJECT, or --no-issuer SUBJECT for the certificates of a private authority",
    Kind.LOG_INDEX: "the number of an entry",
    Kind.CLAIM: "a bundle file, or sha256:… of the signed words",
}


def value_of(
    kind: Kind, words: Sequence[str], *, no_issuer: bool, repository_of: Callable[[Reference], Repository]
) -> Digest | Holder | int:
    """One thing that can be revoked.

    Args:
        kind: what it is.
        words: what was typed after it.
        no_issuer: that holders of a private authority's certificates are meant.
        repository_of: opens the store of a version.

    Raises:
        AttestError: it is none, or a version, file or key that is not there.
    """
    if no_issuer and kind is not Kind.IDENTITY:
        raise InputError("--no-issuer goes with identity", code="usage", expected=f"{kind} {_EXPECTED[kind]}")
    count = 2 if kind is Kind.IDENTITY and not no_issuer else 1
    if len(words) != count:
        raise _another(kind, words)
    if kind is Kind.IDENTITY:
        return _holder(words, no_issuer=no_issuer)
    if kind is Kind.LOG_INDEX:
        return _index(words[0])
    return _digest(kind, words[0], repository_of)


def _digest(kind: Kind, word: str, repository_of: Callable[[Reference], Repository]) -> Digest:
    if word.startswith("sha256:"):
        return Digest.parse(word)
    match kind:
        case Kind.MANIFEST:
            return _version(word, repository_of)
        case Kind.DATASET:
            from attest.training_inputs import measure  # noqa: PLC0415

            return measure(written_path(word)).digest
        case Kind.KEY:
            from attest.trust.identity import load_trusted_key  # noqa: PLC0415

            return load_trusted_key(written_path(word)).fingerprint
        case _:
            return _claim(written_path(word))


def _holder(words: Sequence[str], *, no_issuer: bool) -> Holder:
    if no_issuer:
        return Holder(subject=words[0])
    issuer, subject = words
    if not issuer.startswith(("https://", "http://")):
        raise _another(Kind.IDENTITY, words)
    return Holder(subject=subject, issuer=issuer)


def _index(word: str) -> int:
    if not (word.isascii() and word.isdecimal()) or int(word) > _MOST_INDEX:
        raise _another(Kind.LOG_INDEX, [word])
    return int(word)


def _version(word: str, repository_of: Callable[[Reference], Repository]) -> Digest:
    """A version's digest; one that is written with its digest alone need not be in any store any more."""
    from attest_registry.reference import Reference  # noqa: PLC0415

    reference = Reference.parse(word)
    if reference.digest is not None and reference.version is None:
        return reference.digest
    from attest.admit import locate_version  # noqa: PLC0415

    _, artefact = locate_version(reference, repository_of(reference))
    return artefact.digest


def _claim(path: Path) -> Digest:
    from attest.cli.evidence import read_bundle  # noqa: PLC0415
    from attest.signing.bundle import Bundle  # noqa: PLC0415

    raw, _ = read_bundle(path)
    return Digest.of(Bundle.parse(raw).payload)


def _another(kind: Kind, words: Sequence[str]) -> InputError:
    return InputError(
        f"this is no {kind} that can be revoked",
        code="usage",
        expected=f"{kind} {_EXPECTED[kind]}",
        found=" ".join(words)[:120] or "nothing",
    )
