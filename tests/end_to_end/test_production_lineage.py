"""The shipped production profile, filled in by `attest policy init`, over a teacher and its student."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from attest.claims import approval
from attest.claims.approval import Approval, Decision, Reviewed
from attest.claims.signer_name import SignerName
from attest.cli.main import main
from attest.evidence.collect import collect
from attest.signing import keyfile
from attest.signing.bundle import Bundle
from attest.trust.identity import load_trusted_key
from attest_registry.digest import Digest
from tests.end_to_end.lineage_scene import PEOPLE, Scene

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    """A clean checkout in which everything but the training code is ignored."""
    monkeypatch.setenv("ATTEST_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".gitignore").write_text("*\n!.gitignore\n")
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.com"]
    for command in (["init", "-q"], ["add", ".gitignore"], ["commit", "-q", "-m", "train"]):
        subprocess.run([*git, *command], cwd=tmp_path, check=True, capture_output=True)
    for name in PEOPLE:
        keyfile.generate(tmp_path / f"{name}.key", tmp_path / f"{name}.pub", passphrase=None)
    (tmp_path / "tx.csv").write_text("1,2\n")
    made = Scene(folder=tmp_path, digests={})
    made.push("acme/large", operation="train", datasets={"tx": "tx.csv"})
    made.push("acme/student", operation="distill", teacher="acme/large:1", datasets={"tx": "tx.csv"})
    _approve(made, "acme/student")
    return made


def _approve(scene: Scene, name: str) -> None:
    """The vendor's key stands for an approver, who has seen all that is there."""
    repository = scene.repository(name)
    publisher = SignerName(key=load_trusted_key(scene.folder / "publisher.pub").fingerprint)
    evidence = collect(repository, scene.digests[name]).evidence
    words = [Digest.of(Bundle.parse(piece.raw).payload) for piece in evidence]
    said = Approval(
        decision=Decision.APPROVE,
        meaning="reviewed and approved for production use",
        reviewed=tuple(Reviewed(claim=digest, signer=publisher) for digest in words),
    )
    approver = SignerName(key=load_trusted_key(scene.folder / "vendor.pub").fingerprint)
    statement = approval.build(said, by=approver, model=name, manifest_digest=scene.digests[name])
    scene.attach(name, statement, by="vendor")


@pytest.fixture
def production(scene: Scene) -> Path:
    out = scene.folder / "production.yaml"
    arguments = ["--key", "publisher.pub", "--key", "approver=vendor.pub", "--out", str(out)]
    assert main(["policy", "init", "--profile", "production", *arguments]) == 0
    return out


def test_an_approved_student_of_a_signed_teacher_is_allowed(scene: Scene, production: Path) -> None:
    answer = scene.verify("acme/student:1", str(production))
    assert answer.wrong == []
    assert answer.status == 0


def test_a_version_whose_teacher_was_revoked_is_denied_with_the_way_to_the_teacher(
    scene: Scene, production: Path
) -> None:
    teacher = scene.digests["acme/large"]
    with production.open("a") as file:
        file.write(f"deny:\n  - {{manifest: '{teacher}', since: 2026-01-01, reason: trained on leaked data}}\n")
    answer = scene.verify("acme/student:1", str(production))
    assert answer.status == 1
    assert answer.wrong == [("denials", "ancestor-revoked")]
    (finding,) = answer.of("denials")
    assert finding["path"] == ["acme/student", f"teacher acme/large@{teacher}"]
    assert finding["found"] == (
        f"acme/student ← teacher acme/large@{teacher}: "
        "revoked since 2026-01-01T00:00:00Z (trained on leaked data), by the policy production"
    )


def test_the_same_by_the_feed(scene: Scene, production: Path) -> None:
    key = scene.folder / "security.pub"
    text = production.read_text().replace("identities:\n", f"identities:\n  security: {{key: {key}}}\n", 1)
    production.write_text(text + "revocations: {by: [security], file: feed.json}\n")
    first = scene.feed()
    assert scene.verify("acme/student:1", str(production)).status == 0
    scene.feed(scene.revoked(scene.digests["acme/large"]), sequence=2, previous=first)
    assert scene.verify("acme/student:1", str(production)).wrong == [("denials", "ancestor-revoked")]


def test_a_teacher_by_a_stranger_is_denied(scene: Scene, production: Path) -> None:
    scene.push("evil/large", key="mallory", operation="import")
    scene.push("acme/pupil", operation="distill", teacher="evil/large:1", datasets={"tx": "tx.csv"})
    _approve(scene, "acme/pupil")
    answer = scene.verify("acme/pupil:1", str(production))
    assert ("ancestors", "ancestor-not-signed") in answer.wrong
