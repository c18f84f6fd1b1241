"""The way from a version to its ancestors, as far as the signed claims, the policy and what was gathered lead.

Breadth first, so that whoever is reached on several ways (a diamond) is first met on the shortest, where most is asked;
he is gone through once for each policy. Whoever gathers what is not at hand walks the same way as the rules that judge
by it, and so the two cannot differ in what they look at.

Whose words count for what an ancestor was made from: those of anybody whom the policy names, since a base is often
somebody else's. For the version itself they are those by whom the policy demands provenance and ML-BOM.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, TypeAlias

from msgspec import Struct, field

from attest.claims.mlbom import MLBOM
from attest.claims.provenance import Provenance
from attest.claims.training import MODEL_ROLES, Role
from attest.policy.ancestry import Ancestor, Sought, ancestor_reference
from attest_registry import limits
from attest_registry.errors import BadReference
from attest_registry.reference import Reference

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from attest.claims.training import Input
    from attest.policy.ancestry import Ancestors, Unreached
    from attest.policy.case import Case
    from attest.policy.requirements import AncestorDemand, Policy
    from attest.verify.facts import Judged
    from attest_registry.digest import Digest

    Story: TypeAlias = Provenance | MLBOM
    LookFor: TypeAlias = Callable[[Sought, Policy], Ancestor | Unreached | None]

ROLE_WORDS: Final = {
    Role.DATASET: "dataset",
    Role.BASE_MODEL: "base",
    Role.TEACHER_MODEL: "teacher",
    Role.ADAPTER_BASE: "adapter base",
    Role.EMBEDDING_MODEL: "embedding model",
    Role.INDEX: "index",
    Role.PROMPTS: "prompts",
    Role.ENVIRONMENT: "environment",
}


class Place(Struct, frozen=True, kw_only=True):
    """A version on the way, whose inputs are looked at under one policy.

    Args:
        policy: whose demands go for its inputs.
        generation: how far it is from the version that this policy judges; 0 is that version.
        digest: which version it is.
        stories: what its provenances and ML-BOMs say.
        path: the versions from the one that was asked for to this one, as people should see them.
        host: of the store in which it is.
    """

    policy: Policy
    generation: int
    digest: Digest
    stories: tuple[Story, ...]
    path: tuple[str, ...]
    host: str | None


class Met(Struct, frozen=True, kw_only=True):
    """An input on the way.

    Args:
        item: the input.
        below: the version that it went into.
        demand: what the policy asks of it; `None` where it asks nothing of this kind, or not so far up.
        needed: whether the demands need a look at it, for its own sake or for that of its ancestors.
        onwards: whether they need one for that of its ancestors.
        reference: where it is; `None` where nobody looks, or the claims give no address in a store.
        found: what was found there under the policy of `below`; `None` where nobody looked.
        other: what was found there under the policy that `demand` names besides.
    """

    item: Input
    below: Place
    demand: AncestorDemand | None
    needed: bool
    onwards: bool
    reference: Reference | None = None
    found: Ancestor | Unreached | None = None
    other: Ancestor | Unreached | None = None

    @property
    def path(self) -> tuple[str, ...]:
        """From the version that was asked for to this input."""
        return (*self.below.path, title(self.item))


class Walk(Struct, kw_only=True):
    """All of the way.

    Args:
        met: every input, nearest first.
        places: every version whose inputs were looked at, the version itself first.
        cut: whether there were more ancestors than anybody can want to have judged.
    """

    met: list[Met] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    cut: bool = False

    @property
    def cycle(self) -> tuple[str, ...]:
        """Versions each of which was made from the next, the last one being the first again; empty where none is."""
        made_from: dict[Digest, dict[Digest, str]] = {}
        for met in self.met:
            if met.item.digest is not None:
                made_from.setdefault(met.below.digest, {})[met.item.digest] = title(met.item)
        return _cycle(made_from)


def title(item: Input) -> str:
    """An input as people should see it: `teacher acme/large@sha256:…`."""
    named = f"{ROLE_WORDS[item.role]} {item.title}"
    return named if item.digest is None else f"{named}@{item.digest}"


def walk(case: Case, ancestors: Ancestors | LookFor, *, to_the_roots: bool) -> Walk:
    """Go as far as what is at hand leads.

    Args:
        case: the version, with all its facts, those of revoked signers too.
        ancestors: what is at hand; or what finds each, asked once for each policy whose identities it is verified by.
        to_the_roots: whether every ancestor that has an address is looked at, whatever the demands reach.
    """
    host, name = _named(case)
    start = Place(
        policy=case.policy,
        generation=0,
        digest=case.digest,
        stories=_own_stories(case),
        path=(name,),
        host=host,
    )
    at_hand = _at_hand(ancestors) if isinstance(ancestors, Mapping) else ancestors
    way = _Way(look_for=at_hand, to_the_roots=to_the_roots)
    way.visited[start.digest, start.policy.digest] = start.generation
    way.queue.append(start)
    while way.queue and not way.walk.cut:
        way.look_around(way.queue.popleft())
    return way.walk


def _at_hand(ancestors: Ancestors) -> LookFor:
    return lambda sought, _: ancestors.get(sought)


def stories_of(judged: Judged) -> tuple[Story, ...]:
    """What the provenances and ML-BOMs among the facts say, whoever of the policy's identities signed them."""
    return tuple(fact.claim for fact in judged.facts if isinstance(fact.claim, Provenance | MLBOM))


def _own_stories(case: Case) -> tuple[Story, ...]:
    policy = case.policy
    return (*case.claims(policy.provenance, Provenance), *case.claims(policy.ml_bom, MLBOM))


def _named(case: Case) -> tuple[str | None, str]:
    try:
        reference = Reference.parse(case.reference)
    except BadReference:
        return None, case.reference
    return reference.host, reference.name


class _Way(Struct, kw_only=True):
    look_for: LookFor
    to_the_roots: bool
    walk: Walk = field(default_factory=Walk)
    queue: deque[Place] = field(default_factory=deque)
    visited: dict[tuple[Digest, Digest], int] = field(default_factory=dict)

    def look_around(self, place: Place) -> None:
        self.walk.places.append(place)
        for item in _inputs(place.stories, host=place.host):
            if len(self.walk.met) >= limits.LINEAGE_INPUTS:
                self.walk.cut = True
                return
            self.walk.met.append(self._meet(item, place))

    def _meet(self, item: Input, place: Place) -> Met:
        generation = place.generation + 1
        demands = place.policy.lineage.ancestors
        demand = demands.get(item.role)
        if demand is not None and not demand.reaches(generation):
            demand = None
        is_model = item.role in MODEL_ROLES
        onwards = is_model and any(each.reaches(generation + 1) for each in demands.values())
        asked = demand is not None and bool(demand.signed_by or demand.same or demand.satisfies)
        reference = ancestor_reference(item, place.host)
        looked_at = onwards or asked or (is_model and self.to_the_roots)
        if not looked_at or reference is None:
            return Met(item=item, below=place, demand=demand, needed=onwards or asked, onwards=onwards)
        found = self._fetch(reference, place.policy)
        other = None
        if isinstance(found, Ancestor) and (onwards or self.to_the_roots):
            self._enter(found, reference, place.policy, generation=generation, below=place, item=item)
        if demand is not None and demand.satisfies is not None:
            other = self._fetch(reference, demand.satisfies)
            if isinstance(other, Ancestor):
                self._enter(other, reference, demand.satisfies, generation=0, below=place, item=item)
        return Met(
            item=item,
            below=place,
            demand=demand,
            needed=onwards or asked,
            onwards=onwards,
            reference=reference,
            found=found,
            other=other,
        )

    def _enter(
        self, found: Ancestor, reference: Reference, policy: Policy, *, generation: int, below: Place, item: Input
    ) -> None:
        """Look around there later, unless that was done from as near."""
        key = (found.digest, policy.digest)
        if self.visited.get(key, generation + 1) <= generation:
            return
        self.visited[key] = generation
        self.queue.append(
            Place(
                policy=policy,
                generation=generation,
                digest=found.digest,
                stories=stories_of(found.judged),
                path=(*below.path, title(item)),
                host=reference.host,
            )
        )

    def _fetch(self, reference: Reference, policy: Policy) -> Ancestor | Unreached | None:
        return self.look_for(Sought(reference=reference, policy=policy.digest), policy)


def _inputs(stories: Sequence[Story], *, host: str | None) -> Iterable[Input]:
    """Every input that any of the claims names, each once, with its address where one of them gives it."""
    found: dict[tuple[Role, str], Input] = {}
    for item in (each for story in stories for each in story.inputs if each.role is not Role.ENVIRONMENT):
        key = (item.role, item.name if item.digest is None else item.digest.hex)
        known = found.setdefault(key, item)
        if known is not item and ancestor_reference(known, host) is None:
            found[key] = item if ancestor_reference(item, host) is not None else known
    return [found[key] for key in sorted(found)]


def _cycle(made_from: dict[Digest, dict[Digest, str]]) -> tuple[str, ...]:
    """The first cycle there is, without recursion: a chain may be as long as the bound on inputs."""
    done: set[Digest] = set()
    for start, above in made_from.items():
        way, names, open_ends = [start], [start.short], [iter(above.items())]
        while open_ends:
            digest, name = next(open_ends[-1], (None, ""))
            if digest is None:
                done.add(way.pop())
                names.pop()
                open_ends.pop()
            elif digest in way:
                return (*names[way.index(digest) :], name)
            elif digest not in done:
                way.append(digest)
                names.append(name)
                open_ends.append(iter(made_from.get(digest, {}).items()))
    return ()
