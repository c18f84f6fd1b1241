"""What policies cost: the profile `production` over a version with a long lineage, and its share of a command."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.bench.keys import key_pair
from tests.bench.rows import Row
from tests.bench.running import inner, paired

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.bench.keys import KeyPair
    from tests.bench.running import Run, Setting

_LEVELS = (2, 2, 4, 4, 4, 4)
"""Ancestors in each generation, the eldest first; each is made from all of the generation before: 20 in 6 levels."""
_OF_SIGNATURES = 1.5
_LIMIT_SECONDS = 0.02
_GIT = ("git", "-c", "user.name=bench", "-c", "user.email=bench@acme.example", "-c", "init.defaultBranch=main")


@dataclass(frozen=True, kw_only=True, slots=True)
class Gate:
    """A policy, and two versions that it allows.

    Args:
        policy: the profile `production` with our keys.
        alone: a version that was trained from data alone.
        deep: one with a lineage.
        store: where they are.
    """

    policy: Path
    alone: str
    deep: str
    store: Path


def measure(setting: Setting) -> Iterator[Row]:
    """The verdict over a lineage against its signatures; then reading and evaluating the policy in one command."""
    gate = _gate(setting)

    def judged(what: str) -> Run:
        return inner(setting.child("judge_lineage.py", what, gate.policy, gate.deep, gate.store))

    count, generations = sum(_LEVELS), len(_LEVELS)
    what = f"verdict with {count} ancestors in {generations} levels"
    rounds = setting.rounds(21)
    pairs = paired(lambda: judged("verdict"), lambda: judged("signatures"), rounds=rounds, warm=True)
    yield Row.against(f"{what} : reading, verifying signatures", pairs, limit=_OF_SIGNATURES)
    pairs = paired(lambda: judged("verdict"), lambda: judged("cryptography"), rounds=rounds, warm=True)
    yield Row.against("  the same : verifying them in memory", pairs)

    def share(which: str) -> Run:
        words = ("verify", gate.alone, "--policy", gate.policy)
        return inner(setting.child("policy_share.py", which, *words))

    pairs = paired(lambda: share("policy"), lambda: share("whole"), rounds=rounds, warm=True)
    yield Row.within("reading, evaluating production : its attest verify", pairs, limit=_LIMIT_SECONDS)


def _gate(setting: Setting) -> Gate:
    publisher, approver = key_pair(setting), key_pair(setting, name="approver")
    policy = setting.folder / "production.yaml"
    setting.attest(
        *("policy", "init", "--profile", "production", "--out", policy),
        *("--key", publisher.public, "--key", f"approver={approver.public}"),
    )
    code = setting.folder / "code"
    code.mkdir()
    (code / "train.py").write_text("pass\n")
    for words in (("init", "-q"), ("add", "."), ("commit", "-q", "-m", "train")):
        subprocess.run([*_GIT, *words], cwd=code, check=True, capture_output=True)
    gate = Gate(policy=policy, alone="bench/alone:1", deep="bench/lineage/top:1", store=setting.folder / "home/store")
    _push(setting, publisher, "bench/alone", [])
    above: list[str] = []
    for level, count in enumerate(_LEVELS):
        names = [f"bench/lineage/l{level}-{number}" for number in range(count)]
        for name in names:
            _push(setting, publisher, name, above)
        above = names
    _push(setting, publisher, "bench/lineage/top", above)
    for reference in (gate.alone, gate.deep):
        _approve(setting, gate, reference, publisher, approver)
    return gate


def _push(setting: Setting, key: KeyPair, name: str, bases: list[str]) -> None:
    """A small model, from committed code and one dataset: what is measured does not depend on the weights."""
    folder = setting.folder / "lineage" / name
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps({"model_type": name}))
    (setting.folder / "tx.csv").write_text("1,2\n")
    made = [word for base in bases for word in ("--base", f"{base}:1")]
    operation = ("--operation", "merge" if bases else "train", "--dataset", f"tx={setting.folder / 'tx.csv'}")
    setting.attest("push", folder, name, "--key", key.private, *operation, *made, cwd=setting.folder / "code")


def _approve(setting: Setting, gate: Gate, reference: str, publisher: KeyPair, approver: KeyPair) -> None:
    """Somebody else approves a version, having seen its claims."""
    from attest.admit import judge_evidence, locate_version
    from attest.claims.approval import Approval, Decision
    from attest.policy.document import policy_for_keys
    from attest.signed_claims import reviewed, sign_approval
    from attest.signing.bundle_signer import KeyBundleSigner
    from attest.signing.uri import open_signer
    from attest.trust.identity import load_trusted_key
    from attest_registry.oci.layout import LayoutRepository
    from attest_registry.reference import Reference

    asked = Reference.parse(reference)
    repository = LayoutRepository(gate.store, asked.model)
    _, artefact = locate_version(asked, repository)
    policy = policy_for_keys([load_trusted_key(publisher.public)])
    judged = judge_evidence(artefact, repository, reference=asked, policy=policy)
    said = Approval(decision=Decision.APPROVE, meaning="released", reviewed=reviewed(judged.facts))
    signer = KeyBundleSigner(signer=open_signer(str(approver.private), passphrase=lambda _: None))
    bundle = setting.folder / f"approval-{artefact.digest.hex[:12]}.json"
    bundle.write_bytes(sign_approval(said, signer=signer, model=asked.model, manifest_digest=artefact.digest))
    setting.attest("evidence", "attach", reference, bundle)
