"""Which log of a model is meant: by its digest, by its admins and environment, or by who was typed.

Anybody can begin a log for any model, sign in it what he likes, and put it in the place of the right one
(docs/threats.md row 64). So an alias means something only in a log that the policy knows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from attest.policy.case import Problem
from attest.policy.log_demand import ADMIN_ROLE, NO_DEMAND

if TYPE_CHECKING:
    from attest.policy.ancestry import GivenLog
    from attest.policy.log_demand import LogDemand
    from attest.policy.log_people import People
    from attest.policy.requirements import Policy


class Pins(Struct, frozen=True, kw_only=True):
    """What a policy says about which log is meant.

    Args:
        policy: the policy.
        demand: its demand.
        admins: the identities under `admins`; those of the role `admin` where nothing else pins the log.
        typed: the identity of the command line, where the policy pins nothing.
    """

    policy: Policy
    demand: LogDemand
    admins: tuple[str, ...]
    typed: tuple[str, ...]

    @classmethod
    def of(cls, policy: Policy) -> Pins:
        """Those of a policy."""
        demand = policy.log or NO_DEMAND
        admins = demand.admins
        if not admins and demand.digest is None:
            admins = policy.roles.get(ADMIN_ROLE, ())
        typed = tuple(name for name, identity in policy.identities.items() if identity.given)
        return cls(policy=policy, demand=demand, admins=admins, typed=() if demand.digest or admins else typed)

    @property
    def ask_people(self) -> bool:
        """Whether it matters who began the log and whose it is."""
        return self.demand.digest is None or bool(self.admins)

    def problems(self, given: GivenLog, people: People) -> list[Problem]:
        """What is wrong with a log.

        Args:
            given: the log.
            people: who is who in it.
        """
        found = [*self._of_digest(given), *self._of_admins(given, people), *self._of_typed(given, people)]
        environment = self.demand.environment
        if environment is not None and given.environment != environment:
            there = f"one of {given.environment or 'no environment'}"
            found.append(_transplant(f"a log of the environment {environment}", there))
        return found if found or given.alias is None else self._unpinned(given, people)

    def _of_digest(self, given: GivenLog) -> list[Problem]:
        digest = self.demand.digest
        if digest is None or (given.log is not None and digest.matches(given.log)):
            return []
        return [_transplant(f"the log {digest}", f"the log {given.log}")]

    def _of_admins(self, given: GivenLog, people: People) -> list[Problem]:
        if not self.admins or people.is_one_of(self.admins, given.first):
            return []
        if given.admins and all(people.is_one_of(self.admins, who) for who in given.admins):
            return []
        named = self.policy.describe_identities(self.admins)
        return [_transplant(f"a log that was begun by {named}, or has no other admins", people.of_log(given))]

    def _of_typed(self, given: GivenLog, people: People) -> list[Problem]:
        if not self.typed or any(people.is_one_of(self.typed, who) for who in (given.first, *given.admins)):
            return []
        named = self.policy.describe_identities(self.typed)
        return [_transplant(f"a log that was begun by {named}, or has such an admin", people.of_log(given))]

    def _unpinned(self, given: GivenLog, people: People) -> list[Problem]:
        """Nothing pins it; or its admins alone, who may have one log in each of several registries."""
        if self.demand.digest is not None or self.typed:
            return []
        if not self.admins:
            expected, found = "a policy that says which log it means", f"the log {given.log}, {people.of_log(given)}"
            hint = _lines_to_add(given, people)
            return [Problem(code="log-not-pinned", expected=expected, found=found, hint=hint)]
        environment = given.environment
        if environment is None or self.demand.environment is not None:
            return []
        return [
            Problem(
                code="log-not-pinned",
                expected="a policy that names the environment, since its admins may have a log in each",
                found=f"a log of the environment {environment}",
                hint=f"log: {{environment: {environment}}}     in the policy, beside its other keys",
            )
        ]

    def words(self, given: GivenLog, people: People) -> str:
        """How the log is pinned, for the summary of one that is right."""
        if self.demand.digest is not None:
            return f"{self.demand.digest.short}, pinned by its digest"
        how = "its admins" if self.admins else "the key or identity of the command line" if self.typed else "nothing"
        return f"begun by {people.describe(given.first)}, pinned by {how}"


def _lines_to_add(given: GivenLog, people: People) -> str:
    known = [who for who in (given.first, *given.admins) if who is not None]
    name = next((found for who in known if (found := people.name_of(who)) is not None), "NAME")
    environment = "" if given.environment is None else f", environment: {given.environment}"
    return (
        f'log: {{digest: "{given.log}"}}     in the policy, once you know that it is the right one\n'
        f"log: {{admins: [{name}]{environment}}}     or the identities whose log it has to be"
    )


def _transplant(expected: str, found: str) -> Problem:
    return Problem(code="log-transplant", expected=expected, found=found, exit_status=3)
