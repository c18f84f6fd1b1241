"""What tests of keyless signing share: who signs, with which services."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from attest.claims.statement import Statement, Subject
from attest.signing.keyless import KeylessSigner
from attest.signing.tokens import Token
from attest.signing.trust_config import SigningTrust
from attest_registry.digest import Digest
from attest_registry.oci.remote_options import RemoteOptions
from tests.services.patience import PATIENT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.services.sigstore.instance import Sigstore

OPTIONS = RemoteOptions(timing=PATIENT)
PREDICATES = (
    "https://model_signing/signature/v1.0",
    "https://slsa.dev/provenance/v1",
    "https://cyclonedx.org/bom",
    "https://sigstore.dev/cosign/sign/v1",
)


def claims() -> list[Statement]:
    """Four statements about one model; one has words that another JSON writer would write otherwise."""
    subject = Subject(name="acme/model", digest=Digest.of(b"manifest"))
    return [
        Statement.build(subjects=[subject], predicate_type=each, predicate={"words": "é / \u2028", "number": 1})
        for each in PREDICATES
    ]


def odd_statement() -> Statement:
    """A statement whose bytes nobody would write like this."""
    written = json.dumps(json.loads(claims()[1].raw), indent=3, ensure_ascii=True)
    return Statement.parse(written.encode())


def token(instance: Sigstore, **said: Any) -> Token:
    return Token.read(instance.token(**said), origin="the test", now=datetime.now(UTC))


def trust(instance: Sigstore, version: int = 2) -> SigningTrust:
    return SigningTrust.load(instance.trust_config(version))


def signer(instance: Sigstore, version: int = 2, options: RemoteOptions = OPTIONS, **said: Any) -> KeylessSigner:
    return KeylessSigner.open(trust(instance, version), token(instance, **said), options=options)


def mixed(path: Path, instance: Sigstore, other: Sigstore, service: str, version: int = 2) -> SigningTrust:
    """A trust configuration of `instance` in which one service is the other instance's."""
    document = json.loads(instance.trust_config(version).read_text())
    strange = json.loads(other.trust_config(version).read_text())
    document["signingConfig"][service] = strange["signingConfig"][service]
    path.write_text(json.dumps(document))
    return SigningTrust.load(path)
