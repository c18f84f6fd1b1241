"""Codes about model cards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

CARDS: Final[Mapping[str, tuple[str, str, int]]] = {
    "card-edited": (
        "somebody changed text inside a generated section of a model card, where it would be lost",
        "move the text below the line `attest:end` of that section, take the section out, and make the card anew",
        2,
    ),
    "card-markers": (
        "a line that begins or ends a generated section of a model card is damaged, missing, or there twice",
        "write the two lines as they were, or take the section out with both of them: it is written anew",
        2,
    ),
    "card-front-matter": (
        "the front matter of a model card cannot be read in one way, or says itself what is generated there",
        "take out the key that is named; keys of your own, such as language and tags, stay",
        2,
    ),
    "card-not-verified": (
        "a claim that the model card needs does not count, or two of them contradict each other",
        "read the line `found`; attest show REF --key PUBLIC_KEY lists every claim and why it does not hold",
        1,
    ),
    "card-missing": (
        "somebody signed a model card, and the store does not have its bytes",
        "ask whoever keeps the registry what removed them; attest card REF --sign stores a card again",
        3,
    ),
    "card-outdated": (
        "claims about the version were signed that the signed model card was not made from",
        "make and sign the card anew: attest card REF --edits OLD.md --sign --key PUBLIC_KEY",
        0,
    ),
}
