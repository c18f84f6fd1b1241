"""What the tests with a real Sigstore share: a person without a key, and cosign without a network."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.interop.tools import Person, program, run, succeed
from tests.services.go_sigstore.instance import JOB, GoSigstore

if TYPE_CHECKING:
    from pathlib import Path

    from tests.interop.tools import Outcome


@dataclass(frozen=True, kw_only=True, slots=True)
class Keyless:
    """Somebody who signs with an identity, at an instance."""

    home: Path
    instance: GoSigstore
    subject: str
    issuer: str

    @classmethod
    def job(cls, home: Path, instance: GoSigstore) -> Keyless:
        """A job of a CI, as GitHub would vouch for it."""
        home.mkdir(exist_ok=True)
        return cls(home=home, instance=instance, subject=JOB, issuer=instance.ci)

    @property
    def person(self) -> Person:
        return Person(home=self.home)

    def attest(self, *arguments: str | Path) -> Outcome:
        return self.person.attest(*arguments)

    def push(self, folder: Path, reference: str, token: str, *options: str | Path) -> str:
        """Push and give the manifest's digest."""
        outcome = succeed(
            sys.executable, "-m", "attest", "push", folder, reference, "--keyless", "--trust-config",
            self.instance.trust_config, "--identity-token", token, "--quiet", "--yes", *options,
            cwd=self.home, env=self.person.env,
        )  # fmt: skip
        return outcome.out.strip().rpartition("@")[2]

    def whom(self, **other: str | Path) -> tuple[str | Path, ...]:
        """The options of `attest verify` that trust this identity, or another one."""
        said = {"identity": self.subject, "issuer": self.issuer, "trusted-root": self.instance.trusted_root, **other}
        return tuple(word for name, value in said.items() for word in (f"--{name}", value))

    def verdict(self, what: str | Path, *options: str | Path, **other: str | Path) -> dict[str, Any]:
        found: dict[str, Any] = self.attest("verify", what, *self.whom(**other), "--json", *options).json
        return found

    def cosign(self, verb: str, *arguments: str | Path, **other: str | Path) -> Outcome:
        """cosign, trusting this identity or another one; no log, no key and no root but the instance's is asked."""
        said = {
            "certificate-identity": self.subject,
            "certificate-oidc-issuer": self.issuer,
            "trusted-root": self.instance.trusted_root,
            **{name.replace("_", "-"): value for name, value in other.items()},
        }
        options = [word for name, value in said.items() for word in (f"--{name}", value)]
        return run(program("cosign"), verb, *options, *arguments, cwd=self.home, env=self.person.env)

    def sign_with_cosign(self, verb: str, token: str, *arguments: str | Path) -> None:
        """`cosign sign`, `attest` or `attest-blob` in the name that the token has."""
        succeed(
            program("cosign"), verb, "--signing-config", self.instance.signing_config, "--trusted-root",
            self.instance.trusted_root, "--identity-token", token, "--yes", *arguments,
            cwd=self.home, env=self.person.env,
        )  # fmt: skip


def written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path
