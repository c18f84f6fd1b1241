from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from attest.errors import PolicyError
from attest.policy.document import load_policy

if TYPE_CHECKING:
    from pathlib import Path

    from tests.verify.evidence import Person

HEAD = "apiVersion: attest/v1\nkind: Policy\nname: test\nidentities: {ci: {key: ci.pub}, eve: {key: eve.pub}}\n"


@pytest.fixture
def folder(tmp_path: Path, alice: Person, mallory: Person) -> Path:
    for name, person in (("ci", alice), ("eve", mallory)):
        pem = person.signer.public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        (tmp_path / f"{name}.pub").write_bytes(pem)
    return tmp_path


def write(folder: Path, rest: str) -> Path:
    path = folder / "policy.yaml"
    path.write_text(HEAD + rest)
    return path


def test_by_takes_identities_and_roles(folder: Path) -> None:
    policy = load_policy(
        write(
            folder,
            "roles: {publisher: ci, both: [eve, ci]}\n"
            "require: {signature: {by: publisher}, provenance: {by: [eve, publisher]}, ml-bom: {by: [both, ci]}}\n",
        )
    )
    assert policy.roles == {"publisher": ("ci",), "both": ("eve", "ci")}
    assert [demand.by for demand in policy.demands] == [("ci",), ("eve", "ci"), ("eve", "ci")]


def test_who_has_a_role_is_part_of_the_digest(folder: Path) -> None:
    rest = "roles: {publisher: ci}\nrequire: {signature: {by: [publisher]}}\nformats: any\n"
    assert load_policy(write(folder, rest)).digest != load_policy(write(folder, rest.replace(": ci", ": eve"))).digest


@pytest.mark.parametrize(
    ("roles", "code", "place"),
    [
        ("{publisher: bob}", "policy-unknown-identity", ":5:20:"),
        ("{publisher: [ci, bob]}", "policy-unknown-identity", ":5:25:"),
        ("{publisher: []}", "policy-empty-list", ":5:20:"),
        ("{publisher: {key: x.pub}}", "policy-wrong-type", ":5:20:"),
        ("{publisher: [ci, ci]}", "policy-listed-twice", ":5:25:"),
        ("{a: ci, b: a}", "policy-unknown-identity", ":5:19:"),  # no role of roles, and so no circle
        ("{ci: eve}", "policy-same-name", ":5:9:"),
        ("{'the boss': eve}", "policy-bad-name", ":5:9:"),
        ("{}", "policy-wrong-type", ":5:8:"),
        ("[publisher]", "policy-wrong-type", ":5:8:"),
        ("publisher", "policy-wrong-type", ":5:8:"),
    ],
)
def test_roles_that_say_nothing_certain_are_refused(folder: Path, roles: str, code: str, place: str) -> None:
    with pytest.raises(PolicyError) as caught:
        load_policy(write(folder, f"roles: {roles}\nrequire: {{signature: {{by: [ci]}}}}\nformats: any\n"))
    assert caught.value.code == code
    assert place in caught.value.message


def test_somebody_who_is_neither_is_refused_with_the_nearest_name(folder: Path) -> None:
    with pytest.raises(PolicyError) as caught:
        load_policy(write(folder, "roles: {publisher: ci}\nrequire: {signature: {by: [publishers]}}\nformats: any\n"))
    assert caught.value.code == "policy-unknown-identity"
    assert caught.value.expected == "ci, eve, publisher"
    assert caught.value.hint == "did you mean 'publisher'?"
