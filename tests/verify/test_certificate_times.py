"""When a certificate signed: windows of the root, proven times, a log's own time, and timestamps."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from attest.errors import PolicyError
from attest.signing.dsse import encode_base64
from attest.verify.demands import Demands
from tests.verify.private_authority import DAY, NOON, Authority
from tests.verify.private_fulcio import CertificateIssuer, Holder
from tests.verify.private_sigstore import PrivateSigstore
from tests.verify.private_timestamps import TimestampService
from tests.verify.refusals import ask, changed, code_of

if TYPE_CHECKING:
    from collections.abc import Callable

    Change = Callable[[dict[str, Any]], object]


# --- windows of the root ------------------------------------------------------------------------------------------


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


# --- proven times -------------------------------------------------------------------------------------------------


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


# --- timestamps ---------------------------------------------------------------------------------------------------


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
