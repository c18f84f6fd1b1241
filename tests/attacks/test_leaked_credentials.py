"""Row 17: a registry that sends us, and our password, somewhere else."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

import pytest

from attest_registry import limits
from attest_registry.digest import Digest
from tests.attacks.release import FILES
from tests.services.fake_registry import FakeRegistry
from tests.services.registry_faults import answer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.attacks.scene import Scene
    from tests.services.registry_connection import Handler

USER, PASSWORD = "alice", "s3cret-pass"
WEIGHTS = FILES["model.safetensors"]
SECRET = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()


@pytest.fixture
def other() -> Iterator[FakeRegistry]:
    """The attacker's own host: another port is another origin."""
    with FakeRegistry() as fake:
        yield fake


def _login(scene: Scene) -> None:
    (scene.folder / "docker").mkdir()
    auths = {"auths": {scene.fake.host: {"auth": SECRET}}}
    (scene.folder / "docker/config.json").write_text(json.dumps(auths))
    scene.fake.basic = (USER, PASSWORD)


def _shown(fake: FakeRegistry) -> list[str]:
    return [
        text for seen in fake.seen for text in (*seen.headers.values(), seen.path) if SECRET in text or PASSWORD in text
    ]


def _anew(scene: Scene) -> None:
    """An empty registry, and a host that has seen no log in it."""
    scene.fake.blobs.clear()
    scene.fake.manifests.clear()
    scene.fake.tags.clear()
    scene.forget_logs()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_download_that_moves_to_another_host(scene: Scene, other: FakeRegistry, status: int) -> None:
    """As to a CDN: followed, with nothing of ours but the request."""
    reference = scene.served()
    _login(scene)
    assert scene.honest_pull(reference) == FILES
    assert _shown(scene.fake)
    digest = str(Digest.of(WEIGHTS))
    other.blobs[("demo/model", digest)] = WEIGHTS
    where = f"http://{other.host}/v2/demo/model/blobs/{digest}"
    scene.fake.on("GET", f"/blobs/{digest}", answer(status, b"", Location=where))
    outcome = scene.run("pull", reference, "out", *scene.by_key)
    assert outcome.status == 0
    assert other.count("GET", digest) == 1
    scene.harmless(not _shown(other), why="nothing shown")


def test_an_upload_that_goes_to_another_host(scene: Scene, other: FakeRegistry) -> None:
    release, own = scene.release(), str(scene.alice.key.origin)[:-4] + ".key"
    push = ("push", str(release.folder.tree.root), scene.registry.name, "--key", own)
    _login(scene)
    scene.honest(*push)
    assert _shown(scene.fake)
    _anew(scene)

    def elsewhere(handler: Handler) -> None:
        other.uploads.add("session")
        handler.reply(202, b"", {"Location": f"http://{other.host}/v2/demo/model/blobs/uploads/session"})

    scene.fake.on("POST", "/uploads/", elsewhere, times=1)
    outcome = scene.run(*push)
    assert other.count("PUT", "session") == 1, outcome
    scene.harmless(not _shown(other), why="nothing shown")


def test_a_write_that_is_redirected(scene: Scene, other: FakeRegistry) -> None:
    release, own = scene.release(), str(scene.alice.key.origin)[:-4] + ".key"
    push = ("push", str(release.folder.tree.root), scene.registry.name, "--key", own)
    scene.honest(*push)
    _anew(scene)
    where = f"http://{other.host}/v2/demo/model/manifests/1"
    scene.fake.on("PUT", "/manifests/", answer(307, b"", Location=where))
    scene.attack(*push, code="redirect-refused", status=4)
    assert not other.seen


@pytest.mark.parametrize("scheme", ["http", "ftp", "file"])
def test_a_token_service_on_another_host(scene: Scene, other: FakeRegistry, scheme: str) -> None:
    """A 401 names any realm it likes; the password goes to an https one, or to the registry's own host."""
    reference = scene.served()
    _login(scene)
    scene.honest_pull(reference)
    realm = f"{scheme}://127.0.0.2.nip.invalid:{other.host.rpartition(':')[2]}/token"
    scene.fake.on("GET", "/v2/", answer(401, b"", WWW_Authenticate=f'Bearer realm="{realm}",service="x"'))
    scene.pull(reference, code="realm-refused", status=4)
    assert not other.seen


@pytest.mark.parametrize(
    "location",
    ["http://user:pass@127.0.0.1:9/", "file:///x", "gopher://x/", "http://[x/"],
    ids=["user", "file", "scheme", "none"],
)
def test_a_redirect_to_what_is_no_address(scene: Scene, location: str) -> None:
    reference = scene.served()
    scene.honest_pull(reference)
    scene.fake.on("GET", "/blobs/", answer(307, b"", Location=location))
    scene.pull(reference, code="bad-address", status=4)


def test_redirects_in_a_circle(scene: Scene) -> None:
    reference = scene.served()
    scene.honest_pull(reference)
    scene.fake.on("GET", "/blobs/", lambda handler: handler.reply(307, b"", {"Location": handler.path}))
    asked = len(scene.fake.seen)
    scene.pull(reference, code="redirect-loop", status=4)
    assert len(scene.fake.seen) - asked < 3 * (limits.REDIRECTS + 1) + 10


def test_a_password_that_a_registry_repeats(scene: Scene) -> None:
    """What a registry says is shown to people and kept in logs; our secrets are taken out of it."""
    reference = scene.served()
    _login(scene)
    scene.honest_pull(reference)

    def repeat(handler: Handler) -> None:
        shown = handler.headers.get("Authorization")
        if shown is None:
            handler.reply(401, b"", {"WWW-Authenticate": 'Basic realm="x"'})
            return
        body = json.dumps({"errors": [{"code": "DENIED", "message": f"you sent {shown}"}]}).encode()
        handler.reply(403, body)

    scene.fake.on("GET", "/manifests/1", repeat)
    outcome = scene.pull(reference, code="registry-unauthorised", status=4)
    shown = json.dumps(dict(outcome.document)) + outcome.err
    assert "DENIED" in shown
    scene.harmless(SECRET not in shown, why="not repeated")
