"""Each step of the verifier for certificates refuses what it is there for, with its own code."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from attest.errors import Incident, PolicyError, Refusal
from attest.signing.dsse import encode_base64
from attest.verify.about_file import bind_file
from attest.verify.demands import Demands
from attest_registry.digest import Digest
from tests.verify.private_authority import DAY, NOON, Authority
from tests.verify.private_fulcio import CertificateIssuer, CertificateLog, Holder
from tests.verify.private_keys import new_key, spki
from tests.verify.private_rekor import Rekor
from tests.verify.private_sigstore import PAYLOAD, PrivateSigstore
from tests.verify.private_timestamps import TimestampService
from tests.verify.refusals import ask, changed, code_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography import x509

    Change = Callable[[dict[str, Any]], object]


def iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def ending(part: str, index: int, end: datetime) -> Change:
    def change(root: dict[str, Any]) -> None:
        holder = root[part][index]
        (holder.get("publicKey", holder))["validFor"]["end"] = iso(end)

    return change


def starting(part: str, index: int, start: datetime) -> Change:
    def change(root: dict[str, Any]) -> None:
        holder = root[part][index]
        (holder.get("publicKey", holder))["validFor"]["start"] = iso(start)

    return change


SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Span:
    """A window of the root and the moment of a bundle that it is held against."""

    part: str
    index: int
    version: int
    moment: datetime
    code: str


@pytest.fixture(
    params=[
        Span("certificateAuthorities", 0, 2, NOON, "ca-window"),
        Span("tlogs", 0, 1, NOON, "log-window"),
        Span("tlogs", 1, 2, NOON, "log-window"),
        Span("ctlogs", 0, 2, NOON - timedelta(minutes=1), "ct-window"),
        Span("timestampAuthorities", 0, 2, NOON, "tsa-window"),
    ],
    ids=["ca", "rekor-v1", "rekor-v2", "ct", "tsa"],
)
def span(request: pytest.FixtureRequest) -> Span:
    found: Span = request.param
    return found


def test_windows_end_before_and_start_after_the_moment_that_counts(instance: PrivateSigstore, span: Span) -> None:
    bundle = instance.bundle(version=span.version)
    for change in (
        ending(span.part, span.index, span.moment - SECOND),
        starting(span.part, span.index, span.moment + SECOND),
    ):
        assert code_of(lambda change=change: ask(instance, bundle, root=change)) == span.code  # type: ignore[misc]


def test_both_ends_of_a_window_belong_to_it(instance: PrivateSigstore, span: Span) -> None:
    bundle = instance.bundle(version=span.version)
    ask(instance, bundle, root=ending(span.part, span.index, span.moment))
    ask(instance, bundle, root=starting(span.part, span.index, span.moment))


def test_a_second_window_of_the_same_authority_counts_too(instance: PrivateSigstore) -> None:
    def split(root: dict[str, Any]) -> None:
        for part in ("certificateAuthorities", "ctlogs", "tlogs", "timestampAuthorities"):
            early = json.loads(json.dumps(root[part]))
            for index in range(len(early)):
                ending(part, index, NOON - 30 * DAY)({part: early})
            root[part] = early + root[part]

    ask(instance, instance.bundle(version=1), root=split)
    ask(instance, instance.bundle(version=2), root=split)


@pytest.mark.parametrize("shift", [timedelta(minutes=-2), timedelta(minutes=10)])
@pytest.mark.parametrize("version", [1, 2])
def test_a_proven_time_outside_the_certificate_s_life(
    instance: PrivateSigstore, version: int, shift: timedelta
) -> None:
    late = instance.bundle(version=version, integrated=NOON + shift, stamps=(NOON + shift,) if version == 2 else ())
    assert code_of(lambda: ask(instance, late)) == "certificate-expired"


def test_the_last_second_of_the_certificate_still_counts(instance: PrivateSigstore) -> None:
    ask(instance, instance.bundle(stamps=(NOON + timedelta(minutes=9),)))


def test_of_two_timestamps_one_outside_refuses(instance: PrivateSigstore) -> None:
    bundle = instance.bundle(stamps=(NOON, NOON + DAY))
    assert code_of(lambda: ask(instance, bundle)) == "certificate-expired"


def test_the_log_s_own_time_is_held_against_the_certificate_beside_a_good_timestamp(instance: PrivateSigstore) -> None:
    bundle = instance.bundle(version=1, integrated=NOON + DAY, stamps=(NOON,))
    assert code_of(lambda: ask(instance, bundle)) == "certificate-expired"


def test_an_intermediate_that_had_expired_refuses(instance: PrivateSigstore) -> None:
    """CVE-2026-24122: cosign looked at the leaf only."""
    other = PrivateSigstore()
    other.fulcio = CertificateIssuer(Authority.make("fulcio", end=NOON - SECOND), other.certificate_log)
    assert code_of(lambda: ask(other, other.bundle())) == "certificate-expired"


def test_a_timestamp_by_an_expired_certificate_of_its_authority(instance: PrivateSigstore) -> None:
    other = PrivateSigstore()
    moment = NOON + 201 * DAY
    holder = Holder(start=moment - DAY, end=moment + DAY)
    bundle = other.bundle(holder=holder, stamps=(moment,))
    assert code_of(lambda: ask(other, bundle)) == "timestamp-invalid"


def test_no_proven_time_is_not_enough(instance: PrivateSigstore) -> None:
    assert code_of(lambda: ask(instance, instance.bundle(version=2, stamps=()))) == "time-missing"


def test_a_log_s_time_without_its_promise_proves_nothing(instance: PrivateSigstore) -> None:
    """TOB-SIGSTORE-3."""
    bundle = instance.bundle(version=1)
    del bundle["verificationMaterial"]["tlogEntries"][0]["inclusionPromise"]
    assert code_of(lambda: ask(instance, bundle)) == "time-missing"


def test_a_later_time_under_the_old_promise(instance: PrivateSigstore) -> None:
    bundle = instance.bundle(version=1)
    bundle["verificationMaterial"]["tlogEntries"][0]["integratedTime"] = str(int(NOON.timestamp()) + 60)
    assert code_of(lambda: ask(instance, bundle)) == "promise-invalid"


def test_a_promise_without_a_time(instance: PrivateSigstore) -> None:
    bundle = instance.bundle(version=1)
    del bundle["verificationMaterial"]["tlogEntries"][0]["integratedTime"]
    assert code_of(lambda: ask(instance, bundle)) == "promise-invalid"


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


def test_more_timestamps_demanded_than_there_are(instance: PrivateSigstore) -> None:
    bundle = instance.bundle(version=1)
    assert code_of(lambda: ask(instance, bundle, demands=Demands(timestamps=1))) == "time-missing"
    assert code_of(lambda: ask(instance, bundle, demands=Demands(times=2))) == "time-missing"
    ask(instance, instance.bundle(version=1, stamps=(NOON,)), demands=Demands(times=2, timestamps=1))


def test_one_authority_that_stamps_twice_counts_once(instance: PrivateSigstore) -> None:
    bundle = instance.bundle(stamps=(NOON, NOON + SECOND))
    ask(instance, bundle, demands=Demands(timestamps=1))
    assert code_of(lambda: ask(instance, bundle, demands=Demands(timestamps=2))) == "time-missing"
    assert code_of(lambda: ask(instance, bundle, demands=Demands(times=2))) == "time-missing"


def test_demands_for_no_time_at_all_are_refused() -> None:
    with pytest.raises(PolicyError):
        Demands(times=0)


@pytest.mark.parametrize("part", ["fulcio", "certificate_log", "rekor", "tsa"])
def test_each_part_of_another_instance(instance: PrivateSigstore, part: str) -> None:
    other = PrivateSigstore()
    code = {
        "fulcio": "certificate-chain",  # of the same name, with another key
        "certificate_log": "sct-log-unknown",
        "rekor": "log-unknown",
        "tsa": "timestamp-authority-unknown",
    }[part]
    mixed = PrivateSigstore()
    for name in ("fulcio", "certificate_log", "rekor", "tsa"):
        setattr(mixed, name, getattr(other if name == part else instance, name))
    if part in {"fulcio", "certificate_log"}:
        mixed.fulcio = CertificateIssuer(mixed.fulcio.authority, mixed.certificate_log)
    ask(mixed, mixed.bundle())
    assert code_of(lambda: ask(instance, mixed.bundle())) == code


def test_an_authority_of_another_name(instance: PrivateSigstore) -> None:
    other = PrivateSigstore()
    other.certificate_log = instance.certificate_log
    other.fulcio = CertificateIssuer(Authority.make("another"), instance.certificate_log)
    other.rekor, other.tsa = instance.rekor, instance.tsa
    assert code_of(lambda: ask(instance, other.bundle())) == "certificate-authority-unknown"


@pytest.mark.parametrize("scts", [0, 2])
def test_not_exactly_one_sct(instance: PrivateSigstore, scts: int) -> None:
    bundle = instance.bundle(holder=Holder(scts=scts))
    assert code_of(lambda: ask(instance, bundle)) == "sct-missing"


def test_an_instance_without_a_certificate_log_is_a_decision(instance: PrivateSigstore) -> None:
    demands = Demands(accept_without_sct=True)
    ask(instance, instance.bundle(holder=Holder(scts=0)), demands=demands)
    assert code_of(lambda: ask(instance, instance.bundle(holder=Holder(scts=2)), demands=demands)) == "sct-missing"
    wrong = instance.bundle(holder=Holder(sct_issuer=b"another issuer"))
    assert code_of(lambda: ask(instance, wrong, demands=demands)) == "sct-invalid"


def test_an_sct_for_the_same_certificate_by_another_issuer(instance: PrivateSigstore) -> None:
    holder = Holder(sct_issuer=spki(new_key().public_key()))
    assert code_of(lambda: ask(instance, instance.bundle(holder=holder))) == "sct-invalid"


def test_an_sct_by_another_key_under_the_log_s_id(instance: PrivateSigstore) -> None:
    impostor = CertificateLog()
    impostor.log_id = instance.certificate_log.log_id
    other = PrivateSigstore()
    other.fulcio = CertificateIssuer(instance.fulcio.authority, impostor)
    other.rekor, other.tsa = instance.rekor, instance.tsa
    assert code_of(lambda: ask(instance, other.bundle())) == "sct-invalid"


def test_an_sct_that_names_another_algorithm(instance: PrivateSigstore) -> None:
    other = CertificateLog()
    other.key, other.log_id = instance.certificate_log.key, instance.certificate_log.log_id
    other.algorithm = b"\4\1"  # SHA-256 and RSA
    mixed = PrivateSigstore()
    mixed.fulcio = CertificateIssuer(instance.fulcio.authority, other)
    mixed.rekor, mixed.tsa = instance.rekor, instance.tsa
    assert code_of(lambda: ask(instance, mixed.bundle())) == "sct-invalid"


def test_a_certificate_for_servers(instance: PrivateSigstore) -> None:
    holder = Holder(purpose=ExtendedKeyUsageOID.SERVER_AUTH)
    assert code_of(lambda: ask(instance, instance.bundle(holder=holder))) == "certificate-usage"


def test_a_bundle_that_brings_certificates_of_the_root(instance: PrivateSigstore) -> None:
    def chained(*certificates: x509.Certificate) -> dict[str, Any]:
        def change(bundle: dict[str, Any]) -> None:
            material = bundle["verificationMaterial"]
            brought = [{"rawBytes": encode_base64(each.public_bytes(Encoding.DER))} for each in certificates]
            material["x509CertificateChain"] = {"certificates": [material.pop("certificate"), *brought]}

        return changed(instance.bundle(), change)

    authority = instance.fulcio.authority
    ask(instance, chained())
    assert code_of(lambda: ask(instance, chained(authority.certificate, authority.root))) == "certificate-chain"
    assert code_of(lambda: ask(instance, chained(authority.root))) == "certificate-chain"
    unknown = "certificate-authority-unknown"
    assert code_of(lambda: ask(instance, chained(authority.certificate))) == unknown
    assert code_of(lambda: ask(instance, chained(Authority.make("other").certificate))) == unknown


def test_a_private_intermediate_that_only_the_bundle_brings(instance: PrivateSigstore) -> None:
    """A root of trust that names the company's root alone: the intermediate comes with the bundle."""

    def root_only(root: dict[str, Any]) -> None:
        chain = root["certificateAuthorities"][0]["certChain"]["certificates"]
        del chain[0]

    def brought(bundle: dict[str, Any]) -> None:
        material = bundle["verificationMaterial"]
        between = encode_base64(instance.fulcio.authority.certificate.public_bytes(Encoding.DER))
        material["x509CertificateChain"] = {"certificates": [material.pop("certificate"), {"rawBytes": between}]}

    bundle = changed(instance.bundle(), brought)
    ask(instance, bundle, root=root_only)
    assert code_of(lambda: ask(instance, instance.bundle(), root=root_only)) == "certificate-authority-unknown"


def test_a_key_never_stands_in_for_a_certificate(instance: PrivateSigstore) -> None:
    assert code_of(lambda: ask(instance, instance.key_bundle(new_key(), version=1))) == "certificate-missing"


def test_a_signature_by_another_key(instance: PrivateSigstore) -> None:
    bundle = instance.bundle()
    other = instance.bundle(stamps=())
    bundle["verificationMaterial"]["certificate"] = other["verificationMaterial"]["certificate"]
    assert code_of(lambda: ask(instance, bundle)) == "signature-invalid"


@pytest.mark.parametrize("kind", ["text/plain", "application/vnd.in-toto+json; x=1", "application/vnd.in-toto"])
def test_another_payload_type_is_never_read_as_in_toto(instance: PrivateSigstore, kind: str) -> None:
    assert code_of(lambda: ask(instance, instance.bundle(payload_type=kind))) == "payload-type"


@pytest.mark.parametrize("count", [0, 2])
def test_not_exactly_one_signature(instance: PrivateSigstore, count: int) -> None:
    bundle = instance.bundle()
    bundle["dsseEnvelope"]["signatures"] *= count
    assert code_of(lambda: ask(instance, bundle)) == "signature-count"


def test_the_subject_is_the_caller_s_to_bind(instance: PrivateSigstore) -> None:
    verified = ask(instance, instance.bundle())
    assert bind_file(verified, Digest.of(b"weights")) is not None
    assert code_of(lambda: bind_file(verified, Digest.of(b"other weights"))) == "subject-mismatch"


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


def test_timestamps_twice(instance: PrivateSigstore) -> None:
    bundle = instance.bundle()
    stamps = bundle["verificationMaterial"]["timestampVerificationData"]["rfc3161Timestamps"]
    stamps.append(dict(stamps[0]))
    assert code_of(lambda: ask(instance, bundle)) == "timestamp-duplicate"
    assert code_of(lambda: ask(instance, instance.bundle(stamps=(NOON, NOON)))) == "timestamp-duplicate"


def test_more_timestamps_than_anybody_needs(instance: PrivateSigstore) -> None:
    bundle = instance.bundle()
    bundle["verificationMaterial"]["timestampVerificationData"]["rfc3161Timestamps"] *= 33
    assert code_of(lambda: ask(instance, bundle)) == "malformed-evidence"


def test_a_timestamp_over_other_bytes_or_by_another_key(instance: PrivateSigstore) -> None:
    def stamped(der_bytes: bytes) -> dict[str, Any]:
        data = {"rfc3161Timestamps": [{"signedTimestamp": encode_base64(der_bytes)}]}
        return changed(bundle, lambda found: found["verificationMaterial"].update(timestampVerificationData=data))

    bundle = instance.bundle()
    signature = base64.b64decode(bundle["dsseEnvelope"]["signatures"][0]["sig"])
    ask(instance, stamped(instance.tsa.stamp(signature, embed=False)))
    assert code_of(lambda: ask(instance, stamped(instance.tsa.stamp(b"other")))) == "timestamp-invalid"
    assert code_of(lambda: ask(instance, stamped(b"no DER"))) == "timestamp-invalid"
    impostor = TimestampService()
    impostor.certificate = instance.tsa.certificate
    assert code_of(lambda: ask(instance, stamped(impostor.stamp(signature)))) == "timestamp-invalid"


def test_a_timestamp_does_not_borrow_another_authority_s_window(instance: PrivateSigstore) -> None:
    """TOB-SIGSTORE-11: the first authority signed and had ended; the second counts and did not sign."""
    second = PrivateSigstore()

    def both(root: dict[str, Any]) -> None:
        ending("timestampAuthorities", 0, NOON - DAY)(root)
        root["timestampAuthorities"] += second.root_document()["timestampAuthorities"]

    assert code_of(lambda: ask(instance, instance.bundle(), root=both)) == "tsa-window"


def test_refusals_and_incidents_differ_in_their_exit_status() -> None:
    assert Refusal.exit_status != Incident.exit_status
