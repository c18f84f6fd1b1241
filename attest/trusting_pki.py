"""Whom to trust by certificates of a private authority, as flags say it: a name always, a pinned authority, a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attest.errors import InputError
from attest.written_path import written_path

if TYPE_CHECKING:
    from attest.trust.roots import TrustedRoot
    from attest.trust.trusted_holder import PkiHolder
    from attest.whom import Whom


def pki_holder(whom: Whom) -> PkiHolder:
    """The holder that was typed.

    Args:
        whom: what was typed, with `--root`.

    Raises:
        InputError: nobody is named (`usage`), flags that exclude each other, or a file that cannot be used.
        PolicyError: the name is nobody's in particular.
    """
    from attest.trust.private_pki import PrivateAuthority, PrivateIdentity  # noqa: PLC0415
    from attest.trust.trusted_holder import PkiHolder  # noqa: PLC0415

    if whom.root is None or whom.identity is None:
        raise InputError(
            "certificates of a private authority need an authority and a name",
            code="usage",
            expected="--identity SUBJECT --root CA.pem",
            found=f"only --{'identity' if whom.root is None else 'root'}",
            hint="without a name, every server certificate of the authority would sign models",
        )
    if whom.issuer is not None:
        raise InputError(
            "--issuer and --root exclude each other",
            code="usage",
            hint="--issuer is for Sigstore's certificates; those of a private authority name no issuer of logins",
        )
    path = written_path(whom.root)
    glob = "*" in whom.identity
    return PkiHolder(
        name=whom.identity,
        identity=PrivateIdentity(subject=None if glob else whom.identity, subject_glob=whom.identity if glob else None),
        authority=PrivateAuthority.load(path),
        root=witnesses(whom),
        time_required=not whom.accept_unproven_time,
        any_usage=whom.accept_any_usage,
        origin=str(path),
    )


def witnesses(whom: Whom) -> TrustedRoot | None:
    """Who may say when: typed, never taken from the settings, where another authority's root may stand.

    Raises:
        InputError: two are typed (`usage`), or a file cannot be used.
    """
    from attest.trust.roots import TrustedRoot  # noqa: PLC0415
    from attest.trust.timestamp_chain import load_timestamp_chain  # noqa: PLC0415

    if whom.tsa_chain is not None and whom.trusted_root is not None:
        raise InputError("--tsa-chain and --trusted-root exclude each other", code="usage")
    if whom.tsa_chain is not None:
        return load_timestamp_chain(written_path(whom.tsa_chain))
    return None if whom.trusted_root is None else TrustedRoot.load(written_path(whom.trusted_root))
