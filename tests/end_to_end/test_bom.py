"""ML-BOMs of a family of models: shown, checked, compared and taken out, and what is refused on the way."""

from __future__ import annotations

import base64
import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from attest.claims.mlbom import check_meaning, check_schema, read
from attest.claims.predicates import ML_BOM
from attest.claims.statement import Statement
from attest.signing.bundle import Bundle, sign_statement
from attest.signing.uri import open_signer
from attest_registry.oci.layout import LayoutRepository
from attest_registry.oci.manifest import Manifest
from tests.end_to_end.conftest import make_model
from tests.end_to_end.shell import Shell

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

KEY, PUBLIC, OTHER = ("--key", "K/attest.key"), ("--key", "K/attest.pub"), ("--key", "other/attest.pub")
RECORD = """\
apiVersion: attest/v1
kind: TrainingRecord
model:
  label: 1.0.0
  licence: Apache-2.0
  task: text-classification
  description: Sorts tickets.
  owner: ml@example.com
operation: train
source: {uri: git+https://git.example.com/acme/train, commit: "1111111111111111111111111111111111111111"}
inputs:
  - role: dataset
    name: tickets
    path: tickets.csv
    uri: s3://lake/tickets
    split: train
    licence: CC-BY-4.0
    personal_data: false
    classification: internal
    governance: {owner: Data Office}
    description: Tickets of one year.
parameters: {epochs: 3}
environment: {packages: auto, hardware: 8xH200}
metrics: [{name: accuracy, value: 0.9, dataset: tickets}]
interface:
  inputs: [{name: text, dtype: string}]
  outputs: [{name: label, dtype: string}]
card:
  intended_use: Routing.
  out_of_scope: Everything else.
  limitations: One language.
  ethical_considerations: Wrong routes delay answers.
  subgroups: Writers of other languages.
"""


@pytest.fixture(scope="module")
def family(tmp_path_factory: pytest.TempPathFactory, keys: Path) -> Shell:
    """Base, teacher (of the base) and student (of both), all by K; `heir` has a base that somebody else signed."""
    person = Shell(folder=tmp_path_factory.mktemp("family"))
    for name in ("K", "other"):
        shutil.copytree(keys / name, person.folder / name)
    (person.folder / "tickets.csv").write_text("a,b\n")
    for number, name in enumerate(("base", "teacher", "student", "stranger", "heir")):
        (make_model(person.folder / name) / "config.json").write_text(f'{{"model_type": "mlp", "n": {number}}}\n')
    trust = ("--trust-key", "K/attest.pub", "-q")
    person.attest("push", "base", "demo/base", *KEY, "--dataset", "tickets=tickets.csv", *trust)
    person.attest("push", "teacher", "demo/teacher", *KEY, "--base", "demo/base:1", *trust)
    above = ("--teacher", "demo/teacher:1", "--base", "demo/base:1", "--operation", "distill")
    person.attest("push", "student", "demo/student", *KEY, *above, "--metric", "auc=0.9", *trust)
    (person.folder / "student/more.json").write_text("{}")
    person.attest("push", "student", "demo/student", *KEY, *above, "--metric", "auc=0.8", "--licence", "MIT", *trust)
    person.attest("push", "stranger", "demo/stranger", "--key", "other/attest.key", *trust)
    person.attest("push", "heir", "demo/heir", *KEY, "--base", "demo/stranger:1", "--base", "b=demo/base:1", *trust)
    (person.folder / "attest.yaml").write_text(RECORD)
    person.attest("push", "base", "demo/whole", *KEY, *trust, "--record", "attest.yaml")
    (person.folder / "attest.yaml").unlink()
    return person


@pytest.fixture
def own(family: Shell, tmp_path: Path) -> Shell:
    """The same family in a place that a test may spoil."""
    shutil.copytree(family.folder, tmp_path / "own", symlinks=True)
    return Shell(folder=tmp_path / "own")


def exported(person: Shell, *arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(person.attest("bom", "export", *arguments, *PUBLIC).out)
    check_schema(found)
    check_meaning(found)
    read(found)
    return found


def models(bom: dict[str, Any]) -> list[str]:
    return [part["name"] for part in bom["components"] if part["type"] == "machine-learning-model"]


def replace_bom(person: Shell, model: str, change: Callable[[bytes], list[bytes]]) -> None:
    """Put other bundles in the place of a version's ML-BOM, as whoever keeps the store can."""
    store = LayoutRepository(person.folder / "home/store", model)
    version = Manifest.parse(store.fetch_manifest(store.resolve("1").digest), what=model)
    for entry in store.referrers(version.descriptor.digest):
        made = Manifest.parse(store.fetch_manifest(entry.digest), what="evidence")
        with store.open_blob(made.layers[0]) as source:
            raw = source.read(1 << 24)
        if Statement.parse(Bundle.parse(raw).payload).predicate_type != ML_BOM:
            continue
        index = json.loads((store.folder / "index.json").read_text())
        index["manifests"] = [each for each in index["manifests"] if each["digest"] != str(entry.digest)]
        (store.folder / "index.json").write_text(json.dumps(index))
        (store.folder / "blobs/sha256" / entry.digest.hex).unlink()
        for number, bundle in enumerate(change(raw)):
            (person.folder / f"{number}.json").write_bytes(bundle)
            person.attest("evidence", "attach", f"{model}:1", f"{number}.json")


def predicate_of(raw: bytes) -> dict[str, Any]:
    return dict(Statement.parse(Bundle.parse(raw).payload).predicate)


def signed_anew(person: Shell, raw: bytes, change: Callable[[dict[str, Any]], object], *, key: str = "K") -> bytes:
    """The same claim with other words, by somebody with a key."""
    statement = json.loads(Bundle.parse(raw).payload)
    change(statement["predicate"])
    signer = open_signer(str(person.folder / key / "attest.key"), passphrase=lambda _: None)
    return sign_statement(Statement.parse(json.dumps(statement).encode()), signer)


def test_show_says_whether_anybody_vouches(family: Shell) -> None:
    assert "NOT VERIFIED: no policy or key given" in family.attest("bom", "show", "demo/student:1").out
    assert "verified with --key attest.pub" in family.attest("bom", "show", "demo/student:1", *PUBLIC).out
    for trust, verified in (((), False), (PUBLIC, True)):
        found = json.loads(family.attest("bom", "show", "demo/student:1", *trust, "--json").out)
        assert found["verified"] is verified
        assert found["reference"].startswith("demo/student:1@sha256:")


@pytest.mark.parametrize("profile", ["g7", "eu-annex-iv"])
def test_a_record_can_say_all_that_a_profile_asks_for(family: Shell, profile: str) -> None:
    printed = family.attest("bom", "check", "demo/whole:1", *PUBLIC, "--profile", profile)
    assert printed.out.splitlines()[-1].startswith("COMPLETE")
    assert "✗" not in printed.out


def test_what_a_profile_misses_is_named_with_what_supplies_it(family: Shell) -> None:
    printed = family.attest("bom", "check", "demo/student:1", *PUBLIC, "--profile", "g7", expect=1)
    assert printed.complaint.code == "bom-incomplete"
    line = next(line for line in printed.out.splitlines() if "model-licence" in line)
    assert "✗" in line
    assert "model/licenses" in line
    assert line.endswith("--licence")
    assert printed.out.splitlines()[-1].startswith("INCOMPLETE")


def test_an_incomplete_bom_as_json_is_one_document(family: Shell) -> None:
    printed = family.attest("bom", "check", "demo/student:1", *PUBLIC, "--profile", "g7", "--json", expect=1)
    found = json.loads(printed.out)
    assert (found["valid"], found["profile"]["complete"], found["profile"]["code"]) == (True, False, "bom-incomplete")
    assert {each["state"] for each in found["profile"]["fields"]} == {"present", "missing", "outside"}


def test_diff_of_two_versions(family: Shell) -> None:
    printed = family.attest("bom", "diff", "demo/student:1", "demo/student:2", *PUBLIC)
    rows = [line.split("\t") for line in printed.out.splitlines()]
    assert rows[0] == ["PART", "CHANGE", "NAME", "BEFORE", "AFTER"]
    assert [row[:3] for row in rows[1:]] == [
        ["licences", "added", "model"],
        ["metrics", "changed", "auc"],
        ["files", "added", "more.json"],
    ]
    assert rows[2][3:] == ["0.9", "0.8"]


def test_diff_as_json_and_of_a_file_against_a_version(family: Shell) -> None:
    family.attest("bom", "export", "demo/student:1", *PUBLIC, "--out", "student.cdx.json")
    same = json.loads(family.attest("bom", "diff", "./student.cdx.json", "demo/student:1", *PUBLIC, "--json").out)
    assert (same["same"], same["changes"]) == (True, [])
    assert (same["before"]["verified"], same["after"]["verified"]) == (False, True)
    other = json.loads(family.attest("bom", "diff", "student.cdx.json", "demo/student:2", "--json").out)
    assert {each["part"] for each in other["changes"]} == {"licences", "metrics", "files"}
    assert family.attest("bom", "diff", "demo/base:1", "demo/base:1").out == "no difference\n"


def test_export_alone_is_what_was_signed(family: Shell) -> None:
    family.attest("evidence", "export", "demo/student:1", "evidence")
    (signed,) = [
        predicate_of(path.read_bytes())
        for path in (family.folder / "evidence").iterdir()
        if path.name.startswith("ml-bom")
    ]
    assert exported(family, "demo/student:1") == signed
    newer = exported(family, "demo/student:1", "--spec", "1.7")
    assert newer == signed | {"specVersion": "1.7", "$schema": newer["$schema"]}


@pytest.mark.parametrize("spec", ["1.6", "1.7"])
def test_export_with_ancestors_has_each_once(family: Shell, spec: str) -> None:
    found = exported(family, "demo/student:1", "--with-ancestors", "--spec", spec)
    assert found["specVersion"] == spec
    assert sorted(models(found)) == ["demo/base", "demo/teacher"]
    assert {item.name for item in read(found).inputs} == {"teacher", "base"}
    base = next(part for part in found["components"] if part["name"] == "demo/base")
    assert "tickets" in {part["name"] for part in base["components"]}


def test_export_writes_a_file_whole_and_the_same_each_time(family: Shell) -> None:
    wanted = ("bom", "export", "demo/student:1", *PUBLIC, "--with-ancestors", "--out")
    assert family.attest(*wanted, "one.json").out == "one.json\n"
    family.attest(*wanted, "two.json")
    assert (family.folder / "one.json").read_bytes() == (family.folder / "two.json").read_bytes()
    assert family.attest("bom", "check", "one.json").out.splitlines()[-1] == "VALID"


def test_an_ancestor_by_somebody_else_stays_as_stated_and_is_named(family: Shell) -> None:
    printed = family.attest("bom", "export", "demo/heir:1", *PUBLIC, "--with-ancestors")
    found = json.loads(printed.out)
    assert sorted(models(found)) == ["base", "demo/base"]
    assert "warning[bom-ancestor-left-out]: base-model demo/stranger" in printed.err
    assert "[signer-not-trusted]" in printed.err


def test_an_ancestor_whose_words_were_changed_is_not_taken_in(own: Shell) -> None:
    def spoil(raw: bytes) -> list[bytes]:
        bundle = json.loads(raw)
        words = base64.b64decode(bundle["dsseEnvelope"]["payload"]).replace(b"CC-BY", b"CC-NO")
        changed = words.replace(b'"demo/base"', b'"demo/bose"')
        bundle["dsseEnvelope"]["payload"] = base64.b64encode(changed).decode()
        return [json.dumps(bundle).encode()]

    replace_bom(own, "demo/base", spoil)
    printed = own.attest("bom", "export", "demo/student:1", *PUBLIC, "--with-ancestors")
    assert sorted(models(json.loads(printed.out))) == ["base", "demo/teacher"]
    assert printed.err.count("bom-ancestor-left-out") == 2
    assert "signature-invalid" in printed.err
    for verb in ("show", "check", "export"):
        assert own.attest("bom", verb, "demo/base:1", *PUBLIC, expect=3).complaint.code == "signature-invalid"


def test_models_that_name_each_other_are_no_endless_way(own: Shell) -> None:
    student = exported(own, "demo/student:1")["metadata"]["component"]

    def goes_round(bom: dict[str, Any]) -> None:
        entry = {key: student[key] for key in ("type", "name", "hashes")}
        place = {"type": "distribution", "url": "attest:demo/student"}
        bom["metadata"]["component"]["pedigree"] = {"ancestors": [entry | {"externalReferences": [place]}]}

    replace_bom(own, "demo/base", lambda raw: [signed_anew(own, raw, goes_round)])
    found = exported(own, "demo/student:1", "--with-ancestors")
    assert sorted(models(found)) == ["demo/base", "demo/teacher"]
    base = next(part for part in found["components"] if part["name"] == "demo/base")
    assert "model" in next(edge["dependsOn"] for edge in found["dependencies"] if edge["ref"] == base["bom-ref"])


def test_two_boms_that_say_different_things_are_refused(own: Shell) -> None:
    def otherwise(bom: dict[str, Any]) -> None:
        bom["metadata"]["component"]["description"] = "something else"

    replace_bom(own, "demo/base", lambda raw: [raw, signed_anew(own, raw, otherwise)])
    for verb in ("show", "check", "export"):
        assert own.attest("bom", verb, "demo/base:1", *PUBLIC, expect=1).complaint.code == "bom-ambiguous"
    assert own.attest("bom", "show", "demo/base:1", expect=1).complaint.code == "bom-ambiguous"


def test_a_stranger_beside_the_signer_changes_nothing(own: Shell) -> None:
    def otherwise(bom: dict[str, Any]) -> None:
        bom["metadata"]["component"]["description"] = "something else"

    before = exported(own, "demo/base:1")
    replace_bom(own, "demo/base", lambda raw: [raw, signed_anew(own, raw, otherwise, key="other")])
    assert exported(own, "demo/base:1") == before


def test_without_an_ml_bom_there_is_nothing_to_export(own: Shell) -> None:
    replace_bom(own, "demo/base", lambda _: [])
    for trust in ((), PUBLIC):
        assert own.attest("bom", "show", "demo/base:1", *trust, expect=1).complaint.code == "evidence-missing"
    assert own.attest("bom", "export", "demo/base:1", *PUBLIC, expect=1).complaint.code == "evidence-missing"


def test_words_that_only_the_newer_version_has_are_not_written_in_the_older(own: Shell) -> None:
    def newer(bom: dict[str, Any]) -> None:
        bom["specVersion"] = "1.7"
        bom["$schema"] = "http://cyclonedx.org/schema/bom-1.7.schema.json"
        bom["metadata"]["distributionConstraints"] = {"tlp": "RED"}

    replace_bom(own, "demo/base", lambda raw: [signed_anew(own, raw, newer)])
    assert exported(own, "demo/base:1")["specVersion"] == "1.7"
    complaint = own.attest("bom", "export", "demo/base:1", *PUBLIC, "--spec", "1.6", expect=1).complaint
    assert complaint.code == "bom-not-exportable"


def test_what_no_schema_allows_is_neither_exported_nor_taken_in(own: Shell) -> None:
    def broken(bom: dict[str, Any]) -> None:
        bom["dependencies"] = [{}, 7]

    replace_bom(own, "demo/base", lambda raw: [signed_anew(own, raw, broken)])
    complaint = own.attest("bom", "export", "demo/base:1", *PUBLIC, expect=1).complaint
    assert complaint.code == "bom-not-exportable"
    complaint = own.attest("bom", "export", "demo/base:1", *PUBLIC, "--with-ancestors", expect=1).complaint
    assert complaint.code == "bom-not-exportable"
    printed = own.attest("bom", "export", "demo/student:1", *PUBLIC, "--with-ancestors")
    assert sorted(models(json.loads(printed.out))) == ["base", "demo/teacher"]
    assert "warning[bom-ancestor-left-out]: demo/base@sha256:" in printed.err


def test_nothing_is_exported_without_somebody_to_trust(family: Shell) -> None:
    (family.folder / "kept.json").write_text("before")
    printed = family.attest("bom", "export", "demo/student:1", "--out", "kept.json", expect=2)
    assert (printed.complaint.code, printed.out) == ("no-trust", "")
    assert (family.folder / "kept.json").read_text() == "before"


@pytest.mark.parametrize("verb", ["show", "check", "export"])
def test_another_key_than_the_signers_is_refused(family: Shell, verb: str) -> None:
    printed = family.attest("bom", verb, "demo/student:1", *OTHER, expect=1)
    assert (printed.complaint.code, printed.out) == ("signer-not-trusted", "")


def test_diff_refuses_as_soon_as_one_of_the_two_does_not_hold(family: Shell) -> None:
    complaint = family.attest("bom", "diff", "demo/student:1", "demo/stranger:1", *PUBLIC, expect=1).complaint
    assert complaint.code == "signer-not-trusted"


def test_a_policys_words_on_who_speaks_of_ml_boms_count(family: Shell) -> None:
    """K is named in the policy, but not for ML-BOMs."""
    policy = (
        "apiVersion: attest/v1\nkind: Policy\nname: p\n"
        "identities: {ci: {key: K/attest.pub}, bot: {key: other/attest.pub}}\n"
        "require:\n  signature: {by: [ci]}\n  ml-bom: {by: [bot]}\n"
    )
    (family.folder / "p.yaml").write_text(policy)
    complaint = family.attest("bom", "export", "demo/student:1", "--policy", "p.yaml", expect=1).complaint
    assert complaint.code == "signer-not-trusted"
    assert "ci" in complaint.details["found"]
    (family.folder / "p.yaml").write_text(policy.replace("[bot]", "[bot, ci]"))
    family.attest("bom", "export", "demo/student:1", "--policy", "p.yaml")


@pytest.mark.parametrize(
    ("line", "code", "status"),
    [
        (("export", "demo/student:1", *PUBLIC, "--spec", "1.5"), "bom-version", 2),
        (("export", "demo/student:9", *PUBLIC), "name-unknown", 2),
        (("export", "demo/student", *PUBLIC), "version-missing", 2),
        (("export", "demo/student:1", *PUBLIC, "--out", "nowhere/x.json"), "cannot-write", 4),
        (("check", "demo/student:1", "--profile", "g8"), "bom-unknown-profile", 2),
        (("check", "absent.json"), "cannot-read", 2),
        (("check", "tickets.csv"), "malformed-json", 2),
        (("check", "./demo/student:1"), "cannot-read", 2),
        (("show", "tickets.csv", *PUBLIC), "usage", 2),
        (("diff", "demo/student:1", "absent.json"), "cannot-read", 2),
        (("diff", "demo/student:1"), "usage", 2),
        (("show", "Demo/Student:1"), "bad-reference", 2),
        (("show", "demo/student:1", "--key", "absent.pub"), "key-not-found", 2),
    ],
)
def test_what_cannot_be_done_says_why(family: Shell, line: tuple[str, ...], code: str, status: int) -> None:
    printed = family.attest("bom", *line, expect=status)
    assert (printed.complaint.code, printed.out) == (code, "")


def test_a_file_in_the_working_folder_stands_in_for_no_version(family: Shell) -> None:
    (family.folder / "demo").mkdir(exist_ok=True)
    (family.folder / "demo/student:1").write_text("{}")
    assert "demo/student" in family.attest("bom", "show", "demo/student:1", *PUBLIC).out
