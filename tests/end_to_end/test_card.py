"""Model cards at the shell: made, merged with what people wrote, signed, read back, and refused."""

from __future__ import annotations

import json
import shutil
import time
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from attest.claims.evaluation import Evaluation, Measured
from attest.signed_claims import sign_evaluation
from attest.signing.bundle_signer import KeyBundleSigner
from attest.signing.uri import open_signer
from attest_registry.digest import Digest
from tests.cards.hub import loaded
from tests.end_to_end.conftest import make_model
from tests.end_to_end.shell import Shell

if TYPE_CHECKING:
    from pathlib import Path

    from tests.end_to_end.conftest import Place

KEY, PUBLIC, OTHER = ("--key", "K/attest.key"), ("--key", "K/attest.pub"), ("--key", "other/attest.pub")
SIGN = ("--sign", "--signing-key", "K/attest.key")
GOLDEN = Digest.of(b"golden")
RECORD = """\
apiVersion: attest/v1
kind: TrainingRecord
model: {licence: Apache-2.0, task: tabular-classification, description: "Scores <script>alert(1)</script>"}
operation: train
inputs:
  - {role: dataset, name: tickets, path: tickets.csv, licence: CC-BY-4.0}
metrics: [{name: auc, value: 0.87, dataset: tickets}]
card: {intended_use: Routing of tickets.}
"""
POLICY = """\
apiVersion: attest/v1
kind: Policy
name: gate
identities: {publisher: {key: K/attest.pub}, eval-bot: {key: other/attest.pub}}
require:
  signature: {by: [publisher]}
  provenance: {by: [publisher]}
  ml-bom: {by: [publisher]}
  evaluations: [{by: [eval-bot], metric: accuracy, minimum: 0.9}]
"""


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory, keys: Path) -> Shell:
    """A version with a signed evaluation by `other`, and one without."""
    person = Shell(folder=tmp_path_factory.mktemp("published"))
    for name in ("K", "other"):
        shutil.copytree(keys / name, person.folder / name)
    make_model(person.folder / "model")
    (person.folder / "tickets.csv").write_text("a,b\n")
    (person.folder / "attest.yaml").write_text(RECORD)
    (person.folder / "gate.yaml").write_text(POLICY)
    person.attest("push", "model", "acme/credit-risk", *KEY, "-q")
    (person.folder / "model/more.json").write_text("{}")
    person.attest("push", "model", "acme/credit-risk", *KEY, "-q")
    evaluate(person, "acme/credit-risk:1", "0.93")
    return person


@pytest.fixture
def own(published: Shell, tmp_path: Path) -> Shell:
    shutil.copytree(published.folder, tmp_path / "own", symlinks=True)
    return Shell(folder=tmp_path / "own")


def evaluate(person: Shell, reference: str, value: str) -> None:
    digest = Digest.parse(json.loads(person.attest("show", reference, "--json").out)["digest"])
    said = Evaluation(
        passed=True,
        finished=datetime(2026, 11, 20, tzinfo=UTC),
        metrics=(Measured(name="accuracy", value=Decimal(value), dataset=GOLDEN, dataset_name="golden"),),
    )
    signer = KeyBundleSigner(signer=open_signer(str(person.folder / "other/attest.key"), passphrase=lambda _: None))
    raw = sign_evaluation(said, signer=signer, model=reference.partition(":")[0], manifest_digest=digest)
    (person.folder / "evaluation.json").write_bytes(raw)
    person.attest("evidence", "attach", reference, "evaluation.json")


def top(text: str) -> str:
    """The first words below the heading."""
    return text.split("\n# Model card", 1)[1].split("\n\n", 2)[1]


def test_a_card_of_verified_claims(published: Shell) -> None:
    text = published.attest("card", "acme/credit-risk:1", "--policy", "gate.yaml").out
    assert top(text).startswith("**VERIFIED**: by policy gate")
    measured, stated = text.split("<!-- attest:end metrics -->")[0].split("*Stated by the publisher")
    assert "| accuracy | 0.93 |" in measured
    assert "eval-bot" in measured.split("| accuracy |")[1]
    assert str(GOLDEN) in measured
    assert "| auc | 0.87 |" in stated
    assert "Scores &lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "## Ethical considerations\n\n*not stated*" in text
    assert published.attest("card", "acme/credit-risk:1", "--policy", "gate.yaml").out == text


def test_hugging_faces_library_loads_what_is_written(published: Shell) -> None:
    published.attest("card", "acme/credit-risk:1", "--policy", "gate.yaml", "--out", "hub.md")
    found = loaded((published.folder / "hub.md").read_text())
    assert (found.data.license, found.data.pipeline_tag) == ("apache-2.0", "tabular-classification")
    results = {result.metric_type: result for result in found.data.eval_results}
    assert results["accuracy"].metric_value == 0.93
    assert results["accuracy"].dataset_revision == str(GOLDEN)
    assert results["auc"].metric_args["said_by"] == "publisher"


def test_without_anybody_to_trust_the_card_says_so_at_its_top(published: Shell) -> None:
    printed = published.attest("card", "acme/credit-risk:1")
    assert top(printed.out).startswith("**NOT VERIFIED**")
    assert "NOT VERIFIED" in printed.err
    assert "| accuracy | 0.93 |" in printed.out
    assert "not verified" in printed.out.split("| accuracy |")[1].split("\n")[0]
    page = published.attest("card", "acme/credit-risk:1", "--format", "html").out
    assert page.index("NOT VERIFIED") < page.index("Model details")


def test_an_evaluation_by_a_stranger_is_on_no_card(published: Shell) -> None:
    text = published.attest("card", "acme/credit-risk:1", *PUBLIC).out
    assert top(text).startswith("**VERIFIED**: by key sha256:")
    assert "| accuracy |" not in text
    assert "| evaluation | no: signer-not-trusted" in text


def test_a_refused_version_gives_no_file(published: Shell) -> None:
    (published.folder / "kept.md").write_text("before")
    wanted = ("card", "acme/credit-risk:2", "--policy", "gate.yaml")
    printed = published.attest(*wanted, "--out", "kept.md", expect=1)
    assert printed.out == ""
    assert "evaluations" in printed.err
    assert (published.folder / "kept.md").read_text() == "before"
    printed = published.attest(*wanted, expect=1)
    assert top(printed.out).startswith("**NOT VERIFIED**: refused by policy gate")


def test_another_key_gives_no_verified_card(published: Shell) -> None:
    printed = published.attest("card", "acme/credit-risk:1", *OTHER, expect=1)
    assert top(printed.out).startswith("**NOT VERIFIED**")
    assert "Routing of tickets" not in printed.out
    assert "signer-not-trusted" in printed.out


def test_html_is_one_file_without_script(published: Shell) -> None:
    assert published.attest("card", "acme/credit-risk:1", *PUBLIC, "--format", "html", "--out", "card.html").out
    text = (published.folder / "card.html").read_text()
    assert "Content-Security-Policy\" content=\"default-src 'none'" in text
    assert "<script" not in text
    assert "&lt;script&gt;" in text


def test_json_is_one_document(published: Shell) -> None:
    found = json.loads(published.attest("card", "acme/credit-risk:1", "--policy", "gate.yaml", "--format", "json").out)
    assert (found["schema"], found["verified"]) == ("attest/card/v1", True)
    assert found["metrics"]["measured"][0]["dataset"] == {"name": "golden", "digest": str(GOLDEN)}
    assert found["ethical_considerations"] is None


def test_what_people_wrote_goes_from_version_to_version(own: Shell) -> None:
    own.attest("card", "acme/credit-risk:1", *PUBLIC, "--out", "README.md")
    path = own.folder / "README.md"
    text = path.read_text()
    edited = text.replace("# attest:end front-matter\n", "# attest:end front-matter\nlanguage: en\n")
    edited = edited.replace("<!-- attest:end factors -->\n", "<!-- attest:end factors -->\n\n## In use\n\nSince May.\n")
    path.write_text(edited)
    own.attest("card", "acme/credit-risk:2", *PUBLIC, "--edits", "README.md", "--out", "README.md")
    merged = path.read_text()
    assert "# Model card: acme/credit-risk:2" in merged
    assert "\n## In use\n\nSince May.\n" in merged
    assert loaded(merged).data.language == "en"
    again = own.attest("card", "acme/credit-risk:2", *PUBLIC, "--edits", "README.md").out
    assert again == merged
    page = own.attest("card", "acme/credit-risk:2", *PUBLIC, "--edits", "README.md", "--format", "html").out
    assert "<pre>## In use" in page
    found = json.loads(
        own.attest("card", "acme/credit-risk:2", *PUBLIC, "--edits", "README.md", "--format", "json").out
    )
    assert ["## In use" in text for text in found["people"]] == [True]


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        ("| auc | 0.87 |", "| auc | 0.99 |", "card-edited"),
        ("<!-- attest:end metrics -->", "", "card-markers"),
        ("# attest:end front-matter\n", "# attest:end front-matter\nlicense: mit\n", "card-front-matter"),
    ],
)
def test_edits_that_would_change_what_was_signed_are_refused(own: Shell, before: str, after: str, code: str) -> None:
    own.attest("card", "acme/credit-risk:1", *PUBLIC, "--out", "README.md")
    path = own.folder / "README.md"
    edited = path.read_text().replace(before, after, 1)
    path.write_text(edited)
    wanted = ("card", "acme/credit-risk:1", *PUBLIC, "--edits", "README.md", "--out", "README.md")
    printed = own.attest(*wanted, expect=2)
    assert (printed.complaint.code, printed.out) == (code, "")
    assert path.read_text() == edited


def test_a_signed_card_is_read_back(own: Shell) -> None:
    policy = ("--policy", "gate.yaml")
    printed = own.attest("card", "acme/credit-risk:1", *policy, *SIGN, "--out", "signed.md")
    assert "signed   model card sha256:" in printed.err
    read = own.attest("card", "acme/credit-risk:1", *policy, "--signed")
    assert read.out == (own.folder / "signed.md").read_text()
    assert "made from 4 claims; 4 of them verified here" in read.err
    again = own.attest("card", "acme/credit-risk:1", *policy, *SIGN)
    assert "already there" in again.err
    rows = json.loads(own.attest("show", "acme/credit-risk:1", *PUBLIC, "--json").out)["evidence"]
    assert [row["verified"] for row in rows if row["claim"] == "model card"] == [True]
    own.attest("verify", "acme/credit-risk:1", *policy)
    other = own.attest("card", "acme/credit-risk:1", *PUBLIC, "--signed")
    assert "made from 4 claims; 3 of them verified here" in other.err


def test_a_card_is_signed_and_read_in_every_store(place: Place) -> None:
    person, name = place.shell, place.name("m")
    person.attest("keygen", "--out", "K")
    person.attest("push", "model", name, *KEY, "-q")
    person.attest("card", f"{name}:1", *PUBLIC, *SIGN, "--out", "signed.md")
    assert person.attest("card", f"{name}:1", *PUBLIC, "--signed").out == (person.folder / "signed.md").read_text()
    assert "already there" in person.attest("card", f"{name}:1", *PUBLIC, *SIGN).err
    person.attest("verify", f"{name}:1", *PUBLIC)
    place.flip_last_byte((person.folder / "signed.md").read_bytes())
    printed = person.attest("card", f"{name}:1", *PUBLIC, "--signed", expect=3)
    assert (printed.complaint.code, printed.out) == ("digest-mismatch", "")


def test_an_alias_is_the_version_that_the_log_says(own: Shell) -> None:
    own.attest("push", "model", "acme/logged", *KEY, "-q")
    own.attest("promote", "acme/logged:1", "--to", "production", *KEY)
    printed = own.attest("card", "acme/logged@production", *PUBLIC)
    assert "# Model card: acme/logged:1" in printed.out
    own.attest("card", "acme/logged@production", *PUBLIC, *SIGN, "--out", "signed.md")
    read = own.attest("card", "acme/logged@production", *PUBLIC, "--signed")
    assert read.out == (own.folder / "signed.md").read_text() == printed.out
    assert own.attest("diff", "acme/logged@production", "acme/logged:1", *PUBLIC).out == "no difference\n"
    for verb in (("card",), ("card", "--signed"), ("diff", "acme/logged:1")):
        refused = own.attest(*verb, "acme/logged@staging", *PUBLIC, expect=2)
        assert refused.complaint.code == "alias-unknown"


def test_the_latest_of_several_signed_cards_is_in_force(own: Shell) -> None:
    own.attest("card", "acme/credit-risk:1", *PUBLIC, *SIGN, "--out", "README.md")
    path = own.folder / "README.md"
    path.write_text(path.read_text() + "\nWritten later.\n")
    signer = ("--policy", "gate.yaml")
    time.sleep(1.1)  # cards are told apart by whole seconds
    own.attest("card", "acme/credit-risk:1", *signer, "--edits", "README.md", *SIGN, "--out", "later.md")
    read = own.attest("card", "acme/credit-risk:1", *signer, "--signed").out
    assert read == (own.folder / "later.md").read_text()
    assert read.endswith("\nWritten later.\n")


def test_a_claim_that_came_later_is_noticed(own: Shell) -> None:
    own.attest("card", "acme/credit-risk:1", "--policy", "gate.yaml", *SIGN)
    evaluate(own, "acme/credit-risk:1", "0.95")
    printed = own.attest("card", "acme/credit-risk:1", "--policy", "gate.yaml", "--signed")
    assert "warning[card-outdated]: 1 claim" in printed.err


def test_a_card_whose_bytes_were_changed_is_not_read(own: Shell) -> None:
    own.attest("card", "acme/credit-risk:1", *PUBLIC, *SIGN, "--out", "signed.md")
    content = (own.folder / "signed.md").read_bytes()
    flip(own, content)
    printed = own.attest("card", "acme/credit-risk:1", *PUBLIC, "--signed", expect=3)
    assert (printed.complaint.code, printed.out) == ("digest-mismatch", "")


def test_a_card_whose_bytes_are_gone_is_an_incident(own: Shell) -> None:
    own.attest("card", "acme/credit-risk:1", *PUBLIC, *SIGN, "--out", "signed.md")
    name = Digest.of((own.folder / "signed.md").read_bytes()).hex
    for path in (own.folder / "home/store").rglob(f"*{name}*"):
        path.unlink()
    printed = own.attest("card", "acme/credit-risk:1", *PUBLIC, "--signed", expect=3)
    assert (printed.complaint.code, printed.out) == ("card-missing", "")


def flip(person: Shell, content: bytes) -> None:
    """Change one byte of a blob in every place where the store keeps it."""
    changed = 0
    for path in sorted((person.folder / "home/store").rglob("*")):
        if path.is_file() and path.stat().st_size == len(content) and path.read_bytes() == content:
            path.chmod(0o644)
            path.write_bytes(content[:-2] + b"!\n")
            changed += 1
    assert changed


@pytest.mark.parametrize(
    ("line", "code", "status"),
    [
        (("acme/credit-risk:1", "--signed"), "no-trust", 2),
        (("acme/credit-risk:1", *SIGN), "no-trust", 2),
        (("acme/credit-risk:1", *PUBLIC, "--signed"), "evidence-missing", 1),
        (("acme/credit-risk:1", *PUBLIC, "--signed", *SIGN), "usage", 2),
        (("acme/credit-risk:1", *PUBLIC, "--signed", "--edits", "x.md"), "usage", 2),
        (("acme/credit-risk:1", *PUBLIC, "--signed", "--format", "html"), "usage", 2),
        (("acme/credit-risk:1", *PUBLIC, "--format", "html", *SIGN), "usage", 2),
        (("acme/credit-risk:1", *PUBLIC, "--signing-key", "K/attest.key"), "usage", 2),
        (("acme/credit-risk:1", *PUBLIC, "--edits", "absent.md"), "cannot-read", 2),
        (("acme/credit-risk:1", *PUBLIC, "--out", "nowhere/x.md"), "cannot-write", 4),
        (("acme/credit-risk:9", *PUBLIC), "name-unknown", 2),
        (("acme/credit-risk", *PUBLIC), "version-missing", 2),
        (("acme/credit-risk:1", "--key", "absent.pub"), "key-not-found", 2),
    ],
)
def test_what_cannot_be_done_says_why(published: Shell, line: tuple[str, ...], code: str, status: int) -> None:
    printed = published.attest("card", *line, expect=status)
    assert (printed.complaint.code, printed.out) == (code, "")


def test_a_card_of_a_refused_version_is_not_signed(own: Shell) -> None:
    before = own.attest("show", "acme/credit-risk:2", "--json").out
    printed = own.attest("card", "acme/credit-risk:2", "--policy", "gate.yaml", *SIGN, expect=1)
    assert printed.out == ""
    assert own.attest("show", "acme/credit-risk:2", "--json").out == before
