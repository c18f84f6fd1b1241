from __future__ import annotations

import pytest

from attest.errors import PolicyError
from attest.model.manifest import FileKind
from attest.policy.key_rows import EXTENSIONS, TABLE
from attest.policy.keys import Key, Shape, Table
from attest.strict_yaml import load
from attest.trust.certificate_identity import SubjectKind
from attest.trust.managed_key import TimeDemand
from attest.trust.private_pki import NameKind
from attest.verify.fulcio import EXTENSION_NAMES

WORD_SHAPES = {Shape.WORD, Shape.WORDS}
INNER = {Shape.KEYS: "", Shape.NAMED: ".*", Shape.ENTRIES: "[]"}


def words(path: str) -> set[str]:
    row = TABLE.at(path)
    assert row is not None
    return set(row.words)


def test_words_that_are_written_out_are_those_of_the_code() -> None:
    assert set(EXTENSIONS) == {name.replace("_", "-") for name in EXTENSION_NAMES}
    assert words("identities.*.kind") == {*SubjectKind, *NameKind}
    assert words("identities.*.time") == set(TimeDemand)
    assert words("formats.allow") == set(FileKind)


@pytest.mark.parametrize("row", TABLE.rows, ids=[row.path for row in TABLE.rows])
def test_every_key_stands_under_a_known_one_and_says_what_it_is(row: Key) -> None:
    assert row.about
    first = row.about.split()[0].rstrip("s")
    assert first.isupper() or not first[0].isupper()
    assert bool(row.words) == bool(WORD_SHAPES & set(row.shapes))
    above = TABLE.at(row.parent.removesuffix("[]"))
    assert above is not None or not row.parent
    assert all(
        TABLE.children(row.path + INNER[shape]) or TABLE.at(row.path + ".*") for shape in row.shapes if shape in INNER
    )


def test_a_key_cannot_be_described_twice() -> None:
    row = Key(path="name", about="x", shapes=(Shape.TEXT,))
    with pytest.raises(ValueError, match="twice"):
        Table([row, row])


@pytest.mark.parametrize(
    ("text", "path", "hint"),
    [
        ("identites: {}\n", (), "did you mean 'identities'?"),
        ("operation: train\n", (), "'operation' stands under require.provenance"),
        ("zzz: 1\n", (), None),
    ],
)
def test_an_unknown_key_is_refused_with_the_nearest_one(text: str, path: tuple[str, ...], hint: str | None) -> None:
    document = load(text, what="policy.yaml", prefix="policy", failure=PolicyError)
    with pytest.raises(PolicyError) as caught:
        TABLE.checked(document, path, document.value)
    assert caught.value.code == "policy-unknown-key"
    assert caught.value.message.startswith("policy.yaml:1:1: unknown key")
    assert caught.value.hint == hint
    assert str(caught.value.expected).startswith("apiVersion, kind, name")


def test_places_in_a_document_are_found_in_the_table() -> None:
    assert TABLE.path_of(("require", "claims", 3, "by", 0)) == "require.claims[].by[]"
    assert TABLE.path_of(("identities", "risk-ml", "key")) == "identities.*.key"
    assert TABLE.path_of(("identities", "key")) == "identities.*"
