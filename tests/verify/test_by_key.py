from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attest.verify.by_key import describe_hint


@pytest.mark.parametrize(
    ("hint", "shown"),
    [
        (None, None),
        ("", None),
        ("ab" * 32, "key with PEM digest sha256:abababababab, as stated"),
        (base64.b64encode(b"\xab" * 32).decode(), "key sha256:abababababab, as stated"),
        ("alice", "key 'alice', as stated"),
        ("AB" * 32, f"key {'AB' * 32!r}, as stated"),
        ("\x1b[2J", "key '\\x1b[2J', as stated"),
    ],
)
def test_a_hint_is_shown_in_our_form_and_as_hearsay(hint: str | None, shown: str | None) -> None:
    assert describe_hint(hint) == shown


@given(st.text(max_size=300))
def test_any_hint_is_shown_short_and_printable(hint: str) -> None:
    shown = describe_hint(hint)
    assert shown is None or (shown.isprintable() and len(shown) < 1_000)
