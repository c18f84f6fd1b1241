"""What a trusted root holds, instance by instance, and what another one holds differently. Values only, for people.

An instance is the same one as long as its key or certificate is: a window that was closed, another address or another
chain above it are changes of it, and everything that is believed about it takes part in the comparison.
"""

from __future__ import annotations

from collections import defaultdict
from enum import StrEnum
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.serialization import Encoding
from msgspec import Struct

from attest.signing.fingerprint import fingerprint
from attest_registry.digest import Digest
from attest_registry.strict_json import to_compact_json

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from cryptography import x509

    from attest.trust.roots import CertificateAuthority, Log, TimestampAuthority, TrustedRoot
    from attest.trust.window import Window


class Part(StrEnum):
    """What an instance does."""

    AUTHORITY = "certificate authority"
    LOG = "transparency log"
    CERTIFICATE_LOG = "certificate log"
    TIMESTAMPS = "timestamp authority"


class Word(StrEnum):
    """What became of an instance."""

    ADDED = "added"
    REMOVED = "removed"
    ENDED = "ended"
    CHANGED = "changed"


class Instance(Struct, frozen=True, kw_only=True):
    """One authority or log.

    Args:
        part: what it does.
        name: its address, or whom its certificate names where it has none. Untrusted text.
        fingerprint: of a log's key, or of the certificate that issues or that signs timestamps.
        window: when it counts.
        digest: over everything that is believed about it.
    """

    part: Part
    name: str
    fingerprint: Digest
    window: Window
    digest: Digest

    def standing(self, now: datetime) -> str:
        """`yes`, `not yet` or `ended`."""
        if now in self.window:
            return "yes"
        return "not yet" if now < self.window.start else "ended"


class Change(Struct, frozen=True, kw_only=True):
    """What is different about one instance.

    Args:
        word: what became of it.
        instance: as it is now; as it was where it was removed.
        before: as it was, where it was and still is.
    """

    word: Word
    instance: Instance
    before: Instance | None = None

    @property
    def was(self) -> str:
        """What it was, where that is not what it is."""
        if self.before is None:
            return ""
        if self.before.window != self.instance.window:
            return f"was {self.before.window}"
        if self.before.name != self.instance.name:
            return f"was {self.before.name}"
        return "another identifier, or other certificates above it"


def instances(root: TrustedRoot) -> tuple[Instance, ...]:
    """Everything that a root believes in, in the order of its parts."""
    return (
        *map(_authority, root.certificate_authorities),
        *(_log(log, Part.LOG) for log in root.logs),
        *(_log(log, Part.CERTIFICATE_LOG) for log in root.certificate_logs),
        *map(_stamping, root.timestamp_authorities),
    )


def differences(earlier: Iterable[Instance], later: Iterable[Instance]) -> tuple[Change, ...]:
    """What has to be done to what was believed earlier to get what is believed later.

    Args:
        earlier: instances of one root.
        later: instances of the other.
    """
    gone: dict[tuple[Part, Digest], list[Instance]] = defaultdict(list)
    for instance in earlier:
        gone[instance.part, instance.fingerprint].append(instance)
    new = []
    for instance in later:
        known = gone[instance.part, instance.fingerprint]
        if instance in known:
            known.remove(instance)
        else:
            new.append(instance)
    changes = []
    for instance in new:
        known = gone[instance.part, instance.fingerprint]
        before = known.pop(0) if known else None
        word = Word.ADDED if before is None else Word.ENDED if _ends_sooner(before, instance) else Word.CHANGED
        changes.append(Change(word=word, instance=instance, before=before))
    removed = (Change(word=Word.REMOVED, instance=instance) for left in gone.values() for instance in left)
    return (*changes, *removed)


def _ends_sooner(before: Instance, after: Instance) -> bool:
    end, old_end = after.window.end, before.window.end
    return end is not None and (old_end is None or end < old_end) and after.window.start == before.window.start


def _authority(authority: CertificateAuthority) -> Instance:
    return _certified(Part.AUTHORITY, authority.uri, authority.path, authority.window)


def _stamping(authority: TimestampAuthority) -> Instance:
    return _certified(Part.TIMESTAMPS, authority.uri, (authority.leaf, *authority.path), authority.window)


def _certified(part: Part, uri: str, path: tuple[x509.Certificate, ...], window: Window) -> Instance:
    name = uri or path[0].subject.rfc4514_string()
    digests = [Digest.of(certificate.public_bytes(Encoding.DER)) for certificate in path]
    return Instance(
        part=part,
        name=name,
        fingerprint=digests[0],
        window=window,
        digest=_digest(part, name, window, *map(str, digests)),
    )


def _log(log: Log, part: Part) -> Instance:
    key = fingerprint(log.key.key)
    believed = (str(key), log.key.details, log.log_id.hex(), log.checkpoint_id.hex())
    return Instance(
        part=part,
        name=log.base_url,
        fingerprint=key,
        window=log.window,
        digest=_digest(part, log.base_url, log.window, *believed),
    )


def _digest(part: Part, name: str, window: Window, *believed: str) -> Digest:
    end = None if window.end is None else window.end.isoformat()
    return Digest.of(to_compact_json([part.value, name, window.start.isoformat(), end, *believed]))
