"""`attest.push` from Python: one call that reads, claims, signs, checks and stores."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from attest.ancestors import resolver
from attest.claims.record import (
    Overrides,
    TrainingRecord,
    load_record,
    merge,
    parse_dataset,
    parse_metric,
    parse_models,
    parse_parameter,
)
from attest.claims.training import Role
from attest.errors import NoTrust
from attest.lifecycle.registering import check_before_storing, register_published
from attest.progress import SILENT
from attest.publish import read_folder, sign_claims, store
from attest.settings import Settings
from attest.signing.bundle_signer import KeyBundleSigner
from attest.signing.uri import open_signer
from attest.signing_key import key_in_force
from attest.stores import Reach, repository_for, surroundings_for
from attest.training_inputs import gather
from attest.trusting import policy_in_force
from attest.whom import Whom
from attest.written_path import written_path
from attest_registry.reference import Reference

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from attest.claims.training import Training
    from attest.policy.document import Policy
    from attest.progress import Progress
    from attest.run import TrainingRun


class Pushed(Struct, frozen=True, kw_only=True):
    """A version that is stored now.

    Args:
        reference: pinned: `credit-risk:1@sha256:…`.
        digest: `sha256:…`, the version's identity.
        number: its number.
        already: whether the same content, signed by the same key, was there before.
    """

    reference: str
    digest: str
    number: int
    already: bool


def push(
    folder: str | Path,
    reference: str,
    *,
    record: str | Path | TrainingRecord | TrainingRun | None = None,
    operation: str | None = None,
    datasets: Mapping[str, str] | None = None,
    base: str | Sequence[str] = (),
    teacher: str | Sequence[str] = (),
    adapter_of: str | Sequence[str] = (),
    params: Mapping[str, Any] | None = None,
    metrics: Mapping[str, Any] | None = None,
    licence: str | None = None,
    label: str | None = None,
    exclude: Sequence[str] = (),
    dereference: bool = False,
    key: str | None = None,
    passphrase: str | None = None,
    policy: str | Path | None = None,
    trust_key: str | Path | None = None,
    force: bool = False,
    plain_http: bool = False,
    ca_file: str | Path | None = None,
    progress: Progress = SILENT,
) -> Pushed:
    """Sign a folder, store it as the next version and register it in the model's log.

    Args:
        folder: a folder or a single file.
        reference: `credit-risk`, `ghcr.io/acme/credit-risk`, or with a number or label.
        record: a training record: its file, a value, or what a `training(…)` block gathered.
        operation: train, fine-tune, distill, merge, quantize, convert, import or assemble.
        datasets: name → path, `URI@sha256:…` or `unknown`.
        base: references of base models.
        teacher: references of teachers.
        adapter_of: references of the models that it is an adapter for.
        params: hyperparameters.
        metrics: numbers that you state.
        licence: SPDX expression.
        label: a name beside the number.
        exclude: patterns of files to leave out; the exclusion is signed.
        dereference: store what links to other places point at.
        key: URI of the private key; the machine's settings decide when left out.
        passphrase: of the key; `ATTEST_PASSPHRASE` when left out.
        policy: policy file that judges base and teacher.
        trust_key: public key file that judges them instead.
        force: move a label that points at other content.
        plain_http: see `verify`.
        ca_file: see `verify`.
        progress: told of every file.

    Raises:
        ModelError: the folder cannot become a version.
        Conflict: number or label belong to other content.
        IllegalEvent: the model was deleted, or the signer may not register versions of it.
        AttestError: it could not be done; the same call can be repeated.
    """
    settings = Settings.load()
    parsed = Reference.parse(reference)
    said, run = _record(record)
    said = _with_arguments(
        said,
        texts={"operation": operation, "model.licence": licence, "model.label": label},
        datasets=datasets or {},
        models={"base": base, "teacher": teacher, "adapter_of": adapter_of},
        params=params or {},
        metrics=metrics or {},
    )
    reach = Reach(plain_http=plain_http, ca_file=None if ca_file is None else str(ca_file))
    now = datetime.now(UTC)
    root = written_path(folder)
    files = read_folder(root, exclude=exclude, dereference=dereference, roles=said.roles, progress=progress)
    training = _training(
        said, run, settings, reach, about=parsed, trust=(trust_key, policy), folder=root, now=now, progress=progress
    )
    signer = key_signer(settings, key, passphrase)
    check_before_storing(parsed, settings, reach, signer=signer)
    signed = sign_claims(files, training, model=parsed.model, signer=signer, now=now)
    repository = repository_for(parsed, settings, reach)
    published = store(signed, repository, parsed, signer=signer, force=force, progress=progress)
    register_published(published, parsed, settings, reach, signer=signer)
    return Pushed(
        reference=str(published.reference),
        digest=str(published.reference.digest),
        number=published.number,
        already=published.already,
    )


def key_signer(settings: Settings, key: str | None, passphrase: str | None) -> KeyBundleSigner:
    """Whoever signs with a key, without anybody being asked.

    Args:
        settings: what configuration and environment say.
        key: its URI; the settings decide when left out.
        passphrase: of the key; `ATTEST_PASSPHRASE` when left out.

    Raises:
        NoSigningKey: nothing names one.
        KeyFileError: it cannot be used.
    """
    secret = passphrase if passphrase is not None else os.environ.get("ATTEST_PASSPHRASE")
    opened = open_signer(
        key_in_force(settings, None if key is None else str(key)),
        passphrase=lambda _: None if secret is None else secret.encode(),
        offline=settings.offline,
    )
    return KeyBundleSigner(signer=opened)


def _record(record: str | Path | TrainingRecord | TrainingRun | None) -> tuple[TrainingRecord, TrainingRun | None]:
    from attest.run import TrainingRun  # noqa: PLC0415

    if record is None:
        return TrainingRecord(), None
    if isinstance(record, TrainingRun):
        return record.record(), record
    if isinstance(record, TrainingRecord):
        return record, None
    return load_record(written_path(record)), None


def _with_arguments(
    record: TrainingRecord,
    *,
    texts: Mapping[str, str | None],
    datasets: Mapping[str, str],
    models: Mapping[str, str | Sequence[str]],
    params: Mapping[str, Any],
    metrics: Mapping[str, Any],
) -> TrainingRecord:

    roles = {"base": Role.BASE_MODEL, "teacher": Role.TEACHER_MODEL, "adapter_of": Role.ADAPTER_BASE}
    inputs = [parse_dataset(f"{name}={value}") for name, value in datasets.items()]
    for name, given in models.items():
        inputs += parse_models(roles[name], [given] if isinstance(given, str) else list(given))
    return merge(
        record,
        Overrides(
            texts={place: text for place, text in texts.items() if text is not None},
            inputs=tuple(inputs),
            parameters=dict(parse_parameter(f"{name}={value}") for name, value in params.items()),
            metrics=tuple(parse_metric(f"{name}={value}") for name, value in metrics.items()),
        ),
    )


def _training(
    record: TrainingRecord,
    run: TrainingRun | None,
    settings: Settings,
    reach: Reach,
    *,
    about: Reference,
    trust: tuple[str | Path | None, str | Path | None],
    folder: Path,
    now: datetime,
    progress: Progress,
) -> Training:

    surroundings = surroundings_for(about, settings, reach)

    def policy_for(reference: Reference) -> Policy | None:
        try:
            return policy_in_force(settings, Whom(key=trust[0], policy=trust[1]), asked_for=str(reference), verb="push")
        except NoTrust:
            return None

    training = gather(
        record,
        resolve=resolver(surroundings, policy_for, now),
        outputs=[folder],
        started=None if run is None else run.started,
        finished=(None if run is None else run.finished) or now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        progress=progress,
    )
    if run is not None and run.source is not None:
        training = replace(training, source=run.source)
    return training
