"""A model signature in a file beside the model, for people who use no registry: files → list → bundle → file.

1  the folder is read once, as for a push; a bundle that lies inside it is no part of the model
2  the list of its files is signed
3  our own verifier has to find the folder to be what was signed, by this signer
4  the file appears whole, under a name that was free, or held a bundle that was to be replaced

Steps 1 and 4 are the command's to start; where one fails, nothing is left behind.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from attest.errors import AttestError, InputError, MalformedEvidence
from attest.written_path import written_path
from attest_registry import limits

if TYPE_CHECKING:
    from pathlib import Path

    from attest.model.manifest import ModelManifest
    from attest.signing.bundle_signer import BundleSigner


def place_for(text: str | os.PathLike[str], *, model: Path, force: bool) -> Path:
    """Where a bundle may be written, asked before the long work.

    Args:
        text: the place, as typed.
        model: the folder or file that will be signed.
        force: whether a bundle that is there may be replaced. Anything else never is.

    Raises:
        InputError: `bundle-exists`, `no-such-folder`, or `usage`.
    """
    path = written_path(text)
    if path.is_dir():
        raise InputError(f"{path} is a folder", code="usage", hint=f"--bundle {path / 'model.sig'}")
    if not path.parent.is_dir():
        raise InputError(f"{path.parent} does not exist, so {path.name} cannot be written there", code="no-such-folder")
    if not os.path.lexists(path):
        return path
    if model.exists() and path.parent.samefile(model.parent) and path.name == model.name:
        raise InputError(f"the bundle would replace the model {model}", code="usage", hint=f"--bundle {model}.sig")
    if not force:
        raise InputError(f"{path} exists", code="bundle-exists", hint="--force replaces a bundle")
    if not _is_bundle(path):
        raise InputError(
            f"{path} exists and holds something else than a bundle, which is never replaced",
            code="bundle-exists",
            hint="choose another name, or remove it first",
        )
    return path


def _is_bundle(path: Path) -> bool:
    from attest.signing.bundle import Bundle  # noqa: PLC0415

    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return False
        with path.open("rb") as file:
            Bundle.parse(file.read(limits.BUNDLE_BYTES + 1))
    except (OSError, AttestError):
        return False
    return True


def path_inside(bundle: Path, model: Path) -> str | None:
    """The bundle's path inside the folder; `None` where it lies elsewhere, or is no file that is there."""
    try:
        root, place = model.resolve(strict=True), bundle.parent.resolve(strict=True) / bundle.name
        is_file = stat.S_ISREG(place.lstat().st_mode)
    except (OSError, RuntimeError, ValueError):
        return None
    if not is_file or not root.is_dir() or not place.is_relative_to(root):
        return None
    return place.relative_to(root).as_posix()


def sign(manifest: ModelManifest, *, name: str, signer: BundleSigner) -> bytes:
    """Steps 2 and 3.

    Args:
        manifest: the folder, hashed.
        name: what the model is called; free text to readers.
        signer: a key, the holder of a certificate, or an identity.

    Raises:
        MalformedEvidence: our own verifier finds something else than what was to be signed.
        AttestError: it could not be signed, or our own verifier does not accept it.
    """
    from attest.claims import signature  # noqa: PLC0415
    from attest.claims.statement import check_with_library  # noqa: PLC0415
    from attest.evidence.evidence import Evidence  # noqa: PLC0415
    from attest.verify.directory import verify_directory  # noqa: PLC0415

    statement = signature.build(manifest, name=name)
    check_with_library(statement)
    raw = signer.sign_statement(statement)
    found = verify_directory(manifest, [Evidence(raw=raw, origin="what was just signed")], [signer.trusted])
    if not found.is_what_was_signed:
        raise MalformedEvidence("the bundle holds other words than were to be signed")
    return raw


def write(path: Path, raw: bytes, *, force: bool) -> None:
    """Step 4.

    Raises:
        InputError: `bundle-exists`: something has appeared there meanwhile.
        StoreRefused: the file system would not.
    """
    from attest_registry.digest import written_whole  # noqa: PLC0415

    if os.path.lexists(path) and not (force and _is_bundle(path)):
        raise InputError(f"{path} has appeared meanwhile", code="bundle-exists", hint="--force replaces a bundle")
    with written_whole(path) as write_block:
        write_block(raw)
