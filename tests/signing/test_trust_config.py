from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from attest.errors import InputError
from attest.signing.trust_config import SigningTrust

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.services.sigstore.instance import Sigstore


@pytest.mark.parametrize("version", [1, 2])
def test_a_file_names_every_service(sigstore: Sigstore, version: int) -> None:
    trust = SigningTrust.load(sigstore.trust_config(version))
    assert (trust.fulcio, trust.log, trust.log_version) == (sigstore.url, sigstore.url, version)
    assert (trust.timestamps, trust.issuer) == ((sigstore.timestamps,), sigstore.url)
    assert len(trust.root.logs) == 2
    assert json.loads(trust.root_json) == json.loads(sigstore.trusted_root.read_text())


def test_a_version_of_the_log_can_be_asked_for(sigstore: Sigstore) -> None:
    document = json.loads(sigstore.trust_config(2).read_text())
    older = json.loads(sigstore.trust_config(1).read_text())
    document["signingConfig"]["rekorTlogUrls"] += older["signingConfig"]["rekorTlogUrls"]
    raw = json.dumps(document).encode()
    assert SigningTrust.parse(raw, origin="file").log_version == 2
    assert SigningTrust.parse(raw, origin="file", log_version=1).log_version == 1


def without(path: str) -> Callable[[dict[str, Any]], None]:
    def change(document: dict[str, Any]) -> None:
        *parts, last = path.split(".")
        for part in parts:
            document = document[part]
        del document[last]

    return change


def put(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(document: dict[str, Any]) -> None:
        *parts, last = path.split(".")
        for part in parts:
            document = document[part]
        document[last] = value

    return change


def ended(document: dict[str, Any]) -> None:
    document["signingConfig"]["caUrls"][0]["validFor"] = {
        "start": "2020-01-01T00:00:00Z",
        "end": "2021-01-01T00:00:00Z",
    }


@pytest.mark.parametrize(
    "change",
    [
        without("mediaType"),
        without("trustedRoot"),
        without("signingConfig"),
        put("mediaType", "application/vnd.dev.sigstore.clienttrustconfig.v9+json"),
        put("trustedRoot", []),
        put("trustedRoot.mediaType", "other"),
        put("signingConfig.caUrls", []),
        put("signingConfig.caUrls", "no list"),
        put("signingConfig.rekorTlogUrls", []),
        put("signingConfig.tsaUrls", []),
        put("signingConfig.unknown", 1),
        put("unknown", 1),
        ended,
    ],
)
def test_a_configuration_that_cannot_sign_is_refused(
    sigstore: Sigstore, change: Callable[[dict[str, Any]], None]
) -> None:
    document = json.loads(sigstore.trust_config(2).read_text())
    change(document)
    with pytest.raises(InputError) as caught:
        SigningTrust.parse(json.dumps(document).encode(), origin="file")
    assert caught.value.code in {"bad-trust-config", "bad-trusted-root"}
    assert len(str(caught.value.found)) <= 200


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"\xff", b'{"mediaType": "a", "mediaType": "b"}', b"[" * 10_000])
def test_what_is_no_document_is_refused(raw: bytes) -> None:
    with pytest.raises(InputError) as caught:
        SigningTrust.parse(raw, origin="file")
    assert caught.value.code == "bad-trust-config"


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        SigningTrust.load(tmp_path / "none")
    assert caught.value.code == "trust-config-not-found"
