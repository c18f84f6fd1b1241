"""Registries that are gone, busy, closed, lying or endless: status 4 or 3, what to do, and nothing at a final name."""

from __future__ import annotations

import hashlib
import json
import socket
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from attest_registry import limits
from tests.end_to_end.conftest import WEIGHTS
from tests.end_to_end.shell import checked
from tests.services.fake_registry import FakeRegistry, answer, cut_after, drip, error, hang

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.end_to_end.shell import Shell
    from tests.services.fake_registry import Handler

KEY, PUBLIC = ("--key", "K/attest.key"), ("--key", "K/attest.pub")
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
MODEL = "demo/m"
WEIGHTS_BLOB = f"/blobs/sha256:{hashlib.sha256(WEIGHTS).hexdigest()}"
MEGABYTE = bytes(1024 * 1024)
MOST_MEMORY = 220
"""Megabytes that a command may take, whatever a registry sends; Python and the HTTP client are 60 of them."""


@pytest.fixture
def registry(keyed: Shell) -> Iterator[FakeRegistry]:
    """A registry that holds version 1 of `demo/m`."""
    with FakeRegistry() as fake:
        keyed.attest("push", "model", f"{fake.host}/{MODEL}", *KEY, "-q")
        fake.seen.clear()
        yield fake


def without_log(keyed: Shell, registry: FakeRegistry) -> Shell:
    """Somebody who never saw the model, in front of a registry that has no log of it: a tag decides what is fetched."""
    registry.on("GET", "/manifests/attest-log$", error(404, "MANIFEST_UNKNOWN", "no such manifest"))
    return replace(keyed, environment={"ATTEST_STATE": str(keyed.folder / "another-state")})


def lines(host: str) -> dict[str, tuple[str, ...]]:
    name = f"{host}/{MODEL}"
    return {
        "verify": ("verify", f"{name}:1", *PUBLIC),
        "pull": ("pull", f"{name}:1", "out", *PUBLIC),
        "show": ("show", f"{name}:1"),
        "ls": ("ls", name),
        "push": ("push", "model", name, *KEY),
    }


def nowhere() -> str:
    """A port of this machine on which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{free.getsockname()[1]}"


@pytest.mark.parametrize("verb", ["verify", "pull", "show", "ls", "push"])
def test_nothing_listens(keyed: Shell, verb: str) -> None:
    host = nowhere()
    printed = keyed.impatient().attest(*lines(host)[verb], expect=4)
    complaint = printed.complaint
    assert complaint.code == "store-unreachable"
    assert complaint.message.startswith(f"{host} did not answer when asked for ")
    assert MODEL in complaint.message
    assert "the connection was refused" in complaint.details["found"]
    assert complaint.hint == "is the registry running, and is this its port?"
    assert "files" not in printed.err, "the folder was read before the registry was asked"
    assert "out" not in keyed.names()


def test_the_version_that_was_asked_for_is_named(keyed: Shell) -> None:
    host = nowhere()
    complaint = keyed.impatient().attest("verify", f"{host}/{MODEL}:1", *PUBLIC, expect=4).complaint
    assert complaint.message == f"{host} did not answer when asked for the log of {MODEL}"


def test_a_name_that_does_not_resolve(keyed: Shell) -> None:
    complaint = keyed.impatient().attest("verify", f"registry.invalid/{MODEL}:1", *PUBLIC, expect=4).complaint
    assert complaint.code == "store-unreachable"
    assert "does not resolve" in complaint.details["found"]
    assert "the host's name" in complaint.hint


def test_offline_names_the_address(keyed: Shell) -> None:
    line = ("verify", f"registry.invalid/{MODEL}:1", *PUBLIC)
    complaint = keyed.attest(*line, expect=4, ATTEST_OFFLINE="1").complaint
    assert complaint.code == "offline"
    assert "https://registry.invalid" in complaint.message


@pytest.mark.parametrize(
    ("status", "code", "expect", "hint"),
    [
        (400, "store-refused", 4, ""),
        (401, "registry-unauthorised", 4, "attest login HOST"),
        (403, "registry-unauthorised", 4, "attest login HOST"),
        (404, "name-unknown", 2, "nothing was ever pushed to it"),
        (413, "registry-size-limit", 4, "body limit of HOST"),
        (429, "registry-rate-limit", 4, "wait, and run it again"),
        (500, "store-refused", 4, "the fault is with HOST"),
        (503, "store-refused", 4, "the fault is with HOST"),
    ],
)
def test_a_registry_that_refuses_to_read(
    keyed: Shell, registry: FakeRegistry, *, status: int, code: str, expect: int, hint: str
) -> None:
    registry.on("GET", "/v2/", error(status, "SOME_CODE", "some words"))
    newcomer = replace(keyed, environment={"ATTEST_STATE": str(keyed.folder / "another-state")})
    for verb in ("verify", "pull"):  # to whom has seen its log, a model that is gone is an incident
        complaint = newcomer.impatient().attest(*lines(registry.host)[verb], expect=expect).complaint
        assert complaint.code == code
        assert registry.host in complaint.message
        assert "SOME_CODE: some words" in complaint.details["found"]
        assert hint.replace("HOST", registry.host) in complaint.hint
    assert "out" not in keyed.names()
    registry.faults.clear()
    keyed.attest(*lines(registry.host)["pull"])


@pytest.mark.parametrize(
    ("status", "code", "hint"),
    [
        (401, "registry-unauthorised", "attest login HOST"),
        (403, "registry-unauthorised", "attest login HOST"),
        (404, "store-refused", "make the repository on HOST first"),
        (413, "registry-size-limit", "client_max_body_size"),
        (500, "store-refused", "the fault is with HOST"),
    ],
)
def test_a_registry_that_refuses_to_write(
    keyed: Shell, registry: FakeRegistry, *, status: int, code: str, hint: str
) -> None:
    (keyed.folder / "model/more.json").write_text("{}")
    for method in ("POST", "PUT"):
        registry.on(method, "/v2/", error(status, "SOME_CODE", "some words"))
    before = dict(registry.tags)
    complaint = keyed.impatient().attest(*lines(registry.host)["push"], expect=4).complaint
    assert complaint.code == code
    said = [f"{registry.host} refused the push of {what} to {MODEL} ({status})" for what in ("more.json", "the config")]
    assert complaint.message in said, "they go at the same time"
    assert hint.replace("HOST", registry.host) in complaint.hint
    assert registry.tags == before
    registry.faults.clear()
    keyed.attest(*lines(registry.host)["push"])
    assert len(registry.tags) == len(before) + 1


def test_a_push_without_a_login_is_refused_before_the_folder_is_read(keyed: Shell, registry: FakeRegistry) -> None:
    registry.basic = ("alice", "s3cret")
    printed = keyed.attest(*lines(registry.host)["push"], expect=4)
    assert printed.complaint.hint == f"attest login {registry.host}"
    assert "files" not in printed.err
    keyed.attest("login", registry.host, "-u", "alice", "--password-stdin", given="s3cret")
    keyed.attest(*lines(registry.host)["push"])


def test_a_wrong_password_is_not_kept(keyed: Shell, registry: FakeRegistry) -> None:
    registry.basic = ("alice", "s3cret")
    line = ("login", registry.host, "-u", "alice", "--password-stdin")
    complaint = keyed.attest(*line, given="wrong", expect=4).complaint
    assert complaint.code == "registry-unauthorised"
    assert "wrong" not in complaint.message + str(complaint.details)
    assert not (keyed.folder / "docker/config.json").exists()
    keyed.attest(*line, given="s3cret")


def test_retry_after_is_waited_for(keyed: Shell, registry: FakeRegistry) -> None:
    registry.on("GET", "/manifests/", error(429, "TOOMANYREQUESTS", "slow down", Retry_After="1"), times=1)
    start = time.monotonic()
    keyed.attest(*lines(registry.host)["verify"])
    assert time.monotonic() - start > 1.0


def test_a_wait_that_nobody_has_is_said_and_not_waited_for(keyed: Shell, registry: FakeRegistry) -> None:
    registry.on("GET", "/manifests/", error(429, "TOOMANYREQUESTS", "slow down", Retry_After="3600"))
    complaint = keyed.attest(*lines(registry.host)["verify"], expect=4).complaint
    assert complaint.details["found"] == "TOOMANYREQUESTS: slow down (it asks for a wait of 3600 s)"
    assert registry.count("GET", "/manifests/") == 1


@pytest.mark.parametrize("verb", ["verify", "pull", "push"])
def test_a_registry_that_redirects_for_ever(keyed: Shell, registry: FakeRegistry, verb: str) -> None:
    registry.on("GET", "/v2/", lambda handler: handler.reply(307, b"", {"Location": handler.path}))
    complaint = keyed.attest(*lines(registry.host)[verb], expect=4).complaint
    assert complaint.code == "redirect-loop"
    assert complaint.details["expected"] == "at most 5 redirects"
    assert len(registry.seen) <= 6


@pytest.mark.parametrize("verb", ["verify", "push"])
def test_a_registry_that_hangs_is_given_up(keyed: Shell, registry: FakeRegistry, verb: str) -> None:
    registry.on("GET", "/v2/", hang(60))
    start = time.monotonic()
    complaint = keyed.impatient().attest(*lines(registry.host)[verb], expect=4).complaint
    assert time.monotonic() - start < 15
    assert complaint.code == "store-unreachable"
    assert complaint.details["found"].startswith("no answer in time (3 tries in ")


def test_a_blob_that_drips_is_given_up_and_continued_later(keyed: Shell, registry: FakeRegistry) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 88\r\n\r\n"
    registry.on("GET", WEIGHTS_BLOB, drip(head, 0.2, 60))
    complaint = keyed.impatient().attest(*lines(registry.host)["pull"], expect=4).complaint
    assert complaint.code == "store-unreachable"
    assert "the same command again" in complaint.hint
    assert "out" not in keyed.names()
    registry.faults.clear()
    keyed.attest(*lines(registry.host)["pull"])
    assert (keyed.folder / "out/model.safetensors").read_bytes() == WEIGHTS


def test_a_blob_that_always_breaks_off(keyed: Shell, registry: FakeRegistry) -> None:
    registry.on("GET", WEIGHTS_BLOB, cut_after(0))
    complaint = keyed.impatient().attest(*lines(registry.host)["pull"], expect=4).complaint
    assert complaint.code == "store-unreachable"
    assert "model.safetensors" in complaint.message or "blob sha256:" in complaint.message
    registry.faults.clear()
    keyed.attest(*lines(registry.host)["pull"])
    assert [name for name in keyed.names() if name.startswith(".attest-")] == []


def shorter(handler: Handler) -> None:
    handler.reply(200, handler.blob()[:-1])


def longer(handler: Handler) -> None:
    handler.reply(200, handler.blob() + b"x")


def flipped(handler: Handler) -> None:
    found = handler.blob()
    handler.reply(200, found[:-1] + bytes([found[-1] ^ 1]))


@pytest.mark.parametrize("fault", [shorter, longer, flipped])
def test_a_blob_that_is_not_what_it_should_be(
    keyed: Shell, registry: FakeRegistry, fault: Callable[[Handler], None]
) -> None:
    registry.on("GET", WEIGHTS_BLOB, fault)
    complaint = keyed.attest(*lines(registry.host)["pull"], expect=3).complaint
    assert complaint.code == "digest-mismatch"
    assert "model.safetensors" in complaint.message
    assert {"expected", "found"} <= set(complaint.details)
    assert f"{registry.host} gives out other bytes than were signed" in complaint.hint
    assert not [name for name in keyed.names() if name == "out" or name.startswith(".attest-")]
    printed = keyed.attest("exec", "--model", f"{registry.host}/{MODEL}:1", *PUBLIC, "--", "touch", "x", expect=123)
    assert printed.err.rstrip().endswith("the command was not started")
    registry.faults.clear()
    keyed.attest(*lines(registry.host)["pull"])


@pytest.mark.parametrize("fault", [shorter, longer, flipped])
def test_evidence_that_is_not_what_it_should_be(
    keyed: Shell, registry: FakeRegistry, fault: Callable[[Handler], None]
) -> None:
    registry.on("GET", "/blobs/", fault)
    printed = keyed.attest(*lines(registry.host)["verify"], expect=3)
    assert printed.out.rstrip().splitlines()[-1].startswith("TAMPERED")
    registry.faults.clear()
    keyed.attest(*lines(registry.host)["verify"])


def test_another_manifest_than_the_one_asked_for(keyed: Shell, registry: FakeRegistry) -> None:
    pinned = keyed.attest(*lines(registry.host)["verify"], "-q").out.strip()
    other = json.dumps({"schemaVersion": 2, "mediaType": MANIFEST}).encode()
    registry.on("GET", "/manifests/sha256:", lambda handler: handler.reply(200, other, {"Content-Type": MANIFEST}))
    complaint = keyed.attest("verify", pinned.replace(":1@", "@"), *PUBLIC, expect=3).complaint
    assert complaint.code == "digest-mismatch"
    assert complaint.details["expected"] == pinned.partition("@")[2]


# ---- too much of everything, in bounded memory


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


# ---- hostile words


HOSTILE = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202eevil\r\nALLOWED  by policy"


def test_words_of_a_registry_never_reach_the_terminal_as_they_are(keyed: Shell, registry: FakeRegistry) -> None:
    registry.on("GET", "/manifests/", error(400, HOSTILE, HOSTILE))
    for line in (lines(registry.host)["verify"], (*lines(registry.host)["verify"], "--json")):
        printed = keyed.attest(*line, expect=4, CLICOLOR_FORCE="1")
        assert "\nALLOWED" not in printed.all
        assert "\x1b]" not in printed.all


def test_hostile_headers_never_reach_the_terminal(keyed: Shell, registry: FakeRegistry) -> None:
    challenge = 'Bearer realm="http://\x1b[31m/token",service="x\x1b[2J"'
    registry.on("GET", "/manifests/", answer(401, b"", WWW_Authenticate=challenge))
    keyed.attest(*lines(registry.host)["verify"], expect=4)
    registry.faults.clear()
    registry.on("GET", "/manifests/", answer(307, b"", Location="http://\x1b[31mevil/\x9b"))
    keyed.impatient().attest(*lines(registry.host)["verify"], expect=4)


def test_hostile_tags_are_left_out(keyed: Shell, registry: FakeRegistry) -> None:
    names = json.dumps({"name": MODEL, "tags": ["1", "\x1b[31m", "a\nb", "../x", 7, None]}).encode()
    registry.on("GET", "/tags/", answer(200, names, Content_Type="application/json"))
    printed = keyed.attest("ls", f"{registry.host}/{MODEL}", "-q")
    assert printed.out == f"{registry.host}/{MODEL}:1\n"
