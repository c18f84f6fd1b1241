"""Row 72 of docs/threats.md: a policy is swapped below another one; and all else that `extends` does."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from attest.claims.predicates import TEST_RESULT, VERIFICATION_SUMMARY
from attest.errors import PolicyError
from attest.policy.composing import MOST_LEVELS
from attest.policy.document import load_policy

if TYPE_CHECKING:
    from pathlib import Path

    from tests.verify.evidence import Person

HEAD = "apiVersion: attest/v1\nkind: Policy\n"
BASE = (
    HEAD
    + """\
name: base
description: What everybody asks for.
identities: {ci: {key: keys/ci.pub}}
names: [old/model]
require:
  signature: {by: [ci]}
  provenance: {by: [ci], source: {clean: true}}
  ml-bom: {by: [ci]}
  claims: [{type: test-result, by: [ci]}]
formats: {allow: [safetensors, json, pickle], code-bearing: [a.pkl]}
lineage: {datasets: known}
"""
)


@pytest.fixture
def folder(tmp_path: Path, alice: Person, mallory: Person) -> Path:
    (tmp_path / "org/keys").mkdir(parents=True)
    (tmp_path / "team").mkdir()
    put(tmp_path / "org/keys/ci.pub", alice)
    put(tmp_path / "team/own.pub", mallory)
    (tmp_path / "org/base.yaml").write_text(BASE)
    return tmp_path


def put(path: Path, person: Person) -> None:
    path.write_bytes(person.signer.public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))


def write(folder: Path, rest: str, *, base: str = "../org/base.yaml", name: str = "policy.yaml") -> Path:
    path = folder / "team" / name
    path.write_text(f"{HEAD}name: team\nextends: {base}\n{rest}")
    return path


def refusal(path: Path) -> PolicyError:
    with pytest.raises(PolicyError) as caught:
        load_policy(path)
    return caught.value


def test_what_a_document_leaves_out_stays_as_its_base_has_it(folder: Path, alice: Person) -> None:
    policy = load_policy(write(folder, ""))
    assert policy.name == "team"
    assert policy.description == "What everybody asks for."
    assert policy.keys[0].fingerprint == alice.key.fingerprint  # read where the base is
    assert policy.provenance is not None
    assert policy.provenance.clean


def test_the_word_of_the_document_stands_in_the_place_of_the_base_s(folder: Path) -> None:
    policy = load_policy(
        write(
            folder,
            "identities: {own: {key: own.pub}}\n"
            "require: {provenance: {by: [own]}, claims: [{type: verdict, by: [own]}]}\n"
            "formats: {allow: [safetensors]}\n",
        )
    )
    assert set(policy.identities) == {"ci", "own"}
    assert policy.provenance is not None
    assert policy.provenance.by == ("own",)
    assert policy.provenance.clean  # a demand of the base is not lost
    assert policy.signature is not None
    assert policy.signature.by == ("ci",)
    assert [claim.predicate_type for claim in policy.claims] == [TEST_RESULT, VERIFICATION_SUMMARY]
    assert policy.formats is not None
    assert policy.formats.allow is not None
    assert [kind.value for kind in policy.formats.allow] == ["safetensors"]
    assert policy.formats.code_bearing == ("a.pkl",)


def test_an_identity_is_replaced_whole(folder: Path, mallory: Person) -> None:
    policy = load_policy(write(folder, "identities: {ci: {key: own.pub}}\n"))
    assert [key.fingerprint for key in policy.keys] == [mallory.key.fingerprint]


def test_the_digest_is_that_of_the_composed_document(folder: Path) -> None:
    composed = load_policy(write(folder, "identities: {own: {key: own.pub}}\n"))
    flat = BASE.replace("name: base", "name: team").replace(
        "{ci: {key: keys/ci.pub}}", "{ci: {key: ../org/keys/ci.pub}, own: {key: own.pub}}"
    )
    (folder / "team/flat.yaml").write_text(flat)
    assert composed.digest == load_policy(folder / "team/flat.yaml").digest


def test_a_policy_swapped_below_changes_the_digest(folder: Path) -> None:
    path = write(folder, "identities: {own: {key: own.pub}}\n")
    before = load_policy(path).digest
    assert load_policy(path).digest == before
    (folder / "org/base.yaml").write_text(BASE.replace(", source: {clean: true}", ""))
    assert load_policy(path).digest != before


def test_it_does_not_matter_from_where_it_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(folder, "")
    monkeypatch.chdir(folder)
    assert load_policy(path.relative_to(folder)).digest == load_policy(path).digest


def test_a_key_swapped_below_changes_the_digest(folder: Path, mallory: Person) -> None:
    path = write(folder, "")
    before = load_policy(path).digest
    put(folder / "org/keys/ci.pub", mallory)
    assert load_policy(path).digest != before


def test_a_base_may_leave_to_others_who_signs(folder: Path) -> None:
    (folder / "org/base.yaml").write_text(
        f"{HEAD}name: rules\nrequire: {{signature: {{by: [publisher]}}}}\nformats: any\n"
    )
    policy = load_policy(write(folder, "identities: {own: {key: own.pub}}\nroles: {publisher: own}\n"))
    assert policy.signature is not None
    assert policy.signature.by == ("own",)


@pytest.mark.parametrize(
    "base", ["https://policies.example/base.yaml", "file:///etc/base.yaml", "oci://host/base@sha256:00"]
)
def test_a_url_is_never_extended(folder: Path, base: str) -> None:
    assert refusal(write(folder, "", base=base)).code == "policy-extends"


@pytest.mark.parametrize("base", ["[a.yaml, b.yaml]", "{}", "''", "5"])
def test_one_file_is_extended(folder: Path, base: str) -> None:
    assert refusal(write(folder, "", base=base)).code == "policy-wrong-type"


def test_a_base_that_is_not_there_is_refused(folder: Path) -> None:
    error = refusal(write(folder, "", base="nowhere.yaml"))
    assert error.code == "policy-unreadable"
    assert "policy.yaml:4:10" in error.message
    assert refusal(write(folder, "", base=".")).code == "policy-unreadable"
    assert refusal(write(folder, "", base="x" * 5000)).code == "policy-unreadable"
    assert refusal(write(folder, "", base="/dev/null")).code == "policy-unreadable"
    assert refusal(write(folder, "", base='"a\\0b"')).code == "policy-extends"


def test_a_circle_is_refused(folder: Path) -> None:
    assert refusal(write(folder, "", base="policy.yaml")).code == "policy-extends"
    write(folder, "", base="b.yaml", name="a.yaml")
    write(folder, "", base="./a.yaml", name="b.yaml")
    error = refusal(folder / "team/a.yaml")
    assert (error.code, "leads back to itself" in error.message) == ("policy-extends", True)


def test_a_circle_by_a_link_is_refused(folder: Path) -> None:
    write(folder, "", base="link.yaml", name="a.yaml")
    (folder / "team/link.yaml").symlink_to("a.yaml")
    assert refusal(folder / "team/a.yaml").code == "policy-extends"


def test_too_many_levels_are_refused(folder: Path) -> None:
    write(folder, "", name="0.yaml")
    for level in range(1, MOST_LEVELS + 2):
        write(folder, "", base=f"{level - 1}.yaml", name=f"{level}.yaml")
    assert load_policy(folder / f"team/{MOST_LEVELS - 2}.yaml").name == "team"
    assert refusal(folder / f"team/{MOST_LEVELS + 1}.yaml").code == "policy-extends"


@pytest.mark.parametrize(
    ("base", "code", "place"),
    [
        (BASE.replace("consistent", "x").replace("clean: true", "claen: true"), "policy-unknown-key", "base.yaml:9:35"),
        (BASE.replace("[a.pkl]", "[]"), "policy-empty-list", "base.yaml:12:61"),
        (BASE.replace("attest/v1", "attest/v2"), "policy-wrong-kind", "base.yaml:1:13"),
        (BASE.replace("kind: Policy", "kind: TrainingRecord"), "policy-wrong-kind", "base.yaml:2:7"),
        (BASE.replace("name: base\n", ""), "policy-missing-key", "base.yaml:1:1"),
        ("- a\n", "policy-wrong-kind", "base.yaml:1:1"),
        (BASE.replace("keys/ci.pub", "keys/gone.pub"), "policy-bad-key", "base.yaml:5:24"),
        (BASE.replace("keys/ci.pub", "given"), "policy-key-given", "base.yaml:5:24"),
    ],
)
def test_a_mistake_of_the_base_is_shown_where_it_stands(folder: Path, base: str, code: str, place: str) -> None:
    (folder / "org/base.yaml").write_text(base)
    error = refusal(write(folder, ""))
    assert error.code == code
    assert place in error.message


def test_a_mistake_in_a_joined_list_is_shown_where_it_stands(folder: Path) -> None:
    error = refusal(write(folder, "require:\n  claims:\n    - {type: verdict, by: [nobody]}\n"))
    assert error.code == "policy-unknown-identity"
    assert "policy.yaml:7:" in error.message


def test_a_base_cannot_be_emptied(folder: Path) -> None:
    assert refusal(write(folder, "require: {}\nidentities: {}\nformats: {allow: []}\n")).code == "policy-empty-list"
    assert load_policy(write(folder, "require: {}\n")).provenance is not None


DENY = "deny: [{manifest: 'sha256:%s', since: 2026-01-01, reason: leaked}]\n"
CHILD_PARTS = (
    "identities: {own: {key: own.pub}}\n",
    "names: [new/name]\n",
    "formats: any\n",
    "lineage: {datasets: any, source: clean}\n",
    DENY % ("2" * 64),
    "require: {}\n",
    "require: {signature: {by: [ci]}}\n",
    "require: {ml-bom: {by: [ci], consistent: true}, claims: [{type: verdict, by: [ci]}]}\n",
)


@pytest.mark.parametrize("chosen", list(product((False, True), repeat=5)), ids=str)
@pytest.mark.parametrize("require", [None, *CHILD_PARTS[5:]])
def test_no_demand_and_no_denial_of_a_base_is_ever_lost(
    folder: Path, chosen: tuple[bool, ...], require: str | None
) -> None:
    (folder / "org/base.yaml").write_text(BASE + DENY % ("1" * 64))
    base = load_policy(folder / "org/base.yaml")
    parts = [part for part, is_chosen in zip(CHILD_PARTS, chosen, strict=False) if is_chosen]
    composed = load_policy(write(folder, "".join(parts) + (require or "")))
    assert {each.predicate_type for each in base.demands} <= {each.predicate_type for each in composed.demands}
    assert set(base.deny) <= set(composed.deny)
    assert composed.provenance is not None
    assert composed.provenance.clean
    assert set(base.identities) <= set(composed.identities)
