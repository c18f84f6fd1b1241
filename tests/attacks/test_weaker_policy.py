"""Row 7: a weaker policy from a place that is not the operator's, or one that means less than it says."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from attest.settings import Settings
from tests.attacks.release import FILES

if TYPE_CHECKING:
    from pathlib import Path

    from tests.attacks.scene import Scene

ANYBODY = """apiVersion: attest/v1
kind: Policy
name: anybody
identities: {anybody: {key: KEY}}
require: {signature: {by: [anybody]}}
formats: any
"""
PLACES = ["policy.yaml", "attest.yaml", ".attest/policy.yaml", "attest/policy.yaml", "policies/key.yaml"]


def _settings_of(folder: Path, key: str) -> dict[str, str]:
    policy = ANYBODY.replace("KEY", key)
    return dict.fromkeys(PLACES, policy) | {
        "config.toml": f'policy = "{folder}/policy.yaml"\n',
        ".attest/config.toml": f'policy = "{folder}/policy.yaml"\n',
        "attest/config.toml": f'public_key = "{key}"\n',
    }


def test_a_policy_in_the_working_folder(scene: Scene) -> None:
    """A folder that was downloaded or cloned names a policy, a key and settings; none of it is read."""
    release = scene.release()
    reference = scene.registry.serve(release, bundles=release.signed_by(scene.mallory))
    named = scene.policy("signature: {by: [mallory]}", mallory=scene.mallory)
    scene.honest_pull(reference, *named)
    for name, text in _settings_of(scene.folder, str(scene.mallory.key.origin)).items():
        (scene.folder / name).parent.mkdir(exist_ok=True)
        (scene.folder / name).write_text(text)
    scene.attack("pull", reference, "out", code="no-trust", status=2)
    scene.pull(reference, code="signer-not-trusted", status=1)


def test_a_policy_inside_the_model(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """The person stands in the folder of a good version, which holds a policy of its own."""
    named = _settings_of(scene.folder / "out", str(scene.mallory.key.origin))
    files = {name: text.encode() for name, text in named.items()}
    reference = scene.served(scene.release({**FILES, **files}))
    scene.honest_pull(reference)
    assert scene.run("pull", reference, "out", *scene.by_key).status == 0
    monkeypatch.chdir(scene.folder / "out")
    bad = scene.release({"config.json": b"{}"})
    other = scene.registry.serve(bad, bundles=bad.signed_by(scene.mallory), tag="2")
    scene.attack("pull", other, "../in", code="no-trust", status=2)
    scene.attack("pull", other, "../in", *scene.by_key, code="signer-not-trusted", status=1)


def test_nothing_says_whom_to_trust(scene: Scene) -> None:
    """A key lies where `keygen` puts one's own; that it is there is no reason to believe it."""
    (scene.folder / "home/keys").mkdir(parents=True)
    shutil.copy(scene.alice.key.origin, scene.folder / "home/keys/default.pub")
    reference = scene.served()
    scene.honest_pull(reference)
    scene.attack("pull", reference, "out", code="no-trust", status=2)
    scene.attack("verify", reference, code="no-trust", status=2)


NOT_UNDERSTOOD = {
    "warn": ("signature: {by: [alice]}", "formats: any\nmode: warn", "policy-unknown-key"),
    "optional": ("signature: {by: [alice], optional: true}", "", "policy-unknown-key"),
    "misspelt": ("signatur: {by: [alice]}", "", "policy-unknown-key"),
    "misspelt-deep": ("ml-bom: {by: [alice]}", "formats: {alow: [safetensors]}", "policy-unknown-key"),
    "nothing": ("", "", "policy-empty"),
    "by-nobody": ("signature: {by: []}", "", "policy-empty-list"),
    "by-anybody": ("signature: {by: ['*']}", "", "policy-unknown-identity"),
    "twice": ("signature: {by: [alice]}", "formats: any\nformats: any", "policy-duplicate-key"),
    "not": ("provenance: {by: [alice], source: {clean: false}}", "", "policy-wrong-type"),
    "without-a-bom": ("signature: {by: [alice]}", "formats: {allow: [safetensors, json, text]}", "policy-missing-key"),
    "anchor": ("signature: &a {by: [alice]}", "", "policy-not-strict"),
    "all-code": ("ml-bom: {by: [alice]}", "formats: {code-bearing: ['**']}", "policy-pattern"),
}


@pytest.mark.parametrize(("require", "more", "code"), NOT_UNDERSTOOD.values(), ids=NOT_UNDERSTOOD)
def test_a_policy_that_is_not_understood_whole(scene: Scene, require: str, more: str, code: str) -> None:
    reference = scene.served()
    scene.honest_pull(reference, *scene.policy("signature: {by: [alice]}"))
    scene.pull(reference, *scene.policy(require, more=more or "formats: any"), code=code, status=2)


def test_two_names_for_one_key(scene: Scene) -> None:
    """Two approvers with one key are one person."""
    reference = scene.served()
    scene.honest_pull(reference)
    trust = scene.policy("signature: {by: [alice]}, provenance: {by: [bob]}", alice=scene.alice, bob=scene.alice)
    scene.pull(reference, *trust, code="policy-same-key", status=2)


@pytest.mark.parametrize("typed", ["key", "policy", "environment"])
def test_a_locked_policy_is_not_replaced(scene: Scene, typed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The operator's machine-wide file locks the policy; flags and environment cannot put another in its place."""
    release = scene.release()
    ours = scene.served(release)
    theirs = scene.release({**FILES, "README.md": b"# theirs\n"})
    reference = scene.registry.serve(theirs, bundles=theirs.signed_by(scene.mallory), tag="2")
    weak = scene.policy("signature: {by: [mallory]}", mallory=scene.mallory)[1]
    system = scene.folder / "home/system.toml"
    system.write_text(f'policy = "{scene.policy("signature: {by: [alice]}")[1]}"\nlocked = ["policy"]\n')
    monkeypatch.setitem(Settings.load.__func__.__kwdefaults__, "system_file", system)  # type: ignore[attr-defined]
    scene.honest("pull", ours, "out")
    if typed == "environment":
        monkeypatch.setenv("ATTEST_POLICY", weak)
        scene.attack("pull", reference, "out", code="signer-not-trusted", status=1)
        return
    value = str(scene.mallory.key.origin) if typed == "key" else weak
    scene.attack("pull", reference, "out", f"--{typed}", value, code="setting-locked", status=2)
