"""Codes about what a version was made from, what was revoked, and exceptions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

ANCESTRY: Final[Mapping[str, tuple[str, str, int]]] = {
    "policy-bad-ancestor-policy": (
        "a policy file that this one names for ancestors cannot be used",
        "correct that file, whose place the message names, or its path, which is relative to this policy",
        2,
    ),
    "policy-nested": (
        "a policy for ancestors leads back to itself, or too many are nested",
        "write satisfies: same where the policy itself is meant",
        2,
    ),
    "policy-several-things": (
        "an entry of the policy names several things where it is about one",
        "write one entry for each",
        2,
    ),
    "policy-bad-digest": (
        "the policy has something that is no digest where one belongs",
        "write sha256: and its 64 digits, as attest show prints them; names and versions are no digests",
        2,
    ),
    "policy-bad-place": (
        "the place of the revocation feed in a store cannot be one",
        "write HOST/NAME without a version: the newest feed is under a tag of its own",
        2,
    ),
    "policy-no-exception": (
        "the policy makes an exception from a rule that there are none from: signatures, digests, revocations",
        "make it from one of the rules under `expected`, or meet the rule",
        2,
    ),
    "ancestor-not-signed": (
        "what the version was made from is not signed by those by whom the policy asks it",
        "have its owner sign it, or train again from a version that is signed",
        1,
    ),
    "ancestor-refused": (
        "what the version was made from does not meet the policy that it has to meet",
        "attest verify shows what is wrong with the ancestor, whose digest stands at the end of the way",
        1,
    ),
    "ancestor-unreachable": (
        "what the version was made from cannot be looked at, and what is not known is not allowed",
        "push it to a store that can be reached from here; a policy's owner can make an exception for a time",
        1,
    ),
    "ancestor-revoked": (
        "the version was made from something that was revoked",
        "do not use it; train again from something that was not revoked",
        1,
    ),
    "adapter-base-differs": (
        "the claims about an adapter name different bases, or none by digest",
        "ask who published it which base it was made for, and use it with no other",
        1,
    ),
    "version-revoked": ("the version was revoked", "do not use it; the line `found` says since when and why", 1),
    "dataset-revoked": (
        "the version, or something that it was made from, was trained on a dataset that was revoked",
        "do not use it; train again without that dataset",
        1,
    ),
    "signer-revoked": (
        "the signature is by a key, identity or log entry that was revoked, and is not proven to be older than that",
        "have the version signed again by somebody who counts, after a look at what it holds",
        1,
    ),
    "mover-revoked": (
        "whoever moved the alias, or is about to, was revoked, and nothing proves that he moved it before that",
        "have somebody who counts move it again: attest demote NAME@ALIAS, then attest promote NAME:VERSION --to ALIAS",
        1,
    ),
    "lineage-cycle": (
        "the claims say that a version was made from itself, which cannot be",
        "find out which of the provenances on the way is wrong, and tell who signed it",
        1,
    ),
    "lineage-too-large": (
        "the version has more ancestors than can be judged",
        "ask for fewer generations with `depth` in the policy",
        1,
    ),
    "revocations-missing": (
        "the feed of revocations that the policy names is not there, and without it nobody knows what was revoked",
        "put its newest issue at the place that the policy names",
        1,
    ),
    "revocations-unsigned": (
        "the feed of revocations is not signed by those by whom the policy asks it",
        "fetch it again from who issues it; if it stays so, somebody may have changed it",
        1,
    ),
    "revocations-malformed": (
        "the feed of revocations cannot be read in one way, or holds something that this version does not know",
        "fetch it again from who issues it, or use a newer version of attest",
        1,
    ),
    "revocations-stale": (
        "the feed of revocations has expired, or is from the future; a newer one may be withheld",
        "put its newest issue at the place that the policy names, and look at the clock",
        1,
    ),
    "revocations-rolled-back": (
        "the feed of revocations is an older issue than one that was seen before",
        "put its newest issue at the place that the policy names; find out who put an old one there",
        1,
    ),
    "revocations-forked": (
        "the feed of revocations tells another history than the issues that were seen before",
        "ask who issues it which of the two is true, by another way than the store",
        1,
    ),
    "revocations-memory": (
        "what this machine has to remember of the feed of revocations cannot be read or written",
        "give it a state folder with ATTEST_STATE, or have the policy name min-sequence",
        2,
    ),
    "revocations-other-signer": (
        "the feed that is to be continued is signed by somebody else than who issues the next one",
        "sign with that one's key, or name it with --trust-key, or the readers' policy with --policy",
        1,
    ),
    "revocations-conflict": (
        "somebody else put another issue of the feed in its place while this one was made; nothing was replaced",
        "run the same command again: it goes on from what is there now",
        2,
    ),
    "revocations-full": (
        "the feed of revocations would be larger than readers take",
        "put some of it under `deny` in the policy instead",
        2,
    ),
    "revocations-ended": (
        "the feed of revocations has run out, and policies that name it allow nothing until it is renewed",
        "attest revocations renew PLACE",
        0,
    ),
    "revocation-unknown": (
        "what is to be withdrawn is not revoked by the feed",
        "attest revocations show PLACE lists what is",
        2,
    ),
    "exception-expired": (
        "a rule is not met, and the exception from it has expired",
        "meet the rule, or have the owner of the exception renew it",
        1,
    ),
}
