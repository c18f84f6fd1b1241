"""Rows 4, 8, 32, 70 and 71: true words, about something else, under another name, or by somebody else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from attest.claims.predicates import APPROVAL, ML_BOM, MODEL_SIGNATURE, PROVENANCE, STATEMENT_V0_1, TEST_RESULT
from attest.claims.statement import Statement, Subject
from attest.signing.bundle import sign_statement
from attest_registry.digest import Digest
from attest_registry.strict_json import to_compact_json
from tests.attacks.release import FILES, MODEL, claims_of, weights
from tests.verify.evidence import signed_payload

if TYPE_CHECKING:
    from tests.attacks.release import Release
    from tests.attacks.scene import Scene
    from tests.verify.evidence import Person

SIGNATURE = "signature: {by: [alice]}"


def _mixed(first: Release, second: Release) -> dict[str, Any]:
    """The first version's manifest with the second one's weights."""
    document = first.document
    for place, layer in enumerate(second.document["layers"]):
        if layer["annotations"]["org.cncf.model.filepath"] == "model.safetensors":
            document["layers"][place] = layer
    return document


@pytest.mark.parametrize(
    "require", [SIGNATURE, "", SIGNATURE + ", provenance: {by: [alice]}"], ids=["signature", "key", "both"]
)
def test_a_mix_of_two_signed_models(scene: Scene, require: str) -> None:
    other = {**FILES, "config.json": b'{"model_type": "cnn"}\n', "model.safetensors": weights(b"2")}
    first, second = scene.release(), scene.release(other)
    trust = scene.policy(require) if require else scene.by_key
    for tag, release in (("1", first), ("2", second)):
        scene.honest_pull(scene.served(release, tag=tag), *trust)
    digest = scene.registry.put_manifest(_mixed(first, second), tag="3")
    scene.registry.attach(first.signed_by(scene.alice) + second.signed_by(scene.alice), digest)
    scene.pull(f"{scene.registry.name}:3", *trust, code="digest-mismatch", status=3)


@pytest.mark.parametrize(
    ("kind", "key"), [(PROVENANCE, "provenance"), (ML_BOM, "ml-bom")], ids=["provenance", "ml-bom"]
)
def test_evidence_of_another_version(scene: Scene, kind: str, key: str) -> None:
    """cosign CVE-2026-22703: what is true of one artefact was accepted for another."""
    good, bad = scene.release(), scene.release({**FILES, "model.safetensors": weights(b"x")})
    trust = scene.policy(f"{key}: {{by: [alice]}}")
    scene.honest_pull(scene.served(good), *trust)
    scene.registry.serve(bad, bundles=good.signed_by(scene.alice, kind), tag="2")
    scene.pull(f"{scene.registry.name}:2", *trust, code="subject-mismatch", status=3)


def test_a_bom_of_another_version_is_held_against_the_files_too(scene: Scene) -> None:
    """A careless signer put the right digest over the wrong list: the list itself is compared with the files."""
    good, bad = scene.release(), scene.release({**FILES, "model.safetensors": weights(b"x")})
    trust = scene.policy("ml-bom: {by: [alice]}", more="formats: {allow: [safetensors, json, text]}")
    scene.honest_pull(scene.served(good), *trust)
    wrong = claims_of(good.folder.manifest, bad.digest)[ML_BOM]
    scene.registry.serve(bad, bundles=[sign_statement(wrong, scene.alice.signer)], tag="2")
    scene.pull(f"{scene.registry.name}:2", *trust, code="digest-mismatch", status=3)


def test_provenance_where_another_claim_is_asked_for(scene: Scene) -> None:
    """CVE-2022-35929: any claim of the right signer passed for the one that was asked for."""
    release = scene.release()
    scan = Statement.build(
        subjects=[Subject(name=MODEL, digest=release.digest)],
        predicate_type="urn:example:scan",
        predicate={"ok": "yes"},
    )
    trust = scene.policy("claims: [{type: 'urn:example:scan', by: [alice]}]")
    reference = scene.registry.serve(release, bundles=[sign_statement(scan, scene.alice.signer)])
    scene.honest_pull(reference, *trust)
    scene.registry.strip(release.digest)
    scene.registry.attach(release.signed_by(scene.alice, PROVENANCE), release.digest, predicate_type="urn:example:scan")
    scene.pull(reference, *trust, code="evidence-missing", status=1)


def test_a_document_of_another_type_with_a_good_signature(scene: Scene) -> None:
    """What alice signed as something else does not become a claim because it reads like one."""
    release = scene.release()
    trust = scene.policy(SIGNATURE)
    reference = scene.served(release)
    scene.honest_pull(reference, *trust)
    scene.registry.strip(release.digest)
    payload = release.claims[MODEL_SIGNATURE].raw
    note = signed_payload(payload, scene.alice, payload_type="application/json")
    scene.registry.attach([note.raw], release.digest)
    scene.pull(reference, *trust, code="malformed-evidence", status=3)


def _spoilt(bundle: bytes, change: str) -> bytes:
    document = json.loads(bundle)
    envelope = document["dsseEnvelope"]
    if change == "other-words":
        envelope["payload"] = envelope["payload"][:-8] + ("A" * 8)
    elif change == "other-signature":
        envelope["signatures"][0]["sig"] = "MEUCIQ" + envelope["signatures"][0]["sig"][6:-4] + "AAAA"
    else:
        envelope["payloadType"] = "application/vnd.in-toto+json"
    return json.dumps(document).encode()


@pytest.mark.parametrize("change", ["other-words", "other-signature"])
def test_a_signature_that_does_not_fit(scene: Scene, change: str) -> None:
    release = scene.release()
    trust = scene.policy("provenance: {by: [alice]}")
    reference = scene.served(release)
    scene.honest_pull(reference, *trust)
    scene.registry.strip(release.digest)
    (bundle,) = release.signed_by(scene.alice, PROVENANCE)
    scene.registry.attach([_spoilt(bundle, change)], release.digest)
    scene.pull(reference, *trust, code="signature-invalid", status=3)


def test_a_payload_type_that_was_not_signed(scene: Scene) -> None:
    """The type stands inside the signature: calling a signed note an in-toto claim afterwards does not help."""
    release = scene.release()
    trust = scene.policy("provenance: {by: [alice]}")
    reference = scene.served(release)
    scene.honest_pull(reference, *trust)
    scene.registry.strip(release.digest)
    note = signed_payload(release.claims[PROVENANCE].raw, scene.alice, payload_type="application/json")
    scene.registry.attach([_spoilt(note.raw, "other-type")], release.digest)
    scene.pull(reference, *trust, code="signer-not-trusted", status=1)


def test_words_by_a_stranger(scene: Scene) -> None:
    release = scene.release()
    scene.honest_pull(scene.served(release))
    scene.registry.serve(release, bundles=[])
    scene.registry.strip(release.digest)
    scene.registry.attach(release.signed_by(scene.mallory), release.digest)
    scene.pull(f"{scene.registry.name}:1", code="signer-not-trusted", status=1)


def test_a_strangers_words_under_the_trusted_keys_hint(scene: Scene) -> None:
    """The hint says whose key it was; it selects nothing."""
    release = scene.release()
    reference = scene.served(release)
    scene.honest_pull(reference)
    scene.registry.strip(release.digest)
    ours, theirs = release.signed_by(scene.alice), release.signed_by(scene.mallory)
    for mine, other in zip(ours, theirs, strict=True):
        document = json.loads(other)
        document["verificationMaterial"] = json.loads(mine)["verificationMaterial"]
        scene.registry.attach([json.dumps(document).encode()], release.digest)
    scene.pull(reference, code="signature-invalid", status=3)


def test_renamed_files_with_the_same_root_digest(scene: Scene) -> None:
    """Row 32: the root digest of a model signature binds the order of the files and not their names."""
    files = {"encoder.safetensors": weights(b"a"), "ranker.safetensors": weights(b"b")}
    release = scene.release(files)
    trust = scene.policy(SIGNATURE)
    scene.honest_pull(scene.served(release), *trust)
    renamed = scene.release({"zero.safetensors": weights(b"a"), "zone.safetensors": weights(b"b")})
    assert renamed.folder.manifest.oms_root == release.folder.manifest.oms_root
    scene.registry.serve(renamed, bundles=release.signed_by(scene.alice, MODEL_SIGNATURE), tag="2")
    scene.pull(f"{scene.registry.name}:2", *trust, code="unsigned-file", status=3)


def test_a_renamed_folder_with_the_same_root_digest(scene: Scene) -> None:
    release = scene.release({"encoder.safetensors": weights(b"a"), "ranker.safetensors": weights(b"b")})
    (scene.folder / "home/model.sig").write_bytes(release.signed_by(scene.alice, MODEL_SIGNATURE)[0])
    _write(scene, "copy", release.files)
    _write(scene, "other", {"zero.safetensors": weights(b"a"), "zone.safetensors": weights(b"b")})
    judged = ("--evidence", "home/model.sig", *scene.by_key)
    scene.honest("verify", "./copy", *judged)
    outcome = scene.attack_folder("verify", "./other", *judged)
    assert {finding["status"] for finding in outcome.document["findings"]} == {"not-signed", "missing"}


def _write(scene: Scene, name: str, files: Any) -> None:
    (scene.folder / name).mkdir()
    for path, data in files.items():
        (scene.folder / name / path).write_bytes(data)


@pytest.mark.parametrize("key", ["signature", "provenance", "ml-bom"])
def test_a_signed_version_under_another_models_name(scene: Scene, key: str) -> None:
    """Row 70: the name stands in what is signed, so a registry cannot serve one model as another."""
    release = scene.release(model="demo/small")
    scene.registry.model = "demo/small"
    trust = scene.policy(f"{key}: {{by: [alice]}}")
    scene.honest_pull(scene.served(release), *trust)
    scene.registry.model = MODEL
    scene.served(release)
    scene.pull(f"{scene.registry.name}:1", *trust, code="name-mismatch", status=3)


def test_another_name_that_the_operator_accepts(scene: Scene) -> None:
    """The honest twin of the one above: a copy under another path, named in the policy."""
    release = scene.release(model="demo/small")
    reference = scene.served(release)
    scene.honest_pull(reference, *scene.policy("provenance: {by: [alice]}", more="formats: any\nnames: [demo/small]"))
    trust = scene.policy("provenance: {by: [alice]}", more="formats: any\nnames: [demo/smal]")
    scene.pull(reference, *trust, code="name-mismatch", status=3)


@pytest.mark.parametrize("where", ["{host}.evil.example/{model}", "evil.example/{model}", "{host}/{model}2", "{host}"])
def test_a_claim_of_cosigns_about_another_place(scene: Scene, where: str) -> None:
    """Row 70: cosign names the repository with its host, which counts only where this very one was asked for."""
    release = scene.release()
    own = scene.registry.name
    host = own.partition("/")[0]
    trust = scene.policy("claims: [{type: test-result, by: [alice]}]")
    good = sign_statement(_as_cosign_writes(release, own), scene.alice.signer)
    reference = scene.registry.serve(release, bundles=[good])
    scene.honest_pull(reference, *trust)
    scene.registry.strip(release.digest)
    bad = _as_cosign_writes(release, where.format(host=host, model=MODEL))
    scene.registry.attach([sign_statement(bad, scene.alice.signer)], release.digest)
    scene.pull(reference, *trust, code="name-mismatch", status=3)


def _as_cosign_writes(release: Release, name: str) -> Statement:
    subject = {"name": name, "digest": {"sha256": release.digest.hex}}
    words = {"predicateType": TEST_RESULT, "subject": [subject], "predicate": {"result": "PASSED"}}
    return Statement.parse(to_compact_json({"_type": STATEMENT_V0_1, **words}))


def _approval(release: Release, by: Person, **words: Any) -> Statement:
    predicate = {"by": {"key": {"sha256": by.key.fingerprint.hex}}, "decision": "approve", **words}
    subjects = [Subject(name=release.model, digest=release.digest)]
    return Statement.build(subjects=subjects, predicate_type=APPROVAL, predicate=predicate)


def test_bobs_copy_of_alices_words(scene: Scene, people: dict[str, Person]) -> None:
    """Row 71: equal words by another signer are another claim, also where he is trusted for something else."""
    bob, release = people["bob"], scene.release()
    require = "signature: {by: [bob]}, claims: [{type: test-result, by: [alice]}]"
    trust = scene.policy(require, alice=scene.alice, bob=bob)
    subjects = [Subject(name=MODEL, digest=release.digest)]
    words = Statement.build(subjects=subjects, predicate_type=TEST_RESULT, predicate={"result": "PASSED"})
    ours = [*release.signed_by(bob), sign_statement(words, scene.alice.signer)]
    reference = scene.registry.serve(release, bundles=ours)
    scene.honest_pull(reference, *trust)
    scene.registry.strip(release.digest)
    scene.registry.attach([*release.signed_by(bob), sign_statement(words, bob.signer)], release.digest)
    scene.pull(reference, *trust, code="signer-not-trusted", status=1)


def test_an_approval_that_says_it_is_somebody_elses(scene: Scene, people: dict[str, Person]) -> None:
    """Row 71: `by` is compared with the signer, so alice's words in bob's mouth are nobody's."""
    bob, release = people["bob"], scene.release()
    trust = scene.policy("claims: [{type: approval, by: [bob]}]", alice=scene.alice, bob=bob)
    reference = scene.registry.serve(release, bundles=[sign_statement(_approval(release, bob), bob.signer)])
    scene.honest_pull(reference, *trust)
    scene.registry.strip(release.digest)
    scene.registry.attach([sign_statement(_approval(release, scene.alice), bob.signer)], release.digest)
    scene.pull(reference, *trust, code="signer-mismatch", status=3)


@pytest.mark.parametrize("decision", ["reject", "Approve", ""])
def test_a_rejection_passed_off_as_an_approval(scene: Scene, decision: str) -> None:
    release = scene.release()
    trust = scene.policy("claims: [{type: approval, by: [alice]}]")
    good = sign_statement(_approval(release, scene.alice), scene.alice.signer)
    reference = scene.registry.serve(release, bundles=[good])
    scene.honest_pull(reference, *trust)
    scene.registry.strip(release.digest)
    bad = _approval(release, scene.alice, decision=decision)
    scene.registry.attach([sign_statement(bad, scene.alice.signer)], release.digest)
    scene.pull(reference, *trust, code="claim-negative", status=1)


def test_a_subject_digest_of_nothing(scene: Scene) -> None:
    """A claim about the empty digest fits nothing, least of all everything."""
    release = scene.release()
    trust = scene.policy("provenance: {by: [alice]}")
    reference = scene.served(release)
    scene.honest_pull(reference, *trust)
    scene.registry.strip(release.digest)
    empty = claims_of(release.folder.manifest, Digest.of(b""))[PROVENANCE]
    scene.registry.attach([sign_statement(empty, scene.alice.signer)], release.digest)
    scene.pull(reference, *trust, code="subject-mismatch", status=3)
