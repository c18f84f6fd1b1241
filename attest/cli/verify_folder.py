"""`attest verify ./DIR`: is this folder what was signed?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from attest.cli import folder_answer
from attest.errors import InputError
from attest.written_path import written_path

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from attest.cli.progress import Bars
    from attest.cli.verdicts import Shape
    from attest.model.manifest import ModelManifest
    from attest.model.ranges import Cut
    from attest.policy.document import Policy
    from attest.settings import Settings
    from attest.stores import Reach
    from attest.verify.directory import FolderFindings
    from attest.whom import Whom


class Question(Struct, frozen=True, kw_only=True):
    """What a folder is held against.

    Args:
        against: reference of the version that it should be.
        bundle: its OMS bundle. Inside the folder it is no part of the model, because the person who asks named it.
        evidence: bundles to judge it by.
        exclude: patterns of files that the person who asks leaves out.
    """

    against: str | None = None
    bundle: Path | None = None
    evidence: tuple[Path, ...] = ()
    exclude: tuple[str, ...] = ()

    @property
    def bundles(self) -> tuple[Path, ...]:
        """The files with evidence."""
        return self.evidence if self.bundle is None else (self.bundle,)

    @property
    def typed(self) -> str:
        """The options that named them, for hints."""
        if self.bundle is not None:
            return f"--bundle {self.bundle}"
        return " ".join(f"--evidence {path}" for path in self.evidence)

    def check(self, folder: str) -> None:
        """Return only if one thing says what the folder should be.

        Raises:
            InputError: nothing does, or two things do.
        """
        given = [self.against is not None, self.bundle is not None, bool(self.evidence)]
        if sum(given) != 1:
            raise InputError(
                f"{'several options say' if any(given) else 'nothing says'} what {folder} should be",
                code="usage",
                expected="one of --against REF, --bundle FILE, --evidence FILE",
                hint=f"attest verify {folder} --against NAME:VERSION --key PUBLIC_KEY\n"
                f"attest verify {folder} --bundle model.sig --key PUBLIC_KEY",
            )


def verify_folder(
    folder: str, question: Question, *, whom: Whom, settings: Settings, reach: Reach, shape: Shape, progress: Bars
) -> None:
    """Compare a folder with a version, or with the model signature among some evidence.

    Args:
        folder: the folder or file, as typed.
        question: what it is held against.
        whom: whom to trust, as typed.
        settings: what configuration and environment say.
        reach: how to reach the version's store.
        shape: how to answer.
        progress: told of every file.

    Raises:
        Tampered: files differ, are missing, or are not signed.
        AttestError: it could not be judged.
    """
    from attest.detached import path_inside  # noqa: PLC0415
    from attest.model.exclusion import literally  # noqa: PLC0415
    from attest.model.hashing import hash_tree  # noqa: PLC0415
    from attest.model.tree import walk  # noqa: PLC0415

    question.check(folder)
    root = written_path(folder)
    asked = (
        _version(question.against, folder, whom, settings, reach)
        if question.against is not None
        else _evidence(question, folder, whom, settings)
    )
    own = None if question.bundle is None else path_inside(written_path(question.bundle), root)
    exclude = [*question.exclude, *([] if own is None else [literally(own)])]
    with progress:
        manifest = hash_tree(walk(root, exclude=exclude), cuts=asked.cuts, progress=progress)
    findings = asked.compare(manifest)
    if question.bundles:
        _judge(folder, findings, manifest, asked.policy, settings)
    answer = folder_answer.Answer(
        folder=folder,
        findings=findings,
        policy=asked.policy,
        reference=asked.reference,
        unnamed=_unnamed(manifest, asked.policy),
        bundle=own,
        exclude=question.exclude,
    )
    answer.give(shape)


class _Expected(Struct, frozen=True, kw_only=True):
    """What the folder is held against, before its bytes are read.

    Args:
        policy: whom to trust, and what for.
        compare: the hashed folder → what differs.
        reference: the version; `None` where it is evidence.
        cuts: byte ranges that hashing has to give digests of.
    """

    policy: Policy
    compare: Callable[[ModelManifest], FolderFindings]
    reference: str | None = None
    cuts: Mapping[str, Sequence[Cut]] = field(default_factory=dict)


def _version(against: str, folder: str, whom: Whom, settings: Settings, reach: Reach) -> _Expected:
    from attest.verbs import admitted  # noqa: PLC0415
    from attest.verify.directory import compare_with_version  # noqa: PLC0415

    verb = f"verify {folder} --against"
    admission = admitted(against, settings=settings, reach=reach, verb=verb, whom=whom)
    files = {file.path: file.digest for file in admission.artefact.files}
    return _Expected(
        policy=admission.policy,
        compare=lambda manifest: compare_with_version(manifest, files),
        reference=str(admission.reference),
    )


def _evidence(question: Question, folder: str, whom: Whom, settings: Settings) -> _Expected:
    from attest.evidence.evidence import Evidence  # noqa: PLC0415
    from attest.trusting import policy_in_force  # noqa: PLC0415
    from attest.verify.directory import compare_with_lists, read_lists  # noqa: PLC0415

    policy = policy_in_force(settings, whom, asked_for=folder, rest=question.typed)
    pieces = [Evidence(raw=_read(path), origin=str(path)) for path in question.bundles]
    model = written_path(folder)
    lists = read_lists(pieces, policy.keys, only=model.name if model.is_file() else None)
    return _Expected(policy=policy, compare=lambda manifest: compare_with_lists(manifest, lists), cuts=lists.cuts())


def _read(path: Path) -> bytes:
    from attest_registry import limits  # noqa: PLC0415

    try:
        with written_path(path).open("rb") as file:
            raw = file.read(limits.BUNDLE_BYTES + 1)
    except OSError as error:
        why = (error.strerror or "unknown reason").lower()
        raise InputError(
            f"the evidence {path} cannot be read: {why}", code="cannot-read", expected="a Sigstore bundle"
        ) from error
    if len(raw) > limits.BUNDLE_BYTES:
        raise InputError(
            f"{path} is too large for a bundle",
            code="content-too-large",
            expected=f"at most {limits.BUNDLE_BYTES} bytes",
        )
    return raw


def _judge(folder: str, findings: FolderFindings, manifest: ModelManifest, policy: Policy, settings: Settings) -> None:
    """Hold the folder to everything that a policy document demands; for one key or one name, to the signature alone.

    Raises:
        Denied: something that the document demands is not there.
        OutsideWindow: nothing proves when it was signed, and the signer does not count now.
    """
    from datetime import UTC, datetime  # noqa: PLC0415

    from attest.gathering import gather_for_folder  # noqa: PLC0415
    from attest.policy.evaluate import evaluate_folder  # noqa: PLC0415
    from attest.policy.in_force import in_force  # noqa: PLC0415
    from attest.policy.verdict import Denied  # noqa: PLC0415
    from attest.verify.facts import Judged  # noqa: PLC0415

    if not findings.is_what_was_signed:
        return
    now = datetime.now(UTC)
    if folder_answer.is_short_form(policy):
        for rejected in in_force(Judged(facts=findings.facts, rejected=()), now=now).rejected:
            raise rejected.error
        return
    gathered = gather_for_folder(findings, manifest, policy=policy, now=now, settings=settings)
    verdict = evaluate_folder(policy, findings, manifest, name=folder, now=now, gathered=gathered)
    if not verdict.allowed:
        raise Denied(verdict, reference=folder)


def _unnamed(manifest: ModelManifest, policy: Policy) -> dict[str, str | None]:
    """Files that the policy would have to name, and where they lead outside; by their bytes, whatever a claim says."""
    from attest.policy import patterns  # noqa: PLC0415

    named = policy.formats.code_bearing if policy.formats is not None else ()
    return {
        file.path: None if file.format.code_bearing else file.format.outside
        for file in manifest.files
        if (file.format.code_bearing or file.format.outside)
        and not any(patterns.matches(pattern, file.path) for pattern in named)
    }
