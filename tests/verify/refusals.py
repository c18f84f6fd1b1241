"""The questions that tests ask of the verifier for certificates and logs."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest

from attest.errors import AttestError
from attest.trust.certificate_identity import CertificateIdentity
from attest.trust.roots import TrustedRoot
from attest.verify.by_certificate import verify_certificate_bundle
from attest.verify.sigstore_bundle import SigstoreBundle
from tests.verify.private_fulcio import ISSUER, SUBJECT

if TYPE_CHECKING:
    from collections.abc import Callable

    from attest.verify.proven import VerifiedBundle
    from tests.verify.private_sigstore import PrivateSigstore

ALICE = CertificateIdentity(issuer=ISSUER, subject=SUBJECT)


def parsed(bundle: dict[str, Any]) -> SigstoreBundle:
    return SigstoreBundle.parse(json.dumps(bundle).encode())


def ask(
    instance: PrivateSigstore,
    bundle: dict[str, Any],
    *,
    identity: CertificateIdentity = ALICE,
    root: Callable[[dict[str, Any]], object] | None = None,
    **demands: Any,
) -> VerifiedBundle:
    """Verify against the instance's root, changed by `root`."""
    document = instance.root_document()
    if root is not None:
        root(document)
    trusted = TrustedRoot.parse(json.dumps(document).encode())
    return verify_certificate_bundle(parsed(bundle), root=trusted, identity=identity, **demands)


def code_of(call: Callable[[], object]) -> str:
    """The code with which it refuses."""
    with pytest.raises(AttestError) as refused:
        call()
    return refused.value.code


def changed(bundle: dict[str, Any], change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    """A copy with one change."""
    found = copy.deepcopy(bundle)
    change(found)
    return found
