"""`attest sign`: sign a folder or a file into a bundle beside it, without a registry."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

import click

from attest.cli import certificate_choice, options, push_table, render, signers
from attest.cli.progress import Bars
from attest.settings import Settings
from attest.written_path import written_path

if TYPE_CHECKING:
    from pathlib import Path

    from attest.publish import ReadFolder
    from attest.signing.bundle_signer import BundleSigner


@click.command(
    epilog=options.examples(
        "attest sign ./model --bundle model.sig",
        "attest sign ./model --bundle model.sig --key release.key --certificate release.pem --certificate-chain ca.pem",
        "attest sign weights.gguf --bundle weights.gguf.sig --keyless",
    )
)
@click.argument("model", metavar="DIR|FILE")
@click.option("--bundle", metavar="OUT", required=True, help="Where the bundle goes: an OMS bundle, as others read it.")
@click.option("--exclude", multiple=True, metavar="PATTERN", help="Leave files out; whoever verifies does so as well.")
@signers.signing()
@certificate_choice.certificate()
@click.option("--force", is_flag=True, help="Replace a bundle that is there.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("-q", "--quiet", is_flag=True, help="Print the bundle's place only.")
@options.as_json()
@options.progress()
def command(**values: Any) -> None:
    """Sign a folder (or one file) into a bundle, for people who use no registry.

    The bundle is an OpenSSF model signature (OMS v1.0) over every file. It is verified before it is written, and says
    what the files are, not what they were made from: `attest push` signs that too.
    """
    Sign(values).run()


class Sign:
    """One signature: what was typed, and the steps in the order that people see.

    Args:
        values: the options by name.
    """

    def __init__(self, values: dict[str, Any]) -> None:
        from attest import detached  # noqa: PLC0415

        self._values = values
        self._quiet: bool = values["quiet"] or values["as_json"]
        self._settings = Settings.load()
        self._root = written_path(values["model"])
        self._place = detached.place_for(values["bundle"], model=self._root, force=values["force"])

    def run(self) -> None:
        """All of it."""
        from attest import detached  # noqa: PLC0415

        choice = certificate_choice.choose(self._values, self._settings)
        folder = self._read()
        if not self._quiet:
            push_table.show_files(self._values["model"], folder)
            for file in folder.manifest.files:
                if file.format.code_bearing:
                    text = f"{file.path} can run code when loaded; whoever verifies has to name it"
                    render.warning("code-bearing-file", text)
                elif file.format.outside:
                    render.warning("reference-outside", f"{file.path}: {file.format.outside}")
        signer = choice.open()
        raw = detached.sign(folder.manifest, name=_name(self._root), signer=signer)
        detached.write(self._place, raw, force=self._values["force"])
        self._report(folder, signer, choice.verify_with())

    def _read(self) -> ReadFolder:
        from attest.detached import path_inside  # noqa: PLC0415
        from attest.model.exclusion import literally  # noqa: PLC0415
        from attest.publish import read_folder  # noqa: PLC0415

        own = path_inside(self._place, self._root)
        exclude = [*self._values["exclude"], *([] if own is None else [literally(own)])]
        with Bars(shown=not self._values["no_progress"] and not self._quiet) as bars:
            return read_folder(self._root, exclude=exclude, progress=bars)

    def _report(self, folder: ReadFolder, signer: BundleSigner, verify_with: str) -> None:
        manifest = folder.manifest
        if self._values["as_json"]:
            render.document(
                {
                    "schema": "attest/sign/v1",
                    "bundle": str(self._place),
                    "files": len(manifest.files),
                    "bytes": manifest.size,
                    "root": str(manifest.oms_root),
                    "excluded": self._values["exclude"],
                    "key": str(signer.trusted.fingerprint),
                    "signer": signer.description,
                }
            )
            return
        if not self._quiet:
            render.note(
                f"signed   model signature over {render.plural(len(manifest.files), 'file')}   {signer.description}"
            )
            left_out = "".join(f" --exclude {shlex.quote(pattern)}" for pattern in self._values["exclude"])
            what = shlex.quote(_as_path(self._values["model"]))
            bundle = shlex.quote(str(self._values["bundle"]))
            render.note(f"next: attest verify {what} --bundle {bundle}{left_out} {verify_with}")
        render.result(str(self._place))


def _name(root: Path) -> str:
    """OMS: the last part of the model's path, for people."""
    return root.resolve().name or "model"


def _as_path(text: str) -> str:
    """As `verify` has to be told that a path is meant."""
    return text if text.startswith((".", "/", "~")) else f"./{text}"
