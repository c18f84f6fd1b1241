"""Whether a log is shown to its end: it goes as far as the policy knows, and a fresh checkpoint agrees with it.

A host that remembers nothing takes any older head for the newest (docs/threats.md rows 60, 61 and 75); only somebody
who signs the head again and again shows that it is not. What such people signed and the log contradicts is a fork,
whether or not a checkpoint is asked for.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from attest.claims.log_checkpoint import Checkpoint
from attest.policy.case import Problem
from attest.policy.durations import in_words
from attest.trust.window import shown

if TYPE_CHECKING:
    from attest.policy.ancestry import GivenLog
    from attest.policy.log_demand import CheckpointDemand, LogDemand
    from attest.policy.log_people import People

_AHEAD: Final = timedelta(minutes=5)
"""By how much clocks may disagree."""

_INCIDENT: Final = 3
_HINT: Final = "attest checkpoint NAME     by somebody whom the policy names for it, and regularly"


class Freshness(Struct, frozen=True, kw_only=True):
    """A log, with the checkpoint beside it.

    Args:
        given: the log.
        demand: what the policy asks of it.
        people: who is who.
    """

    given: GivenLog
    demand: LogDemand
    people: People

    @property
    def asked(self) -> CheckpointDemand | None:
        """The checkpoint that has to be there: an alias can be stale, a digest cannot."""
        return None if self.given.alias is None else self.demand.checkpoint

    @property
    def said(self) -> Checkpoint | None:
        """What the demanded checkpoint says; `None` where none is demanded, or none is there by whom it has to be."""
        return None if self.asked is None else self._said(self.asked.by)

    def problems(self) -> list[Problem]:
        """What is wrong."""
        return [*self._behind(), *self._contradicted(), *self._not_fresh()]

    def _behind(self) -> list[Problem]:
        least = self.demand.min_sequence
        if least is None or self.given.sequence >= least:
            return []
        expected, found = f"event {least} or a later one", f"event {self.given.sequence} as the newest"
        return [Problem(code="log-rollback", expected=expected, found=found, exit_status=_INCIDENT)]

    def _contradicted(self) -> list[Problem]:
        demanded = () if self.demand.checkpoint is None else self.demand.checkpoint.by
        said, mark = self._said((*demanded, *self.demand.witnesses)), self.given.mark
        if said is None:
            return []
        if mark is None or said.sequence > self.given.sequence:
            found = f"event {self.given.sequence} as the newest"
        elif (said.log, said.head, said.state, said.manifest) == (
            self.given.log,
            mark.event,
            mark.state,
            mark.manifest,
        ):
            return []
        else:
            found = f"event {said.sequence}: {mark.event}, of the log {self.given.log}"
        expected = f"event {said.sequence}: {said.head}, of the log {said.log}, by the checkpoint of {self.signer}"
        return [Problem(code="log-fork", expected=expected, found=found, exit_status=_INCIDENT)]

    def _not_fresh(self) -> list[Problem]:
        asked = self.asked
        if asked is None:
            return []
        age = "" if asked.max_age is None else f", at most {in_words(asked.max_age)} old"
        expected = f"a checkpoint by {self.people.case.policy.describe_identities(asked.by)}{age}"
        said = self.said
        found = self._missing(asked) if said is None else self._stale(asked, said)
        return [] if found is None else [Problem(code="log-stale", expected=expected, found=found, hint=_HINT)]

    @property
    def signer(self) -> str:
        """Who signed the checkpoint that is there."""
        fact = self.given.checkpoint
        return "nobody" if fact is None else self.people.case.policy.describe(fact.signer)

    def _said(self, names: tuple[str, ...]) -> Checkpoint | None:
        """What the checkpoint says, where one of these people signed it and counts."""
        fact = self.given.checkpoint
        if fact is None or not isinstance(fact.claim, Checkpoint):
            return None
        identity = self.people.case.policy.identity_of(fact.signer)
        if identity is None or identity.name not in names or not self.people.counts(fact):
            return None
        return fact.claim

    def _missing(self, asked: CheckpointDemand) -> str:
        fact, error = self.given.checkpoint, self.given.checkpoint_error
        if error is not None:
            return "; ".join(part for part in (error.message, error.found) if part)
        if fact is None:
            return "none beside the log"
        identity = self.people.case.policy.identity_of(fact.signer)
        named = identity is not None and identity.name in asked.by
        return f"one by {self.signer}{', who does not count now' if named else ''}"

    def _stale(self, asked: CheckpointDemand, said: Checkpoint) -> str | None:
        now, fact = self.people.case.now, self.given.checkpoint
        if now > said.expires:
            return f"one that expired at {shown(said.expires)}"
        if said.issued > now + _AHEAD:
            return f"one from the future, issued at {shown(said.issued)}"
        proven = () if fact is None else tuple(time.moment for time in fact.times)
        age = now - min([said.issued, *proven])
        return f"one that is {in_words(age)} old" if asked.max_age is not None and age > asked.max_age else None

    def memory(self) -> str:
        """What stands in for a memory that this host does not have."""
        if self.asked is not None:
            return "log memory: first use on this host, freshness demanded instead"
        if self.demand.min_sequence is not None:
            least = self.demand.min_sequence
            return f"log memory: first use on this host, event {least} or later demanded instead"
        return "first use on this host"
