"""Hash a folder, write the OMS claim and sign it: what `model_signing sign key` does, through our library functions.

sign_folder.py DIR KEY BUNDLE [MOST_FILES]
"""

from __future__ import annotations

import sys
from pathlib import Path

from attest.claims import signature
from attest.model.hashing import hash_tree
from attest.model.tree import walk
from attest.signing.bundle import sign_statement
from attest.signing.uri import open_signer
from attest_registry import limits


def main(folder: str, key: str, bundle: str, most: str = str(limits.FILES_PER_MODEL)) -> None:
    """Sign."""
    manifest = hash_tree(walk(Path(folder), most=int(most)))
    statement = signature.build(manifest, name=Path(folder).name)
    Path(bundle).write_bytes(sign_statement(statement, open_signer(key, passphrase=lambda _: None)))


main(*sys.argv[1:])
