"""Codes about what policies ask of a model's log, about checkpoints, and about policies that are bound in a log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

LOG_POLICY: Final[Mapping[str, tuple[str, str, int]]] = {
    "log-not-pinned": (
        "an alias led to the version, and the policy does not say in which log of the model",
        "put a line of the hint into the policy, once somebody you trust has told you that it is the right log",
        1,
    ),
    "log-stale": (
        "nobody whom the policy names for it has signed lately where the model's log ends",
        "ask them to run attest checkpoint NAME, and to do so regularly",
        1,
    ),
    "checkpoint-first-use": (
        "whoever signs where the log ends has no memory of it, and takes what the store shows",
        "run attest checkpoint where ATTEST_STATE is kept, so that a log that went back is noticed",
        0,
    ),
    "bound-policy-missing": (
        "the policy that an admin bound to the alias is not in the store, so that nobody can judge by it",
        "have an admin bind the same policy file again; if it was deleted, ask who keeps the store",
        1,
    ),
    "bound-policy-changed": (
        "what lies in the place of the policy that is bound to the alias is another one",
        "do not load by this alias; ask who keeps the store, and have an admin bind the right policy again",
        3,
    ),
    "policy-not-portable": (
        "the policy rests on something that cannot be carried to readers of the log, or is not in the form for that",
        "name the feed of revocations by ref instead of file; attest alias bind writes the form itself",
        2,
    ),
    "policy-unfit-admin": (
        "an identity under log.admins asks for more than a log says of people",
        "name one with a key, or with issuer and subject and without extensions",
        2,
    ),
}
