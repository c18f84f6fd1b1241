"""Every key of a file of cases, as for policies (`attest.policy.keys`)."""

from __future__ import annotations

from typing import Final

from attest.claims.predicates import WORDS
from attest.model.manifest import FileKind
from attest.policy.keys import Key, Shape, Table

KIND: Final = "PolicyCases"
ALLOWED: Final = "allowed"
NONE: Final = "none"
STRANGER: Final = "stranger"
"""Somebody whom the policy does not name; so are `stranger-2` and the like."""

TYPES: Final = {word.lower().replace(" ", "-"): uri for uri, word in WORDS.items()}
_URI: Final = "[A-Za-z][A-Za-z0-9+.-]*:.+"


def _key(path: str, about: str, *shapes: Shape, required: bool = False, words: tuple[str, ...] = ()) -> Key:
    return Key(path=path, about=about, shapes=shapes, words=words, required=required)


def _said(at: str) -> tuple[Key, ...]:
    """What a version is, or what a claim says that it is."""
    return (
        _key(f"{at}.model", "the model's name", Shape.TEXT),
        _key(f"{at}.files", "path → kind of file", Shape.NAMED),
        _key(f"{at}.files.*", "its kind", Shape.WORD, Shape.KEYS, words=(*(kind.value for kind in FileKind), NONE)),
        _key(f"{at}.files.*.kind", "its kind", Shape.WORD, words=tuple(kind.value for kind in FileKind), required=True),
        _key(f"{at}.files.*.content", "what is in it; two texts are two digests", Shape.TEXT),
        Key(path=f"{at}.files.*.parameters", about="how many, by its header", shapes=(Shape.WHOLE,), least=1),
        _key(f"{at}.files.*.code", "that it can run code; so can pickles and programs", Shape.TRUE),
        _key(f"{at}.made", "how it came to be, with the keys of a training record", Shape.ANY),
        _key(f"{at}.built", "who ran it", Shape.KEYS),
        _key(f"{at}.built.builder", "URI of the builder", Shape.TEXT),
        _key(f"{at}.built.commit", "how the code stood", Shape.WORD, words=("clean", "changed", "unknown")),
        _key(f"{at}.built.finished", "when, by the builder's words", Shape.TIME),
    )


def _version(at: str) -> tuple[Key, ...]:
    claim = f"{at}.claims.*"
    return (
        *_said(at),
        _key(f"{at}.proven", "when the claims are proven to have been signed", Shape.TIME, Shape.WORD, words=(NONE,)),
        _key(f"{at}.claims", "name → who says it; signature, provenance and ml-bom need no type", Shape.NAMED),
        _key(claim, "who signed it, or none", Shape.TEXT, Shape.KEYS),
        _key(f"{claim}.by", "an identity or role of the policy, or a stranger", Shape.PERSONS),
        Key(
            path=f"{claim}.type",
            about="which kind of claim",
            shapes=(Shape.WORD, Shape.TEXT),
            words=tuple(TYPES),
            pattern=_URI,
        ),
        _key(f"{claim}.proven", "as above, for this claim", Shape.TIME, Shape.WORD, words=(NONE,)),
        _key(
            f"{claim}.about", "which version it is about", Shape.WORD, words=("version", "other-version", "other-model")
        ),
        _key(f"{claim}.spoilt", "that its signature does not fit", Shape.TRUE),
        _key(
            f"{claim}.reviews",
            "for approvals: names of the claims that the reviewer lists; all others when left out, or none",
            Shape.TEXTS,
            Shape.WORD,
            words=(NONE,),
        ),
        _key(f"{claim}.says", "its predicate, for all other kinds", Shape.ANY),
        *_said(claim),
    )


def _scene(at: str) -> tuple[Key, ...]:
    return (
        *_version(at),
        _key(f"{at}.now", "when it is judged", Shape.TIME),
        _key(f"{at}.promoted", "when it was promoted to the use that is judged", Shape.TIME, Shape.WORD, words=(NONE,)),
        _key(f"{at}.aliases", "alias → the ancestor that it points at", Shape.NAMED),
        _key(f"{at}.aliases.*", "name of an ancestor, or none", Shape.TEXT),
        _key(f"{at}.ancestors", "name → version that others were made from: `ref: NAME` in `made`", Shape.NAMED),
        _key(f"{at}.ancestors.*", "a version, or none", Shape.KEYS, Shape.WORD, words=(NONE,)),
        *_version(f"{at}.ancestors.*"),
        _key(f"{at}.revocations", "the newest issue of the feed, or none", Shape.KEYS, Shape.WORD, words=(NONE,)),
        _key(f"{at}.revocations.by", "who signed it", Shape.TEXT),
        Key(path=f"{at}.revocations.sequence", about="its number", shapes=(Shape.WHOLE,), least=1),
        _key(f"{at}.revocations.issued", "from when it is", Shape.TIME),
        _key(f"{at}.revocations.expires", "until when it goes", Shape.TIME),
        _key(f"{at}.revocations.revoked", "ancestors, or `version`", Shape.TEXTS),
        *_log(f"{at}.log"),
    )


def _log(at: str) -> tuple[Key, ...]:
    return (
        _key(at, "the log of the model, after it was verified; or none", Shape.KEYS, Shape.WORD, words=(NONE,)),
        _key(f"{at}.alias", "the alias that led to the version, or none; `production` when left out", Shape.TEXT),
        _key(f"{at}.begun-by", "who signed its first event", Shape.TEXT),
        _key(f"{at}.admins", "who are its admins now; who began it when left out", Shape.PERSONS),
        _key(f"{at}.digest", "of its first event", Shape.TEXT),
        _key(f"{at}.environment", "which registry it is of", Shape.TEXT),
        Key(path=f"{at}.sequence", about="number of its newest event", shapes=(Shape.WHOLE,), least=1),
        _key(f"{at}.first-use", "that the host had never seen it", Shape.TRUE),
        _key(f"{at}.checkpoint", "the checkpoint beside it, or none", Shape.KEYS, Shape.WORD, words=(NONE,)),
        _key(f"{at}.checkpoint.by", "who signed it", Shape.TEXT),
        Key(path=f"{at}.checkpoint.sequence", about="of which event", shapes=(Shape.WHOLE,), least=1),
        _key(f"{at}.checkpoint.issued", "from when it is", Shape.TIME),
        _key(f"{at}.checkpoint.expires", "until when it goes", Shape.TIME),
        _key(f"{at}.checkpoint.about", "which branch of the log", Shape.WORD, words=("log", "other-branch")),
    )


TABLE: Final = Table(
    (
        _key("apiVersion", "the version", Shape.WORD, words=("attest/v1",), required=True),
        _key("kind", "that it holds cases", Shape.WORD, words=(KIND,), required=True),
        _key("policy", "the policy; the one of the same name beside it when left out", Shape.FILE),
        _key("description", "for people", Shape.TEXT),
        _key("given", "what every case starts from", Shape.KEYS),
        *_scene("given"),
        _key("cases", "the cases; each says what differs from what is given", Shape.ENTRIES, required=True),
        _key("cases[].name", "what it shows", Shape.TEXT, required=True),
        _key(
            "cases[].expect", "`allowed`, or the codes with which it is denied", Shape.WORD, Shape.TEXTS,
            words=(ALLOWED,), required=True,
        ),
        *_scene("cases[]"),
    )
)  # fmt: skip
"""All keys of a file of cases."""
