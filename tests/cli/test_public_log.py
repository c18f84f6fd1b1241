"""What goes into a public log stays there: it is said before a token is used, and asked where there is somebody."""

from __future__ import annotations

import pytest

from attest.cli import render, signers
from attest.errors import Interrupted
from attest.signing.tokens import Token
from tests.signing.token_samples import NOW, jwt


def token() -> Token:
    return Token.read(jwt(), origin="the environment", now=NOW)


@pytest.mark.parametrize("yes", [True, False])
def test_without_anybody_to_ask_it_is_a_warning(yes: bool, capsys: pytest.CaptureFixture[str]) -> None:
    signers._say_public(token(), yes=yes)
    assert "public log that cannot be erased" in capsys.readouterr().err


def test_with_somebody_at_the_terminal_it_is_a_question(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(render, "on_terminal", lambda: True)

    def confirm(text: str) -> bool:
        asked.append(text)
        return len(asked) > 1

    monkeypatch.setattr(render, "confirm", confirm)
    with pytest.raises(Interrupted) as refused:
        signers._say_public(token(), yes=False)
    assert (refused.value.code, refused.value.exit_status) == ("declined", 130)
    signers._say_public(token(), yes=False)
    assert len(asked) == 2
    assert "the environment" in asked[0]
