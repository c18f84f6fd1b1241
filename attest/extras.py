"""Parts that not everybody installs: loaded where they are used, and asked for by name where they are missing."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from attest.errors import InputError


def load(module: str, *, extra: str, needed_for: str) -> Any:
    """A module of an optional dependency. It is `Any`, because type checkers run without the extras too.

    Args:
        module: its dotted name.
        extra: the name under which our package offers it.
        needed_for: what cannot be done without it, for the message.

    Raises:
        InputError: it is not installed (code `extra-missing`).
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise InputError(
            f"{needed_for} needs a part of attest that is not installed here",
            code="extra-missing",
            found=str(error),
            hint=f"pip install 'model-attest[{extra}]'",
        ) from error
