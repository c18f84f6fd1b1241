"""Registries that break off, give out other bytes or send hostile words: status 4 or 3, and nothing at a final name."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.conftest import WEIGHTS
from tests.end_to_end.registry_in_front import MANIFEST, MODEL, PUBLIC, WEIGHTS_BLOB, lines, registry_in_front  # noqa: F401  # a fixture
from tests.services.registry_faults import answer, cut_after, drip, error

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.end_to_end.shell import Shell
    from tests.services.fake_registry import FakeRegistry
    from tests.services.registry_connection import Handler


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
