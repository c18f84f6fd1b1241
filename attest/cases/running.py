"""Cases → what came out. Everything is judged by the engine that judges real versions, over facts of the same types."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct
from msgspec.structs import replace

from attest.cases.people import People
from attest.cases.reading import ENDING, read_cases
from attest.cases.version import Workshop
from attest.claims import revocations
from attest.errors import AttestError, PolicyError
from attest.policy import beyond
from attest.policy.ancestry import Ancestor, Gathered, Unreached
from attest.policy.case import Case
from attest.policy.document import load_unfilled
from attest.policy.evaluate import evaluate
from attest.policy.feed import GivenFeed
from attest.policy.in_force import in_force
from attest.verify.feed import verify_feed
from attest.verify.supposed import suppose

if TYPE_CHECKING:
    from pathlib import Path

    from attest.cases.values import CaseFile, PolicyCase
    from attest.cases.version import Made
    from attest.policy.ancestry import GivenLog, Sought
    from attest.policy.requirements import Policy
    from attest.policy.verdict import Verdict
    from attest.verify.facts import Judged

OWN: Final = "version"
"""What a feed of a case calls the version itself."""


class Outcome(Struct, frozen=True, kw_only=True):
    """What came out of a case.

    Args:
        case: the case.
        verdict: what the policy says.
    """

    case: PolicyCase
    verdict: Verdict

    @property
    def codes(self) -> tuple[str, ...]:
        """Why it is denied; empty where it is allowed."""
        found = {str(each.code or each.rule) for each in self.verdict.findings if each.stands_in_the_way}
        return tuple(sorted(found))

    @property
    def as_expected(self) -> bool:
        """Whether it is allowed as was expected, or denied for exactly the expected reasons."""
        return self.codes == self.case.codes and self.verdict.allowed == (not self.case.codes)

    def to_json(self) -> dict[str, Any]:
        """For documents that commands print."""
        return {
            "name": self.case.name,
            "at": self.case.at,
            "as_expected": self.as_expected,
            "expected": list(self.case.codes) or "allowed",
            "found": list(self.codes) or "allowed",
        }


def case_files(path: Path) -> list[Path]:
    """The files of cases that a path means: one such file, those beside a policy, or all of a folder.

    Raises:
        PolicyError: there are none (`policy-no-cases`): a test without cases would pass for nothing.
    """
    if os.path.isdir(path):  # noqa: PTH112  # `is_dir` raises where the name is too long
        found = sorted(each for each in path.iterdir() if each.name.endswith(ENDING))
    else:
        found = [path if path.name.endswith(ENDING) else path.with_name(f"{path.stem}{ENDING}")]
        found = [each for each in found if os.path.isfile(each)]  # noqa: PTH113
    if not found:
        raise PolicyError(
            f"there are no cases at {path}",
            code="policy-no-cases",
            expected=f"POLICY{ENDING} beside POLICY.yaml",
            hint="attest policy init --profile production     writes a policy with its cases",
        )
    return found


def run_file(path: Path) -> tuple[CaseFile, list[Outcome]]:
    """All cases of a file.

    Raises:
        PolicyError: the file or its policy is not understood.
    """
    file = read_cases(path)
    policy = load_unfilled(file.policy)
    people = People(
        identities=policy.identities,
        roles=policy.roles,
        names=tuple(dict.fromkeys(name for each in beyond.nested(policy) for name in each.identities)),
    )
    return file, [Outcome(case=case, verdict=_judge(case, policy, people)) for case in file.cases]


def _judge(case: PolicyCase, policy: Policy, people: People) -> Verdict:
    workshop = Workshop(people=people, ancestors=case.ancestors, at=case.at)
    own = workshop.make(case.version)
    ancestors = {name: workshop.make(version) for name, version in case.ancestors.items()}
    scene = _Scene(case=case, people=people, own=own, ancestors=ancestors)
    filled = scene.filled(policy)
    judged = scene.judged(own, filled)
    reference = f"{own.said.model}:1@{own.artefact.digest}"
    return evaluate(
        filled,
        judged,
        artefact=own.artefact,
        reference=reference,
        now=case.now,
        gathered=scene.gathered(filled, judged, reference),
    )


class _Scene(Struct, frozen=True, kw_only=True):
    case: PolicyCase
    people: People
    own: Made
    ancestors: dict[str, Made]

    def filled(self, policy: Policy) -> Policy:
        return self.people.filled(policy)

    def judged(self, made: Made, policy: Policy) -> Judged:
        return self.people.judge(made.spoken, artefact=made.artefact, model=made.said.model, policy=policy)

    def gathered(self, policy: Policy, judged: Judged, reference: str) -> Gathered:
        own = {alias: self._found(self.ancestors[name], policy) for alias, name in self.case.aliases.items()}
        gathered = Gathered(references=own, promoted=self.case.promoted, log=self._log(policy))
        if not policy.goes_beyond:
            return gathered
        policies = {each.digest: self.filled(each) for each in beyond.nested(policy)}
        feeds = {digest: self._feed(each) for digest, each in policies.items() if each.revocations}
        gathered = replace(gathered, feeds=feeds)
        case = Case(
            policy=policy,
            judged=in_force(judged, now=self.case.now),
            digest=self.own.artefact.digest,
            files={file.path: file.digest for file in self.own.artefact.files},
            reference=reference,
            now=self.case.now,
            gathered=gathered,
        )
        found = beyond.ancestors(case, lambda sought, _: self._look_for(sought, policies[sought.policy]))
        return replace(gathered, ancestors=found)

    def _look_for(self, sought: Sought, policy: Policy) -> Ancestor | Unreached:
        for made in self.ancestors.values():
            if sought.reference.digest == made.artefact.digest:
                return self._found(made, policy)
        return Unreached(why="the case has no such ancestor")

    def _found(self, made: Made, policy: Policy) -> Ancestor:
        files = {file.path: file.digest for file in made.artefact.files}
        return Ancestor(digest=made.artefact.digest, files=files, judged=self.judged(made, policy))

    def _feed(self, policy: Policy) -> GivenFeed:
        said = self.case.feed
        if said is None:
            return GivenFeed(place="the feed of the case")
        by = self.people.named(said.by, at=self.case.at)
        entries = [
            revocations.Revocation(
                kind=revocations.Kind.MANIFEST,
                value=self._revoked(name),
                since=said.issued,
                reason="revoked in the case",
                scope=revocations.Scope.DESCENDANTS,
            )
            for name in said.revoked
        ]
        signer = self.people.signer(by)
        statement = revocations.build(
            entries,
            by={"key": {"sha256": signer.fingerprint.hex}},
            sequence=said.sequence,
            issued=said.issued,
            valid=said.expires - said.issued,
        )
        evidence = self.people.sign(statement, by=by)
        try:
            fact = verify_feed(evidence, self.people.keys_of(policy))
            fact = suppose(fact, signer=policy.identities[by].keys[0], time=said.issued)
        except AttestError as error:
            return GivenFeed(place="the feed of the case", error=error)
        return GivenFeed(place="the feed of the case", fact=fact)

    def _log(self, policy: Policy) -> GivenLog | None:
        """The log of the case, as whoever had verified it would give it."""
        said = self.case.log
        if said is None:
            return None
        from attest.cases import logs  # noqa: PLC0415  # few cases have one

        return logs.given(said, policy=policy, people=self.people, own=self.own, at=self.case.at)

    def _revoked(self, name: str) -> Any:
        if name == OWN:
            return self.own.artefact.digest
        if name in self.ancestors:
            return self.ancestors[name].artefact.digest
        raise PolicyError(
            f"{self.case.at}: the feed revokes '{name[:80]}', which the case does not have",
            code="policy-unknown-ancestor",
            expected=", ".join((OWN, *self.ancestors)),
        )
