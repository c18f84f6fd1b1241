from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attest.claims.source_uri import normalise

ONE_REPOSITORY = [
    "https://github.com/acme/train",
    "https://github.com/acme/train.git",
    "https://github.com/acme/train/",
    "https://GitHub.com:443/acme/train.git",
    "https://alice:hunter2@github.com/acme/train.git",
    "https://ghp_0123456789@github.com/acme/train",
    "https://github.com/acme/train.git?token=hunter2#hunter2",
    "git+https://github.com/acme/train",
    "git@github.com:acme/train.git",
    "github.com:acme/train.git",
    "ssh://git@github.com/acme/train.git",
    "ssh://git@github.com:22/acme/train.git",
    "git://github.com/acme/train.git",
]


@pytest.mark.parametrize("url", ONE_REPOSITORY)
def test_one_repository_has_one_name(url: str) -> None:
    assert normalise(url) == "git+https://github.com/acme/train"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("ssh://git@git.example.com:2222/acme/train.git", "git+ssh://git.example.com:2222/acme/train"),
        ("https://git.example.com:8443/a", "git+https://git.example.com:8443/a"),
        ("http://git.example.com/a/b/c", "git+http://git.example.com/a/b/c"),
        ("https://[::1]:8443/a", "git+https://[::1]:8443/a"),
        ("git@git.example.com:~alice/train", "git+https://git.example.com/~alice/train"),
    ],
)
def test_what_is_needed_to_find_it_stays(url: str, expected: str) -> None:
    assert normalise(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "", "/home/alice/train", "../train", "file:///home/alice/train", "~/train", "C:\\train", "train",
        "ext::sh -c id", "https://", "https://github.com", "https://github.com/", "https://github.com/.git",
        "https://host:notaport/a", "https://h/a b", "https://h/a\n", "https://h/\x1b[31m", "javascript://x/y",
        "https://h/é",
    ],
)  # fmt: skip
def test_what_names_this_machine_or_nothing_is_left_out(url: str) -> None:
    found = normalise(url)
    assert found is None or found == "git+https://h/a"  # outer white space is no part of an address


@given(st.text(alphabet="abz019:/@.~-#?%&= []", max_size=30), st.text(alphabet="abz019", min_size=1, max_size=8))
def test_no_user_and_no_password_ever_comes_through(rest: str, secret: str) -> None:
    found = normalise(f"https://{'S' + secret}:{'T' + secret}@example.com/{rest}")
    assert found is None or ("S" not in found and "T" not in found)


@given(st.text(max_size=40))
def test_any_text_gives_an_address_or_nothing(text: str) -> None:
    found = normalise(text)
    assert found is None or (
        found.startswith(("git+https://", "git+http://", "git+ssh://", "git+git://")) and found.isascii()
    )


@given(st.sampled_from(ONE_REPOSITORY))
def test_normalising_twice_changes_nothing(url: str) -> None:
    once = normalise(url)
    assert once is not None
    assert normalise(once) == once
