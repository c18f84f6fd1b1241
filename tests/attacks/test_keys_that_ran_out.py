"""Row 54: a key that counts for a while, and the proofs that its signatures bring (sigstore-go GHSA-wqqc-jjcq-vfxm)."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from attest.claims.predicates import PAYLOAD_TYPE
from attest.signing.dsse import encode_base64, pae
from attest_registry.digest import Digest
from tests.verify.private_authority import DAY, NOON
from tests.verify.private_sigstore import PrivateSigstore

if TYPE_CHECKING:
    from tests.attacks.witnessed import Witnessed

SECOND = timedelta(seconds=1)
STAMPS = "timestampVerificationData"
ENDED = "not-after: 2026-06-01T12:00:00Z"


def signer(witnessed: Witnessed, *more: str) -> str:
    return "{" + ", ".join((f"key: {witnessed.scene.alice.key.origin}", *more)) + "}"


def signed(witnessed: Witnessed, instance: PrivateSigstore | None = None, **values: Any) -> dict[str, Any]:
    """By alice's own key, which the attacker has stolen."""
    key: Any = witnessed.scene.alice.signer.private_key
    return (instance or witnessed.sigstore).key_bundle(key, payload=witnessed.words, **values)


@pytest.mark.parametrize("moment", [SECOND, 30 * DAY])
def test_a_stolen_key_that_had_ended(witnessed: Witnessed, moment: timedelta) -> None:
    trust = witnessed.policy(signer(witnessed, ENDED))
    witnessed.honest(signed(witnessed, stamps=(NOON,)), *trust)
    witnessed.attack(signed(witnessed, stamps=(NOON + moment,)), *trust, code="key-window", status=1)


def test_a_signature_whose_time_was_taken_away(witnessed: Witnessed) -> None:
    trust = witnessed.policy(signer(witnessed, ENDED))
    bundle = signed(witnessed, stamps=(NOON,))
    witnessed.honest(bundle, *trust)
    del bundle["verificationMaterial"][STAMPS]
    witnessed.attack(bundle, *trust, code="time-missing", status=1)


def test_the_time_of_another_signature(witnessed: Witnessed) -> None:
    trust = witnessed.policy(signer(witnessed, ENDED))
    early, late = signed(witnessed, stamps=(NOON,)), signed(witnessed, stamps=(NOON + DAY,))
    witnessed.honest(early, *trust)
    late["verificationMaterial"][STAMPS] = early["verificationMaterial"][STAMPS]
    late["dsseEnvelope"] = signed(witnessed)["dsseEnvelope"]
    late["dsseEnvelope"]["signatures"][0]["sig"] = _again(witnessed)
    witnessed.attack(late, *trust, code="timestamp-invalid", status=3)


def _again(witnessed: Witnessed) -> str:
    """Another signature by the same key over the same words: the fixtures' own are the same each time."""
    made = witnessed.scene.alice.signer.sign(pae(PAYLOAD_TYPE, witnessed.words))
    return encode_base64(made)


def test_the_attacker_s_own_timestamp_authority(witnessed: Witnessed) -> None:
    trust = witnessed.policy(signer(witnessed, ENDED))
    witnessed.honest(signed(witnessed, stamps=(NOON,)), *trust)
    backdated = signed(witnessed, PrivateSigstore(), stamps=(NOON - DAY,))
    witnessed.attack(backdated, *trust, code="timestamp-authority-unknown", status=1)


def test_the_attacker_s_own_log(witnessed: Witnessed) -> None:
    trust = witnessed.policy(signer(witnessed, ENDED))
    witnessed.honest(signed(witnessed, version=1), *trust)
    witnessed.attack(signed(witnessed, PrivateSigstore(), version=1), *trust, code="log-unknown", status=1)


def test_a_log_entry_about_another_signature(witnessed: Witnessed) -> None:
    """Beside a key without an end: what is brought has to hold, though nobody asked for it."""
    trust = witnessed.policy(signer(witnessed))
    bundle = signed(witnessed, version=2)
    witnessed.honest(bundle, *trust)
    key: Any = witnessed.scene.alice.signer.private_key
    other = witnessed.sigstore.key_bundle(key, version=2)
    bundle["verificationMaterial"]["tlogEntries"] = other["verificationMaterial"]["tlogEntries"]
    witnessed.attack(bundle, *trust, code="log-entry-mismatch", status=3)


def test_a_key_that_has_ended_where_no_time_is_asked_for(witnessed: Witnessed) -> None:
    """Without a proven time, nobody can tell a signature made today from one made in time."""
    bundle = signed(witnessed)
    still = witnessed.policy(signer(witnessed, "not-after: 2999-12-31", "time: not-required"))
    witnessed.honest(bundle, *still)
    over = witnessed.policy(signer(witnessed, "not-after: 2020-05-31", "time: not-required"))
    witnessed.attack(bundle, *over, code="signer-not-in-force", status=1)


def test_a_copy_without_its_time_does_not_hide_the_whole_one(witnessed: Witnessed) -> None:
    """An attacker who adds evidence must not take away what there is."""
    trust = witnessed.policy(signer(witnessed, "not-before: 2026-06-01", "not-after: 2026-06-02", "time: not-required"))
    whole = signed(witnessed, stamps=(NOON,))
    witnessed.honest(whole, *trust)
    raw = json.dumps(whole).encode()
    del whole["verificationMaterial"][STAMPS]
    spellings = (json.dumps(whole, indent=indent).encode() for indent in range(99))
    first = next(each for each in spellings if Digest.of(each) < Digest.of(raw))  # so that it is judged first
    outcome = witnessed.verdict_of([raw, first], *trust)
    witnessed.scene.harmless(outcome == "allowed", why="the whole one counts")
