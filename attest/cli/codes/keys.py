"""Codes about keys that are kept in tokens and services."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

KEYS: Final[Mapping[str, tuple[str, str, int]]] = {
    "extra-missing": (
        "a part of attest is needed that is not installed here",
        "run the pip command of the hint, in the same Python environment",
        2,
    ),
    "key-uri-malformed": (
        "the URI of a key breaks the rules of its kind, or says something that is not understood",
        "read the line `expected`; attest help keys shows the forms",
        2,
    ),
    "key-ambiguous": (
        "several keys or tokens fit the URI, and none of them is chosen for you",
        "add what tells them apart: id=… of the key, serial=… of the token",
        2,
    ),
    "key-signs-wrongly": (
        "a token or service made a signature that its own public key does not verify; it was thrown away",
        "check that private and public key belong together there, and that the service signs the digest it is given",
        3,
    ),
    "key-service-refused": (
        "the service that keeps the key would not sign, for a reason of its own",
        "the line `found` holds the service's own words",
        4,
    ),
    "pkcs11-module": (
        "the library that speaks to the token is not named, or cannot be loaded",
        "name it by its whole path: ?module-path=/path/to/module.so in the URI, or PKCS11_MODULE_PATH",
        2,
    ),
    "pkcs11-token-missing": (
        "no token of this description is plugged in or known to the module",
        "compare the URI with the line `found`; softhsm2-util or the maker's tool lists tokens",
        2,
    ),
    "pkcs11-failed": (
        "the token or its module did not do what it was asked",
        "check that it is plugged in and works with pkcs11-tool; the line `found` has the module's own word",
        2,
    ),
    "wrong-pin": (
        "the PIN does not open the token; it was tried once, because tokens lock themselves",
        "check pin-source, pin-value, ATTEST_PASSPHRASE or what was typed, before another try",
        2,
    ),
    "pin-locked": (
        "the token has locked itself after too many wrong PINs",
        "its security officer can set a new PIN with the maker's tool",
        2,
    ),
    "pin-source": (
        "the file that pin-source names cannot be read, or holds no PIN",
        "name a file by its whole path, as in pin-source=file:/run/secrets/pin",
        2,
    ),
    "pin-in-uri": (
        "the PIN stands in the key's URI, where process lists and the shell's history show it",
        "put it in a file of your own and write pin-source=file:/path in its place",
        0,
    ),
    "kms-config": (
        "AWS's settings, such as region or profile, are missing or cannot be used",
        "set AWS_REGION, or name the key by its ARN, which holds the region",
        2,
    ),
    "kms-key-spec": (
        "the key in AWS KMS is of a kind that attest does not sign with",
        "make one with key usage SIGN_VERIFY and key spec ECC_NIST_P256",
        2,
    ),
    "kms-key-disabled": (
        "the key in AWS KMS is disabled, or will be deleted",
        "enable it again, or sign with another key",
        2,
    ),
    "kms-unreachable": (
        "AWS KMS did not answer, not in time, or not with anything that can be understood",
        "check the network, the region and the endpoint, then run the same command again",
        4,
    ),
    "kms-no-credentials": (
        "there are no AWS credentials here, so nothing could be asked",
        "set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run where the machine has a role",
        4,
    ),
    "kms-unauthorised": (
        "AWS does not know the credentials, or they have expired",
        "log in to AWS again; check the clock of this machine",
        4,
    ),
    "kms-access-denied": (
        "the AWS credentials are good and may not use this key",
        "ask for kms:GetPublicKey and kms:Sign on the key; a public half needs the first one only",
        4,
    ),
    "kms-throttled": (
        "AWS KMS has had too many requests and still said so after several tries",
        "wait a little, then run the same command again",
        4,
    ),
}
