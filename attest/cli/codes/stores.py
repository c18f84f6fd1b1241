"""Codes about stores: the one of this machine, and registries behind a network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_LIES: Final = "do not use this registry's copy; tell its operator, with the message"
_OPERATOR: Final = "tell the registry's operator, with the message"
_HAND: Final = "something else has written into the store's folder: restore it, or push the models again into a new one"

STORES: Final[Mapping[str, tuple[str, str, int]]] = {
    "store-error": ("a store did not do what it was asked", "the message says what; run the same command again", 4),
    "store-unreachable": (
        "the registry did not answer, or not in time; that is never taken for allowed",
        "check the host's name and the network, then run the same command again",
        4,
    ),
    "offline": (
        "another host would have to be reached, and this machine is told to stay offline",
        "unset ATTEST_OFFLINE or `offline` in config.toml, or copy the version into the store of this machine first",
        4,
    ),
    "tls-untrusted": (
        "the registry's certificate is not issued by an authority that this machine knows",
        "name the authority's certificate with --ca-file FILE; if you did not expect one, do not go on",
        4,
    ),
    "tls-failed": (
        "no encrypted connection to the registry was possible",
        "check host and port; --plain-http is for registries without TLS, on networks that you trust",
        4,
    ),
    "no-ca-file": (
        "the file of certificate authorities is missing or holds none",
        "check the path after --ca-file or in ATTEST_CA_FILE: a PEM file with -----BEGIN CERTIFICATE-----",
        2,
    ),
    "no-registry": (
        "the host answers, and is no OCI registry",
        "check host and port: a registry answers at https://HOST/v2/",
        4,
    ),
    "bad-host": ("this is no host of a registry", "write HOST or HOST:PORT, such as ghcr.io or 127.0.0.1:5000", 2),
    "registry-unauthorised": (
        "the registry did not let you in, or does not let you do this",
        "attest login HOST; if you are logged in, ask for the right to the repository",
        4,
    ),
    "bad-token": ("the registry's token service gave out something that is no token", _OPERATOR, 4),
    "realm-refused": (
        "the registry asks for your credentials to be sent to a place where others could read them",
        "do not log in there; its operator has to name a token service behind https",
        4,
    ),
    "credential-helper-failed": (
        "the program that keeps your registry credentials did not work",
        "repair it, or remove it from credHelpers and credsStore in ~/.docker/config.json, then attest login HOST",
        4,
    ),
    "bad-registry-config": (
        "the file with registry credentials cannot be read",
        "correct the file that the message names, or move it away and attest login HOST",
        2,
    ),
    "login-unchecked": (
        "the registry lets everybody in, so that it could not say whether the login is right",
        "nothing has to be done; a wrong login will show itself at the first push that needs one",
        0,
    ),
    "login-in-environment": (
        "the login was forgotten, and variables still hold another one",
        "unset ATTEST_REGISTRY_USER ATTEST_REGISTRY_PASSWORD",
        0,
    ),
    "login-without-host": (
        "variables hold a login to a registry and do not say to which, so that any could be sent it",
        "set ATTEST_REGISTRY_HOST too, to the host as references have it: ghcr.io, 127.0.0.1:5000 …",
        2,
    ),
    "no-password": (
        "--password-stdin was given and standard input holds no password",
        "attest login HOST -u USER --password-stdin < FILE",
        2,
    ),
    "no-terminal": (
        "there is no terminal on which to ask for user name or password",
        "attest login HOST -u USER --password-stdin < FILE",
        2,
    ),
    "store-refused": (
        "the store answered, and would or could not do it",
        "the line `found` holds its own words; for a registry, its operator's log says more",
        4,
    ),
    "registry-rate-limit": ("the registry has had too many requests from you", "wait, and run the command again", 4),
    "registry-size-limit": (
        "the registry, or a proxy in front of it, does not take anything of this size",
        "have its operator raise the limit (nginx: client_max_body_size)",
        4,
    ),
    "registry-conflict": (
        "somebody else changed the same thing at the same time",
        "run the command again; attest ls NAME shows what is there now",
        2,
    ),
    "referrers-contended": (
        "several writers add evidence to one version at once, and one entry kept getting lost",
        "run it again when the others are done",
        2,
    ),
    "referrers-tag-taken": (
        "the tag under which this registry keeps evidence is used for something else",
        "remove or rename the tag that the message names",
        2,
    ),
    "redirect-loop": ("the registry sends every request on to another address", _OPERATOR, 4),
    "redirect-refused": (
        "the registry sends a request on to a place that would be less safe, such as one without TLS",
        "name the registry by its real host; behind a proxy, that has to set X-Forwarded-Proto: https",
        4,
    ),
    "bad-address": ("the registry named an address that cannot be followed", _OPERATOR, 4),
    "range-unsupported": (
        "the registry cannot go on in the middle of a file",
        "run the command again: the file is fetched from its beginning",
        4,
    ),
    "endless-listing": ("the registry lists versions or evidence without coming to an end", _OPERATOR, 4),
    "too-many-referrers": (
        "there is more evidence for one version than is read or kept",
        "delete superfluous evidence in the registry, and find out who wrote it",
        4,
    ),
    "malformed-listing": ("the registry sent no list where a list was asked for", _LIES, 3),
    "malformed-manifest": (
        "a manifest, which lists the parts of a version, does not have the form it must have",
        _LIES,
        3,
    ),
    "malformed-layout": ("the list of what is in the store of this machine contradicts itself", _HAND, 3),
    "content-too-large": (
        "something is larger than a thing of its kind can be, and was not read to its end",
        "check that it is what you think; from a registry it is a reason to distrust that copy",
        3,
    ),
    "manifest-unknown": (
        "the store does not hold the manifest of this digest",
        "check the digest; attest ls NAME lists the versions that are there",
        2,
    ),
    "blob-unknown": (
        "the store does not hold a file that the version names",
        "push the version again, which adds what is missing, or fetch it from another store",
        2,
    ),
    "manifest-blob-unknown": (
        "a manifest names content that was not stored before it",
        "store the files first; attest push does it in that order",
        4,
    ),
    "media-type": ("the store does not keep things of this kind", "store OCI image manifests and indexes only", 4),
    "layout-version": (
        "the store's folder was written in a layout that this version does not know",
        "use a newer version of attest, or name another folder with ATTEST_STORE",
        4,
    ),
    "store-busy": (
        "another process holds the lock of the store",
        "wait until it is done; fuser FILE, as in the hint, shows which it is",
        4,
    ),
    "not-a-file": ("the store of this machine holds a link or something else where a file belongs", _HAND, 3),
    "not-a-folder": ("the store of this machine holds a link or something else where a folder belongs", _HAND, 3),
    "disk-full": ("there is not enough room on the disk", "free some space and run the same command again", 4),
    "cannot-write": (
        "a file or folder cannot be written",
        "check who may write there, or name another place",
        4,
    ),
}
