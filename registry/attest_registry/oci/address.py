"""Where a registry is: host names, origins, plain HTTP or TLS, and whose certificates count."""

from __future__ import annotations

import ipaddress
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self
from urllib.parse import urljoin, urlsplit

from msgspec import Struct

from attest_registry.errors import BadReference, StoreRefused

if TYPE_CHECKING:
    from attest_registry.oci.remote_options import RemoteOptions

DOCKER_HUB: Final = "docker.io"
_HUB_NAMES: Final = frozenset({"docker.io", "index.docker.io", "registry-1.docker.io"})
_HUB_API: Final = "registry-1.docker.io"
_PORTS: Final = {"http": 80, "https": 443}
_DOCKER_CERTIFICATES: Final = Path("/etc/docker/certs.d")


class Origin(Struct, frozen=True, kw_only=True):
    """Scheme, host and port: what credentials are bound to.

    Args:
        scheme: `http` or `https`.
        host: name or address, lower case, without brackets.
        port: the port, default filled in.
    """

    scheme: str
    host: str
    port: int

    @classmethod
    def of(cls, url: str) -> Self:
        """The origin of an address.

        Raises:
            StoreRefused: it is no http or https address, or carries a user name.
        """
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise StoreRefused("the registry named an address that is none", code="bad-address") from error
        if parts.scheme not in _PORTS or not parts.hostname or parts.username is not None:
            raise StoreRefused(
                "the registry named an address that is not followed",
                code="bad-address",
                expected="http or https, a host, and no user name",
                found=f"scheme {parts.scheme[:20]!r}, host {(parts.hostname or '')[:80]!r}",
            )
        return cls(scheme=parts.scheme, host=parts.hostname, port=port or _PORTS[parts.scheme])

    @property
    def is_loopback(self) -> bool:
        """Whether it can only be this machine: 127.0.0.0/8, ::1 or localhost."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def netloc(self) -> str:
        """Host, and port where it is not the scheme's own."""
        return str(self).partition("//")[2]

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}" + (f":{self.port}" if self.port != _PORTS[self.scheme] else "")


class Address(Struct, frozen=True, kw_only=True):
    """A registry as it is named and as it is reached.

    Args:
        host: as people write it; what messages show.
        netloc: host and port that requests go to.
        origin: the same as an origin.
        authorities: path of the certificate authorities, or `True` for the usual ones.
    """

    host: str
    netloc: str
    origin: Origin
    authorities: str | bool

    @classmethod
    def of(cls, host: str, options: RemoteOptions) -> Self:
        """Where `host` is reached under these options.

        Raises:
            BadReference: the file of authorities is not there.
        """
        netloc = _HUB_API if host.lower() in _HUB_NAMES else host
        named = _named_authorities(host, options)
        plain = options.plain_http or (named is None and Origin.of(f"https://{netloc}").is_loopback)
        scheme = "http" if plain else "https"
        if "." not in netloc and ":" not in netloc:  # `localhost`: oras would take it for a namespace
            netloc = f"{netloc}:{_PORTS[scheme]}"
        return cls(
            host=host,
            netloc=netloc,
            origin=Origin.of(f"{scheme}://{netloc}"),
            authorities=named or os.environ.get("SSL_CERT_FILE") or True,
        )

    @property
    def scheme(self) -> str:
        """`http` or `https`."""
        return self.origin.scheme

    @property
    def is_docker_hub(self) -> bool:
        """Whether this is Docker Hub, which has three names."""
        return self.netloc == _HUB_API

    def repository(self, model: str) -> str:
        """The repository's name there: Docker Hub keeps names of one part under `library/`."""
        return f"library/{model}" if self.is_docker_hub and "/" not in model else model


def joined(base: str, location: str) -> str:
    """An address that an answer names, absolute or relative to where it was asked.

    Raises:
        StoreRefused: it is none.
    """
    try:
        return urljoin(base, location)
    except ValueError as error:
        raise StoreRefused("the registry named an address that is none", code="bad-address") from error


def _named_authorities(host: str, options: RemoteOptions) -> str | None:
    """Authorities that somebody named for this host; on loopback they are also what says that it speaks TLS."""
    if options.ca_file is not None:
        if not options.ca_file.is_file():
            raise BadReference(f"{options.ca_file} is no file of certificate authorities", code="no-ca-file")
        return str(options.ca_file)
    docker = _DOCKER_CERTIFICATES / host / "ca.crt"
    return str(docker) if docker.is_file() else None
