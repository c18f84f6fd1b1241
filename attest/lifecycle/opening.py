"""The log of a reference, opened with what this machine is set up with: its memory, its pinned root, its store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from attest.lifecycle.keyring import Keyring
from attest.lifecycle.ledger import Ledger
from attest.lifecycle.log import read_log
from attest.stores import default_place
from attest.trust.trusted_holder import PkiHolder, TrustedHolder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from attest.lifecycle.ledger import Place
    from attest.lifecycle.log import Log
    from attest.settings import Settings
    from attest.trust.roots import TrustedRoot
    from attest.trust.signatory import Signatory
    from attest_registry.oci.content import Repository
    from attest_registry.reference import Reference


def canonical(reference: Reference, settings: Settings) -> str:
    """The one name of a reference's repository: what the catalogue and this machine's memory know it by."""
    host, folder = default_place(settings)
    placed = reference if reference.host is not None or host is None else replace(reference, host=host)
    if placed.host is None and folder != settings.store:
        return f"{folder}/{placed.model}"
    return placed.name


def place_of(reference: Reference, settings: Settings, *, ledger: Ledger | None = None) -> Place:
    """What this machine remembers of a reference's log."""
    host, folder = default_place(settings)
    own = canonical(reference, settings)
    if reference.host is None and host is None and folder == settings.store:
        own = f"{folder}/{own}"  # several homes may share a state folder
    return (ledger or Ledger(settings.state / "logs")).at(own)


def keyring_for(settings: Settings, named: Sequence[Signatory] = ()) -> Keyring:
    """Where keys and roots are found for the logs that this machine reads.

    Args:
        settings: what configuration and environment say.
        named: whom the operator named. The root of holders among them goes before the pinned one, and for logins of
            their own issuers theirs alone.
    """
    holders = [each for each in named if isinstance(each, TrustedHolder)]
    roots = {each.identity.issuer: each.root for each in reversed(holders)}
    keys = {each.fingerprint: each for each in named if not isinstance(each, TrustedHolder | PkiHolder)}
    if holders:
        return Keyring(named=keys, root=lambda: holders[0].root, roots=roots)
    return Keyring(named=keys, root=_pinned(settings) if settings.trusted_root.exists() else None)


def _pinned(settings: Settings) -> Callable[[], TrustedRoot]:
    def load() -> TrustedRoot:
        from attest.trust.roots import TrustedRoot  # noqa: PLC0415  # X.509 is for logins

        return TrustedRoot.load(settings.trusted_root)

    return load


def open_log(
    reference: Reference,
    repository: Repository,
    settings: Settings,
    *,
    now: datetime,
    named: Sequence[Signatory] = (),
    lasting: bool = True,
) -> Log | None:
    """The log of a model, verified; `None` where there is none and never was.

    Args:
        reference: the model.
        repository: where it is.
        settings: what configuration and environment say.
        now: the time.
        named: whom the operator named.
        lasting: whether what this machine remembers counts; else it is read as by one that has never seen it.

    Raises:
        LogBroken: it does not hold, or is older than what was seen before.
        AttestError: it could not be read.
    """
    return read_log(
        repository,
        model=reference.model,
        place=place_of(reference, settings, ledger=None if lasting else Ledger(None)),
        keyring=keyring_for(settings, named),
        now=now,
    )
