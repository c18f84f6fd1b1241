"""What stands for a place in a document or on the command line, and what no file can be called."""

from __future__ import annotations

from pathlib import Path

import pytest

from attest.errors import InputError, PolicyError
from attest.policy.document import load_policy
from attest.written_path import written_path

POLICY = """apiVersion: attest/v1
kind: Policy
name: p
identities:
  release: {{key: "{key}"}}
require:
  signature: {{by: [release]}}
"""


def test_home_is_the_home_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert written_path("~/keys/a.pub") == tmp_path / "keys" / "a.pub"
    assert written_path("~") == tmp_path


def test_home_of_nobody_is_a_file_of_that_name() -> None:
    assert written_path("~nobody-of-that-name/a.pub") == Path("~nobody-of-that-name/a.pub")


def test_bytes_of_a_file_name_that_is_no_text_are_kept() -> None:
    assert written_path("a\udcff") == Path("a\udcff")


@pytest.mark.parametrize("text", ["a\0b", "~\0", "~a\0/b", "a\ud800"])
def test_what_no_file_can_be_called_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="cannot be the path") as caught:
        written_path(text)
    assert caught.value.code == "bad-path"


@pytest.mark.parametrize("key", [r"a\0b", r"~\0", "~nobody-of-that-name/a.pub"])
def test_key_of_a_policy_that_is_no_path_is_refused_with_its_line(key: str, tmp_path: Path) -> None:
    file = tmp_path / "p.yaml"
    file.write_text(POLICY.format(key=key))
    with pytest.raises(PolicyError, match=r"p\.yaml:5:18: ") as caught:
        load_policy(file)
    assert caught.value.code == "policy-bad-key"
