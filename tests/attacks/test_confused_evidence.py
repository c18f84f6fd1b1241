"""Rows 38, 43, 44, 45, 46 and 50: one bundle, of which two readers take two things, or more than anybody reads.

By keys and by certificates: what one door refuses, the other has to refuse as well.
"""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest

from attest.claims.predicates import PROVENANCE, TEST_RESULT
from attest.claims.statement import Statement, Subject
from attest.signing.bundle import sign_statement
from attest.signing.fingerprint import cosign_hint
from attest_registry.digest import Digest
from attest_registry.strict_json import to_compact_json
from tests.attacks.release import MODEL
from tests.verify.evidence import signed_payload
from tests.verify.private_fulcio import ISSUER, SUBJECT
from tests.verify.private_pki import RELEASE

if TYPE_CHECKING:
    from tests.attacks.release import Release
    from tests.attacks.scene import Scene
    from tests.attacks.witnessed import Witnessed
    from tests.verify.evidence import Person

JOB = f"{{issuer: '{ISSUER}', subject: '{SUBJECT}'}}"
TESTED = "claims: [{type: test-result, by: [ci]}]"


def _start(scene: Scene) -> tuple[Release, str, tuple[str, str]]:
    release, trust = scene.release(), scene.policy("provenance: {by: [alice]}")
    reference = scene.served(release)
    scene.honest_pull(reference, *trust)
    scene.registry.strip(release.digest)
    return release, reference, trust


# ---- row 38


def _malformed(words: bytes, how: str) -> bytes:
    good = json.loads(words)
    return {
        "not-json": b"not json",
        "another-type": to_compact_json(good | {"_type": "https://example.com/Statement/v1"}),
        "no-type": to_compact_json({key: value for key, value in good.items() if key != "_type"}),
        "no-subject": to_compact_json(good | {"subject": []}),
        "an-old-provenance": to_compact_json(good | {"_type": "https://in-toto.io/Statement/v0.1"}),
    }[how]


MALFORMED = ["another-type", "not-json", "no-type", "no-subject", "an-old-provenance"]


@pytest.mark.parametrize("how", MALFORMED)
def test_words_that_are_no_statement(scene: Scene, how: str) -> None:
    """CVE-2026-39395: cosign said "Verified OK" of them, since the signature is good."""
    release, reference, trust = _start(scene)
    bad = _malformed(release.claims[PROVENANCE].raw, how)
    scene.registry.attach([signed_payload(bad, scene.alice).raw], release.digest)
    scene.pull(reference, *trust, code="malformed-evidence", status=3)


@pytest.mark.parametrize("how", MALFORMED)
def test_words_that_are_no_statement_by_a_certificate(witnessed: Witnessed, how: str) -> None:
    trust = witnessed.policy(JOB)
    witnessed.honest(witnessed.sigstore.bundle(payload=witnessed.words), *trust)
    bad = witnessed.sigstore.bundle(payload=_malformed(witnessed.words, how))
    witnessed.attack(bad, *trust, code="malformed-evidence", status=3)


def _said(witnessed: Witnessed, predicate_type: str) -> bytes:
    subjects = [Subject(name=MODEL, digest=witnessed.release.digest)]
    return Statement.build(subjects=subjects, predicate_type=predicate_type, predicate={"result": "PASSED"}).raw


@pytest.mark.parametrize("kind", [f"{TEST_RESULT}.1", TEST_RESULT.upper(), f" {TEST_RESULT}", PROVENANCE])
def test_a_claim_of_nearly_the_same_type(witnessed: Witnessed, kind: str) -> None:
    """CVE-2022-35929: any attestation satisfied `--type`."""
    trust = witnessed.policy(JOB, require=TESTED)
    witnessed.honest(witnessed.sigstore.bundle(payload=_said(witnessed, TEST_RESULT)), *trust)
    bad = witnessed.sigstore.bundle(payload=_said(witnessed, kind))
    witnessed.attack(bad, *trust, code="evidence-missing", status=1)


# ---- row 43


def _doubled(bundle: dict[str, Any]) -> dict[str, Any]:
    """The good signature first, as readers who take any of them would like it."""
    twice = copy.deepcopy(bundle)
    twice["dsseEnvelope"]["signatures"].append({"sig": "AAAA", "keyid": "another"})
    return twice


def test_two_signatures_in_an_envelope(scene: Scene) -> None:
    release, reference, trust = _start(scene)
    (bundle,) = release.signed_by(scene.alice, PROVENANCE)
    scene.registry.attach([to_compact_json(_doubled(json.loads(bundle)))], release.digest)
    scene.pull(reference, *trust, code="malformed-evidence", status=3)


def test_two_signatures_beside_a_certificate(witnessed: Witnessed) -> None:
    trust = witnessed.policy(JOB)
    bundle = witnessed.sigstore.bundle(payload=witnessed.words)
    witnessed.honest(bundle, *trust)
    witnessed.attack(_doubled(bundle), *trust, code="malformed-evidence", status=3)


# ---- row 44


def test_a_version_among_the_subjects(scene: Scene) -> None:
    """Whoever signs for one version may list another beside it; sigstore-go takes any."""
    release, reference, trust = _start(scene)
    claim = release.claims[PROVENANCE]
    other, own = Subject(name=MODEL, digest=Digest.of(b"other")), Subject(name=MODEL, digest=release.digest)
    words: dict[str, Any] = {"predicate_type": PROVENANCE, "predicate": claim.predicate}
    good = Statement.build(subjects=[own, other], **words)
    scene.registry.attach([sign_statement(good, scene.alice.signer)], release.digest)
    scene.honest_pull(reference, *trust)
    scene.registry.strip(release.digest)
    bad = Statement.build(subjects=[other, own], **words)
    scene.registry.attach([sign_statement(bad, scene.alice.signer)], release.digest)
    scene.pull(reference, *trust, code="subject-mismatch", status=3)


@pytest.mark.parametrize("name", ["", "demo/other", "DEMO/MODEL", "demo/model "])
def test_a_subject_of_another_name(witnessed: Witnessed, name: str) -> None:
    trust = witnessed.policy(JOB, require=TESTED)
    words = _said(witnessed, TEST_RESULT)
    witnessed.honest(witnessed.sigstore.bundle(payload=words), *trust)
    bad = witnessed.sigstore.bundle(payload=words.replace(f'"{MODEL}"'.encode(), f'"{name}"'.encode()))
    witnessed.attack(bad, *trust, code="name-mismatch", status=3)


@pytest.mark.parametrize("change", ["upper", "short", "sha1-beside", "sha1-alone"])
def test_a_subject_with_an_odd_digest(witnessed: Witnessed, change: str) -> None:
    """sigstore-go passes over digests that it cannot decode."""
    trust = witnessed.policy(JOB, require=TESTED)
    words, good = _said(witnessed, TEST_RESULT), witnessed.release.digest.hex
    beside = words.replace(b'"sha256":', b'"sha1":"' + b"0" * 40 + b'","sha256":')
    witnessed.honest(witnessed.sigstore.bundle(payload=beside), *trust)
    other = Digest.of(b"other").hex
    bad, code = {
        "upper": (words.replace(good.encode(), good.upper().encode()), "malformed-evidence"),
        "short": (words.replace(good.encode(), good[:40].encode()), "malformed-evidence"),
        "sha1-beside": (beside.replace(good.encode(), other.encode()), "subject-mismatch"),
        "sha1-alone": (words.replace(b'"sha256"', b'"sha1"'), "malformed-evidence"),
    }[change]
    witnessed.attack(witnessed.sigstore.bundle(payload=bad), *trust, code=code, status=3)


# ---- row 45


def test_another_payload_read_as_a_statement(witnessed: Witnessed) -> None:
    """Whoever signs notes of another kind did not mean a statement, though his note could be read as one."""
    trust = witnessed.policy(JOB)
    witnessed.honest(witnessed.sigstore.bundle(payload=witnessed.words), *trust)
    bad = witnessed.sigstore.bundle(payload=witnessed.words, payload_type="application/json")
    witnessed.attack(bad, *trust, code="malformed-evidence", status=3)


def test_another_type_for_a_note_that_was_signed(witnessed: Witnessed) -> None:
    """The type stands in what is signed; model_signing writes its own there, whatever the envelope says."""
    trust = witnessed.policy(JOB)
    good = witnessed.sigstore.bundle(payload=witnessed.words)
    witnessed.honest(good, *trust)
    bad = witnessed.sigstore.bundle(payload=witnessed.words, payload_type="application/json")
    bad["dsseEnvelope"]["payloadType"] = good["dsseEnvelope"]["payloadType"]
    witnessed.attack(bad, *trust, code="signature-invalid", status=3)


# ---- row 46


def test_a_key_in_the_place_of_a_certificate(witnessed: Witnessed) -> None:
    """Nobody has asked for a key, so that none is the right one."""
    trust = witnessed.policy(JOB)
    witnessed.honest(witnessed.sigstore.bundle(payload=witnessed.words), *trust)
    key: Any = witnessed.scene.mallory.signer.private_key
    witnessed.attack(
        witnessed.sigstore.key_bundle(key, payload=witnessed.words), *trust, code="signer-not-trusted", status=1
    )


def test_a_hint_that_chooses_whom_to_trust(scene: Scene, people: dict[str, Person]) -> None:
    """Bob is trusted too, for other claims; the bundle says that alice signed what he signed."""
    bob, release = people["bob"], scene.release()
    trust = scene.policy("provenance: {by: [alice]}", alice=scene.alice, bob=bob)
    reference = scene.served(release)
    scene.honest_pull(reference, *trust)
    scene.registry.strip(release.digest)
    (bundle,) = release.signed_by(bob, PROVENANCE)
    document = json.loads(bundle)
    document["verificationMaterial"]["publicKey"]["hint"] = cosign_hint(scene.alice.signer.public_key)
    scene.registry.attach([to_compact_json(document)], release.digest)
    scene.pull(reference, *trust, code="signer-not-trusted", status=1)


# ---- row 50


def test_more_log_entries_than_one(witnessed: Witnessed) -> None:
    trust = witnessed.policy(JOB)
    bundle = witnessed.sigstore.bundle(payload=witnessed.words)
    witnessed.honest(bundle, *trust)
    bundle["verificationMaterial"]["tlogEntries"] *= 2
    witnessed.attack(bundle, *trust, code="malformed-evidence", status=3)


def test_more_certificates_than_a_path_has(witnessed: Witnessed) -> None:
    trust = witnessed.policy(f"{{root: ca.pem, subject: {RELEASE}}}")
    bundle = witnessed.pki.bundle(witnessed.sigstore, payload=witnessed.words)
    witnessed.honest(bundle, *trust)
    chain = bundle["verificationMaterial"]["x509CertificateChain"]["certificates"]
    chain += chain[1:] * 16
    witnessed.attack(bundle, *trust, code="malformed-evidence", status=3)


def test_a_statement_about_a_thousand_things(scene: Scene) -> None:
    """GHSA-cq38-jh5f-37mq: each of them would be compared with each digest that is looked for."""
    release, reference, trust = _start(scene)
    claim = release.claims[PROVENANCE]
    several = [Subject(name=MODEL, digest=release.digest)] + [Subject(name="x", digest=Digest.of(b"x"))] * 2_000
    document = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": each.name, "digest": {"sha256": each.digest.hex}} for each in several],
        "predicateType": PROVENANCE,
        "predicate": dict(claim.predicate),
    }
    scene.registry.attach([signed_payload(to_compact_json(document), scene.alice).raw], release.digest)
    scene.pull(reference, *trust, code="malformed-evidence", status=3)
