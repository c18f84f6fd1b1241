"""Addresses of git repositories in one form, without whoever may read them: `git+https://HOST/PATH`."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

_SCP: Final = re.compile(r"(?:[^@/:\s]+@)?(?P<host>[A-Za-z0-9][A-Za-z0-9.-]*):(?!//)(?P<path>[^\s]+)", re.ASCII)
_SCHEMES: Final = {"https": "git+https", "http": "git+http", "ssh": "git+https", "git": "git+https"}
_SAFE: Final = re.compile(r"[A-Za-z0-9._~/%+:@!$&'()*,;=\[\]-]+", re.ASCII)
_STANDARD_PORTS: Final = {("https", 443), ("http", 80), ("ssh", 22), ("git", 9418)}


def normalise(url: str) -> str | None:
    """The address as it may stand in a claim; `None` where it names this machine or cannot be understood.

    User names, passwords, tokens, queries and fragments are left out. What is cloned over ssh or git is named by https,
    so that one repository has one name; only a port of its own keeps `git+ssh`.

    Args:
        url: as git prints it: a URL, with or without `git+`, or `user@host:path`.
    """
    text = url.strip().removeprefix("git+")
    if "://" not in text:
        match = _SCP.fullmatch(text)
        return _joined("git+https", match["host"], match["path"]) if match else None
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _SCHEMES or not parts.hostname:
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    scheme = _SCHEMES[parts.scheme]
    if port is not None and (parts.scheme, port) not in _STANDARD_PORTS:
        host = f"{host}:{port}"
        scheme = f"git+{parts.scheme}"
    return _joined(scheme, host, parts.path)


def _joined(scheme: str, host: str, path: str) -> str | None:
    path = path.strip("/").removesuffix(".git").rstrip("/")
    address = f"{scheme}://{host.lower()}/{path}"
    return address if path and _SAFE.fullmatch(address) else None
