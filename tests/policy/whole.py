"""Policies in which every key stands, for tests of the table of keys."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from attest.policy.requirements import LINEAGE_WORDS
from tests.verify.evidence import Person
from tests.verify.private_fulcio import ISSUER
from tests.verify.private_pki import PrivatePki
from tests.verify.private_sigstore import PrivateSigstore
from tests.verify.private_timestamps import TimestampService

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from attest.strict_yaml import NodePath

SHA = "sha256:" + "1" * 64
EXTENSIONS = (
    "build-config-digest", "build-config-uri", "build-signer-digest", "build-signer-uri", "build-trigger",
    "github-workflow-name", "github-workflow-ref", "github-workflow-repository", "github-workflow-sha",
    "github-workflow-trigger", "run-invocation-uri", "runner-environment", "source-repository-digest",
    "source-repository-identifier", "source-repository-owner-identifier", "source-repository-owner-uri",
    "source-repository-ref", "source-repository-uri", "source-repository-visibility",
)  # fmt: skip
_MUST = {"must": "signed", "by": ["ci"], "satisfies": "same", "depth": 3}

WHOLE: dict[str, Any] = {
    "apiVersion": "attest/v1",
    "kind": "Policy",
    "name": "whole",
    "description": "Every key once.",
    "names": ["old/name"],
    "identities": {
        "ci": {"key": "ci.pub", "not-before": "2025-01-01", "not-after": "2030-12-31", "time": "required"},
        "bot": {"key": "bot.pub"},
        "job": {
            "issuer": ISSUER,
            "subject": "https://github.com/acme/x/.github/workflows/train.yml@refs/heads/main",
            "kind": "uri",
            "extensions": dict.fromkeys(EXTENSIONS, "x"),
        },
        "people": {"issuer": ISSUER, "subject-glob": "*@acme.example", "trust": "acme"},
        "release": {"root": "ca.pem", "subject": "release@acme.example", "usage": "code-signing"},
    },
    "roles": {"approver": ["job", "people"], "publisher": "ci"},
    "trust": {"root": "root.json", "roots": {"acme": "acme.json"}},
    "require": {
        "signature": {"by": ["publisher"]},
        "provenance": {
            "by": ["ci"],
            "builder": "https://builder.example/1",
            "build-type": "urn:attest:buildtypes:model-training:v1",
            "source": {"repository": ["github.com/acme/train"], "clean": True, "branch": ["main"], "tag": ["v*"]},
            "level": 1,
            "operation": ["train"],
        },
        "ml-bom": {
            "by": ["ci"],
            "consistent": True,
            "profile": ["g7"],
            "licences": {"allow": ["MIT"], "deny": ["GPL-3.0"], "of": ["model"]},
            "datasets": "governed",
        },
        "proven-time": True,
        "claims": [{"type": "test-result", "by": ["bot"]}],
        "evaluations": [
            {
                "by": ["bot"],
                "metric": "auc",
                "dataset": SHA,
                "slice": {"region": "eu"},
                "minimum": "0.9",
                "maximum": "1",
                "no-regression": {"against": "production", "by-at-most": "0.01", "better": "higher"},
                "max-age": "90d",
                "at": "use",
            }
        ],
        "scans": [
            {
                "by": ["bot"],
                "scanner": "modelscan",
                "minimum-version": "0.8",
                "findings": dict.fromkeys(("critical", "high", "medium", "low", "none"), 0),
                "max-age": "30d",
                "at": "use",
            }
        ],
        "approvals": [
            {
                "by": ["approver"],
                "count": 2,
                "meaning": ["released"],
                "alias": "production",
                "covers": ["ml-bom"],
                "at": "use",
            }
        ],
    },
    "formats": {"allow": ["safetensors"], "code-bearing": ["scaler.pkl"]},
    "lineage": {
        "datasets": _MUST,
        "base-model": _MUST,
        "teacher-model": _MUST,
        "adapter-base": _MUST,
        "embedding-model": _MUST,
        "index": _MUST,
        "prompts": _MUST,
        "source": "clean",
    },
    "rules": [{"name": "mine", "cel": "true", "message": "nothing"}],
    "log": {
        "digest": SHA,
        "admins": ["ci"],
        "environment": "production-eu",
        "checkpoint": {"by": ["bot"], "max-age": "24h"},
        "witnesses": ["people"],
        "min-sequence": 12,
    },
    "vsa": {"by": ["bot"], "verifier": ["https://gate.example"], "policy": "same", "max-age": "24h"},
    "deny": [
        {"manifest": SHA, "since": "2026-01-01", "reason": "leaked", "scope": "descendants"},
        {"dataset": SHA, "since": "2026-01-01", "reason": "leaked"},
        {"key": SHA, "since": "2026-01-01", "reason": "lost"},
        {"claim": SHA, "since": "2026-01-01", "reason": "wrong"},
        {"identity": {"issuer": ISSUER, "subject": "eve@acme.example"}, "since": "2026-01-01", "reason": "left"},
        {"log-index": 7, "since": "2026-01-01", "reason": "forged"},
    ],
    "revocations": {"by": ["bot"], "file": "feed.json", "min-sequence": 3},
    "exceptions": [
        {
            "name": "old",
            "rule": "formats",
            "digest": SHA,
            "owner": "ann",
            "reason": "is rewritten",
            "expires": "2026-12-31",
        }
    ],
}
OTHER: dict[str, Any] = {
    "apiVersion": "attest/v1",
    "kind": "Policy",
    "name": "other",
    "extends": "base.yaml",
    "identities": {"ci": {"key": "ci.pub"}},
    "trust": {"tsa-chain": "tsa.pem"},
    "require": {"signature": {"by": "ci"}, "provenance": {"by": "ci"}},
    "formats": "any",
    "lineage": {"datasets": "any", **dict.fromkeys([word for word in LINEAGE_WORDS if word != "datasets"], "signed")},
    "revocations": {"by": "ci", "ref": "registry.example.com/security"},
}
"""What cannot stand beside the first, and the short forms."""


def write_files(folder: Path) -> None:
    """What the documents name."""
    for name in ("ci", "bot"):
        person = Person.named(name)
        pem = person.signer.public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        (folder / f"{name}.pub").write_bytes(pem)
    for name in ("root", "acme"):
        (folder / f"{name}.json").write_text(json.dumps(PrivateSigstore().root_document()))
    (folder / "ca.pem").write_bytes(PrivatePki().pem())
    service = TimestampService()
    chain = (service.certificate, service.authority.certificate, service.authority.root)
    (folder / "tsa.pem").write_bytes(b"".join(each.public_bytes(Encoding.PEM) for each in chain))
    (folder / "base.yaml").write_text("apiVersion: attest/v1\nkind: Policy\nname: base\n")


def nodes(value: Any, path: NodePath = ()) -> Iterator[tuple[NodePath, Any]]:
    """Everything in a document, with its place."""
    yield path, value
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from nodes(item, (*path, key))


def changed(document: dict[str, Any], path: NodePath, value: Any) -> dict[str, Any]:
    """The document with another value at a place; without the key where the value is `...`."""
    copy = json.loads(json.dumps(document))
    inside = copy
    for part in path[:-1]:
        inside = inside[part]
    if value is ...:
        del inside[path[-1]]
    else:
        inside[path[-1]] = value
    return dict(copy)
