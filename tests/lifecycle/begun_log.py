"""A log of four events, and the code with which a machine refuses what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from attest.claims.log_state import RoleName
from attest.errors import LogBroken
from tests.lifecycle.house import House, grant, promote, register

if TYPE_CHECKING:
    from attest.lifecycle.log import Log


def begun(house: House) -> Log:
    """Two versions, the second in production, bob may promote."""
    house.write(register(1, "1.0.0"))
    house.write(grant(RoleName.APPROVER, house.alice, house.bob))
    house.write(register(2))
    return house.write(promote(2), by=house.bob)


def refused(house: House, machine: str = "own", **more: Any) -> str:
    with pytest.raises(LogBroken) as caught:
        house.read(machine, **more)
    assert caught.value.exit_status == 3
    return caught.value.code
