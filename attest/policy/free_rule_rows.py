"""The keys of a policy about rules in CEL: see `free_rules.py`."""

from __future__ import annotations

from typing import Final

from attest.policy.keys import Key, Shape

ROWS: Final = (
    Key(path="rules", about="rules of your own in CEL, for what no other key asks", shapes=(Shape.ENTRIES,)),
    Key(path="rules[].name", about="what findings call it, below `rules/`", shapes=(Shape.TEXT,), required=True),
    Key(path="rules[].cel", about="an expression that gives true where it holds", shapes=(Shape.TEXT,), required=True),
    Key(path="rules[].message", about="what has to hold, for people", shapes=(Shape.TEXT,), required=True),
)
