"""What the conformance suite signs: a file's bytes, or a file that is an in-toto statement."""

from __future__ import annotations

import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from attest.claims.statement import Statement
from attest.errors import MalformedEvidence
from attest.signing.keyless import KeylessSigner
from attest.signing.tokens import Token
from attest.signing.trust_config import SigningTrust
from attest.trust.tuf_mirror import PUBLIC_GOOD, STAGING
from attest.verify.by_certificate import verify_certificate_bundle
from attest.verify.sigstore_bundle import SigstoreBundle

_TRUST_CONFIG = "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json"


def instance(root: Path | None, config: Path | None, *, staging: bool) -> SigningTrust:
    """Who signs: a private instance where both files are given, else a public one."""
    if root is None or config is None:
        with tempfile.TemporaryDirectory() as folder:
            return SigningTrust.from_mirror(STAGING if staging else PUBLIC_GOOD, root=None, folder=Path(folder))
    try:
        parts = {"trustedRoot": json.loads(root.read_bytes()), "signingConfig": json.loads(config.read_bytes())}
    except ValueError as error:
        raise MalformedEvidence("a trusted root or signing configuration is not JSON", found=str(error)) from error
    document = {"mediaType": _TRUST_CONFIG} | parts
    return SigningTrust.parse(json.dumps(document).encode(), origin=str(config))


def sign_file(data: bytes, *, trust: SigningTrust, token: str, in_toto: bool) -> bytes:
    """A bundle over the bytes, or over the statement that they are, accepted by our own verifier."""
    signer = KeylessSigner.open(trust, Token.read(token, origin="--identity-token", now=datetime.now(UTC)))
    if in_toto:
        return signer.sign_statement(Statement.parse(data))
    raw: bytes = signer.engine.sign_artifact(data).to_json().encode()
    verify_certificate_bundle(
        SigstoreBundle.parse(raw), root=trust.root, identity=signer.identity, demands=signer.demands, message=data
    )
    return raw
