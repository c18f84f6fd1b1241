"""What no longer counts: by the deny list of a policy, or by the revocation feed that it names.

deny:
  - {manifest: sha256:…, since: 2026-11-01, reason: trained on leaked data}     # and what was made from it
  - {dataset: sha256:…, since: 2026-11-01, reason: consent withdrawn, scope: self}
  - {key: sha256:…, since: 2026-10-15T08:00:00Z, reason: laptop stolen}
  - {identity: {issuer: https://…, subject: alice@acme.example}, since: 2026-06-30, reason: left the company}
  - {log-index: 4711, since: 2026-10-15, reason: signed by the thief}
  - {claim: sha256:…, since: 2026-10-15, reason: withdrawn}

A signature that is revoked supports nothing any more, but what it said against a version stays said: a denial never
allows anything. It spares signatures that are proven to be older than `since`; what a signer says of the time proves
nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct, field

from attest.verify.facts import Judged

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from attest.claims.revocations import Holder, Kind, Revocation
    from attest.claims.signer_name import SignerName
    from attest.verify.facts import Fact
    from attest_registry.digest import Digest

    Value: TypeAlias = Digest | Holder | int


class Denial(Struct, frozen=True, kw_only=True):
    """Something that does not count, and who says so.

    Args:
        revocation: what, since when and why.
        source: the policy or feed, for people.
    """

    revocation: Revocation
    source: str

    @property
    def title(self) -> str:
        """For messages."""
        return f"{self.revocation.title}, by {self.source}"


class Denials(Struct, kw_only=True):
    """All that are in force.

    Args:
        entries: each of them.
    """

    entries: tuple[Denial, ...] = ()
    _by_value: dict[tuple[Kind, Value], list[Denial]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Index them. Several may be about one thing; every one of them goes on counting."""
        self._by_value = {}
        for each in self.entries:
            self._by_value.setdefault((each.revocation.kind, each.revocation.value), []).append(each)

    @property
    def reach_descendants(self) -> bool:
        """Whether anything made from something revoked is revoked as well."""
        if not self.entries:
            return False
        from attest.claims.revocations import Scope  # noqa: PLC0415  # most policies deny nothing

        return any(each.revocation.scope is Scope.DESCENDANTS for each in self.entries)

    def of(self, kind: Kind, value: Value) -> tuple[Denial, ...]:
        """What goes for one thing."""
        return tuple(self._by_value.get((kind, value), ()))

    def of_fact(self, fact: Fact) -> tuple[Denial, ...]:
        """Why a signature does not count; nothing where it does."""
        if not self.entries:
            return ()
        from attest.policy import revoked_signers  # noqa: PLC0415  # most policies deny nothing

        found = [each for kind, value in revoked_signers.names(fact) for each in self.of(kind, value)]
        return tuple(each for each in found if not revoked_signers.spared(fact, each.revocation))

    def of_name(self, who: SignerName) -> tuple[Denial, ...]:
        """Why what somebody is about to sign would not count: nothing proves yet that it is older than his loss."""
        if not self.entries:
            return ()
        from attest.policy import revoked_signers  # noqa: PLC0415

        return self.of(*revoked_signers.name_of(who))

    def keep(self, judged: Judged) -> Judged:
        """The evidence without those facts whose signatures do not count."""
        if not self.entries:
            return judged
        from attest.policy import revoked_signers  # noqa: PLC0415

        facts, rejected = [], list(judged.rejected)
        for fact in judged.facts:
            denials = self.of_fact(fact)
            if denials:
                rejected.append(revoked_signers.rejected(fact, denials[0]))
            else:
                facts.append(fact)
        return judged if len(facts) == len(judged.facts) else Judged(facts=tuple(facts), rejected=tuple(rejected))


def in_force(sources: Iterable[tuple[str, Sequence[Revocation]]], *, now: datetime) -> Denials:
    """What counts at a time.

    Args:
        sources: who says it, for people, and what.
        now: the time.
    """
    return Denials(
        entries=tuple(
            Denial(revocation=entry, source=source)
            for source, entries in sources
            for entry in entries
            if entry.since <= now
        )
    )
