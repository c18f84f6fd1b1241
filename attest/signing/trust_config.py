"""Which Sigstore signs: its services, and the trusted root that its bundles are checked with before they leave.

One format (`ClientTrustConfig`), four ways to it: the public instance, its staging twin, a file, or a TUF mirror with a
pinned root. Which of several services is taken follows the signing configuration, as sigstore-python reads it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import urlsplit

from attest.errors import AttestError, InputError, ServiceAnswerInvalid
from attest.signing.services import DEFAULT
from attest.trust import tuf_mirror
from attest.trust.roots import TrustedRoot
from attest_registry.strict_json import parse_object, to_compact_json

if TYPE_CHECKING:
    from pathlib import Path

    from attest_registry.oci.remote_options import RemoteOptions

_MEDIA_TYPE: Final = "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json"
_MOST_BYTES: Final = 8 * 1024 * 1024
_PUBLIC: Final = (".sigstore.dev", ".sigstage.dev")
_VERSIONS: Final = {"/api/v1": 1, "/api/v2": 2}


@dataclass(frozen=True, kw_only=True, slots=True)
class SigningTrust:
    """One Sigstore instance, to sign with.

    Args:
        origin: where this comes from, for people.
        root: what its bundles are checked against.
        root_json: the same as bytes, to keep or hand on.
        fulcio: address of its certificate authority.
        log: address of its log.
        log_version: which API the log has.
        timestamps: addresses of the authorities that each have to stamp every signature.
        issuer: address of its identity provider for people; `None` where it has none.
        client: the same as sigstore-python's own object.
    """

    origin: str
    root: TrustedRoot
    root_json: bytes = field(repr=False)
    fulcio: str
    log: str
    log_version: int
    timestamps: tuple[str, ...]
    issuer: str | None
    client: Any = field(repr=False, compare=False)

    @property
    def public(self) -> bool:
        """Whether a service is one of Sigstore's own, so that everybody reads what is signed; whoever configured it."""
        hosts = [(urlsplit(url).hostname or "").rstrip(".") for url in (self.log, self.fulcio)]
        return any(f".{host}".endswith(_PUBLIC) for host in hosts)

    @classmethod
    def parse(cls, raw: bytes, *, origin: str, log_version: int | None = None) -> Self:
        """Read a client trust configuration.

        Args:
            raw: its JSON.
            origin: where it comes from.
            log_version: take a log of this version; the newest that is offered when left out.

        Raises:
            InputError: `bad-trust-config`, or `bad-trusted-root` for the root in it.
        """
        from sigstore.models import ClientTrustConfig  # noqa: PLC0415  # 0.2 s, only where something is signed

        document = _read(raw, origin)
        root_json = to_compact_json(document["trustedRoot"])
        try:
            client = ClientTrustConfig.from_json(raw.decode())
            client.force_tlog_version = log_version
            services = client.signing_config
            log = services.get_tlogs()[0].url  # type: ignore[attr-defined]  # both of its clients have one
            fulcio, timestamps = services.get_fulcio().url, tuple(each.url for each in services.get_tsas())
        except Exception as error:  # sigstore lets pydantic's errors through
            raise _bad(origin, found=" ".join(str(error).split())[:200] or type(error).__name__) from error
        version = _VERSIONS[log[-len("/api/v1") :]]
        if version > 1 and not timestamps:
            raise _bad(origin, found="a log that proves no times, and no timestamp authority")
        return cls(
            origin=origin,
            root=TrustedRoot.parse(root_json),
            root_json=root_json,
            fulcio=fulcio.rstrip("/"),
            log=log[: -len("/api/v1")].rstrip("/"),
            log_version=version,
            timestamps=timestamps,
            issuer=_issuer(services),
            client=client,
        )

    @classmethod
    def load(cls, path: Path, *, log_version: int | None = None) -> Self:
        """Read a file.

        Raises:
            InputError: `trust-config-not-found`, or as `parse`.
        """
        try:
            with path.open("rb") as file:
                raw = file.read(_MOST_BYTES + 1)
        except OSError as error:
            raise InputError(
                f"{path} cannot be read: {error.strerror}",
                code="trust-config-not-found",
                expected="a Sigstore client trust configuration",
            ) from error
        return cls.parse(raw, origin=str(path), log_version=log_version)

    @classmethod
    def from_mirror(
        cls,
        url: str,
        *,
        root: bytes | None,
        folder: Path,
        options: RemoteOptions = DEFAULT,
        log_version: int | None = None,
    ) -> Self:
        """Fetch from a TUF mirror.

        Args:
            url: the mirror.
            root: its pinned root.json; for the two public instances it may be left out.
            folder: where the mirror's files may be kept.
            options: how it is reached.
            log_version: as in `parse`.

        Raises:
            InputError: `tuf-root-missing`: no root is known for this mirror; `bad-trust-config`, `bad-trusted-root`:
                what it serves, signed as it is, names no usable Sigstore.
            ServiceError: as `tuf_mirror.fetch`; `tuf-target-missing` where it says what to believe and not who signs.
        """
        pinned = root if root is not None else tuf_mirror.embedded_root(url)
        names = (tuf_mirror.TRUSTED_ROOT, tuf_mirror.SIGNING_CONFIG)
        try:
            found = tuf_mirror.fetch(url, names, root=pinned, folder=folder, options=options)
        except ServiceAnswerInvalid as error:
            if error.code == "tuf-target-missing":
                error.hint = "its operator has to publish one, or to give you a client trust configuration"
            raise
        try:
            parts = [parse_object(found[name], what=name, limit=_MOST_BYTES) for name in names]
        except AttestError as error:
            raise _bad(url, found=error.message) from error
        document = {"mediaType": _MEDIA_TYPE, "trustedRoot": parts[0], "signingConfig": parts[1]}
        return cls.parse(to_compact_json(document), origin=url, log_version=log_version)


def _read(raw: bytes, origin: str) -> dict[str, Any]:
    """Strictly: sigstore-python takes the last of two equal keys."""
    try:
        document = parse_object(raw, what=origin, limit=_MOST_BYTES)
    except AttestError as error:
        raise _bad(origin, found=error.message) from error
    if document.get("mediaType") != _MEDIA_TYPE or not isinstance(document.get("trustedRoot"), dict):
        raise _bad(origin, found=f"mediaType {str(document.get('mediaType'))[:80]}")
    return document


def _issuer(services: Any) -> str | None:
    from sigstore.errors import Error  # noqa: PLC0415

    try:
        return str(services.get_oidc_url()).rstrip("/")
    except Error:
        return None


def _bad(origin: str, *, found: str) -> InputError:
    return InputError(
        f"{origin} says in no usable way which Sigstore signs",
        code="bad-trust-config",
        expected=_MEDIA_TYPE,
        found=found,
    )
