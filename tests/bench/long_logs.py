"""Models with as many registered versions as one likes, in an embedded store with a home of its own.

The first two versions are pushed as people push them, with all their evidence. The events after those are signed one by
one and laid where the log lies, past the writer, which has each file reach the disk before the next: whoever reads
the log verifies every one of them. Their versions have the files of the first one, and no evidence.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from attest.claims import event as events
from attest.claims.event import Action, Event, Versioned
from attest.evidence.evidence import BUNDLE_MEDIA_TYPE
from attest.lifecycle.log_store import ARTIFACT, SEGMENT, TAG, LogStore
from attest.lifecycle.session import open_session
from attest.settings import Settings
from attest.signing.bundle_signer import KeyBundleSigner
from attest.signing.uri import open_signer
from attest_registry import limits
from attest_registry.digest import Digest
from attest_registry.oci.descriptor import EMPTY_DESCRIPTOR, REF_NAME, Descriptor
from attest_registry.oci.layout import LayoutRepository
from attest_registry.oci.layout_index import IndexLines
from attest_registry.oci.manifest import Manifest
from attest_registry.reference import Reference
from tests.bench.keys import key_pair
from tests.bench.models import small_files

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from attest.lifecycle.log import Log
    from attest.lifecycle.session import Session
    from tests.bench.running import Setting

PUSHED: Final = 2
"""How many versions have evidence, so that a gate lets them pass."""

MODEL: Final = "bench/long"
_MODEL: Final = Reference.parse(MODEL)
_FIRST: Final = "dev.attest.log.first"


@dataclass(frozen=True, kw_only=True, slots=True)
class LongLog:
    """A model with a long log.

    Args:
        home: folder of its store, catalogue and memory.
        key: whose log it is.
        versions: how many versions are registered.
    """

    home: Path
    key: Path
    versions: int

    def session(self) -> Session:
        """One person who may do everything."""
        settings = Settings.load({"ATTEST_HOME": str(self.home)}, system_file=self.home / "none")
        signer = KeyBundleSigner(signer=open_signer(str(self.key), passphrase=lambda _: None))
        return open_session(_MODEL, settings, clock=lambda: datetime.now(UTC), signer=signer)

    @property
    def layout(self) -> Path:
        """Where the model lies."""
        return self.home / "store" / _MODEL.model

    def list_versions(self) -> None:
        """Give each version its tag in `index.json`, as pushes do."""
        manifest = self._manifest(1)
        names = {str(number): self._manifest(number, manifest) for number in range(PUSHED + 1, self.versions + 1)}
        self._list({name: each.descriptor for name, each in names.items()})

    def fill(self) -> None:
        """Register all versions but those that were pushed."""
        with self.session() as session:
            log = session.log()
            bundles = list(self._bundles(session, log))
            store, newest = LogStore(repository=session.repository), log.segment
            before = [store.bundle(layer).raw for layer in newest.manifest.layers]
            self._lay([*before, *bundles], annotations=dict(newest.manifest.annotations))

    def _bundles(self, session: Session, log: Log) -> Iterator[bytes]:
        """What a writer signs, in order; each registers one version."""
        signer, previous, manifest = session.writer.signer, log.head.head, self._manifest(1)
        for number in range(PUSHED + 1, self.versions + 1):
            version = self._manifest(number, manifest)
            self._blob(version.raw)
            event = Event(
                by=session.writer.who,
                model=_MODEL.model,
                environment=log.head.environment,
                sequence=number,
                action=Action.REGISTER,
                time=log.head.time,
                version=Versioned(number=number, manifest=version.descriptor.digest),
                state=replace(log.state, next_number=number + 1),
                log=log.head.log,
                previous=previous,
            )
            statement = events.build(event)
            previous = Digest.of(statement.raw)
            yield signer.sign_statement(statement)

    def _lay(self, bundles: Sequence[bytes], *, annotations: dict[str, str]) -> None:
        """The log's segments, and their tags."""
        repository = LayoutRepository(self.home / "store", _MODEL.model)
        for start in range(0, len(bundles), SEGMENT):
            block = bundles[start : start + SEGMENT]
            segment = Manifest.build(
                artifact_type=ARTIFACT,
                config=EMPTY_DESCRIPTOR,
                layers=[Descriptor.of(bundle, BUNDLE_MEDIA_TYPE) for bundle in block],
                annotations=annotations | {_FIRST: str(start + 1)},
            )
            for raw in (*block, segment.raw):
                self._blob(raw)
            last = start + SEGMENT >= len(bundles)
            tag = TAG if last else f"{TAG}.{start // SEGMENT + 1}"
            repository.tag(tag, segment.descriptor, replace=True)

    def _list(self, tags: dict[str, Descriptor]) -> None:
        path = self.layout / "index.json"
        lines, _ = IndexLines.parse(path.read_bytes(), what="index.json", limit=limits.LAYOUT_INDEX_BYTES)
        kept = [
            entry
            for entry in lines.entries(what="index.json")
            if entry.get("annotations", {}).get(REF_NAME) not in tags
        ]
        named = [replace(target, annotations={REF_NAME: name}).to_json() for name, target in tags.items()]
        path.write_bytes(IndexLines.of([*kept, *named]).in_order(what="index.json").raw)

    def _blob(self, raw: bytes) -> None:
        (self.layout / "blobs" / "sha256" / Digest.of(raw).hex).write_bytes(raw)

    def _manifest(self, number: int, first: Manifest | None = None) -> Manifest:
        """That of the first version, with a number in it so that it is another one."""
        if first is None:
            with self.session() as session:
                found = session.repository.resolve(str(number)).digest
                return Manifest.parse(session.repository.fetch_manifest(found), what=f"version {number}")
        return Manifest.build(
            artifact_type=first.artifact_type or "",
            config=first.config,
            layers=first.layers,
            annotations=dict(first.annotations) | {"org.opencontainers.image.version": str(number)},
        )


def long_log(setting: Setting, versions: int) -> LongLog:
    """A model with so many versions, whose log nobody has read yet beyond the pushed ones."""
    home = setting.folder / f"long-{versions}"
    key = key_pair(setting).private
    own = dataclasses.replace(setting, environment={**setting.environment, "ATTEST_HOME": str(home)})
    for number in range(1, PUSHED + 1):
        model = small_files(home / f"model-{number}", files=number)
        own.attest("push", model, _MODEL.model, "--key", key)
    made = LongLog(home=home, key=key, versions=versions)
    made.fill()
    return made
