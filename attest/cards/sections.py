"""Card → sections of plain blocks: what Markdown and HTML both show, so that neither says more than the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from attest_registry.digest import Digest
from attest_registry.errors import BadReference

if TYPE_CHECKING:
    from collections.abc import Sequence

    from attest.cards.card import Card, Data, Number
    from attest.describe import EvidenceRow

Cell = str | Digest | None
"""Text of anybody, a digest, or what nobody said."""

NOT_STATED: Final = "not stated"
NAMES: Final = (
    "summary", "details", "intended-use", "factors", "metrics", "evaluation-data", "training-data",
    "quantitative-analyses", "ethical-considerations", "limitations", "lineage", "parts", "verification",
)  # fmt: skip
"""Names of the sections in their order."""

_MOST_FILES: Final = 20


class Prose(Struct, frozen=True, kw_only=True):
    """Free text out of a claim; `None` where nobody said."""

    text: str | None


class Note(Struct, frozen=True, kw_only=True):
    """Words of ours. `strong` stands in front in capitals."""

    text: str
    strong: str = ""


class Pairs(Struct, frozen=True, kw_only=True):
    """Label → value."""

    rows: tuple[tuple[str, Cell], ...]


class Grid(Struct, frozen=True, kw_only=True):
    """A table."""

    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


Block = Prose | Note | Pairs | Grid


class Section(Struct, frozen=True, kw_only=True):
    """A part of the card.

    Args:
        name: one of `NAMES`; what markers call it.
        title: its heading.
        blocks: what it says.
    """

    name: str
    title: str
    blocks: tuple[Block, ...]


def sections(card: Card) -> tuple[Section, ...]:
    """The whole card, in order.

    Args:
        card: what to show.
    """
    said = card.considerations
    blocks: dict[str, tuple[str, Sequence[Block]]] = {
        "summary": (f"Model card: {card.reference.partition('@')[0]}", _summary(card)),
        "details": ("Model details", [Pairs(rows=(("Version", card.digest), *card.details.items()))]),
        "intended-use": (
            "Intended use",
            [Prose(text=said.intended_use), Pairs(rows=(("Out of scope", said.out_of_scope),))],
        ),
        "factors": ("Factors", _factors(card)),
        "metrics": ("Metrics", _numbers(card, in_groups=False)),
        "evaluation-data": ("Evaluation data", [_evaluation_data(card)]),
        "training-data": ("Training data", [_training_data(card)]),
        "quantitative-analyses": ("Quantitative analyses", _numbers(card, in_groups=True)),
        "ethical-considerations": ("Ethical considerations", [Prose(text=said.ethical_considerations)]),
        "limitations": ("Caveats and limitations", [Prose(text=said.limitations)]),
        "lineage": ("Lineage", [_lineage(card)]),
        "parts": ("Parts of the unit", _parts(card)),
        "verification": ("Verification", _verification(card)),
    }
    return tuple(Section(name=name, title=blocks[name][0], blocks=tuple(blocks[name][1])) for name in NAMES)


def headline(card: Card) -> Note:
    """The first thing that a reader sees."""
    standing = card.standing
    if standing.verified:
        return Note(
            strong="VERIFIED",
            text=f"by {standing.by}; every claim behind this card holds, and the version is allowed",
        )
    return Note(strong="NOT VERIFIED", text=standing.reasons[0])


def _summary(card: Card) -> list[Block]:
    blocks: list[Block] = [headline(card), Prose(text=card.description)]
    if card.weights is False:
        blocks.append(Note(text="No weights: this version is prompts and configuration only."))
    return blocks


def _factors(card: Card) -> list[Block]:
    groups = ", ".join(card.groups)
    measured = f"Signed evaluations measured these parts of the data: {groups}." if groups else ""
    return [Prose(text=card.considerations.subgroups), *([Note(text=measured)] if measured else [])]


_MEASURED: Final = "Measured: signed evaluations. Each row names who signed it."
_STATED: Final = "Stated by the publisher: no evaluation was signed for these."


def _numbers(card: Card, *, in_groups: bool) -> list[Block]:
    measured = [number for number in card.measured if bool(number.group) is in_groups]
    stated = [number for number in card.stated if bool(number.group) is in_groups]
    group = ("Part of the data",) if in_groups else ()
    blocks: list[Block] = []
    if measured:
        header = ("Metric", "Value", "Better", *group, "Data", "Result", "Measured", "Signed by", "Evidence")
        rows = tuple(_measured_row(number, in_groups=in_groups) for number in measured)
        blocks += [Note(text=_MEASURED), Grid(header=header, rows=rows)]
    if stated:
        header = ("Metric", "Value", *group, "Data", "Signed by", "Evidence")
        rows = tuple(_stated_row(number, in_groups=in_groups) for number in stated)
        blocks += [Note(text=_STATED), Grid(header=header, rows=rows)]
    return blocks or [Prose(text=None)]


def _measured_row(number: Number, *, in_groups: bool) -> tuple[Cell, ...]:
    source = number.source
    signer = None if source is None else source.signer + (" (the publisher)" if number.by_publisher else "")
    return (
        number.name,
        f"{number.value} {number.unit}" if number.unit else number.value,
        number.better,
        *((number.group,) if in_groups else ()),
        _data(number.data),
        "passed" if number.passed else "failed",
        number.finished,
        _unverified(signer, verified=source is not None and source.verified),
        None if source is None else source.evidence,
    )


def _stated_row(number: Number, *, in_groups: bool) -> tuple[Cell, ...]:
    source = number.source
    return (
        number.name,
        number.value,
        *((number.group,) if in_groups else ()),
        _data(number.data),
        None if source is None else _unverified(source.signer, verified=source.verified),
        None if source is None else source.evidence,
    )


def _unverified(signer: str | None, *, verified: bool) -> str | None:
    return signer if verified or signer is None else f"{signer}: not verified"


def _data(data: Data | None) -> str | None:
    if data is None:
        return None
    return " ".join([data.name or "", str(data.digest) if data.digest else "digest unknown"]).strip()


def _evaluation_data(card: Card) -> Block:
    found: dict[tuple[str | None, Digest | None], list[str]] = {}
    for number in (*card.measured, *card.stated):
        if number.data is not None:
            names = found.setdefault((number.data.name, number.data.digest), [])
            names += [number.name] if number.name not in names else []
    if not found:
        return Prose(text=None)
    rows = tuple((name, digest or "unknown", ", ".join(metrics)) for (name, digest), metrics in found.items())
    return Grid(header=("Dataset", "Digest", "Metrics"), rows=rows)


def _training_data(card: Card) -> Block:
    if not card.datasets:
        return Prose(text=None)
    personal = {True: "yes", False: "no", None: None}
    header = ("Dataset", "Digest", "Known", "Split", "Licence", "Personal data", "Classification", "Address", "About")
    rows = tuple(
        (
            item.name,
            item.digest or "unknown",
            item.standing.value,
            item.split,
            item.licence,
            personal[item.personal_data],
            item.classification,
            item.uri,
            item.description,
        )
        for item in card.datasets
    )
    return Grid(header=header, rows=rows)


def _lineage(card: Card) -> Block:
    if not card.lineage:
        return Prose(text=None)
    rows = tuple(
        (
            f"{'↑ ' * made.depth}{made.role}",
            made.name,
            _as_digest(made.digest or "unknown"),
            made.standing,
            "yes" if made.verified else "no",
        )
        for made in card.lineage
    )
    return Grid(header=("Role", "Name", "Digest", "Known", "Verified"), rows=rows)


def _parts(card: Card) -> list[Block]:
    if not card.roles:
        return [Prose(text=None)]
    rows = tuple((role, _listed(paths)) for role, paths in card.roles.items())
    return [Grid(header=("Role", "Files"), rows=rows)]


def _listed(paths: Sequence[str]) -> str:
    more = f" and {len(paths) - _MOST_FILES:,} more" if len(paths) > _MOST_FILES else ""
    return ", ".join(paths[:_MOST_FILES]) + more


def _verification(card: Card) -> list[Block]:
    standing, publisher = card.standing, card.publisher
    rows: list[tuple[str, Cell]] = [
        ("Version", card.reference),
        ("Judged by", standing.by or "nobody: no key, policy or identity was named"),
        ("Policy", standing.policy or "none"),
        ("Published by", None if publisher is None else _unverified(publisher.signer, verified=publisher.verified)),
    ]
    blocks: list[Block] = [headline(card), Pairs(rows=tuple(rows))]
    blocks += [Note(text=reason) for reason in standing.reasons[1:]]
    header = ("Claim", "Verified", "Signer", "Time", "Evidence", "Signed words")
    return [*blocks, Grid(header=header, rows=tuple(map(_claim_row, card.claims)))]


def _claim_row(row: EvidenceRow) -> tuple[Cell, ...]:
    why = "" if row.verified or row.why_not is None else f": {row.why_not}"
    time = f"{row.proven} (proven)" if row.proven is not None else row.time and f"{row.time} (claimed)"
    standing = ("yes" if row.verified else "no") + why
    return (row.claim, standing, row.signer, time, _as_digest(row.digest), row.words or "unreadable")


def _as_digest(text: str) -> Cell:
    try:
        return Digest.parse(text)
    except BadReference:
        return text
