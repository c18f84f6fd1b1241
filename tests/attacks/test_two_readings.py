"""Row 15: documents that two programs read as two things; signed bytes are verified as they are, or not at all."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from attest.claims.predicates import PROVENANCE
from attest_registry.digest import Digest
from tests.attacks.release import MODEL
from tests.verify.evidence import signed_payload

if TYPE_CHECKING:
    from tests.attacks.release import Release
    from tests.attacks.scene import Scene

OTHER = f'[{{"name":"{MODEL}","digest":{{"sha256":"{Digest.of(b"other").hex}"}}}}]'.encode()


def _spoilt(raw: bytes, how: str, key: bytes = b"subject") -> bytes:
    """The same document with a second meaning."""
    quoted, escaped = b'"' + key + b'":', b'"\\u00' + b"%02x" % key[0] + key[1:] + b'":'
    changes = {
        "twice": lambda: raw.replace(quoted, quoted + OTHER + b"," + quoted, 1),
        "twice-escaped": lambda: raw.replace(quoted, escaped + OTHER + b"," + quoted),
        "not-a-number": lambda: raw[:-1] + b',"x":NaN}',
        "infinity": lambda: raw[:-1] + b',"x":-Infinity}',
        "trailing": lambda: raw + b" {}",
        "mark": lambda: b"\xef\xbb\xbf" + raw,
        "utf-16": lambda: raw.decode().encode("utf-16"),
        "bad-utf-8": lambda: raw[:-1] + b',"x":"\xff"}',
        "overlong": lambda: raw[:-1] + b',"x":"\xc0\xaf"}',
        "surrogate": lambda: raw[:-1] + b',"x":"\\ud800"}',
        "huge-integer": lambda: raw[:-1] + b',"x":' + b"9" * 400 + b"}",
        "nested": lambda: raw[:-1] + b',"x":' + b"[" * 100 + b"]" * 100 + b"}",
        "very-nested": lambda: raw[:-1] + b',"x":' + b"[" * 200_000 + b"]" * 200_000 + b"}",
        "no-object": lambda: b"[" + raw + b"]",
    }
    return changes[how]()


HOWS = [
    *("twice", "twice-escaped", "not-a-number", "infinity", "trailing", "mark", "utf-16", "bad-utf-8", "overlong"),
    *("surrogate", "huge-integer", "nested", "very-nested", "no-object"),
]


def _start(scene: Scene) -> tuple[Release, str, tuple[str, str]]:
    release = scene.release()
    trust = scene.policy("provenance: {by: [alice]}")
    reference = scene.served(release)
    scene.honest_pull(reference, *trust)
    scene.registry.strip(release.digest)
    return release, reference, trust


@pytest.mark.parametrize("how", HOWS)
def test_a_signed_statement(scene: Scene, how: str) -> None:
    """Signed by the trusted key, so that nothing but the reading stands between."""
    release, reference, trust = _start(scene)
    payload = _spoilt(release.claims[PROVENANCE].raw, how)
    scene.registry.attach([signed_payload(payload, scene.alice).raw], release.digest)
    scene.pull(reference, *trust, code="malformed-evidence", status=3)


@pytest.mark.parametrize("how", HOWS)
def test_a_bundle(scene: Scene, how: str) -> None:
    release, reference, trust = _start(scene)
    (bundle,) = release.signed_by(scene.alice, PROVENANCE)
    scene.registry.attach([_spoilt(bundle, how, b"mediaType")], release.digest)
    scene.pull(reference, *trust, code="malformed-evidence", status=3)


@pytest.mark.parametrize("how", [how for how in HOWS if how not in {"bad-utf-8", "overlong", "utf-16"}])
def test_a_manifest(scene: Scene, how: str) -> None:
    """A careless signer has signed its digest; what it lists is still two things."""
    release = scene.release()
    scene.honest_pull(scene.served(release))
    raw = _spoilt(json.dumps(release.document, separators=(",", ":")).encode(), how, b"layers")
    digest = Digest.of(raw)
    scene.registry.fake.manifests[(MODEL, str(digest))] = ("application/vnd.oci.image.manifest.v1+json", raw)
    scene.registry.fake.tags[(MODEL, "1")] = str(digest)
    scene.pull(f"{scene.registry.name}:1", code="malformed-json", status=3)


@pytest.mark.parametrize("how", ["two-signatures", "no-signature", "two-materials", "unknown-field", "line-breaks"])
def test_a_bundle_with_two_ways_to_read_it(scene: Scene, how: str) -> None:
    release, reference, trust = _start(scene)
    (bundle,) = release.signed_by(scene.alice, PROVENANCE)
    document = json.loads(bundle)
    envelope, material = document["dsseEnvelope"], document["verificationMaterial"]
    if how == "two-signatures":
        envelope["signatures"] *= 2
    elif how == "no-signature":
        envelope["signatures"] = []
    elif how == "two-materials":
        material["certificate"] = {"rawBytes": "AAAA"}
    elif how == "unknown-field":
        document["messageSignature"] = {"signature": envelope["signatures"][0]["sig"]}
    else:
        envelope["payload"] = envelope["payload"][:76] + "\n" + envelope["payload"][76:]
    scene.registry.attach([json.dumps(document).encode()], release.digest)
    scene.pull(reference, *trust, code="malformed-evidence", status=3)


def test_an_index_and_a_manifest_in_one(scene: Scene) -> None:
    """CVE-2021-41190: the media type in the header says which of the two readers looks at it."""
    release = scene.release()
    scene.honest_pull(scene.served(release))
    document = release.document | {"manifests": []}
    reference = scene.vouched(document, release.folder.manifest)
    scene.pull(reference, code="malformed-manifest", status=3)
