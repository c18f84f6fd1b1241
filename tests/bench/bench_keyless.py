"""Keyless bundles, offline against a pinned root: ours against sigstore-python, on the very same bundles.

The Sigstore that made them is in memory (tests/verify/private_sigstore.py); sigstore-python accepts all of them. A
bundle is a whole one: certificate with SCT, Rekor v2 entry with inclusion proof and checkpoint, and a timestamp.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.bench.models import small_files
from tests.bench.rows import Row
from tests.bench.running import inner, paired
from tests.verify.private_fulcio import ISSUER, SUBJECT
from tests.verify.private_sigstore import PrivateSigstore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.bench.running import Run, Setting

_OF_COMMAND, _OF_LIBRARY = 0.5, 1.0
_IMPORT_SECONDS = 0.08


@dataclass(frozen=True, kw_only=True, slots=True)
class Signed:
    """A model with its keyless bundle, and what is needed to verify it.

    Args:
        model: the folder.
        bundle: its OMS bundle.
        digest: what the bundle is about, as sigstore-python's command takes it.
        root: the trusted root.
        config: the same as sigstore-python's command takes it.
    """

    model: Path
    bundle: Path
    digest: str
    root: Path
    config: Path


def measure(setting: Setting) -> Iterator[Row]:
    """The whole command, many bundles in one process, and what importing the verifier costs."""
    sigstore = PrivateSigstore()
    signed = _signed(setting, sigstore)
    pairs = paired(
        lambda: _ours(setting, signed), lambda: _theirs(setting, signed), rounds=setting.rounds(15), warm=True
    )
    yield Row.against("attest verify, keyless bundle : sigstore verify identity", pairs, limit=_OF_COMMAND)

    count = 20 if setting.quick else 1_000
    bundles = _many(setting.folder / "bundles", sigstore, count)
    given = (bundles, signed.root, SUBJECT, ISSUER)
    pairs = paired(
        lambda: inner(setting.child("verify_bundles_ours.py", *given)),
        lambda: inner(setting.child("verify_bundles_sigstore.py", *given)),
        rounds=setting.rounds(7),
        warm=True,
    )
    yield Row.against(f"verify {count:,} bundles in one process : sigstore-python", pairs, limit=_OF_LIBRARY)

    yield from _imports(setting)


def _imports(setting: Setting) -> Iterator[Row]:
    """What a program pays for naming `attest.verify`, and when the first bundle makes it load the rest."""

    def imported(*names: str) -> Run:
        return inner(setting.child("import_modules.py", *names))

    rounds = setting.rounds(21)
    whole = ("attest.verify.verifier", "attest.verify.by_certificate")
    pairs = paired(lambda: imported("attest.verify"), lambda: imported("sigstore.verify"), rounds=rounds, warm=True)
    yield Row.within("import attest.verify : import sigstore.verify", pairs, limit=_IMPORT_SECONDS)
    pairs = paired(lambda: imported(*whole), lambda: imported("sigstore.verify"), rounds=rounds, warm=True)
    yield Row.against("  with everything that it loads when it is called", pairs)


def _ours(setting: Setting, signed: Signed) -> Run:
    trusted = ("--identity", SUBJECT, "--issuer", ISSUER, "--trusted-root", signed.root)
    return setting.attest("verify", signed.model, "--bundle", signed.bundle, *trusted)


def _theirs(setting: Setting, signed: Signed) -> Run:
    trusted = ("--cert-identity", SUBJECT, "--cert-oidc-issuer", ISSUER)
    words = ("--trust-config", signed.config, "verify", "identity", "--offline", "--bundle", signed.bundle, *trusted)
    return setting.run(sys.executable, "-m", "sigstore", *words, signed.digest)


def _signed(setting: Setting, sigstore: PrivateSigstore) -> Signed:
    from attest.claims import signature
    from attest.model.hashing import hash_tree
    from attest.model.tree import walk

    folder = setting.folder / "keyless"
    model = small_files(folder / "model", files=10)
    claim = signature.build(hash_tree(walk(model)), name="bench")
    signed = Signed(
        model=model,
        bundle=folder / "model.sig",
        digest=str(claim.subjects[0].digest),
        root=folder / "trusted_root.json",
        config=folder / "trust_config.json",
    )
    signed.bundle.write_text(json.dumps(sigstore.bundle(payload=claim.raw)))
    signed.root.write_text(json.dumps(sigstore.root_document()))
    signed.config.write_text(json.dumps(_config(sigstore)))
    return signed


def _config(sigstore: PrivateSigstore) -> dict[str, Any]:
    return {
        "mediaType": "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json",
        "trustedRoot": sigstore.root_document(),
        "signingConfig": {
            "mediaType": "application/vnd.dev.sigstore.signingconfig.v0.2+json",
            "rekorTlogConfig": {"selector": "ANY"},
            "tsaConfig": {"selector": "ANY"},
        },
    }


def _many(folder: Path, sigstore: PrivateSigstore, count: int) -> Path:
    folder.mkdir()
    for number in range(count):
        (folder / f"{number:05}.json").write_text(json.dumps(sigstore.bundle()))
    return folder
