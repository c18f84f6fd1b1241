"""The predicate types that we write or read: one table of URIs and the words that people see for them.

Sources: OMS v1.0 (ossf/model-signing-spec), SLSA 1.2, CycloneDX with in-toto (unversioned, as cosign writes it),
cosign's signature claim, in-toto attestation predicates; our own ones are in docs/formats.md.
"""

from __future__ import annotations

from typing import Final

STATEMENT_V1: Final = "https://in-toto.io/Statement/v1"
STATEMENT_V0_1: Final = "https://in-toto.io/Statement/v0.1"
PAYLOAD_TYPE: Final = "application/vnd.in-toto+json"

OWN_NAMESPACE: Final = "urn:attest:"
"""One constant, to be replaced by an owned https prefix before 1.0."""

MODEL_SIGNATURE: Final = "https://model_signing/signature/v1.0"
PROVENANCE: Final = "https://slsa.dev/provenance/v1"
ML_BOM: Final = "https://cyclonedx.org/bom"
COSIGN_SIGN: Final = "https://sigstore.dev/cosign/sign/v1"
TEST_RESULT: Final = "https://in-toto.io/attestation/test-result/v0.1"
VULNS_V0_1: Final = "https://in-toto.io/attestation/vulns/v0.1"
VULNS_V0_2: Final = "https://in-toto.io/attestation/vulns/v0.2"
VERIFICATION_SUMMARY: Final = "https://slsa.dev/verification_summary/v1"
EVALUATION: Final = f"{OWN_NAMESPACE}predicate:evaluation:v1"
APPROVAL: Final = f"{OWN_NAMESPACE}predicate:approval:v1"
CARD: Final = f"{OWN_NAMESPACE}predicate:card:v1"
SCAN: Final = f"{OWN_NAMESPACE}predicate:scan:v1"
EVENT: Final = f"{OWN_NAMESPACE}predicate:event:v1"
CHECKPOINT: Final = f"{OWN_NAMESPACE}predicate:checkpoint:v1"
REVOCATIONS: Final = f"{OWN_NAMESPACE}predicate:revocations:v1"

BUILD_TYPE: Final = f"{OWN_NAMESPACE}buildtypes:model-training:v1"
LOCAL_BUILDER: Final = f"{OWN_NAMESPACE}builders:local:v1"
"""The builder of work done on somebody's own machine; never above SLSA build level 1."""

WORDS: Final = {
    MODEL_SIGNATURE: "model signature",
    PROVENANCE: "provenance",
    ML_BOM: "ML-BOM",
    COSIGN_SIGN: "cosign signature",
    TEST_RESULT: "test result",
    VERIFICATION_SUMMARY: "verdict",
    EVALUATION: "evaluation",
    APPROVAL: "approval",
    SCAN: "scan",
    CARD: "model card",
    VULNS_V0_2: "vulnerability scan",
    VULNS_V0_1: "vulnerability scan v0.1",
    EVENT: "event",
    CHECKPOINT: "checkpoint",
    REVOCATIONS: "revocations",
}


_WRITTEN_HERE: Final = ("https://model_signing/", "https://slsa.dev/provenance/", ML_BOM, COSIGN_SIGN, OWN_NAMESPACE)


def is_written_here(predicate_type: str) -> bool:
    """Whether claims of this kind, in whatever version, are among those that attest writes, so that one form is enough.

    CycloneDX and cosign's claim are unversioned; a longer URI below theirs counts as theirs.
    """
    return predicate_type.startswith(_WRITTEN_HERE)


def word_for(predicate_type: str) -> str:
    """What people see for a predicate type: our word, or the URI itself."""
    return WORDS.get(predicate_type, predicate_type)
