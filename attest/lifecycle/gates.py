"""Gates: what a version has to meet before an alias points at it, and the same asked again by every reader.

The gate of an alias is the policy that is bound to it in the log. Where none is bound, it is the built-in one: valid
signature, provenance and ML-BOM by somebody whom the log trusts to contribute. What the gate saw is named in the event,
claim by claim; a reader evaluates the policy again over those very claims, as of the time of the event, and believes no
word about the outcome (docs/threats.md rows 66 and 68). What was recorded in the log before the event belongs to it
whether the event names it or not: nobody leaves a rejection out of what his gate saw (row 69).
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

from attest.admit import judge_collected, locate_version
from attest.claims.log_state import RoleName
from attest.claims.predicates import VERIFICATION_SUMMARY
from attest.errors import AttestError, EvidenceMissing, LogBroken
from attest.evidence.collect import collect
from attest.lifecycle.recorded import missing_from
from attest.policy.ancestry import Ancestor, Gathered, NotHeld, Unreached
from attest.policy.case import Case
from attest.policy.document import policy_for_keys
from attest.policy.evaluate import evaluate
from attest.policy.in_force import in_force
from attest.signed_claims import reviewed
from attest.signing.bundle import Bundle
from attest.trust.identity import TrustedKey
from attest_registry.digest import Digest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from attest.claims.approval import Reviewed
    from attest.claims.event import Event, Gate, Versioned
    from attest.claims.log_state import Held, State
    from attest.claims.signer_name import SignerName
    from attest.lifecycle.keyring import Keyring
    from attest.model.artefact import Artefact
    from attest.policy.document import Policy
    from attest.policy.verdict import Verdict
    from attest.stores import Surroundings
    from attest.trust.signatory import Signatory
    from attest.verify.facts import Judged
    from attest_registry.oci.content import Repository
    from attest_registry.reference import Reference

BUILT_IN: Final = "built-in gate"
_NEWEST: Final = 2**53


class Gatekeeper(Struct, frozen=True, kw_only=True):
    """The gate of one model's aliases.

    Args:
        reference: the model, with the host of its store.
        repository: where it is.
        keyring: where keys and roots are found.
        found: DER of a public key by its fingerprint, from beside the log.
        surroundings: where ancestors and revocations are looked for.
        recorded: the claims about a version that were recorded before an event of the log.
    """

    reference: Reference
    repository: Repository
    keyring: Keyring
    found: Callable[[Digest], bytes | None]
    surroundings: Surroundings
    recorded: Callable[[Digest, int], Sequence[Reviewed]]

    def policy(self, state: State, alias: str | None) -> Policy:
        """The policy that is bound to an alias, or the built-in one.

        Args:
            state: what the log says.
            alias: the alias, or the stage; `None` for nothing that a policy is bound to.

        Raises:
            EvidenceMissing: the bound policy is not in the store (`bound-policy-missing`).
            LogBroken: what is there is another one (`bound-policy-changed`).
        """
        bound = state.policies.get(alias or "")
        if bound is None:
            return self._built_in(state)
        from attest.lifecycle.bound_policies import fetch_bound  # noqa: PLC0415  # most aliases have none

        policy: Policy = fetch_bound(self.repository, bound)
        return policy

    def _built_in(self, state: State) -> Policy:
        """Signature, provenance and ML-BOM by a contributor; which kinds of file there are it does not ask."""
        signatories = self._signatories(state)
        if not signatories:
            raise EvidenceMissing(
                f"the key of nobody who may contribute to {self.reference.name} is known",
                code="log-key-missing",
                expected="the public key of a contributor beside the log",
            )
        keys = tuple(each for each in signatories if isinstance(each, TrustedKey))
        return _policy_for_keys(keys) if len(keys) == len(signatories) else _policy_for(signatories)

    def _signatories(self, state: State) -> list[Signatory]:
        """Everybody with the role whose key can be found; who cannot be checked cannot have signed."""
        known: list[Signatory] = []
        for grant in state.roles.get(RoleName.CONTRIBUTOR, ()):
            try:
                known.append(self.keyring.signatory_of(grant.who, found=self.found))
            except AttestError:
                continue
        return known

    def judge(
        self,
        version: Versioned,
        policy: Policy,
        *,
        use: str | None,
        holders: Callable[[str], Held | None],
        now: datetime,
        promoter: SignerName | None = None,
        event: Event | None = None,
    ) -> tuple[Verdict, tuple[Reviewed, ...]]:
        """Evaluate a gate.

        Args:
            version: the candidate.
            policy: the gate.
            use: the alias, or the stage, that the version is to get.
            holders: alias → the version that it points at, for demands that compare with it.
            now: as of when.
            promoter: whoever moves the alias: his own verdict never stands in for the evaluation. Where he is about
                to, he is nobody whom the policy denies.
            event: a promotion that is looked at again: the claims that its gate names count, with those that were
                recorded before it; all that there are when left out.

        Returns:
            the verdict, and the claims that it could rest on, of the candidate and of the versions compared with.

        Raises:
            EvidenceMissing: a claim that is recorded in the log is not there (`evidence-withheld`).
            StoreError: the version could not be asked for.
        """
        pinned = self.reference.with_version(str(version.number)).pinned(version.manifest)
        _, artefact = locate_version(replace(pinned, version=None), self.repository)
        judged = _without_verdicts_of(promoter, self._judged(artefact, policy, event))
        references, seen = self._references(policy, holders, event)
        gathered = self._gathered(judged, artefact, policy=policy, now=now)
        mover = promoter if event is None else None  # what was done is judged by what it proves, where it is used
        gathered = replace(gathered, promoted=now, references=references, use=use, mover=mover)
        verdict = evaluate(policy, judged, artefact=artefact, reference=str(pinned), now=now, gathered=gathered)
        return verdict, (*reviewed(judged.facts), *seen)

    def evidence(self, artefact: Artefact, policy: Policy) -> Judged:
        """All evidence of a version, as a policy's people signed it."""
        return self._judged(artefact, policy, None)

    def _judged(self, artefact: Artefact, policy: Policy, event: Event | None) -> Judged:
        collected = collect(self.repository, artefact.digest)
        judged = judge_collected(collected, artefact, reference=self.reference, policy=policy)
        recorded = self.recorded(artefact.digest, _NEWEST if event is None else event.sequence)
        missing = missing_from(judged, recorded, signatory_of=self._signatory_of)
        if missing:
            raise EvidenceMissing(
                f"a claim about {self.reference.name} that its log names is not there",
                code="evidence-withheld",
                expected=f"claim {missing[0].claim}",
                found=f"{len(collected.evidence)} others about {artefact.digest.short}",
                hint="attest evidence attach     puts an exported bundle back; else ask who keeps the store",
            )
        if event is None or event.gate is None:
            return judged
        named = {*event.gate.evidence, *recorded}
        facts = [fact for fact in judged.facts if set(reviewed([fact])) <= named]
        return replace(judged, facts=tuple(facts), rejected=())

    def _signatory_of(self, who: SignerName) -> Signatory:
        return self.keyring.signatory_of(who, found=self.found)

    def compared(
        self, policy: Policy, holders: Callable[[str], Held | None]
    ) -> tuple[dict[str, Ancestor | Unreached | NotHeld], tuple[Reviewed, ...]]:
        """The versions that a policy compares with, with their evidence; and the claims that there are about them."""
        return self._references(policy, holders, None)

    def _references(
        self, policy: Policy, holders: Callable[[str], Held | None], event: Event | None
    ) -> tuple[dict[str, Ancestor | Unreached | NotHeld], tuple[Reviewed, ...]]:
        """The versions that a policy compares with, with their evidence."""
        found: dict[str, Ancestor | Unreached | NotHeld] = {}
        seen: list[Reviewed] = []
        for alias in _compared_with(policy):
            held = holders(alias)
            if held is None:
                found[alias] = NotHeld()
                continue
            try:
                _, artefact = locate_version(self.reference.pinned(held.manifest), self.repository)
                judged = self._judged(artefact, policy, event)
            except AttestError as error:
                found[alias] = Unreached(why=f"{error.code}: {error.message}")
                continue
            files = {file.path: file.digest for file in artefact.files}
            found[alias] = Ancestor(digest=artefact.digest, files=files, judged=judged)
            seen += reviewed(judged.facts)
        return found, tuple(seen)

    def _gathered(self, judged: Judged, artefact: Artefact, *, policy: Policy, now: datetime) -> Gathered:
        if not policy.goes_beyond:
            return Gathered()
        from attest.gathering import gather  # noqa: PLC0415  # most policies need none of it

        case = Case(
            policy=policy,
            judged=in_force(judged, now=now),
            digest=artefact.digest,
            files={file.path: file.digest for file in artefact.files},
            reference=str(self.reference),
            now=now,
        )
        return gather(case, self.surroundings, host=self.reference.host)

    def again(self, event: Event, before: State) -> None:
        """Ask the gate of an event again, over the claims that it names, as of its time.

        Args:
            event: a promotion.
            before: the state before it.

        Raises:
            LogBroken: it does not hold (`log-gate`): whoever signed the event said "allowed" by himself.
            EvidenceMissing: a claim that it names is not there (`gate-evidence-missing`).
        """
        gate = event.gate
        if gate is None:
            return
        alias = event.target.alias or (None if event.target.stage is None else event.target.stage.value)
        policy = self.policy(before, alias)
        held = before.aliases.get
        compared = [holder.manifest for each in _compared_with(policy) if (holder := held(each)) is not None]
        self._all_there(event, gate, compared)
        verdict, _ = self.judge(
            event.version, policy, use=alias, holders=held, now=event.time, promoter=event.by, event=event
        )
        if not verdict.allowed:
            failed = next(finding for finding in verdict.findings if finding.stands_in_the_way)
            raise LogBroken(
                f"event {event.sequence} of {event.model} says that {policy.name} allowed version "
                f"{event.version.number}, and it does not",
                code="log-gate",
                expected=f"{failed.rule}: {failed.expected or 'passed'}",
                found=failed.found or failed.code or "another outcome",
            )

    def _all_there(self, event: Event, gate: Gate, compared: Sequence[Digest]) -> None:
        manifests = dict.fromkeys([event.version.manifest, *compared])
        digests = {_words(raw) for manifest in manifests for raw in self._raw(manifest)}
        for each in gate.evidence:
            if each.claim not in digests:
                raise EvidenceMissing(
                    f"a claim that the gate of event {event.sequence} saw is not there any more",
                    code="gate-evidence-missing",
                    expected=f"claim {each.claim}",
                    found=f"{len(digests)} others",
                    hint="attest evidence attach     puts an exported bundle back",
                )

    def _raw(self, manifest: Digest) -> list[bytes]:
        return [each.raw for each in collect(self.repository, manifest).evidence]


def _words(raw: bytes) -> Digest | None:
    try:
        return Digest.of(Bundle.parse(raw).payload)
    except AttestError:
        return None


def _compared_with(policy: Policy) -> list[str]:
    """The aliases whose holders a policy compares with."""
    return sorted({each.regression.against for each in policy.evaluations if each.regression is not None})


def _without_verdicts_of(promoter: SignerName | None, judged: Judged) -> Judged:
    """The evidence without what the promoter himself says of a whole evaluation."""
    if promoter is None:
        return judged
    own = [
        fact
        for fact in judged.facts
        if fact.statement.predicate_type == VERIFICATION_SUMMARY and reviewed([fact])[0].signer == promoter
    ]
    return replace(judged, facts=tuple(fact for fact in judged.facts if fact not in own)) if own else judged


def _policy_for(signatories: Sequence[Signatory]) -> Policy:
    return replace(policy_for_keys(signatories), name=BUILT_IN, formats=None)


@lru_cache(maxsize=4)
def _policy_for_keys(keys: tuple[TrustedKey, ...]) -> Policy:
    """The same; a program that promotes often asks with the same keys each time."""
    return _policy_for(keys)
