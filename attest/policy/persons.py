"""Who is who: whether two signatures are by two people, as far as signatures can tell.

A key speaks for the identity that the policy gives it to; no two identities share one. The holder of a certificate is
the subject that his certificate names, whatever pattern let him in and whoever vouched for him: one pattern may stand
for a whole department, and one person may log in in two places. That the same person holds a key and has a login, only
a policy can know: it gives both to one role only where that does no harm.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from attest.policy.requirements import Identity, Policy
    from attest.verify.facts import Fact


def person_of(policy: Policy, fact: Fact) -> str:
    """What tells the signer of a claim from others."""
    if fact.proven is not None and fact.proven.certificate is not None:
        from attest.verify.fulcio import CertificateSigner  # noqa: PLC0415  # only where X.509 was loaded anyway
        from attest.verify.proven import PkiSigner  # noqa: PLC0415

        if isinstance(fact.proven.signer, CertificateSigner | PkiSigner):
            return f"subject {fact.proven.signer.subject.casefold()}"
    identity = policy.identity_of(fact.signer)
    if identity is None or identity.given:
        return f"key {fact.signer.fingerprint}"
    return f"identity {identity.name}"


def stands_for_several(identity: Identity) -> bool:
    """Whether an identity of a policy may be more than one person: by a pattern, or by keys from the command line."""
    patterns = (getattr(getattr(key, "identity", None), "subject_glob", None) for key in identity.keys)
    return identity.given or any(pattern is not None for pattern in patterns)


def name_of(policy: Policy, fact: Fact) -> str:
    """The signer, for people: the person where a pattern stands for several."""
    if fact.proven is not None and fact.proven.certificate is not None:
        person = person_of(policy, fact)
        if person.startswith("subject "):
            return person.removeprefix("subject ")
    identity = policy.identity_of(fact.signer)
    return fact.signer.title if identity is None or identity.given else identity.name
