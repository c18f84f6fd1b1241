"""`awskms:`: a key in AWS's key management service, or one that speaks its protocol.

The service is given the digest (`MessageType=DIGEST`), so that the model's claims stay here and may be longer than the
4,096 bytes that it hashes itself. Credentials, region and endpoint come from where AWS's own tools take them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_der_public_key

from attest import extras
from attest.errors import KeyFileError, KeyServiceError
from attest.signing import algorithms
from attest.signing.awskms_errors import set_up, translated
from attest.signing.awskms_uri import KmsURI, parse
from attest.signing.digest_signer import DigestSigner

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import ec

    from attest.signing.algorithms import PublicKey
    from attest.signing.signer import Signer
    from attest.signing.technology import KeyAccess

CONNECT_SECONDS: Final = 5.0
READ_SECONDS: Final = 15.0
ATTEMPTS: Final = 3
"""Including the first; what is throttled or fails inside the service is tried again, what is refused is not."""

_SIGNING: Final = {"P-256": "ECDSA_SHA_256", "P-384": "ECDSA_SHA_384"}


def open_signer(rest: str, access: KeyAccess) -> Signer:
    """Whoever signs with the key in the service. Its public half is read at once, so that errors come early.

    Args:
        rest: what stands behind `awskms:`.
        access: whether other hosts may be reached.

    Raises:
        KeyFileError: codes `key-uri-malformed`, `key-not-found`, `kms-key-spec`, `kms-key-disabled`, `kms-config`.
        KeyServiceError: codes `kms-unreachable`, `kms-no-credentials`, `kms-unauthorised`, `kms-access-denied`,
            `kms-throttled`, `key-service-refused`, `offline`.
        InputError: `extra-missing`.
    """
    uri = parse(rest)
    client = _client(uri, access)
    public, identifier = _public(client, uri)
    algorithm = _SIGNING[algorithms.algorithm(public)]

    def sign_digest(digest: bytes) -> bytes:
        with translated(uri):
            answer = client.sign(KeyId=identifier, Message=digest, MessageType="DIGEST", SigningAlgorithm=algorithm)
        return bytes(_field(answer, "Signature", bytes, uri))

    return DigestSigner(public_key=public, place=f"the key {uri.key} in AWS KMS", sign_digest=sign_digest)


def read_public(rest: str, access: KeyAccess) -> PublicKey:
    """The public half, which needs the permission kms:GetPublicKey only.

    Args:
        rest: what stands behind `awskms:`.
        access: whether other hosts may be reached.

    Raises:
        KeyFileError: as for `open_signer`.
        KeyServiceError: as for `open_signer`.
        InputError: `extra-missing`.
    """
    uri = parse(rest)
    return _public(_client(uri, access), uri)[0]


def _client(uri: KmsURI, access: KeyAccess) -> Any:
    if access.offline:
        raise KeyServiceError(
            f"the key {uri.key} is kept by AWS KMS, and nothing may be reached",
            code="offline",
            hint="unset ATTEST_OFFLINE, or take `offline` out of config.toml",
        )
    boto3 = extras.load("boto3", extra="awskms", needed_for="an awskms: key")
    config = extras.load("botocore.config", extra="awskms", needed_for="an awskms: key").Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"total_max_attempts": ATTEMPTS, "mode": "standard"},
    )
    with set_up(uri):
        return boto3.session.Session().client("kms", region_name=uri.region, endpoint_url=uri.endpoint, config=config)


def _public(client: Any, uri: KmsURI) -> tuple[ec.EllipticCurvePublicKey, str]:
    """The public half, and the identifier under which the service will know the same key after an alias has moved."""
    with translated(uri):
        answer = client.get_public_key(KeyId=uri.key)
    spec = answer.get("KeySpec") or answer.get("CustomerMasterKeySpec")
    if answer.get("KeyUsage") != "SIGN_VERIFY":
        raise _wrong_spec(uri, f"{spec} for {answer.get('KeyUsage')}")
    try:
        key = load_der_public_key(_field(answer, "PublicKey", bytes, uri))
        supported = algorithms.supported_public_key(key, origin=uri.key)
    except (ValueError, UnsupportedAlgorithm, KeyFileError) as error:
        raise _wrong_spec(uri, str(spec)) from error
    if algorithms.algorithm(supported) not in _SIGNING:
        raise _wrong_spec(uri, str(spec))
    return supported, _field(answer, "KeyId", str, uri)  # type: ignore[return-value]  # the table holds curves only


def _field(answer: Any, name: str, kind: type, uri: KmsURI) -> Any:
    value = answer.get(name)
    if not isinstance(value, kind) or not value:
        raise KeyServiceError(
            f"the service of {uri.key} gave an answer without {name}", expected=f"{name} as AWS documents it"
        )
    return value


def _wrong_spec(uri: KmsURI, found: str) -> KeyFileError:
    return KeyFileError(
        f"{uri.key} is no key that attest signs with",
        code="kms-key-spec",
        expected="key spec ECC_NIST_P256 or ECC_NIST_P384 for SIGN_VERIFY",
        found=found[:100],
        hint="make one with key usage SIGN_VERIFY and key spec ECC_NIST_P256",
    )
