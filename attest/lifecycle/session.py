"""One person, one model: everything that a verb needs to read the model's log and to change it."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Self

from msgspec import Struct, field
from msgspec.structs import replace

from attest.admit import locate_version
from attest.errors import InputError
from attest.lifecycle.gates import Gatekeeper
from attest.lifecycle.log import read_log
from attest.lifecycle.opening import canonical, keyring_for, place_of
from attest.lifecycle.writing import Writer
from attest.stores import default_place, repository_for, surroundings_for
from attest_registry.errors import Conflict, NotFound

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from attest.claims.event import Versioned
    from attest.lifecycle.keyring import Keyring
    from attest.lifecycle.ledger import Place
    from attest.lifecycle.log import Log
    from attest.lifecycle.writing import Draft
    from attest.model.artefact import Artefact
    from attest.settings import Settings
    from attest.signing.bundle_signer import BundleSigner
    from attest.stores import Reach, Surroundings
    from attest_registry.catalogue.store import Catalogue
    from attest_registry.digest import Digest
    from attest_registry.oci.content import Repository
    from attest_registry.reference import Reference


class Session(Struct, frozen=True, kw_only=True):
    """What is open.

    Args:
        reference: the model, without version.
        repository: where it is.
        settings: what configuration and environment say.
        place: what this machine remembers of the log.
        keyring: where keys and roots are found.
        surroundings: what can be reached.
        clock: the time.
        catalogue: the index and sequencer.
        signer: who signs; `None` where nothing is written.
        keys: public keys that are put beside the log, by fingerprint.
    """

    reference: Reference
    repository: Repository
    settings: Settings
    place: Place
    keyring: Keyring
    surroundings: Surroundings
    clock: Callable[[], datetime]
    catalogue: Catalogue
    signer: BundleSigner | None = None
    keys: Mapping[Digest, bytes] = field(default_factory=dict)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of catalogue and memory."""
        self.catalogue.close()
        self.place.ledger.close()

    @property
    def shared(self) -> bool:
        """Whether everybody who can change the model sees the same catalogue; this machine's store only it reaches."""
        host = default_place(self.settings)[0] if self.reference.host is None else self.reference.host
        return host is None or self.catalogue.shared or self.settings.single_writer

    @property
    def name(self) -> str:
        """The canonical name, as the catalogue has it."""
        return canonical(self.reference, self.settings)

    def read(self) -> Log | None:
        """The log as it is now; `None` where there is none."""
        return read_log(
            self.repository,
            model=self.reference.model,
            place=self.place,
            keyring=self.keyring,
            now=self.clock(),
        )

    def log(self) -> Log:
        """The log as it is now.

        Raises:
            NotFound: the model has none (`log-unknown`).
        """
        log = self.read()
        if log is None:
            raise NotFound(
                f"{self.reference.name} has no log yet",
                code="log-unknown",
                hint=f"attest push ./model {self.reference.name}     registers a version, and so begins it\n"
                f"attest register {self.reference.name}     registers what was pushed before",
            )
        return log

    @property
    def writer(self) -> Writer:
        """The one who writes.

        Raises:
            TypeError: nobody signs in this session.
        """
        if self.signer is None:
            raise TypeError("nobody signs in this session")
        return Writer(
            repository=self.repository,
            model=self.reference.model,
            name=self.name,
            place=self.place,
            keyring=self.keyring,
            sequencer=self.catalogue,
            signer=self.signer,
            clock=self.clock,
            environment=self.settings.environment,
            keys=self.keys,
        )

    def write(self, log: Log | None, *drafts: Draft) -> Log:
        """Do something; see `Writer.write`."""
        return self.writer.write(log, drafts)

    def catch_up(self, log: Log) -> None:
        """Bring the catalogue up to the log where nothing is left to write: whoever wrote it may have been killed.

        A catalogue with another history stays as it is; whoever writes next is told, and `attest log verify` says so.
        """
        with suppress(Conflict):
            self.writer.catch_up(log)

    def keeper(self, log: Log) -> Gatekeeper:
        """The gate of this model's aliases."""
        return Gatekeeper(
            reference=self.reference,
            repository=self.repository,
            keyring=self.keyring,
            found=log.segment.key,
            surroundings=self.surroundings,
            recorded=self.place.recorded_before,
        )

    def version(self, log: Log, reference: Reference) -> Versioned:
        """The registered version that a reference names.

        Raises:
            NotFound: the log knows none of that number, label, alias or digest (`version-unregistered`).
        """
        number = reference.number
        if reference.alias is not None:
            number = log.resolve(reference.alias, name=reference.name).number
        elif number is None and reference.version is not None:
            number = self.place.number_of(reference.version)
        elif number is None and reference.digest is not None:
            number = self.place.number_for(reference.digest)
        found = None if number is None else self.place.registered(number)
        if found is None or (reference.digest is not None and not reference.digest.matches(found.manifest)):
            raise NotFound(
                f"the log of {reference.name} knows no such version: {reference}",
                code="version-unregistered",
                expected=f"a number from 1 to {log.state.next_number - 1}, or a label",
                hint=f"attest ls {reference.name}",
            )
        return found

    def artefact(self, version: Versioned) -> Artefact:
        """The files of a version."""
        return locate_version(self.reference.pinned(version.manifest), self.repository)[1]


def open_session(
    reference: Reference,
    settings: Settings,
    reach: Reach | None = None,
    *,
    clock: Callable[[], datetime],
    signer: BundleSigner | None = None,
    keys: Sequence[tuple[Digest, bytes]] = (),
    alone: bool = False,
) -> Session:
    """Open what a verb needs.

    Args:
        reference: the model; a version that it names is left out.
        settings: what configuration and environment say.
        reach: what was typed about reaching the store.
        clock: the time.
        signer: who signs.
        keys: public keys that are put beside the log.
        alone: whether the verb goes on where nobody else sees the catalogue: registering does.

    Raises:
        InputError: `catalogue-not-shared`: a shared registry, and a catalogue that only this machine has.
        StoreError: the store or catalogue cannot be opened.
    """
    from attest_registry.catalogue.store import Catalogue  # noqa: PLC0415  # SQLAlchemy takes 0.1 s

    model = replace(reference, version=None, alias=None, digest=None)
    catalogue = Catalogue.open(settings.catalogue)
    host = default_place(settings)[0] if reference.host is None else reference.host
    if signer is not None and host is not None and not alone:
        _check_shared(model, catalogue, settings)
    return Session(
        reference=model,
        repository=repository_for(model, settings, reach),
        settings=settings,
        place=place_of(model, settings),
        keyring=keyring_for(settings, () if signer is None else (signer.trusted,)),
        surroundings=surroundings_for(model, settings, reach),
        clock=clock,
        catalogue=catalogue,
        signer=signer,
        keys=dict(keys),
    )


def _check_shared(model: Reference, catalogue: Catalogue, settings: Settings) -> None:
    """Two people with a catalogue each would both be first, and fork the log."""
    if catalogue.shared or settings.single_writer:
        return
    raise InputError(
        f"{model.name} is in a shared registry, and the catalogue is a file of this machine",
        code="catalogue-not-shared",
        expected="a database that everybody who changes the model uses: ATTEST_CATALOGUE=postgresql+psycopg://…",
        found=catalogue.url_shown,
        hint="single_writer = true     in config.toml, where nobody else changes models of this registry",
    )
