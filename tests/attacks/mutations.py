"""Row of the threat table → attack → test → the checks that stop it, in the order in which they are taken out.

The first check alone has to make the test fail, or, where others would stop the attack as well, the first few together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.attacks import log_mutations
from tests.attacks.lines import content, loading, proofs_of_signing, statements

if TYPE_CHECKING:
    from collections.abc import Mapping

TABLE: Final = (
    *content.LINES,
    *loading.LINES,
    *proofs_of_signing.LINES,
    *statements.LINES,
    *log_mutations.LINES,
)

NOT_HERE: Final[Mapping[int, str]] = {
    30: "out of scope: who is the same user on the same host can do all that we can",
}
"""Row of the threat table that has no line → why."""
