"""A short run of the fuzzer with a fixed seed, and the inputs that it has found faults with."""

from __future__ import annotations

import base64
import random

import pytest

from tests.properties.fuzz import fault_in, inputs
from tests.properties.targets import Target, targets

TARGETS = {target.name: target for target in targets()}
NAMELESS = (  # a zip archive with a member without a name: `ZipInfo.is_dir` fails at it
    "UEsDBBQAAAAAAAAAIQCDFtyMAQAAAAEAAAAAAAAAeFBLAQIUABQAAAAAAAAAIQCDFtyMAQAAAAEAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAABQSwUGAAAAAAEAAQAuAAAAHwAAAAAA"
)
FOUND: list[tuple[str, str]] = [("any-format", NAMELESS)]
"""Door and input, base64, of faults that were found and mended."""


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_good_input_is_taken(target: Target) -> None:
    assert target.seeds
    for seed in target.seeds:
        if target.good:
            target.call(seed)
        assert fault_in(target, seed) is None


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_what_is_nearly_right_gives_a_value_or_one_of_our_errors(target: Target) -> None:
    chance = random.Random(20261120)  # noqa: S311  # tries inputs, keeps no secret
    for data in inputs(target, chance, 150):
        fault = fault_in(target, data)
        assert fault is None, f"{fault!r} for {base64.b64encode(data).decode()}"


@pytest.mark.parametrize(("name", "text"), FOUND)
def test_a_fault_that_was_found_stays_mended(name: str, text: str) -> None:
    assert fault_in(TARGETS[name], base64.b64decode(text)) is None
