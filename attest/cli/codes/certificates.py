"""Codes about certificates, logs and timestamps: keyless evidence against a pinned trusted root."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_INCIDENT: Final = "treat it as an incident: ask who signed it for the bundle again, from another place"
_OTHER_ROOT: Final = "check that the trusted root is the one of the Sigstore instance that signed it"
_OLD_ROOT: Final = "get the instance's newer trusted root from its operator and pin that; or the evidence is backdated"
_ASK_PUBLISHER: Final = "ask who signed it to sign again with a log entry or a timestamp"
_WHO: Final = "compare the line `found` with whom you meant; name another identity only after asking that person"

CERTIFICATES: Final[Mapping[str, tuple[str, str, int]]] = {
    "public-log": (
        "signing with an identity writes it into a public log for good",
        "--key signs with a key instead; --trust-config names a Sigstore of your own",
        0,
    ),
    "no-trusted-root": (
        "nothing says which root vouches for certificates",
        "attest trust fetch pins one, or --trusted-root FILE names it; it is never fetched by itself",
        2,
    ),
    "trust-not-confirmed": (
        "the trusted root would change what is believed, and there is nobody to ask",
        "look at the changes, then run it again with --yes",
        2,
    ),
    "trusted-root-old": (
        "the pinned root was not confirmed for long, or its mirror has a newer one",
        "attest trust fetch, or a newer file from its operator with attest trust pin",
        0,
    ),
    "trust-unsupported": (
        "a trusted root names keys of an algorithm that is not known; they count for nothing",
        "nothing, until what they sign has to be verified: then take a newer attest",
        0,
    ),
    "trust-ended": (
        "nothing in a trusted root is in force now; it vouches for old signatures only",
        "ask its operator for the one that is in force",
        0,
    ),
    "bad-trusted-root": ("a trusted root does not have the form that it must have", "get the file again", 2),
    "trusted-root-not-found": ("there is no trusted root at that place", "check the path", 2),
    "bundle-version": ("the bundle is of a version that is not read", "ask for a bundle of version 0.3", 3),
    "signature-count": ("the bundle has no signature, or several", _INCIDENT, 3),
    "payload-type": ("the bundle signs something else than in-toto words", _INCIDENT, 3),
    "content-kind": ("the bundle signs bare bytes where words were asked for, or the reverse", _INCIDENT, 3),
    "message-digest-mismatch": ("the bundle is about other bytes", _INCIDENT, 3),
    "digest-unsupported": ("the bundle uses a digest that is not SHA-256", "ask for one that does", 3),
    "key-unsupported": ("a key is of a kind that is not read", "ask for a P-256 key", 3),
    "certificate-missing": ("the evidence is signed with a key where a certificate was asked for", _WHO, 1),
    "key-missing": ("the evidence is signed with a certificate where a key was asked for", _WHO, 1),
    "certificate-chain": ("the certificate was not issued by whom it names", _INCIDENT, 3),
    "certificate-usage": ("the certificate is not for signing code", _INCIDENT, 3),
    "certificate-identity": ("the certificate names nobody, or several", _INCIDENT, 3),
    "certificate-authority-unknown": ("no authority of the trusted root issued the certificate", _OTHER_ROOT, 1),
    "certificate-expired": ("the certificate did not count when it signed", _INCIDENT, 1),
    "ca-window": ("the authority did not count when it issued the certificate", _OLD_ROOT, 1),
    "sct-missing": ("no certificate log promised to publish the certificate", _ASK_PUBLISHER, 3),
    "sct-invalid": ("a certificate log's promise does not fit the certificate", _INCIDENT, 3),
    "sct-log-unknown": ("the certificate log is not in the trusted root", _OTHER_ROOT, 1),
    "ct-window": ("the certificate log did not count at that time", _OLD_ROOT, 1),
    "log-unknown": ("the transparency log is not in the trusted root", _OTHER_ROOT, 1),
    "log-window": ("the transparency log did not count at that time", _OLD_ROOT, 1),
    "log-entry-missing": ("the signature was never made public in a log", _ASK_PUBLISHER, 1),
    "log-entry-unsupported": ("the log entry is of a kind that is not read", "ask for a newer bundle", 3),
    "log-entry-mismatch": ("the log entry is about another signature", _INCIDENT, 3),
    "inclusion-proof": ("the log's proof does not lead to its root", _INCIDENT, 3),
    "inclusion-proof-missing": ("the log entry has no proof", _ASK_PUBLISHER, 3),
    "checkpoint-malformed": ("the log's checkpoint cannot be read", _INCIDENT, 3),
    "checkpoint-signature": ("the log did not sign this checkpoint", _INCIDENT, 3),
    "checkpoint-origin": ("the checkpoint is another log's", _INCIDENT, 3),
    "checkpoint-mismatch": ("proof and checkpoint are about different trees", _INCIDENT, 3),
    "promise-invalid": ("the log's promise does not fit the entry", _INCIDENT, 3),
    "time-missing": ("nothing proves when it was signed", _ASK_PUBLISHER, 1),
    "timestamp-invalid": ("a timestamp is not over this signature", _INCIDENT, 3),
    "timestamp-duplicate": ("one timestamp was brought twice", _INCIDENT, 3),
    "timestamp-authority-unknown": ("the timestamp authority is not in the trusted root", _OTHER_ROOT, 1),
    "tsa-window": ("the timestamp authority did not count at that time", _OLD_ROOT, 1),
    "tsa-certificate-expired": ("the timestamp authority's certificate had expired", _OLD_ROOT, 1),
    "key-window": ("the key did not count at the proven time", "ask for evidence by a key that counts", 1),
    "issuer-missing": (
        "an identity has no issuer",
        "name the OIDC issuer's URL: whoever may issue names is trusted",
        2,
    ),
    "issuer-mismatch": ("another issuer vouched for the signer", _WHO, 1),
    "identity-mismatch": ("somebody else signed it", _WHO, 1),
    "extension-mismatch": ("the signer's repository, workflow or owner is another one", _WHO, 1),
    "identity-too-wide": ("a pattern for signers would match nearly everybody", "write more of the subject", 2),
    "outside-window": ("something was signed when its signer did not count", _OLD_ROOT, 1),
    "proof-invalid": ("a proof in the evidence does not hold", _INCIDENT, 3),
    "policy-no-root": (
        "a policy needs a trusted root and names none: for certificates, or for a time that has to be proven",
        "add trust: {root: trusted_root.json}",
        2,
    ),
    "policy-bad-root": ("the trusted root that a policy names cannot be used", "check the path and the file", 2),
    "policy-bad-identity": ("a policy's identity would match nobody in particular", "write issuer and subject", 2),
}
