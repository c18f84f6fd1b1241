"""Row 20: a signer says when, and nobody else does; no rule rests on that."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from attest.claims import provenance
from attest.claims.evaluation import Evaluation
from attest.claims.training import Build, Operation, Training
from attest.signed_claims import sign_evaluation
from attest.signing.bundle_signer import KeyBundleSigner
from tests.attacks.release import MODEL
from tests.verify.private_authority import NOON
from tests.verify.private_fulcio import ISSUER, SUBJECT

if TYPE_CHECKING:
    from tests.attacks.release import Release
    from tests.attacks.scene import Scene
    from tests.attacks.witnessed import Witnessed


def _finished(witnessed: Witnessed, when: str) -> bytes:
    """The words of a provenance that says it is from then."""
    build = Build(builder="urn:attest:builders:local:v1", finished=when)
    where: dict[str, Any] = {"model": MODEL, "manifest_digest": witnessed.release.digest}
    training = Training(build=build, operation=Operation.TRAIN)
    return provenance.build(training, oms_root=witnessed.release.folder.manifest.oms_root, **where).raw


def test_a_stolen_key_with_a_claimed_time(witnessed: Witnessed) -> None:
    """Signed after the key had ended, and dated back in what is signed."""
    key: Any = witnessed.scene.alice.signer.private_key
    signer = f"{{key: {witnessed.scene.alice.key.origin}, not-after: 2026-06-01T12:00:00Z}}"
    trust = witnessed.policy(signer)
    words = _finished(witnessed, "2026-05-01T00:00:00Z")
    witnessed.honest(witnessed.sigstore.key_bundle(key, payload=words, stamps=(NOON,)), *trust)
    witnessed.attack(witnessed.sigstore.key_bundle(key, payload=words), *trust, code="time-missing", status=1)


def _evaluated(scene: Scene, release: Release, finished: datetime) -> bytes:
    said = Evaluation(passed=True, finished=finished, metrics=())
    signer = KeyBundleSigner(signer=scene.alice.signer)
    return sign_evaluation(said, signer=signer, model=MODEL, manifest_digest=release.digest)


def test_an_evaluation_from_the_future(scene: Scene) -> None:
    """It would stay fresh for ten years."""
    release, now = scene.release(), datetime.now(UTC).replace(microsecond=0)
    trust = scene.policy("evaluations: [{by: [alice], max-age: 90d}]")
    reference = scene.registry.serve(release, bundles=[_evaluated(scene, release, now)])
    scene.honest_pull(reference, *trust)
    scene.registry.strip(release.digest)
    scene.registry.attach([_evaluated(scene, release, now + timedelta(days=3650))], release.digest)
    scene.pull(reference, *trust, code="claim-time", status=1)
    scene.registry.strip(release.digest)
    scene.registry.attach([_evaluated(scene, release, now - timedelta(days=91))], release.digest)
    scene.pull(reference, *trust, code="claim-stale", status=1)


def test_a_certificate_that_was_expired_then(witnessed: Witnessed) -> None:
    """The time at which a signature counts is the authority's, not the provenance's."""
    sigstore, words = witnessed.sigstore, _finished(witnessed, "2026-06-01T12:00:00Z")
    trust = witnessed.policy(f"{{issuer: '{ISSUER}', subject: '{SUBJECT}'}}")
    witnessed.honest(sigstore.bundle(payload=words), *trust)
    late = sigstore.bundle(payload=words, stamps=(NOON + timedelta(days=1),))
    witnessed.attack(late, *trust, code="certificate-expired", status=1)
