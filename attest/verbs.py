"""The verbs from Python, in the words of the command line: push, verify, pull, load.

Everything is keyword-only but the first arguments, refusals raise (with `.code`, `.expected`, `.found`, `.hint`), and
nothing is trusted unless `key` or `policy` says so, here or in the settings of the machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from attest.admit import admit, judge_version
from attest.policy.verdict import Denied
from attest.progress import SILENT
from attest.settings import Settings
from attest.stores import Reach, repository_for, surroundings_for
from attest.trusting import policy_in_force
from attest.whom import Whom
from attest.written_path import written_path
from attest_registry.reference import Reference

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from attest.admit import Admission, Judgement
    from attest.policy.document import Policy
    from attest.policy.verdict import Verdict
    from attest.progress import Progress
    from attest.verify.facts import Fact


@dataclass(frozen=True, kw_only=True, slots=True)
class VerifiedModel:
    """Files of an admitted version: exactly the signed ones, checked at this use.

    Args:
        reference: pinned.
        path: folder that holds them, read-only; works with every `from_pretrained`.
        digest: `sha256:…`, the version's identity.
        facts: the verified claims that it was admitted by.
        verdict: the findings.
    """

    reference: str
    path: Path
    digest: str
    facts: tuple[Fact, ...]
    verdict: Verdict


def admitted(
    text: str,
    *,
    settings: Settings,
    reach: Reach,
    whom: Whom,
    verb: str,
    rest: str = "",
) -> Admission:
    """Judge a version and admit it.

    Args:
        text: the reference as typed.
        settings: what configuration and environment say.
        reach: how to reach its store.
        whom: whom to trust, as typed.
        verb: what the person is doing, for hints.
        rest: what else belongs to that command line.

    Raises:
        Denied: the verdict refuses; carries it.
        AttestError: it could not be judged.
    """
    reference = Reference.parse(text)
    in_force = policy_in_force(settings, whom, asked_for=text, verb=verb, rest=rest)
    return admit(_judged(reference, settings, reach, in_force))


def _judged(reference: Reference, settings: Settings, reach: Reach, policy: Policy) -> Judgement:
    return judge_version(
        reference,
        repository_for(reference, settings, reach),
        policy,
        surroundings=surroundings_for(reference, settings, reach),
    )


def verify(
    reference: str,
    *,
    key: str | Path | None = None,
    policy: str | Path | None = None,
    identity: str | None = None,
    issuer: str | None = None,
    trusted_root: str | Path | None = None,
    allow_code: Sequence[str] = (),
    full: bool = False,
    plain_http: bool = False,
    ca_file: str | Path | None = None,
    progress: Progress = SILENT,
) -> Verdict:
    """Check a version.

    Args:
        reference: `credit-risk:1`, `ghcr.io/acme/credit-risk:5`, …
        key: public key file that must have signed everything.
        policy: policy file to judge by instead.
        identity: subject of the certificate that must have signed everything, instead of `key`.
        issuer: with `identity`: the OIDC issuer that vouched for it.
        trusted_root: with `identity`: the pinned trusted root; the machine's settings decide when left out.
        allow_code: beside `key`: code-bearing files that may be there.
        full: read and check every byte too.
        plain_http: speak to the registry without TLS.
        ca_file: certificate authorities to believe.
        progress: told of every file that is read.

    Returns:
        the allowing verdict.

    Raises:
        Denied: refused; `.verdict` has one finding per rule.
        AttestError: it could not be judged.
    """
    settings = Settings.load()
    parsed = Reference.parse(reference)
    whom = Whom(
        key=key,
        policy=policy,
        identity=identity,
        issuer=issuer,
        trusted_root=trusted_root,
        allow_code=tuple(allow_code),
    )
    in_force = policy_in_force(settings, whom, asked_for=reference)
    judgement = _judged(parsed, settings, _reach(plain_http, ca_file), in_force)
    if full and judgement.verdict.allowed:
        from attest.load.whole import with_bytes_read  # noqa: PLC0415

        judgement = with_bytes_read(judgement, progress=progress)
    if not judgement.verdict.allowed:
        raise Denied(judgement.verdict, reference=str(judgement.reference))
    return judgement.verdict


def pull(
    reference: str,
    folder: str | Path,
    *,
    key: str | Path | None = None,
    policy: str | Path | None = None,
    identity: str | None = None,
    issuer: str | None = None,
    trusted_root: str | Path | None = None,
    allow_code: Sequence[str] = (),
    plain_http: bool = False,
    ca_file: str | Path | None = None,
    progress: Progress = SILENT,
) -> Path:
    """Verify a version, then fetch it into a folder that holds exactly the signed files.

    Args:
        reference: the version.
        folder: where it goes; nothing appears there unless every byte was right.
        key: see `verify`.
        policy: see `verify`.
        identity: see `verify`.
        issuer: see `verify`.
        trusted_root: see `verify`.
        allow_code: see `verify`.
        plain_http: see `verify`.
        ca_file: see `verify`.
        progress: told of every file.

    Raises:
        Denied: refused.
        ContentMismatch: the store gave other bytes.
        AttestError: it could not be done.
    """
    from attest.load.materialise import materialise  # noqa: PLC0415

    admission = admitted(
        reference,
        settings=Settings.load(),
        reach=_reach(plain_http, ca_file),
        whom=Whom(
            key=key,
            policy=policy,
            identity=identity,
            issuer=issuer,
            trusted_root=trusted_root,
            allow_code=tuple(allow_code),
        ),
        verb="pull",
    )
    return materialise(admission, written_path(folder), progress=progress)


def load(
    reference: str,
    *,
    key: str | Path | None = None,
    policy: str | Path | None = None,
    identity: str | None = None,
    issuer: str | None = None,
    trusted_root: str | Path | None = None,
    allow_code: Sequence[str] = (),
    plain_http: bool = False,
    ca_file: str | Path | None = None,
    progress: Progress = SILENT,
) -> VerifiedModel:
    """Verify a version and give out its files from the cache, which is checked again at each use.

    Args:
        reference: the version.
        key: see `verify`.
        policy: see `verify`.
        identity: see `verify`.
        issuer: see `verify`.
        trusted_root: see `verify`.
        allow_code: see `verify`.
        plain_http: see `verify`.
        ca_file: see `verify`.
        progress: told of every file.

    Raises:
        Denied: refused.
        ContentMismatch: the store gave other bytes.
        AttestError: it could not be done.
    """
    from attest.load.cache import cached  # noqa: PLC0415

    settings = Settings.load()
    admission = admitted(
        reference,
        settings=settings,
        reach=_reach(plain_http, ca_file),
        whom=Whom(
            key=key,
            policy=policy,
            identity=identity,
            issuer=issuer,
            trusted_root=trusted_root,
            allow_code=tuple(allow_code),
        ),
        verb="verify",
    )
    return VerifiedModel(
        reference=str(admission.reference),
        path=cached(admission, cache=settings.cache, progress=progress),
        digest=str(admission.artefact.digest),
        facts=admission.judged.facts,
        verdict=admission.verdict,
    )


def _reach(plain_http: bool, ca_file: str | Path | None) -> Reach:  # noqa: FBT001
    return Reach(plain_http=plain_http, ca_file=None if ca_file is None else str(ca_file))
