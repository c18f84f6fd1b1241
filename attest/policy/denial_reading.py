"""The keys `deny`, `revocations` and `exceptions` of a policy; what they mean stands in the modules of those rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

from msgspec import Struct

from attest.policy.key_rows import TABLE
from attest.policy.reading import read_by, read_text, read_word
from attest.policy.requirements import Exemption, FeedDemand
from attest.strict_yaml import dotted, suggestion
from attest.written_path import written_path
from attest_registry.digest import Digest
from attest_registry.errors import BadReference

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from pathlib import Path

    from attest.claims.revocations import Holder, Kind, Revocation
    from attest.errors import InputError
    from attest.strict_yaml import Document, NodePath

_MOST_INDEX: Final = 2**53 - 1
RULES: Final = (
    "provenance", "ml-bom", "bom-profile", "licences", "datasets", "formats", "lineage", "ancestors", "adapter",
    "claims", "evaluations", "scans", "approvals",
)  # fmt: skip
"""Rules that exceptions can be made from, for the hint; rules of the author's own come on top."""

T = TypeVar("T")


class Beyond(Struct, frozen=True, kw_only=True):
    """What those keys say.

    Args:
        deny: what does not count.
        revocations: the feed that says so besides.
        exceptions: what need not hold.
    """

    deny: tuple[Revocation, ...] = ()
    revocations: FeedDemand | None = None
    exceptions: tuple[Exemption, ...] = ()


def read_beyond(document: Document, *, identities: Iterable[str], folder: Path | None, has_source: bool) -> Beyond:
    """Read them.

    Args:
        document: the policy.
        identities: the names of those whom it defines.
        folder: what paths are relative to; `None` where no file is read.
        has_source: whether it asks for provenance or ML-BOM, in which lineage is stated.

    Raises:
        PolicyError: anything about them is not understood.
    """
    if not document.value.keys() & {"deny", "revocations", "exceptions"}:
        return Beyond()
    return Beyond(
        deny=_read_deny(document, has_source=has_source),
        revocations=_read_feed(document, identities, folder, has_source=has_source),
        exceptions=tuple(_read_exception(document, path, entry) for path, entry in _entries(document, ("exceptions",))),
    )


def _entries(document: Document, path: NodePath) -> list[tuple[NodePath, dict[str, Any]]]:
    key = str(path[0])
    if key not in document.value:
        return []
    value = document.value[key]
    if not isinstance(value, list) or not value:
        raise document.error(
            path, f"{dotted(path)} lists at least one entry", code="empty-list", expected="a list of keys with values"
        )
    return [((*path, index), TABLE.checked(document, (*path, index), item)) for index, item in enumerate(value)]


def _read_deny(document: Document, *, has_source: bool) -> tuple[Revocation, ...]:
    from attest.claims.revocations import DEFAULT_SCOPE, Kind, Revocation, Scope  # noqa: PLC0415

    found = []
    for path, entry in _entries(document, ("deny",)):
        named = [kind for kind in Kind if kind.value in entry]
        if len(named) != 1:
            raise document.error(
                path,
                f"{dotted(path)} names {'several things' if named else 'nothing'}",
                code="missing-key" if not named else "several-things",
                expected=f"one of {', '.join(kind.value for kind in Kind)}",
            )
        (kind,) = named
        scope = read_word(document, (*path, "scope"), entry["scope"], Scope) if "scope" in entry else None
        denied = Revocation(
            kind=kind,
            value=_value(document, (*path, kind.value), entry[kind.value], kind),
            since=_moment(document, (*path, "since"), entry, last=False),
            reason=read_text(document, (*path, "reason"), entry["reason"]),
            scope=scope or DEFAULT_SCOPE[kind],
        )
        needs_lineage = denied.scope is Scope.DESCENDANTS or kind is Kind.DATASET
        if needs_lineage and not has_source:
            raise _no_source(document, path, "deny")
        found.append(denied)
    return tuple(found)


def _value(document: Document, path: NodePath, value: Any, kind: Kind) -> Digest | Holder | int:
    from attest.claims.revocations import Holder, Kind  # noqa: PLC0415

    if kind is Kind.LOG_INDEX:
        return _whole(document, path, value, least=0)
    if kind is Kind.IDENTITY:
        said = TABLE.checked(document, path, value)
        issuer = read_text(document, (*path, "issuer"), said["issuer"]) if "issuer" in said else None
        return Holder(subject=read_text(document, (*path, "subject"), said["subject"]), issuer=issuer)
    return _digest(document, path, value)


def _digest(document: Document, path: NodePath, value: Any) -> Digest:
    text = read_text(document, path, value)
    try:
        return Digest.parse(text)
    except BadReference as error:
        raise document.error(path, error.message, code="bad-digest", expected=error.expected) from error


def _whole(document: Document, path: NodePath, value: Any, *, least: int) -> int:
    if type(value) is not int or not least <= value <= _MOST_INDEX:
        raise document.error(
            path, f"{dotted(path)} must be a whole number", code="wrong-type", expected=f"{least} or more"
        )
    return value


def _moment(document: Document, path: NodePath, entry: dict[str, Any], *, last: bool) -> datetime:
    from attest.policy.identities import read_moment  # noqa: PLC0415  # it imports keys

    found = read_moment(document, path, entry, last=last)
    if found is None:  # the table requires the key
        raise document.error(path, f"{dotted(path)} is missing", code="missing-key")
    return found


def _read_feed(
    document: Document, identities: Iterable[str], folder: Path | None, *, has_source: bool
) -> FeedDemand | None:
    path: NodePath = ("revocations",)
    if "revocations" not in document.value:
        return None
    value = TABLE.checked(document, path, document.value["revocations"])
    if len(value.keys() & {"file", "ref"}) != 1:
        raise document.error(
            path,
            "revocations does not say where the feed is" if "file" not in value else "revocations names two places",
            code="missing-key" if "file" not in value else "several-things",
            expected="file: PATH, or ref: HOST/NAME",
        )
    if not has_source:  # any issue may be about versions and datasets
        raise _no_source(document, path, "revocations")
    least = value.get("min-sequence")
    file = read_text(document, (*path, "file"), value["file"]) if "file" in value else None
    if file is not None and folder is None:
        raise not_portable(document, (*path, "file"))
    return FeedDemand(
        by=read_by(document, path, value, identities),
        file=None if file is None or folder is None else str(folder / written_path(file)),
        ref=_reference(document, (*path, "ref"), value["ref"]) if "ref" in value else None,
        min_sequence=None if least is None else _whole(document, (*path, "min-sequence"), least, least=1),
    )


def not_portable(document: Document, path: NodePath) -> InputError:
    """The error for a feed in a file, which is another one tomorrow, in a policy that is carried elsewhere."""
    return document.error(
        path,
        "the feed of revocations is a file of this machine, which others do not have",
        code="not-portable",
        expected="ref: HOST/NAME, where everybody finds its newest issue",
    )


def _reference(document: Document, path: NodePath, value: Any) -> str:
    from attest_registry.reference import Reference  # noqa: PLC0415

    text = read_text(document, path, value)
    try:
        found = Reference.parse(text)
    except BadReference as error:
        raise document.error(path, error.message, code="bad-place", expected=error.expected) from error
    if found.names_version:
        raise document.error(
            path,
            f"'{text[:80]}' names a version; the newest feed is under a tag of its own",
            code="bad-place",
            expected=found.name,
        )
    return text


def _read_exception(document: Document, path: NodePath, entry: dict[str, Any]) -> Exemption:
    from attest.policy.exceptions import NEVER  # noqa: PLC0415

    rule = read_text(document, (*path, "rule"), entry["rule"])
    if rule in NEVER:
        raise document.error(
            (*path, "rule"),
            f"nobody can make an exception from the rule '{rule[:80]}'",
            code="no-exception",
            expected=", ".join(RULES),
            hint=suggestion(rule, RULES),
        )
    return Exemption(
        name=read_text(document, (*path, "name"), entry["name"]),
        rule=rule,
        digest=_digest(document, (*path, "digest"), entry["digest"]),
        owner=read_text(document, (*path, "owner"), entry["owner"]),
        reason=read_text(document, (*path, "reason"), entry["reason"]),
        expires=_moment(document, (*path, "expires"), entry, last=True),
    )


def _no_source(document: Document, path: NodePath, key: str) -> InputError:
    return document.error(
        path,
        f"{key} reaches what was made from something, and the policy does not say where lineage is read from",
        code="missing-key",
        expected="provenance: {by: […]} or ml-bom: {by: […]} under require",
        hint="scope: self     denies the version itself alone" if key == "deny" else None,
    )
