from __future__ import annotations

from urllib.parse import quote_from_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attest.errors import KeyFileError
from attest.signing.pkcs11_uri import parse

LABELS = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=32)
BYTES = st.binary(min_size=1, max_size=40)


def test_everything_that_a_uri_can_say() -> None:
    uri = parse(
        "token=The%20Software;manufacturer=Snake%20Oil;model=v1;serial=1;slot-id=7;object=my-key;id=%69%95%00;type=private"
        "?module-path=/usr/lib/m.so&pin-source=file:/etc/pin"
    )
    assert uri.token == {"token": "The Software", "manufacturer": "Snake Oil", "model": "v1", "serial": "1"}
    assert (uri.slot, uri.label, uri.identifier) == (7, "my-key", b"i\x95\x00")
    assert (uri.module_path, uri.pin_source, uri.pin) == ("/usr/lib/m.so", "file:/etc/pin", None)
    assert uri.key_shown == "object=my-key;id=%69%95%00"


def test_what_p11tool_prints_is_read() -> None:
    printed = "model=SoftHSM%20v2;manufacturer=SoftHSM%20project;serial=18679bac;token=t1;id=%01;object=k;type=public"
    assert parse(printed).label == "k"


@given(
    token=LABELS, label=LABELS, identifier=st.binary(min_size=1, max_size=40), pin=st.binary(min_size=1, max_size=40)
)
def test_every_label_identifier_and_pin_can_be_said(token: str, label: str, identifier: bytes, pin: bytes) -> None:
    parts = {"token": token.encode(), "object": label.encode(), "id": identifier}
    path = ";".join(f"{name}={quote_from_bytes(value, safe='')}" for name, value in parts.items())
    uri = parse(f"{path}?pin-value={quote_from_bytes(pin, safe='')}")
    assert (uri.token["token"], uri.label, uri.identifier, uri.pin) == (token, label, identifier, pin)


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        parse(text)
    except KeyFileError as error:
        assert error.code == "key-uri-malformed"  # noqa: PT017  # either way is right


@pytest.mark.parametrize(
    "rest",
    [
        "token",
        "token=",
        "token=a;token=b",
        "token=a;",
        ";token=a",
        "Token=a",
        "token=a b",
        "token=a/b",
        "token=%f",
        "token=%ff",
        "token=a%00b",
        "token=a%0Ab",
        "token=é",
        "object=a;type=cert",
        "object=a;type=secret-key",
        "slot-id=x",
        "slot-id=-1",
        "slot-id=" + "9" * 30,
        "x-vendor=1",
        "token=a?pin-value=",
        "token=a?pin-value=1&pin-value=2",
        "token=a?pin-value=1&pin-source=file:/x",
        "token=a?module-name=softhsm2",
        "token=a?attempts=3",
        "token=a?module-path=/x?pin-value=1&",
        "token=a#b",
        "//token=a",
        "a" * 5000,
    ],
)
def test_what_is_not_understood_is_refused(rest: str) -> None:
    with pytest.raises(KeyFileError) as caught:
        parse(rest)
    assert caught.value.code == "key-uri-malformed"


@pytest.mark.parametrize(
    "rest",
    ["token=a?pin-value=s3 cret", "token=a?pin=s3cret", "token=a?pin-value=s3cret&x=1", "token=a?pin-value%3Ds3cret"],
)
def test_a_pin_is_not_repeated_in_errors(rest: str) -> None:
    with pytest.raises(KeyFileError) as caught:
        parse(rest)
    error = caught.value
    assert "cret" not in f"{error} {error.expected} {error.found} {error.hint}"


def test_a_pin_is_not_in_the_representation() -> None:
    assert "1234" not in repr(parse("token=a?pin-value=1234"))
