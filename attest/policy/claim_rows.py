"""The keys of a policy document about evaluations, approvals and scans: rows for `key_rows.py`."""

from __future__ import annotations

from typing import Final

from attest.policy.keys import Key, Shape

_DIGEST: Final = "sha256:[0-9a-f]{64}"
_LENGTH: Final = "[1-9][0-9]{0,4}[mhd]"
_BY: Final = "identities or roles whose claims count"
_AT: Final = ("promotion", "use")


def _key(path: str, about: str, *shapes: Shape, required: bool = False, words: tuple[str, ...] = ()) -> Key:
    return Key(path=path, about=about, shapes=shapes, words=words, required=required)


def _label(path: str, about: str) -> Key:
    return Key(path=path, about=about, shapes=(Shape.LABEL,))


def _text(path: str, about: str, *, required: bool = False, pattern: str | None = None) -> Key:
    return Key(path=path, about=about, shapes=(Shape.TEXT,), required=required, pattern=pattern)


def _age(path: str) -> tuple[Key, ...]:
    return (
        _text(f"{path}.max-age", "how old the youngest of them may be: `90d`, `24h`", pattern=_LENGTH),
        _key(f"{path}.at", "as of when that is judged; `promotion` when left out", Shape.WORD, words=_AT),
    )


_EVALUATIONS: Final = (
    _key("require.evaluations", "evaluations that passed", Shape.ENTRIES),
    _key("require.evaluations[].by", _BY, Shape.PERSONS, required=True),
    _label("require.evaluations[].metric", "name of the number that they have to have measured"),
    _text("require.evaluations[].dataset", "on which data; on any, when left out", pattern=_DIGEST),
    _key("require.evaluations[].slice", "on which part of them, as named values", Shape.NAMED),
    _label("require.evaluations[].slice.*", "the value, exact"),
    _key("require.evaluations[].minimum", "the least that is good enough, exact", Shape.NUMBER),
    _key("require.evaluations[].maximum", "the most that is good enough, exact", Shape.NUMBER),
    _key("require.evaluations[].no-regression", "not worse than another version", Shape.KEYS),
    _text("require.evaluations[].no-regression.against", "the alias that points at it", required=True),
    Key(
        path="require.evaluations[].no-regression.by-at-most",
        about="by how much it may be worse all the same; not at all, when left out",
        shapes=(Shape.NUMBER,),
        least=0,
    ),
    _key(
        "require.evaluations[].no-regression.better",
        "which way the number gets better, where the evaluations do not say it",
        Shape.WORD,
        words=("higher", "lower"),
    ),
    *_age("require.evaluations[]"),
)

_APPROVALS: Final = (
    _key("require.approvals", "approvals by people who did not publish the version", Shape.ENTRIES),
    _key("require.approvals[].by", _BY, Shape.PERSONS, required=True),
    Key(
        path="require.approvals[].count",
        about="by how many different people; 1 when left out",
        shapes=(Shape.WHOLE,),
        least=1,
        most=20,
    ),
    _key("require.approvals[].meaning", "what the signature has to stand for, word for word", Shape.TEXTS),
    _label("require.approvals[].alias", "the use for which it is asked, such as `production`"),
    _key(
        "require.approvals[].covers",
        "what the reviewer has to have had before him: a claim for each that is `demanded`, of these kinds, or none",
        Shape.WORD,
        Shape.TEXTS,
        words=("demanded", "version"),
    ),
    _key("require.approvals[].at", "as of when an approval may have run out", Shape.WORD, words=_AT),
)

_SCANS: Final = (
    _key("require.scans", "scans for vulnerabilities, or for code in files", Shape.ENTRIES),
    _key("require.scans[].by", _BY, Shape.PERSONS, required=True),
    _label("require.scans[].scanner", "name of the tool, or its URI without a version; any, when left out"),
    _label("require.scans[].minimum-version", "the oldest version of the tool that will do"),
    _key("require.scans[].findings", "how many findings there may be, by severity", Shape.KEYS),
    *(
        Key(path=f"require.scans[].findings.{word}", about=f"that are {word} or worse", shapes=(Shape.WHOLE,), least=0)
        for word in ("critical", "high", "medium", "low", "none")
    ),
    *_age("require.scans[]"),
)

_BOM: Final = (
    _key(
        "require.ml-bom.profile",
        "that it fills in every field of the profile that an ML-BOM can",
        Shape.WORDS,
        words=("g7", "eu-annex-iv"),
    ),
    _key("require.ml-bom.licences", "licences, as SPDX expressions; an unknown one is never allowed", Shape.KEYS),
    _key("require.ml-bom.licences.allow", "these alone; of `OR` one is chosen, with `AND` all hold", Shape.TEXTS),
    _key("require.ml-bom.licences.deny", "never these, in whatever later version or with what exception", Shape.TEXTS),
    _key("require.ml-bom.licences.of", "whose; of both, when left out", Shape.WORDS, words=("model", "datasets")),
    _key(
        "require.ml-bom.datasets",
        "that each has a licence, somebody who answers for it, and a statement on personal data",
        Shape.WORD,
        words=("governed",),
    ),
)

_BUILD: Final = (
    _key("require.provenance.build-type", "URIs of build types, one of which is stated", Shape.TEXTS),
    _key("require.provenance.source.branch", "names or patterns; the code is of one of them, or of a tag", Shape.TEXTS),
    _key("require.provenance.source.tag", "names or patterns; the code is of one of them, or of a branch", Shape.TEXTS),
    Key(
        path="require.provenance.level",
        about="the SLSA build level, as the identity that signed it gives it",
        shapes=(Shape.WHOLE,),
        least=1,
        most=3,
    ),
)

ROWS: Final = (*_BUILD, *_BOM, *_EVALUATIONS, *_APPROVALS, *_SCANS)
