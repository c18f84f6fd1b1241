"""What tests of `attest trust` share: trusted roots to pin, and a person who types in this process."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from attest.cli.main import main
from attest.trust.tuf_mirror import TRUSTED_ROOT
from tests.end_to_end.shell import Printed, checked
from tests.services.tuf_server import Repository
from tests.verify.private_sigstore import PrivateSigstore

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest

INSTANCE, OTHER = PrivateSigstore(), PrivateSigstore()


def document(
    change: Callable[[dict[str, Any]], object] = lambda _: None, instance: PrivateSigstore = INSTANCE
) -> bytes:
    """A trusted root, changed."""
    made = copy.deepcopy(instance.root_document())
    change(made)
    return json.dumps(made).encode()


def add_log(made: dict[str, Any]) -> None:
    made["tlogs"] += OTHER.root_document()["tlogs"][:1]


def repository(root: bytes) -> Repository:
    """A TUF repository that serves this trusted root."""
    return Repository.make({TRUSTED_ROOT: root})


@dataclass(frozen=True, kw_only=True)
class Person:
    """Types `attest` in this process."""

    home: Path
    capsys: pytest.CaptureFixture[str]

    @property
    def pinned(self) -> Path:
        return self.home / "trusted_root.json"

    @property
    def note(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.home / "trusted_root.origin.json").read_text())
        return found

    def types(self, *words: str, expect: int = 0) -> Printed:
        self.capsys.readouterr()
        status = main(words)
        printed = self.capsys.readouterr()
        return checked(words, status, printed.out.encode(), printed.err.encode(), expect=expect)

    def refused(self, *words: str, expect: int) -> str:
        """The code of the error."""
        return self.types(*words, expect=expect).complaint.code
