from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attest.errors import CredentialError
from attest.signing.tokens import Token, is_token
from tests.signing.token_samples import NOW, encode, jwt

HOUR = timedelta(hours=1)
TWICE = b'{"aud": "sigstore", "aud": "other"}'


def read(raw: str, now: datetime = NOW) -> Token:
    return Token.read(raw, origin="the test", now=now)


def test_a_good_token_is_read_and_not_shown() -> None:
    token = read(f"  {jwt()}\n")
    assert token.issuer == "https://issuer.test"
    assert token.expires == NOW + timedelta(minutes=10)
    assert token.raw not in f"{token!r} {token}"


def test_an_audience_may_be_one_of_several() -> None:
    assert read(jwt(aud=["other", "sigstore"])).issuer == "https://issuer.test"


@pytest.mark.parametrize("audience", ["sigstore2", "Sigstore", "", None, ["other"], {"a": 1}, 5, True])
def test_a_token_for_somebody_else(audience: Any) -> None:
    with pytest.raises(CredentialError) as caught:
        read(jwt(aud=audience))
    assert caught.value.code == "token-audience"


@pytest.mark.parametrize(("since", "said"), [(timedelta(), "0 s"), (timedelta(seconds=90), "90 s"), (HOUR, "60 min")])
def test_an_expired_token(since: timedelta, said: str) -> None:
    with pytest.raises(CredentialError) as caught:
        read(jwt(), NOW + timedelta(minutes=10) + since)
    assert caught.value.code == "token-expired"
    assert caught.value.found == f"it ended {said} ago"


def test_a_token_of_the_future() -> None:
    with pytest.raises(CredentialError) as caught:
        read(jwt(), NOW - HOUR)
    assert (caught.value.code, caught.value.found) == ("token-not-yet-valid", "it begins in 60 min")


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": None},
        {"iss": ""},
        {"iss": 5},
        {"sub": None},
        {"sub": ["me"]},
        {"iat": None},
        {"iat": "now"},
        {"exp": None},
        {"exp": "soon"},
        {"exp": True},
        {"exp": -1},
        {"exp": 10**18},
        {"nbf": []},
    ],
)
def test_a_token_without_what_every_token_says(changed: dict[str, Any]) -> None:
    with pytest.raises(CredentialError) as caught:
        read(jwt(**changed))
    assert caught.value.code == "broken-credential"


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "token",
        "a.b",
        "a.b.c.d",
        "..",
        "ä.b.c",
        f"{encode({})}.{encode([])}.x",
        f"{encode({})}.{encode(b'no json')}.x",
        f"{encode({})}.{encode(TWICE)}.x",
        f"{encode({})}.{encode(b'[' * 5000)}.x",
        f"{encode({})}.{'A' * 100_000}.x",
        "." * 60_000,  # GHSA-f83f-xpx7-ffpw
    ],
)
def test_what_is_no_token(raw: str) -> None:
    with pytest.raises(CredentialError) as caught:
        read(raw)
    assert caught.value.code == "broken-credential"
    assert caught.value.found is None


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    if not is_token(text):
        with pytest.raises(CredentialError):
            read(text)


@given(st.binary(max_size=200))
def test_any_claims_are_read_or_refused(claims: bytes) -> None:
    with pytest.raises(CredentialError) as caught:
        read(f"{encode({})}.{encode(claims)}.x")
    assert caught.value.__cause__ is None
