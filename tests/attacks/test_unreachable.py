"""Row 27: no answer, or half of one, is never read as "allowed", and never starts a server."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from attest.admit import judge_version
from attest.errors import AttestError
from attest.policy.document import policy_for_keys
from attest_registry.digest import Digest
from attest_registry.oci.remote import RemoteOptions, RemoteRepository
from attest_registry.oci.remote_options import Timing
from attest_registry.reference import Reference
from tests.attacks import record
from tests.attacks.release import FILES, MODEL
from tests.services.registry_faults import answer, cut_after, drip, hang

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.attacks.scene import Scene
    from tests.services.registry_connection import Handler

BLOB = f"/blobs/{Digest.of(FILES['model.safetensors'])}"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"
QUICK = RemoteOptions(timing=Timing(connect=1.0, idle=0.4, tries=2, budget=3.0, pause=0.05))


def test_nobody_listens(scene: Scene) -> None:
    reference = scene.served()
    scene.honest_pull(reference)
    scene.honest_exec(reference)
    scene.fake.__exit__()
    scene.pull(reference, code="store-unreachable", status=4)
    scene.exec(reference, status=4)


def test_a_name_that_does_not_resolve(scene: Scene) -> None:
    scene.honest_pull(scene.served())
    scene.pull("registry.invalid/demo/model:1", code="store-unreachable", status=4)


@pytest.mark.parametrize("where", ["/manifests/1$", "/referrers/", BLOB], ids=["manifest", "evidence", "blob"])
@pytest.mark.parametrize(("status", "code"), [(501, "store-refused"), (403, "registry-unauthorised")])
def test_an_error_at_each_step(scene: Scene, where: str, status: int, code: str) -> None:
    """Also where the body of the error is what an honest answer would have been."""
    reference = scene.served()
    scene.honest_pull(reference)
    if (where, status) == ("/referrers/", 501):  # distribution-spec: so says a registry without that list
        scene.fake.on("GET", "/manifests/sha256-", answer(501))
    body = FILES["model.safetensors"] if where == BLOB else b"{}"
    scene.fake.on("GET", where, answer(status, body))
    scene.pull(reference, code=code, status=4)


@pytest.mark.parametrize(("status", "code"), [(500, "store-refused"), (429, "registry-rate-limit")])
def test_a_busy_registry(scene: Scene, status: int, code: str) -> None:
    reference = scene.served()
    scene.honest_pull(reference)
    scene.fake.on("GET", "/referrers/", answer(status, b"", Retry_After="3600"))
    scene.pull(reference, code=code, status=4)


def test_a_registry_that_hides_its_list_behind_an_error(scene: Scene) -> None:
    """Evidence that cannot be listed is an error of the store, not a version without evidence."""
    reference = scene.served()
    scene.honest_pull(reference)
    scene.fake.on("GET", "/referrers/", answer(418))
    scene.pull(reference, code="store-refused", status=4)


@pytest.mark.parametrize("where", ["/manifests/1$", "/referrers/"], ids=["manifest", "evidence"])
@pytest.mark.parametrize(
    "how", [drip(HEAD, 0.05, 6), drip(b"HTTP/1.1 200 OK\r\nX-", 0.05, 6), hang(6)], ids=["body", "head", "silence"]
)
def test_a_registry_that_drips(scene: Scene, where: str, how: Callable[[Handler], None]) -> None:
    """Slowloris: each byte comes in time, the answer never does. With the patience of a test, not of a person."""
    scene.served()
    policy = policy_for_keys([scene.alice.key])
    reference = Reference.parse(f"{scene.fake.host}/{MODEL}:1")
    judged = judge_version(reference, RemoteRepository(scene.fake.host, MODEL, QUICK), policy)
    record.note(honest=True, outcome="allowed" if judged.verdict.allowed else "refused")
    assert judged.verdict.allowed
    scene.fake.on("GET", where, how)
    start = time.monotonic()
    with pytest.raises(AttestError) as refusal:
        judge_version(reference, RemoteRepository(scene.fake.host, MODEL, QUICK), policy)
    scene.judge(outcome="refused", code=refusal.value.code, status=refusal.value.exit_status)
    assert (refusal.value.code, refusal.value.exit_status) == ("store-unreachable", 4)
    assert time.monotonic() - start < 5


def test_a_connection_that_is_always_lost(scene: Scene) -> None:
    reference = scene.served()
    scene.honest_pull(reference)
    scene.fake.on("GET", BLOB, cut_after(10))
    scene.pull(reference, code="store-unreachable", status=4)


def test_nothing_may_be_reached(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    reference = scene.served()
    scene.honest_pull(reference)
    monkeypatch.setenv("ATTEST_OFFLINE", "1")
    asked = len(scene.fake.seen)
    scene.pull(reference, code="offline", status=4)
    assert len(scene.fake.seen) == asked
