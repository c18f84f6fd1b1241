"""Rules of the policy's author in CEL, for what no key of a policy asks: each has a name, an expression and a message.

rules:
  - name: reviewed
    cel: claims.exists(c, c.type == "https://acme.example/review/v1" && c.by == "risk" && c.predicate.score >= 7)
    message: a review by risk with at least 7 points

The variables, all made of verified facts by identities that the policy names:

    version  {reference, digest, files: [{path, digest}]}
    claims   [{type, by, signer, evidence, proven_time, claimed_time, predicate}]   times in RFC 3339, or null
    now      the time of judging, RFC 3339

True passes, false fails. An error, a value that is no boolean, or an engine that is not installed leaves the rule
unknown, and an unknown rule allows nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from attest.policy.key_rows import NAME_PATTERN, TABLE
from attest.policy.reading import read_text
from attest.policy.verdict import Finding, Status
from attest.strict_yaml import dotted
from attest.trust.times import shown

if TYPE_CHECKING:
    from attest.policy.case import Case
    from attest.strict_yaml import Document, NodePath
    from attest.verify.facts import Fact

_KEY: Final = "rules"
_MOST_RULES: Final = 100


class FreeRule(Struct, frozen=True, kw_only=True):
    """One rule.

    Args:
        name: what findings call it, below `rules/`.
        cel: the expression.
        message: what has to hold, for people.
    """

    name: str
    cel: str
    message: str


def read_rules(document: Document) -> tuple[FreeRule, ...]:
    """The key `rules`. Expressions are compiled where the engine is there; where it is not, the policy denies.

    Raises:
        PolicyError: a rule is not sound.
    """
    value = document.value[_KEY]
    if not isinstance(value, list) or not 0 < len(value) <= _MOST_RULES:
        raise document.error(
            (_KEY,), "rules lists rules", code="empty-list", expected=f"1 to {_MOST_RULES} of {{name, cel, message}}"
        )
    found = tuple(_read(document, (_KEY, index), item) for index, item in enumerate(value))
    names = [rule.name for rule in found]
    for index, name in enumerate(names):
        if name in names[:index]:
            raise document.error((_KEY, index, "name"), f"two rules are called '{name}'", code="listed-twice")
    return found


def _read(document: Document, path: NodePath, item: Any) -> FreeRule:
    import re  # noqa: PLC0415  # only where there are rules

    value = TABLE.checked(document, path, item)
    name, cel, message = (read_text(document, (*path, key), value[key]) for key in ("name", "cel", "message"))
    if not re.fullmatch(NAME_PATTERN, name, re.ASCII):
        raise document.error(
            (*path, "name"), f"'{name[:80]}' is no name", code="bad-rule", expected="letters, digits, . _ -"
        )
    _check(document, (*path, "cel"), cel)
    return FreeRule(name=name, cel=cel, message=message)


def _check(document: Document, path: NodePath, expression: str) -> None:
    from attest.errors import PolicyError  # noqa: PLC0415
    from attest.policy import cel  # noqa: PLC0415  # 10 ms and 16 MB, for policies that use it

    if not cel.is_installed():
        return
    try:
        cel.check(expression)
    except PolicyError as error:
        raise document.error(
            path, f"{dotted(path)}: {error.message}", code="bad-rule", expected=error.expected, hint=error.found
        ) from error


def explain(rule: FreeRule) -> str:
    """The rule as a sentence, with the words that decide."""
    return f"{rule.message} (rule {rule.name}: {' '.join(rule.cel.split())})"


def judge_rules(case: Case, rules: tuple[FreeRule, ...]) -> list[Finding]:
    """One finding per rule."""
    data = variables(case)
    return [_judge(rule, data) for rule in rules]


def _judge(rule: FreeRule, data: dict[str, Any]) -> Finding:
    from attest.errors import InputError  # noqa: PLC0415
    from attest.policy import cel  # noqa: PLC0415

    name = f"{_KEY}/{rule.name}"
    try:
        holds = cel.decide(rule.cel, data)
    except InputError as error:
        return Finding(
            rule=name,
            status=Status.UNKNOWN,
            code="cel-missing",
            expected=rule.message,
            found="the engine for rules in CEL is not installed here",
            hint=error.hint,
        )
    except cel.RuleUndecided as error:
        found = f"the rule gave {error.found}" if error.expected else f"the rule failed: {error.found}"
        return Finding(rule=name, status=Status.UNKNOWN, code=error.code, expected=rule.message, found=found)
    if holds:
        return Finding(rule=name, status=Status.PASSED, summary=rule.message)
    return Finding(
        rule=name, status=Status.FAILED, code="rule-not-met", expected=rule.message, found="the rule says false"
    )


def variables(case: Case) -> dict[str, Any]:
    """The facts as an expression sees them, in an order that does not depend on the store."""
    facts = sorted(case.judged.facts, key=lambda fact: (fact.statement.predicate_type, fact.evidence.digest))
    return {
        "version": {
            "reference": case.reference,
            "digest": str(case.digest),
            "files": [{"path": path, "digest": str(case.files[path])} for path in sorted(case.files)],
        },
        "claims": [_claim(case, fact) for fact in facts],
        "now": shown(case.now),
    }


def _claim(case: Case, fact: Fact) -> dict[str, Any]:
    identity = case.policy.identity_of(fact.signer)
    return {
        "type": fact.statement.predicate_type,
        "by": None if identity is None else identity.name,
        "signer": case.policy.describe(fact.signer),
        "evidence": str(fact.evidence.digest),
        "proven_time": shown(fact.times[0].moment) if fact.times else None,
        "claimed_time": fact.claimed_time,
        "predicate": dict(fact.statement.predicate),
    }
