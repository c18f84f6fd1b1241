"""People of a log before a policy: who of them is whom it names, as far as he counts now, and how to show them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from attest.policy.in_force import in_force
from attest.policy.log_demand import is_named
from attest.verify.facts import Judged

if TYPE_CHECKING:
    from collections.abc import Iterable

    from attest.claims.signer_name import SignerName
    from attest.policy.ancestry import GivenLog
    from attest.policy.case import Case
    from attest.policy.denials import Denials
    from attest.trust.signatory import Signatory
    from attest.verify.facts import Fact


class People(Struct, frozen=True, kw_only=True):
    """Who is who.

    Args:
        case: the version, with the policy that names people.
        denials: what the policy and its feeds revoke; `None` where that is nothing.
    """

    case: Case
    denials: Denials | None

    @classmethod
    def of(cls, case: Case) -> People:
        """Those of a case."""
        if not case.policy.goes_beyond:
            return cls(case=case, denials=None)
        from attest.policy.beyond import all_denials  # noqa: PLC0415  # most policies deny nothing

        found = all_denials(case)
        return cls(case=case, denials=found if found.entries else None)

    def is_one_of(self, names: Iterable[str], who: SignerName | None) -> bool:
        """Whether somebody in the log is one of the policy's identities.

        Nothing proves when a log was begun, so that somebody who does not count any more pins none: who found his key
        could begin one in his name today.
        """
        if who is None or self._is_denied(who):
            return False
        keys = (key for name in names for key in self.case.policy.identities[name].keys)
        return any(is_named(key, who) and self._counts_now(key) for key in keys)

    def _counts_now(self, key: Signatory) -> bool:
        span = getattr(key, "span", None)
        return span is None or self.case.now in span

    def _is_denied(self, who: SignerName) -> bool:
        if self.denials is None:
            return False
        from attest.claims.revocations import Holder, Kind  # noqa: PLC0415  # most policies deny nothing

        if who.key is not None:
            return bool(self.denials.of(Kind.KEY, who.key))
        return bool(self.denials.of(Kind.IDENTITY, Holder(subject=who.subject or "", issuer=who.issuer)))

    def counts(self, fact: Fact) -> bool:
        """Whether what somebody signed counts: he does now or is proven to have done, and is not revoked."""
        judged = in_force(Judged(facts=(fact,), rejected=()), now=self.case.now)
        return bool((judged if self.denials is None else self.denials.keep(judged)).facts)

    def name_of(self, who: SignerName) -> str | None:
        """What the policy calls somebody in the log; whoever was named on the command line has no name in it."""
        identities = [(name, each) for name, each in self.case.policy.identities.items() if not each.given]
        return next((name for name, each in identities if any(is_named(key, who) for key in each.keys)), None)

    def describe(self, who: SignerName | None) -> str:
        """Somebody in the log, for people."""
        if who is None:
            return "nobody known"
        title = f"key {who.key.short}" if who.key is not None else f"{who.subject} via {who.issuer}"
        name = self.name_of(who)
        return title if name is None else f"{name} ({title})"

    def of_log(self, given: GivenLog) -> str:
        """Who began a log and whose it is now."""
        admins = ", ".join(self.describe(who) for who in given.admins) or "nobody"
        return f"begun by {self.describe(given.first)}, admins {admins}"
