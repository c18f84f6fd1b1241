"""Rows 37, 39, 40, 41, 42, 47, 49, 52 and 53: certificates and their proofs, changed by whoever carries them."""

from __future__ import annotations

import base64
import copy
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509

from tests.attacks.witnessed import ALICE
from tests.verify.private_authority import DAY, NOON, Authority
from tests.verify.private_fulcio import ISSUER, SUBJECT, CertificateIssuer, Holder
from tests.verify.private_rekor import Rekor
from tests.verify.private_sigstore import PrivateSigstore
from tests.verify.private_timestamps import TimestampService

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.attacks.witnessed import Witnessed

JOB = f"{{issuer: '{ISSUER}', subject: '{SUBJECT}'}}"
PERSON = f"{{issuer: '{ISSUER}', subject: '{ALICE}', kind: email}}"
SECOND = timedelta(seconds=1)
STAMPS = "timestampVerificationData"


@dataclass(frozen=True, kw_only=True)
class Trick:
    """What is done to a bundle.

    Args:
        change: bundle, somebody else's bundle by the same certificate, and the instance.
        code: what it is refused for.
        status: with this exit status.
        version: of the log.
    """

    change: Callable[[dict[str, Any], dict[str, Any], PrivateSigstore], object]
    code: str
    status: int = 3
    version: int = 2


def material(bundle: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = bundle["verificationMaterial"]
    return found


def entry(bundle: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = material(bundle)["tlogEntries"][0]
    return found


def stamps(bundle: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = material(bundle)[STAMPS]["rfc3161Timestamps"]
    return found


def note(bundle: dict[str, Any], rekor: Rekor, *, more: int = 0, origin: str | None = None) -> None:
    proof = entry(bundle)["inclusionProof"]
    size, root = int(proof["treeSize"]) + more, base64.b64decode(proof["rootHash"])
    proof["checkpoint"]["envelope"] = rekor.checkpoint(size, root, origin=origin)


def twin(rekor: Rekor) -> Rekor:
    """The attacker's log, which calls itself by the pinned one's name and id."""
    other = Rekor(rekor.version, rekor.host)
    other.log_id = rekor.log_id
    return other


def stamp_by_twin(bundle: dict[str, Any], instance: PrivateSigstore) -> None:
    """The attacker's authority, whose certificate has the pinned one's issuer and serial number."""
    other = TimestampService()
    other.certificate = instance.tsa.certificate
    signature = base64.b64decode(bundle["dsseEnvelope"]["signatures"][0]["sig"])
    stamps(bundle)[0]["signedTimestamp"] = base64.b64encode(other.stamp(signature, embed=False)).decode()


TRICKS = {
    "entry-of-another": Trick(
        change=lambda ours, theirs, _: material(ours).update(tlogEntries=material(theirs)["tlogEntries"]),
        code="log-entry-mismatch",
    ),
    "old-entry-of-another": Trick(
        change=lambda ours, theirs, _: material(ours).update(tlogEntries=material(theirs)["tlogEntries"]),
        code="log-entry-mismatch",
        version=1,
    ),
    "no-entry": Trick(change=lambda ours, *_: material(ours).pop("tlogEntries"), code="log-entry-missing", status=1),
    "no-promise": Trick(
        change=lambda ours, *_: entry(ours).pop("inclusionPromise"), code="time-missing", status=1, version=1
    ),
    "later-time": Trick(
        change=lambda ours, *_: entry(ours).update(integratedTime=str(int(NOON.timestamp()) + 60)),
        code="promise-invalid",
        version=1,
    ),
    "no-timestamp": Trick(change=lambda ours, *_: material(ours).pop(STAMPS), code="time-missing", status=1),
    "timestamp-of-another": Trick(
        change=lambda ours, theirs, _: material(ours).update({STAMPS: material(theirs)[STAMPS]}),
        code="timestamp-invalid",
    ),
    "timestamp-twice": Trick(
        change=lambda ours, *_: stamps(ours).append(copy.deepcopy(stamps(ours)[0])), code="timestamp-duplicate"
    ),
    "33-timestamps": Trick(change=lambda ours, *_: stamps(ours).extend(stamps(ours) * 32), code="malformed-evidence"),
    "timestamp-by-a-twin": Trick(
        change=lambda ours, _, instance: stamp_by_twin(ours, instance), code="timestamp-invalid"
    ),
    "old-version": Trick(
        change=lambda ours, *_: ours.update(mediaType="application/vnd.dev.sigstore.bundle+json;version=0.1"),
        code="malformed-evidence",
    ),
    "no-inclusion": Trick(change=lambda ours, *_: entry(ours).pop("inclusionProof"), code="inclusion-proof-missing"),
    "another-log's-name": Trick(
        change=lambda ours, _, instance: note(ours, instance.rekor[2], origin="other.example"),
        code="checkpoint-origin",
    ),
    "another-size": Trick(
        change=lambda ours, _, instance: note(ours, instance.rekor[2], more=1), code="checkpoint-mismatch"
    ),
    "checkpoint-by-a-twin": Trick(
        change=lambda ours, _, instance: note(ours, twin(instance.rekor[2])), code="checkpoint-signature"
    ),
    "another-index": Trick(
        change=lambda ours, *_: entry(ours)["inclusionProof"].update(logIndex="4"), code="inclusion-proof", version=1
    ),
}


@pytest.mark.parametrize("name", TRICKS)
def test_a_changed_proof(witnessed: Witnessed, name: str) -> None:
    trick, holder, trust = TRICKS[name], Holder(), witnessed.policy(JOB)
    instance = witnessed.sigstore
    ours = instance.bundle(version=trick.version, holder=holder, payload=witnessed.words)
    witnessed.honest(ours, *trust)
    trick.change(ours, instance.bundle(version=trick.version, holder=holder), instance)
    witnessed.attack(ours, *trust, code=trick.code, status=trick.status)


ISSUED = {
    "another-subject": (Holder(subject=x509.UniformResourceIdentifier(SUBJECT + "2")), "identity-mismatch", 1),
    "another-issuer": (Holder(issuer="https://evil.example", old_issuer=None), "issuer-mismatch", 1),
    "two-issuers": (Holder(old_issuer="https://evil.example"), "certificate-identity", 3),
    "no-sct": (Holder(scts=0), "sct-missing", 3),
    "two-scts": (Holder(scts=2), "sct-missing", 3),
    "sct-for-another": (Holder(sct_issuer=b"another issuer"), "sct-invalid", 3),
    "for-servers": (Holder(purpose=x509.oid.ExtendedKeyUsageOID.SERVER_AUTH), "certificate-usage", 3),
    "expired": (Holder(start=NOON - DAY, end=NOON - SECOND), "certificate-expired", 1),
}


@pytest.mark.parametrize("name", ISSUED)
def test_a_certificate_that_is_not_the_asked_one(witnessed: Witnessed, name: str) -> None:
    holder, code, status = ISSUED[name]
    instance, trust = witnessed.sigstore, witnessed.policy(JOB)
    witnessed.honest(instance.bundle(payload=witnessed.words), *trust)
    witnessed.attack(instance.bundle(payload=witnessed.words, holder=holder), *trust, code=code, status=status)


def test_a_second_timestamp_from_another_time(witnessed: Witnessed) -> None:
    """TOB-SIGSTORE-4: one good timestamp does not cover for another."""
    instance, trust = witnessed.sigstore, witnessed.policy(JOB)
    witnessed.honest(instance.bundle(payload=witnessed.words, stamps=(NOON, NOON + SECOND)), *trust)
    late = instance.bundle(payload=witnessed.words, stamps=(NOON, NOON + DAY))
    witnessed.attack(late, *trust, code="certificate-expired", status=1)


def test_an_intermediate_that_had_expired(witnessed: Witnessed) -> None:
    """CVE-2026-24122."""
    instance = witnessed.sigstore
    witnessed.honest(instance.bundle(payload=witnessed.words), *witnessed.policy(JOB))
    other = PrivateSigstore()
    other.fulcio = CertificateIssuer(Authority.make("fulcio", end=NOON - SECOND), other.certificate_log)
    trust = witnessed.policy(JOB, root=other.root_document())
    witnessed.attack(other.bundle(payload=witnessed.words), *trust, code="certificate-expired", status=1)


@pytest.mark.parametrize(
    ("part", "code"),
    [
        ("certificateAuthorities", "ca-window"),
        ("tlogs", "log-window"),
        ("ctlogs", "ct-window"),
        ("timestampAuthorities", "tsa-window"),
    ],
)
def test_an_authority_that_did_not_count_any_more(witnessed: Witnessed, part: str, code: str) -> None:
    """The root says when each counts; sigstore-python looks at none of these windows but one."""
    instance = witnessed.sigstore
    bundle = instance.bundle(payload=witnessed.words)
    witnessed.honest(bundle, *witnessed.policy(JOB))
    root = instance.root_document()
    for each in root[part]:
        each.get("publicKey", each)["validFor"]["end"] = "2026-06-01T11:58:00Z"
    witnessed.attack(bundle, *witnessed.policy(JOB, root=root), code=code, status=1)


@pytest.mark.parametrize("part", ["certificateAuthorities", "tlogs"])
def test_a_window_without_a_start(witnessed: Witnessed, part: str) -> None:
    """TOB-SIGSTORE-5: a start that is missing is not "since ever"; such a root is not used at all."""
    instance = witnessed.sigstore
    bundle = instance.bundle(payload=witnessed.words)
    witnessed.honest(bundle, *witnessed.policy(JOB))
    root = instance.root_document()
    each = root[part][0]
    del each.get("publicKey", each)["validFor"]["start"]
    witnessed.attack(bundle, *witnessed.policy(JOB, root=root), code="policy-bad-root", status=2)


@pytest.mark.parametrize(
    ("signer", "subject"),
    [
        (f"{{issuer: '{ISSUER}', subject-glob: '*@acme.example'}}", "mallory@acme.example.evil.example"),
        (f"{{issuer: '{ISSUER}', subject-glob: 'alice@*.example'}}", "alice@mallory.test/acme.example"),
        (f"{{issuer: '{ISSUER}', subject-glob: 'alice@acme.exampl?'}}", ALICE),
        (f"{{issuer: '{ISSUER}', subject: 'alice@acme.example'}}", "Alice@acme.example"),
    ],
    ids=["end", "part", "question-mark", "case"],
)
def test_a_subject_that_nearly_fits(witnessed: Witnessed, signer: str, subject: str) -> None:
    instance = witnessed.sigstore
    honest = instance.bundle(payload=witnessed.words, holder=Holder(subject=x509.RFC822Name(ALICE)))
    witnessed.honest(honest, *witnessed.policy(PERSON))
    attacked = instance.bundle(payload=witnessed.words, holder=Holder(subject=x509.RFC822Name(subject)))
    witnessed.attack(attacked, *witnessed.policy(signer), code="identity-mismatch", status=1)


def test_an_address_that_is_a_uri(witnessed: Witnessed) -> None:
    """The same text, but as another kind of name: who may get a URI may not be who owns the address."""
    instance, trust = witnessed.sigstore, witnessed.policy(PERSON)
    honest = instance.bundle(payload=witnessed.words, holder=Holder(subject=x509.RFC822Name(ALICE)))
    witnessed.honest(honest, *trust)
    attacked = instance.bundle(payload=witnessed.words, holder=Holder(subject=x509.UniformResourceIdentifier(ALICE)))
    witnessed.attack(attacked, *trust, code="identity-mismatch", status=1)


def test_a_reusable_workflow_run_for_another_repository(witnessed: Witnessed) -> None:
    said = {12: "https://github.com/acme/models", 15: "1001"}
    signer = f"{{issuer: '{ISSUER}', subject: '{SUBJECT}', extensions: {{source-repository-identifier: '1001'}}}}"
    instance, trust = witnessed.sigstore, witnessed.policy(signer)
    witnessed.honest(instance.bundle(payload=witnessed.words, holder=Holder(extensions=said)), *trust)
    renamed = instance.bundle(payload=witnessed.words, holder=Holder(extensions=said | {15: "9009"}))
    witnessed.attack(renamed, *trust, code="extension-mismatch", status=1)
    witnessed.scene.registry.strip(witnessed.release.digest)
    silent = instance.bundle(payload=witnessed.words, holder=Holder())
    witnessed.attack(silent, *trust, code="extension-mismatch", status=1)


@pytest.mark.parametrize("signer", ["{subject: alice@acme.example}", "{issuer: '', subject: alice@acme.example}"])
def test_a_subject_without_its_issuer(witnessed: Witnessed, signer: str) -> None:
    instance = witnessed.sigstore
    bundle = instance.bundle(payload=witnessed.words, holder=Holder(subject=x509.RFC822Name(ALICE)))
    witnessed.honest(bundle, *witnessed.policy(PERSON))
    code = "policy-wrong-type" if "issuer" in signer else "policy-missing-key"
    witnessed.attack(bundle, *witnessed.policy(signer), code=code, status=2)


def test_another_instance_that_names_itself_the_same(witnessed: Witnessed) -> None:
    trust = witnessed.policy(JOB)
    witnessed.honest(witnessed.sigstore.bundle(payload=witnessed.words), *trust)
    other = PrivateSigstore()
    other.rekor, other.tsa, other.certificate_log = (
        witnessed.sigstore.rekor,
        witnessed.sigstore.tsa,
        witnessed.sigstore.certificate_log,
    )
    other.fulcio = CertificateIssuer(Authority.make("fulcio"), other.certificate_log)
    witnessed.attack(other.bundle(payload=witnessed.words), *trust, code="certificate-chain", status=3)
