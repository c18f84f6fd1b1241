"""Row 12: links, pipes, sockets and devices where a file should be; nothing waits for them and nothing follows them."""

from __future__ import annotations

import os
import signal
import socket
from typing import TYPE_CHECKING

import pytest

from attest_registry.digest import Digest
from tests.attacks.pulled_files import contents, overwrite
from tests.attacks.release import FILES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.attacks.scene import Scene

WEIGHTS = FILES["model.safetensors"]
KINDS = ["link-outside", "link-to-a-folder", "broken-link", "circle", "pipe", "socket", "device"]


@pytest.fixture(autouse=True)
def _no_waiting() -> Iterator[None]:
    """A pipe that is opened without care waits for its other end for ever."""

    def late(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(30)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def _make(path: Path, kind: str, outside: Path) -> None:
    path.unlink(missing_ok=True)
    if kind.startswith(("link", "broken", "circle")):
        targets = {"link-outside": outside, "link-to-a-folder": outside.parent, "circle": path}
        path.symlink_to(targets.get(kind, outside.with_name("gone")))
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "socket":
        here = os.open(path.parent, os.O_RDONLY)
        with socket.socket(socket.AF_UNIX) as listening:  # the path as such may be longer than a socket's may be
            listening.bind(f"/proc/self/fd/{here}/{path.name}")
        os.close(here)
    else:
        try:
            os.mknod(path, 0o20666, os.makedev(1, 3))
        except PermissionError:
            pytest.skip("only root can make a device")


def _model(scene: Scene, name: str = "model") -> Path:
    (scene.folder / name).mkdir()
    for path, data in FILES.items():
        (scene.folder / name / path).write_bytes(data)
    (scene.folder / "home").mkdir(exist_ok=True)
    (scene.folder / "home/outside").write_bytes(WEIGHTS)
    return scene.folder / name


def _code(kind: str) -> str:
    return "symlink" if kind in KINDS[:4] else "special-file"


@pytest.mark.parametrize("kind", KINDS)
def test_in_a_folder_that_is_pushed(scene: Scene, kind: str) -> None:
    model = _model(scene)
    own = str(scene.alice.key.origin)[:-4] + ".key"
    scene.honest("push", "model", "demo/special", "--key", own)
    _make(model / "model.safetensors", kind, scene.folder / "home/outside")
    scene.attack("push", "model", "demo/special", "--key", own, code=_code(kind), status=2)


@pytest.mark.parametrize("kind", KINDS)
def test_in_a_folder_that_is_verified(scene: Scene, kind: str) -> None:
    """Even one that leads to the very bytes that were signed: a loader would read it at another time."""
    copy = _model(scene, "copy")
    judged = ("verify", "./copy", "--against", scene.served(), *scene.by_key)
    scene.honest(*judged)
    _make(copy / "model.safetensors", kind, scene.folder / "home/outside")
    scene.attack(*judged, code=_code(kind), status=2)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "link-to-a-folder"])
def test_in_the_place_of_a_blob(scene: Scene, kind: str) -> None:
    _model(scene)
    own = str(scene.alice.key.origin)[:-4] + ".key"
    assert scene.run("push", "model", "demo/special", "--key", own).status == 0
    scene.honest_pull("demo/special:1")
    blob = scene.folder / "home/store/demo/special/blobs/sha256" / Digest.of(WEIGHTS).hex
    _make(blob, kind, scene.folder / "home/outside")
    scene.pull("demo/special:1", code="not-a-file", status=3)


@pytest.mark.parametrize(
    "part",
    ["demo", "demo/special", "demo/special/blobs", "demo/special/blobs/sha256"],
    ids=["namespace", "model", "blobs", "sha256"],
)
def test_in_the_place_of_a_folder_of_the_store(scene: Scene, part: str) -> None:
    _model(scene)
    own = str(scene.alice.key.origin)[:-4] + ".key"
    assert scene.run("push", "model", "demo/special", "--key", own).status == 0
    scene.honest_pull("demo/special:1")
    folder = scene.folder / "home/store" / part
    folder.rename(scene.folder / "home/moved")
    folder.symlink_to(scene.folder / "home/moved")
    scene.pull("demo/special:1", code="not-a-folder", status=3)


@pytest.mark.parametrize("kind", ["link-outside", "hard-link", "pipe"])
def test_in_the_cache(scene: Scene, kind: str) -> None:
    """A second name for the signed bytes can be written through after the check, so it does not count as them."""
    _model(scene)
    reference = scene.served()
    scene.honest_pull(reference)
    assert scene.load(reference) == FILES
    (entry,) = (scene.folder / "home/cache/models/sha256").iterdir()
    entry.chmod(0o700)
    poisoned = entry / "model.safetensors"
    if kind == "hard-link":
        poisoned.unlink()
        os.link(scene.folder / "home/outside", poisoned)
    else:
        _make(poisoned, kind, scene.folder / "home/outside")
    for key in [key for key in scene.fake.blobs if scene.fake.blobs[key] == WEIGHTS]:
        scene.fake.blobs[key] = WEIGHTS[:-1] + b"x"  # so that fetching it again does not help either
    scene.refused_load(reference, code="digest-mismatch", status=3)


@pytest.mark.parametrize("kind", ["link-outside", "pipe", "device"])
def test_where_a_pull_goes(scene: Scene, kind: str) -> None:
    _model(scene)
    reference = scene.served()
    scene.honest_pull(reference)
    assert scene.run("pull", reference, "out", *scene.by_key).status == 0
    _make(scene.folder / "out/model.safetensors", kind, scene.folder / "home/outside")
    scene.pull(reference, code="target-not-empty", status=2)


def test_a_file_that_grows_while_it_is_signed(scene: Scene) -> None:
    """What was hashed and what is stored must be one thing; here the blob's source changes after hashing."""
    model = _model(scene)
    reference = scene.served()
    assert scene.honest_pull(reference) == FILES == contents(model)
    own = str(scene.alice.key.origin)[:-4] + ".key"
    from attest.publish import read_folder, sign_claims, store
    from attest.signing.bundle_signer import KeyBundleSigner
    from attest.signing.uri import open_signer
    from attest_registry.errors import ContentMismatch
    from attest_registry.oci.layout import LayoutRepository
    from attest_registry.reference import Reference
    from tests.attacks.release import TRAINING

    folder = read_folder(model)
    signer = KeyBundleSigner(signer=open_signer(own, passphrase=lambda _: None))
    signed = sign_claims(folder, TRAINING, model="demo/grows", signer=signer)
    overwrite(model / "model.safetensors", WEIGHTS[:-1] + b"x")
    repository = LayoutRepository(scene.folder / "home/store", "demo/grows")
    code: str | None = None
    try:
        store(signed, repository, Reference.parse("demo/grows"), signer=signer)
    except ContentMismatch as error:
        code = error.code
    scene.judge(outcome="refused" if code else "got through", code=code)
    assert (code, list(repository.tags())) == ("file-changed", [])
