"""Tokens as a test wants them; nobody signed them."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


def encode(value: Any) -> str:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def jwt(**changed: Any) -> str:
    now = NOW.timestamp()
    said = {"iss": "https://issuer.test", "sub": "me", "aud": "sigstore", "iat": now, "nbf": now, "exp": now + 600}
    said = {name: value for name, value in {**said, **changed}.items() if value is not None}
    return f"{encode({'alg': 'RS256'})}.{encode(said)}.{encode(b'signature')}"
