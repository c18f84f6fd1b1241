"""Several roots of trust in a policy: an identity believes the one that it names, and no other."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from attest.trust.identity import TrustedKey
from attest.trust.managed_key import ManagedKey
from attest.trust.trusted_holder import PkiHolder, TrustedHolder
from attest_registry.digest import Digest
from tests.policy.identity_scene import SIGSTORE, TRUST, filled, only, read, refusal
from tests.verify.private_fulcio import ISSUER
from tests.verify.private_sigstore import PrivateSigstore

if TYPE_CHECKING:
    from pathlib import Path

    from tests.verify.evidence import Person

ROOTS = "trust: {root: root.json, roots: {acme: acme.json}}\n"


@pytest.fixture
def folder(tmp_path: Path, alice: Person) -> Path:
    return filled(tmp_path, alice)


@pytest.fixture
def root() -> bytes:
    return SIGSTORE


@pytest.fixture
def acme(folder: Path) -> bytes:
    """The root of another Sigstore."""
    raw = json.dumps(PrivateSigstore().root_document()).encode()
    (folder / "acme.json").write_bytes(raw)
    return raw


@pytest.mark.parametrize(
    "ci", [f"{{issuer: {ISSUER}, subject: a, _}}", "{key: ci.pub, _}", "{root: ca.pem, subject: r@acme.example, _}"]
)
def test_an_identity_believes_the_root_that_it_names_and_no_other(
    folder: Path, root: bytes, acme: bytes, ci: str
) -> None:
    default = only(read(folder, ci.replace(", _", ""), trust=ROOTS))
    named = only(read(folder, ci.replace("_", "trust: acme"), trust=ROOTS))
    assert isinstance(default, ManagedKey | TrustedHolder | PkiHolder)
    assert isinstance(named, ManagedKey | TrustedHolder | PkiHolder)
    assert default.root is not None
    assert named.root is not None
    assert default.root.digest == Digest.of(root)
    assert named.root.digest == Digest.of(acme)
    assert (
        read(folder, ci.replace(", _", ""), trust=ROOTS).digest
        != read(folder, ci.replace("_", "trust: acme"), trust=ROOTS).digest
    )


def test_a_named_root_stands_for_nobody_who_does_not_name_it(folder: Path, acme: bytes) -> None:
    alone = "trust: {roots: {acme: acme.json}}\n"
    assert refusal(folder, f"{{issuer: {ISSUER}, subject: a}}", trust=alone).code == "policy-no-root"
    assert isinstance(only(read(folder, "{key: ci.pub}", trust=alone)), TrustedKey)
    beside = "trust: {tsa-chain: tsa.pem, roots: {acme: acme.json}}\n"
    assert refusal(folder, f"{{issuer: {ISSUER}, subject: a}}", trust=beside).code == "policy-no-root"
    assert isinstance(only(read(folder, f"{{issuer: {ISSUER}, subject: a, trust: acme}}", trust=beside)), TrustedHolder)


@pytest.mark.parametrize(
    ("ci", "trust", "code"),
    [
        ("{key: ci.pub, trust: other}", ROOTS, "policy-unknown-root"),
        ("{key: ci.pub, trust: root}", ROOTS, "policy-unknown-root"),
        ("{key: ci.pub, trust: acme}", TRUST, "policy-unknown-root"),
        ("{key: ci.pub, trust: [acme]}", ROOTS, "policy-wrong-type"),
        ("{trust: acme}", ROOTS, "policy-missing-key"),
        ("{key: ci.pub}", "trust: {roots: {}}\n", "policy-empty-list"),
        ("{key: ci.pub}", "trust: {roots: [acme.json]}\n", "policy-wrong-type"),
        ("{key: ci.pub}", "trust: {roots: {acme: absent.json}}\n", "policy-bad-root"),
        ("{key: ci.pub}", "trust: {roots: {acme: ca.pem}}\n", "policy-bad-root"),
        ("{key: ci.pub}", "trust: {roots: {acme: [acme.json]}}\n", "policy-wrong-type"),
        ("{key: ci.pub}", "trust: {roots: {a b: acme.json}}\n", "policy-bad-name"),
        ("{key: ci.pub}", "trust: {root: root.json, tsa-chain: tsa.pem}\n", "policy-bad-root"),
    ],
)
def test_a_named_root_that_is_none_is_refused(folder: Path, acme: bytes, ci: str, trust: str, code: str) -> None:
    assert refusal(folder, ci, trust=trust).code == code


def test_a_root_that_is_misspelt_has_a_nearest_one(folder: Path, acme: bytes) -> None:
    error = refusal(folder, "{key: ci.pub, trust: amce}", trust=ROOTS)
    assert (error.expected, error.hint) == ("acme", "did you mean 'acme'?")
