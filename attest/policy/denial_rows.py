"""The keys of a policy document about what no longer counts and what need not hold: rows for `key_rows.py`."""

from __future__ import annotations

from typing import Final

from attest.policy.keys import Key, Shape

_DIGEST: Final = "sha256:[0-9a-f]{64}"


def _text(path: str, about: str, *, required: bool = False, pattern: str | None = None) -> Key:
    return Key(path=path, about=about, shapes=(Shape.TEXT,), required=required, pattern=pattern)


_DENY: Final = (
    Key(path="deny", about="what no longer counts; each entry names one thing", shapes=(Shape.ENTRIES,)),
    _text("deny[].manifest", "a version, by its manifest digest", pattern=_DIGEST),
    _text("deny[].dataset", "a dataset, by its digest", pattern=_DIGEST),
    _text("deny[].key", "what a public key signed, by its fingerprint", pattern=_DIGEST),
    _text("deny[].claim", "one claim, by the digest of its signed words", pattern=_DIGEST),
    Key(path="deny[].identity", about="what the holder of a certificate signed", shapes=(Shape.KEYS,)),
    _text("deny[].identity.issuer", "who vouched for his login; none for a private authority's"),
    _text("deny[].identity.subject", "his name, exact", required=True),
    Key(path="deny[].log-index", about="one entry of a transparency log", shapes=(Shape.WHOLE,), least=0),
    Key(
        path="deny[].since",
        about="from when on; signatures of a key or identity that are proven to be older stay",
        shapes=(Shape.TIME,),
        required=True,
    ),
    _text("deny[].reason", "why, for people", required=True),
    Key(
        path="deny[].scope",
        about="whether it goes for what was made from it too; so it does for versions and datasets when left out",
        shapes=(Shape.WORD,),
        words=("self", "descendants"),
    ),
)

_REVOCATIONS: Final = (
    Key(
        path="revocations", about="the signed feed of revocations; without it nothing is allowed", shapes=(Shape.KEYS,)
    ),
    Key(
        path="revocations.by",
        about="identities or roles of which one has to have signed it",
        shapes=(Shape.PERSONS,),
        required=True,
    ),
    Key(path="revocations.file", about="its newest issue, a Sigstore bundle", shapes=(Shape.FILE,)),
    _text("revocations.ref", "instead: where it is in a store, under the tag `attest-revocations`"),
    Key(
        path="revocations.min-sequence",
        about="lowest number that counts, for hosts that keep nothing between runs",
        shapes=(Shape.WHOLE,),
        least=1,
    ),
)

_EXCEPTIONS: Final = (
    Key(path="exceptions", about="rules that one version need not meet, for a time", shapes=(Shape.ENTRIES,)),
    _text("exceptions[].name", "what verdicts call it", required=True),
    _text("exceptions[].rule", "which rule, as verdicts call it", required=True),
    _text("exceptions[].digest", "which version, by its manifest digest", required=True, pattern=_DIGEST),
    _text("exceptions[].owner", "on whose account", required=True),
    _text("exceptions[].reason", "why, for people", required=True),
    Key(path="exceptions[].expires", about="until when; a day is the whole of it", shapes=(Shape.TIME,), required=True),
)

ROWS: Final = (*_DENY, *_REVOCATIONS, *_EXCEPTIONS)
