"""`awskms://[HOST[:PORT]]/KEY` URIs, in the form that cosign uses too."""

from __future__ import annotations

import ipaddress
import re
from typing import Final

from msgspec import Struct

from attest.errors import KeyFileError

_URI: Final = re.compile(r"//(?P<host>[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])?(?P<port>:[0-9]{1,5})?/(?P<key>.+)", re.ASCII)
_ID: Final = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|mrk-[0-9a-fA-F]{32}"
_ALIAS: Final = r"alias/[A-Za-z0-9/_-]{1,250}"
_KEY: Final = re.compile(
    rf"(?:{_ID}|{_ALIAS}|arn:aws[a-z-]{{0,20}}:kms:(?P<region>[a-z0-9-]{{1,40}}):[0-9]{{12}}:(?:key/(?:{_ID})|{_ALIAS}))",
    re.ASCII,
)


class KmsURI(Struct, frozen=True, kw_only=True):
    """Which key of which service is meant.

    Args:
        key: identifier, alias or ARN.
        endpoint: URL of the service; `None` for the one that AWS's variables and the region say.
        region: the region that an ARN names.
    """

    key: str
    endpoint: str | None = None
    region: str | None = None


def parse(rest: str) -> KmsURI:
    """Read what stands behind `awskms:`.

    Raises:
        KeyFileError: it has another form (code `key-uri-malformed`).
    """
    match = _URI.fullmatch(rest)
    key = _KEY.fullmatch(match["key"]) if match else None
    if match is None or key is None or (match["port"] and not match["host"]):
        raise KeyFileError(
            "the awskms: URI cannot be used",
            code="key-uri-malformed",
            expected="awskms:///alias/NAME, awskms:///KEY-ID, awskms:///arn:aws:kms:…, awskms://HOST/…",
            found=f"awskms:{rest}"[:200],
        )
    host = match["host"]
    scheme = "http" if host and _loopback(host) else "https"
    return KmsURI(
        key=match["key"],
        endpoint=f"{scheme}://{host}{match['port'] or ''}" if host else None,
        region=key["region"],
    )


def _loopback(host: str) -> bool:
    """Whether nothing leaves this machine, so that there is no one to hide it from."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
