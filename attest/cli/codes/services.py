"""Codes of signing with an identity, and of the services that take part in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_WAIT: Final = "run it again; if it stays so, its operator has to look"
_ASK: Final = "the line `found` holds its own words"
_WRONG: Final = "check that this is the address of such a service, and no login page or proxy in front of it"
_CLOCK: Final = "set this machine's clock; if it is right, the service's is wrong"
_INSTANCE: Final = "give the trust configuration of the instance that signs"
_NETWORK: Final = "check the network; a proxy is taken from $HTTPS_PROXY"

SERVICES: Final[Mapping[str, tuple[str, str, int]]] = {
    "fulcio-unreachable": ("the certificate authority did not answer, or not in time", _NETWORK, 4),
    "fulcio-failed": ("the certificate authority failed each time that it was asked", _WAIT, 4),
    "fulcio-refused": ("the certificate authority would not give a certificate", _ASK, 4),
    "fulcio-answer": (
        "the certificate authority answered something that is not a certificate for what was asked",
        _WRONG,
        4,
    ),
    "rekor-unreachable": ("the transparency log did not answer, or not in time", _NETWORK, 4),
    "rekor-failed": ("the transparency log failed each time that it was asked", _WAIT, 4),
    "rekor-refused": ("the transparency log would not give a log entry", _ASK, 4),
    "rekor-answer": ("the transparency log answered something that is not a log entry for what was asked", _WRONG, 4),
    "tsa-unreachable": ("the timestamp authority did not answer, or not in time", _NETWORK, 4),
    "tsa-failed": ("the timestamp authority failed each time that it was asked", _WAIT, 4),
    "tsa-refused": ("the timestamp authority would not give a timestamp", _ASK, 4),
    "tsa-answer": ("the timestamp authority answered something that is not a timestamp for what was asked", _WRONG, 4),
    "oidc-unreachable": ("the identity provider did not answer, or not in time", _NETWORK, 4),
    "oidc-failed": ("the identity provider failed each time that it was asked", _WAIT, 4),
    "oidc-refused": ("the identity provider would not give an identity token", _ASK, 4),
    "oidc-answer": (
        "the identity provider answered something that is not an identity token for what was asked",
        _WRONG,
        4,
    ),
    "tuf-unreachable": ("the mirror of trusted roots did not answer, or not in time", _NETWORK, 4),
    "tuf-failed": ("the mirror of trusted roots failed each time that it was asked", _WAIT, 4),
    "tuf-refused": ("the mirror of trusted roots would not give a file", _ASK, 4),
    "tuf-answer": ("the mirror of trusted roots answered something that is not a file for what was asked", _WRONG, 4),
    "service-error": ("a service that takes part in signing did not do what it was asked", _ASK, 4),
    "service-unreachable": ("a service that takes part in signing did not answer", _NETWORK, 4),
    "service-refused": ("a service that takes part in signing would not do its part", _ASK, 4),
    "service-answer": ("a service that takes part in signing answered something that cannot be used", _WRONG, 4),
    "fulcio-without-sct": (
        "the certificate authority has no certificate log, and without its promise nobody believes a certificate",
        "take an instance with a certificate transparency log",
        4,
    ),
    "fulcio-not-trusted": ("the certificate does not fit the trusted root: it is another instance's", _INSTANCE, 4),
    "rekor-duplicate": (
        "the log has this entry already and does not give it out",
        "run it again: another signature is another entry",
        4,
    ),
    "clock-skew": ("this machine and the certificate authority do not agree what time it is", _CLOCK, 4),
    "tsa-clock": ("this machine and the timestamp authority do not agree what time it is", _CLOCK, 4),
    "tuf-target-missing": (
        "the mirror of trusted roots has no file of that name",
        "it is no Sigstore mirror, or an old one; ask its operator",
        4,
    ),
    "tuf-not-trusted": (
        "what the mirror serves is not signed as its pinned root demands",
        "check the mirror's address and its root.json; if both are right, treat it as an incident",
        4,
    ),
    "tuf-expired": (
        "what the mirror serves is over, and an old state could be served for ever",
        "its operator has to sign it again; if it is fresh, set this machine's clock",
        4,
    ),
    "tuf-rolled-back": (
        "the mirror serves an older state than it did before",
        "ask its operator, on another way: somebody keeps newer keys from you, or he set it up anew (docs/trust.md)",
        4,
    ),
    "tuf-other-content": ("the mirror served a file that is not the one that was signed for", _WAIT, 4),
    "tuf-mirror-missing": (
        "nothing says which mirror has the root that is pinned: it came from a file, or was changed by hand",
        "name the mirror: --mirror URL --root ROOT.json; nothing is fetched from, or signed at, the public one instead",
        2,
    ),
    "bad-tuf-root": (
        "what is given as the root of a mirror is no TUF root.json",
        "get root.json from the mirror's operator; trusted_root.json is another file",
        2,
    ),
    "tuf-root-missing": (
        "nothing says which root a mirror has to begin with",
        "get root.json from its operator, on another way than from the mirror",
        2,
    ),
    "bad-service-address": (
        "the address of a service is none",
        "write it with https:// and a host, and without a user name",
        2,
    ),
    "service-without-tls": (
        "a service on another machine would be asked without TLS, and identity tokens could be read on the way",
        "use its https address",
        2,
    ),
    "bad-trust-config": (
        "the file, or the mirror, does not say in a usable way which Sigstore signs",
        "the line `found` says what is wrong; it has to be a client trust configuration",
        2,
    ),
    "trust-config-not-found": ("there is no such trust configuration", "check its path", 2),
    "no-credential": (
        "there is no identity to sign with, nor anybody to ask for one",
        "the line `looked in` names the places; sign with a key, or give the job an identity",
        2,
    ),
    "broken-credential": (
        "there is an identity token, and it cannot be used",
        "the lines below say where it came from and what is wrong; it is never shown itself",
        2,
    ),
    "token-audience": (
        "the identity token was made for somebody else than Sigstore",
        "ask its issuer for one with the audience `sigstore`",
        2,
    ),
    "token-expired": ("the identity token is over", "get a new one, or check this machine's clock", 2),
    "token-not-yet-valid": ("the identity token has not begun yet", _CLOCK, 2),
    "signing-certificate-expired": (
        "the signing certificate, which lives ten minutes, ended before all was signed",
        "run it again: a new one is asked for",
        2,
    ),
    "key-not-loggable": (
        "the log does not take signatures of this kind of key",
        "sign with a P-256 key, or without a log",
        2,
    ),
    "login-failed": (
        "the login at the identity provider did not succeed",
        "run it again, and allow it in the browser",
        2,
    ),
}
