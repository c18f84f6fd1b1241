"""Who we are to a registry: what `docker login`, `podman login` and `attest login` have saved, and credential helpers.

Looked up in this order; the first that knows the host counts:
    $ATTEST_REGISTRY_USER and $ATTEST_REGISTRY_PASSWORD (for $ATTEST_REGISTRY_HOST, and for no other)
    $REGISTRY_AUTH_FILE
    $DOCKER_CONFIG/config.json, else ~/.docker/config.json
    $XDG_RUNTIME_DIR/containers/auth.json, ~/.config/containers/auth.json
Within a file: the helper of the host, the general helper, then what the file itself holds.
"""

from __future__ import annotations

import base64
import binascii
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from attest_registry import limits
from attest_registry.errors import BadReference, ContentMismatch
from attest_registry.oci import credential_helpers
from attest_registry.strict_json import parse_object

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_HUB_KEY: Final = "https://index.docker.io/v1/"
_HUB_HOSTS: Final = frozenset({"docker.io", "index.docker.io", "registry-1.docker.io"})
_TOKEN_USER: Final = "<token>"  # noqa: S105  # the user name that says "the secret is an identity token"


@dataclass(frozen=True, kw_only=True, slots=True)
class Credentials:
    """What to show to one registry. Its secrets never appear in its `repr`.

    Args:
        source: where it was found, for messages.
        username: the user.
        password: the password or access token.
        identity_token: a refresh token for the registry's token service, in place of user and password.
        registry_token: a bearer token for the registry itself.
    """

    source: str
    username: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    identity_token: str | None = field(default=None, repr=False)
    registry_token: str | None = field(default=None, repr=False)

    @property
    def basic(self) -> str | None:
        """The value of a Basic `Authorization` header, if there is a user."""
        if not self.username:
            return None
        return "Basic " + base64.b64encode(f"{self.username}:{self.password}".encode()).decode("ascii")

    @property
    def secrets(self) -> tuple[str, ...]:
        """Everything that must never be printed."""
        basic = self.basic or ""
        texts = (self.password, self.identity_token, self.registry_token, basic.removeprefix("Basic "))
        return tuple(text for text in texts if text)


def find(host: str, repository: str = "", *, environment: Mapping[str, str] | None = None) -> Credentials | None:
    """The credentials for a registry.

    Args:
        host: as in the reference.
        repository: the repository there; a file may hold credentials for a part of a registry.
        environment: in place of the process's own.

    Raises:
        BadReference: a configuration file cannot be read as one, or the environment holds a login without its
            registry (code `login-without-host`).
        Unauthorised: a credential helper failed.
    """
    environment = os.environ if environment is None else environment
    if (direct := _from_environment(host, environment)) is not None:
        return direct
    for path in files(environment):
        document = load(path)
        if document and (found := _from_file(document, path, host, repository, environment)) is not None:
            return found
    return None


def files(environment: Mapping[str, str] | None = None) -> list[Path]:
    """The configuration files that count, in order; the first is the one that a login writes to."""
    environment = os.environ if environment is None else environment
    home = Path(environment.get("HOME") or Path.home())
    found = []
    if named := environment.get("REGISTRY_AUTH_FILE"):
        found.append(Path(named))
    docker = environment.get("DOCKER_CONFIG")
    found.append((Path(docker) if docker else home / ".docker") / "config.json")
    if runtime := environment.get("XDG_RUNTIME_DIR"):
        found.append(Path(runtime) / "containers" / "auth.json")
    found.append(Path(environment.get("XDG_CONFIG_HOME") or home / ".config") / "containers" / "auth.json")
    return found


def load(path: Path) -> dict[str, Any]:
    """A configuration file; empty where there is none.

    Raises:
        BadReference: it cannot be read, or is no JSON object.
    """
    try:
        with path.open("rb") as file:
            data = file.read(limits.CONFIG_BYTES + 1)
        return parse_object(data, what=str(path), limit=limits.CONFIG_BYTES) if data.strip() else {}
    except FileNotFoundError:
        return {}
    except (OSError, ContentMismatch) as error:
        found = error.strerror if isinstance(error, OSError) else getattr(error, "found", None) or str(error)
        raise BadReference(
            f"{path} cannot be read as a registry configuration", code="bad-registry-config", found=found
        ) from error


def key(host: str) -> str:
    """The name under which docker saves a login to `host`."""
    return _HUB_KEY if host.lower() in _HUB_HOSTS else host


def key_forms(host: str) -> list[str]:
    """Every name under which one of the tools may have saved a login to `host`."""
    if host.lower() in _HUB_HOSTS:
        return [_HUB_KEY, "docker.io", "index.docker.io", "registry-1.docker.io"]
    addresses = [
        f"{scheme}://{host}{path}" for scheme in ("https", "http") for path in ("", "/", "/v1/", "/v2/", "/v1")
    ]
    return [host, *addresses]


def helper_for(document: Mapping[str, Any], host: str) -> str | None:
    """The credential helper that a configuration names for `host`."""
    special = document.get("credHelpers")
    if isinstance(special, dict):
        for form in (host, key(host)):
            if isinstance(special.get(form), str):
                return str(special[form])
    general = document.get("credsStore")
    return general if isinstance(general, str) and general else None


def _from_environment(host: str, environment: Mapping[str, str]) -> Credentials | None:
    user, password = environment.get("ATTEST_REGISTRY_USER"), environment.get("ATTEST_REGISTRY_PASSWORD")
    if not user or password is None:
        return None
    named = environment.get("ATTEST_REGISTRY_HOST")
    if not named:  # a reference in somebody's record leads to hosts that he chose: they must not get to see it
        raise BadReference(
            "$ATTEST_REGISTRY_USER has a password, and nothing says for which registry",
            code="login-without-host",
            expected="$ATTEST_REGISTRY_HOST beside it",
            hint=f"export ATTEST_REGISTRY_HOST={host}        if that is the one",
        )
    if named != host:
        return None
    return Credentials(source="$ATTEST_REGISTRY_USER", username=user, password=password)


def _from_file(
    document: Mapping[str, Any], path: Path, host: str, repository: str, environment: Mapping[str, str]
) -> Credentials | None:
    if (helper := helper_for(document, host)) is not None:
        answer = credential_helpers.get(helper, key(host), environment=environment)
        if answer is not None:
            user, secret = answer
            source = f"the credential helper {helper}"
            if user == _TOKEN_USER:
                return Credentials(source=source, identity_token=secret)
            return Credentials(source=source, username=user, password=secret)
    entries = document.get("auths")
    if not isinstance(entries, dict):
        return None
    for name in _names(host, repository):
        entry = entries.get(name)
        if isinstance(entry, dict) and (found := _from_entry(entry, path)) is not None:
            return found
    return None


def _names(host: str, repository: str) -> Iterator[str]:
    """Longest path first, as podman does, then the whole host in each form."""
    parts = repository.split("/") if repository else []
    for count in range(len(parts), 0, -1):
        yield "/".join([host, *parts[:count]])
    yield from key_forms(host)


def _from_entry(entry: Mapping[str, Any], path: Path) -> Credentials | None:
    def text(name: str) -> str:
        value = entry.get(name)
        return value if isinstance(value, str) else ""

    user, password = text("username"), text("password")
    if encoded := text("auth"):
        user, password = _decoded(encoded, path)
    if not (user or text("identitytoken") or text("registrytoken")):
        return None
    return Credentials(
        source=str(path),
        username=user,
        password=password,
        identity_token=text("identitytoken") or None,
        registry_token=text("registrytoken") or None,
    )


def _decoded(encoded: str, path: Path) -> tuple[str, str]:
    try:
        user, colon, password = base64.b64decode(encoded, validate=True).decode("utf-8").partition(":")
    except (binascii.Error, ValueError):
        colon = ""
    if not colon:
        raise BadReference(
            f"{path} holds a login that cannot be read",
            code="bad-registry-config",
            expected="USER:PASSWORD in base64",
            hint="log in again: attest login HOST",
        )
    return user, password.rstrip("\x00")  # docker pads with NUL
