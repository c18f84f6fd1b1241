"""Where the shipped policies are: inside the package in a wheel, beside it in a checkout. Never the working folder."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from attest.errors import PolicyError
from attest.strict_yaml import suggestion

_CASES: Final = ".cases"


def folder() -> Path:
    """The folder of the shipped policies.

    Raises:
        PolicyError: this installation has none (`policy-not-shipped`).
    """
    package = Path(__file__).parents[1]
    checkout = package.parent
    for found, genuine in (
        (package / "policies", True),
        (checkout / "policies", (checkout / "registry" / "attest_registry").is_dir()),  # no stranger's `policies`
    ):
        if genuine and found.is_dir():
            return found
    raise PolicyError(
        "this installation of attest has lost its shipped policies",
        code="policy-not-shipped",
        looked_in=str(package / "policies"),
        hint="install it again",
    )


def names() -> tuple[str, ...]:
    """The names of the shipped policies, sorted."""
    return tuple(sorted(path.stem for path in folder().glob("*.yaml") if not path.stem.endswith(_CASES)))


def path_of(name: str) -> Path:
    """The file of a shipped policy.

    Raises:
        PolicyError: there is none of that name (`policy-unknown-profile`).
    """
    known = names()
    if name not in known:
        raise PolicyError(
            f"there is no shipped policy {name!r}",
            code="policy-unknown-profile",
            expected=", ".join(known),
            hint=suggestion(name, known),
        )
    return folder() / f"{name}.yaml"
