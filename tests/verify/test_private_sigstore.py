"""What the in-memory Sigstore writes is what real ones write: sigstore-python verifies it too."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from attest.errors import AttestError
from attest.verify.by_certificate import verify_certificate_bundle
from attest.verify.proven import TimeSource, VerifiedBundle
from attest.verify.sigstore_bundle import SigstoreBundle
from tests.verify.private_authority import NOON
from tests.verify.private_fulcio import ISSUER, SUBJECT
from tests.verify.private_sigstore import PAYLOAD, PrivateSigstore
from tests.verify.refusals import ALICE, parsed

if TYPE_CHECKING:
    from pathlib import Path


def sigstore_python(root: dict[str, Any], bundle: dict[str, Any], folder: Path) -> bytes:
    from sigstore.models import Bundle, TrustedRoot
    from sigstore.verify import Verifier
    from sigstore.verify.policy import Identity

    path = folder / "trusted_root.json"
    path.write_text(json.dumps(root))
    verifier = Verifier(trusted_root=TrustedRoot.from_file(str(path)))
    _, payload = verifier.verify_dsse(Bundle.from_json(json.dumps(bundle)), Identity(identity=SUBJECT, issuer=ISSUER))
    return payload


@pytest.mark.parametrize("version", [1, 2])
def test_sigstore_python_and_we_accept_it(instance: PrivateSigstore, version: int, tmp_path: Path) -> None:
    bundle = instance.bundle(version=version)
    assert sigstore_python(instance.root_document(), bundle, tmp_path) == PAYLOAD
    found = verify_certificate_bundle(parsed(bundle), root=instance.root(), identity=ALICE)
    assert found.payload == PAYLOAD
    assert [time.moment for time in found.times] == [NOON]
    assert found.times[0].source is (TimeSource.LOG if version == 1 else TimeSource.TIMESTAMP)
    assert found.logged is not None
    assert found.logged.index == 3


def test_the_first_entry_of_a_log_is_written_without_its_index() -> None:
    """Protobuf's writers leave a zero out (cosign's too), so an absent index is the first entry's and nobody else's."""
    instance = PrivateSigstore()
    for before in (0, 1):
        instance.rekor[2].before = before
        bundle = instance.bundle(version=2)
        entry = bundle["verificationMaterial"]["tlogEntries"][0]
        del entry["logIndex"], entry["inclusionProof"]["logIndex"]
        if before == 0:
            found = verify_certificate_bundle(parsed(bundle), root=instance.root(), identity=ALICE)
            assert found.logged is not None
            assert found.logged.index == 0
            continue
        with pytest.raises(AttestError) as caught:
            verify_certificate_bundle(parsed(bundle), root=instance.root(), identity=ALICE)
        assert caught.value.code == "inclusion-proof"


def test_a_verified_bundle_cannot_be_made_outside(instance: PrivateSigstore) -> None:
    found = verify_certificate_bundle(parsed(instance.bundle()), root=instance.root(), identity=ALICE)
    with pytest.raises(TypeError):
        VerifiedBundle(signer=found.signer, payload=b"", payload_type="", message=None, times=(), logged=None)


def test_it_reads_back_what_it_wrote(instance: PrivateSigstore) -> None:
    bundle = SigstoreBundle.parse(json.dumps(instance.bundle(stamps=(NOON,))).encode())
    assert len(bundle.timestamps) == 1
    assert bundle.log_entry is not None
