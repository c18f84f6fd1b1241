"""What a policy asks beyond a version's own claims, fetched: its ancestors' evidence, and the revocation feed.

The policy says what it wants (`attest.policy.beyond.ancestors`), one after the other. An ancestor is fetched by digest
from the store that the claims name, or from the store of the version itself, which may hold a copy; what is in neither
is written down as unreached, and no rule takes that for a pass.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from attest.admit import judge_collected, locate_version
from attest.errors import AttestError
from attest.evidence.collect import Collected, collect
from attest.policy import beyond
from attest.policy.ancestry import NOTHING, Ancestor, Gathered, Unreached
from attest.policy.case import Case
from attest.policy.in_force import in_force
from attest.stores import Surroundings, repository_for
from attest.verify.facts import Judged
from attest_registry import limits

if TYPE_CHECKING:
    from datetime import datetime

    from attest.model.artefact import Artefact
    from attest.model.manifest import ModelManifest
    from attest.policy.ancestry import Sought
    from attest.policy.feed import GivenFeed
    from attest.policy.requirements import Policy
    from attest.settings import Settings
    from attest.verify.directory import FolderFindings
    from attest_registry.digest import Digest
    from attest_registry.reference import Reference


class _Found(Struct, frozen=True, kw_only=True):
    artefact: Artefact
    collected: Collected
    reference: Reference


class _Search(Struct, kw_only=True):
    """One search, in which every ancestor is fetched once however many policies ask for it."""

    surroundings: Surroundings
    host: str | None
    found: dict[Reference, _Found | Unreached] = field(default_factory=dict)

    def look_for(self, sought: Sought, policy: Policy) -> Ancestor | Unreached:
        found = self._fetch(sought.reference)
        if isinstance(found, Unreached):
            return found
        try:
            judged = judge_collected(found.collected, found.artefact, reference=found.reference, policy=policy)
        except AttestError as error:
            return Unreached(why=f"{error.code}: {error.message}")
        files = {file.path: file.digest for file in found.artefact.files}
        return Ancestor(digest=found.artefact.digest, files=files, judged=judged)

    def _fetch(self, reference: Reference) -> _Found | Unreached:
        if reference not in self.found:
            if len(self.found) >= limits.LINEAGE_ANCESTORS:
                return Unreached(why=f"there are more than {limits.LINEAGE_ANCESTORS} ancestors")
            self.found[reference] = self._fetch_from_either(reference)
        return self.found[reference]

    def _fetch_from_either(self, reference: Reference) -> _Found | Unreached:
        try:
            return self._fetch_from(reference)
        except AttestError as error:
            why = f"{error.code}: {error.message}"
        if reference.host != self.host:
            try:
                return replace(self._fetch_from(replace(reference, host=self.host)), reference=reference)
            except AttestError as error:
                why += f"; nor beside the version: {error.code}"
        return Unreached(why=why)

    def _fetch_from(self, reference: Reference) -> _Found:
        repository = self.surroundings.repository_of(reference)
        _, artefact = locate_version(reference, repository)
        return _Found(artefact=artefact, collected=collect(repository, artefact.digest), reference=reference)


def gather(case: Case, surroundings: Surroundings, *, host: str | None) -> Gathered:
    """Fetch what a policy asks for besides the version.

    Args:
        case: the version, its claims verified.
        surroundings: what can be reached.
        host: of the store in which the version is; `None` for the default one.

    Raises:
        InputError: what has to be remembered of a feed cannot be read or written (`revocations-memory`).
    """
    gathered = Gathered(feeds=_feeds(case, surroundings))
    search = _Search(surroundings=surroundings, host=host)
    return replace(gathered, ancestors=beyond.ancestors(replace(case, gathered=gathered), search.look_for))


def _feeds(case: Case, surroundings: Surroundings) -> dict[Digest, GivenFeed]:
    """The newest issue of each feed that the policy names, or one that it names."""
    naming = [policy for policy in beyond.nested(case.policy) if policy.revocations is not None]
    if not naming:
        return {}
    from attest.revocation_feed import FeedMemory, given_feed  # noqa: PLC0415  # most policies name none

    memory = None if surroundings.state is None else FeedMemory(folder=surroundings.state / "revocations")
    return {
        policy.digest: given_feed(
            policy, policy.revocations, repository_of=surroundings.repository_of, memory=memory, now=case.now
        )
        for policy in naming
        if policy.revocations is not None
    }


def gather_for_folder(
    findings: FolderFindings, manifest: ModelManifest, *, policy: Policy, now: datetime, settings: Settings
) -> Gathered:
    """The same for a bare folder, whose claims name their stores; `attest:` addresses mean that of this machine.

    Raises:
        InputError: what has to be remembered of a feed cannot be read or written (`revocations-memory`).
    """
    if not policy.goes_beyond:
        return NOTHING
    case = Case(
        policy=policy,
        judged=in_force(Judged(facts=findings.facts, rejected=findings.rejected), now=now),
        digest=manifest.oms_root,
        files={file.path: file.digest for file in manifest.files},
        reference="",
        now=now,
    )
    surroundings = Surroundings(
        repository_of=lambda reference: repository_for(reference, settings), state=settings.state
    )
    return gather(case, surroundings, host=None)
