"""The key `log` of a policy: which log of the model is meant, and how fresh it has to be.

log:
  digest: sha256:51…                       # this very log; or
  admins: [ci, ann]                        # one that ci or ann began, or whose admins are nobody else
  environment: production-eu               # and of this registry
  checkpoint: {by: [ops], max-age: 24h}    # somebody signed lately where its head is
  witnesses: [notary]                      # whose checkpoint, where there is one, must not contradict it
  min-sequence: 12                         # for hosts that keep nothing between runs

People in a log are known by their keys, or by issuer and subject of their logins (`SignerName`). So an identity that
asks for more of a certificate, or is a private authority's, is nobody whom a log could name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from attest.policy import entries
from attest.policy.durations import in_words, read_duration
from attest.policy.key_rows import TABLE
from attest.policy.reading import read_by, read_persons, read_text
from attest.trust.subject_glob import matches
from attest.trust.trusted_holder import PkiHolder, TrustedHolder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import timedelta

    from attest.claims.signer_name import SignerName
    from attest.policy.requirements import Identity
    from attest.strict_yaml import Document, NodePath
    from attest.trust.signatory import Signatory
    from attest_registry.digest import Digest

KEY: Final = "log"
ADMIN_ROLE: Final = "admin"
"""The role of a policy that stands for `admins` where nothing else pins the log."""

_MOST_SEQUENCE: Final = 999_999_999
_PATH: Final[NodePath] = (KEY,)


class CheckpointDemand(Struct, frozen=True, kw_only=True):
    """Somebody has to have signed lately where the head is.

    Args:
        by: names of the identities of which one has to have done it.
        max_age: how long ago at most; `None` for as long as it says itself.
    """

    by: tuple[str, ...]
    max_age: timedelta | None = None


class LogDemand(Struct, frozen=True, kw_only=True):
    """What a model's log has to be.

    Args:
        digest: of its first event.
        admins: names of the identities of which one began it, or who are all of its admins.
        environment: which registry it is of.
        checkpoint: how fresh it has to be; `None` where that is not asked.
        witnesses: names of the identities whose checkpoints must not contradict it.
        min_sequence: the lowest number of its newest event.
    """

    digest: Digest | None = None
    admins: tuple[str, ...] = ()
    environment: str | None = None
    checkpoint: CheckpointDemand | None = None
    witnesses: tuple[str, ...] = ()
    min_sequence: int | None = None


NO_DEMAND: Final = LogDemand()
"""Of policies without the key."""


def read_log(document: Document, identities: Mapping[str, Identity]) -> LogDemand | None:
    """Read it; `None` where there is no such key.

    Raises:
        PolicyError: anything about it is not understood, or it demands nothing; `policy-unfit-admin`: an admin whom no
            log could name.
    """
    if KEY not in document.value:
        return None
    value = TABLE.checked(document, _PATH, document.value[KEY])
    if not value:
        raise document.error(_PATH, "log demands nothing", code="empty-list", expected="digest, admins, checkpoint, …")
    return LogDemand(
        digest=entries.digest(document, _PATH, value, "digest"),
        admins=_admins(document, value, identities),
        environment=read_text(document, (*_PATH, "environment"), value["environment"])
        if "environment" in value
        else None,
        checkpoint=_checkpoint(document, value, identities),
        witnesses=_persons(document, value, "witnesses", identities),
        min_sequence=entries.whole(document, _PATH, value, "min-sequence", least=1, most=_MOST_SEQUENCE),
    )


def _persons(
    document: Document, value: Mapping[str, Any], key: str, identities: Mapping[str, Identity]
) -> tuple[str, ...]:
    return read_persons(document, (*_PATH, key), value[key], identities) if key in value else ()


def _admins(document: Document, value: Mapping[str, Any], identities: Mapping[str, Identity]) -> tuple[str, ...]:
    found = _persons(document, value, "admins", identities)
    for name in found:
        if identities[name].keys and not any(can_be_named(key) for key in identities[name].keys):
            raise document.error(
                (*_PATH, "admins"),
                f"no log can name '{name}': it knows people by a key, or by issuer and subject alone",
                code="unfit-admin",
                expected="identities with a key, or with an issuer and without extensions",
            )
    return found


def _checkpoint(
    document: Document, value: Mapping[str, Any], identities: Mapping[str, Identity]
) -> CheckpointDemand | None:
    if "checkpoint" not in value:
        return None
    path: NodePath = (*_PATH, "checkpoint")
    said = TABLE.checked(document, path, value["checkpoint"])
    age = read_duration(document, (*path, "max-age"), said["max-age"]) if "max-age" in said else None
    return CheckpointDemand(by=read_by(document, path, said, identities), max_age=age)


def can_be_named(key: Signatory) -> bool:
    """Whether a log can name somebody so that nothing of what the policy asks of him is left out."""
    if isinstance(key, TrustedHolder):
        return not key.identity.extensions
    return not isinstance(key, PkiHolder)


def is_named(key: Signatory, who: SignerName) -> bool:
    """Whether a name in a log is that of somebody whom the policy names."""
    if isinstance(key, PkiHolder) or not can_be_named(key):
        return False
    if not isinstance(key, TrustedHolder):
        return who.key is not None and who.key.matches(key.fingerprint)
    identity, subject = key.identity, who.subject
    if subject is None or who.issuer != identity.issuer:
        return False
    if identity.kind is not None and identity.kind.value != _looks_like(subject):
        return False
    return subject == identity.subject if identity.subject_glob is None else matches(identity.subject_glob, subject)


def _looks_like(subject: str) -> str:
    """The kind of a subject: a log does not say it, and the three never look alike (`user!domain` is a user's name)."""
    if "://" in subject:
        return "uri"
    return "email" if "@" in subject and "!" not in subject else "username"


def explain(demand: LogDemand, by: Callable[[tuple[str, ...]], str]) -> list[str]:
    """The demand in sentences.

    Args:
        demand: the demand.
        by: names of identities → "signed by …".
    """
    subject = "the log of the model, where it has one,"
    found = [] if demand.digest is None else [f"{subject} is the one that begins with {demand.digest}"]
    if demand.admins:
        names = " or ".join(f'"{name}"' for name in demand.admins)
        found.append(f"{subject} was begun by {names}, or has no other admins")
    if demand.environment is not None:
        found.append(f'{subject} is that of the environment "{demand.environment}"')
    if demand.min_sequence is not None:
        found.append(f"{subject} goes to event {demand.min_sequence} or further")
    if demand.checkpoint is not None:
        age = demand.checkpoint.max_age
        old = "has not expired" if age is None else f"is at most {in_words(age)} old"
        found.append(
            f"where an alias led to the version, the log has a checkpoint, {by(demand.checkpoint.by)}, which {old}"
        )
    if demand.witnesses:
        found.append(f"{subject} is not contradicted by a checkpoint that is {by(demand.witnesses)}")
    return found
