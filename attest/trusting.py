"""Whom to trust, as flags and settings say it. Never a key just because it is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attest.errors import InputError, NoTrust
from attest.policy.document import load_policy, policy_for_keys
from attest.signing_key import tilde
from attest.trust.identity import load_trusted_key
from attest.written_path import written_path

if TYPE_CHECKING:
    from pathlib import Path

    from attest.policy.document import Policy
    from attest.settings import Setting, Settings
    from attest.trust.identity import TrustedKey
    from attest.trust.signatory import Signatory
    from attest.trust.trusted_holder import TrustedHolder
    from attest.whom import Whom


def policy_in_force(settings: Settings, whom: Whom, *, asked_for: str, verb: str = "verify", rest: str = "") -> Policy:
    """The policy that judges: a document, or the short form of one key or one identity.

    Args:
        settings: what configuration and environment say.
        whom: what was typed.
        asked_for: the reference, for messages.
        verb: what the person is doing, for the hint.
        rest: what else belongs to that command line.

    Raises:
        NoTrust: neither a key, an identity nor a policy is named anywhere.
        InputError: several are, or a locked policy would be replaced.
        PolicyError: the policy is not sound.
        KeyFileError: the key is not a public key.
    """
    named = [
        flag for flag, value in (("--key", whom.key), ("--policy", whom.policy), ("--identity", whom.identity)) if value
    ]
    if len(named) > 1:
        raise InputError(
            f"{' and '.join(named)} exclude each other", code="usage", hint="a policy names its own signers"
        )
    document = settings.choose("policy", None if whom.policy is None else str(whom.policy))
    own = settings.values["public_key"]
    _check_locks(whom, document, own)
    if whom.short_form:
        return policy_for_keys([_signer(settings, whom)], allow_code=whom.allow_code)
    if document.value is not None and not own.holds:
        if whom.allow_code:
            raise InputError("--allow-code goes with --key; a policy names code-bearing files itself", code="usage")
        if whom.trusted_root is not None:
            raise InputError("--trusted-root goes with --identity or --key; a policy names its own root", code="usage")
        return load_policy(written_path(document.value))
    if own.value is not None:
        return policy_for_keys([_key(whom, load_trusted_key(written_path(own.value)))], allow_code=whom.allow_code)
    raise _nobody(settings, asked_for, verb, rest)


def _check_locks(whom: Whom, document: Setting, own: Setting) -> None:
    """What the system file locks, a policy or a key, nothing else may take the place of."""
    typed = whom.short_form or whom.policy is not None
    if (document.holds and whom.short_form) or (own.holds and (typed or document.value is not None)):
        locked = document if document.holds else own
        raise InputError(
            "whom to trust is locked on this machine",
            code="setting-locked",
            expected=f"{locked.value} ({locked.origin})",
            hint="leave out --key, --identity, --policy and ATTEST_POLICY",
        )


def _signer(settings: Settings, whom: Whom) -> Signatory:
    if whom.key is not None:
        return _key(whom, load_trusted_key(written_path(whom.key)))
    if whom.root is not None:
        from attest.trusting_pki import pki_holder  # noqa: PLC0415

        return pki_holder(whom)
    return _holder(settings, whom)


def _key(whom: Whom, key: TrustedKey) -> Signatory:
    """The key; with a root that was typed, what its bundles bring besides is held against that."""
    if whom.trusted_root is None and whom.tsa_chain is None:
        return key
    from attest.trust.managed_key import ManagedKey  # noqa: PLC0415  # a bare key pays for no X.509
    from attest.trusting_pki import witnesses  # noqa: PLC0415

    return ManagedKey(key=key, root=witnesses(whom))


def _holder(settings: Settings, whom: Whom) -> TrustedHolder:
    """The holder of a certificate; the root is pinned, by flag or in the settings, and never fetched."""
    from attest.trust.certificate_identity import CertificateIdentity  # noqa: PLC0415
    from attest.trust.roots import TrustedRoot  # noqa: PLC0415
    from attest.trust.trusted_holder import TrustedHolder  # noqa: PLC0415

    if whom.identity is None or whom.issuer is None:
        raise InputError(
            "an identity needs its subject and its issuer",
            code="usage",
            expected="--identity SUBJECT --issuer URL",
            found=f"only --{'issuer' if whom.identity is None else 'identity'}",
        )
    root = _root(settings, whom)
    glob = "*" in whom.identity
    return TrustedHolder(
        name=whom.identity,
        identity=CertificateIdentity(
            issuer=whom.issuer,
            subject=None if glob else whom.identity,
            subject_glob=whom.identity if glob else None,
        ),
        root=TrustedRoot.load(root),
        origin=str(root),
    )


def _root(settings: Settings, whom: Whom) -> Path:
    """The file of the pinned root: typed, in the settings, or where `attest trust` puts it."""
    chosen = settings.choose("trusted_root", None if whom.trusted_root is None else str(whom.trusted_root))
    if chosen.value is not None:
        return written_path(chosen.value)
    if settings.trusted_root.exists() and not chosen.locked:
        return settings.trusted_root
    raise NoTrust(
        f"nothing says which root vouches for {whom.identity}",
        code="no-trusted-root",
        expected="--trusted-root FILE, a pinned trusted_root.json",
        found=f"none; no $ATTEST_TRUSTED_ROOT; no `trusted_root` in {tilde(settings.config / 'config.toml')}; "
        f"no {tilde(settings.trusted_root)}",
        hint="attest trust fetch          pins that of Sigstore's public instance\n"
        "attest trust pin FILE       pins one that you were given",
    )


def _nobody(settings: Settings, asked_for: str, verb: str, rest: str) -> NoTrust:
    own = settings.default_key.with_suffix(".pub")
    end = f" {rest}" if rest else ""
    hint = f"attest {verb} {asked_for} --key PUBLIC_KEY{end}"
    if own.exists():
        hint = f"attest {verb} {asked_for} --key {tilde(own)}{end}     against your own key"
    return NoTrust(
        f"nothing says whom to trust for {asked_for}",
        expected="--key PUBLIC_KEY or --policy FILE",
        found=f"neither; no $ATTEST_POLICY; no `policy` in {tilde(settings.config / 'config.toml')}",
        hint=f"{hint}\nattest policy init     for a team",
    )
