from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from attest.claims import log_checkpoint
from attest.claims.log_checkpoint import Checkpoint, state_digest
from attest.claims.log_state import RoleName
from attest.claims.signer_name import SignerName
from attest.errors import AttestError, LogBroken
from attest.evidence.evidence import BUNDLE_MEDIA_TYPE
from attest.lifecycle import checkpoints
from attest.lifecycle.given_log import given_log
from attest.policy.ancestry import Gathered, GivenLog
from attest.policy.case import Case
from attest.policy.document import policy_for_keys
from attest.policy.log_demand import CheckpointDemand, LogDemand
from attest.policy.log_rules import judge_log
from attest.policy.requirements import Identity, Policy
from attest.policy.verdict import Finding, Status
from attest.verify.facts import Judged
from attest_registry import limits
from attest_registry.digest import Digest
from attest_registry.errors import NotFound
from attest_registry.oci.descriptor import EMPTY_BYTES, EMPTY_DESCRIPTOR, Descriptor
from attest_registry.oci.manifest import Manifest
from attest_registry.reference import Reference
from tests.lifecycle.log_scene import NOW, LogScene, manifest_of, signer_of
from tests.verify.evidence import MODEL, Person, bundle

if TYPE_CHECKING:
    from pathlib import Path

DAY = timedelta(days=1)
OPS, MALLORY = Person.named("ops"), Person.named("mallory")


@pytest.fixture
def scene(tmp_path: Path) -> LogScene:
    scene = LogScene(folder=tmp_path)
    scene.register()
    scene.register()
    scene.grant(RoleName.EVALUATOR, scene.alice, OPS)
    return scene


def write(scene: LogScene, person: Person = OPS, memory: str | None = "ops", **values: Any) -> Checkpoint:
    arguments: dict[str, Any] = {"now": NOW, "valid": DAY} | values
    return checkpoints.write(scene.log(memory), signer=signer_of(person), **arguments).checkpoint


def policy(scene: LogScene, **values: Any) -> Policy:
    """What a pod without memory asks: alice's log, with a checkpoint by ops."""
    short = policy_for_keys([scene.alice.key])
    people = {name: Identity(name=name, keys=(each.key,)) for name, each in (("alice", scene.alice), ("ops", OPS))}
    demand: dict[str, Any] = {"admins": ("alice",), "checkpoint": CheckpointDemand(by=("ops",), max_age=DAY)}
    return replace(short, identities=people, log=LogDemand(**(demand | values)))


def judged(scene: LogScene, rules: Policy | None = None, *, alias: str | None = "production") -> Finding:
    """What a host that never saw the log makes of it."""
    rules = rules or policy(scene)
    given = given_log(scene.log(None), reference=Reference.parse(MODEL), alias=alias, policy=rules)
    return judge_log(case(rules, given))


def case(rules: Policy, given: GivenLog) -> Case:
    return Case(
        policy=rules,
        judged=Judged(facts=(), rejected=()),
        digest=manifest_of(1),
        files={},
        reference=f"{MODEL}:1",
        now=NOW,
        gathered=Gathered(log=given),
    )


# written


def test_a_checkpoint_says_where_the_log_ends(scene: LogScene) -> None:
    said, log = write(scene), scene.log()
    assert (said.sequence, said.head, said.log) == (3, log.head.head, log.head.log)
    assert said.state == state_digest(log.state)
    assert said.manifest == manifest_of(2)  # events about the model name its newest version
    assert (said.issued, said.expires) == (NOW, NOW + DAY)
    fact = checkpoints.fetch_verified(scene.repository, [OPS.key], names=(MODEL,))
    assert fact is not None
    assert fact.claim == said


def test_a_newer_one_takes_the_place_of_the_one_before(scene: LogScene) -> None:
    write(scene)
    scene.register(now=NOW)
    assert write(scene, now=NOW + timedelta(hours=1)).sequence == 4
    fact = checkpoints.fetch_verified(scene.repository, [OPS.key], names=(MODEL,))
    assert fact is not None
    assert isinstance(fact.claim, Checkpoint)
    assert fact.claim.sequence == 4


def test_where_there_is_none_there_is_none(scene: LogScene) -> None:
    assert checkpoints.fetch(scene.repository) is None
    assert checkpoints.fetch_verified(scene.repository, [OPS.key], names=(MODEL,)) is None


def test_the_same_head_can_be_signed_again(scene: LogScene) -> None:
    assert write(scene).head == write(scene, now=NOW + DAY).head


def test_what_a_stranger_put_there_is_replaced(scene: LogScene) -> None:
    write(scene, MALLORY)
    write(scene)
    assert judged(scene).status is Status.PASSED


def test_an_older_log_is_not_signed_again_by_somebody_without_memory(scene: LogScene) -> None:
    old = scene.shown
    scene.register(now=NOW)
    write(scene)
    scene.show(old)
    with pytest.raises(LogBroken) as caught:
        write(scene, memory=None)
    assert (caught.value.code, caught.value.exit_status) == ("log-rollback", 3)
    assert "event 4" in str(caught.value.expected)
    with pytest.raises(LogBroken) as remembered:
        write(scene)
    assert remembered.value.code == "log-rollback"


def test_another_branch_is_not_signed_by_the_same_person(scene: LogScene) -> None:
    put(scene, bundle(log_checkpoint.build(said(scene, OPS, head=Digest.of(b"another"))), OPS).raw)
    with pytest.raises(LogBroken) as caught:
        write(scene, memory=None)
    assert (caught.value.code, caught.value.exit_status) == ("log-fork", 3)


def test_a_log_that_was_begun_anew_is_not_signed_by_the_same_person(scene: LogScene) -> None:
    put(scene, bundle(log_checkpoint.build(said(scene, OPS, log=Digest.of(b"another"))), OPS).raw)
    with pytest.raises(LogBroken) as caught:
        write(scene, memory=None)
    assert caught.value.code == "log-fork"


# fetched


def said(scene: LogScene, person: Person, **values: Any) -> Checkpoint:
    log = scene.log(None)
    honest = Checkpoint(
        by=SignerName(key=person.key.fingerprint),
        model=MODEL,
        manifest=manifest_of(2),
        log=log.head.log,
        sequence=log.sequence,
        head=log.head.head,
        state=state_digest(log.state),
        issued=NOW,
        expires=NOW + DAY,
    )
    return replace(honest, **values)


def put(scene: LogScene, *raws: bytes, kind: str = checkpoints.ARTIFACT, size: int = 0) -> None:
    """Somebody who can write to the store puts something under the tag."""
    repository = scene.repository
    repository.push_blob(EMPTY_DESCRIPTOR, EMPTY_BYTES)
    layers = [Descriptor.of(raw, BUNDLE_MEDIA_TYPE) for raw in raws]
    for layer, raw in zip(layers, raws, strict=True):
        repository.push_blob(layer, raw)
    layers = [replace(layer, size=size or layer.size) for layer in layers]
    manifest = Manifest.build(artifact_type=kind, config=EMPTY_DESCRIPTOR, layers=layers)
    repository.push_manifest(manifest.raw, manifest.descriptor.media_type)
    repository.tag(checkpoints.TAG, manifest.descriptor, replace=True)


@pytest.mark.parametrize(
    ("raws", "values", "code"),
    [
        ((b"{}",), {"kind": "application/vnd.example"}, "malformed-evidence"),
        ((b"{}", b"[]"), {}, "malformed-evidence"),
        ((), {}, "malformed-evidence"),
        ((b"no bundle",), {}, "malformed-evidence"),
        ((b"{}",), {"size": limits.EVENT_BUNDLE_BYTES + 1}, "content-too-large"),
        ((b"{}",), {"size": 3}, "digest-mismatch"),
    ],
)
def test_what_is_no_checkpoint_is_refused(
    scene: LogScene, raws: tuple[bytes, ...], values: dict[str, Any], code: str
) -> None:
    put(scene, *raws, **values)
    with pytest.raises(AttestError) as caught:
        checkpoints.fetch_verified(scene.repository, [OPS.key], names=(MODEL,))
    assert (caught.value.code, caught.value.exit_status) == (code, 3)
    assert judged(scene).code == "log-stale"


def test_a_bundle_that_is_gone_is_refused_and_can_be_written_again(scene: LogScene) -> None:
    write(scene)
    fact = checkpoints.fetch_verified(scene.repository, [OPS.key], names=(MODEL,))
    assert fact is not None
    for path in scene.folder.glob(f"store/**/{fact.evidence.digest.hex}"):
        path.unlink()
    with pytest.raises(NotFound):
        checkpoints.fetch(scene.repository)
    assert judged(scene).code == "log-stale"
    write(scene)
    assert judged(scene).status is Status.PASSED


# as a host without memory has it


def test_a_fresh_host_takes_a_log_with_a_fresh_checkpoint(scene: LogScene) -> None:
    write(scene)
    finding = judged(scene)
    assert finding.status is Status.PASSED
    assert finding.summary.endswith("log memory: first use on this host, freshness demanded instead")


def test_a_checkpoint_from_before_the_newest_event_is_fresh_as_well(scene: LogScene) -> None:
    write(scene)
    scene.register(now=NOW)
    assert judged(scene).status is Status.PASSED


def test_a_withheld_event_is_noticed(scene: LogScene) -> None:
    old = scene.shown
    scene.register(now=NOW)
    write(scene)
    scene.show(old)
    finding = judged(scene)
    assert (finding.code, finding.exit_status) == ("log-fork", 3)
    assert finding.found == "event 3 as the newest"


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"head": Digest.of(b"another")}, "log-fork"),
        ({"state": Digest.of(b"another")}, "log-fork"),
        ({"manifest": manifest_of(1)}, "log-fork"),
        ({"log": Digest.of(b"another")}, "log-fork"),
        ({"issued": NOW - 2 * DAY}, "log-stale"),
        ({"model": "acme/another"}, "log-stale"),
    ],
)
def test_what_the_log_contradicts_is_no_proof(scene: LogScene, values: dict[str, Any], code: str) -> None:
    put(scene, bundle(log_checkpoint.build(said(scene, OPS, **values)), OPS).raw)
    assert judged(scene).code == code


def test_nobody_else_can_vouch_for_it(scene: LogScene) -> None:
    write(scene, MALLORY)
    finding = judged(scene)
    assert (finding.code, finding.exit_status) == ("log-stale", 1)
    write(scene, scene.alice)
    assert judged(scene).code == "log-stale"


def test_a_freeze_is_noticed_when_the_checkpoint_runs_out(scene: LogScene) -> None:
    write(scene, valid=timedelta(minutes=5), now=NOW - timedelta(minutes=10))
    assert judged(scene).code == "log-stale"


def test_the_log_of_somebody_else_is_noticed(scene: LogScene) -> None:
    write(scene)
    rules = policy(scene, admins=("ops",))
    assert judged(scene, rules).code == "log-transplant"
    assert judged(scene, policy(scene, digest=Digest.of(b"another"), admins=())).code == "log-transplant"
    assert judged(scene, policy(scene, digest=scene.log().head.log, admins=())).status is Status.PASSED


def test_a_log_of_another_environment_is_noticed(tmp_path: Path) -> None:
    scene = LogScene(folder=tmp_path, environment="staging")
    scene.register()
    write(scene)
    assert judged(scene, policy(scene, environment="production")).code == "log-transplant"
    assert judged(scene, policy(scene)).code == "log-not-pinned"
    assert judged(scene, policy(scene, environment="staging")).status is Status.PASSED


def test_the_first_event_is_fetched_only_where_people_are_asked_about(scene: LogScene) -> None:
    pinned = policy(scene, digest=scene.log().head.log, admins=(), checkpoint=None)
    given = given_log(scene.log(), reference=Reference.parse(MODEL), alias="production", policy=pinned)
    assert given.first is None
    assert given.admins == (SignerName(key=scene.alice.key.fingerprint),)
    assert judge_log(case(pinned, given)).status is Status.PASSED
    asked = given_log(scene.log(), reference=Reference.parse(MODEL), alias="production", policy=policy(scene))
    assert asked.first == SignerName(key=scene.alice.key.fingerprint)


def test_the_short_form_pins_the_log_of_its_key(scene: LogScene) -> None:
    assert judged(scene, policy_for_keys([scene.alice.key])).status is Status.PASSED
    assert judged(scene, policy_for_keys([OPS.key])).code == "log-transplant"


def test_an_event_that_was_swapped_after_it_was_read_is_noticed(scene: LogScene) -> None:
    log = scene.log()
    layer = log.segment.layer(1)
    other = json.loads(scene.log().evidence(2).raw)
    for path in scene.folder.glob(f"store/**/{layer.digest.hex}"):
        path.unlink()
        path.write_text(json.dumps(other))
    with pytest.raises(AttestError) as caught:
        given_log(log, reference=Reference.parse(MODEL), alias="production", policy=policy(scene))
    assert caught.value.exit_status == 3
