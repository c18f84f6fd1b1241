"""Everybody whom an operator can name, for annotations: nothing here exists at run time."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import TypeAlias

    from attest.trust.identity import TrustedKey
    from attest.trust.managed_key import ManagedKey
    from attest.trust.trusted_holder import PkiHolder, TrustedHolder

    KeyHolder: TypeAlias = TrustedKey | ManagedKey
    """Somebody with a key of his own."""

    CertificateHolder: TypeAlias = TrustedHolder | PkiHolder
    """Somebody with certificates."""

    Signatory: TypeAlias = KeyHolder | CertificateHolder
    """Any of them."""
