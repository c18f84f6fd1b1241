"""Every stable code: what it means, what to do, and the exit status that it usually ends with (0 for warnings)."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from attest.cli.codes.ancestry import ANCESTRY
from attest.cli.codes.bundles import BUNDLES
from attest.cli.codes.cards import CARDS
from attest.cli.codes.catalogues import CATALOGUES
from attest.cli.codes.certificates import CERTIFICATES
from attest.cli.codes.claims import CLAIMS
from attest.cli.codes.evidence import EVIDENCE
from attest.cli.codes.files import FILES
from attest.cli.codes.keys import KEYS
from attest.cli.codes.log_policy import LOG_POLICY
from attest.cli.codes.logs import LOGS
from attest.cli.codes.policies import POLICIES
from attest.cli.codes.records import RECORDS
from attest.cli.codes.services import SERVICES
from attest.cli.codes.stores import STORES
from attest.cli.codes.typed import TYPED

if TYPE_CHECKING:
    from collections.abc import Mapping

CODES: Final[Mapping[str, tuple[str, str, int]]] = MappingProxyType(
    {
        **TYPED,
        **KEYS,
        **FILES,
        **RECORDS,
        **EVIDENCE,
        **BUNDLES,
        **CERTIFICATES,
        **POLICIES,
        **ANCESTRY,
        **CLAIMS,
        **SERVICES,
        **STORES,
        **LOGS,
        **CATALOGUES,
        **LOG_POLICY,
        **CARDS,
    }
)
"""Code → (what it means, what to do, exit status). A test holds it against what the source raises."""
