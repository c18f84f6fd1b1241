"""What `attest show` says of a version's place in its model's log, and of the unsigned notes about it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from attest.cli import changing, render, times
from attest.errors import InputError
from attest.stores import repository_for
from attest_registry.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Sequence

    from attest.lifecycle.standing import Standing
    from attest.policy.document import Policy
    from attest.settings import Settings
    from attest.stores import Reach
    from attest_registry.catalogue.rows import Note
    from attest_registry.reference import Reference


def standing_of(
    reference: Reference, settings: Settings, reach: Reach, *, policy: Policy | None, moment: str | None
) -> Standing | None:
    """How a version stands in its log; `None` where there is no log, or the log does not know it.

    Raises:
        InputError: `--at` without an alias.
        NotFound: there is no such alias.
        LogBroken: the log does not hold.
    """
    from attest.lifecycle.opening import open_log  # noqa: PLC0415
    from attest.lifecycle.standing import standing  # noqa: PLC0415

    now = changing.now()
    at = None if moment is None else times.moment(moment, option="--at", now=now)
    if at is not None and reference.alias is None:
        raise InputError("--at goes with an alias", code="usage", expected=f"{reference.name}@ALIAS --at TIME")
    repository = repository_for(reference, settings, reach)
    log = open_log(reference, repository, settings, now=now, named=() if policy is None else policy.keys)
    if log is None:
        if reference.alias is not None:
            raise NotFound(
                f"{reference.name} has no alias {reference.alias!r}",
                code="alias-unknown",
                found="no log: nothing was ever promoted",
                hint=f"attest promote {reference.name}:1 --to {reference.alias}",
            )
        return None
    return standing(log, reference, at=at)


def tags_of(reference: Reference, settings: Settings) -> Sequence[Note]:
    """The unsigned notes about a version; none where this machine has no catalogue yet."""
    if "://" not in settings.catalogue and not os.path.exists(settings.catalogue):  # noqa: PTH110  # a path or a URL
        return ()
    from attest.lifecycle.opening import canonical  # noqa: PLC0415
    from attest_registry.catalogue.store import Catalogue  # noqa: PLC0415

    with Catalogue.open(settings.catalogue) as catalogue:
        return tuple(catalogue.notes(canonical(reference, settings), reference.number))


def lines(found: Standing | None, tags: Sequence[Note]) -> list[tuple[str, str]]:
    """The rows for people."""
    rows = []
    if found is not None:
        label = f" ({found.version.label})" if found.version.label else ""
        rows.append(("version", f"{found.version.number}{label}, registered {render.utc(found.registered.time)}"))
        rows.append(("by", changing.person(found.registered.by)))
        stage = "revoked" if found.revoked else found.stage
        rows.append(("stage", stage))
        if found.aliases:
            rows.append(("aliases", ", ".join(f"@{alias}" for alias in found.aliases)))
        if found.since is not None:
            reason = f": {render.clean(found.since.reason)}" if found.since.reason else ""
            where = f"@{found.since.target.alias} since {render.utc(found.since.time)}"
            rows.append(
                ("pointed at", f"{where}, log event {found.since.sequence}, {changing.person(found.since.by)}{reason}")
            )
        rows.append(("log", f"{render.plural(found.sequence, 'event')}, verified as one chain"))
    rows += [("tag", f"{render.clean(each.key)}={render.clean(each.value)}   (unsigned)") for each in tags]
    return rows


def document(found: Standing | None, tags: Sequence[Note]) -> dict[str, Any]:
    """The same for `--json`."""
    unsigned = [{"key": each.key, "value": each.value, "signed": False} for each in tags]
    if found is None:
        return {"log": None, "tags": unsigned}
    since = found.since
    return {
        "number": found.version.number,
        "label": found.version.label,
        "stage": found.stage,
        "aliases": list(found.aliases),
        "revoked": found.revoked,
        "registered": {"time": render.utc_json(found.registered.time), "by": found.registered.by.to_json()},
        "log": {
            "sequence": found.sequence,
            "since": None
            if since is None
            else {
                "sequence": since.sequence,
                "event": str(found.event),
                "alias": since.target.alias,
                "action": since.action.value,
                "time": render.utc_json(since.time),
                "by": since.by.to_json(),
                "reason": since.reason,
            },
        },
        "tags": unsigned,
    }
