"""The error that evidence of a version is refused with, where keys are trusted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from attest.errors import AttestError
from attest.verify.verifier import verify
from tests.verify.evidence import MODEL, Version

if TYPE_CHECKING:
    from collections.abc import Sequence

    from attest.evidence.evidence import Evidence
    from attest.trust.identity import TrustedKey


def refusal(evidence: Evidence, version: Version, keys: Sequence[TrustedKey], **values: Any) -> AttestError:
    """The error that the evidence is refused with; the honest version of the same evidence is accepted elsewhere."""
    with pytest.raises(AttestError) as caught:
        verify(evidence, artefact=version.artefact, model=MODEL, keys=keys, **values)
    assert caught.value.exit_status in {1, 3}
    return caught.value
