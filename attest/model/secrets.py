"""Keys, passwords and tokens in a model's folder: a version cannot be taken back, so they are found before it exists.

There is no way to say "publish it all the same" but to leave the file out, which is then part of what is signed.
Names are looked at first; small files are also read, because a key is a key under any name.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from attest.errors import ModelError
from attest.model.exclusion import excluding
from attest.model.names import shown
from attest.model.reading import cannot_read, open_regular

if TYPE_CHECKING:
    from attest.model.tree import Tree, TreeEntry

_READ_BYTES: Final = 64 * 1024
"""Files up to this size are read. Key files have a few kilobytes."""
_TOKEN_BYTES: Final = 4 * 1024
_MOST_SHOWN: Final = 10

_BY_NAME: Final = (
    (r"\.env(?:\.(?!example$|sample$|template$|dist$)[^/]*)?", "environment variables, usually with passwords"),
    (r"id_(?:rsa|dsa|ecdsa|ecdsa_sk|ed25519|ed25519_sk|xmss)", "an SSH key"),
    (r"[^/]*\.ppk", "a PuTTY key"),
    (r"[^/]*\.(?:p12|pfx|jks|keystore|bcfks|kdbx?|kbx)", "a key store"),
    (r"[._]netrc|\.git-credentials|\.pgpass|\.my\.cnf|\.htpasswd|\.vault-token|\.boto|\.s3cfg", "stored passwords"),
    (
        r"\.npmrc|\.yarnrc\.yml|\.pypirc|\.dockercfg|\.terraformrc|credentials\.tfrc\.json",
        "tokens of a package registry",
    ),
    (r"kubeconfig|[^/]*\.kubeconfig", "access to a Kubernetes cluster"),
    (r"application_default_credentials\.json", "access to a cloud account"),
    (r"stored_tokens", "Hugging Face tokens"),
)
_BY_PATH: Final = (
    (r"\.aws/credentials|\.azure/[^/]*(?:tokens?|msal)[^/]*|gcloud/credentials\.db", "access to a cloud account"),
    (r"\.kube/config", "access to a Kubernetes cluster"),
    (r"\.docker/config\.json", "tokens of a container registry"),
    (r"\.?huggingface/token", "a Hugging Face token"),
    (r"\.gnupg/[^/]+|\.ssh/(?!known_hosts|[^/]*\.pub$)[^/]+", "keys"),
)
_NAMES: Final = re.compile("|".join(f"(?P<n{number}>{form})" for number, (form, _) in enumerate(_BY_NAME)))
_PATHS: Final = re.compile("|".join(f"(?:.*/)?(?P<p{number}>{form})" for number, (form, _) in enumerate(_BY_PATH)))

_PRIVATE_KEY: Final = re.compile(
    rb"-----BEGIN (?:[A-Z0-9 ]{1,40} )?PRIVATE KEY(?: BLOCK)?-----\s*(?:\\r)?(?:\\n)?"
    rb"(?:[A-Za-z-]+: [^\n]*\n)*\s*[A-Za-z0-9+/=]{40}"
)
"""PKCS#8, PKCS#1, SEC 1, OpenSSH, OpenPGP, Sigstore and our own keys, encrypted ones too, and inside JSON. The dashes
alone, as documentation shows them, are not enough."""
_KUBE: Final = re.compile(rb"clusters\"?\s*:.*^\s*\"?(?:client-key-data|token)\"?\s*:\s*\S", re.MULTILINE | re.DOTALL)

_BY_CONTENT: Final = tuple(
    (marks, re.compile(form) if isinstance(form, bytes) else form, what)
    for marks, form, what in (
        ((b"PRIVATE KEY",), _PRIVATE_KEY, "a private key"),
        ((b"AGE-SECRET-KEY-",), rb"AGE-SECRET-KEY-1[0-9A-Z]{50}", "a private key"),
        ((b"PuTTY-User-Key",), rb"PuTTY-User-Key-File-\d: ", "a private key"),
        ((b"hf_",), rb"(?<![A-Za-z0-9_])hf_[A-Za-z]{34}(?![A-Za-z0-9_])", "a Hugging Face token"),
        ((b"ghp_", b"gho_", b"ghs_", b"ghu_", b"ghr_"), rb"(?<!\w)gh[pousr]_[A-Za-z0-9]{36}(?!\w)", "a GitHub token"),
        ((b"github_pat_",), rb"(?<!\w)github_pat_\w{82}(?!\w)", "a GitHub token"),
        ((b"glpat-",), rb"(?<!\w)glpat-[\w-]{20}(?![\w-])", "a GitLab token"),
        ((b"pypi-AgEI",), rb"pypi-AgEI[\w-]{50}", "a token of a package registry"),
        ((b"client-key-data", b"token"), _KUBE, "access to a Kubernetes cluster"),
    )
)
"""What has to be in a file for it to be looked at closely, the form, and what it is."""
_ONE_TOKEN: Final = re.compile(
    rb"\s*(?:hf_[A-Za-z0-9]{30,}|glpat-[\w-]{20,}|sk-[\w-]{32,}|xox[abpr]-[\w-]{20,}|AKIA[0-9A-Z]{16}\S*"
    rb"|eyJ[\w-]+\.eyJ[\w-]+\.[\w-]*)\s*"
)
"""A file that is one token and nothing else, as tools store them."""
_DER_KEY: Final = re.compile(rb"\x30(?:[\x00-\x7f]|\x81.|\x82..)\x02\x01[\x00\x01](?:\x30|\x02|\x04)", re.DOTALL)
_DER_ENDINGS: Final = (".der", ".key", ".pk8", ".p8")


class Secret(Struct, frozen=True, kw_only=True):
    """A file that must not be published.

    Args:
        path: where it is inside the model.
        what: what it seems to be, for people.
    """

    path: str
    what: str


def find_secrets(tree: Tree) -> tuple[Secret, ...]:
    """List the files of a model that hold keys, passwords or tokens.

    Raises:
        ModelError: `unreadable` or `file-changed`: a file could not be looked into.
    """
    found = ((entry.path, _by_name(entry.path) or _by_content(entry)) for entry in tree.entries)
    return tuple(Secret(path=path, what=what) for path, what in found if what is not None)


def refuse_secrets(tree: Tree) -> None:
    """Let a model pass that holds no keys, passwords or tokens.

    Raises:
        ModelError: `secret-in-model`, naming each; `unreadable`, `file-changed`.
    """
    secrets = find_secrets(tree)
    if not secrets:
        return
    listed = "; ".join(f"{shown(secret.path)}: {secret.what}" for secret in secrets[:_MOST_SHOWN])
    more = f"; and {len(secrets) - _MOST_SHOWN} more" if len(secrets) > _MOST_SHOWN else ""
    count = "a secret" if len(secrets) == 1 else f"{len(secrets)} secrets"
    raise ModelError(
        f"{tree.root.name or tree.root} holds {count} that would be published for ever",
        code="secret-in-model",
        found=listed + more,
        hint=" ".join(excluding(secret.path) for secret in secrets[:_MOST_SHOWN]),
    )


def _by_name(path: str) -> str | None:
    lower = path.lower()
    if (match := _NAMES.fullmatch(lower.rpartition("/")[2])) and match.lastgroup:
        return _BY_NAME[int(match.lastgroup[1:])][1]
    if (match := _PATHS.fullmatch(lower)) and match.lastgroup:
        return _BY_PATH[int(match.lastgroup[1:])][1]
    return None


def _by_content(entry: TreeEntry) -> str | None:
    if not 0 < entry.size <= _READ_BYTES:
        return None
    data = _read(entry)
    for marks, form, what in _BY_CONTENT:
        if any(mark in data for mark in marks) and form.search(data):
            return what
    if len(data) <= _TOKEN_BYTES and _ONE_TOKEN.fullmatch(data):
        return "an access token"
    if entry.path.lower().endswith(_DER_ENDINGS) and _DER_KEY.match(data):
        return "a private key"
    return None


def _read(entry: TreeEntry) -> bytes:
    handle, _ = open_regular(entry.place, path=entry.path)
    try:
        return os.read(handle, _READ_BYTES)
    except OSError as error:
        raise cannot_read(entry.path, error) from error
    finally:
        os.close(handle)
