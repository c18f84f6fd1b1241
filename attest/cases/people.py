"""Who signs in a case: throw-away keys in memory, each standing for an identity of a policy, or for a stranger."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from attest.cases.keys import STRANGER
from attest.errors import AttestError, PolicyError
from attest.evidence.evidence import Evidence
from attest.signing.algorithms import new_private_key
from attest.signing.bundle import sign_statement
from attest.signing.signer import KeySigner
from attest.trust.identity import TrustedKey
from attest.trust.trusted_holder import TrustedHolder
from attest.verify.facts import Judged
from attest.verify.supposed import as_subject, suppose
from attest.verify.verifier import keep, reject, verify

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from attest.claims.statement import Statement
    from attest.model.artefact import Artefact
    from attest.policy.requirements import Identity, Policy
    from attest.trust.signatory import Signatory
    from attest.verify.facts import Fact, Rejected


class Spoken(Struct, frozen=True, kw_only=True):
    """A signed claim.

    Args:
        evidence: the bundle.
        by: the name of whoever signed it.
        proven: when that is proven; `None` where it is not.
    """

    evidence: Evidence
    by: str
    proven: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class People:
    """Everybody who signs in the cases of one file, by the name that the cases give him.

    Args:
        roles: role → identities.
        names: the identities.
        identities: those of the policy that is tried out, where they have keys of their own.
    """

    roles: Mapping[str, tuple[str, ...]]
    names: tuple[str, ...]
    identities: Mapping[str, Identity] = field(default_factory=dict)
    _signers: dict[str, KeySigner] = field(default_factory=dict, repr=False)

    def named(self, name: str, *, at: str) -> str:
        """The identity that a case means: by its own name, or as the first who has a role.

        Raises:
            PolicyError: nobody is called so, and it is no stranger (`policy-unknown-identity`).
        """
        if name in self.names or name == STRANGER or name.startswith(f"{STRANGER}-"):
            return name
        if name in self.roles:
            return self.roles[name][0]
        raise PolicyError(
            f"{at}: '{name[:80]}' is none of the identities or roles of the policy",
            code="policy-unknown-identity",
            expected=", ".join((*self.names, *self.roles, STRANGER)),
        )

    def signer(self, name: str) -> KeySigner:
        """The throw-away key of somebody."""
        if name not in self._signers:
            self._signers[name] = KeySigner(private_key=new_private_key())
        return self._signers[name]

    def own_name(self, name: str) -> dict[str, Any]:
        """How claims name somebody whom they are about; see `SignerName`."""
        identity = self.identities.get(name)
        signatory = identity.keys[0] if identity is not None and identity.keys else self._own(name)
        if isinstance(signatory, TrustedHolder):
            holder = signatory.identity
            return {"issuer": holder.issuer, "subject": as_subject(holder.subject, holder.subject_glob)}
        return {"key": {"sha256": signatory.fingerprint.hex}}

    def sign(self, statement: Statement, *, by: str, spoilt: bool = False) -> Evidence:
        """A bundle."""
        raw = sign_statement(statement, self.signer(by))
        if spoilt:
            document = json.loads(raw)
            (signature,) = document["dsseEnvelope"]["signatures"]
            made = self.signer(by).sign(b"other words")
            signature["sig"] = base64.b64encode(made).decode()
            raw = json.dumps(document).encode()
        return Evidence(raw=raw, origin=by)

    def filled(self, policy: Policy) -> Policy:
        """The policy with throw-away keys where it waits for keys (`key: given`)."""
        identities = {
            name: identity if identity.keys else replace(identity, keys=(self._own(name),), given=False)
            for name, identity in policy.identities.items()
        }
        return replace(policy, identities=identities)

    def _own(self, name: str) -> TrustedKey:
        signer = self.signer(name)
        return TrustedKey(name=name, public_key=signer.public_key, fingerprint=signer.fingerprint, origin="a case")

    def keys_of(self, policy: Policy) -> list[TrustedKey]:
        """The throw-away keys of everybody whom a policy names."""
        return [self._own(name) for name in policy.identities]

    def judge(self, spoken: Sequence[Spoken], *, artefact: Artefact, model: str, policy: Policy) -> Judged:
        """What a policy's verifier would make of the claims.

        Args:
            spoken: the claims.
            artefact: the version.
            model: its name.
            policy: whose identities count.
        """
        facts: dict[tuple[bytes, str], Fact] = {}
        rejected: list[Rejected] = []
        keys = self.keys_of(policy)
        for each in sorted(
            {each.evidence.digest: each for each in spoken}.values(), key=lambda said: said.evidence.digest
        ):
            try:
                fact = verify(each.evidence, artefact=artefact, model=model, keys=keys, other_names=policy.other_names)
                keep(facts, suppose(fact, signer=_signatory(policy.identities[each.by]), time=each.proven))
            except AttestError as error:
                rejected.append(reject(each.evidence, error))
        return Judged(facts=tuple(facts.values()), rejected=tuple(rejected))


def _signatory(identity: Identity) -> Signatory:
    return identity.keys[0]
