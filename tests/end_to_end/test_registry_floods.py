"""Registries and files with too much of everything are refused in bounded memory and time."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from attest_registry import limits
from tests.end_to_end.registry_in_front import KEY, MANIFEST, MODEL, PUBLIC, lines, registry_in_front, without_log  # noqa: F401  # a fixture
from tests.end_to_end.shell import checked
from tests.services.registry_faults import answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.end_to_end.shell import Shell
    from tests.services.fake_registry import FakeRegistry
    from tests.services.registry_connection import Handler

MEGABYTE = bytes(1024 * 1024)
MOST_MEMORY = 220
"""Megabytes that a command may take, whatever a registry sends; Python and the HTTP client are 60 of them."""


def measured(shell: Shell, *arguments: str, expect: int) -> str:
    """What a command printed, once it is known that it took little memory and time."""
    start, most = time.monotonic(), 0
    with shell.started(*arguments) as process:
        ended: list[tuple[bytes, bytes]] = []
        reader = threading.Thread(target=lambda: ended.append(process.communicate(timeout=60)))
        reader.start()
        while reader.is_alive():
            most = max(most, peak(process.pid))
            reader.join(0.01)
    assert time.monotonic() - start < 60
    assert 0 < most < MOST_MEMORY, f"{most} MB"
    return checked(arguments, process.returncode, *ended[0], expect=expect).all


def peak(pid: int) -> int:
    """Megabytes that a process has taken at most so far; `ru_maxrss` would count the one that started it."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next((int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM:")), 0)


def streamed(
    first: bytes, count: int, block: bytes = MEGABYTE, media_type: str = MANIFEST
) -> Callable[[Handler], None]:
    """An answer that goes on and on, without a length."""

    def run(handler: Handler) -> None:
        handler.close_connection = True
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {media_type}\r\nConnection: close\r\n\r\n"
        handler.wfile.write(head.encode() + first)
        for _ in range(count):
            handler.wfile.write(block)

    return run


LAYER = json.dumps({"mediaType": "x/y", "digest": f"sha256:{'0' * 64}", "size": 1}).encode() + b","


def test_a_manifest_with_a_million_layers(keyed: Shell, registry: FakeRegistry) -> None:
    first = b'{"schemaVersion":2,"mediaType":"%b","layers":[' % MANIFEST.encode()
    registry.on("GET", "/manifests/1$", streamed(first, 1000, LAYER * 1000))
    said = measured(without_log(keyed, registry), *lines(registry.host)["verify"], expect=3)
    assert "error[content-too-large]" in said
    assert f"too much for {MODEL}:1" in said
    assert "at most 4194304 bytes" in said


def test_a_manifest_with_as_many_layers_as_fit(keyed: Shell, registry: FakeRegistry) -> None:
    document: dict[str, Any] = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "artifactType": "application/vnd.cncf.model.manifest.v1+json",
        "config": {"mediaType": "application/vnd.cncf.model.config.v1+json", "digest": f"sha256:{'1' * 64}", "size": 2},
        "layers": json.loads(b"[" + (LAYER * 30_000)[:-1] + b"]"),
    }
    raw = json.dumps(document, separators=(",", ":")).encode()
    assert len(raw) < 4 * 1024 * 1024
    registry.on("GET", "/manifests/1$", answer(200, raw, Content_Type=MANIFEST))
    said = measured(without_log(keyed, registry), *lines(registry.host)["verify"], expect=3)
    assert "error[" in said


def test_a_bundle_of_100_megabytes_that_says_so(keyed: Shell, registry: FakeRegistry) -> None:
    swap_bundles(registry, size=100 * 1024 * 1024)
    said = measured(keyed, *lines(registry.host)["verify"], expect=3)
    assert "TAMPERED" in said
    assert registry.count("GET", "/blobs/") == 0, "it was fetched although it is too large"


def test_a_bundle_of_100_megabytes_that_does_not_say_so(keyed: Shell, registry: FakeRegistry) -> None:
    registry.on("GET", "/blobs/", streamed(b"{", 100))
    said = measured(keyed, *lines(registry.host)["verify"], expect=3)
    assert "longer than it should be" in said


def swap_bundles(registry: FakeRegistry, *, size: int) -> None:
    """Make every evidence manifest name a blob of another size."""
    for (name, digest), (media_type, raw) in list(registry.manifests.items()):
        document = json.loads(raw)
        if "subject" not in document:
            continue
        document["layers"][0]["size"] = size
        changed = json.dumps(document).encode()
        del registry.manifests[name, digest]
        registry.manifests[name, "sha256:" + hashlib.sha256(changed).hexdigest()] = (media_type, changed)


def test_a_bundle_file_of_100_megabytes(keyed: Shell) -> None:
    keyed.attest("push", "model", "m", *KEY)
    with (keyed.folder / "big.sig").open("wb") as file:
        file.truncate(100 * 1024 * 1024)
    said = measured(keyed, "verify", "./model", "--evidence", "big.sig", *PUBLIC, expect=2)
    assert "error[content-too-large]: big.sig is too large for a bundle" in said
    said = measured(keyed, "evidence", "attach", "m:1", "big.sig", expect=2)
    assert "big.sig" in said


@pytest.mark.parametrize("part", [b"{},", b'{"a":{}},', b'"",'])
def test_a_bundle_file_of_millions_of_parts(keyed: Shell, part: bytes) -> None:
    """Parsed, 32 MiB of empty objects are 0.9 GB."""
    keyed.attest("push", "model", "m", *KEY)
    parts = part * (limits.BUNDLE_BYTES // len(part) - 20)
    (keyed.folder / "big.sig").write_bytes(b'{"mediaType":"x","x":[' + parts + b"0]}")
    said = measured(keyed, "verify", "./model", "--evidence", "big.sig", *PUBLIC, expect=3)
    assert "the bundle has too many parts" in said


@pytest.mark.parametrize("where", ["/tags/", "/referrers/"])
def test_a_list_without_an_end(keyed: Shell, registry: FakeRegistry, where: str) -> None:
    registry.on("GET", where, streamed(b'{"tags":[', 100, media_type="application/json"))
    line = lines(registry.host)["ls" if where == "/tags/" else "verify"]
    said = measured(keyed, *line, expect=3)
    assert "error[content-too-large]" in said


def test_an_error_page_without_an_end(keyed: Shell, registry: FakeRegistry) -> None:
    def endless(handler: Handler) -> None:
        handler.close_connection = True
        handler.wfile.write(b"HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n")
        for _ in range(100):
            handler.wfile.write(MEGABYTE)

    registry.on("GET", "/manifests/", endless)
    assert "error[registry-unauthorised]" in measured(keyed, *lines(registry.host)["verify"], expect=4)
