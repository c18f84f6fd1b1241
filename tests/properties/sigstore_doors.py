"""Doors for Sigstore's documents: bundles of keys and of certificates, and trusted roots."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Final
from urllib.parse import quote

from attest.errors import AttestError
from attest.signing.bundle import Bundle
from attest.trust.certificate_identity import CertificateIdentity
from attest.trust.roots import TrustedRoot
from attest.verify.by_certificate import verify_certificate_bundle
from attest.verify.sigstore_bundle import BareMessage, Envelope, SigstoreBundle
from attest_registry.digest import Digest
from tests.verify.private_fulcio import ISSUER, SUBJECT
from tests.verify.private_sigstore import PrivateSigstore

HANDLED: Final = frozenset({1, 2, 3, 4})
"""Exit statuses of errors that bad input may end in; 5 is a fault of ours."""
_SIGSTORE: Final = PrivateSigstore()
_PUBLIC_ROOTS: Final = tuple(  # the real ones, as sigstore-python ships them
    (files("sigstore._store") / quote(url, safe="") / "trusted_root.json").read_bytes()
    for url in ("https://tuf-repo-cdn.sigstore.dev", "https://tuf-repo-cdn.sigstage.dev")
)
_SUITE: Final = CertificateIdentity(  # who signs the bundles of Sigstore's conformance suite
    issuer="https://token.actions.githubusercontent.com",
    subject="https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/"
    ".github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main",
)
_OWN: Final = ((_SIGSTORE.root(), CertificateIdentity(issuer=ISSUER, subject=SUBJECT)),)
_REAL: Final = tuple((TrustedRoot.parse(root), _SUITE) for root in _PUBLIC_ROOTS)
_OWN_LOGS: Final = frozenset(rekor.log_id for rekor in _SIGSTORE.rekor.values())


def bundles() -> tuple[bytes, ...]:
    """Bundles that `certificate_bundle` takes."""
    return tuple(json.dumps(_SIGSTORE.bundle(version=version)).encode() for version in (1, 2))


def roots() -> tuple[bytes, ...]:
    """Trusted roots: the fixture's and the real ones."""
    return (json.dumps(_SIGSTORE.root_document()).encode(), *_PUBLIC_ROOTS)


def bundle(data: bytes) -> None:
    """Both readers see it, ours and the one for any Sigstore client; where both take it, it means the same to both."""
    read: list[Bundle | SigstoreBundle] = []
    refused = None
    for reader in (Bundle.parse, SigstoreBundle.parse):
        try:
            read.append(reader(data))
        except AttestError as error:
            if error.exit_status not in HANDLED:
                raise
            refused = error
    match read:
        case [Bundle() as ours, SigstoreBundle(content=Envelope() as content) as theirs]:
            assert (ours.signed_bytes, ours.keyid) == (content.signed_bytes, content.keyid)
            assert ours.signature == theirs.signature
            assert ours.timestamps == len(theirs.timestamps)
            assert bool(ours.log_entries) == bool(theirs.log_entry)
        case _:
            pass
    if refused is not None:
        raise refused


def trusted_root(data: bytes) -> None:
    root = TrustedRoot.parse(data)
    assert root.digest == Digest.of(data)
    for log in (*root.logs, *root.certificate_logs):
        assert len(log.hosts) <= 2


def certificate_bundle(data: bytes) -> None:
    """Verified whole: against the fixture's root where its log is named, else against the real ones.

    Never against both: the fixture has new keys in each process, and a kept input has to reach the same each time.
    """
    read = SigstoreBundle.parse(data, accept_old_versions=True)
    message = None
    if isinstance(read.content, BareMessage):
        message = Digest.of(b"")
        if read.content.algorithm == "sha256" and read.content.digest:
            message = Digest.parse(f"sha256:{read.content.digest.hex()}")
    refused = None
    own = read.log_entry is not None and read.log_entry.log_id in _OWN_LOGS
    for root, identity in _OWN if own else _REAL:
        try:
            verify_certificate_bundle(read, root=root, identity=identity, message=message)
        except AttestError as error:
            if error.exit_status not in HANDLED:
                raise
            refused = error
        else:
            return
    assert refused is not None
    raise refused
