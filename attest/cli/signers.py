"""Who signs a push: a key, or an identity (`--keyless`). What can be known early is asked for before the long work."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any, TypeVar

import click

from attest.cli import mirrors, passphrase, render, trust_change
from attest.errors import InputError, Interrupted
from attest.written_path import written_path

if TYPE_CHECKING:
    from collections.abc import Callable

    from attest.cli.mirrors import Mirror
    from attest.settings import Settings
    from attest.signing.algorithms import PublicKey
    from attest.signing.bundle_signer import BundleSigner
    from attest.signing.signer import Signer
    from attest.signing.tokens import Token
    from attest.signing.trust_config import SigningTrust
    from attest_registry.oci.remote_options import RemoteOptions

F = TypeVar("F", bound="Callable[..., Any]")

_OPTIONS = (
    click.option("--key", metavar="URI", help="The private key that signs: attest help keys. [env: ATTEST_KEY]"),
    click.option("--passphrase-file", metavar="FILE", help="Passphrase or PIN of the key. [env: ATTEST_PASSPHRASE]"),
    click.option("--keyless", is_flag=True, help="Sign with an identity instead: this CI job's, or a login."),
    click.option("--trust-config", metavar="FILE", help="With --keyless: a Sigstore of your own."),
    click.option("--mirror", metavar="URL", help="With --keyless: its TUF mirror; else the pinned root's."),
    click.option("--root", metavar="ROOT.json", help="With --mirror: the TUF root that it has to begin with."),
    click.option("--staging", is_flag=True, help="With --keyless: Sigstore's staging instance."),
    click.option("--identity-token", metavar="TOKEN|FILE", help="With --keyless. [env: ATTEST_IDENTITY_TOKEN]"),
    click.option("--tsa", metavar="URL", help="With a key: have each signature timestamped."),
    click.option("--rekor", metavar="URL", help="With a key: make each signature public in this log."),
    click.option("--rekor-version", type=click.IntRange(1, 2), help="Which API that log has."),
)

_OF_AN_IDENTITY = ("trust_config", "mirror", "root", "staging", "identity_token")
_PUBLIC_OR_OWN = """\
{verb} --keyless --mirror https://tuf-repo-cdn.sigstore.dev     Sigstore's public instance
attest trust fetch --mirror URL --root ROOT.json     once, and a Sigstore of your own is taken from then on"""


def signing() -> Callable[[F], F]:
    """The options."""

    def decorate(function: F) -> F:
        for option in reversed(_OPTIONS):
            function = option(function)
        return function

    return decorate


def choose(values: dict[str, Any], settings: Settings) -> KeyChoice | KeylessChoice:
    """Who is going to sign; everything that needs no long work is checked.

    Args:
        values: the options by name.
        settings: what configuration and environment say.

    Raises:
        InputError: options that exclude each other, or nothing to sign with.
        CredentialError: an identity token that cannot be used.
    """
    if values["keyless"]:
        refuse_beside(values, "--keyless", ("key", "tsa", "rekor", "rekor_version"))
        if values["trust_config"] is not None:
            refuse_beside(values, "--trust-config", ("mirror", "root", "staging"))
        return KeylessChoice(values, settings)
    refuse_identity(values, "a key")
    if (values["rekor"] is None) != (values["rekor_version"] is None):
        raise InputError("--rekor and --rekor-version belong together", code="usage", expected="both, or neither")
    return KeyChoice(values, settings)


def refuse_identity(values: dict[str, Any], what: str) -> None:
    """Refuse options of signing with an identity where something else signs: unread, they would promise too much."""
    refuse_beside(values, what, _OF_AN_IDENTITY)


def refuse_beside(values: dict[str, Any], what: str, names: tuple[str, ...]) -> None:
    """Refuse options that do not go with another.

    Args:
        values: the options by name.
        what: the other.
        names: those that do not go with it.

    Raises:
        InputError: `usage`: one of them was typed.
    """
    typed = [f"--{name.replace('_', '-')}" for name in names if values[name] not in (None, False)]
    if typed:
        raise InputError(f"{typed[0]} does not go with {what}", code="usage", hint=f"{_verb()} --help")


def _verb() -> str:
    context = click.get_current_context(silent=True)
    return "attest push" if context is None else context.command_path


def service_options(settings: Settings) -> RemoteOptions:
    """How signing services and trust mirrors are reached."""
    from attest.signing.services import PATIENCE  # noqa: PLC0415
    from attest_registry.oci.remote_options import RemoteOptions  # noqa: PLC0415

    ca_file = settings.values["ca_file"].value
    return RemoteOptions(ca_file=written_path(ca_file) if ca_file else None, offline=settings.offline, timing=PATIENCE)


class KeyChoice:
    """A key signs.

    Args:
        values: the options by name.
        settings: what configuration and environment say.
    """

    def __init__(self, values: dict[str, Any], settings: Settings) -> None:
        from attest.signing_key import key_in_force  # noqa: PLC0415

        self._values = values
        self._settings = settings
        self._uri = key_in_force(settings, values["key"])
        self._signer: Signer | None = passphrase.without_asking(self._uri, passphrase_file=values["passphrase_file"])

    @property
    def public_key(self) -> PublicKey | None:
        """The key's public half; `None` where a person has to be asked for a passphrase first."""
        return None if self._signer is None else self._signer.public_key

    def public_half(self) -> PublicKey | None:
        """What lies beside the key as its public half; `None` where nothing does."""
        from attest.signing.pem import load_public  # noqa: PLC0415
        from attest.signing.uri import file_of  # noqa: PLC0415

        file = file_of(self._uri)
        public = None if file is None else file.with_suffix(".pub")
        return None if public is None or not public.exists() else load_public(public)

    def open(self) -> BundleSigner:
        """The signer; a person may be asked for a passphrase."""
        from attest.signing.bundle_signer import KeyBundleSigner  # noqa: PLC0415

        signer = self._signer or passphrase.open_signer(self._uri)
        if self._values["tsa"] is None and self._values["rekor"] is None:
            return KeyBundleSigner(signer=signer)
        from attest.signing.log_client import LOGS  # noqa: PLC0415
        from attest.signing.services import Kind, Service  # noqa: PLC0415
        from attest.signing.timestamp_client import TimestampClient  # noqa: PLC0415

        options, tsa, rekor = service_options(self._settings), self._values["tsa"], self._values["rekor"]
        stamps = [TimestampClient(service=Service(kind=Kind.TSA, url=tsa, options=options))] if tsa else []
        log = None
        if rekor:
            log = LOGS[self._values["rekor_version"]](service=Service(kind=Kind.REKOR, url=rekor, options=options))
        return KeyBundleSigner(signer=signer, timestamps=stamps, log=log)

    def verify_with(self) -> str:
        """The options with which others verify what was signed."""
        from attest.signing.uri import file_of, shown  # noqa: PLC0415
        from attest.signing_key import tilde  # noqa: PLC0415

        file = file_of(self._uri)
        public = None if file is None else file.with_suffix(".pub")
        if public is not None and public.exists():
            return f"--key {tilde(public)}"
        return f"--key PUBLIC_KEY     (attest key export {shown(self._uri)} --out PUBLIC_KEY)"


class KeylessChoice:
    """An identity signs, with a certificate that lives ten minutes.

    Args:
        values: the options by name.
        settings: what configuration and environment say.
    """

    def __init__(self, values: dict[str, Any], settings: Settings) -> None:
        self._values = values
        self._settings = settings
        self._mirror = self._find_mirror()
        self._pinned = False
        self._trust = self._instance()
        self._token = self._find_token()
        self._holder: Any = None
        if self._trust.public or (self._mirror is not None and self._mirror.public):
            _say_public(self._token, yes=values["yes"])

    def _find_mirror(self) -> Mirror | None:
        """Where a Sigstore says of itself who signs; `None` where a file says it."""
        if self._values["trust_config"] is not None:
            return None
        return mirrors.choose(
            self._settings,
            self._values,
            verb=_verb(),
            others="--staging, or --trust-config FILE",
            hint=_PUBLIC_OR_OWN.format(verb=_verb()),
        )

    def _instance(self) -> SigningTrust:
        from attest.signing.trust_config import SigningTrust  # noqa: PLC0415
        from attest.trust.tuf_mirror import PUBLIC_GOOD  # noqa: PLC0415

        mirror = self._mirror
        if mirror is None:
            return SigningTrust.load(written_path(self._values["trust_config"]))
        trust = SigningTrust.from_mirror(
            mirror.url, root=mirror.root, folder=self._settings.state / "tuf", options=service_options(self._settings)
        )
        self._pinned = trust_change.is_pinned(self._settings, mirror.url, trust.root)
        if mirror.remembered and mirror.url != PUBLIC_GOOD and not (self._values["quiet"] or self._values["as_json"]):
            render.note(f"at       {render.clean(mirror.url)}, where the pinned root came from")
        return trust

    def _find_token(self) -> Token:
        from attest.signing.token_sources import TokenChoice, find_token  # noqa: PLC0415

        options, person = service_options(self._settings), None
        if render.on_terminal() and self._trust.issuer is not None:
            from attest.signing.login import Login  # noqa: PLC0415

            person = Login(issuer=self._trust.issuer, say=render.note, options=options).token
        return find_token(TokenChoice(named=self._values["identity_token"], person=person, options=options))

    def open(self) -> BundleSigner:
        """The signer, with its certificate: asked for when everything else is ready."""
        from attest.signing.keyless import KeylessSigner  # noqa: PLC0415

        signer = KeylessSigner.open(self._trust, self._token, options=service_options(self._settings))
        self._holder = signer.holder
        return signer

    def verify_with(self) -> str:
        """The options with which others verify what was signed."""
        whom = f"--identity {self._holder.subject} --issuer {self._holder.issuer}"
        if self._pinned:
            return whom
        how = "" if self._mirror is None else f"     (attest trust fetch{self._named()} pins one)"
        return f"{whom} --trusted-root FILE{how}"

    def _named(self) -> str:
        """The mirror as it was typed."""
        mirror, root = self._values["mirror"], self._values["root"]
        words = ["--staging"] if self._values["staging"] else []
        words += ["--mirror", mirror] if mirror else []
        words += ["--root", root] if root else []
        return "".join(f" {shlex.quote(word)}" for word in words)


def _say_public(token: Token, *, yes: bool) -> None:
    """What goes into a public log stays there."""
    text = "this writes your identity and the digests into a public log that cannot be erased"
    if yes or not render.on_terminal():
        render.warning("public-log", text)
    elif not render.confirm(f"{text[0].upper()}{text[1:]} ({token.origin}). Continue?"):
        raise Interrupted("nothing was signed", code="declined", hint="--key signs with a key instead")
