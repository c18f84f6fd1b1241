"""`verify --full`: every byte of an allowed version is read from its store and checked; nothing is kept."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from msgspec.structs import replace

from attest.policy.verdict import Finding, Status, Step
from attest_registry.digest import CheckingReader
from attest_registry.errors import ContentMismatch, NotFound
from attest_registry.oci.parallel import in_parallel, unless

if TYPE_CHECKING:
    from attest.admit import Judgement
    from attest.model.artefact import ArtefactFile
    from attest.progress import Progress
    from attest_registry.oci.content import Repository

_BYTES = "bytes"


def with_bytes_read(judgement: Judgement, *, progress: Progress) -> Judgement:
    """The same judgement with its `bytes` rule judged.

    Raises:
        StoreError: the store could not be asked.
    """
    files = judgement.artefact.files
    stop = threading.Event()
    read = in_parallel(lambda file: _read(judgement.repository, file, progress, stop), files, stop=stop)
    problems = [problem for problem in read if problem is not None]
    total = sum(file.size for file in files)
    if problems:
        first = problems[0]
        finding = Finding(
            rule=_BYTES,
            status=Status.FAILED,
            code=first.code,
            exit_status=ContentMismatch.exit_status,
            summary=first.message,
            expected=first.expected,
            found=first.found,
            step=Step.READ,
        )
    else:
        summary = f"all {total:,} bytes of {len(files):,} files read"
        finding = Finding(rule=_BYTES, status=Status.PASSED, summary=summary, step=Step.READ)
    findings = tuple(finding if old.rule == _BYTES else old for old in judgement.verdict.findings)
    return replace(judgement, verdict=replace(judgement.verdict, findings=findings))


def _read(
    repository: Repository, file: ArtefactFile, progress: Progress, stop: threading.Event
) -> ContentMismatch | NotFound | None:
    try:
        with repository.open_blob(file.blob) as source, progress.task("reading", file.path, file.size) as told:
            advance = unless(stop, told)
            reader = CheckingReader(source, digest=file.digest, size=file.size, what=file.path)
            while block := reader.read():
                advance(len(block))
            reader.finish()
    except (ContentMismatch, NotFound) as error:
        return error
    return None
