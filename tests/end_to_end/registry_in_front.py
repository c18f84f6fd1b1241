"""A registry that holds a model and can be told to fail, and the lines that a person types in front of it."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.conftest import WEIGHTS
from tests.services.fake_registry import FakeRegistry
from tests.services.registry_faults import error

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.end_to_end.shell import Shell

KEY, PUBLIC = ("--key", "K/attest.key"), ("--key", "K/attest.pub")
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
MODEL = "demo/m"
WEIGHTS_BLOB = f"/blobs/sha256:{hashlib.sha256(WEIGHTS).hexdigest()}"


@pytest.fixture(name="registry")
def registry_in_front(keyed: Shell) -> Iterator[FakeRegistry]:
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
