from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attest.errors import MalformedEvidence
from attest.signing.dsse import decode_base64, encode_base64, pae


def test_pae_is_the_specs_own_example() -> None:
    # secure-systems-lab/dsse protocol.md, "Test vectors"
    assert pae("http://example.com/HelloWorld", b"hello world") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )


@given(st.text(max_size=20), st.binary(max_size=20), st.text(max_size=20), st.binary(max_size=20))
def test_pae_never_confuses_two_pairs(one: str, first: bytes, other: str, second: bytes) -> None:
    assert (pae(one, first) == pae(other, second)) == ((one, first) == (other, second))


def test_pae_counts_bytes_not_characters() -> None:
    assert pae("é", b"") == "DSSEv1 2 é 0 ".encode()


@given(st.binary(max_size=100))
def test_base64_round_trip(data: bytes) -> None:
    assert decode_base64(encode_base64(data), what="x") == data


@pytest.mark.parametrize(
    "text", ["YQ", "YQ=", "YQ===", "YQ==\n", " YQ==", "Y!Q==", "YR==", "YQ==YQ==", "-_-_", "YQ=\u003d\u200b"]
)
def test_base64_with_another_reading_is_refused(text: str) -> None:
    with pytest.raises(MalformedEvidence) as caught:
        decode_base64(text, what="the signature")
    assert caught.value.code == "malformed-evidence"


@given(st.text(alphabet="ABCDabcd0189+/=-_ \n", max_size=24))
def test_base64_has_one_spelling_per_value(text: str) -> None:
    try:
        data = decode_base64(text, what="x")
    except MalformedEvidence:
        return
    assert base64.b64encode(data).decode() == text
