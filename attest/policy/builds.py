"""What a policy asks of a build besides its builder: its type, branch or tag, and the SLSA level by its signer.

require:
  provenance:
    by: [train-job]
    build-type: urn:attest:buildtypes:model-training:v1
    source: {branch: [main, release/*], tag: v*}
    level: 2

A level is read from who signed, never from what the provenance says of itself (SLSA 1.2, build track). Whatever is
signed has level 1. Level 2: by the workflow that ran it, on a runner of GitHub's or GitLab's own, which the certificate
says and the provenance does not deny. Level 3: besides, by a reusable workflow, which those who wrote the calling one
could not change. A key may belong to anybody, so that it never gives more than level 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from attest.claims.predicates import LOCAL_BUILDER
from attest.policy import entries, patterns
from attest.policy.case import Problem
from attest.policy.reading import read_texts
from attest.strict_yaml import dotted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from attest.claims.provenance import Provenance
    from attest.policy.requirements import ProvenanceDemand
    from attest.strict_yaml import Document, NodePath
    from attest.verify.facts import Fact

_BRANCH: Final = "refs/heads/"
_TAG: Final = "refs/tags/"
_HOSTED: Final[Mapping[str, str]] = {
    "https://token.actions.githubusercontent.com": "github-hosted",
    "https://gitlab.com": "gitlab-hosted",
}
"""Issuer of a workflow's logins → what its certificate calls a runner that nobody else has a hand in."""

_GITHUB_RUNNER: Final = "https://github.com/actions/runner/github-hosted"
_MOST: Final = 3


def read(document: Document, path: NodePath, value: dict[str, Any]) -> dict[str, Any]:
    """Those of the keys under `require.provenance`, as arguments of `ProvenanceDemand`.

    Raises:
        PolicyError: anything about them is not understood.
    """
    source = value.get("source", {})
    return {
        "build_types": read_texts(document, (*path, "build-type"), value["build-type"])
        if "build-type" in value
        else (),
        "branches": _refs(document, (*path, "source", "branch"), source),
        "tags": _refs(document, (*path, "source", "tag"), source),
        "level": entries.whole(document, path, value, "level", least=1, most=_MOST),
    }


def _refs(document: Document, path: NodePath, source: Mapping[str, Any]) -> tuple[str, ...]:
    if path[-1] not in source:
        return ()
    value = source[str(path[-1])]
    found = read_texts(document, path, value)
    for index, pattern in enumerate(found):
        if pattern.startswith("refs/") or not patterns.names_something(pattern):
            raise document.error(
                (*path, index) if isinstance(value, list) else path,
                f"'{pattern[:80]}' in {dotted(path)} names none in particular, or is written out in full",
                code="pattern",
                expected="main, release/* or the like; * stops at /",
            )
    return found


def problems(fact: Fact, claim: Provenance, demand: ProvenanceDemand) -> Iterator[Problem]:
    """What is wrong with a build.

    Args:
        fact: the provenance, with who signed it.
        claim: what it says.
        demand: what is asked.
    """
    if demand.build_types and claim.build_type not in demand.build_types:
        expected = f"build type {' or '.join(demand.build_types)}"
        yield Problem(code="build-type-not-accepted", expected=expected, found=claim.build_type[:200])
    if demand.branches or demand.tags:
        stated = claim.source.ref if claim.source else None
        if not _is_named(stated or "", demand.branches, demand.tags):
            found = (stated or "no branch or tag stated")[:200]
            yield Problem(code="source-ref-not-accepted", expected=_in_words(demand), found=found)
    if demand.level is not None:
        level, why = level_of(fact, claim)
        if level < demand.level:
            expected = f"a build of SLSA level {demand.level} or above"
            yield Problem(code="build-level-too-low", expected=expected, found=f"level {level}: {why}"[:300])


def _is_named(ref: str, branches: Sequence[str], tags: Sequence[str]) -> bool:
    return any(
        ref.startswith(prefix) and any(patterns.matches(pattern, ref.removeprefix(prefix)) for pattern in named)
        for prefix, named in ((_BRANCH, branches), (_TAG, tags))
    )


def _in_words(demand: ProvenanceDemand) -> str:
    branches = [f"branch {name}" for name in demand.branches]
    return " or ".join([*branches, *(f"tag {name}" for name in demand.tags)])


def level_of(fact: Fact, claim: Provenance) -> tuple[int, str]:
    """The SLSA build level, and why it is no higher.

    Args:
        fact: the provenance, with who signed it.
        claim: what it says.
    """
    if fact.proven is None or fact.proven.certificate is None:
        return 1, "signed with a key, which may be in anybody's hands"
    from attest.verify.fulcio import CertificateSigner  # noqa: PLC0415  # only where X.509 was loaded anyway

    signer = fact.proven.signer
    hosted = _HOSTED.get(signer.issuer) if isinstance(signer, CertificateSigner) else None
    if not isinstance(signer, CertificateSigner) or hosted is None:
        return 1, "the signer is no workflow of a build service that is known"
    said = signer.extensions
    if said.get("runner_environment") != hosted:
        return 1, f"the runner is {said.get('runner_environment') or 'not named'}, not {hosted}"
    by, config = said.get("build_signer_uri"), said.get("build_config_uri")
    named = {by, config} - {None}
    if claim.builder == LOCAL_BUILDER or claim.builder not in named | ({_GITHUB_RUNNER} if named else set()):
        return 1, f"the provenance names the builder {claim.builder}, the certificate {by or 'none'}"
    if by is None or config is None or by == config:
        return 2, "the workflow signed its own build"
    return 3, ""


def explain(demand: ProvenanceDemand) -> list[str]:
    """The demands in sentences."""
    found = []
    if demand.build_types:
        found.append(f"the build is of the type {' or '.join(demand.build_types)}")
    if demand.branches or demand.tags:
        found.append(f"the code was that of {_in_words(demand)}")
    if demand.level is not None:
        found.append(f"the build has SLSA level {demand.level} or above, by the identity that signed it")
    return found
