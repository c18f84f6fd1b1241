"""The reference forms, and everything that looks like one and is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attest_registry.errors import BadReference
from attest_registry.reference import Reference

HEX = "a" * 64


@pytest.mark.parametrize(
    ("text", "host", "model", "version", "alias"),
    [
        ("credit-risk:1", None, "credit-risk", "1", None),
        ("acme/credit-risk:1.4.0", None, "acme/credit-risk", "1.4.0", None),
        ("credit-risk@production", None, "credit-risk", None, "production"),
        ("credit-risk", None, "credit-risk", None, None),
        ("ghcr.io/acme/credit-risk:5", "ghcr.io", "acme/credit-risk", "5", None),
        ("localhost:5000/demo/model:1", "localhost:5000", "demo/model", "1", None),
        ("127.0.0.1:5000/demo/model:1", "127.0.0.1:5000", "demo/model", "1", None),
        ("localhost/m", "localhost", "m", None, None),
        ("[::1]:5000/m:1", "[::1]:5000", "m", "1", None),
        ("credit-risk/3", None, "credit-risk", "3", None),
        ("models:/credit-risk/3", None, "credit-risk", "3", None),
        ("models:/credit-risk@champion", None, "credit-risk", None, "champion"),
        ("attest://ghcr.io/acme/m@production", "ghcr.io", "acme/m", None, "production"),
    ],
)
def test_forms(text: str, host: str | None, model: str, version: str | None, alias: str | None) -> None:
    reference = Reference.parse(text)
    assert (reference.host, reference.model, reference.version, reference.alias) == (host, model, version, alias)


def test_digest_forms() -> None:
    assert str(Reference.parse(f"m@sha256:{HEX}")) == f"m@sha256:{HEX}"
    both = Reference.parse(f"ghcr.io/m:1@sha256:{HEX}")
    assert (both.version, str(both.digest)) == ("1", f"sha256:{HEX}")
    assert str(both) == f"ghcr.io/m:1@sha256:{HEX}"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "bad-reference"),
        ("Credit-Risk:1", "bad-reference"),
        ("../etc/passwd", "bad-reference"),
        ("a//b", "bad-reference"),
        ("/a", "bad-reference"),
        ("a/../b:1", "bad-reference"),
        ("a:", "bad-reference"),
        ("a@", "bad-reference"),
        ("a:1@production", "bad-reference"),
        ("a:01", "bad-reference"),
        ("a:12345678901", "bad-reference"),
        ("a:lat est", "bad-reference"),
        ("a:1\n", "bad-reference"),
        ("a b", "bad-reference"),
        ("a@sha256:123", "bad-reference"),
        ("a@sha512:" + "a" * 128, "bad-reference"),
        ("-.com/a:1", "bad-reference"),
        ("a:latest", "name-reserved"),
        ("a@latest", "name-reserved"),
        ("a:v3", "name-reserved"),
        ("a:attest-log", "name-reserved"),
        (f"a:sha256-{HEX}", "name-reserved"),
        ("blobs/a:1", "name-reserved"),
        ("a/blobs:1", "name-reserved"),
        ("a" * 201, "bad-reference"),
        ("\uff41:1", "bad-reference"),
    ],
)
def test_refusals(text: str, code: str) -> None:
    with pytest.raises(BadReference) as refused:
        Reference.parse(text)
    assert refused.value.code == code


def test_upper_case_says_what_to_write() -> None:
    with pytest.raises(BadReference) as refused:
        Reference.parse("Credit")
    assert refused.value.hint == "write 'credit'"


@given(st.text(max_size=60))
def test_what_parses_is_safe_as_a_path_and_round_trips(text: str) -> None:
    try:
        reference = Reference.parse(text)
    except BadReference:
        return
    assert Reference.parse(str(reference)) == reference
    assert all(part not in {"", ".", ".."} for part in reference.model.split("/"))
    assert not set(reference.model) & set("\\\0 :@%")
