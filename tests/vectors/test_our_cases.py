"""fixtures/sigstore: its files are what its script makes, byte for byte, so that they can be reviewed there."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from attest.errors import AttestError
from tests.vectors.cases import OURS, ROOT, Case, verify_file

if TYPE_CHECKING:
    from pathlib import Path

SCRIPTS = {"make.py", "cases.py", "README.md"}


def files_of(folder: Path) -> dict[str, bytes]:
    found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    return {
        name: path.read_bytes() for name, path in found.items() if name not in SCRIPTS and "__pycache__" not in name
    }


def test_the_script_makes_the_files_that_are_kept(tmp_path: Path) -> None:
    made = tmp_path / "made"
    subprocess.run([sys.executable, str(OURS.folder / "make.py"), str(made)], check=True, timeout=120)
    kept, again = files_of(OURS.folder), files_of(made)
    assert sorted(kept) == sorted(again)
    assert [name for name in kept if kept[name] != again[name]] == []


def test_every_refused_case_names_its_code_and_no_other_does() -> None:
    assert set(OURS.codes) == {case.name for case in OURS.cases if not case.must_verify}


def test_the_files_stay_small() -> None:
    files = files_of(OURS.folder)
    assert len(files) > 200
    assert sum(map(len, files.values())) < 1_500_000


@pytest.mark.parametrize("change", ["file", "identity", "issuer"])
def test_a_case_that_verifies_does_so_for_its_own_file_and_signer_only(change: str) -> None:
    (case,) = [case for case in OURS.cases if case.name == "dsse-rekor-v2"]
    asked = {"identity": case.identity, "issuer": case.issuer}
    file = b"other weights" if change == "file" else case.artifact
    codes = {"file": "subject-mismatch", "identity": "identity-mismatch", "issuer": "issuer-mismatch"}
    if change != "file":
        asked[change] += "x"
    with pytest.raises(AttestError) as refused:
        verify_file(
            case.bundle, file, root=case.root_path, key=None, identity=asked["identity"], issuer=asked["issuer"]
        )
    assert refused.value.code == codes[change]


def test_an_intoto_entry_is_read_in_its_second_version_only() -> None:
    """Supported: intoto/0.0.2, with and without its payload, by certificate and by key; 0.0.1 is refused by name."""
    cases: dict[str, Case] = {case.name: case for case in OURS.cases if "intoto" in case.name}
    assert set(cases) == {
        *("intoto-without-payload", "intoto-with-payload", "key-intoto"),
        *("intoto-0.0.1_fail", "intoto-other-signer_fail"),
    }
    with pytest.raises(AttestError) as refused:
        cases["intoto-0.0.1_fail"].verify(by_digest=False)
    assert "intoto 0.0.2" in str(refused.value.expected)
    assert refused.value.found == "intoto 0.0.1"


def test_the_folder_is_in_the_checkout() -> None:
    assert OURS.folder.is_relative_to(ROOT)
    assert OURS.cases
