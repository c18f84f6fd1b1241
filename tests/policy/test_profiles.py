from __future__ import annotations

import pytest

from attest.cases.running import case_files, run_file
from attest.policy import explain, shipped
from attest.policy.document import load_unfilled

PROFILES = ["air-gapped", "development", "key", "production", "regulated", "staging"]


def test_these_profiles_are_shipped() -> None:
    assert list(shipped.names()) == PROFILES


@pytest.mark.parametrize("name", PROFILES)
def test_every_case_of_a_profile_comes_out_as_it_says(name: str) -> None:
    _, outcomes = run_file(shipped.path_of(name).with_suffix(".cases.yaml"))
    assert not [outcome.to_json() for outcome in outcomes if not outcome.as_expected]


@pytest.mark.parametrize("name", PROFILES)
def test_a_profile_has_ten_cases_or_more_and_half_of_them_are_denials(name: str) -> None:
    (path,) = case_files(shipped.path_of(name))
    _, outcomes = run_file(path)
    assert len(outcomes) >= 10
    assert sum(bool(outcome.codes) for outcome in outcomes) * 2 >= len(outcomes)
    assert len({code for outcome in outcomes for code in outcome.codes}) >= 5


@pytest.mark.parametrize("name", PROFILES)
def test_a_profile_says_what_it_asks_for(name: str) -> None:
    said = explain.sentences(load_unfilled(shipped.path_of(name)))
    assert len(set(said)) == len(said) >= 6
    assert not [sentence for sentence in said if "None" in sentence or "<" in sentence]
