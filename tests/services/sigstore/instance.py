"""A whole Sigstore on loopback, from npm's `@sigstore/mock` (server.mjs), with faults that a test switches on.

`sigstore` is whole at the start of every test; `other_sigstore` is a second instance with keys of its own.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from attest.trust.roots import TrustedRoot

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
PLACE = Path(".interop/sigstore")
_ROOT = HERE.parents[2]
_SECONDS = 20
WORKFLOW = "acme/models/.github/workflows/train.yml@refs/heads/main"
GITHUB: dict[str, Any] = {
    "sub": "repo:acme/models:ref:refs/heads/main",
    "job_workflow_ref": WORKFLOW,
    "job_workflow_sha": "a" * 40,
    "workflow_ref": WORKFLOW,
    "workflow_sha": "a" * 40,
    "workflow": "train",
    "event_name": "push",
    "sha": "a" * 40,
    "ref": "refs/heads/main",
    "repository": "acme/models",
    "repository_id": "1001",
    "repository_owner": "acme",
    "repository_owner_id": "2002",
    "repository_visibility": "private",
    "runner_environment": "github-hosted",
    "run_id": "77",
    "run_attempt": "1",
}
"""What GitHub says about a job, whose certificate names the workflow."""

PERSON: dict[str, Any] = {"sub": "dev", "email": "dev@acme.test", "email_verified": True}


@dataclass(frozen=True, kw_only=True)
class Sigstore:
    """A running instance."""

    url: str
    folder: Path

    @property
    def trusted_root(self) -> Path:
        return self.folder / "trusted_root.json"

    @property
    def root(self) -> TrustedRoot:
        return TrustedRoot.load(self.trusted_root)

    def trust_config(self, version: int = 2) -> Path:
        """A client trust configuration that names the log of this API version."""
        return self.folder / f"trust_config.v{version}.json"

    @property
    def timestamps(self) -> str:
        return f"{self.url}/api/v1/timestamp"

    def token(self, **claims: Any) -> str:
        """A token of the instance's issuer: a CI's URI, unless the claims say otherwise. `None` leaves a claim out."""
        return str(self._post("/mint", claims))

    def fault(self, service: str, kind: str, **more: Any) -> None:
        """Break `fulcio`, `rekor`, `tsa`, `oidc` or `tuf`; the kinds are in faults.mjs."""
        self._post("/control", {"service": service, "kind": kind, **more})

    def heal(self) -> None:
        self._post("/control", {"kind": "none"})
        self.login()

    def login(self, *, pending: int = 0, error: str | None = None) -> None:
        """How the person with the device code behaves."""
        self._post("/person", {"pending": pending, "error": error})

    def asked(self, service: str) -> int:
        """Requests that the service has seen since the test began."""
        with urllib.request.urlopen(f"{self.url}/control", timeout=_SECONDS) as answer:  # noqa: S310  # ours
            return int(json.load(answer).get(service, 0))

    def _post(self, path: str, document: Any) -> Any:
        request = urllib.request.Request(self.url + path, json.dumps(document).encode())  # noqa: S310  # ours
        with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310  # ours
            return json.load(answer)


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Sigstore]:
    node = shutil.which("node")
    if node is None:
        pytest.skip("@sigstore/mock is missing: node is not installed here")
    if not (_ROOT / PLACE / ".installed").is_file():
        reason = _ROOT / ".interop" / "missing" / "sigstore-mock"
        why = reason.read_text().strip() if reason.is_file() else "sh tests/services/install.sh was not run"
        pytest.skip(f"@sigstore/mock is missing: {why}")
    folder.mkdir(exist_ok=True)
    with (
        (folder / "server.log").open("wb") as log,
        subprocess.Popen(
            [node, str(HERE / "server.mjs"), str(_ROOT / PLACE), str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
        ) as process,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            said = process.stdout.readline()
            if not said:
                pytest.fail(f"the loopback Sigstore did not start: {(folder / 'server.log').read_text()[-2000:]}")
            yield Sigstore(url=json.loads(said)["url"], folder=folder)
        finally:
            process.stdin.close()
            process.wait(timeout=_SECONDS)


@pytest.fixture(scope="session")
def _sigstore(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sigstore]:
    with running(tmp_path_factory.mktemp("sigstore")) as instance:
        yield instance


@pytest.fixture
def sigstore(_sigstore: Sigstore) -> Sigstore:
    _sigstore.heal()
    return _sigstore


@pytest.fixture(scope="session")
def other_sigstore(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sigstore]:
    with running(tmp_path_factory.mktemp("other-sigstore")) as instance:
        yield instance
