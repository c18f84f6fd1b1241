"""DSSE: what exactly is signed (secure-systems-lab/dsse protocol.md v1.0.2), and base64 with one spelling per value.

Base64 is read strictly: decoders that skip junk or accept other paddings give one signature many spellings, and two
programs that disagree about them read two bundles (sigstore-python 4.5.1 does so).
"""

from __future__ import annotations

import base64
import binascii

from attest.errors import MalformedEvidence


def pae(payload_type: str, payload: bytes) -> bytes:
    """Pre-authentication encoding: the bytes that a DSSE signature covers.

    Args:
        payload_type: the envelope's own type, never an assumed one.
        payload: the signed words.
    """
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def encode_base64(data: bytes) -> str:
    """Standard alphabet, padded."""
    return base64.b64encode(data).decode("ascii")


def decode_base64(text: str, *, what: str) -> bytes:
    """Read standard, padded, canonical base64 and nothing else.

    Args:
        text: the encoded bytes.
        what: the thing's name for messages.

    Raises:
        MalformedEvidence: other characters, wrong padding, or bits that the canonical form leaves zero.
    """
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise MalformedEvidence(
            f"{what} is not base64", expected="standard alphabet, padded", found=repr(text[:40])
        ) from error
    if encode_base64(data) != text:
        raise MalformedEvidence(f"{what} is not canonical base64", found=repr(text[-40:]))
    return data
