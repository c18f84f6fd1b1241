"""Gates asked by promoters and again by readers: over whose words, of which versions, as of when."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from attest.admit import judge_version
from attest.attested_verdict import attest_verdict
from attest.claims.evaluation import Better, Evaluation, Measured
from attest.claims.event import Action, Gate, Target
from attest.claims.log_state import RoleName
from attest.claims.training import Build, Operation, Training
from attest.errors import EvidenceMissing
from attest.evidence.collect import collect
from attest.lifecycle import administering, promoting
from attest.lifecycle.recording import record
from attest.lifecycle.registering import register
from attest.lifecycle.session import open_session
from attest.lifecycle.writing import Draft, public_half
from attest.policy.document import load_policy
from attest.publish import read_folder, sign_claims, store
from attest.settings import Settings
from attest.signed_claims import reviewed, sign_evaluation
from attest.signing.bundle_signer import KeyBundleSigner
from attest.stores import surroundings_for
from attest_registry.oci.layout import LayoutRepository
from attest_registry.reference import Reference
from tests.attacks.release import weights
from tests.attacks.scene import person
from tests.lifecycle.house import name

if TYPE_CHECKING:
    from pathlib import Path

    from attest.admit import Judgement
    from attest.claims.approval import Reviewed
    from attest.claims.event import Versioned
    from attest.lifecycle.session import Session
    from tests.verify.evidence import Person

MODEL = "acme/credit-risk"
START = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
TRAINING = Training(
    build=Build(builder="urn:attest:builders:local:v1", finished="2026-02-28T21:04:00Z"), operation=Operation.TRAIN
)


@dataclass(kw_only=True)
class Gated:
    """A model in the store of this machine: alice publishes, erin evaluates, bob promotes.

    Args:
        folder: of this machine.
    """

    folder: Path
    now: datetime = START
    open: list[Session] = field(default_factory=list)
    people: dict[str, Person] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Two versions, and roles for all three."""
        self.people = {each: person(self.folder, each) for each in ("alice", "bob", "erin")}
        self.push(b"1")
        for role, who in ((RoleName.APPROVER, "bob"), (RoleName.EVALUATOR, "erin")):
            key = self.people[who].key
            with self.session("alice", keys=tuple(public_half(key).items())) as session:
                administering.grant(session, role, name(self.people[who]))
        self.push(b"2")

    @property
    def settings(self) -> Settings:
        return Settings.load({"ATTEST_HOME": str(self.folder)}, system_file=self.folder / "none")

    @property
    def reference(self) -> Reference:
        return Reference.parse(MODEL)

    @property
    def repository(self) -> LayoutRepository:
        return LayoutRepository(self.folder / "store", MODEL)

    def clock(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now

    def session(self, who: str, keys: Any = ()) -> Session:
        signer = KeyBundleSigner(signer=self.people[who].signer)
        return open_session(self.reference, self.settings, clock=self.clock, signer=signer, keys=keys)

    def push(self, fill: bytes) -> int:
        folder = self.folder / f"made-{fill.hex()}"
        folder.mkdir()
        (folder / "model.safetensors").write_bytes(weights(fill))
        signer = KeyBundleSigner(signer=self.people["alice"].signer)
        signed = sign_claims(read_folder(folder), TRAINING, model=MODEL, signer=signer, now=self.now)
        published = store(signed, self.repository, self.reference, signer=signer)
        with self.session("alice") as session:
            assert published.reference.digest is not None
            register(session, number=published.number, digest=published.reference.digest)
        return published.number

    def version(self, number: int) -> Versioned:
        with self.session("bob") as session:
            session.read()
            found = session.place.registered(number)
        assert found is not None
        return found

    def evaluate(self, number: int, accuracy: str, *, recorded: bool = True) -> Reviewed:
        said = Evaluation(
            passed=True,
            finished=self.now,
            metrics=(Measured(name="accuracy", value=Decimal(accuracy), better=Better.HIGHER),),
        )
        version = self.version(number)
        with self.session("erin") as session:
            bundle = sign_evaluation(said, signer=session.writer.signer, model=MODEL, manifest_digest=version.manifest)
            done = record(session, version, bundle, role=RoleName.EVALUATOR)
        from attest.claims.approval import Reviewed

        return Reviewed(claim=done.claim, signer=name(self.people["erin"]))

    def bind(self, alias: str, demands: str) -> None:
        with self.session("alice") as session:
            administering.bind(session, alias, self.policy(demands))

    def policy(self, demands: str, more: str = "") -> Path:
        identities = ", ".join(f"{each}: {{key: {who.key.origin}}}" for each, who in self.people.items())
        text = (
            f"apiVersion: attest/v1\nkind: Policy\nname: gate\nidentities: {{{identities}}}\n"
            f"require:\n  signature: {{by: [alice]}}\n{demands}\nformats: any\n{more}\n"
        )
        path = self.folder / f"policy-{abs(hash(text))}.yaml"
        path.write_text(text)
        return path

    def promote(self, number: int, alias: str = "production") -> promoting.Moved:
        with self.session("bob") as session:
            log = session.log()
            assert log is not None
            judged = promoting.judge(session, self.version(number), Target(alias=alias))
            return promoting.promote(session, judged)

    def forge(self, number: int, gate: Gate, alias: str = "production") -> None:
        """What bob's own program writes: legal, with a gate of his choosing."""
        with self.session("bob") as session:
            draft = Draft(action=Action.PROMOTE, version=self.version(number), target=Target(alias=alias), gate=gate)
            session.write(session.log(), draft)

    def gate(self, number: int, alias: str = "production") -> Gate:
        """What an honest gate would have seen."""
        with self.session("bob") as session:
            return promoting.judge(session, self.version(number), Target(alias=alias)).gate

    def read(self, alias: str = "production", demands: str = "") -> Judgement:
        """As a host that loads through an alias."""
        reference = Reference.parse(f"{MODEL}@{alias}")
        policy = load_policy(self.policy(demands, "log: {admins: [alice]}"))
        surroundings = surroundings_for(reference, self.settings)
        return judge_version(reference, self.repository, policy, now=self.clock(), surroundings=surroundings)

    def lose(self, number: int, claim: Reviewed) -> None:
        """The store holds a piece of evidence back."""
        from attest.signing.bundle import Bundle
        from attest_registry.digest import Digest

        for piece in collect(self.repository, self.version(number).manifest).evidence:
            if Digest.of(Bundle.parse(piece.raw).payload) == claim.claim:
                for path in (self.folder / "store").rglob(piece.digest.hex):
                    path.unlink()


@pytest.fixture
def gated(tmp_path: Path) -> Gated:
    return Gated(folder=tmp_path)


def codes(judgement: Judgement) -> list[str]:
    return [finding.code for finding in judgement.verdict.findings if finding.code]


ACCURATE = "  evaluations:\n    - {by: [erin], metric: accuracy, minimum: 0.9}"
NOT_WORSE = (
    "  evaluations:\n    - by: [erin]\n      metric: accuracy\n"
    "      no-regression: {against: champion, by-at-most: 0.01, better: higher}"
)


def test_an_honest_gate_is_asked_again_by_whoever_loads(gated: Gated) -> None:
    gated.bind("production", ACCURATE)
    gated.evaluate(1, "0.93")
    gated.promote(1)
    assert codes(gated.read()) == []
    assert gated.read().verdict.allowed


def test_a_gate_that_compares_with_another_alias(gated: Gated) -> None:
    """Production is compared with the champion, which is no holder of it."""
    gated.evaluate(1, "0.90")
    gated.promote(1, "champion")
    gated.bind("production", NOT_WORSE)
    gated.evaluate(2, "0.92")
    gated.promote(2)
    assert codes(gated.read()) == []


def test_a_version_that_is_worse_than_the_one_compared_with(gated: Gated) -> None:
    gated.evaluate(1, "0.95")
    gated.promote(1, "champion")
    gated.evaluate(2, "0.92")
    gate = gated.gate(2)
    gated.bind("production", NOT_WORSE)
    honest = gated.gate(2)
    assert honest.policy != gate.policy
    gated.forge(2, honest)
    assert codes(gated.read()) == ["log-gate"]


def test_a_recorded_evaluation_is_left_out_of_what_the_gate_saw(gated: Gated) -> None:
    """It was evaluated twice, the second time badly; bob names the first."""
    gated.bind("production", ACCURATE)
    gated.evaluate(1, "0.93")
    gate = gated.gate(1)
    gated.evaluate(1, "0.71")
    gated.forge(1, gate)
    assert codes(gated.read()) == ["log-gate"]


def test_what_was_recorded_afterwards_does_not_count_at_the_gate(gated: Gated) -> None:
    gated.bind("production", ACCURATE)
    gated.evaluate(1, "0.93")
    gated.promote(1)
    gated.evaluate(1, "0.71")
    assert codes(gated.read()) == []


def test_the_gate_of_somebody_from_whom_a_recorded_claim_is_withheld(gated: Gated) -> None:
    gated.bind("production", ACCURATE)
    gated.evaluate(1, "0.93")
    bad = gated.evaluate(1, "0.71")
    gated.lose(1, bad)
    with pytest.raises(EvidenceMissing) as caught:
        gated.promote(1)
    assert (caught.value.code, caught.value.exit_status) == ("evidence-withheld", 1)


def test_a_recorded_claim_about_the_version_compared_with_is_withheld(gated: Gated) -> None:
    """Without its good evaluation the champion would be easy to beat."""
    gated.evaluate(1, "0.80")
    good = gated.evaluate(1, "0.95")
    gated.promote(1, "champion")
    gated.bind("production", NOT_WORSE)
    gated.evaluate(2, "0.82")
    gated.lose(1, good)
    with gated.session("bob") as session:
        judged = promoting.judge(session, gated.version(2), Target(alias="production"))
    assert not judged.verdict.allowed


def test_a_promoters_own_verdict_stands_in_for_nothing(gated: Gated) -> None:
    """The policy takes a verdict of bob or erin in the place of the evaluation; bob promotes."""
    gated.bind("production", f"{ACCURATE}\nvsa: {{by: [bob, erin], policy: same, max-age: 24h}}")
    for who, code in (("bob", ["log-gate"]), ("erin", [])):
        with gated.session(who) as session:
            judged = promoting.judge(session, gated.version(1), Target(alias="production"))
            _verdict(gated, session, judged, who)
        with gated.session("bob") as session:
            again = promoting.judge(session, gated.version(1), Target(alias="production"))
        assert again.verdict.allowed is (who == "erin")
        if who == "bob":
            gated.forge(1, again.gate)
            assert codes(gated.read()) == code
            with gated.session("bob") as session:
                promoting.demote(session, Target(alias="production"), None)
        else:
            gated.promote(1)
            assert codes(gated.read()) == code


def _verdict(gated: Gated, session: Session, judged: promoting.Judged, who: str) -> None:
    """Somebody signs that the version passed, whether it did or not."""
    from msgspec.structs import replace

    from attest.admit import Judgement, locate_version
    from attest.attested_verdict import evaluated_whole
    from attest.verify.facts import Judged

    pinned, artefact = locate_version(session.reference.pinned(judged.version.manifest), session.repository)
    findings = tuple(each for each in judged.verdict.findings if not each.stands_in_the_way)
    judgement = Judgement(
        reference=pinned,
        artefact=artefact,
        repository=session.repository,
        judged=Judged(facts=(), rejected=()),
        policy=evaluated_whole(judged.policy),
        verdict=replace(judged.verdict, findings=findings),
    )
    signer = KeyBundleSigner(signer=gated.people[who].signer)
    attest_verdict(judgement, signer=signer, verifier="https://gate.example", now=gated.clock())


def test_a_rollback_rests_on_the_promotion_that_it_goes_back_to(gated: Gated) -> None:
    """On its day the evaluation was young; on the day of the emergency it is not, and nothing fails for that."""
    young = f"{ACCURATE[:-1]}, max-age: 30d}}"
    gated.bind("production", young)
    gated.evaluate(1, "0.93")
    gated.promote(1)
    gated.evaluate(2, "0.94")
    gated.promote(2)
    gated.now += timedelta(days=90)
    with gated.session("bob") as session:
        promoting.rollback(session, "production")
    judgement = gated.read(demands=young)
    assert judgement.reference.number == 1
    assert codes(judgement) == []
    assert judgement.verdict.allowed


def test_a_rollback_to_what_no_gate_let_pass(gated: Gated) -> None:
    gated.bind("production", ACCURATE)
    gated.evaluate(2, "0.94")
    gated.forge(1, Gate(policy=gated.gate(1).policy, evidence=()))
    gated.promote(2)
    with gated.session("bob") as session:
        log = session.log()
        draft = Draft(action=Action.ROLLBACK, version=gated.version(1), target=Target(alias="production"))
        session.write(log, draft)
    assert codes(gated.read()) == ["log-gate"]


def test_a_gate_is_asked_once_for_each_event(gated: Gated) -> None:
    gated.bind("production", ACCURATE)
    gated.evaluate(1, "0.93")
    gated.promote(1)
    gated.read()
    with gated.session("bob") as session:
        session.read()
        event = session.place.event_at(session.log().sequence)
        assert event is not None
        assert session.place.gate_held(event)


def test_a_number_is_read_by_its_registered_digest(gated: Gated) -> None:
    """Whatever its tag points at by now."""
    descriptor = gated.repository.resolve("1")
    gated.repository.tag("2", descriptor, replace=True)
    reference = Reference.parse(f"{MODEL}:2")
    judgement = judge_version(
        reference,
        gated.repository,
        load_policy(gated.policy("")),
        now=gated.clock(),
        surroundings=surroundings_for(reference, gated.settings),
    )
    assert judgement.artefact.digest == gated.version(2).manifest
    assert str(judgement.reference) == f"{MODEL}:2@{gated.version(2).manifest}"


def test_what_a_gate_saw_is_named_claim_by_claim(gated: Gated) -> None:
    gated.bind("production", ACCURATE)
    claim = gated.evaluate(1, "0.93")
    moved = gated.promote(1)
    gate = moved.log.event(moved.log.sequence).gate
    assert gate is not None
    assert claim in gate.evidence
    assert len(gate.evidence) == len(set(gate.evidence)) >= 2
    assert reviewed([]) == ()
