"""Trusted roots: what is read, what is refused, and what counts for nothing."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from attest.errors import AttestError, InputError
from attest.signing.dsse import encode_base64
from attest.trust.roots import MEDIA_TYPES, TrustedRoot
from attest.trust.window import Window, read_time
from attest_registry.digest import Digest
from tests.verify.der import off_curve
from tests.verify.private_sigstore import PrivateSigstore

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

INSTANCE = PrivateSigstore()
DOCUMENT = INSTANCE.root_document()
START = datetime(2026, 1, 1, tzinfo=UTC)


def read(change: Callable[[dict[str, Any]], object] = lambda _: None) -> TrustedRoot:
    document = copy.deepcopy(DOCUMENT)
    change(document)
    return TrustedRoot.parse(json.dumps(document).encode())


def refused(change: Callable[[dict[str, Any]], object]) -> InputError:
    with pytest.raises(InputError) as error:
        read(change)
    assert error.value.code == "bad-trusted-root"
    return error.value


@pytest.mark.parametrize("media_type", MEDIA_TYPES)
def test_both_media_types(media_type: str) -> None:
    root = read(lambda document: document.update(mediaType=media_type))
    assert (len(root.logs), len(root.certificate_logs)) == (2, 1)
    assert (len(root.certificate_authorities), len(root.timestamp_authorities)) == (1, 1)
    assert root.logs[0].window == Window(start=START)
    assert root.logs[1].key.details == "PKIX_ED25519"


@pytest.mark.parametrize("media_type", ["", "application/json", MEDIA_TYPES[0] + "0", None, 3])
def test_other_media_types(media_type: Any) -> None:
    refused(lambda document: document.update(mediaType=media_type))


def holders(document: dict[str, Any]) -> list[dict[str, Any]]:
    logs = [log["publicKey"] for log in document["tlogs"] + document["ctlogs"]]
    found: list[dict[str, Any]] = logs + document["certificateAuthorities"] + document["timestampAuthorities"]
    return found


@pytest.mark.parametrize("index", range(5))
def test_a_missing_start_is_not_since_ever(index: int) -> None:
    """TOB-SIGSTORE-5."""
    refused(lambda document: holders(document)[index]["validFor"].pop("start"))
    refused(lambda document: holders(document)[index].pop("validFor"))
    refused(lambda document: holders(document)[index]["validFor"].update(start=None))


@pytest.mark.parametrize("index", range(5))
def test_a_window_that_ends_before_it_starts(index: int) -> None:
    refused(lambda document: holders(document)[index]["validFor"].update(end="2025-12-31T23:59:59Z"))


@pytest.mark.parametrize("text", ["2026-01-01", "2026-01-01T00:00:00", "2026-13-01T00:00:00Z", "now", "", 0])
def test_times_that_are_none(text: Any) -> None:
    refused(lambda document: document["tlogs"][0]["publicKey"]["validFor"].update(start=text))


def test_nulls_are_absent_fields() -> None:
    root = read(lambda document: document["tlogs"][0].update(operator=None, checkpointKeyId=None))
    assert root.logs[0].checkpoint_id == root.logs[0].log_id[:4]


def test_a_checkpoint_id_of_its_own() -> None:
    root = read(lambda document: document["tlogs"][0].update(checkpointKeyId={"keyId": encode_base64(b"abcd")}))
    assert root.logs[0].checkpoint_id == b"abcd"


def test_keys_of_algorithms_that_are_not_known_count_for_nothing() -> None:
    root = read(lambda document: document["tlogs"][0]["publicKey"].update(keyDetails="ML_DSA_65"))
    assert [log.base_url for log in root.logs] == ["https://log2026.rekor.acme.example"]
    assert "ML_DSA_65" in root.unsupported[0]
    hashed = read(lambda document: document["tlogs"][0].update(hashAlgorithm="SHA2_512"))
    assert len(hashed.logs) == 1


CHANGES: dict[str, Callable[[dict[str, Any]], object]] = {
    "a key of another kind than named": lambda d: d["tlogs"][0]["publicKey"].update(
        keyDetails="PKIX_ECDSA_P384_SHA_384"
    ),
    "bytes that are no key": lambda d: d["tlogs"][0]["publicKey"].update(rawBytes="AAAA"),
    "another base64": lambda d: d["tlogs"][0]["publicKey"].update(
        rawBytes=d["tlogs"][0]["publicKey"]["rawBytes"] + "\n"
    ),
    "a log id of another length": lambda d: d["tlogs"][0]["logId"].update(keyId="AAAA"),
    "no log id": lambda d: d["tlogs"][0].pop("logId"),
    "an unknown field": lambda d: d.update(extra=1),
    "an unknown field of a log": lambda d: d["tlogs"][0].update(extra=1),
    "logs that are no list": lambda d: d.update(tlogs={}),
    "too many": lambda d: d.update(tlogs=d["tlogs"] * 200),
    "no certificate": lambda d: d["certificateAuthorities"][0]["certChain"].update(certificates=[]),
    "bytes that are no certificate": lambda d: d["certificateAuthorities"][0]["certChain"]["certificates"].append(
        {"rawBytes": "AAAA"}
    ),
    "an only authority with a key off its curve": lambda d: d["certificateAuthorities"][0].update(
        certChain={"certificates": [{"rawBytes": encode_base64(off_curve(INSTANCE.fulcio.authority.root))}]}
    ),
    "a chain in another order": lambda d: d["certificateAuthorities"][0]["certChain"]["certificates"].reverse(),
    "a chain with a leaf": lambda d: d["certificateAuthorities"][0].update(
        certChain=d["timestampAuthorities"][0]["certChain"]
    ),
    "a timestamp chain with a gap": lambda d: d["timestampAuthorities"][0]["certChain"]["certificates"].pop(1),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_root_is_used_whole_or_not_at_all(what: str) -> None:
    refused(CHANGES[what])


@pytest.mark.parametrize("raw", [b"", b"[]", b"{}", b'{"mediaType":"a","mediaType":"b"}', b"\xff", b"{" * 1000])
def test_bytes_that_are_no_root(raw: bytes) -> None:
    with pytest.raises(AttestError) as error:
        TrustedRoot.parse(raw)
    assert error.value.code == "bad-trusted-root"


def test_a_root_from_a_file_with_its_digest(tmp_path: Path) -> None:
    path = tmp_path / "trusted_root.json"
    path.write_text(json.dumps(DOCUMENT))
    assert TrustedRoot.load(path).digest == Digest.of(path.read_bytes())
    with pytest.raises(InputError) as error:
        TrustedRoot.load(tmp_path / "absent.json")
    assert error.value.code == "trusted-root-not-found"


def test_both_ends_belong_to_a_window() -> None:
    window = Window(start=START, end=START + timedelta(days=1))
    assert START in window
    assert START + timedelta(days=1) in window
    assert START - timedelta(microseconds=1) not in window
    assert START + timedelta(days=1, microseconds=1) not in window
    assert datetime(9999, 1, 1, tzinfo=UTC) in Window(start=START)


def test_times_in_other_zones_and_with_fractions() -> None:
    assert read_time("2026-01-01T01:00:00+01:00", what="t") == START
    assert read_time("2026-01-01T00:00:00.999999999Z", what="t") == START + timedelta(microseconds=999999)
