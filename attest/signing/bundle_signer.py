"""Something that turns a claim into a signed bundle: with a key, or with an identity (`keyless.KeylessSigner`)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Protocol

from msgspec import Struct

from attest.signing import algorithms
from attest.signing.bundle import sign_statement
from attest.signing.dsse import decode_base64, encode_base64
from attest.trust.identity import TrustedKey
from attest_registry.strict_json import to_compact_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from attest.claims.statement import Statement
    from attest.signing.log_client import LogClient
    from attest.signing.signer import KeyWarning, Signer
    from attest.signing.timestamp_client import TimestampClient
    from attest.trust.signatory import Signatory


class BundleSigner(Protocol):
    """Whoever signs claims."""

    @property
    def description(self) -> str:
        """Who that is, for people: one line."""
        ...

    @property
    def warnings(self) -> tuple[KeyWarning, ...]:
        """What its owner should hear."""
        ...

    @property
    def trusted(self) -> Signatory:
        """The same signer as our verifier has to find it in each bundle."""
        ...

    def sign_statement(self, statement: Statement) -> bytes:
        """A Sigstore bundle that holds the statement's bytes as they are."""
        ...


class KeyBundleSigner(Struct, frozen=True, kw_only=True):
    """Signs with a key; where asked for, each signature is stamped and then logged.

    Stamping comes first: a log keeps what it was given, and a signature without its timestamp should not be in it.

    Args:
        signer: the key.
        timestamps: authorities that each have to stamp every signature.
        log: where every signature is made public; `None` for nowhere.
    """

    signer: Signer
    timestamps: Sequence[TimestampClient] = ()
    log: LogClient | None = None

    @property
    def description(self) -> str:
        """The key, for people."""
        return f"key {self.signer.fingerprint.short} ({algorithms.algorithm(self.signer.public_key)})"

    @property
    def warnings(self) -> tuple[KeyWarning, ...]:
        """What the key's owner should hear."""
        return self.signer.warnings

    @property
    def trusted(self) -> TrustedKey:
        """The key, as somebody who is believed."""
        return TrustedKey(
            name="this key",
            public_key=self.signer.public_key,
            fingerprint=self.signer.fingerprint,
            origin="the signing key",
        )

    def sign_statement(self, statement: Statement) -> bytes:
        """A bundle by this key, with all the proofs that were asked for.

        Raises:
            ServiceError: a log or authority did not do its part; nothing is given out.
            InputError: `key-not-loggable`.
        """
        if not self.timestamps and self.log is None:
            return sign_statement(statement, self.signer)
        from attest.signing.log_client import DuplicateEntry  # noqa: PLC0415  # only for bundles with proofs

        try:
            return self._with_proofs(statement)
        except DuplicateEntry:  # an answer was lost; another signature is another entry
            return self._with_proofs(statement)

    def _with_proofs(self, statement: Statement) -> bytes:
        document: dict[str, Any] = json.loads(sign_statement(statement, self.signer))
        material = document["verificationMaterial"]
        signature = decode_base64(document["dsseEnvelope"]["signatures"][0]["sig"], what="the signature")
        if self.timestamps:
            stamps = [{"signedTimestamp": encode_base64(each.stamp(signature))} for each in self.timestamps]
            material["timestampVerificationData"] = {"rfc3161Timestamps": stamps}
        if self.log is not None:
            material["tlogEntries"] = [self.log.log_by_key(statement.raw, signature, self.signer.public_key)]
        made = to_compact_json(document)
        _check_entry(made, self.signer.public_key)
        return made


def _check_entry(raw: bytes, key: algorithms.PublicKey) -> None:
    """The log's entry has to be about this signature. Whose log it is, a verifier with a trusted root finds out.

    Raises:
        ServiceAnswerInvalid: `rekor-answer`.
    """
    from attest.errors import Incident, ServiceAnswerInvalid  # noqa: PLC0415
    from attest.trust.verifying_key import VerifyingKey  # noqa: PLC0415  # only for bundles with proofs
    from attest.verify import log_body, sigstore_bundle  # noqa: PLC0415

    try:
        bundle = sigstore_bundle.SigstoreBundle.parse(raw)
        if bundle.log_entry is not None and isinstance(bundle.content, sigstore_bundle.Envelope):
            verifying = VerifyingKey.of(key, what="this key")
            signed = log_body.Signed(
                content=bundle.content, signature=bundle.signature, key=verifying, certificate=None
            )
            log_body.check_body(bundle.log_entry, signed)
    except Incident as error:
        raise ServiceAnswerInvalid(
            "the transparency log answered with an entry that is not about this signature",
            code="rekor-answer",
            found=error.message,
        ) from error
