"""Where an ML-BOM comes from: a file, or a version in a store, verified where somebody says whom to trust."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from click.shell_completion import CompletionItem
from msgspec import Struct

from attest.cli.references import ReferenceArgument
from attest.errors import AttestError, InputError, MalformedEvidence, NoTrust
from attest.settings import Settings
from attest.stores import Reach, version_meant
from attest.written_path import written_path
from attest_registry.reference import Reference

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import click

    from attest.claims.mlbom import MLBOM
    from attest.policy.document import Policy
    from attest.whom import Whom

NOT_VERIFIED = "NOT VERIFIED: no policy or key given"


class FileOrReference(ReferenceArgument):
    """A path or the text of a reference; which of the two, `is_reference` says."""

    name = "file or reference"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Versions of the store, and files."""
        return [*super().shell_complete(ctx, param, incomplete), CompletionItem(incomplete, type="file")]


FILE_OR_REFERENCE = FileOrReference()


class Asking(Struct, frozen=True, kw_only=True):
    """How stores are reached and who is believed there.

    Args:
        whom: whom to trust, as it was typed.
        reach: how to reach a registry.
    """

    whom: Whom
    reach: Reach

    @classmethod
    def typed(cls, *, whom: Whom, plain_http: bool, ca_file: str | None) -> Asking:
        """From the options of a command."""
        return cls(whom=whom, reach=Reach(plain_http=plain_http, ca_file=ca_file))


class Given(Struct, frozen=True, kw_only=True):
    """An ML-BOM and what is known of it.

    Args:
        title: the file, or the pinned reference.
        document: the ML-BOM.
        standing: whether it was verified, for people.
        reference: pinned; `None` for a file.
        verified: whether somebody who is trusted signed it.
    """

    title: str
    document: Mapping[str, Any]
    standing: str
    reference: str | None = None
    verified: bool = False

    def read(self) -> MLBOM:
        """What it says.

        Raises:
            InputError: it cannot be read one way; codes of `attest.claims.mlbom.read`.
        """
        from attest.claims.mlbom import read  # noqa: PLC0415

        try:
            return read(self.document)
        except MalformedEvidence as error:
            raise InputError(
                error.message,
                code=error.code,
                expected=error.expected,
                found=error.found,
                hint=f"attest bom check {self.title}",
            ) from error


def load_all(texts: Sequence[str], asking: Asking) -> list[Given]:
    """The ML-BOMs that somebody means.

    Args:
        texts: as they were typed.
        asking: what else was typed.

    Raises:
        InputError: all are files, and somebody expects them to be verified.
        AttestError: one cannot be read, is not there, or does not hold.
    """
    if (asking.whom.short_form or asking.whom.policy is not None) and not any(map(is_reference, texts)):
        raise InputError(
            f"{texts[0]} is a file, and a bare ML-BOM has no signature to hold against a key or policy",
            code="usage",
            expected="a version, such as NAME:1, or no --key, --policy or --identity",
        )
    return [_load(text, asking) for text in texts]


def _load(text: str, asking: Asking) -> Given:
    """A path, or a reference to a version."""
    if not is_reference(text):
        return Given(title=text, document=_file(written_path(text)), standing="not verified")
    from attest.boms import bom_of  # noqa: PLC0415

    settings = Settings.load()
    reference = Reference.parse(text)
    policy = _policy(settings, asking.whom, asked_for=text)
    meant, repository = version_meant(reference, settings, asking.reach)
    found = bom_of(meant, repository, policy=policy, now=datetime.now(UTC))
    return Given(
        title=str(found.reference),
        document=found.document,
        standing=NOT_VERIFIED if policy is None else f"verified with {policy.name}, signed by {found.signer}",
        reference=str(found.reference),
        verified=policy is not None,
    )


def is_reference(text: str) -> bool:
    """Whether a version is meant. What lies in the working folder never makes a reference mean a file."""
    if text.startswith((".", "/", "~")):
        return False
    if ":" in text or "@" in text:
        return True
    try:
        return Reference.parse(text).names_version and not Path(text).exists()  # NAME/3, as MLflow writes it
    except AttestError:
        return False


def _policy(settings: Settings, whom: Whom, *, asked_for: str) -> Policy | None:
    from attest.trusting import policy_in_force  # noqa: PLC0415

    try:
        return policy_in_force(settings, whom, asked_for=asked_for, verb="bom show")
    except NoTrust:
        if whom.short_form or whom.policy is not None:
            raise
        return None


def _file(path: Path) -> dict[str, Any]:
    from attest_registry import limits  # noqa: PLC0415
    from attest_registry.strict_json import parse_object  # noqa: PLC0415

    try:
        with path.open("rb") as stream:
            data = stream.read(limits.BUNDLE_BYTES + 1)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError(f"{path} cannot be read: {reason}", code="cannot-read") from error
    try:
        return parse_object(data, what=str(path), limit=limits.BUNDLE_BYTES)
    except AttestError as error:
        hint = "only CycloneDX JSON is read; convert XML with a CycloneDX tool first" if data[:1] == b"<" else None
        raise InputError(
            error.message, code=error.code, expected=error.expected, found=error.found, hint=hint
        ) from error
