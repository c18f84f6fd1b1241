"""Codes about policies: documents that cannot be used, and demands that a version does not meet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_PUBLISHER: Final = "ask who published the version for one that meets the policy, or have the policy's owner change it"

POLICIES: Final[Mapping[str, tuple[str, str, int]]] = {
    "bad-policy": (
        "the policy cannot be used, and one that is not understood whole is not used at all",
        "correct it at the line that the message names; attest policy check FILE tries it again",
        2,
    ),
    "policy-not-yaml": (
        "the policy is not YAML",
        "correct it at the line that the message names; indentation and missing quotes are the usual reasons",
        2,
    ),
    "policy-not-strict": (
        "the policy uses something that two readers could read in two ways: an anchor, a tag, yes or no",
        'write it out, and put words such as "yes" in quotes',
        2,
    ),
    "policy-duplicate-key": (
        "a key stands twice in the policy, and readers differ in which one they take",
        "delete one of the two",
        2,
    ),
    "policy-too-large": ("the policy is larger or deeper than policies are", "keep it below 1 MiB", 2),
    "policy-unreadable": ("the policy cannot be read", "check its path and who may read it", 2),
    "policy-unknown-key": (
        "the policy has a key that means nothing, and a demand with a typing error would demand nothing",
        "correct the name: the hint has the nearest one",
        2,
    ),
    "policy-missing-key": (
        "the policy lacks a key that has to be there, or that another one rests on",
        "add what the line `expected` names",
        2,
    ),
    "policy-wrong-type": (
        "the policy has a text where keys or a list belong, or the like",
        "write it as the message says; a demand is made or left out, so `false` is never a value",
        2,
    ),
    "policy-wrong-kind": (
        "this is no policy that this version reads",
        "the file has to begin with apiVersion: attest/v1 and kind: Policy; attest policy init writes one",
        2,
    ),
    "policy-unknown-word": (
        "a value in the policy is none of the words that can stand there",
        "take one of the words under `expected`",
        2,
    ),
    "policy-listed-twice": ("one thing is listed twice in the policy", "delete one of the two", 2),
    "policy-empty-list": (
        "a demand in the policy names nothing, and would hold for anything",
        "name something, or leave the key out",
        2,
    ),
    "policy-empty": (
        "the policy demands nothing, and would allow everything",
        "name a claim under `require`, such as signature: {by: [publisher]}",
        2,
    ),
    "policy-pattern": (
        "there is a pattern where names are compared as they stand, or one that matches every file",
        "write the names out, or a narrower pattern",
        2,
    ),
    "policy-no-identities": (
        "the policy names nobody, so that no signature could count",
        "add identities: {publisher: {key: publisher.pub}}",
        2,
    ),
    "policy-unknown-identity": (
        "a demand names an identity that the policy does not define",
        "define it under `identities`, or correct the name",
        2,
    ),
    "policy-unknown-root": (
        "an identity asks for a root that the policy does not name",
        "name it under trust: {roots: {NAME: trusted_root.json}}, or correct the name",
        2,
    ),
    "policy-bad-name": (
        "this cannot be the name of an identity",
        "use letters, digits and . _ - only",
        2,
    ),
    "policy-extends": (
        "what a policy extends is no file beside it, leads back to itself, or goes on for too many levels",
        "name one policy file, relative to the document; policies are never fetched",
        2,
    ),
    "policy-no-cases": (
        "there are no cases to try a policy out on",
        "write POLICY.cases.yaml beside POLICY.yaml; attest policy init writes both",
        2,
    ),
    "policy-unknown-ancestor": (
        "a case names an ancestor that it does not describe",
        "describe it under `ancestors` of the case, or of what is given",
        2,
    ),
    "policy-unknown-claim": (
        "an approval in a case reviews a claim that the case does not have",
        "name claims of the same version, or leave `reviews` out for all of them",
        2,
    ),
    "unknown-identity": (
        "a key is given for somebody whom the profile does not wait for",
        "compare the name before = with the identities of the profile",
        2,
    ),
    "policy-same-name": (
        "a policy calls a role as it calls an identity, so that `by` could mean either",
        "give one of the two another name",
        2,
    ),
    "policy-bad-key": (
        "the key of an identity cannot be used",
        "give the path of a public key, relative to the policy, or its PEM text",
        2,
    ),
    "policy-same-key": (
        "two identities have one key, so that one person could pass for two",
        "give each identity its own key",
        2,
    ),
    "policy-bad-span": (
        "the time in which a key counts ends before it begins",
        "correct not-before or not-after; both ends belong to it",
        2,
    ),
    "policy-bad-time": (
        "not-before or not-after is no time that has one reading",
        "write a day such as 2026-12-31 (UTC), or a time with its zone such as 2026-12-31T18:00:00Z",
        2,
    ),
    "policy-bad-authority": (
        "the certificates of a private authority that the policy names cannot be used",
        "name a PEM file with the authority's certificates alone, relative to the policy",
        2,
    ),
    "bad-authority": (
        "a file holds no certificate of an authority, or something else beside them",
        "name a PEM file with the authority's own certificates: no leaf, no private key",
        2,
    ),
    "authority-not-found": ("there is no certificate of an authority at that place", "check the path", 2),
    "signer-not-in-force": (
        "its signer counts for a while only, not now, and nothing proves that he did when he signed",
        "ask for evidence with a timestamp or log entry, or by a key or certificate that counts now",
        1,
    ),
    "policy-key-given": (
        "`given` stands for the key after --key, which a policy file does not have",
        "name a public key file there; attest policy init --key FILE writes a policy with one",
        2,
    ),
    "policy-unknown-profile": (
        "there is no policy of this name that comes with attest",
        "take one of those under `expected`",
        2,
    ),
    "policy-not-shipped": (
        "the installation has lost the policies that come with it",
        "install the package again",
        2,
    ),
    "code-not-named": (
        "--allow-code was given a pattern that matches every file, and so names none",
        "name the file, or a pattern such as 'models/*.pkl'",
        2,
    ),
    "denied": (
        "the policy does not allow this version",
        "each line with ✗ has what was expected and what was found; attest policy explain FILE says it in sentences",
        1,
    ),
    "refused": ("it was judged and refused", "the message and the line `found` say why", 1),
    "signature-not-demanded": (
        "a bare folder cannot be judged by a policy that demands no model signature: nothing else binds file names",
        "add signature: {by: [publisher]} to the policy, or verify the version by its reference",
        1,
    ),
    "digest-mismatch": (
        "bytes are not the ones that their digest names: a fault of disk or network, or somebody changed them",
        "do not use them; fetch them again, and if it stays so, tell whoever runs the store",
        3,
    ),
    "file-not-in-bom": (
        "the version holds a file that its ML-BOM does not list, so nobody has said what it is",
        _PUBLISHER,
        1,
    ),
    "format-not-allowed": (
        "the version holds a file of a kind that the policy does not allow",
        "convert it to an allowed format, or have the policy's owner add the kind under `formats`",
        1,
    ),
    "lineage-unknown": (
        "the policy asks where the version came from, and that is not stated with a digest",
        _PUBLISHER,
        1,
    ),
    "source-unknown": ("the policy asks for the commit of the training code, and none is stated", _PUBLISHER, 1),
    "source-not-clean": (
        "the model was built from code with changes that were not committed",
        "commit, train and push again",
        1,
    ),
    "source-not-accepted": ("the training code came from a repository that the policy does not name", _PUBLISHER, 1),
    "builder-not-accepted": ("the model was built by something that the policy does not name", _PUBLISHER, 1),
    "operation-not-accepted": (
        "the model was made in a way that the policy does not name, such as a merge",
        _PUBLISHER,
        1,
    ),
    "policy-bad-duration": (
        "a length of time in the policy is none",
        "write a whole number of minutes, hours or days: 15m, 24h, 90d",
        2,
    ),
    "verdict-other-resource": (
        "a signed verdict that could have stood in for the evaluation is about another version or name",
        "nothing has to be done: everything was evaluated instead; attest verify --attest-verdict signs one for it",
        1,
    ),
    "verdict-other-policy": (
        "a signed verdict that could have stood in for the evaluation was given under another policy",
        "nothing has to be done: everything was evaluated instead; have the verifier judge by this policy",
        1,
    ),
    "verdict-other-verifier": (
        "a signed verdict that could have stood in for the evaluation names another verifier than the policy",
        "nothing has to be done: everything was evaluated instead; compare `vsa.verifier` with what the verifier says",
        1,
    ),
    "verdict-time": (
        "a signed verdict says that it is from a time at which it cannot have been given",
        "nothing has to be done: everything was evaluated instead; check the clocks here and where it was signed",
        1,
    ),
    "verdict-stale": (
        "a signed verdict that could have stood in for the evaluation is older than the policy takes",
        "nothing has to be done: everything was evaluated instead; have the verifier sign verdicts more often",
        1,
    ),
    "policy-bad-rule": (
        "a rule in CEL has no good name, or its expression is no CEL that can give true or false",
        "correct it where the message says; the variables are version, claims and now, and docs/policy.md has examples",
        2,
    ),
    "rule-not-met": ("a rule of the policy's author says false of this version", _PUBLISHER, 1),
    "rule-undecided": (
        "a rule in CEL failed, took too many steps, or gave neither true nor false, and so allows nothing",
        "have the policy's owner ask with has(…) before a field that can be missing, or for less at a time",
        1,
    ),
    "cel-missing": (
        "the policy has rules in CEL, and the engine for them is not installed here, so that nothing is allowed",
        "pip install 'model-attest[cel]' where policies are judged",
        1,
    ),
}
