"""When a key counts: whole days and times in UTC, with a proven time or without, and mistakes in all of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from attest.trust.identity import TrustedKey
from attest.trust.managed_key import ManagedKey
from tests.policy.identity_scene import filled, only, read, refusal

if TYPE_CHECKING:
    from pathlib import Path

    from tests.verify.evidence import Person


@pytest.fixture
def folder(tmp_path: Path, alice: Person) -> Path:
    return filled(tmp_path, alice)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_key_without_more_is_the_key_alone(folder: Path) -> None:
    assert isinstance(only(read(folder, "{key: ci.pub}", trust="")), TrustedKey)


def test_a_key_beside_a_root_has_its_proofs_checked(folder: Path) -> None:
    found = only(read(folder, "{key: ci.pub}"))
    assert isinstance(found, ManagedKey)
    assert (found.root is not None, found.is_limited, found.needs_time) == (True, False, False)


def test_a_day_is_whole_and_in_utc(folder: Path) -> None:
    found = only(read(folder, "{key: ci.pub, not-before: 2026-01-01, not-after: 2026-12-31}"))
    assert isinstance(found, ManagedKey)
    assert found.needs_time
    for inside in ("2026-01-01T00:00:00", "2026-12-31T23:59:59.999999"):
        assert found.counts_at(utc(inside))
    for outside in ("2025-12-31T23:59:59.999999", "2027-01-01T00:00:00"):
        assert not found.counts_at(utc(outside))


def test_a_time_has_its_zone(folder: Path) -> None:
    found = only(read(folder, "{key: ci.pub, not-after: '2026-12-31T18:00:00+02:00'}"))
    assert isinstance(found, ManagedKey)
    assert (found.not_before, found.not_after) == (None, utc("2026-12-31T16:00:00"))


@pytest.mark.parametrize(
    ("ci", "needed"),
    [
        ("{key: ci.pub, time: required}", True),
        ("{key: ci.pub, not-after: 2026-12-31, time: required}", True),
        ("{key: ci.pub, not-after: 2026-12-31, time: not-required}", False),
    ],
)
def test_whether_a_proven_time_is_needed_can_be_said(ci: str, folder: Path, *, needed: bool) -> None:
    found = only(read(folder, ci))
    assert isinstance(found, ManagedKey)
    assert found.needs_time is needed


def test_no_root_is_needed_where_no_time_is(folder: Path) -> None:
    found = only(read(folder, "{key: ci.pub, not-after: 2026-12-31, time: not-required}", trust=""))
    assert isinstance(found, ManagedKey)
    assert found.root is None


@pytest.mark.parametrize(
    ("ci", "code"),
    [
        ("{key: ci.pub, not-before: 2026-06-01, not-after: 2026-05-31}", "policy-bad-span"),
        ("{key: ci.pub, not-after: soon}", "policy-bad-time"),
        ("{key: ci.pub, not-after: 2026-02-30}", "policy-bad-time"),
        ("{key: ci.pub, not-after: 2026-12-31T18:00:00}", "policy-bad-time"),
        ("{key: ci.pub, not-after: 2026}", "policy-bad-time"),
        ("{key: ci.pub, not-after: [2026-12-31]}", "policy-bad-time"),
        ("{key: ci.pub, not-after: 31.12.2026}", "policy-bad-time"),
        ("{key: ci.pub, time: never}", "policy-unknown-word"),
        ("{key: ci.pub, time: false}", "policy-unknown-word"),
        ("{key: ci.pub, time: not-required}", "policy-missing-key"),
        ("{key: ci.pub, not_after: 2026-12-31}", "policy-unknown-key"),
        ("{key: ci.pub, issuer: https://accounts.example.com}", "policy-unknown-key"),
        ("{key: ci.pub, root: ca.pem}", "policy-unknown-key"),
        ("{not-after: 2026-12-31}", "policy-missing-key"),
    ],
)
def test_when_a_key_counts_has_one_reading(ci: str, code: str, folder: Path) -> None:
    assert refusal(folder, ci).code == code


@pytest.mark.parametrize("ci", ["{key: ci.pub, not-after: 2026-12-31}", "{key: ci.pub, time: required}"])
def test_a_time_that_has_to_be_proven_needs_a_root(ci: str, folder: Path) -> None:
    error = refusal(folder, ci, trust="")
    assert (error.code, error.expected) == ("policy-no-root", "trust: {root: trusted_root.json}")


@pytest.mark.parametrize(
    ("trust", "code"),
    [
        ("trust: {root: absent.json}\n", "policy-bad-root"),
        ("trust: {root: ca.pem}\n", "policy-bad-root"),
        ("trust: {roots: root.json}\n", "policy-wrong-type"),
        ("trust: {}\n", "policy-missing-key"),
        ("trust: {root: root.json, tsa-chain: tsa.pem}\n", "policy-bad-root"),
        ("trust: {tsa-chain: root.json}\n", "policy-bad-root"),
        ("trust: {tsa-chain: ca.pem}\n", "policy-bad-root"),
        ("trust: root.json\n", "policy-wrong-type"),
        ("trust: {root: 7}\n", "policy-wrong-type"),
    ],
)
def test_a_root_that_cannot_be_used_is_refused_even_where_only_keys_are_named(
    trust: str, code: str, folder: Path
) -> None:
    assert refusal(folder, "{key: ci.pub}", trust=trust).code == code


def test_mistakes_are_shown_with_their_line_and_the_nearest_key(folder: Path) -> None:
    misspelt = refusal(folder, "\n    key: ci.pub\n    not-afer: 2026-12-31")
    assert misspelt.message.endswith("policy.yaml:7:5: unknown key 'not-afer'")
    assert misspelt.hint == "did you mean 'not-after'?"
    no_time = refusal(folder, "\n    key: ci.pub\n    not-after: Silvester")
    assert no_time.message.endswith("policy.yaml:7:16: identities.ci.not-after is no time")
    assert no_time.found == "not-after: Silvester"
    word = refusal(folder, "\n    key: ci.pub\n    time: not-requird")
    assert word.message.endswith("policy.yaml:7:11: identities.ci.time cannot be 'not-requird'")
    assert word.hint == "did you mean 'not-required'?"
