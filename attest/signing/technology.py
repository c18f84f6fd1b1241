"""What every place where keys are kept has to offer, and what it is given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Callable

    from attest.signing.algorithms import PublicKey
    from attest.signing.signer import Signer


class KeyAccess(Struct, frozen=True, kw_only=True):
    """How a key may be reached.

    Args:
        passphrase: asked, with the key's or token's name, only when a secret is needed; `None` means there is none.
        offline: reach no other host.
    """

    passphrase: Callable[[str], bytes | None]
    offline: bool = False


class KeyTechnology(Protocol):
    """One module per technology, named in the table of `attest.signing.uri` and imported when such a key is used."""

    def open_signer(self, rest: str, access: KeyAccess) -> Signer:
        """Whoever signs with the key.

        Args:
            rest: the URI behind its scheme and colon.
            access: how it may be reached.
        """
        ...

    def read_public(self, rest: str, access: KeyAccess) -> PublicKey:
        """The public half, without any use of the private one where the technology allows that.

        Args:
            rest: the URI behind its scheme and colon.
            access: how it may be reached.
        """
        ...
