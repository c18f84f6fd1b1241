"""The command as it is, with limits of time that a test can wait for. Run as a script in place of `attest`.

The limits are arguments of the remote store; nothing on the command line or in the environment can change them.
"""

from __future__ import annotations

import functools
from typing import Any

from attest.cli.main import run
from attest_registry.oci import remote_options

QUICK = remote_options.Timing(connect=1.0, idle=0.5, tries=3, budget=5.0, pause=0.01)


def hurry() -> None:
    """Remote stores that are opened from now on have these limits."""
    options: Any = functools.partial(remote_options.RemoteOptions, timing=QUICK)
    remote_options.RemoteOptions = options  # type: ignore[misc]


if __name__ == "__main__":
    hurry()
    run()
