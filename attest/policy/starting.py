"""`attest policy init`: a shipped policy as a file of one's own, comments, cases and all, with public keys written in.

A key goes in as text, not as a path: a policy that names a file says something else once that file is replaced.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from attest.errors import InputError
from attest.policy import shipped
from attest.policy.identities import GIVEN
from attest.strict_yaml import suggestion

if TYPE_CHECKING:
    from collections.abc import Mapping

    from attest.trust.identity import TrustedKey

PLACEHOLDER: Final = "PUBLIC_KEY.pub"
"""What stands for a key that nobody named yet, where a profile waits for one; for several, each has its own."""

_FLOW: Final = re.compile(rf"^(?P<indent> +)(?P<name>[\w.-]+): \{{key: {GIVEN}\}}(?: .*)?$", re.MULTILINE)
_BLOCK: Final = re.compile(
    rf"^(?P<head> +(?P<name>[\w.-]+):(?: .*)?\n)(?P<indent> +)key: {GIVEN}(?: .*)?$", re.MULTILINE
)


def waiting(profile: str) -> tuple[str, ...]:
    """The identities of a profile that wait for a key, in its order; the first one publishes.

    Raises:
        PolicyError: there is no such profile.
    """
    return tuple(found["name"] for found in _BLOCK.finditer(_text(profile)))


def new_policy(profile: str, keys: Mapping[str, TrustedKey]) -> str:
    """The text of a new policy.

    Args:
        profile: which shipped policy it starts from.
        keys: identity → whose word is to count for it; a path to be filled in where one is left out.

    Raises:
        PolicyError: there is no such profile.
        InputError: a key is for somebody whom the profile does not name (`unknown-identity`).
    """
    names = waiting(profile)
    for name in keys:
        if name not in names:
            raise InputError(
                f"the profile {profile} waits for no key of {name!r}",
                code="unknown-identity",
                expected=", ".join(names),
                hint=suggestion(name, names),
            )
    text = _BLOCK.sub(
        lambda found: (
            found["head"] + found["indent"] + _key_lines(keys.get(found["name"]), found, alone=len(names) == 1)
        ),
        _text(profile),
    )
    return re.sub(r"^name: .*$", "name: my-policy", text, count=1, flags=re.MULTILINE) if profile == "key" else text


def new_cases(profile: str) -> str | None:
    """The cases of a profile, for the new policy; `None` where it has none."""
    path = shipped.path_of(profile).with_suffix(".cases.yaml")
    return path.read_text(encoding="utf-8") if path.is_file() else None


def offered(profile: str) -> tuple[str, ...]:
    """Which of the keys about what no longer counts stand in a profile as comments: nobody else can fill them in."""
    text = _text(profile)
    return tuple(key for key in ("deny", "revocations") if re.search(rf"^# {key}:", text, re.MULTILINE))


def placeholder(name: str, *, alone: bool) -> str:
    """The path that stands for a key that nobody named yet."""
    return PLACEHOLDER if alone else f"{name}.pub"


def _text(profile: str) -> str:
    text = shipped.path_of(profile).read_text(encoding="utf-8")
    return _FLOW.sub(lambda found: f"{found['indent']}{found['name']}:\n{found['indent']}  key: {GIVEN}", text)


def _key_lines(key: TrustedKey | None, found: re.Match[str], *, alone: bool) -> str:
    if key is None:
        name = found["name"]
        return f"key: {placeholder(name, alone=alone)}    # the public key of {name}; relative to this file"
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat  # noqa: PLC0415

    pem = key.public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii").splitlines()
    lines = [f"{found['indent']}  {line}" for line in pem]
    return "\n".join([f"key: |    # {key.name}, {key.fingerprint}", *lines])
