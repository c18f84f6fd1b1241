"""`attest policy init`: a shipped policy as a file of one's own, comments and all, with the public key written in.

The key goes in as text, not as a path: a policy that names a file says something else once that file is replaced.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from attest.policy import shipped
from attest.policy.identities import GIVEN

if TYPE_CHECKING:
    from attest.trust.identity import TrustedKey

PLACEHOLDER: Final = "PUBLIC_KEY.pub"
_BLOCK: Final = re.compile(rf"^(?P<indent> +)key: {GIVEN}(?: .*)?$", re.MULTILINE)
_FLOW: Final = re.compile(rf"^(?P<indent> +)(?P<name>[\w-]+): \{{key: {GIVEN}\}}(?: .*)?$", re.MULTILINE)


def new_policy(profile: str, key: TrustedKey | None) -> str:
    """The text of a new policy.

    Args:
        profile: which shipped policy it starts from.
        key: whose word is to count; a path to be filled in when left out.

    Raises:
        PolicyError: there is no such profile.
    """
    text = shipped.path_of(profile).read_text(encoding="utf-8")
    text = _FLOW.sub(lambda found: f"{found['indent']}{found['name']}:\n{found['indent']}  key: {GIVEN}", text)
    text = _BLOCK.sub(lambda found: found["indent"] + _key_lines(key, found["indent"]), text)
    return re.sub(r"^name: .*$", "name: my-policy", text, count=1, flags=re.MULTILINE) if profile == "key" else text


def _key_lines(key: TrustedKey | None, indent: str) -> str:
    if key is None:
        return f"key: {PLACEHOLDER}    # the public key of whoever publishes; relative to this file"
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat  # noqa: PLC0415

    pem = key.public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii").splitlines()
    lines = [f"{indent}  {line}" for line in pem]
    return "\n".join([f"key: |    # {key.name}, {key.fingerprint}", *lines])
