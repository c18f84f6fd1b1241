from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from attest.errors import AttestError, InputError
from attest.signing.services import Kind
from attest.signing.trust_config import SigningTrust
from attest.trust import tuf_mirror
from tests.services.patience import impatient_with
from tests.services.sigstore.instance import _sigstore, sigstore  # noqa: F401  # fixtures
from tests.services.sigstore.mirror import Mirror
from tests.signing.keyless_scene import OPTIONS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.services.sigstore.instance import Sigstore

NAMES = (tuf_mirror.TRUSTED_ROOT, tuf_mirror.SIGNING_CONFIG)


@pytest.fixture
def mirror(sigstore: Sigstore) -> Mirror:  # noqa: F811  # pytest's way
    return Mirror.make(sigstore)


def fetch(mirror: Mirror, folder: Path, **more: Any) -> dict[str, bytes]:
    known = {"root": mirror.root, "folder": folder, "options": OPTIONS}
    return tuf_mirror.fetch(mirror.url, NAMES, **{**known, **more})


def code(mirror: Mirror, folder: Path, **more: Any) -> str:
    with pytest.raises(AttestError) as caught:
        fetch(mirror, folder, **more)
    return caught.value.code


def test_what_is_fetched_is_what_the_instance_has(mirror: Mirror, tmp_path: Path) -> None:
    assert fetch(mirror, tmp_path)["trusted_root.json"] == mirror.sigstore.trusted_root.read_bytes()


def test_an_instance_is_known_by_its_mirror_and_root(mirror: Mirror, tmp_path: Path) -> None:
    trust = SigningTrust.from_mirror(mirror.url, root=mirror.root, folder=tmp_path, options=OPTIONS)
    assert (trust.fulcio, trust.log_version, trust.origin) == (mirror.sigstore.url, 2, mirror.url)


def test_a_second_fetch_asks_for_little(mirror: Mirror, tmp_path: Path) -> None:
    fetch(mirror, tmp_path)
    before = mirror.sigstore.asked("tuf")
    fetch(mirror, tmp_path)
    assert mirror.sigstore.asked("tuf") - before == 2  # a newer root, and the timestamp


def test_a_cached_file_that_was_changed_is_fetched_again(mirror: Mirror, tmp_path: Path) -> None:
    """sigstore-python 4.5.1 takes it as it is when offline."""
    good = fetch(mirror, tmp_path)
    for file in tmp_path.rglob("trusted_root.json"):
        file.write_bytes(good["trusted_root.json"].replace(b"sigstore.mock", b"sigstore.evil"))
    assert fetch(mirror, tmp_path) == good


def test_nothing_comes_from_the_cache_when_the_mirror_is_down(mirror: Mirror, tmp_path: Path) -> None:
    fetch(mirror, tmp_path)
    mirror.sigstore.fault("tuf", "down")
    assert code(mirror, tmp_path) == "tuf-unreachable"


@pytest.mark.parametrize(
    ("kind", "more", "expected"),
    [
        ("slow", {}, "tuf-unreachable"),
        ("status", {"status": 500}, "tuf-failed"),
        ("status", {"status": 404}, "tuf-answer"),
        ("status", {"status": 400}, "tuf-refused"),
        ("garbage", {}, "tuf-refused"),
        ("endless", {}, "tuf-answer"),
        ("drip", {}, "tuf-unreachable"),
    ],
)
def test_trouble_of_a_mirror(  # noqa: PLR0917  # pytest passes by name
    mirror: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, more: dict[str, int], expected: str
) -> None:
    impatient_with(monkeypatch, Kind.TUF, kind)
    mirror.sigstore.fault("tuf", kind, **more)
    assert code(mirror, tmp_path) == expected


def test_another_mirror_s_root_is_not_believed(mirror: Mirror, tmp_path: Path) -> None:
    other = Mirror.make(mirror.sigstore)  # the same place, other keys
    assert code(other, tmp_path, root=mirror.root) == "tuf-not-trusted"


def test_an_expired_mirror_is_not_believed(mirror: Mirror, tmp_path: Path) -> None:
    mirror.publish(2, lives=timedelta(days=-1))
    assert code(mirror, tmp_path) == "tuf-expired"


def test_a_mirror_does_not_go_back(mirror: Mirror, tmp_path: Path) -> None:
    old = {path.name: path.read_bytes() for path in mirror.folder.glob("*.json")}
    mirror.publish(2)
    fetch(mirror, tmp_path)
    (mirror.folder / "timestamp.json").write_bytes(old["timestamp.json"])
    assert code(mirror, tmp_path) == "tuf-rolled-back"


def test_a_target_that_was_changed_is_not_believed(mirror: Mirror, tmp_path: Path) -> None:
    for file in (mirror.folder / "targets").glob("*.trusted_root.json"):
        file.write_bytes(file.read_bytes().replace(b"sigstore.mock", b"sigstore.evil"))
    assert code(mirror, tmp_path) == "tuf-other-content"


def test_a_mirror_without_a_signing_configuration(sigstore: Sigstore, tmp_path: Path) -> None:  # noqa: F811
    assert code(Mirror.make(sigstore, left_out="signing_config.v0.2.json"), tmp_path) == "tuf-target-missing"


@pytest.mark.parametrize("root", [b"", b"{}", b"no json"])
def test_a_pinned_root_that_is_none(mirror: Mirror, tmp_path: Path, root: bytes) -> None:
    assert code(mirror, tmp_path, root=root) == "bad-tuf-root"


def test_the_two_public_instances_have_a_root_here() -> None:
    assert b'"root"' in tuf_mirror.embedded_root(tuf_mirror.PUBLIC_GOOD)
    assert b'"root"' in tuf_mirror.embedded_root(tuf_mirror.STAGING)


@pytest.mark.parametrize("url", ["https://tuf.acme.test", "../../etc", ""])
def test_no_other_mirror_does(url: str) -> None:
    with pytest.raises(InputError) as caught:
        tuf_mirror.embedded_root(url)
    assert caught.value.code == "tuf-root-missing"


def test_a_mirror_without_tls_is_not_asked(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        tuf_mirror.fetch("http://tuf.acme.test", NAMES, root=b"{}", folder=tmp_path)
    assert caught.value.code == "service-without-tls"


def test_the_error_names_the_mirror(mirror: Mirror, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"the trust mirror 127\.0\.0\.1"):
        fetch(mirror, tmp_path, root=b"{}")
