"""The root of the one error tree, and the part of it that stores raise.

    AttestError                 every error of ours: a stable code, what was expected, what was found, what to do
    └── StoreError              a store did not do what it was asked
        ├── Unreachable         4  nobody answered, or not in time
        ├── Unauthorised        4  the store did not let us in
        ├── StoreRefused        4  the store answered, but would not do it (413, 500, disk full …)
        ├── RangeUnsupported    4  a transfer cannot go on from where it stopped
        ├── NotFound            2  there is no such name or content
        ├── Conflict            2  somebody else was first, or the name is taken
        ├── BadReference        2  a name, tag or digest that cannot be one
        ├── BadQuery            2  a filter, an order or a page token that cannot be one
        ├── SchemaDiffers       2  a catalogue that an older or newer version of attest wrote
        └── ContentMismatch     3  bytes contradict their digest, size or format: an incident
            └── SourceChanged   2  … because a file here was written to while it was sent: nobody tampered

The number is the exit status (`attest help exit-codes`). `attest.errors` continues the tree.
Foreign exceptions are translated at the door of each module that meets them and kept as the cause.
"""

from __future__ import annotations

from typing import ClassVar


class AttestError(Exception):
    """An error that a person can act on.

    Args:
        message: subject first, then what is wrong with it; lower case, no full stop.
        code: stable kebab-case noun; the class's own when left out.
        expected: what should have been there.
        found: what was there.
        looked_in: the places that were searched.
        hint: a command or edit that helps.
        shown: whether the person has seen it already, in another form.
    """

    code: ClassVar[str] = "internal"
    exit_status: ClassVar[int] = 5

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        expected: str | None = None,
        found: str | None = None,
        looked_in: str | None = None,
        hint: str | None = None,
        shown: bool = False,
    ) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code  # type: ignore[misc]  # one instance may be more precise than its class
        self.expected = expected
        self.found = found
        self.looked_in = looked_in
        self.hint = hint
        self.shown = shown


class StoreError(AttestError):
    """A store did not do what it was asked."""

    code = "store-error"
    exit_status = 4


class Unreachable(StoreError):
    """Nobody answered, or not in time."""

    code = "store-unreachable"


class Unauthorised(StoreError):
    """The store did not let us in."""

    code = "registry-unauthorised"


class StoreRefused(StoreError):
    """The store answered, but would or could not do it."""

    code = "store-refused"


class RangeUnsupported(StoreError):
    """The store cannot give out a blob from an offset; the caller starts again at 0."""

    code = "range-unsupported"


class NotFound(StoreError):
    """There is no such name or content."""

    code = "name-unknown"
    exit_status = 2


class Conflict(StoreError):
    """Somebody else was first, or the name is taken by other content."""

    code = "version-exists"
    exit_status = 2


class BadReference(StoreError):
    """A name, tag or digest that cannot be one."""

    code = "bad-reference"
    exit_status = 2


class BadQuery(StoreError):
    """A filter, an order or a page token that cannot be one."""

    code = "bad-filter"
    exit_status = 2


class SchemaDiffers(StoreError):
    """A catalogue that an older or a newer version of attest wrote."""

    code = "catalogue-older"
    exit_status = 2


class ContentMismatch(StoreError):
    """Bytes contradict their digest, their size or their format: an incident, never a retry with less checking."""

    code = "digest-mismatch"
    exit_status = 3


class SourceChanged(ContentMismatch):
    """A file here was written to between hashing and sending; nothing appeared under its digest."""

    code = "file-changed"
    exit_status = 2
