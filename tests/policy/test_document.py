from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from attest.claims.canonical import canonical_digest, canonical_json
from attest.claims.predicates import ML_BOM, MODEL_SIGNATURE, PROVENANCE, TEST_RESULT
from attest.claims.training import Operation, Role
from attest.errors import AttestError, NoTrust, PolicyError
from attest.model.manifest import FileKind
from attest.policy import key_profile, patterns, shipped
from attest.policy.document import load_policy, load_shipped, policy_for_keys
from attest.policy.requirements import Lineage, Policy, SourceState
from attest.strict_yaml import load_file
from attest_registry.digest import Digest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.verify.evidence import Person

HEAD = "apiVersion: attest/v1\nkind: Policy\nname: test\n"
REQUIRE = "require: {signature: {by: [ci]}, provenance: {by: [ci]}, ml-bom: {by: [ci]}}\n"


def pem(person: Person) -> str:
    return person.signer.public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


@pytest.fixture
def folder(tmp_path: Path, alice: Person, mallory: Person) -> Path:
    (tmp_path / "ci.pub").write_text(pem(alice))
    (tmp_path / "other.pub").write_text(pem(mallory))
    return tmp_path


def write(folder: Path, text: str) -> Path:
    path = folder / "policy.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def read(folder: Path, rest: str, *, head: str = HEAD, identities: str = "identities: {ci: {key: ci.pub}}\n") -> Policy:
    return load_policy(write(folder, head + identities + rest))


def refusal(folder: Path, rest: str, **values: str) -> AttestError:
    with pytest.raises(PolicyError) as caught:
        read(folder, rest, **values)
    assert caught.value.exit_status == 2
    return caught.value


# --- sound documents ----------------------------------------------------------------------------------------------


def test_a_whole_document_is_understood(folder: Path, alice: Person) -> None:
    policy = read(
        folder,
        """\
description: All there is.
names: [old-team/model]
require:
  signature: {by: [ci]}
  provenance:
    by: ci
    builder: https://builder.example/1
    source: {repository: [github.com/acme/train, https://git.example.com/x], clean: true}
    operation: [train, distill]
  ml-bom: {by: [ci], consistent: true}
  claims:
    - {type: test-result, by: [ci]}
    - {type: "https://example.com/scan/v1", by: ci}
formats: {allow: [safetensors, json], code-bearing: [scaler.pkl, "hooks/*.py"]}
lineage: {datasets: known, base-model: any, teacher-model: known, adapter-base: any, source: clean}
""",
    )
    assert policy.keys == (policy.identities["ci"].keys[0],)
    assert policy.keys[0].fingerprint == alice.key.fingerprint
    assert policy.other_names == ("old-team/model",)
    assert policy.provenance is not None
    assert policy.provenance.operations == (Operation.TRAIN, Operation.DISTILL)
    assert policy.provenance.clean
    assert [demand.predicate_type for demand in policy.claims] == [TEST_RESULT, "https://example.com/scan/v1"]
    assert policy.formats is not None
    assert policy.formats.allow == (FileKind.SAFETENSORS, FileKind.JSON)
    assert policy.lineage.inputs[Role.DATASET] is Lineage.KNOWN
    assert policy.lineage.source is SourceState.CLEAN


def test_without_formats_code_is_off_and_every_other_kind_is_on(folder: Path) -> None:
    policy = read(folder, REQUIRE)
    assert policy.formats is not None
    assert policy.formats.allow is None
    assert policy.formats.code_bearing == ()


def test_a_key_may_stand_in_the_document_as_text(folder: Path, alice: Person) -> None:
    block = "identities:\n  ci:\n    key: |\n" + "".join(f"      {line}\n" for line in pem(alice).splitlines())
    inline = read(folder, REQUIRE, identities=block)
    assert inline.keys[0].fingerprint == alice.key.fingerprint
    assert inline.digest == read(folder, REQUIRE).digest  # the digest is over fingerprints, not over spellings


def test_the_digest_follows_rules_and_keys_and_nothing_else(folder: Path, mallory: Person) -> None:
    before = read(folder, REQUIRE).digest
    assert read(folder, f"# a comment\n{REQUIRE}").digest == before
    assert (
        read(folder, "require:\n  ml-bom: {by: [ci]}\n  provenance: {by: [ci]}\n  signature: {by: [ci]}\n").digest
        == before
    )
    assert read(folder, REQUIRE + "names: [a/b]\n").digest != before
    (folder / "ci.pub").write_text(pem(mallory))
    assert read(folder, REQUIRE).digest != before


def test_a_policy_of_signatures_alone_says_that_files_do_not_matter(folder: Path) -> None:
    assert read(folder, "require: {signature: {by: [ci]}}\nformats: any\n").formats is None


# --- documents that are refused -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rest", "code"),
    [
        ("require: {}\n", "policy-empty"),
        ("", "policy-missing-key"),
        ("require: {signature: {by: []}}\nformats: any\n", "policy-empty-list"),
        ("require: {signature: {by: [cj]}}\nformats: any\n", "policy-unknown-identity"),
        ("require: {signature: {by: [ci, ci]}}\nformats: any\n", "policy-listed-twice"),
        ("require: {signature: {}}\nformats: any\n", "policy-missing-key"),
        ("require: {signature: true}\nformats: any\n", "policy-wrong-type"),
        ("require: {signature: {by: [ci], count: 2}}\nformats: any\n", "policy-unknown-key"),
        ("require: {aprovals: {by: [ci]}}\nformats: any\n", "policy-unknown-key"),
        ("require: {signature: {by: [ci]}}\n", "policy-missing-key"),
        (REQUIRE + "formats: {allow: []}\n", "policy-empty-list"),
        (REQUIRE + "formats: {}\n", "policy-empty-list"),
        (REQUIRE + "formats: {allow: [safetensor]}\n", "policy-unknown-word"),
        (REQUIRE + "formats: {code-bearing: ['*']}\n", "policy-pattern"),
        (REQUIRE + "formats: {code-bearing: ['**/*']}\n", "policy-pattern"),
        (REQUIRE + "formats: all\n", "policy-wrong-type"),
        (REQUIRE + "lineage: {datasets: maybe}\n", "policy-unknown-word"),
        (REQUIRE + "lineage: {dataset: known}\n", "policy-unknown-key"),
        (REQUIRE + "lineage: {datasets: clean}\n", "policy-unknown-word"),
        (REQUIRE + "lineage: {}\n", "policy-empty-list"),
        ("require: {signature: {by: [ci]}}\nformats: any\nlineage: {datasets: known}\n", "policy-missing-key"),
        ("require: {ml-bom: {by: [ci], consistent: true}}\n", "policy-missing-key"),
        ("require: {ml-bom: {by: [ci], consistent: false}}\n", "policy-wrong-type"),
        ("require: {provenance: {by: [ci], source: {}}}\nformats: any\n", "policy-empty-list"),
        ("require: {provenance: {by: [ci], source: {clean: false}}}\nformats: any\n", "policy-wrong-type"),
        ("require: {provenance: {by: [ci], source: {repository: 'github.com/*'}}}\nformats: any\n", "policy-pattern"),
        ("require: {provenance: {by: [ci], operation: [training]}}\nformats: any\n", "policy-unknown-word"),
        ("require: {provenance: {by: [ci], builder: 7}}\nformats: any\n", "policy-wrong-type"),
        ("require: {claims: []}\nformats: any\n", "policy-empty-list"),
        ("require: {claims: [{by: [ci]}]}\nformats: any\n", "policy-missing-key"),
        ("require: {claims: [{type: tset-result, by: [ci]}]}\nformats: any\n", "policy-unknown-word"),
        (REQUIRE + "names: ['acme/*']\n", "policy-pattern"),
        (REQUIRE + "names: []\n", "policy-empty-list"),
        (REQUIRE + "extends: base.yaml\n", "policy-unreadable"),
        (REQUIRE + "name: twice\n", "policy-duplicate-key"),
        (REQUIRE + "description: ''\n", "policy-wrong-type"),
        ("require: &all {signature: {by: [ci]}}\nformats: any\n", "policy-not-strict"),
        ("require: {signature: {by: [ci]}, signature: {by: [ci]}}\n", "policy-duplicate-key"),
    ],
)
def test_a_document_that_is_not_understood_whole_is_not_used(rest: str, code: str, folder: Path) -> None:
    assert refusal(folder, rest).code == code


@pytest.mark.parametrize(
    ("identities", "code"),
    [
        ("identities: {}\n", "policy-no-identities"),
        ("identities: []\n", "policy-no-identities"),
        ("identities:\n", "policy-no-identities"),
        ("identities: {ci: {}}\n", "policy-missing-key"),
        ("identities: {ci: ci.pub}\n", "policy-wrong-type"),
        ("identities: {ci: {key: ''}}\n", "policy-wrong-type"),
        ("identities: {ci: {key: given}}\n", "policy-key-given"),
        ("identities: {ci: {key: absent.pub}}\n", "policy-bad-key"),
        ("identities: {ci: {key: '-----BEGIN PUBLIC KEY----- x'}}\n", "policy-bad-key"),
        ("identities: {ci: {issuer: https://accounts.example.com, subject: a@example.com}}\n", "policy-no-root"),
        ("identities: {'c i': {key: ci.pub}}\n", "policy-bad-name"),
        ("identities: {ci: {key: ci.pub}, review: {key: ./ci.pub}}\n", "policy-same-key"),
    ],
)
def test_an_identity_that_is_not_pinned_is_refused(identities: str, code: str, folder: Path) -> None:
    assert refusal(folder, REQUIRE, identities=identities).code == code


def test_a_private_key_in_a_policy_is_refused_and_not_repeated(folder: Path, alice: Person) -> None:
    private = alice.signer.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    (folder / "ci.pub").write_text(private)
    secret = private.splitlines()[1]
    from_file = refusal(folder, REQUIRE)
    block = "identities:\n  ci:\n    key: |\n" + "".join(f"      {line}\n" for line in private.splitlines())
    inline = refusal(folder, REQUIRE, identities=block)
    for error in (from_file, inline):
        assert error.code == "policy-bad-key"
        assert "private key" in error.message
        assert secret not in f"{error.message}{error.found}{error.expected}{error.hint}"


def test_a_kind_of_key_that_is_not_used_is_refused(folder: Path) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
    (folder / "ci.pub").write_bytes(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    assert refusal(folder, REQUIRE).code == "policy-bad-key"


@pytest.mark.parametrize(
    "head",
    [
        "apiVersion: attest/v2\nkind: Policy\nname: x\n",
        "apiVersion: attest/v1\nkind: TrainingRecord\nname: x\n",
    ],
)
def test_another_kind_of_document_is_refused(head: str, folder: Path) -> None:
    assert refusal(folder, REQUIRE, head=head).code == "policy-wrong-kind"


@pytest.mark.parametrize("text", ["", "[]", "text", "42", "null", "a: &a [*a]"])
def test_what_is_no_mapping_is_refused(text: str, folder: Path) -> None:
    with pytest.raises(PolicyError) as caught:
        load_policy(write(folder, text))
    assert caught.value.code in {"policy-not-yaml", "policy-wrong-type", "policy-not-strict"}


def test_a_mistake_is_shown_with_place_line_and_nearest_key(folder: Path) -> None:
    error = refusal(folder, "require:\n  signatur: {by: [ci]}\n")
    assert error.message.endswith("policy.yaml:6:3: unknown key 'signatur'")
    assert error.found == "signatur: {by: [ci]}"
    assert error.hint == "did you mean 'signature'?"


@given(st.text(max_size=200))
def test_any_text_is_refused_with_an_error_of_ours(text: str) -> None:
    from attest.policy import reading
    from attest.strict_yaml import load

    with pytest.raises(PolicyError):
        reading.check_head(load(text, what="fuzz", prefix="policy", failure=PolicyError))


def test_a_policy_cannot_be_made_without_a_demand(alice: Person) -> None:
    with pytest.raises(PolicyError) as caught:
        Policy(name="empty", identities={}, digest=Digest.of(b""))
    assert caught.value.code == "policy-empty"


# --- shipped policies and the short form --------------------------------------------------------------------------


def test_the_shipped_policies_are_sound_and_demand_three_claims_or_more() -> None:
    assert len(shipped.names()) == 6
    for name in shipped.names():
        kinds = {demand.predicate_type for demand in load_shipped(name).demands}
        assert {MODEL_SIGNATURE, PROVENANCE, ML_BOM} <= kinds


def test_the_short_form_demands_everything_of_the_one_key(alice: Person) -> None:
    policy = policy_for_keys([alice.key])
    assert policy.name == "--key alice.pub"
    assert policy.keys == (alice.key,)
    assert policy.ml_bom is not None
    assert policy.ml_bom.consistent
    assert {demand.by for demand in policy.demands} == {("signer",)}


def test_the_short_form_is_the_shipped_policy_of_its_name(alice: Person) -> None:
    read = load_file(shipped.path_of("key"), prefix="policy", failure=PolicyError)
    assert key_profile.document().value == read.value
    assert policy_for_keys([alice.key]).digest == load_shipped("key", keys=[alice.key]).digest


def test_the_short_form_of_one_key_leaves_nothing_behind_for_the_next(alice: Person) -> None:
    strict = policy_for_keys([alice.key])
    policy_for_keys([alice.key], allow_code=["scaler.pkl"])
    assert policy_for_keys([alice.key]) == strict


def test_the_short_forms_digest_has_the_keys_and_the_named_files_in_it(alice: Person, mallory: Person) -> None:
    digests = {
        policy_for_keys([alice.key]).digest,
        policy_for_keys([mallory.key]).digest,
        policy_for_keys([alice.key, mallory.key]).digest,
        policy_for_keys([alice.key], allow_code=["scaler.pkl"]).digest,
    }
    assert len(digests) == 4


def test_the_short_form_without_a_key_trusts_nobody() -> None:
    with pytest.raises(NoTrust) as caught:
        policy_for_keys([])
    assert caught.value.code == "no-trust"


@pytest.mark.parametrize("pattern", ["*", "**", "**/*", "?", "", "./*"])
def test_allowing_code_has_to_name_something(pattern: str, alice: Person) -> None:
    with pytest.raises(AttestError) as caught:
        policy_for_keys([alice.key], allow_code=[pattern])
    assert (caught.value.code, caught.value.exit_status) == ("code-not-named", 2)


def test_a_profile_that_is_not_shipped_is_refused() -> None:
    for name in ("prod", "../README", "key.cases"):
        with pytest.raises(PolicyError) as caught:
            load_shipped(name)
        assert caught.value.code == "policy-unknown-profile"


def test_shipped_policies_never_come_from_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "key.yaml").write_text("apiVersion: evil")
    monkeypatch.chdir(tmp_path)
    assert not shipped.folder().is_relative_to(tmp_path)
    assert load_shipped("key").name == "key"


# --- the parts ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("scaler.pkl", "scaler.pkl", True),
        ("scaler.pkl", "a/scaler.pkl", False),
        ("scaler.pkl", "scalerxpkl", False),
        ("*.pkl", "a/scaler.pkl", False),
        ("**/*.pkl", "a/b/scaler.pkl", True),
        ("**/*.pkl", "scaler.pkl", True),
        ("hooks/**", "hooks/a/b.py", True),
        ("hooks/**", "hooks.py", False),
        ("a?c.py", "abc.py", True),
        ("a?c.py", "a/c.py", False),
        ("[ab].py", "a.py", False),
        ("[ab].py", "[ab].py", True),
        ("*.pkl", "x.pkl\n", False),
        ("SCALER.PKL", "scaler.pkl", False),
    ],
)
def test_patterns_match_whole_paths(pattern: str, path: str, *, expected: bool) -> None:
    assert patterns.matches(pattern, path) is expected


def test_canonical_json_orders_keys_by_utf16_as_rfc_8785_asks() -> None:
    assert canonical_json({"\U00010000": 1, "\uffff": 2, "a": [True, None, "é\n"]}) == (
        '{"a":[true,null,"é\\n"],"\U00010000":1,"\uffff":2}'.encode()
    )


def test_canonical_json_has_no_place_for_floats() -> None:
    with pytest.raises(TypeError):
        canonical_digest({"a": 1.5})
