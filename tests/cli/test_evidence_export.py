"""What is taken out of a store is unverified: it names files and lines as its maker likes, within bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from attest.claims.statement import Statement, Subject
from attest.cli.main import main
from attest.evidence.attach import attach
from attest.model import packaging
from attest.model.hashing import hash_tree
from attest.model.tree import walk
from attest.signing import keyfile
from attest.signing.bundle import sign_statement
from attest.signing.uri import open_signer
from attest_registry.oci.descriptor import EMPTY_BYTES, EMPTY_DESCRIPTOR
from attest_registry.oci.layout import LayoutRepository

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    "kind", ["x\nmodel-signature.sigstore.json\tforged", "\U0001d538" * 80, "\x1b[2J\x9b", "../../up"]
)
def test_a_predicate_type_makes_one_line_and_one_file_below_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    monkeypatch.setenv("ATTEST_HOME", str(tmp_path / "home"))
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "config.json").write_text("{}")
    artefact = packaging.pack(hash_tree(walk(tmp_path / "model")))
    repository = LayoutRepository(tmp_path / "home/store", "demo/model")
    repository.push_blob(EMPTY_DESCRIPTOR, EMPTY_BYTES)
    repository.push_blob(artefact.files[0].blob, b"{}")
    assert artefact.config is not None
    repository.push_blob(artefact.manifest.config, artefact.config)
    version = repository.push_manifest(artefact.manifest.raw, artefact.manifest.descriptor.media_type)
    repository.tag("1", version)
    keyfile.generate(tmp_path / "k.key", tmp_path / "k.pub", passphrase=None)
    signer = open_signer(str(tmp_path / "k.key"), passphrase=lambda _: None)
    subject = Subject(name="demo/model", digest=version.digest)
    statement = Statement.build(subjects=[subject], predicate_type=kind, predicate={})
    attach(repository, [(sign_statement(statement, signer), kind)], subject=version, created=None)
    assert main(["evidence", "export", "demo/model:1", str(tmp_path / "out")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1
    assert all(character.isprintable() or character == "\t" for character in lines[0])
    (written,) = (tmp_path / "out").iterdir()
    assert written.name.isascii()
