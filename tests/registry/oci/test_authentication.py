"""Challenges: what is shown, to whom, for how long; and what a hostile challenge cannot get."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attest_registry.errors import Unauthorised
from attest_registry.oci.address import Origin
from attest_registry.oci.authentication import Authenticator, merged_scopes, parse_challenges
from attest_registry.oci.credentials import Credentials

if TYPE_CHECKING:
    from collections.abc import Mapping

_SCOPE = "repository:demo/model:pull"
_BEARER = 'Bearer realm="https://auth.example.com/token",service="r",scope="repository:demo/model:pull"'
_ALICE = Credentials(source="a test", username="alice", password="s3cret")


class _Tokens:
    """A token service in memory."""

    def __init__(self, *answers: tuple[int, bytes]) -> None:
        self.asked: list[tuple[str, str, dict[str, str], bytes | None]] = []
        self.answers = list(answers)

    def __call__(self, method: str, url: str, *, headers: Mapping[str, str], form: bytes | None) -> tuple[int, bytes]:
        self.asked.append((method, url, dict(headers), form))
        if self.answers:
            return self.answers.pop(0)
        return 200, json.dumps({"token": f"t{len(self.asked)}", "expires_in": 100}).encode()


def _authenticator(
    tokens: _Tokens, found: Credentials | None = _ALICE, *, origin: str = "https://r.example.com", now: list[float]
) -> Authenticator:
    return Authenticator(
        host="r.example.com", origin=Origin.of(origin), find=lambda: found, ask=tokens, clock=lambda: now[0]
    )


def test_nothing_is_shown_before_the_registry_asks() -> None:
    assert _authenticator(_Tokens(), now=[0.0]).header(_SCOPE) is None


def test_basic_is_answered_with_basic_and_no_realm_is_asked() -> None:
    tokens = _Tokens()
    shown = _authenticator(tokens, now=[0.0]).renewed('Basic realm="testrealm"', _SCOPE, rejected=None)
    assert shown == "Basic YWxpY2U6czNjcmV0"
    assert not tokens.asked


def test_bearer_is_answered_with_a_token_for_what_is_to_be_done() -> None:
    tokens = _Tokens()
    authenticator = _authenticator(tokens, now=[0.0])
    assert authenticator.renewed(_BEARER, "repository:demo/model:pull,push", rejected=None) == "Bearer t1"
    method, url, headers, _ = tokens.asked[0]
    assert method == "GET"
    assert url.startswith("https://auth.example.com/token?service=r&")
    assert "scope=repository%3Ademo%2Fmodel%3Apull%2Cpush" in url
    assert headers["Authorization"] == "Basic YWxpY2U6czNjcmV0"


def test_a_token_is_used_again_for_the_same_and_not_for_more() -> None:
    tokens = _Tokens()
    authenticator = _authenticator(tokens, now=[0.0])
    authenticator.renewed(_BEARER, _SCOPE, rejected=None)
    assert authenticator.header(_SCOPE) == "Bearer t1"
    assert authenticator.header("repository:demo/model:pull,push") == "Bearer t2"
    assert authenticator.header("repository:demo/other:pull") == "Bearer t3"
    assert authenticator.header(_SCOPE) == "Bearer t1"


def test_a_token_is_replaced_before_it_is_over_and_when_it_is_rejected() -> None:
    now, tokens = [0.0], _Tokens()
    authenticator = _authenticator(tokens, now=now)
    authenticator.renewed(_BEARER, _SCOPE, rejected=None)
    now[0] = 80.0
    assert authenticator.header(_SCOPE) == "Bearer t1"
    now[0] = 90.0
    assert authenticator.header(_SCOPE) == "Bearer t2"
    assert authenticator.renewed(_BEARER, _SCOPE, rejected="Bearer t2") == "Bearer t3"


def test_an_identity_token_is_exchanged_and_never_shown_as_a_password() -> None:
    tokens = _Tokens()
    found = Credentials(source="a test", identity_token="refresh me")
    assert _authenticator(tokens, found, now=[0.0]).renewed(_BEARER, _SCOPE, rejected=None) == "Bearer t1"
    method, url, headers, form = tokens.asked[0]
    assert (method, url) == ("POST", "https://auth.example.com/token")
    assert "Authorization" not in headers
    assert b"grant_type=refresh_token&refresh_token=refresh+me" in (form or b"")


def test_a_registry_token_is_shown_as_it_is() -> None:
    tokens = _Tokens()
    found = Credentials(source="a test", registry_token="abc")
    assert _authenticator(tokens, found, now=[0.0]).renewed(_BEARER, _SCOPE, rejected=None) == "Bearer abc"
    assert not tokens.asked


def test_bearer_is_preferred_where_both_are_offered() -> None:
    shown = _authenticator(_Tokens(), now=[0.0]).renewed(f'Basic realm="x", {_BEARER}', _SCOPE, rejected=None)
    assert shown == "Bearer t1"


@pytest.mark.parametrize(
    "realm",
    [
        "testrealm",
        "http://auth.example.com/token",
        "http://r.example.com/token",
        "ftp://auth.example.com/",
        "https://alice@auth.example.com/",
        "https://",
        "",
        "file:///etc/passwd",
        "http://[::1",
    ],
)
def test_credentials_do_not_go_to_a_realm_without_tls(realm: str) -> None:
    tokens = _Tokens()
    with pytest.raises(Unauthorised) as refusal:
        _authenticator(tokens, now=[0.0]).renewed(f'Bearer realm="{realm}"', _SCOPE, rejected=None)
    assert refusal.value.code == "realm-refused"
    assert not tokens.asked


@pytest.mark.parametrize(
    ("origin", "realm", "allowed"),
    [
        ("http://r.example.com", "http://r.example.com:81/token", True),
        ("http://r.example.com", "http://auth.example.com/token", False),
        ("http://127.0.0.1:5000", "http://localhost:5001/token", True),
        ("http://127.0.0.1:5000", "http://169.254.169.254/token", False),
        ("https://127.0.0.1:5000", "http://127.0.0.1:5000/token", False),
    ],
)
def test_with_plain_http_the_realm_has_to_be_on_the_same_host(origin: str, realm: str, allowed: bool) -> None:
    authenticator = _authenticator(_Tokens(), origin=origin, now=[0.0])
    if allowed:
        assert authenticator.renewed(f'Bearer realm="{realm}"', _SCOPE, rejected=None) == "Bearer t1"
        return
    with pytest.raises(Unauthorised) as refusal:
        authenticator.renewed(f'Bearer realm="{realm}"', _SCOPE, rejected=None)
    assert refusal.value.code == "realm-refused"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 500])
def test_a_token_service_that_refuses_is_said_with_a_way_out(status: int) -> None:
    authenticator = _authenticator(_Tokens((status, b"s3cret")), now=[0.0])
    with pytest.raises(Unauthorised) as refusal:
        authenticator.renewed(_BEARER, _SCOPE, rejected=None)
    assert refusal.value.code == "registry-unauthorised"
    assert refusal.value.hint == "attest login r.example.com"
    assert "s3cret" not in repr((refusal.value.message, refusal.value.found))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"{}",
        b'{"token": 5}',
        b'{"token": ""}',
        b'{"token": "a\\r\\nX-Evil: 1"}',
        b'{"token": "a b"}',
        b'{"token": "\\u00e9"}',
        b'{"token": "a", "token": "b"}',
    ],
)
def test_a_token_that_is_none_is_refused(body: bytes) -> None:
    with pytest.raises(Unauthorised) as refusal:
        _authenticator(_Tokens((200, body)), now=[0.0]).renewed(_BEARER, _SCOPE, rejected=None)
    assert refusal.value.code == "bad-token"


@pytest.mark.parametrize("header", [None, "", "Negotiate", 'Digest realm="x"', "===", '"', "Basic" + "x" * 20_000])
def test_a_challenge_that_is_not_understood_gets_nothing(header: str | None) -> None:
    tokens = _Tokens()
    assert _authenticator(tokens, now=[0.0]).renewed(header, _SCOPE, rejected=None) is None
    assert not tokens.asked


def test_basic_without_credentials_gets_nothing() -> None:
    assert _authenticator(_Tokens(), None, now=[0.0]).renewed("Basic", _SCOPE, rejected=None) is None


def test_what_was_rejected_is_not_shown_twice() -> None:
    authenticator = _authenticator(_Tokens(), now=[0.0])
    shown = authenticator.renewed("Basic", _SCOPE, rejected=None)
    assert authenticator.renewed("Basic", _SCOPE, rejected=shown) is None


def test_secrets_are_taken_out_of_what_a_registry_says() -> None:
    authenticator = _authenticator(_Tokens(), now=[0.0])
    authenticator.renewed("Basic", _SCOPE, rejected=None)
    authenticator.renewed(_BEARER, _SCOPE, rejected=None)
    said = authenticator.scrubbed("you sent s3cret, YWxpY2U6czNjcmV0 and t1")
    assert said == "you sent …, … and …"


def test_credentials_hide_their_secrets() -> None:
    assert "s3cret" not in repr(_ALICE)
    assert "alice" not in repr(_ALICE)


def test_challenges_are_read_with_quotes_commas_and_more_than_one() -> None:
    found = parse_challenges('Basic realm="a, \\"b\\"", charset=UTF-8, Bearer realm="https://x/?a=b,c" , scope="p q"')
    assert [(challenge.scheme, dict(challenge.parameters)) for challenge in found] == [
        ("basic", {"realm": 'a, "b"', "charset": "UTF-8"}),
        ("bearer", {"realm": "https://x/?a=b,c", "scope": "p q"}),
    ]


@given(st.text())
def test_no_header_breaks_the_reader(text: str) -> None:
    for challenge in parse_challenges(text):
        assert challenge.scheme == challenge.scheme.lower()


@given(st.text(alphabet='abBearsic =",\\', max_size=60))
def test_no_header_of_the_right_letters_breaks_it_either(text: str) -> None:
    parse_challenges(text)


def test_scopes_are_joined_per_resource() -> None:
    assert merged_scopes("repository:a:pull registry:catalog:*", "repository:a:pull,push") == (
        "registry:catalog:* repository:a:pull,push"
    )
    assert merged_scopes("", None) == ""
    assert merged_scopes("nonsense \x00:\x01", "repository:a:pull") == "repository:a:pull"
