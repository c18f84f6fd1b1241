"""AWS KMS as moto plays it: a server of its own on loopback, spoken to over real HTTP.

moto 5.2.5 ignores `MessageType=DIGEST` and hashes the digest once more, which AWS does not (API reference of Sign).
With `--digests` the server does as AWS does; without, it is moto as it is, and a service that signs wrongly.
"""

from __future__ import annotations

import base64
import contextlib
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).parents[2]
REGION = "eu-west-1"
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "example",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_EC2_METADATA_DISABLED": "true",
}


@dataclass(frozen=True, kw_only=True)
class Kms:
    """A running service.

    Args:
        host: with port.
    """

    host: str

    @property
    def environment(self) -> Mapping[str, str]:
        """What AWS's own tools read."""
        return {**CREDENTIALS, "AWS_ENDPOINT_URL_KMS": f"http://{self.host}"}

    def client(self) -> Any:
        import boto3  # type: ignore[import-untyped]

        return boto3.session.Session().client(
            "kms",
            region_name=REGION,
            endpoint_url=f"http://{self.host}",
            aws_access_key_id="AKIAEXAMPLE",
            aws_secret_access_key="example",
        )

    def add_key(self, alias: str, spec: str = "ECC_NIST_P256", usage: str = "SIGN_VERIFY") -> str:
        """Make a key; its identifier."""
        client = self.client()
        made: str = client.create_key(KeySpec=spec, KeyUsage=usage)["KeyMetadata"]["KeyId"]
        client.create_alias(AliasName=f"alias/{alias}", TargetKeyId=made)
        return made


@contextlib.contextmanager
def running(*arguments: str) -> Iterator[Kms]:
    """moto's server, for as long as the block lasts."""
    for package in ("boto3", "moto", "flask_cors"):
        pytest.importorskip(package, reason=f"{package} is not installed")
    with subprocess.Popen(
        [sys.executable, "-m", "tests.services.moto_kms", *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "AWS_EC2_METADATA_DISABLED": "true"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        stdin=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            host = process.stdout.readline().strip()
            if not host:
                pytest.fail("moto's server did not start")
            yield Kms(host=host)
        finally:
            process.terminate()


def _sign_digests() -> None:
    """Make moto sign a digest as it is where it is told that it is one."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
    from moto.kms.responses import KmsResponse

    kinds = {"ECDSA_SHA_256": hashes.SHA256(), "ECDSA_SHA_384": hashes.SHA384()}
    as_moto_does = KmsResponse.sign

    def sign(self: Any) -> str:
        import json

        answer: str = as_moto_does(self)
        if self._get_param("MessageType") != "DIGEST":
            return answer
        document = json.loads(answer)
        key = self.kms_backend.describe_key(self._get_param("KeyId")).private_key.private_key
        digest = self._get_param("Message")
        digest = digest if isinstance(digest, bytes) else base64.b64decode(digest)
        signed = key.sign(digest, ec.ECDSA(Prehashed(kinds[document["SigningAlgorithm"]])))
        return json.dumps({**document, "Signature": base64.b64encode(signed).decode()})

    KmsResponse.sign = sign  # type: ignore[method-assign]


def _serve() -> None:
    from moto.server import ThreadedMotoServer

    if "--digests" in sys.argv:
        _sign_digests()
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    print(f"{host}:{port}", flush=True)  # noqa: T201  # whoever started it reads this
    sys.stdin.read()  # ends when whoever started it does


if __name__ == "__main__":
    _serve()
