"""What two versions say and hold differently, or a version and a folder. Pure; neither is believed more than the other.

Files are compared by the digests of the versions themselves. All else is what claims say, as far as they count; what
only one of the two can say, such as a folder about its lineage, is not compared and is named.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct, field
from msgspec.structs import replace

from attest.claims.decimals import minus, read_decimal, shown
from attest.claims.mlbom_diff import Kind, differences
from attest.sizes import size

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from attest.cards.facts import Said
    from attest.claims.evaluation import Evaluation, Measured
    from attest.claims.mlbom import MLBOM
    from attest.claims.provenance import Provenance
    from attest.policy.verdict import Verdict
    from attest_registry.digest import Digest

PARTS: Final = (
    "verdict", "metrics", "evaluations", "model", "card", "licences", "lineage", "datasets", "source",
    "hyperparameters", "files", "packages",
)  # fmt: skip
"""What is compared, in the order in which it is shown."""

OF_FOLDERS: Final = ("model", "files")
"""What a folder can say: its bytes, and what their headers hold."""

_CARD: Final = frozenset(
    {"description", "intended use", "out of scope", "limitations", "ethical considerations", "subgroups"}
)
_OF_HEADERS: Final = frozenset({"architecture", "parameters", "quantisation"})


class SideFile(Struct, frozen=True, kw_only=True):
    """One file.

    Args:
        digest: SHA-256 of its bytes.
        size: how many there are.
        format: its format's word, where it is known.
        code_bearing: whether loading it can run code, where that is known.
        role: what it is for, where said.
    """

    digest: Digest
    size: int
    format: str | None = None
    code_bearing: bool | None = None
    role: str | None = None


class Side(Struct, frozen=True, kw_only=True):
    """A version or a folder.

    Args:
        title: pinned reference, or path.
        files: path → file.
        bom: what its ML-BOM says; of a folder, what its files' headers say; `None` where none counts.
        provenance: what its provenance says.
        evaluations: signed evaluations.
        verdict: what the policy says of it; `None` where nobody was named, and for folders.
        is_folder: whether it is one.
        problems: why claims of it do not count.
    """

    title: str
    files: Mapping[str, SideFile]
    bom: MLBOM | None = None
    provenance: Provenance | None = None
    evaluations: tuple[Said[Evaluation], ...] = ()
    verdict: Verdict | None = None
    is_folder: bool = False
    problems: tuple[str, ...] = ()


class Difference(Struct, frozen=True, kw_only=True):
    """One thing that differs.

    Args:
        part: one of `PARTS`.
        name: of what.
        before: what the first says; `None` where it says nothing.
        after: what the second says; `None` where it says nothing.
        delta: how much more the second is, where both are numbers.
    """

    part: str
    name: str
    before: str | None
    after: str | None
    delta: str | None = None

    @property
    def kind(self) -> Kind:
        """How it differs."""
        if self.before is None:
            return Kind.ADDED
        return Kind.REMOVED if self.after is None else Kind.CHANGED


class Comparison(Struct, frozen=True, kw_only=True):
    """Two sides, compared.

    Args:
        found: what differs, in the order of `PARTS`.
        left_out: parts that were not compared → why.
    """

    found: tuple[Difference, ...]
    left_out: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


def compare(before: Side, after: Side) -> Comparison:
    """What the second side says and holds differently.

    Args:
        before: the first, usually the older one.
        after: the second.
    """
    left_out = _left_out(before, after)
    found = [
        *_verdicts(before, after),
        *_formats(before, after),
        *_files(before, after),
        *_said(before, after),
        *_evaluations(before, after),
    ]
    kept = [each for each in found if each.part not in left_out]
    kept.sort(key=lambda each: PARTS.index(each.part))
    return Comparison(found=tuple(kept), left_out=MappingProxyType(left_out))


def _left_out(before: Side, after: Side) -> dict[str, str]:
    found: dict[str, str] = {}
    if before.is_folder or after.is_folder:
        found = dict.fromkeys((part for part in PARTS if part not in OF_FOLDERS), "a folder says nothing of it")
    for side in (before, after):
        if side.bom is None:
            why = f"{side.title}: {next(iter(side.problems), 'no ML-BOM is attached')}"
            found |= {part: why for part in PARTS if part not in {*found, "verdict", "files", "evaluations"}}
    return found


def _verdicts(before: Side, after: Side) -> Iterator[Difference]:
    first, second = before.verdict, after.verdict
    if first is None or second is None:
        return
    if first.word != second.word:
        yield Difference(part="verdict", name=first.policy_name, before=first.word, after=second.word)
    reasons = [_reasons(verdict) for verdict in (first, second)]
    for name in dict.fromkeys((*reasons[0], *reasons[1])):
        old, new = (each.get(name, "holds") for each in reasons)
        if old != new:
            yield Difference(part="verdict", name=name, before=old, after=new)


def _reasons(verdict: Verdict) -> dict[str, str]:
    return {finding.rule: finding.code or "unknown" for finding in verdict.findings if finding.stands_in_the_way}


def _files(before: Side, after: Side) -> Iterator[Difference]:
    older, newer = before.files, after.files
    roles = not (before.is_folder or after.is_folder)
    for path in sorted(older.keys() | newer.keys()):
        old, new = older.get(path), newer.get(path)
        if old is not None and new is not None:
            old, new = _alike(old, new, roles=roles)
        texts = [None if file is None else _file(file) for file in (old, new)]
        if texts[0] != texts[1]:
            delta = None if old is None or new is None else signed_size(new.size - old.size)
            yield Difference(part="files", name=path, before=texts[0], after=texts[1], delta=delta)
    sums = [(len(files), sum(file.size for file in files.values())) for files in (older, newer)]
    if sums[0] != sums[1]:
        texts = [f"{count:,} file{'' if count == 1 else 's'}, {size(total)}" for count, total in sums]
        delta = signed_size(sums[1][1] - sums[0][1])
        yield Difference(part="files", name="(all)", before=texts[0], after=texts[1], delta=delta)


def _formats(before: Side, after: Side) -> Iterator[Difference]:
    kinds = [{file.format for file in side.files.values()} for side in (before, after)]
    if None in kinds[0] | kinds[1] or kinds[0] == kinds[1]:
        return
    texts = [", ".join(sorted(str(kind) for kind in each)) for each in kinds]
    yield Difference(part="model", name="formats", before=texts[0], after=texts[1])


def _alike(old: SideFile, new: SideFile, *, roles: bool) -> tuple[SideFile, SideFile]:
    """Both with what is known of both alone: that nobody lists a file's format is no difference between files."""
    unknown: dict[str, Any] = {} if roles else {"role": None}
    unknown |= dict.fromkeys(
        name for name in ("format", "code_bearing") if getattr(old, name) is None or getattr(new, name) is None
    )
    return replace(old, **unknown), replace(new, **unknown)


def _file(file: SideFile) -> str:
    code = "can run code" if file.code_bearing else None
    words = (str(file.digest), size(file.size), file.format, code, file.role)
    return ", ".join(word for word in words if word)


def _said(before: Side, after: Side) -> Iterator[Difference]:
    """What the ML-BOMs say; files are compared by themselves."""
    if before.bom is None or after.bom is None:
        return
    of_headers = before.is_folder or after.is_folder
    for change in differences(before.bom, after.bom):
        part = "card" if change.part == "model" and change.name in _CARD else change.part
        if part == "files" or (of_headers and change.name not in _OF_HEADERS):
            continue
        yield Difference(
            part=part,
            name=change.name,
            before=change.before,
            after=change.after,
            delta=delta(change.before, change.after),
        )
    builders = [side.provenance.builder if side.provenance else None for side in (before, after)]
    if builders[0] != builders[1]:
        yield Difference(part="source", name="builder", before=builders[0], after=builders[1])


def _evaluations(before: Side, after: Side) -> Iterator[Difference]:
    older, newer = _measured(before.evaluations), _measured(after.evaluations)
    for name in dict.fromkeys((*older, *newer)):
        old, new = older.get(name), newer.get(name)
        if old != new:
            numbers = [None if text is None else text.partition(" ")[0] for text in (old, new)]
            yield Difference(part="evaluations", name=name, before=old, after=new, delta=delta(*numbers))


def _measured(evaluations: Sequence[Said[Evaluation]]) -> dict[str, str]:
    """Metric with data, part and signer → its values: the same one may have measured several times."""
    found: dict[str, list[str]] = {}
    for said in evaluations:
        result = "passed" if said.value.passed else "failed"
        for metric in said.value.metrics:
            unit = f" {metric.unit}" if metric.unit else ""
            values = found.setdefault(f"{_title(metric)}, by {said.source.signer}", [])
            values.append(f"{shown(metric.value)}{unit} ({result})")
    return {name: "; ".join(sorted(values)) for name, values in found.items()}


def _title(metric: Measured) -> str:
    data = metric.dataset_name or (metric.dataset.short if metric.dataset else None)
    part = ", ".join(f"{key}={value}" for key, value in sorted(metric.slice.items()))
    return " ".join([metric.name, *([f"on {data}"] if data else []), *([f"for {part}"] if part else [])])


def delta(before: str | None, after: str | None) -> str | None:
    """The exact difference of two numbers with its sign; `None` where one of them is none.

    Args:
        before: the first, as text.
        after: the second.
    """
    first, second = _number(before), _number(after)
    if first is None or second is None:
        return None
    difference = minus(second, first)
    return shown(difference) if difference < 0 else f"+{shown(difference)}"


def _number(text: str | None) -> Decimal | None:
    if text is None:
        return None
    exact = read_decimal(text)
    if exact is not None:
        return exact
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number.adjusted()) <= 30 and len(text) <= 40 else None  # noqa: PLR2004  # what `minus` has room for


def signed_size(count: int) -> str | None:
    """How many bytes more; `None` for no more and no fewer."""
    return None if count == 0 else ("+" if count > 0 else "") + size(count)
