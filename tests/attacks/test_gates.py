"""Rows 5, 19, 66, 67, 68, 69 and 70: what gates saw is exchanged or made up; tags, catalogue and stolen keys lie."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine, text

from attest.claims.event import Action, Gate, Target
from attest.claims.predicates import PROVENANCE
from attest.claims.statement import Statement
from attest.cli.main import main
from attest.evidence.collect import collect
from attest.lifecycle.writing import Draft
from attest.signing.bundle import Bundle
from attest.signing.bundle_signer import KeyBundleSigner
from attest_registry.digest import Digest
from tests.lifecycle.house import PASSED

if TYPE_CHECKING:
    from attest.claims.event import Event
    from tests.attacks.logged import Logged


def moved(logged: Logged, number: int, action: Action = Action.PROMOTE, gate: Gate = PASSED) -> Event:
    """As bob's own program would write it, with a gate of his choosing."""
    log = logged.read()
    version = log.place.registered(number)
    assert version is not None
    draft = Draft(action=action, version=version, target=Target(alias="production"), gate=gate)
    return logged.attacker.next(log, draft, by=logged.bob)


def claim_of(logged: Logged, number: int, kind: str) -> Digest:
    """The digest of the words of a claim about a version."""
    for piece in collect(logged.attacker.repository, logged.digest_of(number)).evidence:
        statement = Statement.parse(Bundle.parse(piece.raw).payload)
        if statement.predicate_type == kind:
            return Digest.of(statement.raw)
    raise AssertionError(kind)


# ---- row 66: evidence is exchanged afterwards


def test_the_evidence_that_a_gate_saw_is_exchanged(logged: Logged, tmp_path: object) -> None:
    """Alice signed other words about the same version too; these are not the ones that the gate saw."""
    logged.honest()
    logged.forget()
    subject, claim = logged.digest_of(2), claim_of(logged, 2, PROVENANCE)
    lost = logged.lose(subject, claim)
    said = json.loads(Bundle.parse(lost).payload)
    said["predicate"]["runDetails"]["metadata"]["invocationId"] = "another-run"
    other = KeyBundleSigner(signer=logged.scene.alice.signer).sign_statement(Statement.parse(json.dumps(said).encode()))
    logged.scene.registry.attach([other], subject)
    logged.attack(code="gate-evidence-missing", status=1)
    (logged.scene.folder / "home" / "lost.json").write_bytes(lost)  # exported in time, it can be put back
    assert main(["evidence", "attach", f"{logged.name}:2", str(logged.scene.folder / "home" / "lost.json")]) == 0


# ---- rows 5 and 67: the catalogue is edited


def test_an_edited_catalogue(logged: Logged) -> None:
    """Who owns the database points production at version 1."""
    asked = ("resolve", logged.production())
    before = logged.scene.honest(*asked).document["reference"]
    _edit(logged, "UPDATE holdings SET version_id = (SELECT id FROM versions WHERE number = 1)")
    after = logged.scene.run(*asked).document.get("reference")
    logged.scene.harmless(after == before, why="the log says what an alias means")


def test_aliases_that_are_swapped(logged: Logged) -> None:
    """Each alias of the catalogue points where another one should."""
    logged.promote(1, "champion")
    asked = [("resolve", f"{logged.name}@{alias}") for alias in ("production", "champion")]
    before = [logged.scene.honest(*each).document["reference"] for each in asked]
    _edit(logged, "UPDATE holdings SET alias = CASE alias WHEN 'production' THEN 'champion' ELSE 'production' END")
    after = [logged.scene.run(*each).document.get("reference") for each in asked]
    logged.scene.harmless(after == before, why="the log says what an alias means")


def _edit(logged: Logged, statement: str) -> None:
    engine = create_engine(f"sqlite:///{logged.scene.folder}/home/catalogue.db")
    with engine.begin() as connection:
        connection.execute(text("DROP INDEX IF EXISTS holdings_once_now"))
        connection.execute(text(statement))
    engine.dispose()


# ---- row 68: "allowed", written by hand


def test_a_gate_that_was_never_asked(logged: Logged) -> None:
    """Bob may promote, and writes that the gate let version 1 pass; what it should have seen he leaves out."""
    logged.honest()
    logged.lay((moved(logged, 1), logged.bob))
    logged.attack(code="log-gate", status=3)


def test_a_rollback_to_what_no_gate_let_pass(logged: Logged) -> None:
    """A rollback is asked no gate of its own: the version came there by one, or it did not."""
    logged.honest()
    for number, action in ((1, Action.PROMOTE), (2, Action.ROLLBACK)):
        logged.lay((moved(logged, number, action), logged.bob))
    logged.honest()  # an honest version, back where an honest gate had let it pass
    logged.lay((moved(logged, 1, Action.ROLLBACK), logged.bob))
    logged.attack(code="log-gate", status=3)


# ---- row 69: withheld


def test_a_rejection_is_withheld(logged: Logged) -> None:
    """What the host's policy does not ask about has to be there all the same."""
    claim = _rejected(logged)
    logged.honest()
    logged.lose(logged.digest_of(2), claim)
    logged.attack(code="evidence-withheld", status=1)


def test_a_rejection_under_another_signature(logged: Logged) -> None:
    """The words are there, signed by nobody whom they name: they count for nothing, and nothing looks gone."""
    claim = _rejected(logged)
    logged.honest()
    subject = logged.digest_of(2)
    words = Statement.parse(Bundle.parse(logged.lose(subject, claim)).payload)
    copy = KeyBundleSigner(signer=logged.scene.mallory.signer).sign_statement(words)
    logged.scene.registry.attach([copy], subject)
    logged.attack(code="evidence-withheld", status=1)


def _rejected(logged: Logged) -> Digest:
    document = logged.by(logged.bob, "reject", f"{logged.name}:2", "-m", "drifts")
    return Digest.parse(str(document["claim"]))


# ---- row 70: retagged


def test_a_label_that_is_moved(logged: Logged) -> None:
    """Both versions are alice's; the registry lets 1.4.0 be the older one."""
    asked = ("verify", f"{logged.name}:1.4.0", *logged.trust())
    before = logged.scene.honest(*asked).document["digest"]
    tags, model = logged.scene.fake.tags, logged.scene.registry.model
    tags[model, "1.4.0"] = tags[model, "1"]
    outcome = logged.scene.run(*asked)
    logged.scene.harmless(
        outcome.status == 0 and outcome.document.get("digest") == before, why="a label is what was registered under it"
    )


def test_a_label_with_another_digest(logged: Logged) -> None:
    """What somebody wrote down as 1.4.0 was never that."""
    logged.honest(f"{logged.name}:1.4.0@{logged.digest_of(2)}")
    tags, model = logged.scene.fake.tags, logged.scene.registry.model
    tags[model, "1.4.0"] = tags[model, "1"]
    reference = f"{logged.name}:1.4.0@{logged.digest_of(1)}"
    logged.attack(code="version-retagged", status=3, reference=reference)


@pytest.mark.parametrize("name", ["2.0.0", "7"])
def test_a_name_beside_the_log(logged: Logged, name: str) -> None:
    """Nobody registered it: the registry made it up for a version that alice signed under another one."""
    logged.honest(f"{logged.name}:1.4.0")
    tags, model = logged.scene.fake.tags, logged.scene.registry.model
    tags[model, name] = tags[model, "1"]
    logged.attack(code="version-unregistered", status=1, reference=f"{logged.name}:{name}")
    pinned = f"{logged.name}:{name}@{logged.digest_of(1)}"  # the digest is right, and the name is not
    logged.attack(code="version-unregistered", status=1, reference=pinned)


# ---- row 19: a key that was stolen


def test_a_stolen_key_moves_an_alias(logged: Logged) -> None:
    """Both versions are alice's, and both pass the gate; but bob's key, which moves the alias back, is a thief's."""
    denied = f"deny: [{{key: '{logged.bob.key.fingerprint}', since: 2026-01-01, reason: stolen}}]"
    logged.by(logged.scene.alice, "promote", f"{logged.name}:1", "--to", "production")
    trust = logged.scene.policy(
        "signature: {by: [alice]}, provenance: {by: [alice]}, ml-bom: {by: [alice]}",
        more=f"formats: any\nlog: {{admins: [alice]}}\n{denied}",
    )
    logged.honest(None, *trust)
    logged.promote(2)
    logged.attack(*trust, code="mover-revoked", status=1)
