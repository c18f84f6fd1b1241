"""The keys of a policy about verdicts of others: see `summaries.py`."""

from __future__ import annotations

from typing import Final

from attest.policy.keys import Key, Shape

ROWS: Final = (
    Key(path="vsa", about="whose fresh verdict stands in for the whole evaluation", shapes=(Shape.KEYS,)),
    Key(
        path="vsa.by",
        about="identities or roles of which one has to have signed the verdict",
        shapes=(Shape.PERSONS,),
        required=True,
    ),
    Key(path="vsa.verifier", about="URIs of which the verdict names one as its verifier", shapes=(Shape.TEXTS,)),
    Key(
        path="vsa.policy",
        about="`same`, or the digest of the policy that it was given under",
        shapes=(Shape.WORD, Shape.TEXT),
        words=("same",),
        pattern="sha256:[0-9a-f]{64}",
        required=True,
    ),
    Key(
        path="vsa.max-age",
        about="how old it may be: `15m`, `24h`, `7d`",
        shapes=(Shape.TEXT,),
        pattern="[1-9][0-9]{0,4}[mhd]",
        required=True,
    ),
)
