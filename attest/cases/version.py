"""A version of a case: its files as a manifest, and what is said about it as statements."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct, field

from attest.cases.people import People, Spoken
from attest.cases.values import About, Commit, Said, SaidClaim, Version
from attest.claims import mlbom, provenance, signature
from attest.claims.predicates import APPROVAL, COSIGN_SIGN, ML_BOM, MODEL_SIGNATURE, OWN_NAMESPACE, PROVENANCE
from attest.claims.record import Resolved, to_training
from attest.claims.record_values import Measured
from attest.claims.statement import Statement, Subject
from attest.claims.training import Build, Source, Standing
from attest.errors import PolicyError
from attest.model.packaging import pack
from attest_registry.digest import Digest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from attest.claims.training import Training
    from attest.model.artefact import Artefact

_COMMIT: Final = "1" * 40
_SERIAL: Final = "urn:uuid:00000000-0000-4000-8000-000000000000"
_OTHER_MODEL: Final = "acme/another-model"


class Made(Struct, frozen=True, kw_only=True):
    """A version that was made.

    Args:
        said: what it is.
        artefact: its manifest.
        spoken: the claims about it.
    """

    said: Said
    artefact: Artefact
    spoken: tuple[Spoken, ...]


class Workshop(Struct, kw_only=True):
    """Makes the versions of one case.

    Args:
        people: who signs.
        ancestors: name → version that others were made from.
        at: the case, for messages.
    """

    people: People
    ancestors: Mapping[str, Version]
    at: str
    _artefacts: dict[str, Artefact] = field(default_factory=dict)

    def make(self, version: Version) -> Made:
        """A version with its claims.

        Raises:
            PolicyError: somebody who signs is not known, or a `ref` names no ancestor.
        """
        artefact = pack(version.said.manifest)
        spoken = []
        reviewable: dict[str, list[dict[str, Any]]] = {}
        for claim in sorted(version.claims, key=lambda each: each.predicate_type == APPROVAL):  # of all that was said
            by = self.people.named(claim.by, at=self.at)
            statement = self._statement(claim, version, artefact, by, reviewable)
            if claim.predicate_type != APPROVAL:
                listed = {"claim": {"sha256": Digest.of(statement.raw).hex}, "signer": self.people.own_name(by)}
                reviewable.setdefault(claim.name, []).append(listed)
            evidence = self.people.sign(statement, by=by, spoilt=claim.spoilt)
            spoken.append(Spoken(evidence=evidence, by=by, proven=claim.proven))
        return Made(said=version.said, artefact=artefact, spoken=tuple(spoken))

    def artefact_of(self, name: str) -> Artefact:
        """An ancestor's manifest.

        Raises:
            PolicyError: the case has none of that name (`policy-unknown-ancestor`).
        """
        if name not in self.ancestors:
            raise PolicyError(
                f"{self.at}: there is no ancestor '{name[:80]}'",
                code="policy-unknown-ancestor",
                expected=", ".join(self.ancestors) or "one under `ancestors`",
            )
        if name not in self._artefacts:
            self._artefacts[name] = pack(self.ancestors[name].said.manifest)
        return self._artefacts[name]

    def _statement(
        self,
        claim: SaidClaim,
        version: Version,
        artefact: Artefact,
        by: str,
        reviewable: Mapping[str, list[dict[str, Any]]],
    ) -> Statement:
        said = claim.version
        model = _OTHER_MODEL if claim.about is About.OTHER_MODEL else version.said.model
        digest = Digest.of(b"another version") if claim.about is About.OTHER_VERSION else artefact.digest
        if claim.predicate_type == MODEL_SIGNATURE:
            return signature.build(said.manifest, name=model)
        where: dict[str, Any] = {"model": model, "manifest_digest": digest, "oms_root": said.manifest.oms_root}
        if claim.predicate_type == PROVENANCE:
            return provenance.build(self._training(said), **where)
        if claim.predicate_type == ML_BOM:
            time = said.built.finished
            return mlbom.build(self._training(said), said.manifest, timestamp=time, serial=_SERIAL, **where)
        predicate = dict(claim.says)
        if claim.predicate_type.startswith(f"{OWN_NAMESPACE}predicate:"):
            predicate.setdefault("by", {"key": {"sha256": self.people.signer(by).fingerprint.hex}})
        if claim.predicate_type == APPROVAL:
            names = reviewable if claim.reviews is None else claim.reviews
            predicate.setdefault("reviewed", [listed for name in names for listed in self._listed(name, reviewable)])
        name = "" if claim.predicate_type == COSIGN_SIGN else model
        return Statement.build(
            subjects=[Subject(name=name, digest=digest)], predicate_type=claim.predicate_type, predicate=predicate
        )

    def _listed(self, name: str, reviewable: Mapping[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
        if name not in reviewable:
            raise PolicyError(
                f"{self.at}: an approval reviews '{name[:80]}', which nobody says",
                code="policy-unknown-claim",
                expected=", ".join(reviewable),
            )
        return reviewable[name]

    def _training(self, said: Said) -> Training:
        built = said.built
        source = None
        if built.commit is not Commit.UNKNOWN:
            changes = 0 if built.commit is Commit.CLEAN else 1
            source = Source(commit=_COMMIT, clean=changes == 0, changes=changes)
        return to_training(
            said.record,
            build=Build(builder=built.builder, finished=built.finished),
            source=source,
            resolve=self._resolve,
            measure=_measure,
            packages=tuple,
        )

    def _resolve(self, name: str) -> Resolved:
        digest = self.artefact_of(name).digest
        return Resolved(digest=digest, uri=f"attest:{self.ancestors[name].said.model}", standing=Standing.ADMITTED)


def _measure(path: str) -> Measured:
    """What a path of a case stands for: it was hashed at push. Nothing is read; two paths are two digests."""
    return Measured(digest=Digest.of(path.encode()), size=len(path))
