from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from attest.claims.training import Role
from attest.errors import PolicyError
from attest.policy.document import load_policy
from attest.signing.keyfile import generate

if TYPE_CHECKING:
    from pathlib import Path

    from attest.policy.requirements import Policy

HEAD = """apiVersion: attest/v1
kind: Policy
name: production
identities: {alice: {key: alice.pub}, vendor: {key: vendor.pub}}
formats: any
"""
BOTH = "require: {signature: {by: [alice]}, provenance: {by: [alice]}}\n"
UNKNOWN = "require: {signature: {by: [alice]}}\n"
UNSIGNED = "require: {provenance: {by: [alice]}}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("alice", "vendor"):
        generate(tmp_path / f"{name}.key", tmp_path / f"{name}.pub", passphrase=None)
    return tmp_path


def read(folder: Path, lineage: str, *, require: str = BOTH, name: str = "policy.yaml") -> Policy:
    (folder / name).write_text(f"{HEAD}{require}lineage: {lineage}\n")
    return load_policy(folder / name)


def test_words_without_more_stay_what_they_were(folder: Path) -> None:
    assert not read(folder, "{datasets: known, base-model: any}").lineage.ancestors


def test_signed_means_by_whoever_may_sign_a_version(folder: Path) -> None:
    demand = read(folder, "{base-model: signed}").lineage.ancestors[Role.BASE_MODEL]
    assert (demand.signed_by, demand.depth, demand.same, demand.satisfies) == (("alice",), 1, False, None)


def test_a_demand_can_name_its_own_signers_and_depth(folder: Path) -> None:
    read_policy = read(folder, "{teacher-model: {must: signed, by: [vendor], depth: roots}}", require=UNSIGNED)
    demand = read_policy.lineage.ancestors[Role.TEACHER_MODEL]
    assert (demand.signed_by, demand.depth) == (("vendor",), None)
    assert demand.reaches(99)


def test_the_same_policy_goes_to_the_roots_and_another_one_for_a_generation(folder: Path) -> None:
    read(folder, "{base-model: known}", name="base.yaml")
    lineage = read(folder, "{adapter-base: {satisfies: same}, base-model: {satisfies: base.yaml}}").lineage
    assert lineage.ancestors[Role.ADAPTER_BASE].depth is None
    other = lineage.ancestors[Role.BASE_MODEL]
    assert other.satisfies is not None
    assert (other.satisfies.origin, other.depth) == (str(folder / "base.yaml"), 1)


def test_the_digest_is_over_what_the_other_policy_says_not_over_its_place(folder: Path) -> None:
    def digest(place: str, said: str) -> str:
        (folder / "sub").mkdir(exist_ok=True)
        for name in ("alice", "vendor"):
            (folder / f"sub/{name}.pub").write_bytes((folder / f"{name}.pub").read_bytes())
        read(folder, said, name=place)
        return str(read(folder, f"{{base-model: {{satisfies: {place}}}}}").digest)

    first = digest("base.yaml", "{datasets: known}")
    assert digest("sub/base.yaml", "{datasets: known}") == first
    assert digest("base.yaml", "{datasets: any}") != first


@pytest.mark.parametrize(
    ("lineage", "require", "code", "said"),
    [
        ("{base-model: sigend}", BOTH, "policy-unknown-word", "lineage.base-model"),
        ("{base-model: [signed]}", BOTH, "policy-unknown-word", "lineage.base-model"),
        ("{base-model: {}}", BOTH, "policy-missing-key", "demands nothing"),
        ("{base-model: {depth: 2}}", BOTH, "policy-missing-key", "demands nothing"),
        ("{base-model: {must: any}}", BOTH, "policy-unknown-word", "'any'"),
        ("{base-model: {must: known, by: [alice]}}", BOTH, "policy-missing-key", "by"),
        ("{base-model: {must: signed, by: [bob]}}", BOTH, "policy-unknown-identity", "'bob'"),
        ("{base-model: {must: signed, by: []}}", BOTH, "policy-empty-list", "lineage.base-model.by"),
        ("{base-model: signed}", UNSIGNED, "policy-missing-key", "by whom"),
        ("{base-model: {must: signed, deph: 2}}", BOTH, "policy-unknown-key", "'deph'"),
        ("{base-model: {must: signed, depth: 0}}", BOTH, "policy-wrong-type", "generations"),
        ("{base-model: {must: signed, depth: true}}", BOTH, "policy-wrong-type", "generations"),
        ("{base-model: {must: signed, depth: leaves}}", BOTH, "policy-wrong-type", "generations"),
        ("{base-model: {must: known, depth: roots}}", UNKNOWN, "policy-missing-key", "lineage"),
        ("{base-model: {satisfies: nowhere.yaml}}", BOTH, "policy-bad-ancestor-policy", "nowhere.yaml"),
        ("{base-model: {satisfies: policy.yaml}}", BOTH, "policy-bad-ancestor-policy", "reached from itself"),
        ("{base-model: {satisfies: [same]}}", BOTH, "policy-wrong-type", "satisfies"),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_refused(folder: Path, lineage: str, require: str, code: str, said: str) -> None:
    with pytest.raises(PolicyError) as refused:
        read(folder, lineage, require=require)
    assert refused.value.code == code
    assert said in refused.value.message


def test_two_policies_that_name_each_other_are_refused(folder: Path) -> None:
    (folder / "a.yaml").write_text(f"{HEAD}{BOTH}lineage: {{base-model: {{satisfies: b.yaml}}}}\n")
    (folder / "b.yaml").write_text(f"{HEAD}{BOTH}lineage: {{base-model: {{satisfies: a.yaml}}}}\n")
    with pytest.raises(PolicyError) as refused:
        load_policy(folder / "a.yaml")
    assert refused.value.code == "policy-bad-ancestor-policy"
    assert "a.yaml is reached from itself" in refused.value.message


def test_a_link_that_goes_round_is_an_error_with_a_code(folder: Path) -> None:
    (folder / "round.yaml").symlink_to("round.yaml")
    with pytest.raises(PolicyError) as refused:
        load_policy(folder / "round.yaml")
    assert refused.value.code == "policy-unreadable"
