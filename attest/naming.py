"""What a model's names mean, and how that changes, from Python: resolve, promote, rollback, history.

The model's signed log decides, and is verified whole or from where this machine left off. Refusals raise.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from msgspec import Struct

from attest.claims.event import Target
from attest.errors import InputError
from attest.lifecycle import promoting
from attest.lifecycle.pinning import read_meant
from attest.lifecycle.refusals import record_refusal
from attest.lifecycle.session import open_session
from attest.policy.verdict import Denied
from attest.pushing import key_signer
from attest.settings import Settings
from attest.stores import Reach
from attest.trusting import policy_in_force
from attest.whom import Whom
from attest_registry.reference import Reference

if TYPE_CHECKING:
    from pathlib import Path

    from attest.claims.event import Versioned
    from attest.lifecycle.chain import Link
    from attest.lifecycle.session import Session


class Resolved(Struct, frozen=True, kw_only=True):
    """The version that an alias points at.

    Args:
        reference: pinned: `credit-risk:3@sha256:…`.
        digest: `sha256:…`, the version's identity.
        number: its number.
        alias: the alias.
        revoked: whether the version is revoked; then nothing admits it.
        first_use: whether this machine had never seen the model's log, so that an old one would not be noticed.
    """

    reference: str
    digest: str
    number: int
    alias: str
    revoked: bool
    first_use: bool


class Moved(Struct, frozen=True, kw_only=True):
    """An alias or stage that was moved.

    Args:
        reference: the version that it means now, pinned.
        digest: `sha256:…`, the version's identity.
        number: its number.
        before: number of the version that held the alias before.
        already: whether it was so before, and nothing was written.
        event: number of the newest event of the log.
    """

    reference: str
    digest: str
    number: int
    before: int | None
    already: bool
    event: int


class LogEvent(Struct, frozen=True, kw_only=True):
    """An event of a model's log, verified in its place.

    Args:
        sequence: its number, from 1.
        digest: `sha256:…` of its words.
        action: register, record, promote, demote, rollback, archive, revoke, bind-policy, grant, resolve-fork, delete.
        time: when; as its signer says, or proven.
        proven: whether the time is proven.
        by: who signed it.
        number: of the version that it is about.
        version_digest: that version's identity.
        label: its label.
        alias: the alias that it moves or guards.
        stage: the stage.
        role: the role.
        reason: why.
    """

    sequence: int
    digest: str
    action: str
    time: datetime
    proven: bool
    by: str
    number: int
    version_digest: str
    label: str | None
    alias: str | None
    stage: str | None
    role: str | None
    reason: str | None


def resolve(
    reference: str,
    *,
    key: str | Path | None = None,
    policy: str | Path | None = None,
    plain_http: bool = False,
    ca_file: str | Path | None = None,
) -> Resolved:
    """The version that an alias points at, by the verified log.

    Args:
        reference: `credit-risk@production`.
        key: public key of whom the log has to be; anybody can begin a log of any name.
        policy: a policy file that says which log it means, in place of that.
        plain_http: speak to the registry without TLS.
        ca_file: certificate authorities to believe.

    Raises:
        NotFound: there is no such alias (`alias-unknown`) or no log (`log-unknown`).
        LogBroken: the log does not hold, is older than what was seen before, or another than the one that is meant.
        Refusal: nothing says that it is the one that is meant (`log-not-pinned`), or that it is fresh (`log-stale`).
    """
    parsed, whom = _with_alias(reference), Whom(key=key, policy=policy)
    with _open(parsed, plain_http, ca_file) as session:
        judge = None
        if whom != Whom():
            judge = policy_in_force(session.settings, whom, asked_for=reference, verb="resolve")
        log, _ = read_meant(session, judge, alias=parsed.alias or "")
        held = log.resolve(parsed.alias or "", name=parsed.name)
    return Resolved(
        reference=str(parsed.with_version(str(held.number)).pinned(held.manifest)),
        digest=str(held.manifest),
        number=held.number,
        alias=parsed.alias or "",
        revoked=held.number in log.state.revoked,
        first_use=log.first_use,
    )


def promote(
    reference: str,
    *,
    to: str | None = None,
    stage: str | None = None,
    reason: str | None = None,
    key: str | None = None,
    passphrase: str | None = None,
    plain_http: bool = False,
    ca_file: str | Path | None = None,
) -> Moved:
    """Point an alias at a version, if its gate allows it.

    Args:
        reference: `credit-risk:3`.
        to: the alias.
        stage: staging or production, in place of an alias.
        reason: why, for whoever reads the history.
        key: URI of the private key; the machine's settings decide when left out.
        passphrase: of the key; `ATTEST_PASSPHRASE` when left out.
        plain_http: see `resolve`.
        ca_file: see `resolve`.

    Raises:
        Denied: the gate refuses; `.verdict` has one finding per rule. A signed record of it is attached.
        IllegalEvent: the log does not allow it, or not to this signer.
        Conflict: somebody else was faster (`log-conflict`).
    """
    parsed = Reference.parse(reference)
    if (to is None) == (stage is None):
        raise InputError("promote needs one place to go to", code="usage", expected="to=ALIAS, or stage=STAGE")
    target = Target(alias=to) if stage is None else promoting.stage_target(stage)
    with _open(parsed, plain_http, ca_file, key=key, passphrase=passphrase, signs=True) as session:
        judged = promoting.judge(session, session.version(session.log(), parsed), target)
        if not judged.verdict.allowed:
            record_refusal(session, judged)
            raise Denied(judged.verdict, reference=_pinned(session, judged.version))
        return _moved(session, promoting.promote(session, judged, reason=reason))


def rollback(
    reference: str,
    *,
    to: str | int | None = None,
    reason: str | None = None,
    key: str | None = None,
    passphrase: str | None = None,
    plain_http: bool = False,
    ca_file: str | Path | None = None,
) -> Moved:
    """Point an alias at a version that held it before.

    Args:
        reference: `credit-risk@production`.
        to: number or label of an earlier holder; the last other one when left out.
        reason: why.
        key: see `promote`.
        passphrase: see `promote`.
        plain_http: see `resolve`.
        ca_file: see `resolve`.

    Raises:
        IllegalEvent: there is no such version (`rollback-target`), or it may not hold the alias again.
        Conflict: somebody else was faster (`log-conflict`).
    """
    parsed = _with_alias(reference)
    with _open(parsed, plain_http, ca_file, key=key, passphrase=passphrase, signs=True) as session:
        version = None
        if to is not None:
            version = session.version(session.log(), Reference.parse(f"{parsed.name}:{to}"))
        return _moved(session, promoting.rollback(session, parsed.alias or "", to=version, reason=reason))


def history(
    name: str,
    *,
    alias: str | None = None,
    plain_http: bool = False,
    ca_file: str | Path | None = None,
) -> tuple[LogEvent, ...]:
    """Every event of a model, newest first, each verified in its place.

    Args:
        name: `credit-risk`, or `credit-risk@production` for what happened to that alias.
        alias: the alias, where the name does not say it.
        plain_http: see `resolve`.
        ca_file: see `resolve`.

    Raises:
        NotFound: the model has no log (`log-unknown`).
        LogBroken: the log does not hold.
    """
    parsed = Reference.parse(name)
    wanted = alias or parsed.alias
    with _open(parsed, plain_http, ca_file) as session:
        links = session.log().walk(now=session.clock())
    return tuple(_event(link) for link in reversed(links) if wanted in {None, link.event.target.alias})


def _with_alias(text: str) -> Reference:
    parsed = Reference.parse(text)
    if parsed.alias is None:
        raise InputError(f"{text} names no alias", code="usage", expected=f"{parsed.name}@ALIAS")
    return parsed


def _open(
    reference: Reference,
    plain_http: bool,  # noqa: FBT001
    ca_file: str | Path | None,
    *,
    key: str | None = None,
    passphrase: str | None = None,
    signs: bool = False,
) -> Session:
    settings = Settings.load()
    reach = Reach(plain_http=plain_http, ca_file=None if ca_file is None else str(ca_file))
    signer = key_signer(settings, key, passphrase) if signs else None
    return open_session(reference, settings, reach, clock=lambda: datetime.now(UTC), signer=signer)


def _pinned(session: Session, version: Versioned) -> str:
    return str(session.reference.with_version(str(version.number)).pinned(version.manifest))


def _moved(session: Session, moved: promoting.Moved) -> Moved:
    if moved.version is None:
        raise TypeError("an alias was moved to a version")
    return Moved(
        reference=_pinned(session, moved.version),
        digest=str(moved.version.manifest),
        number=moved.version.number,
        before=None if moved.before is None else moved.before.number,
        already=moved.already,
        event=moved.log.sequence,
    )


def _event(link: Link) -> LogEvent:
    event, times = link.event, link.fact.times
    return LogEvent(
        sequence=event.sequence,
        digest=str(link.digest),
        action=event.action.value,
        time=times[0].moment if times else event.time,
        proven=bool(times),
        by=event.by.title,
        number=event.version.number,
        version_digest=str(event.version.manifest),
        label=event.version.label,
        alias=event.target.alias,
        stage=None if event.target.stage is None else event.target.stage.value,
        role=None if event.target.role is None else event.target.role.value,
        reason=event.reason,
    )
