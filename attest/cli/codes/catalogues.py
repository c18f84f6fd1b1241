"""Codes about the catalogue: the index over events and facts, and what is asked of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_AGAIN: Final = "read the model's history, decide again with what it says now, and run the command again"
_ANEW: Final = "make the catalogue anew from the stores; nothing but unsigned notes lives in it alone"

CATALOGUES: Final[Mapping[str, tuple[str, str, int]]] = {
    "bad-catalogue": (
        "the address of the catalogue cannot be one",
        "write a path, sqlite:////PATH or postgresql+psycopg://USER@HOST/NAME in ATTEST_CATALOGUE",
        2,
    ),
    "bad-filter": (
        "a filter or an order of a search cannot be one",
        "the message names the position; filters look like: metrics.accuracy > 0.95 and alias = 'production'",
        2,
    ),
    "bad-limit": ("this is no number of lines that a page can have", "write a number from 1 to 10,000", 2),
    "bad-page-token": (
        "the page token was not given out for this query, or was changed",
        "leave it out to begin with the first page, and keep filter and order the same from page to page",
        2,
    ),
    "bad-note": (
        "a tag or annotation cannot be kept as it is written",
        "keys have 1 to 255 bytes, values at most 5,000, and neither holds characters that no text has",
        2,
    ),
    "catalogue-behind": (
        "the store holds events of the model that the catalogue does not know, or they do not follow each other",
        _ANEW,
        2,
    ),
    "catalogue-busy": (
        "another process has been writing to the catalogue for too long",
        "wait until it is done, and run the same command again",
        4,
    ),
    "catalogue-damaged": ("the catalogue's file is no database, or is damaged", f"move it away; {_ANEW}", 4),
    "catalogue-foreign": (
        "the database is no catalogue, or holds tables of something else",
        "give the catalogue a database of its own, and name it in ATTEST_CATALOGUE",
        4,
    ),
    "catalogue-fork": (
        "the catalogue holds another event at the same place of the model's log: two logs go by one name",
        f"find out which log is the right one; {_ANEW}",
        2,
    ),
    "catalogue-full": ("there is no room left for the catalogue", "free some space and run the same command again", 4),
    "catalogue-newer": (
        "a newer version of attest wrote the catalogue",
        "use that version of attest, or name another catalogue in ATTEST_CATALOGUE",
        2,
    ),
    "catalogue-older": (
        "an older version of attest wrote the catalogue",
        "bring it up to this version; older ones cannot use it from then on",
        2,
    ),
    "catalogue-read-only": (
        "the catalogue can be read and not written",
        "check who may write there, or name another catalogue in ATTEST_CATALOGUE",
        4,
    ),
    "catalogue-refused": (
        "the database refused what it was asked",
        "the line `found` holds its own words; its log says more",
        4,
    ),
    "catalogue-unauthorised": (
        "the database did not let you in, or does not let you do this",
        "check user and password in ATTEST_CATALOGUE; its operator grants rights to the tables",
        4,
    ),
    "catalogue-unreachable": (
        "the catalogue is not there, or its server did not answer; that is never taken for empty",
        "check ATTEST_CATALOGUE, and that the server runs",
        4,
    ),
    "catalogue-version-differs": ("a version's number stands for another manifest in the catalogue", _ANEW, 2),
    "catalogue-version-unknown": ("an event names a version that the catalogue does not know", _ANEW, 2),
    "log-conflict": ("somebody else wrote to the model's log at the same time, and was first", _AGAIN, 2),
    "log-reserved": (
        "somebody else is writing to the model's log and is not done",
        "wait a little; a writer that crashed loses its place by itself",
        2,
    ),
}
