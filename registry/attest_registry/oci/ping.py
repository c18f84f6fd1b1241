"""Whether a registry lets somebody in: the check behind a login."""

from __future__ import annotations

import requests

from attest_registry import limits
from attest_registry.errors import NotFound, StoreRefused
from attest_registry.oci import connection
from attest_registry.oci.address import Address
from attest_registry.oci.credentials import Credentials
from attest_registry.oci.http import Request, Transport
from attest_registry.oci.remote_options import DEFAULT_OPTIONS, RemoteOptions


def check_login(host: str, username: str, password: str, options: RemoteOptions = DEFAULT_OPTIONS) -> bool:
    """Show user and password to a registry.

    Args:
        host: the registry.
        username: the user.
        password: the password or access token.
        options: how the registry is to be reached.

    Returns:
        whether it asked for them; one that lets everybody in cannot say that they are right.

    Raises:
        Unauthorised: it does not accept them.
        StoreRefused: it is no registry.
        StoreError: it cannot be reached.
    """
    asked = False

    def find() -> Credentials:
        nonlocal asked
        asked = True
        return Credentials(source="this login", username=username, password=password)

    address = Address.of(host, options)
    with requests.Session() as session:
        connection.prepare(session, use_environment=not address.origin.is_loopback)
        transport = Transport(address=address, session=session, options=options, find=find)
        request = Request(method="GET", url=f"{address.origin}/v2/", asked="the login")
        try:
            transport.document(request, limit=limits.CONFIG_BYTES)
        except NotFound as error:
            raise StoreRefused(
                f"{host} is no registry", code="no-registry", expected="an answer at /v2/", found="404"
            ) from error
    return asked
