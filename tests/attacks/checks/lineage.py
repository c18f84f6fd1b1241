"""The checks of ancestors and revocations."""

from __future__ import annotations

from tests.attacks.checks.check import check, off

# ---- ancestors and revocations

REVOKED_SIGNER = check(
    "leaving out revoked signers",
    "attest/policy/denials.py",
    "            denials = self.of_fact(fact)\n",
    "            denials = ()\n",
)
REVOKED_VERSION = check(
    "the revocation of a version",
    "attest/policy/denied.py",
    "for denial in denials.of(Kind.MANIFEST, case.digest)[:1]",
    "for denial in ()",
)
REVOKED_ANCESTOR = check(
    "the revocation of ancestors",
    "attest/policy/denied.py",
    "for denial in _reaching(denials, Kind.MANIFEST, met.item.digest, met)[:1]:",
    "for denial in ():",
)
REVOKED_DATASET = check(
    "the revocation of datasets",
    "attest/policy/denied.py",
    "for denial in _reaching(denials, Kind.DATASET, met.item.digest, met)[:1]:",
    "for denial in ():",
)
ANCESTORS_FOLLOWED = off(
    "looking at every ancestor for revocations",
    "policy/denied.py",
    "if denials.reach_descendants and met.item.role in MODEL_ROLES and met.reference is not None",
)
FEED_THERE = off("asking for the feed", "policy/beyond.py", "if policy.revocations is not None")
FEED_FRESH = off("the feed's end", "policy/feed.py", "if now > said.expires")
FEED_NEWEST = off("the feed's number", "policy/feed.py", "if said.sequence < least")
FEED_ONE_HISTORY = off("the feed's history", "policy/feed.py", "if same or torn")
FEED_SIGNER = off("the feed's signer", "policy/feed.py", "if identity is None or identity.name not in demand.by")
FEED_VERIFIED = check(
    "verifying the feed",
    "attest/policy/feed.py",
    "return _not_there(given, by)",
    "return Finding(rule=RULE, status=Status.PASSED)",
)
ANCESTOR_SIGNED = check(
    "the signature of ancestors", "attest/policy/lineage_ancestors.py", "if missing is None:", "if True:"
)
ANCESTOR_ALLOWED = check(
    "the policy for ancestors",
    "attest/policy/lineage_ancestors.py",
    "wrong = [finding for finding in findings if finding.status in {Status.FAILED, Status.UNKNOWN}]",
    "wrong = list[Finding]()",
)
ANCESTOR_KNOWN = check(
    "unknown is not passed",
    "attest/policy/lineage_ancestors.py",
    "replace(found, status=Status.UNKNOWN)",
    "replace(found, status=Status.NOT_REACHED)",
)
NO_CYCLE = off("nothing is made from itself", "policy/lineage_ancestors.py", "if walk.cycle")
ONE_BASE = check(
    "one base for an adapter",
    "attest/policy/adapters.py",
    "if found and (len(named) > 1 or None in named)",
    "if False",
)
