"""Saving and forgetting logins, as docker does it: the same file, the same keys, the same helpers."""

from __future__ import annotations

import base64
import json
import os
from typing import TYPE_CHECKING

from attest_registry.digest import written_whole
from attest_registry.errors import StoreRefused
from attest_registry.oci import credential_helpers, credentials

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Any


def save(host: str, username: str, password: str, *, environment: Mapping[str, str] | None = None) -> str:
    """Save a login where docker would.

    Args:
        host: the registry.
        username: the user.
        password: the password or access token.
        environment: in place of the process's own.

    Returns:
        where it was saved, for people.

    Raises:
        BadReference: the configuration file there cannot be read.
        StoreRefused: it cannot be written.
        Unauthorised: a credential helper failed.
    """
    environment = os.environ if environment is None else environment
    path = credentials.files(environment)[0]
    document = credentials.load(path)
    key = credentials.key(host)
    entries = document.setdefault("auths", {})
    if not isinstance(entries, dict):
        entries = document["auths"] = {}
    if (helper := credentials.helper_for(document, host)) is not None:
        credential_helpers.store(helper, key, username, password, environment=environment)
        entries[key] = {}  # as docker does: the host is known, its secret is elsewhere
        _write(path, document)
        return f"the credential helper {helper}"
    entries[key] = {"auth": base64.b64encode(f"{username}:{password}".encode()).decode("ascii")}
    _write(path, document)
    return str(path)


def forget(host: str, *, environment: Mapping[str, str] | None = None) -> list[str]:
    """Forget a login in every file and helper that counts.

    Returns:
        where it was forgotten, for people; empty if there was none.

    Raises:
        BadReference: a configuration file cannot be read.
        StoreRefused: one cannot be written.
        Unauthorised: a credential helper failed.
    """
    environment = os.environ if environment is None else environment
    places = []
    for path in credentials.files(environment):
        document = credentials.load(path)
        if (helper := credentials.helper_for(document, host)) is not None:
            key = credentials.key(host)
            if credential_helpers.get(helper, key, environment=environment) is not None:
                credential_helpers.erase(helper, key, environment=environment)
                places.append(f"the credential helper {helper}")
        entries = document.get("auths")
        known = [form for form in credentials.key_forms(host) if isinstance(entries, dict) and form in entries]
        for form in known:
            del document["auths"][form]
        if known:
            _write(path, document)
            places.append(str(path))
    return places


def hosts(*, environment: Mapping[str, str] | None = None) -> list[tuple[str, str]]:
    """The registries that a login was saved for, each with the file that says so. No helper is asked.

    Raises:
        BadReference: a configuration file cannot be read.
    """
    found: dict[str, str] = {}
    for path in credentials.files(environment):
        document = credentials.load(path)
        for part in ("auths", "credHelpers"):
            entries = document.get(part)
            for host in entries if isinstance(entries, dict) else ():
                found.setdefault(host, str(path))
    return sorted(found.items())


def _write(path: Path, document: dict[str, Any]) -> None:
    """Replace the file whole, readable by its owner alone; a link to it stays one."""
    target = path.resolve()
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StoreRefused(f"{path} could not be written: {error.strerror}", code="cannot-write") from error
    with written_whole(target, mode=0o600) as write:
        write(json.dumps(document, indent="\t", ensure_ascii=False).encode("utf-8"))
