"""What we sign by identity, and by key with proofs, as `@sigstore/verify` sees it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from attest.signing.bundle_signer import KeyBundleSigner
from attest.signing.log_client import LOGS
from attest.signing.services import Kind, Service
from attest.signing.signer import KeySigner
from attest.signing.timestamp_client import TimestampClient
from tests.interop.tools import ROOT, Outcome, run, sigstore_verify
from tests.services.sigstore.instance import _sigstore, other_sigstore, sigstore  # noqa: F401  # fixtures
from tests.signing.keyless_scene import claims, signer

if TYPE_CHECKING:
    from pathlib import Path

    from attest.signing.bundle_signer import BundleSigner
    from tests.services.sigstore.instance import Sigstore

pytestmark = pytest.mark.interop


def bundles(folder: Path, by: BundleSigner) -> list[Path]:
    found = []
    for number, statement in enumerate(claims()):
        file = folder / f"{number}.sigstore.json"
        file.write_bytes(by.sign_statement(statement))
        found.append(file)
    return found


def judge(root: Path, whom: dict[str, str], files: list[Path]) -> Outcome:
    node, _, modules = sigstore_verify()
    script = ROOT / "tests" / "interop" / "verify_keyless.mjs"
    return run(node, script, modules, root, json.dumps(whom), *files)


@pytest.mark.witness(
    "@sigstore/verify reads attest",
    how="keyless, @sigstore/mock",
    claims=("model signature", "provenance", "ML-BOM", "cosign signature"),
)
@pytest.mark.parametrize("version", [1, 2])
def test_it_accepts_what_an_identity_signed(tmp_path: Path, sigstore: Sigstore, version: int) -> None:  # noqa: F811
    keyless = signer(sigstore, version)
    whom = {"identity": keyless.holder.subject, "issuer": keyless.holder.issuer}
    outcome = judge(sigstore.trusted_root, whom, bundles(tmp_path, keyless))
    assert outcome.status == 0, outcome.out + outcome.err
    assert outcome.out.count('"verified":true') == 4


@pytest.mark.witness(
    "@sigstore/verify refuses attest",
    how="keyless, @sigstore/mock",
    claims=("model signature", "provenance", "ML-BOM", "cosign signature"),
)
def test_it_refuses_them_as_somebody_else_s(
    tmp_path: Path,
    sigstore: Sigstore,  # noqa: F811
    other_sigstore: Sigstore,  # noqa: F811
) -> None:
    keyless = signer(sigstore)
    files = bundles(tmp_path, keyless)
    subject, issuer = keyless.holder.subject, keyless.holder.issuer
    for root, whom in (
        (sigstore.trusted_root, {"identity": "https://ci.acme.test/other", "issuer": issuer}),
        (sigstore.trusted_root, {"identity": subject, "issuer": "https://other.test"}),
        (other_sigstore.trusted_root, {"identity": subject, "issuer": issuer}),
    ):
        outcome = judge(root, whom, files)
        assert (outcome.status, outcome.out.count('"verified":false')) == (1, 4), outcome.out + outcome.err


@pytest.mark.witness(
    "@sigstore/verify reads attest",
    how="key with proofs, @sigstore/mock",
    claims=("model signature", "provenance", "ML-BOM", "cosign signature"),
)
@pytest.mark.parametrize("version", [1, 2])
def test_it_accepts_what_a_key_signed_with_proofs(tmp_path: Path, sigstore: Sigstore, version: int) -> None:  # noqa: F811
    key = KeySigner(private_key=ec.generate_private_key(ec.SECP256R1()))
    public = tmp_path / "key.pub"
    public.write_bytes(key.public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    by = KeyBundleSigner(
        signer=key,
        timestamps=[TimestampClient(service=Service(kind=Kind.TSA, url=sigstore.timestamps))],
        log=LOGS[version](service=Service(kind=Kind.REKOR, url=sigstore.url)),
    )
    outcome = judge(sigstore.trusted_root, {"key": str(public)}, bundles(tmp_path, by))
    assert outcome.status == 0, outcome.out + outcome.err
