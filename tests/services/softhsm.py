"""Debian's SoftHSM 2 as a fixture: tokens in a folder of the test's own, filled through the library itself."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping

MODULES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/softhsm/libsofthsm2.so", "/usr/lib64/libsofthsm2.so")
PIN = "1234"
P256, P384, P521 = "secp256r1", "secp384r1", "secp521r1"


@dataclass(frozen=True, kw_only=True)
class SoftHSM:
    """A folder of tokens.

    Args:
        folder: where they are.
        module: the PKCS#11 module.
    """

    folder: Path
    module: str

    @property
    def environment(self) -> Mapping[str, str]:
        """What the module reads."""
        return {"SOFTHSM2_CONF": str(self.folder / "softhsm2.conf")}

    def add_token(self, label: str) -> None:
        command = ["softhsm2-util", "--init-token", "--free", "--label", label, "--so-pin", "0000", "--pin", PIN]
        subprocess.run(command, env=dict(self.environment), check=True, capture_output=True)

    def uri(self, token: str, label: str, *query: str) -> str:
        return f"pkcs11:token={quote(token)};object={quote(label)}?" + "&".join((f"module-path={self.module}", *query))

    def add_key(self, token: str, label: str, *, identifier: bytes, curve: str = P256, **more: Any) -> None:
        """Make a key pair on a token.

        Args:
            token: label of the token.
            label: of both halves.
            identifier: CKA_ID of both halves.
            curve: by its SEC name.
            more: `always`: ask for the PIN each time; `kind`: another kind of key.
        """
        pkcs11 = pytest.importorskip("pkcs11", reason="python-pkcs11 is not installed")
        with self.open(token) as session:
            if more.get("kind") == "rsa":
                session.generate_keypair(pkcs11.KeyType.RSA, 2048, store=True, id=identifier, label=label)
                return
            parameters = session.create_domain_parameters(
                pkcs11.KeyType.EC,
                {pkcs11.Attribute.EC_PARAMS: pkcs11.util.ec.encode_named_curve_parameters(curve)},
                local=True,
            )
            template = {pkcs11.Attribute.ALWAYS_AUTHENTICATE: True} if more.get("always") else {}
            parameters.generate_keypair(store=True, id=identifier, label=label, private_template=template)

    def open(self, token: str) -> Any:
        """A session that may write."""
        pkcs11 = pytest.importorskip("pkcs11", reason="python-pkcs11 is not installed")
        return pkcs11.lib(self.module).get_token(token_label=token).open(rw=True, user_pin=PIN)

    def public_object(self, session: Any, label: str) -> Any:
        import pkcs11

        return session.get_key(object_class=pkcs11.ObjectClass.PUBLIC_KEY, label=label)


def fresh(folder: Path) -> SoftHSM:
    """A folder without tokens, or a skip where SoftHSM is not installed. The caller sets the environment."""
    module = next((path for path in MODULES if Path(path).exists()), None)
    if module is None or shutil.which("softhsm2-util") is None:
        pytest.skip("SoftHSM is not installed here: apt-get install softhsm2")
    (folder / "tokens").mkdir(parents=True)
    (folder / "softhsm2.conf").write_text(
        f"directories.tokendir = {folder}/tokens\nobjectstore.backend = file\nlog.level = ERROR\n"
    )
    return SoftHSM(folder=folder, module=module)
