"""How long tests wait for services on loopback: never so short that a busy machine decides what a test finds.

An endless, broken or lying answer ends by what comes, so whoever tests one is as patient as a person (`PATIENT`). Only
silence ends by time: then the one kind of service that is silent gets little (`impatient`), and its server says nothing
for `SILENT` seconds, so that whoever waited for it would notice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from attest.signing.services import Service
from attest_registry.oci.remote_options import Timing

if TYPE_CHECKING:
    import pytest

    from attest.signing.services import Kind

PATIENT: Final = Timing(connect=30.0, idle=60.0, tries=2, budget=120.0, pause=0.01)
IMPATIENT: Final = replace(PATIENT, idle=0.3)
SILENT: Final = 60.0
_SILENCE: Final = frozenset({"slow", "drip"})


def impatient(monkeypatch: pytest.MonkeyPatch, kind: Kind) -> None:
    """Give this kind of service 0.3 s for each answer, whatever options it is asked with."""
    usual = Service.__post_init__

    def hurried(service: Service) -> None:
        usual(service)
        if service.kind is kind:
            object.__setattr__(service, "options", replace(service.options, timing=IMPATIENT))

    monkeypatch.setattr(Service, "__post_init__", hurried)


def impatient_with(monkeypatch: pytest.MonkeyPatch, kind: Kind, fault: str) -> None:
    """The same where the fault is one that only time ends."""
    if fault in _SILENCE:
        impatient(monkeypatch, kind)
