"""Which schema this version of attest has."""

from __future__ import annotations

from typing import Final

REVISIONS: Final = ("0001", "0002")
"""From the first to that of this version; a test compares them with the migrations."""

HEAD: Final = REVISIONS[-1]
VERSION_TABLE: Final = "attest_schema"
