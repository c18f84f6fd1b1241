"""The keys of a policy about the log of a model: see `log_demand.py`."""

from __future__ import annotations

from typing import Final

from attest.policy.keys import Key, Shape

ROWS: Final = (
    Key(
        path="log",
        about="which log of the model is meant, and how fresh it has to be where an alias led to the version",
        shapes=(Shape.KEYS,),
    ),
    Key(
        path="log.digest",
        about="this very log, by the digest of its first event",
        shapes=(Shape.TEXT,),
        pattern="sha256:[0-9a-f]{64}",
    ),
    Key(
        path="log.admins",
        about="identities or roles of which one began it, or who are all of its admins; the role `admin` when left out",
        shapes=(Shape.PERSONS,),
    ),
    Key(path="log.environment", about="which registry it is of, as its events name it", shapes=(Shape.TEXT,)),
    Key(
        path="log.checkpoint",
        about="that somebody signed lately where its head is; asked where an alias led to the version",
        shapes=(Shape.KEYS,),
    ),
    Key(
        path="log.checkpoint.by",
        about="identities or roles of which one has to have signed it",
        shapes=(Shape.PERSONS,),
        required=True,
    ),
    Key(
        path="log.checkpoint.max-age",
        about="how old it may be: `15m`, `24h`, `7d`; until it expires when left out",
        shapes=(Shape.TEXT,),
        pattern="[1-9][0-9]{0,4}[mhd]",
    ),
    Key(
        path="log.witnesses",
        about="identities or roles whose checkpoint must not contradict it, whoever has to have signed one",
        shapes=(Shape.PERSONS,),
    ),
    Key(
        path="log.min-sequence",
        about="lowest number of its newest event, for hosts that keep nothing between runs",
        shapes=(Shape.WHOLE,),
        least=1,
    ),
)
