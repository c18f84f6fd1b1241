"""A command that evaluates a version: it is run here, its output is the evaluation, and its times are measured."""

from __future__ import annotations

import os
import subprocess
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from attest.errors import InputError
from attest_registry import limits

if TYPE_CHECKING:
    from collections.abc import Sequence

REFERENCE: Final = "ATTEST_REFERENCE"
"""Variable by which the command learns which version it evaluates: pinned, so that it loads those very bytes."""

_SECRETS: Final = ("ATTEST_PASSPHRASE", "ATTEST_KEY", "ATTEST_IDENTITY_TOKEN")


class Ran(Struct, frozen=True, kw_only=True):
    """A command that ended well.

    Args:
        output: what it wrote to standard output.
        started: when it was started.
        finished: when it had ended.
    """

    output: bytes
    started: datetime
    finished: datetime


def run(command: Sequence[str], *, reference: str) -> Ran:
    """Run it; what it writes to standard error goes where ours goes. What signs is not handed on to it.

    Args:
        command: the program and its arguments.
        reference: the version, pinned.

    Raises:
        InputError: it could not be started, failed, or wrote too much (`evaluation-command`).
    """
    environment = {name: value for name, value in os.environ.items() if name not in _SECRETS}
    started = _now()
    try:
        with subprocess.Popen(  # noqa: S603  # the person's own words after --
            list(command), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, env={**environment, REFERENCE: reference}
        ) as process:
            if process.stdout is None:
                raise TypeError("its output was asked for")
            output = process.stdout.read(limits.CONFIG_BYTES + 1)
            if len(output) > limits.CONFIG_BYTES:
                process.kill()
    except OSError as error:
        raise _failed(command, *_not_started(command, error)) from error
    if len(output) > limits.CONFIG_BYTES:
        raise _failed(command, f"it wrote more than {limits.CONFIG_BYTES} bytes")
    if process.returncode:
        raise _failed(command, f"it ended with {process.returncode}")
    return Ran(output=output, started=started, finished=_now())


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def _not_started(command: Sequence[str], error: OSError) -> tuple[str, str | None]:
    """What was found, and what helps: a file of results is easily taken for the command that makes one."""
    if len(command) == 1 and os.path.isfile(command[0]):  # noqa: PTH113  # any text may stand there
        return "a file that is no command", f"attest evaluate NAME:VERSION --from {command[0]}"
    return (error.strerror or "it cannot be started").lower(), None


def _failed(command: Sequence[str], found: str, hint: str | None = None) -> InputError:
    return InputError(
        f"{command[0][:120]!r} evaluated nothing; nothing was recorded",
        code="evaluation-command",
        expected="exit status 0, and the evaluation as JSON on standard output",
        found=found,
        hint=hint,
    )
