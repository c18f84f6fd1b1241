"""`attest push`: sign a folder and store it as the next version."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from attest.cli import options, push_options, push_table, render, signers
from attest.cli.progress import Bars
from attest.errors import InputError, Interrupted, NoTrust
from attest.settings import Settings
from attest.stores import Reach, repository_for, surroundings_for
from attest.whom import Whom
from attest.written_path import written_path
from attest_registry.reference import Reference

if TYPE_CHECKING:
    from pathlib import Path

    from attest.claims.training import Training
    from attest.policy.document import Policy
    from attest.publish import Published, ReadFolder, Signed
    from attest.signing.bundle_signer import BundleSigner


@click.command(
    epilog=options.examples(
        "attest push ./model credit-risk",
        "attest push ./model ghcr.io/acme/credit-risk --dataset tx=data/tx.parquet --metric auc=0.913",
        "attest push ./student credit-risk --operation distill --teacher credit-large:7 --exclude '*.tmp'",
        "attest push ./model credit-risk:1.4.0 --record attest.yaml",
    )
)
@click.argument("folder", metavar="DIR|FILE")
@click.argument("reference", metavar="NAME[:VERSION]")
@click.option("--exclude", multiple=True, metavar="PATTERN", help="Leave files out; the exclusion is signed.")
@click.option("--dereference", is_flag=True, help="Store what links to other places point at.")
@push_options.said()
@signers.signing()
@click.option("--policy", metavar="FILE", help="Judge base and teacher by this policy. [env: ATTEST_POLICY]")
@click.option("--trust-key", metavar="PUBLIC_KEY", help="Judge them by this key. [env: ATTEST_PUBLIC_KEY]")
@click.option("--force", is_flag=True, help="Move a label that points at other content.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--dry-run", is_flag=True, help="Do everything but store.")
@click.option("--jobs", type=click.IntRange(1, 64), help="Files moved at a time.")
@click.option("-q", "--quiet", is_flag=True, help="Print the pinned reference only.")
@options.as_json()
@options.reach()
@options.progress()
def command(**values: Any) -> None:
    """Sign a folder (or one file) and store it as the next version of NAME.

    Model signature, provenance and ML-BOM are signed and checked before anything is sent. A push that was interrupted
    can be run again and goes on.
    """
    Push(values).run()


class Push:
    """One push: what was typed, and the steps in the order that people see.

    Args:
        values: the options by name.
    """

    def __init__(self, values: dict[str, Any]) -> None:
        self._values = values
        self._quiet: bool = values["quiet"] or values["as_json"]
        self._settings = Settings.load()
        self._reach = Reach(plain_http=values["plain_http"], ca_file=values["ca_file"])
        self._root, self._reference = _arguments(values["folder"], values["reference"])
        self._now = datetime.now(UTC)

    def run(self) -> None:
        """All of it."""
        from attest.lifecycle.registering import check_before_storing  # noqa: PLC0415
        from attest.publish import read_folder, sign_claims, store  # noqa: PLC0415

        choice = signers.choose(self._values, self._settings)
        repository = repository_for(self._reference, self._settings, self._reach)
        repository.numbers(1)  # a store that does not answer or let us in says so before the long work, not after it
        record, record_file = push_options.record_in_force(self._values)
        with Bars(shown=not self._values["no_progress"] and not self._quiet) as bars:
            folder = read_folder(
                self._root,
                exclude=self._values["exclude"],
                dereference=self._values["dereference"],
                roles=record.roles,
                progress=bars,
            )
            training = self._training(record, bars)
        self._show(folder, training, record_file)
        signer = choice.open()
        check_before_storing(self._reference, self._settings, self._reach, signer=signer)
        signed = sign_claims(folder, training, model=self._reference.model, signer=signer, now=self._now)
        self._say(f"signed   model signature, provenance, ML-BOM        {signer.description}")
        if self._values["dry_run"]:
            self._rehearsed(signed)
            return
        with Bars(shown=not self._values["no_progress"] and not self._quiet) as bars:
            published = store(
                signed,
                repository,
                self._reference,
                signer=signer,
                force=self._values["force"],
                jobs=self._values["jobs"],
                progress=bars,
            )
        begun = self._register(published, signer)
        self._report(published, repository.place, signer, choice.verify_with(), begun=begun)

    def _register(self, published: Published, signer: BundleSigner) -> bool:
        """The version's number in the model's log; whether that began it."""
        from attest.lifecycle.registering import register_published  # noqa: PLC0415

        done, shared = register_published(published, self._reference, self._settings, self._reach, signer=signer)
        if not shared:
            self._say_alone()
        return done.begun

    def _say_alone(self) -> None:
        if not self._quiet:
            render.warning(
                "catalogue-not-shared",
                "the catalogue is a file of this machine; before others change this model too, "
                "set ATTEST_CATALOGUE to a database that all of them use",
            )

    def _say(self, text: str) -> None:
        if not self._quiet:
            render.note(text)

    def _training(self, record: Any, bars: Bars) -> Training:
        from attest.ancestors import resolver  # noqa: PLC0415
        from attest.training_inputs import gather  # noqa: PLC0415

        resolve = resolver(surroundings_for(self._reference, self._settings, self._reach), self._policy_for, self._now)
        return gather(
            record,
            resolve=resolve,
            outputs=[self._root],
            finished=self._now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            progress=bars,
        )

    def _policy_for(self, reference: Reference) -> Policy | None:
        """The pusher's policy for ancestors; the key that signs is no reason to trust."""
        from attest.trusting import policy_in_force  # noqa: PLC0415

        try:
            return policy_in_force(
                self._settings,
                Whom(key=self._values["trust_key"], policy=self._values["policy"]),
                asked_for=str(reference),
                verb="push",
            )
        except NoTrust:
            return None

    def _show(self, folder: ReadFolder, training: Training, record_file: str | None) -> None:
        if self._quiet:
            return
        push_table.show_files(self._values["folder"], folder)
        if record_file is not None:
            render.note(f"record   {record_file}")
        push_table.show_training(training)
        excludes = push_table.warn(folder)
        if not excludes or self._values["yes"] or self._values["dry_run"] or not render.on_terminal():
            return
        shown = f"{self._reference.name}" + (f":{self._reference.version}" if self._reference.version else "")
        if not render.confirm(f"Push all {render.plural(len(folder.manifest.files), 'file')} as {shown}?"):
            from attest.model.exclusion import excluding  # noqa: PLC0415

            hint = " ".join(map(excluding, excludes))
            raise Interrupted("nothing was stored", code="declined", hint=hint)

    def _rehearsed(self, signed: Signed) -> None:
        digest = signed.folder.artefact.digest
        if self._values["as_json"]:
            render.document({"schema": "attest/push/v1", "digest": str(digest), "dry_run": True})
        else:
            render.result(f"{self._reference.name}@{digest}")
            render.note("dry run: nothing was changed")

    def _report(self, published: Published, place: str, signer: BundleSigner, verify_with: str, *, begun: bool) -> None:
        if self._values["as_json"]:
            render.document(
                {
                    "schema": "attest/push/v1",
                    "reference": str(published.reference),
                    "digest": str(published.reference.digest),
                    "number": published.number,
                    "label": published.label,
                    "already": published.already,
                    "says_otherwise": published.says_otherwise,
                    "replaced": None if published.replaced is None else str(published.replaced),
                    "sent_bytes": published.sent,
                    "key": str(signer.trusted.fingerprint),
                    "signer": signer.description,
                }
            )
            return
        name = published.reference.name
        if published.replaced is not None:
            self._say(f"moved    label {published.label}: from {published.replaced.short} to this version")
        if published.already:
            self._say(f"already there as version {published.number}, signed by this signer; nothing to do")
            if published.says_otherwise:
                render.warning(
                    "claims-not-stored",
                    f"version {published.number} has a signed provenance that says something else about these files; "
                    "what this push said was not stored",
                )
        else:
            label = f" ({published.label})" if published.label else ""
            self._say(f"stored   {published.reference.model} version {published.number}{label}, in {place}")
        if begun:
            self._say(
                f"admin    first event of {published.reference.model}: {signer.description} is its admin from now on"
            )
        if not published.already:
            self._say(f"next: attest verify {name}:{published.number} {verify_with}")
        render.result(str(published.reference))


def _arguments(folder: str, reference: str) -> tuple[Path, Reference]:
    """Path first, then name; swapped arguments are noticed (source, then target, as cp)."""
    root = written_path(folder)
    if not root.exists() and written_path(reference).exists():
        raise InputError(
            f"{folder} does not exist, and {reference} does", code="usage", hint=f"attest push {reference} {folder}"
        )
    parsed = Reference.parse(reference)
    if parsed.alias is not None or parsed.digest is not None:
        raise InputError(
            f"a push goes to a name or a version, not to {reference}",
            code="usage",
            expected="NAME, NAME:NUMBER or NAME:LABEL",
            hint=f"attest push {folder} {parsed.name}",
        )
    return root, parsed
