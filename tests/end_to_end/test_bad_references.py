"""References that mean nothing: what there is, what is near, which line to type instead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.services.fake_registry import FakeRegistry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.end_to_end.shell import Complaint, Shell

KEY, PUBLIC = ("--key", "K/attest.key"), ("--key", "K/attest.pub")


@dataclass(frozen=True, kw_only=True)
class Shop:
    """A person, and a store that holds versions 1, 2 and label `spring` of `demo/model`."""

    shell: Shell
    prefix: str
    place: str

    def name(self, text: str) -> str:
        return f"{self.prefix}{text}"

    def refused(self, *arguments: str) -> Complaint:
        printed = self.shell.attest(*arguments, expect=2)
        assert printed.out == ""
        return printed.complaint


@pytest.fixture(params=["embedded", "registry"])
def shop(request: pytest.FixtureRequest, keyed: Shell) -> Iterator[Shop]:
    with FakeRegistry() as registry:
        embedded = request.param == "embedded"
        shop = Shop(
            shell=keyed,
            prefix="" if embedded else f"{registry.host}/",
            place="the store of this machine" if embedded else registry.host,
        )
        keyed.attest("push", "model", shop.name("demo/model"), *KEY, "-q")
        (keyed.folder / "model/more.json").write_text("{}")
        keyed.attest("push", "model", shop.name("demo/model:spring"), *KEY, "-q")
        yield shop


def test_an_unknown_version_lists_those_that_exist(shop: Shop) -> None:
    model = shop.name("demo/model")
    for line in (("verify", f"{model}:9"), ("pull", f"{model}:9", "out")):
        complaint = shop.refused(*line, *PUBLIC)
        assert (complaint.code, complaint.message) == ("name-unknown", f"{model} has no version 9")
        assert complaint.details["found"] == "1, 2, spring"
        assert complaint.hint.startswith(f"attest ls {model}")
    assert shop.refused("show", f"{model}:9").code == "name-unknown"
    assert "out" not in shop.shell.names()
    shop.shell.attest("verify", f"{model}:2", *PUBLIC)


def test_an_unknown_label_names_what_is_near(shop: Shop) -> None:
    complaint = shop.refused("verify", shop.name("demo/model:sprang"), *PUBLIC)
    assert complaint.message == f"{shop.name('demo/model')} has no label sprang"
    assert complaint.hint == f"did you mean {shop.name('demo/model:spring')}?"


def test_no_version_lists_them(shop: Shop) -> None:
    complaint = shop.refused("verify", shop.name("demo/model"), *PUBLIC)
    assert complaint.code == "version-missing"
    assert complaint.message.endswith("has 2 versions; name one")
    assert complaint.details["found"] == "1, 2, spring"


def test_an_unknown_model_says_where_was_looked(shop: Shop) -> None:
    for version in ("", ":1"):
        complaint = shop.refused("verify", shop.name(f"demo/modell{version}"), *PUBLIC)
        assert (complaint.code, complaint.message) == ("name-unknown", f"demo/modell is not in {shop.place}")
        assert complaint.hint
        if not shop.prefix:
            assert complaint.hint == "did you mean demo/model?"


def test_ls_of_an_unknown_model(shop: Shop) -> None:
    assert shop.refused("ls", shop.name("demo/modell")).message == f"demo/modell is not in {shop.place}"


def test_an_alias_is_not_taken_for_a_version(shop: Shop) -> None:
    assert shop.refused("verify", shop.name("demo/model@production"), *PUBLIC).code == "alias-unknown"


def test_version_and_digest_that_disagree(shop: Shop) -> None:
    pinned = shop.shell.attest("verify", shop.name("demo/model:2"), *PUBLIC, "-q").out.strip()
    complaint = shop.refused("verify", pinned.replace(":2@", ":1@"), *PUBLIC)
    assert complaint.code == "reference-disagrees"
    assert complaint.details["expected"] == pinned.partition("@")[2]
    shop.shell.attest("verify", pinned, *PUBLIC)


def test_a_digest_that_is_not_there(shop: Shop) -> None:
    digest = f"sha256:{'0' * 64}"
    complaint = shop.refused("verify", shop.name(f"demo/model@{digest}"), *PUBLIC)
    assert "000000000000" in complaint.message


def test_a_teacher_that_is_not_there_stops_the_push(shop: Shop) -> None:
    teacher = shop.name("demo/model:7")
    complaint = shop.refused("push", "model", shop.name("demo/student"), *KEY, "--teacher", teacher)
    assert complaint.message == f"{shop.name('demo/model')} has no version 7"
    shop.shell.attest("push", "model", shop.name("demo/student"), *KEY, "--teacher", shop.name("demo/model:1"))


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("Model:1", "bad-reference", "write 'model'"),
        ("m:01", "bad-reference", "1, 2, 3"),
        ("m:latest", "name-reserved", "name a version"),
        ("m:1@x@y", "bad-reference", "NAME:VERSION"),
        ("m@sha256:1234", "bad-reference", "64"),
        ("", "bad-reference", "letters"),
        ("..", "usage", "--against"),
        ("a b:1", "bad-reference", "letters"),
        ("m:1;rm", "bad-reference", "NAME:VERSION"),
        ("m\x1b[31m:1", "bad-reference", "letters"),
        ("m:" + "x" * 300, "bad-reference", "NAME:VERSION"),
        ("ho st.example/m:1", "bad-reference", ":PORT"),
        ("blobs:1", "name-reserved", "no part called"),
    ],
)
def test_what_cannot_be_a_reference(keyed: Shell, text: str, code: str, said: str) -> None:
    printed = keyed.attest("verify", text, *PUBLIC, expect=2)
    complaint = printed.complaint
    assert complaint.code == code
    assert said in str(complaint.details) + complaint.hint
    assert len(printed.err.splitlines()[0]) < 200


def test_a_bare_word_that_is_a_folder(keyed: Shell) -> None:
    complaint = keyed.attest("verify", "model", *PUBLIC, expect=2).complaint
    assert (complaint.code, complaint.hint) == ("name-unknown", "for the folder write ./model")
    complaint = keyed.attest("verify", "./model", *PUBLIC, expect=2).complaint
    assert complaint.message == "nothing says what ./model should be"
    assert complaint.hint.splitlines() == [
        "attest verify ./model --against NAME:VERSION --key PUBLIC_KEY",
        "attest verify ./model --bundle model.sig --key PUBLIC_KEY",
    ]
    keyed.attest("push", "model", "m", *KEY)
    keyed.attest("verify", "./model", "--against", "m:1", *PUBLIC)


def test_swapped_arguments_of_push(keyed: Shell) -> None:
    complaint = keyed.attest("push", "m", "model", *KEY, expect=2).complaint
    assert (complaint.code, complaint.hint) == ("usage", "attest push model m")
    assert keyed.attest("ls", "-q").out == ""
    keyed.attest("push", "model", "m", *KEY)


@pytest.mark.parametrize("folder", ["./out", "out"])
def test_swapped_arguments_of_pull(keyed: Shell, folder: str) -> None:
    keyed.attest("push", "model", "m", *KEY)
    complaint = keyed.attest("pull", folder, "m:1", *PUBLIC, expect=2).complaint
    assert complaint.code == "usage"
    assert complaint.hint.startswith(f"attest pull m:1 {folder}")
    assert not {"out", "m:1"} & keyed.names()
    keyed.attest("pull", "m:1", folder, *PUBLIC)


def test_a_push_to_what_is_no_version(keyed: Shell) -> None:
    complaint = keyed.attest("push", "model", "m@production", *KEY, expect=2).complaint
    assert (complaint.code, complaint.hint) == ("usage", "attest push model m")


def test_numbers_are_given_in_order(shop: Shop) -> None:
    model = shop.name("demo/model")
    (shop.shell.folder / "model/third.json").write_text("{}")
    taken = shop.refused("push", "model", f"{model}:1", *KEY)
    assert taken.code == "version-exists"
    assert "version 3" in taken.hint
    early = shop.refused("push", "model", f"{model}:9", *KEY)
    assert (early.code, early.details["found"]) == ("version-out-of-order", "the next number is 3")
    shop.shell.attest("push", "model", f"{model}:3", *KEY)


def test_an_empty_store_says_how_to_begin(keyed: Shell) -> None:
    complaint = keyed.attest("verify", "m:1", *PUBLIC, expect=2).complaint
    assert complaint.hint.startswith("attest push DIR NAME")
    assert "attest push" in keyed.attest("ls").err
