"""Where an identity token comes from, in order. The first place that has one decides, even if that one is broken.

    1  named: `--identity-token`, then $ATTEST_IDENTITY_TOKEN, then $SIGSTORE_ID_TOKEN: a token, or the file of one
    2  ambient: GitHub, asked by us; GCP, Buildkite, GitLab, CircleCI, through the `id` package
    3  mounted: Kubernetes' projected token at the path that cosign and sigstore's controllers use
    4  a person, at a terminal only

"There is none" and "there is one and it is broken" are two errors: a CI job without the permission to ask for a token
must not fall through to a browser that nobody sees.

`id` asks GitHub with 30 s for each wait, as often as its HTTP client likes, follows redirects, and reads whatever
comes. So GitHub's token service is asked through our own door, and what `id` does for the others has an end.
"""

from __future__ import annotations

import os
import random
import re
import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from attest.errors import CredentialError, NoSigningKey, ServiceUnreachable
from attest.signing.services import DEFAULT, Kind, Service, printable
from attest.signing.tokens import AUDIENCE, Token, is_token

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from attest_registry.oci.remote_options import RemoteOptions, Timing

VARIABLES: Final = ("ATTEST_IDENTITY_TOKEN", "SIGSTORE_ID_TOKEN")
MOUNTED: Final = Path("/var/run/sigstore/cosign/oidc-token")
_MOST_BYTES: Final = 64 * 1024
_PASSING: Final = re.compile(r"request timed out|request failed \(code=(?:5\d\d|429)", re.ASCII)


@dataclass(frozen=True, kw_only=True, slots=True)
class TokenChoice:
    """Where to look.

    Args:
        named: what `--identity-token` says: a token, or the path of a file that holds one.
        environment: where the variables are looked up.
        ambient: whether the CI's own identity counts.
        mounted: where a projected token would be.
        person: asks somebody to log in and gives a token; `None` where nobody can be asked.
        options: how the CI's token service is reached.
    """

    named: str | None = field(default=None, repr=False)
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)
    ambient: bool = True
    mounted: Path = MOUNTED
    person: Callable[[], str] | None = None
    options: RemoteOptions = DEFAULT


def find_token(choice: TokenChoice, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Token:
    """The token to sign with.

    Args:
        choice: where to look.
        now: the present, asked again after a person has logged in.

    Raises:
        NoSigningKey: `no-credential`: there is none anywhere.
        CredentialError: there is one, and it cannot be used.
        ServiceError: `oidc-unreachable`, `oidc-failed`, `oidc-refused`, `oidc-answer`: of the CI's token service.
    """
    named = [("--identity-token", choice.named)] + [(f"${name}", choice.environment.get(name)) for name in VARIABLES]
    for origin, text in named:
        if text:
            return Token.read(_token_or_file(text, origin), origin=origin, now=now())
    if choice.ambient and (raw := _github(choice.options) or _ambient(choice.options.timing)):
        return Token.read(raw, origin="this CI job", now=now())
    if choice.mounted.is_file():
        return Token.read(_read(choice.mounted, str(choice.mounted)), origin=str(choice.mounted), now=now())
    if choice.person is not None:
        return Token.read(choice.person(), origin="the login", now=now())
    raise NoSigningKey(
        "there is no identity to sign with",
        code="no-credential",
        looked_in=", ".join([*(origin for origin, _ in named), "the CI's own identity", str(choice.mounted)]),
        hint="run it at a terminal to log in, or give the CI job an identity (GitHub: permissions: id-token: write)",
    )


def _token_or_file(text: str, origin: str) -> str:
    """What is neither is not repeated: it may be a secret that was cut short."""
    if is_token(text):
        return text
    try:
        path = Path(text.strip()).expanduser()
        there = path.is_file()
    except (OSError, ValueError, RuntimeError):  # too long, with a NUL, or of a user who is not there
        there = False
    if not there:
        raise CredentialError(f"what {origin} names is neither an identity token nor the file of one")
    return _read(path, origin)


def _read(path: Path, origin: str) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
        return data.decode("ascii")
    except OSError as error:
        raise CredentialError(f"the file of the identity token of {origin} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError:
        raise CredentialError(f"the file of {origin} holds no identity token") from None


def _github(options: RemoteOptions) -> str | None:
    """The token of a GitHub job (docs.github.com, OpenID Connect reference); `None` where this is none."""
    if not os.environ.get("GITHUB_ACTIONS"):
        return None
    secret = os.environ.get("ACTIONS_ID_TOKEN_REQUEST_TOKEN")
    address = os.environ.get("ACTIONS_ID_TOKEN_REQUEST_URL")
    if not secret or not address:
        raise CredentialError(
            "this GitHub job may not have an identity token",
            found=f"no $ACTIONS_ID_TOKEN_REQUEST_{'URL' if secret else 'TOKEN'}",
            hint="add `permissions: id-token: write`; jobs for pull requests from forks never get one",
        )
    parts = urlsplit(address)
    query = urlencode({**dict(parse_qsl(parts.query)), "audience": AUDIENCE})
    url = urlunsplit((parts.scheme, parts.netloc, parts.path, "", ""))
    service = Service(kind=Kind.OIDC, url=url, options=options, secret=secret)
    headers = {"Authorization": f"bearer {secret}", "Accept": "application/json"}
    found = service.document(service.ask(f"?{query}", asked="an identity token", headers=headers)).get("value")
    if not isinstance(found, str) or not is_token(found):
        raise service.invalid("sent no identity token")
    return found


def _ambient(timing: Timing) -> str | None:
    """What another CI gives, asked again while its token service is busy: `id` asks once."""
    import id as ambient  # noqa: PLC0415  # only where a machine signs by its own identity

    start = time.monotonic()
    for attempt in range(timing.tries):
        try:
            return _within(timing.budget, lambda: ambient.detect_credential(AUDIENCE))
        except TimeoutError as error:
            raise ServiceUnreachable(
                "this CI's token service does not answer",
                code="oidc-unreachable",
                found=f"no whole answer within {timing.budget:.0f} s",
            ) from error
        except ambient.IdentityError as error:
            words = printable(str(error))
            if not _PASSING.search(words):
                raise CredentialError("this CI job's identity token cannot be had", found=words) from error
            passing = error
        except Exception as error:  # `id` lets what its HTTP client and JSON raise through
            raise CredentialError("this CI job's identity token cannot be had", found=type(error).__name__) from error
        wait = random.uniform(0.5, 1.0) * timing.pause * 2.0**attempt  # noqa: S311  # spreads clients, keeps no secret
        if time.monotonic() - start + wait > timing.budget:
            break
        time.sleep(wait)
    raise ServiceUnreachable(
        "this CI's token service does not answer", code="oidc-unreachable", found=printable(str(passing))
    ) from passing


def _within(seconds: float, work: Callable[[], str | None]) -> str | None:
    """What `work` gives, or TimeoutError: what it does goes on in a thread that nobody waits for."""
    future: Future[str | None] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except Exception as error:  # noqa: BLE001  # handed to whoever waits
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return future.result(timeout=seconds)
