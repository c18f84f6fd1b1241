"""One visit of a browser: open the identity provider's page, wait for it to come back with a code.

Whoever comes back has to bring the state that only this visit has (RFC 6749 section 10.12; sigstore-python before 4.2
did not look: GHSA-hm8f-75xx-w2vr). The server listens on loopback, for as long as the visit may take.
"""

from __future__ import annotations

import hmac
import http.server
import secrets
import time
import webbrowser
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, urlencode, urlsplit

from attest.errors import CredentialError
from attest.signing.services import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_PATH: Final = "/auth/callback"
"""Where Sigstore's own provider lets its client come back to, on any port."""

_CLIENT_SECONDS: Final = 5.0
_DONE: Final = b"Logged in. This page can be closed.\n"


def is_here() -> bool:
    """Whether there is a browser to open."""
    try:
        webbrowser.get()
    except webbrowser.Error:
        return False
    return True


def visit(page: str, query: Mapping[str, str], *, say: Callable[[str], None], seconds: float) -> tuple[str, str]:
    """Let a person log in; gives the code and the address that it came to.

    Args:
        page: the provider's authorization endpoint.
        query: what it is asked, without address and state.
        say: shows one line to the person.
        seconds: how long that may take.

    Raises:
        CredentialError: `login-failed`: refused, or not done in time.
    """
    state = secrets.token_urlsafe(32)
    answers: list[dict[str, str]] = []
    with http.server.HTTPServer(("127.0.0.1", 0), _handler(state, answers)) as server:
        address = f"http://localhost:{server.server_port}{_PATH}"
        asked = urlencode({**query, "response_type": "code", "redirect_uri": address, "state": state})
        target = f"{page}{'&' if urlsplit(page).query else '?'}{asked}"
        say(f"log in at {target}" if not webbrowser.open(target) else "waiting for the browser")
        ends = time.monotonic() + seconds
        while not answers and (left := ends - time.monotonic()) > 0:
            setattr(server, "timeout", left)  # noqa: B010  # typed as never set
            server.handle_request()
    if not answers:
        raise CredentialError("the login took too long", code="login-failed", hint="run it again")
    if "code" not in answers[0]:
        found = printable(answers[0].get("error", "no code"))
        raise CredentialError("the login did not succeed", code="login-failed", found=found)
    return answers[0]["code"], address


def _handler(state: str, answers: list[dict[str, str]]) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        """Takes the one answer that knows the state; everything else is nobody's business."""

        timeout = _CLIENT_SECONDS

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            said = {name: values[0] for name, values in parse_qs(parts.query, max_num_fields=20).items()}
            ours = parts.path == _PATH and hmac.compare_digest(said.get("state", "").encode(), state.encode())
            if ours:
                answers.append(said)
            self.send_response(200 if ours else 404)
            self.send_header("Content-Type", "text/plain; charset=utf-8")
            self.end_headers()
            self.wfile.write(_DONE if ours and "code" in said else b"\n")

        def log_message(self, *_: Any) -> None:
            """Say nothing: the address holds the code."""

    return Handler
