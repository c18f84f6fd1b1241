"""A version as its model's log has it: what an alias or label means, and what the log says against the version.

1  an alias is what the verified log says it is; no catalogue and no tag is asked
2  a label is the version that was registered under it, whatever the tag of that name points at (row 70)
3  what the log says of the version is gathered: revoked, claims recorded, the gate of the event that moved the alias,
   and that event itself for policies that deny somebody
4  so are the versions that a policy compares with, and when this one was promoted
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from attest.claims.event import Action
from attest.errors import EvidenceMissing, InputError, LogBroken, Refusal
from attest.lifecycle.gates import Gatekeeper
from attest.lifecycle.given_log import given_log
from attest.lifecycle.recorded import missing_from
from attest.policy.ancestry import InLog
from attest.verify.event import verify_event
from attest_registry.errors import NotFound

if TYPE_CHECKING:
    from attest.claims.event import Event
    from attest.claims.log_state import State
    from attest.errors import AttestError
    from attest.lifecycle.log import Log
    from attest.policy.ancestry import Gathered
    from attest.policy.document import Policy
    from attest.stores import Surroundings
    from attest.verify.facts import Fact, Judged
    from attest_registry.digest import Digest
    from attest_registry.reference import Reference


def meant_by(reference: Reference, log: Log | None) -> Reference:
    """Steps 1 and 2: the reference, pinned where the log says what it means.

    Raises:
        NotFound: there is no such alias (`alias-unknown`).
        LogBroken: a number or label that the log registered for another digest (`version-retagged`).
    """
    if log is None:
        if reference.alias is None:
            return reference
        raise NotFound(
            f"{reference.name} has no alias {reference.alias!r}",
            code="alias-unknown",
            expected="a model with a log",
            found="no log: nothing was ever promoted",
            hint=f"attest promote {reference.name}:1 --to {reference.alias}",
        )
    if reference.alias is not None:
        held = log.resolve(reference.alias, name=reference.name)
        return reference.with_version(str(held.number)).pinned(held.manifest)
    if reference.version is None:
        return reference
    return _registered(reference, log)


def _registered(reference: Reference, log: Log) -> Reference:
    number = reference.number
    if number is None:
        number = log.place.number_of(reference.version or "")
        if number is None:
            return reference  # a label that was set before there was a log, or beside it
    found = log.place.registered(number)
    if found is None:
        return reference
    if reference.digest is not None and not reference.digest.matches(found.manifest):
        raise _another(reference, reference.digest, found.manifest, log)
    return reference.with_version(str(number)).pinned(found.manifest)


def check_registered(meant: Reference, log: Log) -> None:
    """What is judged under a name has that name from the log: a tag beside it says what the registry likes (row 70).

    Args:
        meant: what `meant_by` made of a reference.
        log: the model's log.

    Raises:
        Refusal: a tag of that name is there, and the log knows nothing of it (`version-unregistered`).
    """
    if meant.version is None or (meant.number is not None and log.place.registered(meant.number) is not None):
        return  # a label that was registered has become its number
    try:
        log.store.repository.resolve(meant.version)
    except NotFound:
        return  # who looks for it says so, with the names that are near
    raise Refusal(
        f"{meant} is tagged in the store, and was never registered in the model's log",
        code="version-unregistered",
        expected=f"a number from 1 to {log.state.next_number - 1}, or a label that was registered",
        found="a tag that anybody can have set who writes to the store",
        hint=f"attest ls {meant.name}     lists the versions that were registered\n"
        f"attest register {meant}     registers it, for its contributors",
    )


def _another(reference: Reference, typed: Digest, registered: Digest, log: Log) -> AttestError:
    """Somebody typed two things that disagree; or a store shows under the name what was never registered for it."""
    try:
        shown = log.store.repository.resolve(str(reference.version)).digest
    except NotFound:
        shown = registered
    if shown.matches(registered):
        return InputError(
            f"{reference.name}:{reference.version} is not the version that the digest names",
            code="reference-disagrees",
            expected=str(typed),
            found=str(registered),
        )
    return LogBroken(
        f"{reference.name}:{reference.version} was registered with another digest",
        code="version-retagged",
        expected=str(registered),
        found=str(typed),
    )


def gathered_from(
    log: Log,
    gathered: Gathered,
    *,
    judged: Judged,
    reference: Reference,
    alias: str | None,
    policy: Policy,
    surroundings: Surroundings,
) -> Gathered:
    """Steps 3 and 4.

    Args:
        log: the model's log, verified.
        gathered: what was gathered besides.
        judged: the evidence of the version, as it was judged.
        reference: the version, pinned.
        alias: the alias that it was reached through.
        policy: what is asked of it.
        surroundings: what can be reached.

    Raises:
        LogBroken: the log does not hold any more.
        StoreError: evidence could not be asked for.
    """
    digest = reference.digest
    if digest is None:
        raise TypeError("the reference is pinned")  # `locate_version` pins it
    repository = log.store.repository
    keeper = Gatekeeper(
        reference=replace(reference, version=None, digest=None),
        repository=repository,
        keyring=log.keyring,
        found=log.segment.key,
        surroundings=surroundings,
        recorded=log.place.recorded_before,
    )
    recorded = log.place.recorded(digest)
    number = reference.number or log.place.number_for(digest) or 0
    moved = _moved(log, alias)
    found = InLog(
        number=number,
        sequence=log.sequence,
        revoked=any(_is(log, each, digest) for each in log.state.revoked),
        recorded=len(recorded),
        missing=missing_from(judged, recorded, signatory_of=log.signatory_of),
        gate=None if moved is None else _gate_again(log, keeper, *moved),
    )
    references, _ = keeper.compared(policy, log.state.aliases.get)
    promoted = moved[0].time if moved is not None else gathered.promoted
    return replace(
        gathered,
        in_log=found,
        log=given_log(log, reference=keeper.reference, alias=alias, policy=policy),
        references={**gathered.references, **references},
        promoted=promoted,
        use=alias,
        moved=latest_move(log, alias) if policy.goes_beyond else None,
    )


def _is(log: Log, number: int, digest: Digest) -> bool:
    registered = log.place.registered(number)
    return registered is not None and registered.manifest.matches(digest)


def _moved(log: Log, alias: str | None) -> tuple[Event, State] | None:
    """The promotion by which an alias got its holder, and the state before it.

    A rollback brings back what was promoted before, and what was let pass then: its own words say nothing about a gate
    that nobody ever asked (row 68).
    """
    held = None if alias is None else log.state.aliases.get(alias)
    if alias is None or held is None:
        return None
    for sequence in log.place.came_to(alias, held.number):
        event = log.event(sequence)
        if event.action is Action.PROMOTE:
            return event, log.event(sequence - 1).state
    return None


def latest_move(log: Log, alias: str | None) -> Fact | None:
    """The event, promotion or rollback, by which an alias got its holder, verified once more for what it proves."""
    held = None if alias is None else log.state.aliases.get(alias)
    if alias is None or held is None:
        return None
    sequence = next(iter(log.place.came_to(alias, held.number)), None)
    if sequence is None:  # every event was taken in, and one of them moved it: somebody else wrote in this memory
        raise InputError(
            f"what is remembered of the log of {log.head.model} does not say who moved @{alias}",
            code="log-memory",
            expected="the event that gave it its version",
            hint=f"attest log forget {log.head.model}     and then the same command again",
        )
    log.event(sequence)  # the very words that were verified in their place
    fact, _ = verify_event(log.evidence(sequence), signatory_of=log.signatory_of)
    return fact


def _gate_again(log: Log, keeper: Gatekeeper, event: Event, before: State) -> AttestError | None:
    """Why the gate of an event does not hold; asked once for each event, since what it rests on is named by digest."""
    sequence = event.sequence
    digest = log.place.event_at(sequence)
    if digest is None or log.place.gate_held(digest):
        return None
    try:
        keeper.again(event, before)
    except (LogBroken, EvidenceMissing) as error:
        return error
    log.place.keep_gate(digest)
    return None
