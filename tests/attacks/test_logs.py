"""Rows 3, 60, 61, 62, 63, 64, 65, 74 and 75: a log that is old, cut, forked, another one, or by the wrong people."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import TYPE_CHECKING

from msgspec.structs import replace

from attest.claims.event import Action, Fork
from attest.claims.log_state import Grant, RoleName
from attest.lifecycle.writing import Draft
from attest_registry.catalogue.store import Catalogue
from attest_registry.oci.remote import RemoteRepository
from tests.lifecycle.house import PASSED, House, name

if TYPE_CHECKING:
    from attest.claims.event import Event
    from tests.attacks.logged import Logged
    from tests.verify.evidence import Person


def promotion(logged: Logged, number: int, *, by: Person, alias: str = "production") -> Event:
    """As somebody's own program would write it, allowed or not."""
    from attest.claims.event import Target

    log = logged.read()
    version = log.place.registered(number)
    assert version is not None
    draft = Draft(action=Action.PROMOTE, version=version, target=Target(alias=alias), gate=PASSED)
    event = logged.attacker.next(log, draft, by=by)
    aliases = {**event.state.aliases, alias: version.held}
    stages = {"production": (number,)} if alias == "production" else event.state.stages
    return replace(event, state=replace(event.state, aliases=aliases, stages=stages))


# ---- rows 3, 60, 61, 75: an old head


def test_an_older_head(logged: Logged) -> None:
    """The registry puts the tag of the log back: production would be version 2 again."""
    old = logged.tags()
    logged.push(b"3")
    logged.promote(3)
    logged.honest()
    logged.back(old)
    logged.attack(code="log-rollback", status=3)


def test_a_log_that_is_gone(logged: Logged) -> None:
    """Without its log the model is one of which nothing was ever revoked."""
    logged.honest(f"{logged.name}:1")
    logged.untag("attest-log")
    logged.attack(code="log-rollback", status=3, reference=f"{logged.name}:1")


def test_a_number_that_is_moved_back(logged: Logged) -> None:
    """Both versions are alice's, and the registry answers with the older one."""
    logged.honest(f"{logged.name}:2")
    tags = logged.scene.fake.tags
    model = logged.scene.registry.model
    tags[model, "2"] = tags[model, "1"]
    outcome = logged.scene.run("verify", f"{logged.name}:2", *logged.trust())
    same = outcome.document.get("reference") == f"{logged.name}:2@{logged.digest_of(2)}"
    logged.scene.harmless(outcome.status == 0 and same, why="the digest in the log is what a number means")


def test_a_frozen_head(logged: Logged) -> None:
    """The checkpoint beside it was the newest one, last week."""
    ops = logged.scene.mallory  # somebody whom the policy names for this alone
    trust = _checked(logged, ops)
    logged.by(ops, "checkpoint", logged.name, "--valid", "1h")
    logged.honest(None, *trust)
    _old_checkpoint(logged, ops)
    logged.attack(*trust, code="log-stale", status=1)


def test_an_old_head_on_a_host_without_memory(logged: Logged) -> None:
    """Somebody who remembers has signed that the log goes further."""
    ops = logged.scene.mallory
    trust = _checked(logged, ops)
    old = logged.tags()[logged.scene.registry.model, "attest-log"]
    logged.push(b"3")
    logged.promote(3)
    logged.by(ops, "checkpoint", logged.name, "--valid", "1h")
    logged.forget()
    logged.honest(None, *trust)
    logged.scene.fake.tags[logged.scene.registry.model, "attest-log"] = old
    logged.forget()
    logged.attack(*trust, code="log-fork", status=3)  # an older log and another one look alike to who remembers neither


def test_an_old_head_below_the_least_number(logged: Logged) -> None:
    trust = logged.trust("min-sequence: 6")
    old = logged.tags()
    logged.push(b"3")
    logged.promote(3)
    logged.forget()
    logged.honest(None, *trust)
    logged.back(old)
    logged.forget()
    logged.attack(*trust, code="log-rollback", status=3)


def _checked(logged: Logged, ops: Person) -> tuple[str, str]:
    return logged.scene.policy(
        "signature: {by: [alice]}, provenance: {by: [alice]}, ml-bom: {by: [alice]}",
        more="formats: any\nlog: {admins: [alice], checkpoint: {by: [ops], max-age: 1h}}",
        alice=logged.scene.alice,
        ops=ops,
    )


def _old_checkpoint(logged: Logged, ops: Person) -> None:
    """What was signed a week ago lies beside the log instead."""
    from attest.lifecycle import checkpoints
    from attest.signing.bundle_signer import KeyBundleSigner

    log = logged.read()
    week_ago = logged.attacker.clock.now - timedelta(days=7)
    signer = KeyBundleSigner(signer=ops.signer)
    checkpoints.write(log, signer=signer, now=week_ago, valid=timedelta(hours=1))


# ---- rows 62 and 63: forks and gaps


def test_two_events_of_one_number(logged: Logged) -> None:
    """Bob signed both: this host has seen one, and is shown the other."""
    old = logged.tags()
    logged.push(b"3")
    logged.honest()
    logged.back(old)
    logged.lay((promotion(logged, 1, by=logged.bob, alias="canary"), logged.bob))
    logged.attack(code="log-fork", status=3)


def test_a_fork_that_the_thief_of_a_removed_key_ends(logged: Logged) -> None:
    """Alice's key was stolen, and she is no admin any more; the thief goes on from where she was one."""
    logged.by(logged.scene.alice, "role", "grant", logged.name, "admin", str(logged.bob.key.origin))
    old, common = logged.tags(), logged.read()
    logged.by(logged.bob, "role", "revoke", logged.name, "admin", str(common.head.state.roles["admin"][0].who.key))
    trust = logged.scene.policy(
        "signature: {by: [alice]}, provenance: {by: [alice]}, ml-bom: {by: [alice]}",
        more="formats: any\nlog: {admins: [alice, bob]}",
        alice=logged.scene.alice,
        bob=logged.bob,
    )
    logged.honest(None, *trust)
    seen = logged.read().head.head
    logged.back(old)
    other = dataclasses.replace(logged.attacker, folder=logged.scene.folder / "home" / "thief", ledgers={})
    log = other.read("thief")
    newest = log.place.registered(log.state.next_number - 1)
    fork = Fork(stands=log.head.head, abandoned=(seen,))
    draft = Draft(action=Action.RESOLVE_FORK, version=newest, fork=fork)
    end = other.next(log, draft, by=logged.scene.alice)
    other.put([*other.bundles(), other.forged(end, signed_by=logged.scene.alice)])
    for ledger in other.ledgers.values():
        ledger.close()
    logged.attack(*trust, code="log-fork", status=3)


def test_another_log_that_says_ours_is_abandoned(logged: Logged) -> None:
    """Mallory is the admin of his own log, and says there that alice's was a fork of it."""
    logged.honest()
    seen = [link.digest for link in logged.read().walk(now=logged.attacker.clock())]
    own = _own_log(logged)
    log = own.read("mallory")
    for _ in range(len(seen)):
        fork = Fork(stands=log.head.head, abandoned=tuple(seen))
        log = own.writer(logged.scene.mallory, "mallory").write(log, [Draft(action=Action.RESOLVE_FORK, fork=fork)])
    _close(own)
    trust = logged.scene.policy("signature: {by: [alice]}", more="formats: any")
    logged.attack(*trust, code="log-transplant", status=3)


def test_an_event_is_left_out(logged: Logged) -> None:
    """The one that revoked version 2."""
    logged.by(logged.scene.alice, "revoke", f"{logged.name}:1", "-m", "poisoned")
    logged.push(b"3")
    logged.promote(3)
    logged.honest()
    bundles = logged.attacker.bundles()
    revocation = next(
        link.event.sequence
        for link in logged.read().walk(now=logged.attacker.clock())
        if link.event.action is Action.REVOKE
    )
    logged.attacker.put([*bundles[: revocation - 1], *bundles[revocation:]])
    logged.forget()
    logged.attack(code="log-gap", status=3)


# ---- row 64: another log


def test_the_log_of_another_model(logged: Logged) -> None:
    """Alice is the admin of both; in hers of the other model, production is something else."""
    logged.honest()
    other = RemoteRepository(logged.scene.fake.host, "demo/other")
    scene = logged.scene
    for key in list(scene.fake.blobs):
        scene.fake.blobs["demo/other", key[1]] = scene.fake.blobs[key]
    for key in list(scene.fake.manifests):
        scene.fake.manifests["demo/other", key[1]] = scene.fake.manifests[key]
    for key in list(scene.fake.tags):
        scene.fake.tags["demo/other", key[1]] = scene.fake.tags[key]
    logged.attack(code="log-transplant", status=3, reference=f"{scene.fake.host}/{other.model}@production")


def test_an_event_of_another_environment(logged: Logged) -> None:
    """Bob promoted it where models are tried out."""
    logged.honest()
    event = replace(promotion(logged, 1, by=logged.bob, alias="canary"), environment="staging")
    logged.lay((event, logged.bob))
    logged.attack(code="log-transplant", status=3)


def test_a_log_of_the_attackers_own(logged: Logged) -> None:
    """For a host that never saw the real one; every version in it is really alice's."""
    logged.honest()
    logged.forget()
    _close(_own_log(logged, promote=True))
    logged.attack(code="log-transplant", status=3)


def _own_log(logged: Logged, *, promote: bool = False) -> House:
    """A log that mallory begins, in the place of alice's."""
    first = logged.read().place.registered(1)
    assert first is not None
    logged.untag("attest-log")
    folder = logged.scene.folder / "home" / "mallory"
    folder.mkdir()
    catalogue = Catalogue.open(str(folder / "catalogue.db"))
    own = dataclasses.replace(logged.attacker, folder=folder, catalogue=catalogue, ledgers={})
    log = own.writer(logged.scene.mallory, "mallory").write(None, [Draft(action=Action.REGISTER, version=first)])
    if promote:
        from attest.claims.event import Target

        draft = Draft(action=Action.PROMOTE, version=first, target=Target(alias="production"), gate=PASSED)
        own.writer(logged.scene.mallory, "mallory").write(log, [draft])
    return own


def _close(house: House) -> None:
    house.catalogue.close()
    for ledger in house.ledgers.values():
        ledger.close()


# ---- row 65: without the role


def test_a_promotion_without_the_role(logged: Logged) -> None:
    """Mallory got it past a server that does not look."""
    logged.honest()
    logged.lay((promotion(logged, 1, by=logged.scene.mallory, alias="canary"), logged.scene.mallory))
    logged.attack(code="log-role", status=3)


def test_a_promotion_in_somebody_elses_name(logged: Logged) -> None:
    logged.honest()
    logged.lay((promotion(logged, 1, by=logged.bob, alias="canary"), logged.scene.mallory))
    logged.attack(code="log-signature", status=3)


def test_a_role_that_an_event_gives_by_the_way(logged: Logged) -> None:
    """Bob may promote, and writes into the state that he is admin."""
    logged.honest()
    event = promotion(logged, 1, by=logged.bob, alias="canary")
    roles = {**event.state.roles, RoleName.ADMIN.value: (Grant(who=name(logged.bob)),)}
    logged.lay((replace(event, state=replace(event.state, roles=roles)), logged.bob))
    logged.attack(code="log-state", status=3)


def test_a_revoked_version_is_promoted(logged: Logged) -> None:
    logged.by(logged.scene.alice, "revoke", f"{logged.name}:1", "-m", "poisoned")
    logged.honest()
    logged.lay((promotion(logged, 1, by=logged.bob, alias="canary"), logged.bob))
    logged.attack(code="log-transition", status=3)


# ---- row 74: times


def test_an_event_that_is_dated_back(logged: Logged) -> None:
    """To before the event before it, when bob's key was not stolen yet."""
    logged.honest()
    event = promotion(logged, 1, by=logged.bob, alias="canary")
    logged.lay((replace(event, time=logged.read().head.time - timedelta(hours=1)), logged.bob))
    logged.attack(code="log-time", status=3)


def test_an_event_from_the_future(logged: Logged) -> None:
    """Every later one would have to be from later still."""
    logged.honest()
    event = promotion(logged, 1, by=logged.bob, alias="canary")
    logged.lay((replace(event, time=event.time + timedelta(days=365)), logged.bob))
    logged.attack(code="log-time", status=3)
