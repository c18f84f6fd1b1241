"""Addresses as CycloneDX allows them: RFC 3987 references."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote

_ALLOWED: Final = "-._~:/?#@!$&'()*+,;=%"
_ABSOLUTE: Final = re.compile(
    r"[A-Za-z][A-Za-z0-9+.-]*:"
    r"(?://(?:[A-Za-z0-9._~!$&()*+,;=:-]+@)?[A-Za-z0-9._~-]*(?::[0-9]+)?(?=[/?#]|$))?"
    r"(?:[A-Za-z0-9._~:/?@!$&()*+,;=-]|%[0-9A-Fa-f]{2})*"
    r"(?:#(?:[A-Za-z0-9._~:/?@!$&()*+,;=-]|%[0-9A-Fa-f]{2})*)?",
    re.ASCII,
)


def as_address(uri: str | None) -> str | None:
    """The spelling of `uri` that both the schema and every URL parser accept; `None` where there is none.

    What people call a URI is often a path with blanks in it. The words themselves are kept in a property then.
    """
    if not uri:
        return None
    quoted = quote(uri, safe=_ALLOWED).replace("'", "%27")
    return quoted if _ABSOLUTE.fullmatch(quoted) else None
