"""Inputs are changed in every way that is promised, and never beyond the length that is asked for."""

from __future__ import annotations

import base64
import json

import pytest

from tests.fuzz.change import Changer

PAYLOAD = b'{"predicateType":"https://slsa.dev/provenance/v1"}'
BUNDLE = json.dumps({"dsseEnvelope": {"payload": base64.b64encode(PAYLOAD).decode(), "payloadType": "a"}}).encode()


def by_libfuzzer(data: bytes, longest: int) -> bytes:
    return (b"!" + data)[:longest]


def changed(data: bytes, *, longest: int = 4096) -> list[bytes]:
    changer = Changer((data, b'{"other":[1]}'), by_libfuzzer)
    return [changer(data, longest, seed) for seed in range(200)]


def payloads(data: bytes) -> list[bytes]:
    """What stands below base64 in each result that still has its form."""
    found = []
    for each in changed(data):
        try:
            found.append(base64.b64decode(json.loads(each)["dsseEnvelope"]["payload"], validate=True))
        except (ValueError, TypeError, KeyError):
            continue
    return found


def test_what_stands_below_base64_is_changed_by_both() -> None:
    below = set(payloads(BUNDLE)) - {PAYLOAD}
    assert b"!" + PAYLOAD in below
    assert len(below) > 5


def test_the_same_seed_changes_in_the_same_way() -> None:
    assert changed(BUNDLE) == changed(BUNDLE)


def test_different_seeds_change_in_different_ways() -> None:
    assert len(set(changed(BUNDLE))) > 50


def test_nothing_grows_beyond_what_is_asked_for() -> None:
    assert max(map(len, changed(BUNDLE * 20, longest=64))) <= 64


@pytest.mark.parametrize("data", [b"", b"\xff", b"[" * 5000, b"[]", b"null", b'{"a":"b"}', b'{"a":"AAAA===="}'])
def test_any_bytes_can_be_changed(data: bytes) -> None:
    assert set(changed(data)) - {data}
