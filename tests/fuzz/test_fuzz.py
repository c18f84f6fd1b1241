"""The kept inputs, and the fuzzer itself: what it is told, what it finds, and what it says where atheris is missing."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from attest.errors import AttestError
from tests.fuzz.corpus import KEPT, ROOT, edges, kept, smallest
from tests.fuzz.lines import MODULES
from tests.fuzz.plan import REQUIRED, Plan, UnknownTarget
from tests.properties.fuzz import fault_in
from tests.properties.targets import Target, targets

if TYPE_CHECKING:
    from pathlib import Path

TARGETS = {target.name: target for target in targets()}
NAMES = ("bundle", "statement", "trusted-root", "manifest", "reference", "policy")
BLIND = "import runpy, sys; sys.modules['atheris'] = None; runpy.run_module('tests.fuzz', run_name='__main__')"
PLANTED = """
import sys, atheris
from tests.fuzz import guided
from tests.fuzz.plan import Plan
from tests.properties.targets import Target

@atheris.instrument_func
def call(data):
    if len(data) > 3 and data[0] == 0x21 and data[1] == 0x3F and data[2] == 0x2A:
        {fault}

targets = {{"planted": Target(name="planted", seeds=(b"aaaa",), call=call)}}
plan = Plan.of({{"FUZZ_TARGETS": "all", "FUZZ_SEED": "1", "FUZZ_SECONDS": "60"}}, ["planted"])
(outcome,) = guided.fuzz(atheris, targets, plan)
sys.stdout.write(outcome.story())
sys.exit(1 if outcome.status else 0)
"""


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    plain = {name: value for name, value in os.environ.items() if not name.startswith("FUZZ_")}
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=plain | environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("name", REQUIRED)
def test_inputs_are_kept_and_named_by_their_digest(name: str) -> None:
    assert kept(name)
    for path in kept(name):
        assert path.name == hashlib.sha256(path.read_bytes()).hexdigest()


def test_what_is_kept_is_small_and_of_a_target() -> None:
    assert {path.name for path in KEPT.iterdir()} <= set(TARGETS)
    assert sum(path.stat().st_size for path in KEPT.rglob("*")) < 1_000_000


@pytest.mark.parametrize("name", sorted(path.name for path in KEPT.iterdir()))
def test_a_kept_input_gives_a_value_or_one_of_our_errors(name: str) -> None:
    for path in kept(name):
        fault = fault_in(TARGETS[name], path.read_bytes())
        assert fault is None, f"{fault!r} for {path}"


def test_the_five_have_modules_to_measure() -> None:
    assert set(REQUIRED) <= set(MODULES) <= set(TARGETS)


def test_the_smallest_inputs_that_reach_everything_are_kept() -> None:
    one, two, three = ("a.py", 1, 2), ("a.py", 2, 3), ("a.py", 3, 4)
    inputs = [
        (b"1", frozenset({one})),
        (b"22", frozenset({one})),
        (b"333", frozenset({two})),
        (b"4444", frozenset({one, two, three})),
    ]
    assert smallest(inputs[:3]) == [b"333", b"1"]
    assert smallest(inputs) == [b"4444"]


def test_edges_differ_where_ways_differ() -> None:
    target = TARGETS["reference"]
    good, bad = edges(target, b"acme/model:1", fault_in), edges(target, b"../x", fault_in)
    assert good
    assert bad
    assert good != bad


def test_each_target_has_ten_minutes_unless_somebody_says_otherwise() -> None:
    plan = Plan.of({}, NAMES)
    assert (plan.targets, plan.seconds, plan.together, plan.runs) == (REQUIRED, 600, False, 0)
    assert plan.share(done=4, started=0) == 600


def test_time_for_all_is_divided() -> None:
    plan = Plan.of({"FUZZ_TARGETS": "all", "FUZZ_SECONDS_IN_ALL": "60", "FUZZ_SEED": "7"}, NAMES)
    assert (len(plan.targets), plan.seconds, plan.total, plan.seed) == (6, 10, 60, 7)
    assert plan.share(done=5, started=time.monotonic()) == pytest.approx(60, abs=1)
    assert str(plan).startswith("FUZZ_SEED=7 FUZZ_SECONDS_IN_ALL=60 FUZZ_TARGETS=")


def test_where_inputs_are_counted_a_slow_target_may_have_all_that_is_left() -> None:
    plan = Plan.of({"FUZZ_TARGETS": "all", "FUZZ_SECONDS_IN_ALL": "60", "FUZZ_RUNS": "1000"}, NAMES)
    assert plan.share(done=0, started=time.monotonic()) == pytest.approx(60, abs=1)
    assert plan.share(done=1, started=time.monotonic() - 50) == pytest.approx(10, abs=1)


def test_a_target_that_does_not_exist_is_refused() -> None:
    with pytest.raises(UnknownTarget, match="bundel: not a target"):
        Plan.of({"FUZZ_TARGETS": "bundle bundel"}, NAMES)


def test_without_atheris_the_blind_fuzzer_runs_and_says_so() -> None:
    done = run("-c", BLIND, FUZZ_TARGETS="reference", FUZZ_RUNS="100", FUZZ_SEED="1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "atheris is not there" in done.stdout
    assert "the blind fuzzer runs instead" in done.stdout
    assert "100  reference" in done.stdout


def test_without_atheris_an_unknown_target_is_refused() -> None:
    done = run("-c", BLIND, FUZZ_TARGETS="bundel")
    assert done.returncode == 2
    assert "FUZZ_TARGETS: bundel: not a target" in done.stdout


def test_memory_above_the_bound_is_a_finding() -> None:
    done = run(
        "-c",
        "from tests.properties.fuzz import fault_in\n"
        "from tests.properties.targets import Target\n"
        "call = lambda data: len(b'x' * (400 << 20))\n"
        "print(repr(fault_in(Target(name='large', seeds=(b'',), call=call), b'')))",
    )
    assert done.stdout.startswith("TooLarge("), done.stderr


def test_an_error_with_an_internal_status_is_a_finding() -> None:
    def call(_: bytes) -> None:
        raise AttestError("broken")

    assert isinstance(fault_in(Target(name="broken", seeds=(b"",), call=call), b""), AttestError)


@pytest.mark.parametrize("fault", ["raise KeyError(data)", "while True: pass"], ids=["error", "time"])
def test_coverage_leads_to_a_planted_fault(fault: str, tmp_path: Path) -> None:
    pytest.importorskip("atheris", reason="atheris is not installed: make fuzz")
    done = run("-c", PLANTED.format(fault=fault), FUZZ_FOLDER=str(tmp_path))
    assert done.returncode == 1, done.stdout + done.stderr
    assert "tests.fuzz try planted" in done.stdout


def test_the_same_seed_tries_the_same_inputs(tmp_path: Path) -> None:
    pytest.importorskip("atheris", reason="atheris is not installed: make fuzz")
    rows = []
    said = {"FUZZ_TARGETS": "reference", "FUZZ_RUNS": "500", "FUZZ_SEED": "1", "FUZZ_FOLDER": str(tmp_path)}
    for _ in range(2):
        done = run("-m", "tests.fuzz", PYTHONHASHSEED="0", **said)
        assert done.returncode == 0, done.stdout + done.stderr
        rows.append(done.stdout.splitlines()[-1].split()[:5])
    assert rows[0] == rows[1]
    assert rows[0][0] == "reference"
