"""The places of a training record that hold one text each, and what may stand there; one table for file and flags.

A place is written as people name it: `model.licence`, `source.commit`. `unknown` may stand anywhere and means that
nobody said; a claim then leaves the field out.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from attest.claims.source_uri import normalise
from attest.claims.training import Operation

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

UNKNOWN: Final = "unknown"
AUTO: Final = "auto"
_MOST_CHARACTERS: Final = 20_000
_COMMIT: Final = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}", re.ASCII)
_IMAGE: Final = re.compile(r"(?:oci|docker)://[^\s@]+@sha256:[0-9a-f]{64}", re.ASCII)
_URI: Final = re.compile(r"[a-z][a-z0-9+.-]*:[^\s]+", re.ASCII)
_USER: Final = re.compile(r"[a-z][a-z0-9+.-]*://[^/?#]*@", re.ASCII)
_NUMBER: Final = re.compile(r"-?[0-9]{1,40}(?:\.[0-9]{1,40})?(?:[eE][+-]?[0-9]{1,4})?", re.ASCII)
_OTHER_SPELLINGS: Final = {"quantise": "quantize", "finetune": "fine-tune", "fine_tune": "fine-tune"}


class NotAllowed(ValueError):
    """A text cannot stand where it was written. The caller knows the place and makes the error.

    Args:
        expected: what can.
        hint: what to do, where that is known.
    """

    def __init__(self, expected: str, *, hint: str | None = None) -> None:
        super().__init__(expected)
        self.expected = expected
        self.hint = hint


def words(text: str) -> str:
    """Any visible text."""
    plain = text.strip()
    if not plain or len(plain) > _MOST_CHARACTERS or not all(c.isprintable() or c in "\n\t" for c in plain):
        raise NotAllowed(f"visible text of at most {_MOST_CHARACTERS} characters")
    return plain


def input_name(text: str) -> str:
    """The name of an input, a metric or a parameter: one short line."""
    if not 1 <= len(text) <= 200 or not text.isprintable() or text.strip() != text:  # noqa: PLR2004  # one line of a table
        raise NotAllowed("one line of at most 200 visible characters")
    return text


def uri(text: str) -> str:
    """Where something can be found by others: no path of this machine, nobody's password."""
    if not _URI.fullmatch(text) or text.startswith("file:"):
        raise NotAllowed("a URI such as s3://… or https://…", hint="a file of this machine is given as path")
    if _USER.match(text):
        raise NotAllowed("a URI without user name or password")
    return text


def number(text: str) -> str:
    """A decimal number, kept as it was written."""
    if not _NUMBER.fullmatch(text):
        raise NotAllowed("a decimal number such as 0.913")
    return text


def _operation(text: str) -> str:
    word = _OTHER_SPELLINGS.get(text, text)
    if word not in set(Operation):
        raise NotAllowed(", ".join(operation.value for operation in Operation))
    return word


def _repository(text: str) -> str:
    address = normalise(text)
    if address is None:
        raise NotAllowed("git+https://HOST/PATH")
    return address


def _commit(text: str) -> str:
    if text != AUTO and not _COMMIT.fullmatch(text):
        raise NotAllowed("auto, or 40 or 64 lower-case hexadecimal digits")
    return text


def _inside(text: str) -> str:
    """A path inside the repository of the code; one of this machine would say who trained where."""
    if text.startswith(("/", "~")) or ".." in text.split("/") or "\\" in text:
        raise NotAllowed("a path inside the repository")
    return words(text)


def _image(text: str) -> str:
    if not _IMAGE.fullmatch(text):
        raise NotAllowed("oci://HOST/NAME@sha256:…", hint="crane digest HOST/NAME:TAG prints the digest")
    return text


def _auto(text: str) -> str:
    if text != AUTO:
        raise NotAllowed("auto: the packages of the Python environment that runs attest")
    return text


PLACES: Final[Mapping[str, Callable[[str], str]]] = {
    "operation": _operation,
    **{f"model.{key}": words for key in ("name", "label", "licence", "task", "description", "owner")},
    "source.uri": _repository,
    "source.commit": _commit,
    "source.ref": words,
    "source.entry_point": _inside,
    "source.config": _inside,
    "environment.requirements": words,
    "environment.image": _image,
    "environment.hardware": words,
    "environment.framework": words,
    "environment.packages": _auto,
    **{
        f"card.{key}": words
        for key in ("intended_use", "out_of_scope", "limitations", "ethical_considerations", "subgroups")
    },
}
"""Place → what checks, and returns in its one form, the text that stands there."""
