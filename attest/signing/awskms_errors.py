"""What AWS's errors mean for whoever has to act on them."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, Final

from attest import extras
from attest.errors import AttestError, KeyFileError, KeyServiceError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from attest.signing.awskms_uri import KmsURI

_NO_CREDENTIALS: Final = frozenset(
    {
        "NoCredentialsError",
        "PartialCredentialsError",
        "CredentialRetrievalError",
        "UnauthorizedSSOTokenError",
        "SSOTokenLoadError",
        "TokenRetrievalError",
        "NoAuthTokenError",
    }
)
_UNREACHABLE: Final = frozenset(
    {"HTTPClientError", "ConnectionError", "ResponseParserError", "IncompleteReadError", "ResponseStreamingError"}
)
"""Classes of botocore and all that derive from them."""

_BAD_CREDENTIALS: Final = frozenset(
    {
        "UnrecognizedClientException",
        "InvalidClientTokenId",
        "ExpiredTokenException",
        "ExpiredToken",
        "InvalidSignatureException",
        "SignatureDoesNotMatch",
        "IncompleteSignatureException",
        "IncompleteSignature",
        "MissingAuthenticationTokenException",
        "MissingAuthenticationToken",
        "RequestExpired",
    }
)
_DENIED: Final = frozenset({"AccessDeniedException", "AccessDenied", "NotAuthorizedException", "OptInRequired"})
_THROTTLED: Final = frozenset(
    {
        "ThrottlingException",
        "Throttling",
        "ThrottledException",
        "RequestThrottled",
        "RequestThrottledException",
        "RequestLimitExceeded",
        "TooManyRequestsException",
        "LimitExceededException",
        "SlowDown",
    }
)
_WRONG_KIND: Final = frozenset({"UnsupportedOperationException", "InvalidKeyUsageException"})
_NOT_USABLE: Final = frozenset({"DisabledException", "KMSInvalidStateException", "KeyUnavailableException"})
_NO_KEY: Final = frozenset({"NotFoundException", "InvalidArnException"})
_SERVER: Final = 500
_LIBRARY_FAILED: Final = (ValueError, TypeError, AttributeError, KeyError)


@contextlib.contextmanager
def translated(uri: KmsURI) -> Iterator[None]:
    """Turn the errors of AWS's library into ours.

    Args:
        uri: which key, for the message.

    Raises:
        KeyFileError: the person's settings or the key itself.
        KeyServiceError: the service.
    """
    exceptions = extras.load("botocore.exceptions", extra="awskms", needed_for="an awskms: key")
    try:
        yield
    except exceptions.ClientError as error:
        raise _answered(uri, error.response) from error
    except exceptions.BotoCoreError as error:
        raise _not_asked(uri, error) from error
    except _LIBRARY_FAILED as error:  # botocore 1.44's parser ends so on an answer of `[]` or of bytes that are no text
        raise KeyServiceError(
            "AWS KMS gave an answer that cannot be understood",
            code="kms-unreachable",
            found=f"{type(error).__name__} in AWS's library",
        ) from error


@contextlib.contextmanager
def set_up(uri: KmsURI) -> Iterator[None]:
    """The same while nothing has been asked yet, when what is wrong can only be the settings.

    Args:
        uri: which key, for the message.

    Raises:
        KeyFileError: the person's settings (code `kms-config`).
        KeyServiceError: no credentials.
    """
    with translated(uri):
        try:
            yield
        except ValueError as error:  # an endpoint that is no URL
            raise _settings(error) from error


def _answered(uri: KmsURI, response: Any) -> AttestError:
    """The service's own answer."""
    details = response.get("Error", {})
    word = str(details.get("Code", ""))
    text = f"{word}: {details.get('Message', '')}".strip(": ")[:300]
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return _about_key(uri, word, text) or _about_caller(uri, word, text, status)


def _about_key(uri: KmsURI, word: str, found: str) -> AttestError | None:
    if word in _NO_KEY:
        return KeyFileError(
            f"there is no key {uri.key} in this account and region",
            code="key-not-found",
            found=found,
            hint="aws kms list-aliases shows those that there are",
        )
    if word in _WRONG_KIND:
        return KeyFileError(
            f"{uri.key} is no key that attest signs with",
            code="kms-key-spec",
            expected="key spec ECC_NIST_P256 or ECC_NIST_P384 for SIGN_VERIFY",
            found=found,
        )
    if word in _NOT_USABLE:
        return KeyFileError(f"the key {uri.key} is disabled or on its way out", code="kms-key-disabled", found=found)
    return None


def _about_caller(uri: KmsURI, word: str, found: str, status: int) -> AttestError:
    if word in _BAD_CREDENTIALS:
        return KeyServiceError(
            "AWS KMS does not know these credentials, or they have expired", code="kms-unauthorised", found=found
        )
    if word in _DENIED:
        return KeyServiceError(
            f"AWS KMS does not let these credentials use {uri.key}",
            code="kms-access-denied",
            expected="the permissions kms:GetPublicKey and kms:Sign",
            found=found,
        )
    if word in _THROTTLED:
        return KeyServiceError(
            "AWS KMS has had too many requests and answers no more", code="kms-throttled", found=found
        )
    if status >= _SERVER:
        return KeyServiceError("AWS KMS failed", code="kms-unreachable", found=found)
    return KeyServiceError(f"AWS KMS would not do it for {uri.key}", found=found)


def _not_asked(uri: KmsURI, error: Exception) -> AttestError:
    """No answer, or no question."""
    kinds = {kind.__name__ for kind in type(error).__mro__}
    found = str(error)[:300]
    if kinds & _NO_CREDENTIALS:
        return KeyServiceError(
            "there are no AWS credentials to ask for a signature with",
            code="kms-no-credentials",
            found=found,
            looked_in="AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, the AWS profile, the machine's role",
            hint="aws sts get-caller-identity says who you are",
        )
    if kinds & _UNREACHABLE:
        return KeyServiceError(
            f"AWS KMS{f' at {uri.endpoint}' if uri.endpoint else ''} was not reached",
            code="kms-unreachable",
            found=found,
        )
    return _settings(error)


def _settings(error: BaseException) -> KeyFileError:
    return KeyFileError(
        "AWS's settings cannot be used",
        code="kms-config",
        found=str(error)[:300],
        hint="AWS_REGION names the region, AWS_PROFILE the profile; an ARN names its region itself",
    )
