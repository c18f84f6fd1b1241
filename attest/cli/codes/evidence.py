"""Codes about evidence: signatures, claims, ML-BOMs. They end with 3 where words or bytes contradict each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_BROKEN: Final = "do not rely on this evidence; ask who made it for a new one"
_BOM: Final = "attest bom check FILE shows the place; make the ML-BOM anew with the tool that wrote it"

EVIDENCE: Final[Mapping[str, tuple[str, str, int]]] = {
    "evidence-missing": (
        "nobody has signed a claim that is needed",
        "ask who published the version to push it with attest push, or check that you name the right registry",
        1,
    ),
    "signer-not-trusted": (
        "the claim is signed, and by somebody whom you did not name",
        "compare the key under `found` with the one you expect: attest key show FILE prints yours",
        1,
    ),
    "certificate-unsupported": (
        "the claim is signed with a certificate (keyless), and you named a key",
        "--identity SUBJECT --issuer URL --trusted-root FILE believes a certificate's holder",
        1,
    ),
    "signature-invalid": (
        "a signature does not fit the words that it stands under",
        "treat it as an incident: somebody changed the evidence; fetch it again from where it was published",
        3,
    ),
    "malformed-evidence": (
        "evidence does not have the form that it must have, or says one thing twice",
        _BROKEN,
        3,
    ),
    "malformed-json": (
        "a document is not JSON, or JSON that two readers could read in two ways",
        _BROKEN,
        3,
    ),
    "subject-mismatch": (
        "the claim is about something else than what it is shown for",
        "treat it as an incident: good evidence of one version was attached to another",
        3,
    ),
    "name-mismatch": (
        "the claim is about a model of another name",
        "if this is a copy under a new name, list the signed name under `names` in the policy; else do not use it",
        3,
    ),
    "signer-mismatch": (
        "a claim names somebody else than its signer as the one who says it",
        "ask the one whom it names for a claim of his own",
        3,
    ),
    "root-mismatch": (
        "the model signature's list of files does not add up to the digest that it signs",
        _BROKEN,
        3,
    ),
    "no-resources": (
        "the model signature names no files, so that it would fit any folder",
        _BROKEN,
        3,
    ),
    "hash-unsupported": (
        "the model signature is over BLAKE digests, which OMS allows and no content-addressed store has",
        "ask the signer for one over SHA-256, which every OMS reader reads",
        1,
    ),
    "shard-gap": ("bytes of a file are under no shard of the model signature", _BROKEN, 3),
    "shard-overlap": ("bytes of a file are under two shards of the model signature", _BROKEN, 3),
    "shard-size": ("a shard of the model signature has an impossible size, or another one than it says", _BROKEN, 3),
    "shards-need-bytes": (
        "the model signature is over shards of files, and only digests of whole files are there",
        "compare a folder: attest verify ./DIR --bundle FILE; or ask for a signature over files",
        1,
    ),
    "ignore-too-wide": (
        "the model signature ignores so much that files could be added unseen",
        "ask for a signature that ignores single names at most",
        3,
    ),
    "unordered-names": (
        "the model signature lists its files in no known order, so that its digest could mean two lists",
        _BROKEN,
        3,
    ),
    "signature-too-old": (
        "this is a model signature of version 0.1, which binds less than a signature has to",
        "sign the model again with a current tool, such as attest push",
        3,
    ),
    "too-much-evidence": (
        "there is more evidence for one version than is read",
        "find out who writes to the repository; superfluous referrers can be deleted in the registry",
        3,
    ),
    "evidence-damaged": (
        "one piece of evidence cannot be read and was passed over",
        "the others are judged without it; find out who wrote it if you rely on it",
        0,
    ),
    "unknown-parameter": (
        "the claim has a field that this version does not know, in a place where it could change the meaning",
        "install the version that the publisher used, or a newer one: pip install -U model-attest",
        3,
    ),
    "inputs-disagree": (
        "the provenance lists inputs in one place and other ones in another",
        _BROKEN,
        3,
    ),
    "claims-disagree": (
        "the provenance and the ML-BOM are both signed and say different things",
        "do not use the version; ask who published it which of the two is true",
        1,
    ),
    "claim-negative": (
        "the claim that is needed is there, and it says no",
        "read it: attest evidence export REF DIR writes it to a file",
        1,
    ),
    "bom-schema": ("the ML-BOM is not valid CycloneDX", _BOM, 3),
    "bom-version": (
        "the ML-BOM is in another format or version than CycloneDX 1.6 or 1.7, or names two",
        "make it as CycloneDX 1.6 JSON",
        3,
    ),
    "bom-no-model": (
        "the ML-BOM does not say which model it is about",
        "its metadata needs a component of type machine-learning-model",
        3,
    ),
    "bom-duplicate-ref": ("two things in the ML-BOM have one bom-ref, so that references to it mean either", _BOM, 3),
    "bom-dangling-reference": ("the ML-BOM refers to something that it does not hold", _BOM, 3),
    "bom-misplaced": ("the ML-BOM has a model card on something that is no model, or data on no dataset", _BOM, 3),
    "bom-hash": ("the ML-BOM has a digest that cannot be one", _BOM, 3),
    "bom-property": ("a property that is read from the ML-BOM stands twice, or holds no possible value", _BOM, 3),
    "bom-contradiction": ("the ML-BOM says two different things about one file, input or commit", _BOM, 3),
    "bom-ambiguous": (
        "several ML-BOMs of the version hold and say different things",
        "name the one whose word counts: --key PUBLIC_KEY, or ml-bom: {by: [...]} in the policy",
        1,
    ),
    "bom-incomplete": (
        "the ML-BOM does not say all that a profile asks of it",
        "attest bom check REF --profile NAME shows each field with its place and with who supplies it",
        1,
    ),
    "bom-not-exportable": (
        "what the ML-BOM says cannot be written in the version of CycloneDX that was asked for",
        "leave --spec out, or export it without --with-ancestors",
        1,
    ),
    "bom-unknown-profile": ("there is no profile of that name for ML-BOMs", "g7 or eu-annex-iv", 2),
    "bom-ancestor-left-out": (
        "an ancestor's own ML-BOM is not in the export, which has what its descendants say of it",
        "verify the ancestor; use a policy that names its signer, or a store that has it",
        0,
    ),
    "bom-parts-left-out": (
        "parts of an ancestor's document have no place in the export with ancestors",
        "export the ancestor by itself",
        0,
    ),
}
