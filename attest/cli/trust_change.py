"""A change of what is believed: shown instance by instance, asked for, and written whole or not at all."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct
from msgspec.structs import replace

from attest.cli import render
from attest.errors import InputError, Interrupted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from attest.settings import Settings
    from attest.trust.contents import Change, Instance
    from attest.trust.pinned import Origin, Pinned
    from attest.trust.roots import TrustedRoot

_MOST_SAID: Final = 6


class Answer(Struct, frozen=True, kw_only=True):
    """How a person wants to be asked and told.

    Args:
        yes: nothing is asked.
        as_json: one JSON document instead of text.
    """

    yes: bool
    as_json: bool


def earlier_at(path: Path) -> Pinned | None:
    """The root that is pinned in this file, if there is one.

    Raises:
        InputError: the file is something else, or damaged; it is not replaced unseen.
    """
    from attest.trust.pinned import Pinned  # noqa: PLC0415

    try:
        return Pinned.find(path)
    except InputError as error:
        raise InputError(
            f"what is pinned in {path} cannot be used: {error.message}",
            code=error.code,
            expected=error.expected,
            found=error.found,
            hint=f"nothing was changed; move {path} out of the way if nobody needs it",
        ) from error


def is_pinned(settings: Settings, mirror: str, root: TrustedRoot) -> bool:
    """Whether the pinned root is this mirror's; if it has other contents than the mirror's own now, that is said.

    Args:
        settings: where the pinned root is.
        mirror: who was asked just now.
        root: what it answered, verified.
    """
    from attest.trust.contents import differences, instances  # noqa: PLC0415
    from attest.trust.pinned import Pinned  # noqa: PLC0415

    try:
        pinned = Pinned.find(settings.trusted_root)
    except InputError:
        return False
    if pinned is None or pinned.origin is None or pinned.origin.mirror != mirror:
        return False
    changes = differences(instances(pinned.root), instances(root))
    if changes:
        what = render.plural(len(changes), "change")
        render.warning("trusted-root-old", f"{mirror} has {what} since its root was pinned here: attest trust fetch")
    return True


def take(raw: bytes, *, path: Path, earlier: Pinned | None, origin: Origin, answer: Answer) -> None:
    """Pin these bytes, once whoever has to agree agreed.

    Args:
        raw: the new trusted root.
        path: where it is pinned.
        earlier: what is pinned there now.
        origin: where the new one came from.
        answer: how a person is asked.

    Raises:
        InputError: `bad-trusted-root`, or `trust-not-confirmed`: there is nobody to ask.
        Interrupted: `declined`.
    """
    from attest.trust import pinned  # noqa: PLC0415
    from attest.trust.contents import differences, instances  # noqa: PLC0415

    root = _parse(raw, origin)
    new = instances(root)
    changes = differences([] if earlier is None else instances(earlier.root), new)
    same = earlier is not None and earlier.root.digest == root.digest
    if not answer.as_json:
        _show(changes, origin)
    _warn(root, new)
    if earlier is not None and changes:
        _agree(changes, answer)
    if same and earlier is not None:
        since = earlier.origin.pinned if earlier.origin is not None else earlier.written
        pinned.confirm(path, root, replace(origin, pinned=since))
    else:
        pinned.pin(raw, path, origin)
    _report(path, root, origin, earlier, changes, answer)


def _parse(raw: bytes, origin: Origin) -> TrustedRoot:
    from attest.trust.contents import instances  # noqa: PLC0415
    from attest.trust.roots import TrustedRoot  # noqa: PLC0415

    try:
        root = TrustedRoot.parse(raw)
    except InputError as error:
        raise InputError(
            f"the trusted root from {origin.place} cannot be used: {error.message}",
            code=error.code,
            expected=error.expected,
            found=error.found,
            hint="a newer version of this program may know it"
            if origin.mirror
            else "ask whoever gave it to you for a trusted_root.json",
        ) from error
    if not instances(root):
        raise InputError(
            f"the trusted root from {origin.place} vouches for nothing",
            code="bad-trusted-root",
            expected="at least one certificate authority, log or timestamp authority that can be verified with",
            found=", ".join(root.unsupported)[:160] or "none",
        )
    return root


def _show(changes: Sequence[Change], origin: Origin) -> None:
    render.note(f"from     {render.clean(origin.place)}{', verified by TUF' if origin.mirror else ', unverified'}")
    for change, line in zip(changes, render.columns([_cells(each) for each in changes], indent=""), strict=True):
        render.note(f"{change.word.value.ljust(8)} {line}")


def _cells(change: Change) -> tuple[str, ...]:
    instance = change.instance
    return (
        instance.part.value,
        render.clean(instance.name),
        instance.fingerprint.short,
        str(instance.window),
        render.clean(change.was),
    )


def _warn(root: TrustedRoot, new: Sequence[Instance]) -> None:
    if root.unsupported:
        named = ", ".join(root.unsupported)
        render.warning("trust-unsupported", f"counts for nothing, of an algorithm that is not known: {named}")
    now = datetime.now(UTC)
    if not any(now in instance.window for instance in new):
        render.warning("trust-ended", "nothing in it is in force now: it vouches for old signatures only")


def _agree(changes: Sequence[Change], answer: Answer) -> None:
    """What is believed changes only with somebody's word."""
    if answer.yes:
        return
    what = render.plural(len(changes), "change")
    if not render.on_terminal():
        raise InputError(
            f"the trusted root would change what is believed: {what}, and nobody was there to agree",
            code="trust-not-confirmed",
            found=_in_words(changes),
            hint="look at the changes, then run it again with --yes; nothing was written",
        )
    if not render.confirm(f"{what}. Believe this from now on?"):
        raise Interrupted("the pinned root stays as it was", code="declined", hint="nothing was changed")


def _in_words(changes: Sequence[Change]) -> str:
    said = [f"{change.word} {change.instance.part} {change.instance.name[:80]}" for change in changes]
    return "; ".join([*said[:_MOST_SAID], *(["…"] if len(said) > _MOST_SAID else [])])


def _report(  # noqa: PLR0917
    path: Path,
    root: TrustedRoot,
    origin: Origin,
    earlier: Pinned | None,
    changes: Sequence[Change],
    answer: Answer,
) -> None:
    if answer.as_json:
        render.document(
            {
                "schema": "attest/trust-change/v1",
                "file": str(path),
                "digest": str(root.digest),
                "before": None if earlier is None else str(earlier.root.digest),
                "origin": origin.place,
                "verified": origin.mirror is not None,
                "changes": [_row(change) for change in changes],
            }
        )
        return
    from attest.signing_key import tilde  # noqa: PLC0415

    word = (
        "pinned" if earlier is None or changes else "confirmed" if earlier.root.digest == root.digest else "rewritten"
    )
    said = "" if changes else ", nothing that is believed has changed"
    render.note(f"{word.ljust(8)} {tilde(path)}   {root.digest.short}{said}")
    render.result(str(path))


def _row(change: Change) -> dict[str, Any]:
    instance = change.instance
    return {
        "change": change.word.value,
        "kind": instance.part.value,
        "name": instance.name,
        "fingerprint": str(instance.fingerprint),
        "from": instance.window.start.isoformat(),
        "until": None if instance.window.end is None else instance.window.end.isoformat(),
        "was": change.was or None,
    }
