"""What a policy can demand, as values. `reading.py` makes them from YAML, `rules.py` judges by them."""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from msgspec import Struct, field

from attest.claims.training import Role
from attest.errors import PolicyError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from attest.claims.revocations import Revocation
    from attest.claims.training import Operation
    from attest.model.manifest import FileKind
    from attest.policy.approvals import ApprovalDemand
    from attest.policy.bom_demands import LicenceDemand
    from attest.policy.evaluations import EvaluationDemand
    from attest.policy.free_rules import FreeRule
    from attest.policy.log_demand import LogDemand
    from attest.policy.scans import ScanDemand
    from attest.policy.summaries import SummaryDemand
    from attest.trust.signatory import Signatory
    from attest_registry.digest import Digest


class Lineage(StrEnum):
    """How well an input has to be known."""

    ANY = "any"
    KNOWN = "known"  # stated, each with its digest


class SourceState(StrEnum):
    """How well the code has to be known."""

    ANY = "any"
    KNOWN = "known"  # a commit
    CLEAN = "clean"  # a commit, and nothing uncommitted beside it


LINEAGE_WORDS: Mapping[str, Role] = MappingProxyType(
    {
        "datasets": Role.DATASET,
        "base-model": Role.BASE_MODEL,
        "teacher-model": Role.TEACHER_MODEL,
        "adapter-base": Role.ADAPTER_BASE,
        "embedding-model": Role.EMBEDDING_MODEL,
        "index": Role.INDEX,
        "prompts": Role.PROMPTS,
    }
)
"""Key under `lineage` → the role that it is about."""


class Identity(Struct, frozen=True, kw_only=True):
    """Somebody whom the policy names.

    Args:
        name: what the policy calls him.
        keys: his public keys and certificate identities; any of them speaks for him.
        given: whether they came from the command line instead of the document.
    """

    name: str
    keys: tuple[Signatory, ...]
    given: bool = False


class ClaimDemand(Struct, frozen=True, kw_only=True):
    """Somebody has to have said something.

    Args:
        predicate_type: what.
        by: names of the identities of which one has to have said it.
    """

    predicate_type: str
    by: tuple[str, ...]

    @property
    def types(self) -> tuple[str, ...]:
        """Every predicate type that says it, where several do."""
        return (self.predicate_type,)


class ProvenanceDemand(ClaimDemand, frozen=True, kw_only=True):
    """A provenance with expectations; an empty tuple demands nothing.

    Args:
        builders: builder URIs, one of which has to be stated.
        repositories: source repositories, one of which has to be stated.
        clean: whether the source has to be a commit without changes.
        operations: what may have been done.
        build_types: URIs of build types, one of which has to be stated.
        branches: names or patterns of branches, one of which the code has to come from; or it is of one of `tags`.
        tags: names or patterns of tags.
        level: SLSA build level that who signed it has to give it; `None` for any.
    """

    builders: tuple[str, ...] = ()
    repositories: tuple[str, ...] = ()
    clean: bool = False
    operations: tuple[Operation, ...] = ()
    build_types: tuple[str, ...] = ()
    branches: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    level: int | None = None

    @property
    def asks_build(self) -> bool:
        """Whether anything is asked that `builds.py` judges."""
        return bool(self.build_types or self.branches or self.tags or self.level)


class BOMDemand(ClaimDemand, frozen=True, kw_only=True):
    """An ML-BOM.

    Args:
        consistent: whether it must not contradict the provenance.
        profiles: names of profiles of which it has to fill in every field.
        licences: which licences will do; `None` for any, or none.
        governed: whether each dataset needs a licence, an owner and a statement on personal data.
    """

    consistent: bool = False
    profiles: tuple[str, ...] = ()
    licences: LicenceDemand | None = None
    governed: bool = False

    @property
    def asks_content(self) -> bool:
        """Whether it is asked what the ML-BOM fills in, besides that there is one."""
        return bool(self.profiles or self.licences or self.governed)


class FormatDemand(Struct, frozen=True, kw_only=True):
    """Which files a version may hold, by what the signed ML-BOM says they are.

    Args:
        allow: kinds of file; `None` for every kind. Code-bearing files are never allowed by kind alone.
        code_bearing: paths or patterns of code-bearing files that are accepted.
    """

    allow: tuple[FileKind, ...] | None = None
    code_bearing: tuple[str, ...] = ()


class AncestorDemand(Struct, frozen=True, kw_only=True):
    """What the inputs of one role have to be, beyond being stated with a digest; nothing besides asks for that alone.

    Args:
        signed_by: names of the identities of which one has to have signed them; empty where that is not asked.
        same: whether they have to be allowed by the policy that this demand is part of.
        satisfies: another policy that has to allow them.
        depth: for how many generations; 1 for what the version itself was made from, `None` for all, to the roots.
    """

    signed_by: tuple[str, ...] = ()
    same: bool = False
    satisfies: Policy | None = None
    depth: int | None = 1

    def reaches(self, generation: int) -> bool:
        """Whether it is about ancestors so many generations up; 1 for what the version itself was made from."""
        return self.depth is None or generation <= self.depth


class LineageDemand(Struct, frozen=True, kw_only=True):
    """What has to be known about where a version came from.

    Args:
        inputs: role → how well its inputs have to be known.
        source: how well the code has to be known.
        ancestors: role → what its inputs have to be besides, and for how many generations.
    """

    inputs: Mapping[Role, Lineage] = field(default_factory=lambda: MappingProxyType({}))
    source: SourceState = SourceState.ANY
    ancestors: Mapping[Role, AncestorDemand] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def asks(self) -> bool:
        """Whether anything is demanded."""
        return self.source is not SourceState.ANY or any(word is not Lineage.ANY for word in self.inputs.values())


class FeedDemand(Struct, frozen=True, kw_only=True):
    """A signed feed of revocations, without which nothing is allowed.

    Args:
        by: names of the identities of which one has to have signed it.
        file: path of its newest issue; `None` where it is in a store.
        ref: model-like name of the place in a store; `None` where it is a file.
        min_sequence: the lowest number that counts, for hosts that remember nothing.
    """

    by: tuple[str, ...]
    file: str | None = None
    ref: str | None = None
    min_sequence: int | None = None


class Exemption(Struct, frozen=True, kw_only=True):
    """One rule that one version need not meet, for a time.

    Args:
        name: what verdicts call it.
        rule: which rule.
        digest: which version.
        owner: on whose account.
        reason: why.
        expires: the last moment at which it goes.
    """

    name: str
    rule: str
    digest: Digest
    owner: str
    reason: str
    expires: datetime


class Policy(Struct, frozen=True, kw_only=True):
    """A policy document, understood whole.

    Args:
        name: its name, for people.
        description: what it is for.
        identities: name → who that is.
        roles: name of a role → the identities that have it.
        other_names: names under which the model is accepted besides the one that was asked for.
        signature: demand for a model signature.
        provenance: demand for a provenance.
        ml_bom: demand for an ML-BOM.
        proven_time: whether every claim that is demanded needs a proven time of signing.
        claims: demands for any other claims.
        evaluations: demands for evaluations.
        approvals: demands for approvals.
        scans: demands for scans.
        formats: which files; `None` where the policy says `any`.
        lineage: what has to be known of where it came from.
        deny: what does not count, whoever signed it.
        revocations: the feed that says so besides; `None` where none is named.
        exceptions: rules that single versions need not meet.
        rules: rules of the author's own, in CEL.
        summary: whose fresh verdict stands in for the whole evaluation; `None` for nobody's.
        log: which log of the model, and how fresh; `None` where the policy does not say.
        digest: of the composed document, RFC 8785, keys by their fingerprints.
        origin: the file it came from.
    """

    name: str
    identities: Mapping[str, Identity]
    digest: Digest
    description: str = ""
    roles: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    other_names: tuple[str, ...] = ()
    signature: ClaimDemand | None = None
    provenance: ProvenanceDemand | None = None
    ml_bom: BOMDemand | None = None
    proven_time: bool = False
    claims: tuple[ClaimDemand, ...] = ()
    evaluations: tuple[EvaluationDemand, ...] = ()
    approvals: tuple[ApprovalDemand, ...] = ()
    scans: tuple[ScanDemand, ...] = ()
    formats: FormatDemand | None = None
    lineage: LineageDemand = field(default_factory=LineageDemand)
    rules: tuple[FreeRule, ...] = ()
    summary: SummaryDemand | None = None
    log: LogDemand | None = None
    deny: tuple[Revocation, ...] = ()
    revocations: FeedDemand | None = None
    exceptions: tuple[Exemption, ...] = ()
    origin: str = ""

    def __post_init__(self) -> None:
        """Refuse to exist without a demand: a policy that asks for nothing would allow everything."""
        if not self.demands:
            raise PolicyError(f"{self.name} demands nothing", code="policy-empty", expected="a claim under require")

    @property
    def demands(self) -> tuple[ClaimDemand, ...]:
        """Every claim that is demanded."""
        named = (self.signature, self.provenance, self.ml_bom)
        listed = (*self.claims, *self.evaluations, *self.scans, *self.approvals)
        return (*(demand for demand in named if demand is not None), *listed)

    @property
    def goes_beyond(self) -> bool:
        """Whether more than the version's own claims decides: its ancestors, what was revoked, exceptions."""
        return bool(self.lineage.ancestors or self.deny or self.revocations or self.exceptions)

    @property
    def keys(self) -> tuple[Signatory, ...]:
        """All keys and certificate identities of all identities, each once."""
        found = {key.fingerprint: key for identity in self.identities.values() for key in identity.keys}
        return tuple(found.values())

    def identity_of(self, key: Signatory) -> Identity | None:
        """Whose key it is: by fingerprint, never by the name that came along."""
        for identity in self.identities.values():
            if any(own.fingerprint == key.fingerprint for own in identity.keys):
                return identity
        return None

    def describe(self, key: Signatory) -> str:
        """A key or holder as people should see it."""
        identity = self.identity_of(key)
        if identity is None or identity.given:
            return f"{key.title} ({key.name})" if key.name not in key.title else key.title
        return f"{identity.name} ({key.title})"

    def describe_identities(self, names: tuple[str, ...]) -> str:
        """Who would be accepted, for the `expected` of a finding."""
        keys = [key for name in names for key in self.identities[name].keys]
        return " or ".join(self.describe(key) for key in keys) or " or ".join(names)
