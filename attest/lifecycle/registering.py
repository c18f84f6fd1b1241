"""Registration: a pushed version gets its number in the log. The first one begins the log, and its signer is admin.

A version that was pushed before the model had a log is registered afterwards, in the order of the numbers.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from attest.claims.event import Action, Versioned
from attest.claims.log_state import RoleName
from attest.lifecycle.rebuilding import index_version
from attest.lifecycle.recording import check_open, check_role
from attest.lifecycle.writing import Draft
from attest_registry.errors import Conflict, NotFound

if TYPE_CHECKING:
    from attest.lifecycle.log import Log
    from attest.lifecycle.session import Session
    from attest.publish import Published
    from attest.settings import Settings
    from attest.signing.bundle_signer import BundleSigner
    from attest.stores import Reach
    from attest_registry.digest import Digest
    from attest_registry.reference import Reference


_TRIES: Final = 8
_MOVED: Final = frozenset({"log-conflict", "log-reserved", "catalogue-behind", "registry-conflict"})


class Registered(Struct, frozen=True, kw_only=True):
    """What the log says now.

    Args:
        log: the log.
        versions: the versions that were registered just now, in order.
        begun: whether that began the log, and made its signer the admin.
    """

    log: Log
    versions: tuple[Versioned, ...]
    begun: bool


def register(session: Session, *, number: int, digest: Digest, label: str | None = None) -> Registered:
    """Register a version, and those of lower numbers that nobody registered.

    Args:
        session: the model, with a signer.
        number: the version's number.
        digest: its manifest digest.
        label: its label.

    Raises:
        Conflict: the number was registered with other content (`version-exists`).
        IllegalEvent: the signer may not register versions of this model.
    """
    log = session.read()
    first = 1 if log is None else log.state.next_number
    if number < first:
        _check_same(session, number, digest)
        if log is None:
            raise TypeError("version numbers begin with 1")
        session.catch_up(log)
        index_version(session, log, number)
        return Registered(log=log, versions=(), begun=False)
    versions = [_found(session, each) for each in range(first, number)]
    versions.append(Versioned(number=number, manifest=digest, label=_free(session, label)))
    after = session.write(log, *(Draft(action=Action.REGISTER, version=version) for version in versions))
    for version in versions:
        index_version(session, after, version.number)
    return Registered(log=after, versions=tuple(versions), begun=log is None)


def check_before_storing(reference: Reference, settings: Settings, reach: Reach, *, signer: BundleSigner) -> None:
    """Refuse before anything is stored what the log would refuse afterwards.

    Args:
        reference: the model.
        settings: what configuration and environment say.
        reach: what was typed about reaching the store.
        signer: who is going to push.

    Raises:
        IllegalEvent: the model was deleted (`model-deleted`), or the signer is no contributor (`role-missing`).
        LogBroken: the log does not hold.
    """
    with _session(reference, settings, reach, signer) as session:
        log = session.read()
        if log is not None:
            check_open(log)
            check_role(session, log, RoleName.CONTRIBUTOR)


def register_published(
    published: Published, reference: Reference, settings: Settings, reach: Reach, *, signer: BundleSigner
) -> tuple[Registered, bool]:
    """Register what a push has just stored; also says whether everybody who can change the model sees its catalogue.

    Args:
        published: what was stored.
        reference: the model.
        settings: what configuration and environment say.
        reach: what was typed about reaching the store.
        signer: who pushed.
    """
    if published.reference.digest is None:
        raise TypeError("what was published has a digest")
    with _session(reference, settings, reach, signer) as session:
        for attempt in range(_TRIES):  # nothing was judged, so that somebody else's registration changes nothing here
            try:
                done = register(
                    session, number=published.number, digest=published.reference.digest, label=published.label
                )
            except Conflict as error:
                if error.code not in _MOVED or attempt == _TRIES - 1:
                    raise
                time.sleep(0.05 * (attempt + 1))
            else:
                return done, session.shared
    raise TypeError("the last try ends one way or the other")


def _session(reference: Reference, settings: Settings, reach: Reach, signer: BundleSigner) -> Session:
    from attest.lifecycle.session import open_session  # noqa: PLC0415  # a session registers, too

    return open_session(reference, settings, reach, clock=lambda: datetime.now(UTC), signer=signer, alone=True)


def _check_same(session: Session, number: int, digest: Digest) -> None:
    found = session.place.registered(number)
    if found is not None and not found.manifest.matches(digest):
        raise Conflict(
            f"{session.reference.name}:{number} was registered with other content; a number never changes its content",
            expected=str(found.manifest),
            found=str(digest),
        )


def _found(session: Session, number: int) -> Versioned:
    """A version of a lower number, as the store has it."""
    try:
        return Versioned(number=number, manifest=session.repository.resolve(str(number)).digest)
    except NotFound as error:
        raise NotFound(
            f"{session.reference.name} has no version {number}, and numbers are registered in order",
            code="version-unregistered",
            expected=f"the tag {number}",
            hint="ask who keeps the store: a version that was pushed is gone",
        ) from error


def _free(session: Session, label: str | None) -> str | None:
    """A label in the log names one version for good; one that is taken there stays a tag of the store alone."""
    return None if label is None or session.place.number_of(label) is not None else label


def tagged(session: Session) -> list[tuple[int, Digest]]:
    """Every number that the store has, in order."""
    numbers = sorted(int(tag) for tag in session.repository.tags() if tag.isdecimal())
    return [(number, session.repository.resolve(str(number)).digest) for number in numbers]
