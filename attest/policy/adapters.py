"""The rule about adapters: one is for exactly the base that all of its claims name, by digest.

Weights of an adapter mean something on top of one base alone (docs/threats.md rows 4 and 21); on top of another one the
two are a model that nobody judged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from attest.claims.mlbom import MLBOM
from attest.claims.provenance import Provenance
from attest.claims.training import Role
from attest.policy.case import Problem, failed

if TYPE_CHECKING:
    from attest.policy.case import Case
    from attest.policy.verdict import Finding
    from attest_registry.digest import Digest

RULE: Final = "adapter"
_IN_USE: Final = "base"


def judge_adapter(case: Case) -> list[Finding]:
    """One finding where the version is an adapter, by any of its accepted claims; else none."""
    policy = case.policy
    bases = {
        word: {item.digest for claim in claims for item in claim.inputs if item.role is Role.ADAPTER_BASE}
        for word, claims in (
            ("provenance", case.claims(policy.provenance, Provenance)),
            ("ML-BOM", case.claims(policy.ml_bom, MLBOM)),
        )
        if claims
    }
    named = set().union(*bases.values()) if bases else set()
    if not named:
        return []
    problems = [
        Problem(
            code="adapter-base-differs",
            expected="one base, by digest, in every claim",
            found=f"{_words(found)} in the {word}",
        )
        for word, found in bases.items()
        if found and (len(named) > 1 or None in named)
    ]
    if problems:
        return [failed(RULE, problems, ())]
    return [case.passed(RULE, f"for the base {_words(named)} alone", ())]


def judge_base(case: Case) -> list[Finding]:
    """One finding where somebody said which base an adapter is about to be used with; else none."""
    base = case.gathered.base
    if base is None:
        return []
    stories: tuple[Provenance | MLBOM, ...] = (
        *case.claims(case.policy.provenance, Provenance),
        *case.claims(case.policy.ml_bom, MLBOM),
    )
    named = {item.digest for story in stories for item in story.inputs if item.role is Role.ADAPTER_BASE}
    if named == {base}:
        return [case.passed(_IN_USE, f"the one that it was made for, {base.short}", ())]
    problem = Problem(code="adapter-base-differs", expected=f"an adapter for {base}", found=f"one for {_words(named)}")
    return [failed(_IN_USE, [problem], ())]


def _words(digests: set[Digest | None]) -> str:
    return ", ".join(sorted("unknown" if digest is None else str(digest) for digest in digests)) or "no base"
