"""An entry of a log is of this payload, signature and certificate, and its checkpoint of this log."""

from __future__ import annotations

import base64

import pytest

from attest.signing.dsse import encode_base64
from attest.verify.demands import Demands
from tests.verify.private_authority import NOON
from tests.verify.private_fulcio import Holder
from tests.verify.private_rekor import Rekor
from tests.verify.private_sigstore import PAYLOAD, PrivateSigstore
from tests.verify.refusals import ask, code_of


def test_without_a_log_entry(instance: PrivateSigstore) -> None:
    bundle = instance.bundle(logged=False)
    assert code_of(lambda: ask(instance, bundle)) == "log-entry-missing"
    accepted = ask(instance, bundle, demands=Demands(accept_without_log_entry=True))
    assert accepted.logged is None


def test_a_log_entry_that_need_not_be_there_has_to_hold_all_the_same(instance: PrivateSigstore) -> None:
    bundle = instance.bundle()
    bundle["verificationMaterial"]["tlogEntries"] = instance.bundle()["verificationMaterial"]["tlogEntries"]
    demands = Demands(accept_without_log_entry=True)
    assert code_of(lambda: ask(instance, bundle, demands=demands)) == "log-entry-mismatch"


@pytest.mark.parametrize("version", [1, 2])
def test_somebody_else_s_log_entry(instance: PrivateSigstore, version: int) -> None:
    """CVE-2022-36056, CVE-2026-22703."""
    holder = Holder()
    bundle = instance.bundle(version=version, holder=holder)
    other = instance.bundle(version=version, holder=holder, payload=b'{"other":1}')
    bundle["verificationMaterial"]["tlogEntries"] = other["verificationMaterial"]["tlogEntries"]
    assert code_of(lambda: ask(instance, bundle)) == "log-entry-mismatch"


def test_an_entry_with_the_same_signature_under_another_certificate(instance: PrivateSigstore) -> None:
    """CVE-2022-23649: who the entry says signed it counts as much as what."""
    bundle, other = instance.bundle(version=1), instance.bundle(version=1)
    signature = base64.b64decode(bundle["dsseEnvelope"]["signatures"][0]["sig"])
    foreign = base64.b64decode(other["verificationMaterial"]["certificate"]["rawBytes"])
    pem = b"-----BEGIN CERTIFICATE-----\n" + base64.b64encode(foreign) + b"\n-----END CERTIFICATE-----\n"
    bundle["verificationMaterial"]["tlogEntries"] = [
        instance.entry(1, b"", PAYLOAD, signature, verifier={}, pem=pem, moment=NOON)
    ]
    assert code_of(lambda: ask(instance, bundle)) == "log-entry-mismatch"


def test_an_entry_whose_pem_breaks_lines_otherwise(instance: PrivateSigstore) -> None:
    bundle = instance.bundle(version=1)
    signature = base64.b64decode(bundle["dsseEnvelope"]["signatures"][0]["sig"])
    own = bundle["verificationMaterial"]["certificate"]["rawBytes"].encode()
    for around, code in ((b"\n", None), (b"\njunk", "log-entry-mismatch")):
        pem = b"-----BEGIN CERTIFICATE-----\n" + own + b"\n-----END CERTIFICATE-----" + around
        entry = instance.entry(1, b"", PAYLOAD, signature, verifier={}, pem=pem, moment=NOON)
        bundle["verificationMaterial"]["tlogEntries"] = [entry]
        if code is None:
            ask(instance, bundle)
        else:
            assert code_of(lambda: ask(instance, bundle)) == code


def test_an_entry_of_a_kind_that_is_not_read(instance: PrivateSigstore) -> None:
    bundle = instance.bundle()
    bundle["verificationMaterial"]["tlogEntries"][0]["kindVersion"] = {"kind": "rekord", "version": "0.0.1"}
    assert code_of(lambda: ask(instance, bundle)) == "log-entry-unsupported"


def test_a_checkpoint_of_another_log_with_the_same_key(instance: PrivateSigstore) -> None:
    bundle = instance.bundle()
    rekor = instance.rekor[2]
    entry = bundle["verificationMaterial"]["tlogEntries"][0]
    proof = entry["inclusionProof"]
    size, root = int(proof["treeSize"]), base64.b64decode(proof["rootHash"])
    proof["checkpoint"]["envelope"] = rekor.checkpoint(size, root, origin="other.example")
    assert code_of(lambda: ask(instance, bundle)) == "checkpoint-origin"
    proof["checkpoint"]["envelope"] = rekor.checkpoint(size + 1, root)
    assert code_of(lambda: ask(instance, bundle)) == "checkpoint-mismatch"
    impostor = Rekor(2, rekor.host)
    impostor.log_id = rekor.log_id
    proof["checkpoint"]["envelope"] = impostor.checkpoint(size, root)
    assert code_of(lambda: ask(instance, bundle)) == "checkpoint-signature"


def test_a_good_line_beside_a_bad_one_of_the_same_key(instance: PrivateSigstore) -> None:
    bundle = instance.bundle()
    proof = bundle["verificationMaterial"]["tlogEntries"][0]["inclusionProof"]
    note = proof["checkpoint"]["envelope"]
    bad = encode_base64(instance.rekor[2].log_id[:4] + bytes(64))
    proof["checkpoint"]["envelope"] = note + f"\u2014 {instance.rekor[2].host} {bad}\n"
    assert code_of(lambda: ask(instance, bundle)) == "checkpoint-signature"
    witness = encode_base64(b"wit1" + bytes(64))
    proof["checkpoint"]["envelope"] = note + f"\u2014 witness.example {witness}\n"
    ask(instance, bundle)
