"""Programs called `docker-credential-NAME` that keep secrets out of files (docker-credential-helpers protocol)."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from typing import TYPE_CHECKING, Final

from attest_registry.errors import Unauthorised

if TYPE_CHECKING:
    from collections.abc import Mapping

SECONDS: Final = 30.0
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
_ANSWER_BYTES: Final = 1024 * 1024
_NOT_FOUND: Final = "credentials not found in native keychain"


def get(helper: str, server: str, *, environment: Mapping[str, str] | None = None) -> tuple[str, str] | None:
    """User and secret that a helper keeps for a server; `None` where it keeps none.

    Raises:
        Unauthorised: the helper is not there, fails, takes too long or answers nonsense.
    """
    answer = _run(helper, "get", server, environment)
    if answer is None:
        return None
    try:
        document = json.loads(answer)
        user, secret = document["Username"], document["Secret"]
    except (ValueError, LookupError, TypeError) as error:
        raise _failed(helper, "its answer is not the JSON it should be") from error
    if not isinstance(user, str) or not isinstance(secret, str):
        raise _failed(helper, "its answer is not the JSON it should be")
    return (user, secret) if user or secret else None


def store(
    helper: str, server: str, username: str, secret: str, *, environment: Mapping[str, str] | None = None
) -> None:
    """Have a helper keep user and secret for a server.

    Raises:
        Unauthorised: the helper is not there, fails or takes too long.
    """
    document = {"ServerURL": server, "Username": username, "Secret": secret}
    _run(helper, "store", json.dumps(document), environment)


def erase(helper: str, server: str, *, environment: Mapping[str, str] | None = None) -> None:
    """Have a helper forget a server; nothing happens where it keeps nothing.

    Raises:
        Unauthorised: the helper is not there, fails or takes too long.
    """
    _run(helper, "erase", server, environment)


def _run(helper: str, action: str, text: str, environment: Mapping[str, str] | None) -> bytes | None:
    environment = os.environ if environment is None else environment
    if not _NAME.fullmatch(helper):
        raise _failed(helper[:64], "the configuration gives it a name that no program can have")
    program = shutil.which(f"docker-credential-{helper}", path=environment.get("PATH"))
    if program is None:
        raise _failed(helper, f"docker-credential-{helper} is not on the path")
    try:
        done = subprocess.run(  # noqa: S603  # the name was checked, nothing passes a shell
            [program, action],
            input=text.encode(),
            capture_output=True,
            timeout=SECONDS,
            check=False,
            env=dict(environment),
        )
    except subprocess.TimeoutExpired as error:
        raise _failed(helper, f"no answer in {SECONDS:.0f} s") from error
    except OSError as error:
        raise _failed(helper, error.strerror or "it cannot be run") from error
    if done.returncode == 0:
        return done.stdout[:_ANSWER_BYTES]
    if _NOT_FOUND in (done.stdout + done.stderr).decode("utf-8", "replace"):
        return None
    # what it printed may hold the secret: never shown
    raise _failed(helper, f"it ended with status {done.returncode}")


def _failed(helper: str, found: str) -> Unauthorised:
    return Unauthorised(
        f"the credential helper {helper!r} did not work",
        code="credential-helper-failed",
        found=found,
        hint="remove it from credHelpers and credsStore in the docker configuration, or repair it",
    )
