"""The shipped policy behind `--key`, as values: importing a YAML parser takes longer than judging by it.

`policies/key.yaml` is the same policy for people to read and copy; a test holds the two equal.
"""

from __future__ import annotations

from typing import Final

from attest.errors import PolicyError
from attest.strict_yaml import Document

NAME: Final = "key"


def document() -> Document:
    """The policy as it would be read from `policies/key.yaml`; a new one each time, to be added to."""
    return Document(
        value={
            "apiVersion": "attest/v1",
            "kind": "Policy",
            "name": NAME,
            "description": "The short form, for one key that you trust. Everything has to be signed by it.",
            "identities": {"signer": {"key": "given"}},
            "require": {
                "signature": {"by": ["signer"]},
                "provenance": {"by": ["signer"]},
                "ml-bom": {"by": ["signer"], "consistent": True},
            },
            "formats": {
                "allow": ["safetensors", "gguf", "onnx", "numpy", "hdf5", "keras", "archive", "json", "text", "binary"]
            },
            "lineage": {"datasets": "any", "base-model": "any", "teacher-model": "any", "source": "any"},
        },
        what="policies/key.yaml",
        text="",
        prefix="policy",
        failure=PolicyError,
        values={},
        keys={},
    )
