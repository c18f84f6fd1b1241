"""What tests of keyless signing share: how patient they are, and who signs."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from attest.claims.statement import Statement, Subject
from attest.signing.keyless import KeylessSigner
from attest.signing.tokens import Token
from attest.signing.trust_config import SigningTrust
from attest_registry.digest import Digest
from attest_registry.oci.remote_options import RemoteOptions, Timing

if TYPE_CHECKING:
    from pathlib import Path

    from tests.services.sigstore.instance import Sigstore

OPTIONS = RemoteOptions(timing=Timing(connect=2.0, idle=0.6, tries=2, budget=3.0, pause=0.02))
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


def patient(**more: float) -> RemoteOptions:
    timing = Timing(connect=2.0, idle=0.6, tries=2, budget=3.0, pause=0.02)
    return RemoteOptions(timing=replace(timing, **more))  # type: ignore[arg-type]  # `tries` is not changed here
