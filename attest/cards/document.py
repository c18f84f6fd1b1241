"""Card → one JSON document (`attest/card/v1`), for programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from attest.cards.card import Card, Made, Number
    from attest.cards.facts import Source
    from attest.claims.training import Input
    from attest.describe import EvidenceRow
    from attest_registry.digest import Digest


def document(card: Card, *, people: Sequence[str] = ()) -> bytes:
    """The document. What nobody said is `null`.

    Args:
        card: what to show.
        people: what people wrote beside the generated sections.
    """
    said, standing = card.considerations, card.standing
    value = {
        "schema": "attest/card/v1",
        "reference": card.reference,
        "digest": str(card.digest),
        "verified": standing.verified,
        "verification": {
            "by": standing.by,
            "policy_digest": _digest(standing.policy),
            "reasons": list(standing.reasons),
            "publisher": _source(card.publisher),
        },
        "description": card.description,
        "details": {_key(label): text for label, text in card.details.items()},
        "weights": card.weights,
        "intended_use": said.intended_use,
        "out_of_scope": said.out_of_scope,
        "factors": {"stated": said.subgroups, "measured": list(card.groups)},
        "metrics": {
            "measured": [_number(number) for number in card.measured],
            "stated": [_number(number) for number in card.stated],
        },
        "training_data": [_data(item) for item in card.datasets],
        "ethical_considerations": said.ethical_considerations,
        "limitations": said.limitations,
        "lineage": [_made(made) for made in card.lineage],
        "roles": {role: list(paths) for role, paths in card.roles.items()},
        "claims": [_claim(row) for row in card.claims],
        "people": list(people),
    }
    return (json.dumps(value, indent=2) + "\n").encode("ascii")


def _key(label: str) -> str:
    """`Finished (claimed)` → `finished`."""
    return label.partition(" (")[0].lower().replace(" ", "_")


def _made(made: Made) -> dict[str, Any]:
    return {
        "depth": made.depth,
        "role": made.role,
        "name": made.name,
        "digest": made.digest,
        "standing": made.standing,
        "verified": made.verified,
    }


def _claim(row: EvidenceRow) -> dict[str, Any]:
    return {
        "claim": row.claim,
        "verified": row.verified,
        "why_not": row.why_not,
        "signer": row.signer,
        "time": row.time,
        "evidence": row.digest,
        "words": _digest(row.words),
    }


def _number(number: Number) -> dict[str, Any]:
    return {
        "name": number.name,
        "value": number.value,
        "unit": number.unit,
        "better": number.better,
        "group": number.group or None,
        "dataset": None if number.data is None else {"name": number.data.name, "digest": _digest(number.data.digest)},
        "passed": number.passed,
        "finished": number.finished,
        "by_publisher": number.by_publisher,
        "source": _source(number.source),
    }


def _data(item: Input) -> dict[str, Any]:
    return {
        "name": item.name,
        "digest": _digest(item.digest),
        "standing": item.standing.value,
        "split": item.split,
        "licence": item.licence,
        "personal_data": item.personal_data,
        "classification": item.classification,
        "uri": item.uri,
        "description": item.description,
    }


def _source(source: Source | None) -> dict[str, Any] | None:
    if source is None:
        return None
    return {
        "signer": source.signer,
        "verified": source.verified,
        "evidence": str(source.evidence),
        "words": str(source.words),
    }


def _digest(digest: Digest | None) -> str | None:
    return None if digest is None else str(digest)
