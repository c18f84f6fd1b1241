from __future__ import annotations

import base64
import subprocess
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from attest.errors import ModelError
from attest.model.secrets import find_secrets, refuse_secrets
from attest.model.tree import walk

if TYPE_CHECKING:
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

KEY = ec.generate_private_key(ec.SECP256R1())
BODY = base64.b64encode(bytes(range(60)))


def pem(form: PrivateFormat, *, passphrase: bytes | None = None, key: PrivateKeyTypes = KEY) -> bytes:
    lock = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    return key.private_bytes(Encoding.PEM, form, lock)


def armoured(kind: bytes) -> bytes:
    return b"-----BEGIN " + kind + b"-----\n" + BODY + b"\n-----END " + kind + b"-----\n"


SERVICE_ACCOUNT = b'{"type": "service_account", "private_key": "-----BEGIN PRIVATE KEY-----\\n' + BODY + b'\\n"}'
KUBECONFIG = b"kind: Config\nclusters: []\nusers:\n- user:\n    client-key-data: QUFB\ncontexts: []\n"

SECRETS = [
    ("attest.key", pem(PrivateFormat.PKCS8)),
    ("locked.key", pem(PrivateFormat.PKCS8, passphrase=b"x")),
    ("weights.txt", pem(PrivateFormat.TraditionalOpenSSL)),
    ("deploy", pem(PrivateFormat.OpenSSH)),
    ("rsa", pem(PrivateFormat.TraditionalOpenSSL, key=rsa.generate_private_key(65537, 2048))),
    ("ed", pem(PrivateFormat.PKCS8, key=ed25519.Ed25519PrivateKey.generate())),
    ("server.der", KEY.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())),
    ("cosign.key", armoured(b"ENCRYPTED SIGSTORE PRIVATE KEY")),
    ("pgp.asc", b"-----BEGIN PGP PRIVATE KEY BLOCK-----\nVersion: 1\n\n" + BODY + b"\n"),
    ("old", b"-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n" + BODY),
    ("credentials.json", SERVICE_ACCOUNT),
    ("config.json", SERVICE_ACCOUNT),
    ("bundle.pem", b"certificate first\n" * 20 + pem(PrivateFormat.PKCS8)),
    (".env", b"A=1"),
    ("sub/.env.production", b"A=1"),
    (".ssh/id_rsa", b"?"),
    ("id_ed25519", b"?"),
    ("ID_RSA", b"?"),
    (".netrc", b""),
    (".npmrc", b""),
    (".pypirc", b""),
    (".git-credentials", b""),
    (".aws/credentials", b""),
    (".kube/config", b""),
    ("deep/.docker/config.json", b"{}"),
    ("huggingface/token", b""),
    ("store.p12", b""),
    ("key.ppk", b""),
    ("token", b"hf_" + b"A" * 34 + b"\n"),
    ("train.py", b"login('hf_" + b"AbCdEfGhIj" * 3 + b"AbCd')\n"),
    ("notes.md", b"push with ghp_" + b"a1B2" * 9 + b" please"),
    ("any", b"AGE-SECRET-KEY-1" + b"Q" * 58),
    ("k.yaml", KUBECONFIG),
]  # fmt: skip

HARMLESS = [
    ("attest.pub", KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)),
    ("README.md", b"A key starts with -----BEGIN PRIVATE KEY----- and ends with -----END PRIVATE KEY-----\n"),
    ("id_rsa.pub", b"ssh-rsa AAAA"),
    ("id_to_label.json", b"{}"),
    (".env.example", b"HF_TOKEN=\n"),
    ("tokenizer.json", b'{"hf_": 1, "token": "x", "ghp_": 2}'),
    ("tokens.txt", b"hf_xxxx\n"),
    ("certificate.pem", armoured(b"CERTIFICATE")),
    ("config.json", b'{"clusters": 8, "contexts": 2, "n": 1}'),
    ("notes.key", b"major, minor\n"),
    ("empty.key", b""),
]


def folder(root: Path, path: str, data: bytes) -> Path:
    (root / "m" / path).parent.mkdir(parents=True, exist_ok=True)
    (root / "m" / path).write_bytes(data)
    return root / "m"


@pytest.mark.parametrize(("path", "data"), SECRETS, ids=[path for path, _ in SECRETS])
def test_a_secret_is_refused_and_named_with_the_way_out(tmp_path: Path, path: str, data: bytes) -> None:
    root = folder(tmp_path, path, data)
    with pytest.raises(ModelError) as caught:
        refuse_secrets(walk(root))
    assert caught.value.code == "secret-in-model"
    assert path in (caught.value.found or "")
    assert caught.value.hint == f"--exclude {path}"
    assert KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()[30:60] not in str(
        vars(caught.value)
    )


@pytest.mark.parametrize(("path", "data"), HARMLESS, ids=[path for path, _ in HARMLESS])
def test_what_is_no_secret_passes(tmp_path: Path, path: str, data: bytes) -> None:
    refuse_secrets(walk(folder(tmp_path, path, data)))


def test_all_secrets_are_named_and_the_hint_leaves_them_out(tmp_path: Path) -> None:
    for path in (".env", "a b/it's [1].key", "c/.netrc"):
        root = folder(tmp_path, path, pem(PrivateFormat.PKCS8))
    (root / "fine.txt").write_bytes(b"fine")
    with pytest.raises(ModelError) as caught:
        refuse_secrets(walk(root))
    arguments = subprocess.run(
        ["bash", "-c", f"printf '%s\\n' {caught.value.hint}"], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    tree = walk(root, exclude=[word for word in arguments if word != "--exclude"])
    refuse_secrets(tree)
    assert [entry.path for entry in tree.entries] == ["fine.txt"]
    assert tree.notices == ()


def test_a_secret_behind_a_link_is_found(tmp_path: Path) -> None:
    root = folder(tmp_path, "real", pem(PrivateFormat.PKCS8))
    (root / "link").symlink_to("real")
    assert [secret.path for secret in find_secrets(walk(root))] == ["link", "real"]


def test_a_single_file_that_is_a_key_is_refused(tmp_path: Path) -> None:
    root = folder(tmp_path, "k", pem(PrivateFormat.PKCS8))
    with pytest.raises(ModelError) as caught:
        refuse_secrets(walk(root / "k"))
    assert caught.value.code == "secret-in-model"
