"""sigstore-python as the engine of keyless signing, with our clients in the place of its own.

Everything of `sigstore` that is not public API is named here and nowhere else (4.2 to 4.5; `SigningContext` takes any
clients that look like its own). Importing this module costs 0.2 s.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sigstore._internal.rekor.client import RekorClient
from sigstore._internal.rekor.client_v2 import RekorV2Client
from sigstore.dsse import Statement as EngineStatement
from sigstore.models import TransparencyLogEntry
from sigstore.oidc import IdentityToken
from sigstore.sign import Signer, SigningContext
from sigstore_models.rekor.v1 import TransparencyLogEntry as EntryFields

from attest.errors import ServiceAnswerInvalid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sigstore.models import ClientTrustConfig

    from attest.signing.fulcio_client import FulcioClient
    from attest.signing.log_client import LogClient
    from attest.signing.timestamp_client import TimestampClient


class _Submits:
    """Hands entries to our client; what a request looks like stays the engine's business."""

    def __init__(self, client: LogClient) -> None:
        super().__init__(client.service.url)  # type: ignore[call-arg]  # of the engine's class beside this one
        self._client = client

    def create_entry(self, request: Any) -> TransparencyLogEntry:
        """Log it."""
        fields = self._client.submit(request)
        try:
            return TransparencyLogEntry(EntryFields.from_dict(fields))
        except Exception as error:  # pydantic's, and the engine's own
            raise ServiceAnswerInvalid(
                f"{self._client.service.name} sent no log entry",
                code="rekor-answer",
                found=" ".join(str(error).split())[:160],
            ) from error


class _SubmitsV1(_Submits, RekorClient):
    pass


class _SubmitsV2(_Submits, RekorV2Client):
    pass


def open_signer(
    trust: ClientTrustConfig,
    token: str,
    *,
    fulcio: FulcioClient,
    log: LogClient,
    log_version: int,
    timestamps: Sequence[TimestampClient],
) -> Signer:
    """An engine that has its certificate.

    Args:
        trust: the instance.
        token: the identity token.
        fulcio: asked once, here.
        log: gets every signature.
        log_version: which API it has.
        timestamps: each stamps every signature.
    """
    submitter: Any = (_SubmitsV2 if log_version > 1 else _SubmitsV1)(log)
    clients: Any = list(timestamps)
    context = SigningContext(
        fulcio=fulcio,  # type: ignore[arg-type]  # looks like the engine's own
        rekor=submitter,
        trusted_root=trust.trusted_root,
        tsa_clients=clients,
    )
    with context.signer(IdentityToken(token), cache=True) as signer:
        return signer


def sign(signer: Signer, payload: bytes) -> bytes:
    """A bundle over exactly these bytes of an in-toto statement."""
    return signer.sign_dsse(EngineStatement(payload)).to_json().encode()
