"""What the keys `profile`, `licences` and `datasets` under `require.ml-bom` demand, and how they are read.

require:
  ml-bom:
    by: [publisher]
    profile: g7
    licences: {allow: [Apache-2.0, MIT, CC-BY-4.0], of: [model, datasets]}
    datasets: governed
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from attest.claims import spdx
from attest.claims.bom_profiles import TITLES
from attest.policy.key_rows import TABLE
from attest.policy.reading import read_texts, read_word
from attest.strict_yaml import dotted, suggestion

if TYPE_CHECKING:
    from attest.claims.spdx import Licence
    from attest.strict_yaml import Document, NodePath


class Datasets(StrEnum):
    """What each dataset has to be."""

    GOVERNED = "governed"


class Part(StrEnum):
    """Whose licence."""

    MODEL = "model"
    DATASETS = "datasets"


class LicenceDemand(Struct, frozen=True, kw_only=True):
    """Which licences will do.

    Args:
        allow: these alone, with the exceptions that stand with them; empty for every one of SPDX.
        deny: never these, nor what goes on from them: `GPL-3.0` means `GPL-3.0-only` and `GPL-3.0-or-later` too.
        parts: whose.
    """

    allow: tuple[Licence, ...] = ()
    deny: tuple[Licence, ...] = ()
    parts: tuple[Part, ...] = tuple(Part)


def read(document: Document, path: NodePath, value: dict[str, Any]) -> dict[str, Any]:
    """Those of the keys that are there, as arguments of `BOMDemand`.

    Raises:
        PolicyError: anything about them is not understood.
    """
    found: dict[str, Any] = {}
    if "profile" in value:
        found["profiles"] = _words(document, (*path, "profile"), value["profile"], tuple(TITLES))
    if "licences" in value:
        found["licences"] = _licences(document, (*path, "licences"), value["licences"])
    if "datasets" in value:
        found["governed"] = read_word(document, (*path, "datasets"), value["datasets"], Datasets) is Datasets.GOVERNED
    return found


def _words(document: Document, path: NodePath, value: Any, known: tuple[str, ...]) -> tuple[str, ...]:
    words = read_texts(document, path, value)
    for index, word in enumerate(words):
        if word not in known:
            raise document.error(
                (*path, index) if isinstance(value, list) else path,
                f"{dotted(path)} cannot be '{word[:80]}'",
                code="unknown-word",
                expected=", ".join(known),
                hint=suggestion(word, known),
            )
    return words


def _licences(document: Document, path: NodePath, value: Any) -> LicenceDemand:
    item = TABLE.checked(document, path, value)
    if not item.keys() & {"allow", "deny"}:
        raise document.error(path, f"{dotted(path)} demands nothing", code="empty-list", expected="allow: [Apache-2.0]")
    parts = tuple(Part)
    if "of" in item:
        named = _words(document, (*path, "of"), item["of"], tuple(Part))
        parts = tuple(part for part in Part if part in named)
    allow, deny = (_listed(document, (*path, key), item[key]) if key in item else () for key in ("allow", "deny"))
    for index, licence in enumerate(deny):
        if licence in allow:
            raise document.error(
                (*path, "deny", index),
                f"'{licence}' is allowed and denied",
                code="listed-twice",
                expected="one of them",
            )
    return LicenceDemand(allow=allow, deny=deny, parts=parts)


def _listed(document: Document, path: NodePath, value: Any) -> tuple[Licence, ...]:
    """Single licences, known to SPDX or of one's own: a typing error in a list of denied ones would deny nothing."""
    found = []
    for index, text in enumerate(read_texts(document, path, value)):
        licence = spdx.parse(text)
        single = licence if isinstance(licence, spdx.Licence) else None
        if single is None or not single.is_known:
            raise document.error(
                (*path, index) if isinstance(value, list) else path,
                f"'{text[:80]}' is no licence of SPDX",
                code="unknown-word",
                expected="Apache-2.0, GPL-2.0-only WITH Classpath-exception-2.0, LicenseRef-acme or the like",
                hint=suggestion(text, spdx.identifiers().values()),
            )
        found.append(single)
    return tuple(found)
