"""An identity provider on loopback for a real Fulcio, which fetches its keys and checks every token by itself.

It is two issuers at one port: `/ci` vouches for jobs as GitHub does, `/people` for e-mail addresses.
"""

from __future__ import annotations

import base64
import contextlib
import json
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

if TYPE_CHECKING:
    from collections.abc import Iterator

CI, PEOPLE = "/ci", "/people"
_DISCOVERY = "/.well-known/openid-configuration"
_LIFE_SECONDS = 600


@dataclass(frozen=True, kw_only=True)
class Issuer:
    """A running provider.

    Args:
        url: without a path.
        key: signs its tokens.
    """

    url: str
    key: rsa.RSAPrivateKey

    def token(self, path: str, *, key: rsa.RSAPrivateKey | None = None, **claims: Any) -> str:
        """A token of one of the issuers, signed by `key` where a test forges one."""
        now = int(time.time())
        common = {"iss": self.url + path, "aud": "sigstore", "iat": now, "nbf": now - 5, "exp": now + _LIFE_SECONDS}
        words = f"{_part({'alg': 'RS256', 'typ': 'JWT', 'kid': '1'})}.{_part(common | claims)}"
        signature = (key or self.key).sign(words.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{words}.{_text(signature)}"


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _part(document: dict[str, Any]) -> str:
    return _text(json.dumps(document).encode())


def _number(value: int) -> str:
    return _text(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def _handler(key: rsa.RSAPrivateKey) -> type[BaseHTTPRequestHandler]:
    numbers = key.public_key().public_numbers()
    known = {"kid": "1", "alg": "RS256", "use": "sig", "kty": "RSA", "n": _number(numbers.n), "e": _number(numbers.e)}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.removesuffix(_DISCOVERY)
            found: dict[str, Any] | None = None
            base = f"http://{self.headers['Host']}"
            if self.path == "/keys":
                found = {"keys": [known]}
            elif path != self.path and path in (CI, PEOPLE):
                found = {
                    "issuer": base + path,
                    "jwks_uri": f"{base}/keys",
                    "authorization_endpoint": f"{base}/auth",
                    "token_endpoint": f"{base}/token",
                    "response_types_supported": ["id_token"],
                    "subject_types_supported": ["public"],
                    "id_token_signing_alg_values_supported": ["RS256"],
                }
            body = json.dumps(found).encode()
            self.send_response(404 if found is None else 200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    return Handler


@contextlib.contextmanager
def running() -> Iterator[Issuer]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(key))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Issuer(url=f"http://127.0.0.1:{server.server_port}", key=key)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
